//! `self-test`: every step that only reads, for an administrator and for a bug report.

use std::path::Path;

use syncmedic::agent::config::Config;
use syncmedic::agent::gatekeeper::Trust;
use syncmedic::agent::selftest::{self, SelfTest, Went};
use syncmedic::agent::{account, enrol, guard};
use syncmedic::clock::Clock;

use super::{Failure, Outcome, serve};

/// Tries everything, prints it, and fails if something that is needed does not work.
pub(crate) async fn run(path: &Path) -> Outcome {
    println!(
        "syncmedic-agent {} on {} {}, self-test\n",
        env!("CARGO_PKG_VERSION"),
        system(),
        std::env::consts::ARCH
    );
    let mut test = SelfTest::new(|step| println!("{step}"));
    test.add("account", Went::Well, whose());
    #[cfg(windows)]
    {
        // Ours is no secret, and would be masked as any account.
        let words = super::service::in_words();
        let own = syncmedic::agent::windows::service::ACCOUNT;
        test.add("service", Went::Well, words.replace(own, "its own account"));
    }
    match serve::rules(path) {
        Ok(config) => {
            let allowed = super::status::allowed(&config.permits());
            test.add("configuration", Went::Well, format!("read; may run here: {allowed}"));
            steps(&mut test, path, config).await?;
        }
        Err(Failure(_, why)) => test.add("configuration", Went::Broken, why),
    }
    println!("{}", test.summary());
    println!(
        "\nNames and addresses are masked, and the server is not named: look it through, then attach it to a bug."
    );
    if test.is_broken() {
        return Err(Failure(1, "something that the agent needs does not work (BROKEN above)".into()));
    }
    Ok(())
}

async fn steps(test: &mut SelfTest, path: &Path, config: Config) -> Outcome {
    let clock = Clock::system();
    let enrolled = enrol::load(&config, &clock);
    selftest::of_files(test, path, &config, enrolled.as_ref());
    if guard::check(path, &config).is_err() {
        test.add("scripts", Went::Broken, "not run, since others can get at the agent's files");
        return Ok(());
    }
    let trust = match enrolled {
        Ok(enrolled) => enrolled.trust,
        Err(_) => Trust { generation: 0, grant_keys: Vec::new() },
    };
    let agent = match serve::agent(config.clone(), trust, clock, false) {
        Ok(agent) => agent,
        Err(Failure(_, why)) => {
            test.add("journal", Went::Broken, why);
            return Ok(());
        }
    };
    let report = selftest::of_server(test, &agent).await;
    selftest::of_running(test, &config, &report);
    selftest::of_port(test, &config).await;
    Ok(())
}

fn system() -> String {
    std::env::consts::OS.to_owned()
}

/// Kind of account only: its name is nobody's business in a bug report.
fn whose() -> String {
    #[cfg(windows)]
    if let Ok(account) = syncmedic::agent::windows::process::account() {
        let elevated = if account.elevated { "elevated" } else { "not elevated" };
        let known = if account.sid == syncmedic::agent::acl::SERVICE {
            "the service's own"
        } else {
            "a person's or another's"
        };
        return format!("{known}, {elevated}");
    }
    if account::of_this_session() == "root" { "root".into() } else { "not root".into() }
}
