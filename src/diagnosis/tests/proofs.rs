//! What counts as proof.

use std::collections::BTreeMap;

use super::*;

fn remedy(command: &str, connector: Option<&str>) -> Remedy {
    let argument = connector.map(|id| ("connector".to_owned(), id.to_owned()));
    Remedy {
        command: command.parse().expect("a command"),
        arguments: argument.into_iter().collect::<BTreeMap<_, _>>(),
        target: "x".into(),
    }
}

fn proven() -> Proof {
    Proof::Proven { at: ago(30), closed: Vec::new() }
}

fn tenant(change: impl FnOnce(&mut Report)) -> Proof {
    let mut report = healthy();
    report.events = vec![event(655, 70, CODE_90), ping(CORP, 40), ping(LAB, 30), ping(LAB, 2)];
    change(&mut report);
    proof(&report, ago(60), &remedy("enable-password-sync", None))
}

#[test]
fn flag_on_and_a_heartbeat_of_every_forest_after_the_run_prove_it_once_and_for_all() {
    assert_eq!(tenant(|_| ()), proven());
}

#[test]
fn what_is_missing_is_waited_for_and_named() {
    let waits = |proof: Proof, what: &str| match proof {
        Proof::Waiting { missing } => assert!(missing.iter().any(|it| it.contains(what)), "{missing:?}"),
        other => panic!("{other:?}"),
    };
    waits(tenant(|r| r.events.retain(|it| it.connector != CORP.parse().ok())), "corp.contoso.com");
    waits(tenant(|r| r.state.as_mut().expect("a state").read_at = ago(61)), "flag");
    waits(tenant(|r| r.state.as_mut().expect("a state").cloud_flag = None), "flag");
    waits(tenant(|r| r.state.as_mut().expect("a state").connectors = None), "forests");
    waits(tenant(|r| r.state = None), "flag");
    // A code 90 after the heartbeat of one forest: that forest must show life again.
    waits(tenant(|r| r.events.push(event(655, 3, CODE_90))), "corp.contoso.com");
    // Heartbeats without a forest's name, 663, and those of the run's own minute prove nothing.
    waits(
        tenant(|r| r.events = vec![event(654, 5, ""), of(CORP, event(663, 5, "")), ping(LAB, 60)]),
        "lab.contoso.com",
    );
}

fn close(report: &mut Report, forests: &[usize]) {
    for forest in forests {
        report.state.as_mut().expect("a state").connectors.as_mut().expect("some")[*forest].channel =
            Some(false);
    }
}

#[test]
fn a_closed_forest_is_named_and_kept_out_of_the_tenants_proof() {
    let proven = tenant(|r| {
        close(r, &[2]);
        r.events.retain(|it| it.connector != LAB.parse().ok());
    });
    assert_eq!(proven, Proof::Proven { at: ago(40), closed: vec!["lab.contoso.com".into()] });
    let waiting = tenant(|r| {
        close(r, &[2]);
        r.events.retain(|it| it.connector != CORP.parse().ok());
    });
    let Proof::Waiting { missing } = waiting else { panic!("{waiting:?}") };
    assert!(missing[0] == "a heartbeat of corp.contoso.com" && missing[1].contains("lab.contoso.com"));
    // With every forest closed nothing can prove it, whatever the log says.
    let none = tenant(|r| close(r, &[1, 2]));
    let Proof::Waiting { missing } = none else { panic!("{none:?}") };
    assert!(missing[0].contains("there is none"), "{missing:?}");
}

#[test]
fn a_flag_still_off_or_code_90_coming_back_contradicts() {
    let off = tenant(|r| r.state.as_mut().expect("a state").cloud_flag = Some(false));
    assert!(matches!(off, Proof::Contradicted { .. }));
    let again = tenant(|r| r.events = vec![event(655, 30, CODE_90)]);
    assert!(matches!(again, Proof::Contradicted { .. }));
    let in_flight = tenant(|r| r.events = vec![event(655, 58, CODE_90)]);
    assert!(matches!(in_flight, Proof::Waiting { .. }));
    let overcome = tenant(|r| r.events.push(event(655, 58, CODE_90)));
    assert_eq!(overcome, proven());
}

#[test]
fn one_forest_is_proven_by_its_own_channel_and_heartbeat() {
    let mut report = healthy();
    report.events = vec![ping(LAB, 30)];
    let lab = remedy("enable-forest-channel", Some(LAB));
    assert_eq!(proof(&report, ago(60), &lab), proven());
    let corp = remedy("enable-forest-channel", Some(CORP));
    assert!(matches!(proof(&report, ago(60), &corp), Proof::Waiting { .. }));
    report.state.as_mut().expect("a state").connectors.as_mut().expect("some")[2].channel = Some(false);
    assert!(matches!(proof(&report, ago(60), &lab), Proof::Contradicted { .. }));
    for unjudged in [remedy("enable-forest-channel", None), remedy("read-state", None)] {
        assert!(matches!(proof(&report, ago(60), &unjudged), Proof::Waiting { .. }));
    }
}
