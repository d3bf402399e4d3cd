//! What can go wrong between the bot and an agent: a stable code, and a sentence with the mend.

use std::time::Duration;

use crate::ids::AgentId;
use crate::link::protocol::Reason;
use crate::link::refusal::{CertFault, HandshakeFault, PeerVerdict};
use crate::report::ReportError;

/// Why an agent gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// The bot refuses the certificate of whatever answers at the address.
    #[error("{agent} was refused: {fault}. {}", cert_mend(fault))]
    AgentCertificate {
        /// Which agent was dialled.
        agent: AgentId,
        /// Why.
        fault: CertFault,
    },
    /// The agent refuses the bot's certificate.
    #[error("{agent} refuses the bot's certificate: {verdict}. {}", bot_cert_mend(*verdict))]
    BotCertificate {
        /// Which agent.
        agent: AgentId,
        /// What its alert says.
        verdict: PeerVerdict,
    },
    /// TLS failed otherwise: something else listens there, or it speaks no TLS 1.3.
    #[error("no TLS 1.3 connection to {agent}: {fault}. Does the address lead to its agent?")]
    Tls {
        /// Which agent.
        agent: AgentId,
        /// What failed.
        fault: HandshakeFault,
    },
    /// Nothing answers at the address, or the connection broke.
    #[error(
        "{agent} does not answer: {why}. Is the server up, syncmedic-agent running, its address right and its \
         port open to the bot?"
    )]
    NoAnswer {
        /// Which agent.
        agent: AgentId,
        /// What the system says.
        why: String,
    },
    /// It did not answer in time.
    #[error("{agent} did not answer within {} s; it may be busy or unreachable", after.as_secs_f32())]
    TimedOut {
        /// Which agent.
        agent: AgentId,
        /// How long the bot waited.
        after: Duration,
    },
    /// The report can't be used.
    #[error("{agent}: {error}")]
    Report {
        /// Which agent.
        agent: AgentId,
        /// What is wrong with it.
        error: ReportError,
    },
    /// Another answer has too many bytes.
    #[error("{agent} answered with more than {limit} bytes, which no agent does: is it one?")]
    AnswerTooLarge {
        /// Which agent.
        agent: AgentId,
        /// The limit.
        limit: usize,
    },
    /// Another answer can't be read.
    #[error("{agent}'s answer can't be read ({why}): update the older of bot and agent")]
    AnswerMalformed {
        /// Which agent.
        agent: AgentId,
        /// Why not.
        why: String,
    },
    /// What it says is about another agent, or about another request.
    #[error(
        "the agent with {agent}'s certificate speaks for {said}: nothing it says is used; enrol it again"
    )]
    NotItself {
        /// Whose certificate it has.
        agent: AgentId,
        /// Who it says it is, or what it speaks of.
        said: String,
    },
    /// Its answer is of another enrolment: a clone or a restored machine.
    #[error(
        "{agent} says it is of generation {said}, enrolled is {expected}: a clone or a restored machine? Stop the \
         one that is wrong, or enrol it again"
    )]
    GenerationFenced {
        /// Which agent.
        agent: AgentId,
        /// Its generation.
        said: u32,
        /// The enrolled one.
        expected: u32,
    },
    /// It answered with an error.
    #[error("{agent} answered with HTTP status {status}{}", said(reason.as_ref()))]
    HttpStatus {
        /// Which agent.
        agent: AgentId,
        /// The status.
        status: u16,
        /// What it says of it.
        reason: Option<Reason>,
    },
    /// The bot's own side can't be set up: the address or its certificate.
    #[error("{agent} can't be dialled: {why}")]
    Setup {
        /// Which agent.
        agent: AgentId,
        /// Why not.
        why: String,
    },
}

impl LinkError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            LinkError::AgentCertificate { fault, .. } => fault.code(),
            LinkError::BotCertificate { verdict, .. } => match verdict {
                PeerVerdict::Expired => "bot-cert-expired",
                PeerVerdict::Revoked => "bot-cert-revoked",
                PeerVerdict::Foreign => "bot-cert-foreign",
                PeerVerdict::WrongKind => "bot-cert-wrong-kind",
                PeerVerdict::Missing => "bot-cert-missing",
                PeerVerdict::Other => "bot-cert-refused",
            },
            LinkError::Tls { fault, .. } => fault.code(),
            LinkError::NoAnswer { .. } => "no-answer",
            LinkError::TimedOut { .. } => "timed-out",
            LinkError::Report { error, .. } => match error {
                ReportError::TooLarge => "report-too-large",
                ReportError::Version(_) => "report-version",
                ReportError::Malformed(_) => "report-malformed",
            },
            LinkError::AnswerTooLarge { .. } => "answer-too-large",
            LinkError::AnswerMalformed { .. } => "answer-malformed",
            LinkError::NotItself { .. } => "not-itself",
            LinkError::GenerationFenced { .. } => "generation-fenced",
            LinkError::HttpStatus { .. } => "http-status",
            LinkError::Setup { .. } => "link-setup",
        }
    }

    /// Which agent was dialled.
    pub fn agent(&self) -> &AgentId {
        match self {
            LinkError::AgentCertificate { agent, .. }
            | LinkError::BotCertificate { agent, .. }
            | LinkError::Tls { agent, .. }
            | LinkError::NoAnswer { agent, .. }
            | LinkError::TimedOut { agent, .. }
            | LinkError::Report { agent, .. }
            | LinkError::AnswerTooLarge { agent, .. }
            | LinkError::AnswerMalformed { agent, .. }
            | LinkError::NotItself { agent, .. }
            | LinkError::GenerationFenced { agent, .. }
            | LinkError::HttpStatus { agent, .. }
            | LinkError::Setup { agent, .. } => agent,
        }
    }
}

fn said(reason: Option<&Reason>) -> String {
    reason.map(|reason| format!(": {} ({})", reason.text, reason.code)).unwrap_or_default()
}

fn cert_mend(fault: &CertFault) -> &'static str {
    match fault {
        CertFault::Expired { .. } => {
            "Enrol it again (`syncmedic-agent init` there, `syncmedic agents add` here); if it should still be \
             good, check the bot's clock"
        }
        CertFault::NotYetValid { .. } => "Check the bot's clock",
        CertFault::Revoked => "Enrol it again if that was not meant for it",
        CertFault::Foreign => "Enrol it with this bot (`syncmedic agents add`), or correct the address",
        CertFault::WrongKind | CertFault::Missing | CertFault::Unusable(_) => {
            "Give it the certificate that `syncmedic agents add` made for it, or correct the address"
        }
        CertFault::OtherAgent { .. } => "Correct the address, or that server's certificate",
        CertFault::NotEnrolled => "Install the answer of the newest `syncmedic agents add` at the server",
        CertFault::OtherGeneration { .. } => {
            "A clone or a restored machine? Stop the one that is wrong, or enrol it again"
        }
    }
}

fn bot_cert_mend(verdict: PeerVerdict) -> &'static str {
    match verdict {
        PeerVerdict::Expired => "Renew the bot's certificate, or check the server's clock",
        PeerVerdict::Revoked => {
            "Renew the bot's certificate, or correct the list of revoked ones at the server"
        }
        PeerVerdict::Foreign => "Enrol the agent again with this bot",
        PeerVerdict::WrongKind | PeerVerdict::Missing | PeerVerdict::Other => {
            "Check bot.pem and bot.key, and the agent's log, which says why"
        }
    }
}
