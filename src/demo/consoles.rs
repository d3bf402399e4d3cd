//! The simulated servers' consoles, as the page shows them: what stands on the screen, what there is to know,
//! and a staged command that waits for somebody to sign in.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::discord::{Console, Consoles, Staged};
use super::site::{Post, Site};
use crate::agent::Operator;
use crate::catalog;
use crate::report::ServiceState;

/// Who sits at the simulated consoles.
const OPERATOR: &str = r"CONTOSO\olga.operator";

/// The consoles of a site.
pub struct SiteConsoles(pub Arc<Site>);

impl Consoles for SiteConsoles {
    fn consoles(&self) -> Vec<Console> {
        self.0.posts().iter().map(console).collect()
    }

    fn act<'a>(
        &'a self,
        server: &'a str,
        action: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send + 'a>> {
        Box::pin(async move {
            let post = self.0.post_of(server).ok_or_else(|| format!("there is no server {server}"))?;
            match action {
                "apply" => apply(post).await,
                other => Err(format!("a console can't {other}")),
            }
        })
    }
}

/// What `syncmedic-agent apply` does at a real server.
async fn apply(post: &Post) -> Result<(), String> {
    let staged = post.agent.staged().map_err(|error| error.to_string())?;
    let Some(first) = staged.first() else { return Err("nothing is staged here".into()) };
    post.server.say(&format!("{OPERATOR} runs: syncmedic-agent apply --request {}", first.request));
    let operator = Operator { account: OPERATOR.into(), aad_username: None };
    post.agent.apply(&first.request, operator).await.map(drop).map_err(|why| {
        let sentences: Vec<String> = why.into_iter().map(|reason| reason.text).collect();
        sentences.join("; ")
    })
}

fn console(post: &Post) -> Console {
    let state = post.server.state();
    let on = |is: bool| if is { "on" } else { "off" }.to_owned();
    let row = |name: &str, value: String| (name.to_owned(), value);
    let mut facts = vec![
        row("Build", state.build.map_or_else(|| "unknown".into(), |build| build.to_string())),
        row("Cloud flag", on(post.server.tenant().flag())),
        row("Staging mode", on(state.staging)),
        row(
            "ADSync",
            match state.service {
                ServiceState::Running => "running",
                ServiceState::Stopped => "stopped",
                ServiceState::Unknown => "unknown",
            }
            .into(),
        ),
        row("Sign-in method", state.sign_in_method.clone()),
    ];
    facts.extend(state.forests.iter().map(|forest| {
        (forest.name.clone(), format!("channel {}", if forest.channel { "open" } else { "closed" }))
    }));
    let staged = post.agent.staged().unwrap_or_default();
    let staged = staged.first().map(|staged| {
        let command = catalog::command(staged.permit.command.as_str());
        let title = command.map_or_else(|| staged.permit.command.to_string(), |c| c.about.title.clone());
        Staged {
            plan_code: staged.permit.plan.code().to_string(),
            text: format!("{title}. Approved by {} in Discord; it waits for your sign-in.", people(staged)),
        }
    });
    Console { server: post.server.id().to_string(), lines: post.server.console(), staged, facts }
}

fn people(staged: &crate::agent::Staged) -> String {
    match staged.permit.approvers.len() {
        1 => "one person".into(),
        count => format!("{count} people"),
    }
}
