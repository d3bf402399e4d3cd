//! Which agent must answer, and where.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::certs::Serial;
use super::error::LinkError;
use crate::ids::{AgentId, InvalidId};
use crate::plan::Digest;
use crate::report::Report;

/// An enrolled agent: who must answer, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Its id.
    pub agent: AgentId,
    /// Where it listens.
    pub address: AgentUrl,
    /// The enrolment that is good now.
    pub generation: u32,
    /// The serial number of the certificate it was given.
    pub serial: Serial,
    /// The SHA-256 of that certificate.
    pub fingerprint: Digest,
}

impl Enrolled {
    /// Checks that a report is this agent's own, and of this enrolment.
    ///
    /// # Errors
    /// [`LinkError::NotItself`] or [`LinkError::GenerationFenced`].
    pub fn check(&self, report: &Report) -> Result<(), LinkError> {
        self.check_names(&report.agent, report.generation)
    }

    pub(super) fn check_names(&self, said: &AgentId, generation: u32) -> Result<(), LinkError> {
        let agent = self.agent.clone();
        if *said != agent {
            return Err(LinkError::NotItself { agent, said: said.to_string() });
        }
        if generation != self.generation {
            let expected = self.generation;
            return Err(LinkError::GenerationFenced { agent, said: generation, expected });
        }
        Ok(())
    }
}

/// Where an agent listens: `https://host[:port]` and nothing more.
#[derive(Clone, PartialEq, Eq)]
pub struct AgentUrl(Url);

impl FromStr for AgentUrl {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<AgentUrl, Self::Err> {
        let invalid = || InvalidId::new(text, "an agent's address (https://host:port)");
        let url = Url::parse(text.trim()).map_err(|_| invalid())?;
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        (url.scheme() == "https" && url.has_host() && bare).then_some(AgentUrl(url)).ok_or_else(invalid)
    }
}

impl AgentUrl {
    /// The address of a path at this agent.
    pub(super) fn join(&self, path: &str) -> Result<Url, impl fmt::Display + use<>> {
        self.0.join(path)
    }
}

impl fmt::Display for AgentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for AgentUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agents_address_is_https_a_host_and_a_port_and_nothing_more() {
        let url = |text: &str| text.parse::<AgentUrl>();
        let full = url("https://sync01.corp.contoso.com:6901/").expect("valid");
        assert_eq!(full.to_string(), "https://sync01.corp.contoso.com:6901");
        for bad in [
            "http://sync01:6901",
            "https://u:p@sync01",
            "https://sync01/x",
            "https://sync01/?a",
            "sync01:6901",
            "",
        ] {
            assert!(url(bad).is_err(), "{bad:?}");
        }
    }
}
