//! From the question to the proof, and what the record says of it.

use syncmedic::demo::discord::people::{HELPDESK, LEE};
use syncmedic::gate::State;

use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn asked_approved_run_by_the_agents_process_proven_and_on_record() {
    let mut site = Site::new().await;
    site.start_bot().await;
    let card = site.request().await;
    assert!(card.text().contains("Set-ADSyncAADPasswordSyncState"), "{}", card.text());
    assert_eq!(site.active.runs().len(), 0, "nothing runs before approval");
    site.press(LEE, card.id, "Approve").await;
    site.reaches(State::Succeeded).await;
    assert_eq!(
        site.active.runs(),
        [
            "-ExpectedStaging False -EntraConnector b891884f-051e-4a83-95af-2544101c9083 -ExpectedCloudFlag False -Attended False"
        ]
    );
    site.active.log_heartbeats(0);
    site.reaches(State::Verified).await;
    site.says(card.id, "Verified").await;
    let told = site.discord.next_message(HELPDESK, |m| m.text().contains("proven")).await;
    told.expect("the requester is told");
    assert_eq!(site.staging.runs().len(), 0);

    the_record(&site);
    site.end();
}

/// `syncmedic audit` beside the running bot.
fn the_record(site: &Site) {
    let list = site.syncmedic(&["audit", "list", "--limit", "1000"]);
    assert_eq!(list.code, Some(0), "{list:?}");
    for kind in ["genesis", "requested", "approved", "verified"] {
        assert!(list.out.contains(kind), "{kind} is missing in:\n{}", list.out);
    }
    let head = list.out.lines().find_map(|line| line.strip_prefix("head ")).expect("the head").to_owned();

    let whole = site.syncmedic(&["audit", "verify", "--expect", &head]);
    assert_eq!(whole.code, Some(0), "{whole:?}");
    assert!(whole.out.starts_with("whole: ") && whole.out.contains("tenant contoso"), "{whole:?}");
    let (number, _) = head.split_once(' ').expect("number and hash");
    let rewritten = site.syncmedic(&["audit", "verify", "--expect", &format!("{number} 0000-0000")]);
    assert_eq!(rewritten.code, Some(65), "{rewritten:?}");
    assert!(rewritten.out.contains("was rewritten"), "{rewritten:?}");
    let cut = site.syncmedic(&["audit", "verify", "--expect", "#99999 0000-0000"]);
    assert_eq!(cut.code, Some(65), "{cut:?}");
    assert!(cut.out.contains("were cut off"), "{cut:?}");

    let path = site.home().join("audit.jsonl");
    let file = path.display().to_string();
    let exported = site.syncmedic(&["audit", "export", "--out", &file]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    let verify = ["audit", "verify", "--file", &file, "--expect", &head];
    let whole = site.syncmedic(&verify);
    assert_eq!(whole.code, Some(0), "{whole:?}");

    // One byte of one row's content.
    let text = std::fs::read_to_string(&path).expect("text");
    let line = 1 + text.lines().position(|line| line.contains("users can't sign in")).expect("the reason");
    let tampered = text.replacen("users can't sign in", "users can't sign on", 1);
    assert_eq!(tampered.len(), text.len());
    std::fs::write(&path, tampered).expect("writes");
    let broken = site.syncmedic(&verify);
    assert_eq!(broken.code, Some(65), "{broken:?}");
    assert!(broken.out.contains("BROKEN") && broken.out.contains(&format!("line {line}")), "{broken:?}");
}
