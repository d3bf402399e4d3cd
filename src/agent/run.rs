//! Runs one permitted command and writes down how it ended.

use crate::agent::Agent;
use crate::agent::core::blocking;
use crate::agent::eventlog::clean::cut;
use crate::agent::journal::{JournalError, Run};
use crate::agent::powershell::{Argument, InvalidArgument};
use crate::agent::record::Entry;
use crate::catalog::{self, ENABLE_FOREST_CHANNEL};
use crate::grant::Grant;
use crate::link::protocol::{Reason, RunOutcome};
use crate::redact::{redact, redact_json};
use crate::report::{ConnectorKind, Report};

/// The script's arguments for a grant: where it acts, and the state it must find there. It looks again
/// just before the change, and stops with `state-moved` if it finds another.
pub(super) fn arguments(grant: &Grant, report: &Report) -> Result<Vec<Argument>, InvalidArgument> {
    let state = report.state.as_ref();
    let mut arguments = vec![Argument::flag("ExpectedStaging", false)];
    if let Some(entra) = state.and_then(|state| state.connectors_of(ConnectorKind::Entra).next()) {
        arguments.push(Argument::new("EntraConnector", entra.id.as_str())?);
    }
    if grant.plan.command.as_str() == ENABLE_FOREST_CHANNEL {
        arguments.push(Argument::flag("ExpectedChannel", false));
    } else {
        arguments.push(Argument::flag("ExpectedCloudFlag", false));
        let attended = grant.plan.mode == crate::plan::Mode::Attended;
        arguments.push(Argument::flag("Attended", attended));
    }
    if let Some(connector) = grant.plan.arguments.get("connector") {
        arguments.push(Argument::new("Connector", connector)?);
    }
    Ok(arguments)
}

/// Runs the command of a run that has been written into the journal, and writes how it ended. Then the
/// state is read anew, so that the next report shows what it did.
pub(super) async fn execute(
    agent: &Agent,
    run: Run,
    grant: &Grant,
    arguments: &[Argument],
) -> Result<RunOutcome, JournalError> {
    let plan = &grant.plan;
    let printed = match catalog::command(plan.command.as_str()) {
        Some(command) => agent.0.scripts.run(command, arguments, plan.mode).await.map_err(|e| e.reason()),
        None => Err(Reason::new("command-unknown", "the catalogue has no such command")),
    };
    let outcome = match printed {
        Ok(object) => {
            let mut output = serde_json::Value::Object(object);
            redact_json(&mut output);
            RunOutcome::Succeeded { output }
        }
        Err(why) => {
            RunOutcome::Failed { why: Reason { code: why.code, text: cut(&redact(&why.text), 1000).0 } }
        }
    };
    let (code, request) = (plan.code(), &plan.request);
    agent.record(&match &outcome {
        RunOutcome::Succeeded { .. } => Entry::succeeded(grant),
        RunOutcome::Failed { why } => Entry::failed(grant, why),
    });
    let (keeper, ended) = (agent.clone(), outcome.clone());
    let written = blocking(move || keeper.0.journal.finish(run, keeper.0.clock.now(), ended)).await;
    if let Err(error) = &written {
        tracing::error!(%request, plan = %code, code = error.code(), "how the command ended can't be written: {error}");
    }
    agent.0.state.anew().await;
    written.map(|()| outcome)
}
