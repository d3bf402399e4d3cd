//! The events as the product words them.
//!
//! Source: Microsoft, "Troubleshoot password synchronization" and "Troubleshoot password hash synchronization".

use crate::ids::ConnectorId;
use crate::random::Random;
use crate::report::Level;

/// The provider that writes an event of this id on Entra Connect.
pub fn provider(id: u32) -> &'static str {
    match id {
        6900 | 2001 | 2002 => "ADSync",
        2500..=2699 => "Entra Connect Admin Actions",
        _ => "Directory Synchronization",
    }
}

/// The level of an event of this id on Entra Connect.
pub fn level(id: u32) -> Level {
    match id {
        6900 | 603 | 604 | 607 | 611 | 612 | 621 | 652 | 655 | 659 | 662 | 667 | 906 => Level::Error,
        _ => Level::Information,
    }
}

/// Whether an event is part of the everyday traffic, which a console does not show.
pub fn is_routine(id: u32) -> bool {
    matches!(id, 650 | 653 | 656 | 663)
}

/// A tracking id in the shape that the cloud gives them.
pub fn tracking_id(random: &Random) -> String {
    let id = random.id();
    format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..])
}

/// The XML tail that names the forest.
pub fn forest_info(name: &str, connector: &ConnectorId) -> String {
    format!(
        "<forest-info> <partition-name>{}</partition-name> <connector-id>{connector}</connector-id> </forest-info>",
        name.to_uppercase()
    )
}

/// 653, 654, 650, 651: `Provision credentials ping|batch start|end.`
pub fn provision(what: &str, step: &str, name: &str, connector: &ConnectorId, random: &Random) -> String {
    let tracking = tracking_id(random);
    format!("Provision credentials {what} {step}. TrackingID : {tracking}\n{}", forest_info(name, connector))
}

/// 657: one user's result.
pub fn result(name: &str, connector: &ConnectorId) -> String {
    format!(
        "Password Change Result - Anchor : eX5vcUVXRkU2SEtZSGg9PQ==, Dn : CN=Test User,OU=Staff,DC={}, \
         PwdChangeOnLogon=False, Result : Success.\n{}",
        name.split('.').next().unwrap_or(name),
        forest_info(name, connector)
    )
}

/// 652 (batch) and 655 (ping) with Error Code 90.
pub fn not_activated(what: &str, name: &str, connector: &ConnectorId, random: &Random) -> String {
    let tracking = tracking_id(random);
    format!(
        "Failed credential provisioning {what}. Error: Microsoft.Online.Coexistence.ProvisionException: An error \
         occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this \
         company. Tracking ID: {tracking} Server Name: BL2GR1BBA003. ---> \
         System.ServiceModel.FaultException1[Microsoft.Online.Coexistence.Schema.AdminWebServiceFault]: Password \
         Synchronization has not been activated for this company.\n{}",
        forest_info(name, connector)
    )
}

/// 6900 with Error Code 90.
pub fn wrapper(random: &Random) -> String {
    let tracking = tracking_id(random);
    format!(
        "The server encountered an unexpected error while processing a password change notification:\n\"An error \
         occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this \
         company Tracking ID: {tracking} Server Name: BL2GR1BBA003.\""
    )
}

/// 660 and 661. The exact words are not published; the ids are what counts.
pub fn self_healing(step: &str) -> String {
    format!("Self-healing of the password hash synchronization company feature: {step}.")
}

/// 2506: an administrator switched password sync. The fields are documented, what stands in them is not.
pub fn switched(on: bool, at: &str) -> String {
    let action = if on { "Enable" } else { "Disable" };
    format!(
        r#"{{"ActionType":"{action}","AuditEventType":"PHS","Category":"Sync","Name":"Enable/Disable PHS Sync","Status":"Success","Timestamp":"{at}","User":"CONTOSO\\alex.admin","Details":"Old: {}, New: {on}"}}"#,
        !on
    )
}
