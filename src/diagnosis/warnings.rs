//! What else deserves attention on a server: lines on the card, never the cause.

use super::answer::{Finding, HeartbeatLevel};
use super::case::{Case, finding};
use super::cause::Cause;
use super::evidence::day;
use super::limits::{SKEW_SHOWN, SUPPORT_ENDS_SOON_DAYS};
use crate::words;

/// The sign-in method under which users need password hash sync (`Microsoft.UserSignIn.SignOnMethod`).
const SIGN_IN_BY_HASH: &str = "PasswordHashSync";

/// The warnings beside a verdict.
pub(super) fn warnings(case: &Case<'_>, cause: Cause) -> Vec<Finding> {
    let mut found = Vec::new();
    let state = case.state();
    if let Some(method) = state.and_then(|state| state.sign_in_method.as_deref())
        && !method.trim().eq_ignore_ascii_case(SIGN_IN_BY_HASH)
    {
        found.push(finding("phs-optional", words!("warn-phs-optional", method = method)));
    }
    if cause == Cause::ApplianceRetired
        && let Some(facts) = case.knowledge.appliance(case.report.appliance.kind)
    {
        found.push(finding("appliance-switch", facts.switch.clone()));
    }
    if cause != Cause::StagingMode {
        closed(case, cause, &mut found);
    }
    builds(case, cause, &mut found);
    if let Some(foreign) = case.timeline.foreign.last() {
        let name = foreign.event.provider.as_deref().unwrap_or("unknown");
        let text = words!("warn-foreign", id = foreign.event.id.to_string(), provider = name);
        found.push(finding("foreign-provider", text));
    }
    if cause == Cause::StagingMode && case.service_stopped() {
        found.push(finding("service-stopped", words!("warn-service-stopped")));
    }
    if matches!(cause, Cause::Healthy | Cause::Recovered | Cause::ForestChannelDisabled) {
        let late = case.forests.iter().filter(|it| it.channel != Some(false) && late(it.level));
        found.extend(
            late.map(|it| finding("heartbeat-late", words!("warn-heartbeat-late", forest = &it.name))),
        );
    }
    if let Some(skew) = case.observation.skew
        && skew.abs() > SKEW_SHOWN
    {
        let by = format!("{:#}", skew.abs());
        let text = match skew.is_positive() {
            true => words!("warn-clock-ahead", by = by),
            false => words!("warn-clock-behind", by = by),
        };
        found.push(finding("clock-skew", text));
    }
    for gap in &case.report.gaps {
        found.push(finding("unread", words!("warn-unread", what = &gap.what, why = &gap.why)));
    }
    found
}

/// The closed forests that the verdict itself does not name.
fn closed(case: &Case<'_>, cause: Cause, found: &mut Vec<Finding>) {
    let named = cause == Cause::ForestChannelDisabled;
    let lately = case.closed_lately();
    for forest in lately.iter().filter(|_| !named) {
        let text = words!("warn-closed", forest = &forest.name);
        found.push(finding("channel-closed", text));
    }
    // With none closed lately such a verdict is about those closed by choice.
    for forest in case.closed_by_choice().iter().filter(|_| !named || !lately.is_empty()) {
        let text = words!("warn-closed-by-choice", forest = &forest.name);
        found.push(finding("channel-closed", text));
    }
}

fn late(level: HeartbeatLevel) -> bool {
    matches!(level, HeartbeatLevel::Late | HeartbeatLevel::Missing)
}

fn builds(case: &Case<'_>, cause: Cause, found: &mut Vec<Finding>) {
    let Some(build) = case.report.appliance.build else { return };
    let today = day(case);
    let minimum = case.knowledge.minimum();
    if build < minimum.build && cause != Cause::BuildRetired && cause != Cause::ApplianceRetired {
        let text = words!("warn-build-minimum", build = build.to_string(), day = minimum.from.to_string());
        found.push(finding("build-below-minimum", text));
    }
    let Some(facts) = case.knowledge.build(build) else {
        if build >= minimum.build {
            found.push(finding("build-unlisted", words!("warn-build-unlisted", build = build.to_string())));
        }
        return;
    };
    if facts.recalled {
        let text = words!("warn-build-recalled", build = build.to_string());
        found.push(finding("build-recalled", text));
    }
    if let Some(ends) = facts.support_ends {
        let days = today.duration_until(ends).as_hours() / 24;
        if days < 0 {
            let text = words!("warn-support-ended", build = build.to_string(), day = ends.to_string());
            found.push(finding("support-ended", text));
        } else if days <= SUPPORT_ENDS_SOON_DAYS {
            let text = words!("warn-support-ends", build = build.to_string(), day = ends.to_string());
            found.push(finding("support-ends-soon", text));
        }
    }
}
