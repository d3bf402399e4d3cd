//! How texts are read.

use jiff::Timestamp;

use super::*;
use crate::diagnosis::Knowledge;

fn event(id: u32, text: &str) -> Event {
    Event {
        id,
        provider: None,
        level: None,
        record: None,
        at: Timestamp::UNIX_EPOCH,
        connector: None,
        text: text.into(),
    }
}

fn read(id: u32, text: &str) -> Vec<(&'static str, bool)> {
    let knowledge = Knowledge::embedded();
    let found = knowledge.signatures.faults(&event(id, text));
    found.iter().map(|it| (it.cause.as_str(), it.weak)).collect()
}

const TAIL: &str = "Password Synchronization has not been activated for this company. Tracking ID: \
    07e93e8a-cf2d-4f67-9e95-53169c4875e0 Server Name: BL2GR1BBA003. ---> System.ServiceModel.FaultException1\
    [Microsoft.Online.Coexistence.Schema.AdminWebServiceFault]: Password Synchronization has not been \
    activated for this company. (Fault Detail is equal to AdminWebServiceFault).";

/// The fixtures of the facts, sections 1.2, 1.3 and 1.5.
#[test]
fn each_documented_text_is_read_as_its_family() {
    let cases: &[(u32, &str, &str)] = &[
        (
            6900,
            "\"An error occurred. Error Code: 90. Error Description: Password Synchronization has not been activated for this company",
            "phs-not-activated",
        ),
        (
            652,
            &format!(
                "Failed credential provisioning batch. Error: Microsoft.Online.Coexistence.ProvisionException: An error occurred. Error Code: 90. Error Description: {TAIL}"
            ),
            "phs-not-activated",
        ),
        (
            655,
            &format!(
                "Failed credential provisioning ping. Error: An error occurred. Error Code: 90. Error Description: {TAIL}"
            ),
            "phs-not-activated",
        ),
        (
            6900,
            "パスワード変更通知の処理中に 予期しないエラーが発生しました:\n\"An error occurred. Error  code :\n90. Error Description: …",
            "phs-not-activated",
        ),
        (
            6900,
            "\"The user name or password is incorrect. Verify your user name, and then type your password again.",
            "cloud-credential",
        ),
        (
            6900,
            "AADSTS70002: Error validating credentials. AADSTS50054: Old password is used for authentication.",
            "cloud-credential",
        ),
        (6900, "An item with the same key has already been added", "product-bug"),
        (
            6900,
            "Microsoft.Online.Coexistence.ProvisionRetryException: Unable to communicate with the Windows Azure Active Directory service.",
            "connectivity",
        ),
        (
            6900,
            "System.Net.WebException: The remote name could not be resolved: 'adminwebservice.microsoftonline.com'",
            "connectivity",
        ),
        (6900, "The remote server returned an error: (407) Proxy Authentication Required.", "connectivity"),
        (6900, "System.Data.SqlClient.SqlException: Cannot open database", "unknown-6900"),
        (6900, "", "unknown-6900"),
        (
            652,
            "Microsoft.Online.Coexistence. ProvisionRetryException: An error occurred. Error Code: 81. Error Description: Windows Azure Active Directory is currently busy. This operation will be retried automatically.",
            "cloud-busy",
        ),
        (655, "An error occurred. Error Code: 900. Error Description: Something", "unknown-6900"),
        (
            655,
            "An error occurred. Error Code: 9012. Error Description: Password Synchronization has not been activated for this company",
            "unknown-6900",
        ),
        (655, "The user name or password is incorrect. Verify your user name", "cloud-credential"),
        (
            0,
            "The user name or password is incorrect. Verify your user name, and then type your password again.",
            "cloud-credential",
        ),
        (
            115,
            "Access to Windows Azure Active Directory has been denied. Contact Technical Support.",
            "cloud-credential",
        ),
        (
            659,
            "Error while retrieving password policy sync configuration. Microsoft.IdentityModel.Clients.ActiveDirectory.AdalServiceException: AADSTS70002 AADSTS50054",
            "cloud-credential",
        ),
        (
            906,
            "[MSAL] AcquireTokenWithCertificate: A configuration issue is preventing authentication AADSTS700027: The certificate with identifier is not registered on application",
            "cloud-certificate",
        ),
        (
            906,
            "GetSecurityToken: unable to retrieve a security token for the provisioning web service (AWS). Showing a modal dialog box or form when the application is not running in UserInteractive mode is not a valid operation.",
            "cloud-sign-in-blocked",
        ),
        (
            906,
            "GetSecurityToken: unable to retrieve a security token. AADSTS50076: Due to a configuration change",
            "cloud-sign-in-blocked",
        ),
        (
            611,
            "Password hash synchronization failed for domain: X Details: DrsCommunicationException: RPC Error 1722 : The RPC server is unavailable. Error creating the RPC binding handle",
            "ad-unreachable",
        ),
        (
            611,
            "DrsException: RPC Error 8453 : Replication access was denied. There was an error calling _IDL_DRSGetNCChanges.",
            "ad-permission",
        ),
        (
            611,
            "DrsException: RPC Error 8456 : The source server is currently rejecting replication requests",
            "ad-replication-disabled",
        ),
        (611, "DrsException: RPC Error 8333 : Directory object not found", "ad-other"),
        (611, "DrsException: RPC Error 8593 : different replication epochs", "ad-other"),
        (611, "System.ArgumentOutOfRangeException: Not a valid Win32 FileTime.", "product-bug"),
        (611, "System.ArgumentException: An item with the same key has already been added.", "product-bug"),
        (
            611,
            "Unable to open connection to domain: X. AuthenticationException: The user name or password is incorrect. ---> System.Runtime.InteropServices.COMException",
            "ad-credential",
        ),
        (667, "", "fips-mode"),
        (613, "", "waiting-for-directory-sync"),
        (
            604,
            "System.IO.FileLoadException: Could not load file or assembly 'System.Diagnostics.DiagnosticSource'",
            "product-bug",
        ),
    ];
    for (id, text, cause) in cases {
        assert_eq!(read(*id, text), [(*cause, false)], "{id} {text}");
    }
}

#[test]
fn the_description_without_the_code_is_weak_and_events_that_are_no_faults_are_none() {
    let description = "Password Synchronization has not been activated for this company";
    assert_eq!(read(655, description), [("phs-not-activated", true)]);
    for (id, text) in [
        (611, "Error Code: 90"),
        (654, ""),
        (663, ""),
        (605, "x"),
        (904, "Finished"),
        (604, "Error Code: 90"),
    ] {
        assert!(read(id, text).iter().all(|(cause, _)| *cause != "phs-not-activated"), "{id} {text}");
    }
}

#[test]
fn the_words_of_a_name_are_no_evidence() {
    for text in [
        "\"Object CN=QA Error Code: 90,OU=Test,DC=contoso,DC=com could not be resolved\"",
        "Failed. Dn: CN=Doe\\, Error Code: 90,OU=x,DC=com, Result: Failed",
    ] {
        assert_eq!(read(6900, text), [("unknown-6900", false)], "{text}");
    }
    let busy = "Error Code: 81. Error Description: busy. Failed object: CN=Error Code: 90,DC=com";
    assert_eq!(read(652, busy), [("cloud-busy", false)]);
    let own = "Dn: CN=Jane,DC=com, Result: Failed. Error Code: 90. Error Description: x";
    assert_eq!(read(652, own), [("phs-not-activated", false)]);
}

#[test]
fn the_parameters_of_methods_in_a_stack_are_no_evidence() {
    let stack = "Error Code: 90. ---> System.ServiceModel.FaultException`1[x.Fault]: y\nServer stack trace:\n   at System.ServiceModel.Channels.\
        ServiceChannel.Call(String action, Boolean oneway, ProxyOperationRuntime operation, Object[] ins, Object[] outs, TimeSpan timeout)";
    assert_eq!(read(652, stack), [("phs-not-activated", false)]);
    let timeout = stack.replace("Error Code: 90.", "System.TimeoutException: The request channel timed out.");
    assert_eq!(read(652, &timeout), [("connectivity", false)]);
}

#[test]
fn a_text_with_code_90_and_another_fault_is_evidence_of_both() {
    let both = read(652, "Error Code: 90. ---> AADSTS50054: Old password is used");
    assert_eq!(both, [("phs-not-activated", false), ("cloud-credential", false)]);
}

#[test]
fn only_code_90_in_its_three_events_can_lead_to_a_command() {
    let knowledge = Knowledge::embedded();
    let leading = knowledge.signatures.signatures.iter().filter(|it| it.cause.command().is_some());
    let leading: Vec<_> = leading.filter(|it| !it.weak).collect();
    assert_eq!(leading.len(), 1);
    assert_eq!(leading[0].pattern.events, [6900, 652, 655]);
    assert_eq!(
        leading[0].pattern.text.as_ref().map(Regex::as_str),
        Some(r"(?i)(?:\A|[^\w\s]\s*|\n\s*|(?-u:\b)occurred\s+)error\s*code\s*:\s*90(?-u:\b)")
    );
    assert!(leading[0].pattern.unless.is_none() && !leading[0].fallback);
}

#[test]
fn a_heartbeat_is_654_651_or_657_with_success_and_never_663() {
    let knowledge = Knowledge::embedded();
    let alive = |id, text| knowledge.signatures.is_heartbeat(&event(id, text));
    assert!(alive(654, "Provision credentials ping end.") && alive(651, ""));
    assert!(alive(657, "Anchor : <b64>, Dn : <DN>, PwdChangeOnLogon=False, Result : Success."));
    assert!(!alive(657, "Dn : <DN>, Result : Failed.") && !alive(663, "") && !alive(653, ""));
}

#[test]
fn the_connector_is_found_in_the_xml_tail_and_the_entra_connector_is_none() {
    let tail = |id: &str| format!("ping end <forest-info> <connector-id>{id}</connector-id> </forest-info>");
    let forest = "6B1B1A3E-0000-4000-8000-000000000001";
    assert_eq!(connector(&event(654, &tail(forest))), forest.parse().ok());
    assert_eq!(connector(&event(654, &tail(ENTRA_CONNECTOR))), None);
    assert_eq!(connector(&event(654, "<connector-id>?")), None);
}
