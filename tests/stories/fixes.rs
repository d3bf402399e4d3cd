//! Getting it fixed: from the button to the proof.

use std::time::Duration;

use syncmedic::agent::powershell::ScriptError;
use syncmedic::demo::discord::people::{APPROVALS, APPROVER_ROLE, DANA, LEE};
use syncmedic::demo::simulator::Fault;
use syncmedic::demo::simulator::scenario::Scenario;
use syncmedic::gate::State;

use crate::story::{Setup, tell};

#[test]
fn asked_approved_run_and_proven() {
    tell(Setup::new(), async |s| {
        let answer = s.ask(DANA, "users can't sign in").await;
        s.press_request(answer.id, "users can't sign in since tonight").await;
        let card = s.card().await;
        let text = card.text();
        for words in [
            "SYNC01",
            "Set-ADSyncAADPasswordSyncState -ConnectorName $entra.Name -Enable $true",
            "overwrite their cloud passwords",
            "can't be undone",
            "users can't sign in since tonight",
            "not recorded",
            "PasswordHashSync",
            "Plan code",
            "0 of 1",
        ] {
            assert!(text.contains(words), "{words:?} is missing in:\n{text}");
        }
        assert!(!s.server("SYNC01").tenant().flag(), "nothing runs before approval");

        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        assert!(s.server("SYNC01").tenant().flag());
        let card = s.card_says(card.id, "Verified").await;
        assert!(card.buttons().is_empty(), "a decided card has no buttons");
        let told = s.told("proven").await;
        assert_eq!(told.reference, Some(answer.id), "it is told below the answer that led to it");
        s.skim();
    });
}

#[test]
fn an_attended_command_waits_for_its_operator_at_the_server() {
    tell(Setup::new().scenario(Scenario::Attended), async |s| {
        let card = s.request_enablement().await;
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Staged).await;
        let staged = s.card_says(card.id, "syncmedic-agent apply").await;
        assert!(staged.text().contains(id.as_str()), "{}", staged.text());
        assert!(!s.server("SYNC01").tenant().flag(), "nothing runs by itself");

        let operator = syncmedic::agent::Operator { account: r"CONTOSO\olga".into(), aad_username: None };
        let agent = &s.site.post_of("SYNC01").expect("is there").agent;
        agent.apply(&id, operator).await.expect("may be applied");
        let verified = s.until_state(&id, State::Verified).await;
        assert_eq!(verified.operator.as_deref(), Some(r"CONTOSO\olga"));
        s.card_says(card.id, "Verified").await;
        s.skim();
    });
}

#[test]
fn a_staged_command_tells_the_approvers_what_to_type_and_can_be_taken_back() {
    tell(Setup::new().scenario(Scenario::Attended), async |s| {
        let card = s.request_enablement().await;
        s.press(LEE, card.id, "Approve").await;
        let staged = s.card_says(card.id, "Staged").await;
        assert!(staged.text().contains("syncmedic-agent apply --request"), "{}", staged.text());
        let call = s.discord.next_message(APPROVALS, |m| m.text().contains("operator is needed")).await;
        let call = call.expect("operators are told");
        assert_eq!(call.pings.roles, [APPROVER_ROLE].into());
        assert!(call.pings.users.is_empty());
        s.press(DANA, card.id, "Withdraw").await;
        let withdrawn = s.card_says(card.id, "Withdrawn").await;
        assert!(withdrawn.buttons().is_empty());
        let over = s.card_says(call.id, "any more").await;
        assert!(over.text().contains("Withdrawn") && over.pings.is_empty(), "{}", over.text());
        assert_eq!(s.runs(), 0);
        s.skim();
    });
}

#[test]
fn an_unattended_run_that_asks_for_a_person_fails_and_offers_an_attended_one() {
    tell(Setup::new(), async |s| {
        let asks = ScriptError::NeedsAPerson("a sign-in window opened".into());
        s.server("SYNC01").change(|state| state.next_run = Fault::Script(asks));
        let card = s.request_enablement().await;
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Failed).await;
        let card = s.card_says(card.id, "needs-a-person").await;
        s.told("failed").await;

        // The card offers the attended run; it is a request of its own, with its own approval.
        let pressed = s.discord.click(DANA, card.id, "Request attended run").expect("the button is there");
        let modal = s.discord.reply(pressed).await.expect("the bot replies").modal().expect("a form");
        let input = modal.inputs[0]["custom_id"].as_str().expect("an input").to_owned();
        let sent = s.discord.submit(DANA, &[(&input, "the run asked for a person")]).expect("can be sent");
        s.answer(sent).await;
        let attended = s.card().await;
        s.press(LEE, attended.id, "Approve").await;
        s.card_says(attended.id, "syncmedic-agent apply").await;
        s.skim();
    });
}

#[test]
fn a_script_that_fails_ends_the_request_with_its_words_and_is_not_tried_again() {
    tell(Setup::new(), async |s| {
        let refused = ScriptError::Reported {
            code: "cmdlet-failed".into(),
            message: "Access to Windows Azure Active Directory has been denied.".into(),
        };
        s.server("SYNC01").change(|state| state.next_run = Fault::Script(refused));
        let card = s.request_enablement().await;
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Failed).await;
        let card = s.card_says(card.id, "cmdlet-failed").await;
        assert!(card.text().contains("has been denied"), "{}", card.text());
        s.told("cmdlet-failed").await;
        s.pass(Duration::from_secs(600)).await;
        assert_eq!(s.request().await.state, State::Failed);
        assert!(!s.server("SYNC01").tenant().flag());
        s.skim();
    });
}

#[test]
fn a_busy_server_is_asked_again_until_it_is_ready() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.server("SYNC01").change(|state| state.cycle_running = true);
        s.press(LEE, card.id, "Approve").await;
        s.card_says(card.id, "cycle-running").await;
        assert!(!s.server("SYNC01").tenant().flag());
        s.server("SYNC01").change(|state| state.cycle_running = false);
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        s.skim();
    });
}

#[test]
fn a_state_that_moved_between_approval_and_run_runs_nothing() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.server("SYNC01").change(|state| state.sign_in_method = "PassThroughAuthentication".into());
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Moved).await;
        assert!(!s.server("SYNC01").tenant().flag(), "nothing ran");
        s.told("the server's state changed").await;
        s.skim();
    });
}

#[test]
fn a_fault_that_ends_by_itself_closes_its_request() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.server("SYNC01").tenant().set_flag(true);
        let id = s.request().await.id;
        let moved = s.until_state(&id, State::Moved).await;
        assert_eq!(moved.outcome.expect("says why").code, "fault-ended");
        s.card_says(card.id, "ended by itself").await;
        s.told("the fault ended by itself").await;
        s.skim();
    });
}

#[test]
fn a_role_lost_between_click_and_run_stops_the_run() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.server("SYNC01").change(|state| state.cycle_running = true);
        s.press(LEE, card.id, "Approve").await;
        s.card_says(card.id, "cycle-running").await;
        s.take_role(LEE, APPROVER_ROLE);
        s.server("SYNC01").change(|state| state.cycle_running = false);
        let id = s.request().await.id;
        let failed = s.until_state(&id, State::Failed).await;
        assert_eq!(failed.outcome.expect("says why").code, "approver-lost");
        assert!(!s.server("SYNC01").tenant().flag(), "nothing ran");
        s.told("approver-lost").await;
        s.skim();
    });
}

#[test]
fn an_approved_request_that_never_gets_ready_lapses() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        s.server("SYNC01").change(|state| state.wizard_open = true);
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Lapsed).await;
        assert!(!s.server("SYNC01").tenant().flag(), "nothing ran");
        s.card_says(card.id, "Lapsed").await;
        s.told("could not run in time").await;
        s.skim();
    });
}

#[test]
fn a_run_that_only_says_it_worked_ends_unproven_and_later_proof_is_marked_late() {
    tell(Setup::new(), async |s| {
        s.server("SYNC01").change(|state| state.next_run = Fault::Silent);
        let card = s.request_enablement().await;
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Unproven).await;
        s.told("the proof did not come in time").await;
        s.server("SYNC01").tenant().set_flag(true);
        let verified = s.until_state(&id, State::Verified).await;
        assert!(verified.late);
        s.card_says(card.id, "late").await;
        s.told("Verified, late").await;
        s.skim();
    });
}

#[test]
fn a_bot_killed_at_each_step_goes_on_where_it_was_and_nothing_runs_twice() {
    tell(Setup::new(), async |s| {
        let card = s.request_enablement().await;
        let id = s.request().await.id;
        // Killed while people think.
        s.restart_after_kill().await;
        s.press(LEE, card.id, "Approve").await;
        s.until_state(&id, State::Approved).await;
        // Killed between approval and run.
        s.restart_after_kill().await;
        s.server("SYNC01").change(|state| state.hold_runs = true);
        s.until_state(&id, State::Running).await;
        let agent = s.site.post_of("SYNC01").expect("is there").agent.clone();
        s.until("the server has taken the grant", async || agent.execution(&id).expect("readable")).await;
        // Killed while the command runs.
        s.restart_after_kill().await;
        s.server("SYNC01").release();
        s.until_state(&id, State::Succeeded).await;
        // Killed while proof is awaited.
        s.restart_after_kill().await;
        s.until_state(&id, State::Verified).await;
        assert_eq!(s.runs(), 1, "it ran once");
        s.card_says(card.id, "Verified").await;
        s.skim();
    });
}

#[test]
fn a_forest_whose_channel_was_closed_is_opened_and_proven() {
    tell(Setup::new().scenario(Scenario::Healthy), async |s| {
        s.server("SYNC01").change(|state| state.forests[1].channel = false);
        // A state that was read half a minute ago is read again for an answer.
        s.pass(Duration::from_secs(40)).await;
        let answer = s.ask(DANA, "users can't sign in").await;
        // The answer comes at once on what was known, and anew when the state was read afresh.
        let offered = s.discord.updated(answer.id, |m| m.button("Request enablement").is_some()).await;
        let answer = offered.expect("the offer stands on fresh state");
        assert!(answer.text().contains("emea.contoso.com"), "{}", answer.text());
        s.press_request(answer.id, "nobody in EMEA can sign in").await;
        let card = s.card().await;
        assert!(card.text().contains("Set-ADSyncAADPasswordSyncConfiguration"), "{}", card.text());
        s.press(LEE, card.id, "Approve").await;
        let id = s.request().await.id;
        s.until_state(&id, State::Verified).await;
        assert!(s.server("SYNC01").state().forests[1].channel);
        s.told("proven").await;
        s.skim();
    });
}
