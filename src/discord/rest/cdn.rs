//! Files that people attached: fetched from Discord's own file servers and from nowhere else, within bounds.

use std::time::Duration;

use reqwest::Url;

use super::Rest;
use crate::config::ApiUrl;
use crate::words;
use crate::words::Text;

/// Where Discord keeps what people attach.
const HOSTS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];
/// How long a file may take as a whole.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why an attached file is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub enum CdnError {
    /// The address is not one of Discord's.
    Foreign,
    /// It has more bytes than are read.
    TooLarge,
    /// The server refused it.
    Refused(u16),
    /// The server can't be reached, or did not answer in time.
    Unreachable,
}

impl CdnError {
    /// Why, for people.
    pub fn text(&self) -> Text {
        match self {
            CdnError::Foreign => words!("cdn-foreign"),
            CdnError::TooLarge => words!("cdn-too-large"),
            CdnError::Refused(status) => words!("cdn-refused", status = status.to_string()),
            CdnError::Unreachable => words!("cdn-unreachable"),
        }
    }
}

impl Rest {
    /// An attached file of at most `most` bytes.
    ///
    /// # Errors
    /// [`CdnError`]. The address stays out of it: its signature is the right to read the file.
    pub async fn attachment(&self, url: &str, most: usize) -> Result<Vec<u8>, CdnError> {
        let inner = &*self.0;
        let url = own(url, &inner.api).ok_or(CdnError::Foreign)?;
        // The client follows no redirect, and this request carries no token.
        let sent = inner.client.get(url).timeout(TIMEOUT).send().await;
        let mut answer = sent.map_err(|_| CdnError::Unreachable)?;
        if !answer.status().is_success() {
            return Err(CdnError::Refused(answer.status().as_u16()));
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| CdnError::Unreachable)? {
            if bytes.len() + chunk.len() > most {
                return Err(CdnError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

/// The address, if it is Discord's, or with a local Discord that one's own.
fn own(url: &str, api: &ApiUrl) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    if !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let api = Url::parse(api.as_str()).ok()?;
    let fits = match is_loopback(&api) {
        true => {
            let port = |url: &Url| url.port_or_known_default();
            is_loopback(&url) && url.scheme() == api.scheme() && port(&url) == port(&api)
        }
        false => {
            let host = url.host_str().is_some_and(|host| HOSTS.contains(&host));
            host && url.scheme() == "https" && url.port().is_none()
        }
    };
    fits.then_some(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(url: &str, api: &str) -> bool {
        own(url, &api.parse().expect("an address")).is_some()
    }

    #[test]
    fn a_file_comes_from_discords_file_servers_and_from_nowhere_else() {
        let discord = "https://discord.com";
        for good in [
            "https://cdn.discordapp.com/ephemeral-attachments/1/2/app.evtx?ex=1&is=2&hm=3",
            "https://media.discordapp.net/attachments/1/2/app.xml",
            "https://CDN.discordapp.com:443/a",
        ] {
            assert!(taken(good, discord), "{good}");
        }
        for bad in [
            "http://cdn.discordapp.com/a",
            "https://cdn.discordapp.com:8443/a",
            "https://user@cdn.discordapp.com/a",
            "https://cdn.discordapp.com.evil.example/a",
            "https://evil.example/cdn.discordapp.com",
            "https://cdn.discordapp.com@evil.example/a",
            "https://169.254.169.254/latest",
            "http://127.0.0.1:6900/a",
            "file:///etc/passwd",
            "",
        ] {
            assert!(!taken(bad, discord), "{bad}");
        }
    }

    #[test]
    fn a_local_discord_hands_out_its_own_files_alone() {
        let local = "http://127.0.0.1:6900";
        assert!(taken("http://127.0.0.1:6900/attachments/1/2/a.xml", local));
        assert!(taken("http://127.0.0.1:6900/a", "http://localhost:6900"));
        for bad in ["http://127.0.0.1:6901/a", "https://cdn.discordapp.com/a", "http://10.0.0.1:6900/a"] {
            assert!(!taken(bad, local), "{bad}");
        }
    }
}
