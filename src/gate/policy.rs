//! The rules as configured, the person who acts, and whether they may.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use regex::Regex;

use super::refusal::Refusal;
use super::request::Request;
use crate::ids::Snowflake;
use crate::plan::Mode;

/// The rules as configured.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The one guild that counts.
    pub guild: Snowflake,
    /// Where approval cards live and are clicked.
    pub approvals_channel: Snowflake,
    /// Who may ask.
    pub requester_role: Snowflake,
    /// Who may approve; needed, never sufficient when `approver_users` is set.
    pub approver_role: Snowflake,
    /// Who may approve, by name. `None`: the role alone decides.
    pub approver_users: Option<BTreeSet<Snowflake>>,
    /// How many distinct approvers a request needs.
    pub approvals: u32,
    /// How long a request waits for approval.
    pub approve_within: SignedDuration,
    /// How long an approved unattended run may wait for READY.
    pub run_within: SignedDuration,
    /// How long an approved attended run waits for its operator.
    pub apply_within: SignedDuration,
    /// How long proof is awaited before a run counts as unproven.
    pub verify_within: SignedDuration,
    /// A pattern each reason must match.
    pub ticket: Option<Regex>,
}

/// Who acts, as Discord's gateway said it of this one click. Never from a cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The person.
    pub user: Snowflake,
    /// The guild; `None` in a direct message.
    pub guild: Option<Snowflake>,
    /// The channel.
    pub channel: Snowflake,
    /// The roles held now in that guild.
    pub roles: Vec<Snowflake>,
    /// A bot.
    pub bot: bool,
    /// Timed out until.
    pub timed_out_until: Option<Timestamp>,
    /// Not yet through membership screening.
    pub pending: bool,
}

/// What a person can do to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Allow it.
    Approve,
    /// Refuse it, with a reason.
    Deny {
        /// Why, as typed.
        why: String,
    },
    /// Take it back.
    Withdraw,
}

impl Policy {
    /// How many approvals a request needs; more if password sync was switched off deliberately.
    pub fn approvals_for(&self, deliberate: bool) -> u32 {
        if deliberate { self.approvals.max(2) } else { self.approvals.max(1) }
    }

    /// How many listed people besides the requester could approve; `None` without a list.
    pub fn possible_approvers(&self, requester: Snowflake) -> Option<u32> {
        let listed = self.approver_users.as_ref()?.iter().filter(|&&user| user != requester).count();
        Some(u32::try_from(listed).unwrap_or(u32::MAX))
    }

    /// How long an approved request may wait for its run.
    pub fn run_within(&self, mode: Mode) -> SignedDuration {
        match mode {
            Mode::Unattended => self.run_within,
            Mode::Attended => self.apply_within,
        }
    }

    /// Whether this person may act here at all: the right guild, a member in good standing, no bot.
    ///
    /// # Errors
    /// Why not.
    pub fn check_member(&self, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
        match actor.guild {
            None => return Err(Refusal::DirectMessage),
            Some(guild) if guild != self.guild => return Err(Refusal::WrongGuild),
            Some(_) => {}
        }
        if actor.bot {
            return Err(Refusal::Bot);
        }
        if let Some(until) = actor.timed_out_until.filter(|&until| until > now) {
            return Err(Refusal::TimedOut(until));
        }
        if actor.pending {
            return Err(Refusal::Pending);
        }
        Ok(())
    }

    /// Whether this person may ask.
    ///
    /// # Errors
    /// Why not.
    pub fn check_requester(&self, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
        self.check_member(actor, now)?;
        if actor.roles.contains(&self.requester_role) { Ok(()) } else { Err(Refusal::NotRequester) }
    }

    /// Whether this person is an approver now, wherever they are: the role, and the list where there is one.
    /// Being administrator or owner makes nobody an approver.
    ///
    /// # Errors
    /// Why not.
    pub fn check_approver(&self, actor: &Actor, now: Timestamp) -> Result<(), Refusal> {
        self.check_member(actor, now)?;
        if !actor.roles.contains(&self.approver_role) {
            return Err(Refusal::NotApprover);
        }
        match &self.approver_users {
            Some(listed) if !listed.contains(&actor.user) => Err(Refusal::NotListed),
            _ => Ok(()),
        }
    }

    /// Whether this person may take this action on this request, here and now.
    ///
    /// # Errors
    /// Why not.
    pub fn check(
        &self,
        actor: &Actor,
        action: &Action,
        request: &Request,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.check_member(actor, now)?;
        if actor.channel != self.approvals_channel {
            return Err(Refusal::WrongChannel);
        }
        match action {
            Action::Approve => {
                // The same answer whether or not the requester is an approver: it never counts.
                if actor.user == request.requester {
                    return Err(Refusal::SelfApproval);
                }
                self.check_approver(actor, now)
            }
            Action::Deny { .. } => self.check_approver(actor, now),
            Action::Withdraw if actor.user == request.requester => Ok(()),
            Action::Withdraw => self.check_approver(actor, now).map_err(|refusal| match refusal {
                Refusal::NotApprover => Refusal::NotYours,
                other => other,
            }),
        }
    }
}
