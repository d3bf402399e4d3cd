use crate::offline::test_kit::{doubted, judged, remedied};

const CODE_90: &str = "Failed credential provisioning ping. Error: An error occurred. Error Code: 90. Error Description: \
    Password Synchronization has not been activated for this company.";
const SYNC: &str = "Directory Synchronization";

fn event(computer: &str, provider: &str, id: u32, time: &str, text: &str) -> String {
    format!(
        "<Event><System><Provider Name=\"{provider}\"/><EventID>{id}</EventID><TimeCreated SystemTime=\"2026-11-22T{time}:00Z\"/>\
         <Computer>{computer}</Computer></System><EventData><Data>{text}</Data></EventData></Event>"
    )
}

fn code_90(computer: &str, time: &str) -> String {
    event(computer, SYNC, 655, time, CODE_90)
}

#[test]
fn another_computers_product_does_not_stand_for_that_of_the_computer_with_code_90() {
    let build = |computer: &str, time: &str, build: &str| {
        event(
            computer,
            "MsiInstaller",
            1033,
            time,
            &format!("Microsoft Entra Connect Sync; {build}; 1033; 0"),
        )
    };
    let sick = code_90("SYNC01", "10:00") + &code_90("SYNC01", "10:30");
    remedied(&[&(build("SYNC01", "08:00", "2.6.3.0") + &sick)]);
    let other = build("SYNC02", "09:00", "2.6.3.0");
    doubted(&[&(build("SYNC01", "08:00", "2.4.18.0") + &other + &sick)], "computers-differ");
    // A computer of which nothing more is told changes nothing, nor does a longer name of the same.
    remedied(&[&(other + &sick)]);
    remedied(&[&(sick.clone() + &code_90("sync01.contoso.com", "10:45"))]);
}

#[test]
fn password_sync_that_tries_on_two_computers_at_once_keeps_the_remedy_away() {
    let sick = code_90("SYNC01", "10:00") + &code_90("SYNC01", "10:30");
    let alive = |time| event("SYNC02", SYNC, 654, time, "Provision credentials ping end.");
    doubted(&[&(alive("10:29") + &sick)], "two-active");
    doubted(&[&(code_90("SYNC02", "10:10") + &sick)], "two-active");
    // The predecessor, hours ago.
    remedied(&[&(alive("05:00") + &sick)]);
}

#[test]
fn a_log_that_goes_on_for_hours_without_the_product_keeps_the_remedy_away() {
    let noise =
        |time| event("SYNC01", "VSS", 8224, time, "The VSS service is shutting down due to idle timeout.");
    let sick = code_90("SYNC01", "10:00") + &code_90("SYNC01", "10:30");
    remedied(&[&(noise("09:50") + &sick + &noise("12:20"))]);
    doubted(&[&(noise("09:50") + &sick + &noise("12:40"))], "product-silent");
    // Where the product was silent as long before, the file was filtered.
    remedied(&[&(noise("05:00") + &sick + &noise("12:40"))]);
    // Another file's end says nothing of this one's.
    remedied(&[&(noise("09:50") + &sick), &noise("14:00")]);
    let answer = judged(&[&(noise("09:50") + &sick + &noise("12:40"))]).expect("reads");
    assert_eq!(answer.cause, crate::diagnosis::Cause::PhsNotActivated);
}

#[test]
fn a_server_that_is_called_after_the_product_is_not_the_product() {
    let noise = |computer: &str, text: &str| event(computer, "Veeam Agent", 190, "10:10", text);
    for computer in ["SRV-AADSYNC", "adsync01.contoso.com", "IDM-AADCONNECT1"] {
        let short = computer.split('.').next().expect("a name");
        let done =
            format!("Job 'Backup of {short}' finished with a warning: truncating logs failed on {short}.");
        remedied(&[&(code_90(computer, "10:00") + &noise(computer, &done))]);
        let said = format!("{short}: the service ADSync was stopped by a script.");
        doubted(&[&(code_90(computer, "10:00") + &noise(computer, &said))], "product-touched");
    }
    let stopped = noise("AADCONNECT01", "Bare volume restore of AADCONNECT01 has been completed.");
    doubted(&[&(code_90("AADCONNECT01", "10:00") + &stopped)], "product-touched");
}
