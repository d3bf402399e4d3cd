use super::*;

const ANSWER: &str = "An error occurred. Error Code: 90. Error Description: Password Synchronization has not been \
                      activated for this company";
const TAIL: &str = ". Tracking ID: 0744fa31-1d9b-453a-83d8-c2555d843802 Server Name: BL2GR1BBA005.";

fn ping(answer: &str) -> String {
    format!(
        "Failed credential provisioning ping. Error: Microsoft.Online.Coexistence.ProvisionException: {answer}"
    )
}

fn sure(text: &str) -> Option<u32> {
    known_by_words(text).filter(|known| !known.doubtful).map(|known| known.id)
}

#[test]
fn a_text_that_holds_events_in_another_format_is_known_by_no_words() {
    let code_90 = "Error Description: Password Synchronization has not been activated for this company";
    assert_eq!(id_by_text(code_90), Some(6900));
    assert_eq!(id_by_text(&format!("<EventID>1000</EventID> {code_90}")), None);
    assert_eq!(id_by_text(&format!("\"1000\",\"Contoso Backup\",\"{code_90}\"")), None);
    assert_eq!(id_by_text("Error Code: 90"), None);
}

#[test]
fn a_message_alone_is_known_by_its_words_with_all_that_windows_writes_behind_it() {
    let wrapper =
        "The server encountered an unexpected error while processing a password change notification:";
    let stack = "   at Microsoft.Online.Coexistence.ProvisionHelper.AdminWebServiceFaultHandler(FaultException`1 \
                 adminwebFault)\n   bei System.Foo.<Bar>b__0(String[] a, Int32 b)";
    for (text, id) in [
        (format!("{wrapper}\n\"{ANSWER}"), 6900),
        (format!("seit heute früh bei allen: {wrapper} “{ANSWER}{TAIL}””"), 6900),
        (format!("パスワード変更通知の処理中に予期しないエラーが発生しました:\n“{ANSWER}"), 6900),
        (ping(&format!("{ANSWER}{TAIL}")), 655),
        (format!("Hello,\n\n> **{}**\n", ping(&format!("{ANSWER}{TAIL}"))), 655),
        (ping(&format!("{ANSWER}{TAIL}\n{stack}\n   --- End of inner exception stack trace ---")), 655),
        (
            ping(&format!(
                "{ANSWER}{TAIL} ---> System.ServiceModel.FaultException1[Microsoft.Online.Coexistence.Schema.\
                 AdminWebServiceFault]: Password Synchronization has not been activated for this company. (Fault Detail \
                 is equal to Microsoft.Online.Coexistence.Schema.AdminWebServiceFault)."
            )),
            655,
        ),
        (
            ping(&format!(
                "{ANSWER}{TAIL}\n<forest-info>\n  <partition-name>CORP.EXAMPLE</partition-name>\n  \
                 <connector-id>b891884f-051e-4a83-95af-2544101c9083</connector-id>\n</forest-info>"
            )),
            655,
        ),
        ("Failed credential provisioning batch.\nError: Microsoft.Online.Coexistence.Provi\nsionException: An error \
          occurred. Error\nCode: 90. Error Description: Password\nSynchronization has not been activated\nfor this \
          company. Tracking ID:\ndc7c39cb-f455-44fd-ae5a-e707ac9892d8\nServer Name: .".into(), 652),
        ("Provision credentials batch end. Count: 1".into(), 651),
        ("Provision credentials ping end. TrackingID : x".into(), 654),
    ] {
        assert_eq!(sure(&text), Some(id), "{text}");
    }
}

#[test]
fn prose_about_an_event_is_no_event() {
    let wrapper = format!("unexpected error while processing a password change notification: \"{ANSWER}");
    for text in [
        format!("Symptoms. Passwords don't sync to the cloud. An event says: The server met an {wrapper}"),
        format!("| Event ID | Description | |---|---| | 6900 | The server met an {wrapper} |"),
        format!("We do not see the {}", ping(ANSWER)),
        format!("we do NOT see \"{}\"", ping(ANSWER)),
        "Event 655 with Error Code: 90 (Failed credential provisioning ping) means that password sync is off.".into(),
        "Failed credential provisioning ping is documented as Error Code: 90".into(),
        "If you see `Failed credential provisioning ping. Error Code: 90` then enable password sync.".into(),
        format!("Last year we had {ANSWER}"),
    ] {
        assert_eq!(id_by_text(&text), None, "{text}");
    }
}

#[test]
fn whoever_writes_more_about_code_90_leaves_it_in_doubt() {
    for text in [
        format!("last year it was: {} - we fixed that in March", ping(&format!("{ANSWER}{TAIL}"))),
        format!("we do NOT see: {}", ping(&format!("{ANSWER}{TAIL}"))),
        format!("Fixed in March:\n{}", ping(&format!("{ANSWER}{TAIL}"))),
        format!("what Microsoft says: \"{ANSWER}\". We checked, it is not our case, ours is 611."),
        ping(&format!("{ANSWER}{TAIL}\nProvision credentials batch end. Count: 1")),
        ping(&format!("{ANSWER}{TAIL}\n at Work.we(fixed this in March)")),
        "Failed credential provisioning ping. It has nothing to do with Error Code: 90".into(),
        "Failed credential provisioning ping. Error Code: 90012".into(),
    ] {
        let known = known_by_words(&text).expect("known");
        assert!(known.id == 655 || known.id == 6900, "{text}");
        assert_eq!(known.doubtful, !text.contains("90012"), "{text}");
    }
}
