//! Setting it up, and asking in the terminal.

use crate::site::Site;

#[tokio::test(flavor = "multi_thread")]
async fn a_set_up_site_answers_in_the_terminal_and_its_doctor_is_content() {
    let site = Site::new().await;
    let listed = site.syncmedic(&["agents", "list"]);
    assert_eq!(listed.code, Some(0), "{listed:?}");
    for id in ["SYNC01", "STAGE01"] {
        let line = listed.out.lines().find(|line| line.starts_with(id)).expect("is listed");
        assert!(line.ends_with("answers"), "{line}");
    }

    let answer = site.syncmedic(&["ask", "users can't sign in"]);
    assert_eq!(answer.code, Some(0), "{answer:?}");
    for words in [
        "[phs-not-activated]",
        "SYNC01, build 2.6.3.0",
        "How we know:",
        "6900",
        "655",
        "Ruled out:",
        "What to do:",
        "enable-password-sync for the tenant: can be requested in Discord",
        "STAGE01",
        "https://learn.microsoft.com/",
    ] {
        assert!(answer.out.contains(words), "{words:?} is missing in:\n{}", answer.out);
    }
    assert!(!answer.out.contains("Why it is not offered"), "{}", answer.out);

    let other = site.syncmedic(&["ask", "the printer is jammed"]);
    assert_eq!(other.code, Some(0), "{other:?}");
    assert!(other.out.contains("I look after password sync"), "{}", other.out);
    assert!(!other.out.contains("SYNC01"), "a printer is no reason to look at servers: {}", other.out);

    let doctor = site.syncmedic(&["doctor"]);
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
    for words in ["configuration", "database", "audit whole", "agent SYNC01", "agent STAGE01", "summaries"] {
        assert!(doctor.out.contains(words), "{words:?} is missing in:\n{}", doctor.out);
    }
    assert!(!doctor.out.contains("FAULT"), "{}", doctor.out);
    site.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_of_the_configuration_is_told_at_once_by_run_and_by_doctor() {
    let site = Site::new().await;
    let wrong = [
        ("DISCORD_GUILD_ID", "contoso"),
        ("APPROVER_ROLE_ID", ""),
        ("APPROVALS_REQUIRED", "two"),
        ("POLL_INTERVAL", "soon"),
        ("SUMMARY_SCHEDULE", "daily"),
        ("SUMMARY_TIMEZONE", "UTC"),
        ("LOG_FORMAT", "xml"),
        ("DISCORD_API_URL", "http://discord.com"),
        ("DATABASE_URL", "mysql://syncmedic:Passw0rd-of-the-database@db/syncmedic"),
    ];
    site.write_env(&wrong);
    let (run, doctor) = (site.syncmedic(&["run"]), site.syncmedic(&["doctor"]));
    assert_eq!((run.code, doctor.code), (Some(78), Some(78)), "{run:?} {doctor:?}");
    for (variable, value) in wrong.iter().filter(|(_, value)| *value != "UTC") {
        for told in [&run.err, &doctor.out] {
            assert!(told.contains(&format!("{variable}: ")), "{variable}={value} is missing in:\n{told}");
            assert!(!told.contains("Passw0rd"), "{told}");
        }
    }

    // A line that can't be read is named, and not repeated: it may be the token's.
    site.write_env(&[("DISCORD_TOKEN", "MTQ0.token with.spaces")]);
    let unreadable = site.syncmedic(&["doctor"]);
    assert_eq!(unreadable.code, Some(78), "{unreadable:?}");
    assert!(unreadable.err.contains(".env, line ") && unreadable.err.contains("quotes"), "{unreadable:?}");
    assert!(!unreadable.err.contains("spaces"), "{unreadable:?}");

    // A database that can't be reached; its password stays out of what is said.
    site.write_env(&[(
        "DATABASE_URL",
        "postgres://syncmedic:Passw0rd-of-the-database@127.0.0.1:1/syncmedic",
    )]);
    let unreachable = site.syncmedic(&["audit", "list"]);
    assert_eq!(unreachable.code, Some(1), "{unreachable:?}");
    assert!(
        unreachable.err.contains("127.0.0.1") && !unreachable.err.contains("Passw0rd"),
        "{unreachable:?}"
    );

    // A token that Discord refuses.
    site.write_env(&[("DISCORD_TOKEN", "another-token")]);
    let (run, doctor) = (site.syncmedic(&["run"]), site.syncmedic(&["doctor"]));
    assert_eq!((run.code, doctor.code), (Some(78), Some(78)), "{run:?} {doctor:?}");
    assert!(run.err.contains("DISCORD_TOKEN"), "{run:?}");
    site.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_used_is_refused_with_its_exit_code_and_the_mend() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new().await;
    let wrong = site.syncmedic(&["fly"]);
    assert_eq!(wrong.code, Some(64), "{wrong:?}");
    let csr = site.home().join("bad.csr").display().to_string();
    let add = ["agents", "add", "SYNC02", "--url", "https://127.0.0.1:1", "--csr", &csr];
    let missing = site.syncmedic(&add);
    assert_eq!(missing.code, Some(65), "{missing:?}");
    std::fs::write(&csr, "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n")
        .expect("writes");
    let unreadable = site.syncmedic(&add);
    assert_eq!(unreadable.code, Some(65), "{unreadable:?}");
    assert!(unreadable.err.contains("bad.csr"), "{unreadable:?}");
    assert!(!site.syncmedic(&["agents", "list"]).out.contains("SYNC02"), "nothing was kept");

    let key = site.home().join("data/keys/grant.key");
    let mode = |mode| std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).expect("chmod");
    mode(0o644);
    let (run, doctor) = (site.syncmedic(&["run"]), site.syncmedic(&["doctor"]));
    mode(0o600);
    assert_eq!((run.code, doctor.code), (Some(78), Some(78)), "{run:?} {doctor:?}");
    for told in [&run.err, &doctor.out] {
        assert!(told.contains("grant.key") && told.contains("chmod 600"), "{told}");
    }
    site.end();
}
