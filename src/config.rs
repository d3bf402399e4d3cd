//! The bot's configuration, from environment variables (`.env` is read into them first). `.env.example` names
//! each with its default. Reading it touches nothing but the lookup it is given, and reports every fault at
//! once.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use regex::Regex;
use tracing_subscriber::EnvFilter;

use crate::gate::Policy;
use crate::ids::Snowflake;
use crate::schedule::{Schedule, ScheduleError};
use crate::secret::Secret;
use crate::store::DatabaseUrl;

/// Everything that can be set.
#[derive(Debug, Clone)]
pub struct Config {
    /// Discord: needed to run, not to `ask`.
    pub discord: Discord,
    /// The gate's rules.
    pub policy: Policy,
    /// What is needed without Discord as well.
    pub base: Base,
}

/// Where in Discord the bot lives.
#[derive(Debug, Clone)]
pub struct Discord {
    /// The bot's token.
    pub token: Secret,
    /// The API's address without a path.
    pub api: ApiUrl,
    /// The one guild.
    pub guild: Snowflake,
    /// Where answers are public.
    pub answer_channels: BTreeSet<Snowflake>,
    /// Where requests are approved.
    pub approvals_channel: Snowflake,
    /// Where alerts and summaries go.
    pub status_channel: Snowflake,
}

/// What is needed without Discord as well.
#[derive(Debug, Clone)]
pub struct Base {
    /// The tenant's name.
    pub tenant: String,
    /// Keys, certificates and the default database.
    pub data_dir: PathBuf,
    /// The database.
    pub database: Secret,
    /// How often all servers are polled.
    pub poll_interval: Duration,
    /// How long an answer waits for them.
    pub poll_deadline: Duration,
    /// When the summary is posted: a cron expression.
    pub summary_schedule: String,
    /// The schedule's IANA time zone.
    pub summary_timezone: String,
    /// A file that overrides explanations.
    pub causes_file: Option<PathBuf>,
    /// A file that overrides the table of builds.
    pub builds_file: Option<PathBuf>,
}

/// How the programs log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// One JSON object a line.
    pub json: bool,
    /// What to log.
    pub filter: String,
}

/// Discord's API: `https`, or a loopback address where a local Discord stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiUrl(String);

/// What is wrong with the configuration, all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// One fault for each variable, with the mend.
    pub faults: Vec<Fault>,
}

/// One variable that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable.
    pub variable: &'static str,
    /// What is wrong and what to do.
    pub text: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration can't be used:")?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  {}: {}", fault.variable, fault.text))
    }
}

impl std::error::Error for ConfigError {}

impl ApiUrl {
    /// The address without a trailing slash or path.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is Discord itself; if not, every card and audit row says so.
    pub fn is_discord(&self) -> bool {
        self.0 == "https://discord.com"
    }
}

impl FromStr for ApiUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let trimmed = text.trim().trim_end_matches('/');
        let bare = ["/api/v10", "/api"].iter().find_map(|path| trimmed.strip_suffix(path)).unwrap_or(trimmed);
        let url = reqwest::Url::parse(bare).map_err(|error| format!("{text:?} is no address: {error}"))?;
        let loopback = match url.host_str() {
            Some("localhost") => true,
            Some(host) => {
                let host = host.trim_start_matches('[').trim_end_matches(']');
                host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
            None => false,
        };
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err("an address with user, password or query can't be used".into());
        }
        match url.scheme() {
            "https" => Ok(ApiUrl(bare.to_owned())),
            "http" if loopback => Ok(ApiUrl(bare.to_owned())),
            _ => Err(format!("{text:?} must begin with https:// (http:// only on a loopback address)")),
        }
    }
}

impl Config {
    /// Reads the whole configuration.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Config, ConfigError> {
        let mut reader = Reader::new(lookup);
        reader.logging();
        let base = reader.base();
        let discord = Discord {
            token: Secret::new(reader.text("DISCORD_TOKEN").unwrap_or_default()),
            api: reader.or("DISCORD_API_URL", "https://discord.com"),
            guild: reader.id("DISCORD_GUILD_ID"),
            answer_channels: reader.ids("ANSWER_CHANNEL_IDS"),
            approvals_channel: reader.id("APPROVALS_CHANNEL_ID"),
            status_channel: reader.id("STATUS_CHANNEL_ID"),
        };
        let listed = reader.ids("APPROVER_USERS");
        let policy = Policy {
            guild: discord.guild,
            approvals_channel: discord.approvals_channel,
            requester_role: reader.id("REQUESTER_ROLE_ID"),
            approver_role: reader.id("APPROVER_ROLE_ID"),
            approver_users: Some(listed).filter(|listed| !listed.is_empty()),
            approvals: reader.or("APPROVALS_REQUIRED", "1"),
            approve_within: reader.signed("APPROVE_WITHIN", "30m"),
            run_within: reader.signed("RUN_WITHIN", "15m"),
            apply_within: reader.signed("APPLY_WITHIN", "4h"),
            verify_within: reader.signed("VERIFY_WITHIN", "65m"),
            ticket: reader.pattern("REASON_PATTERN"),
        };
        reader.check(&discord, &policy);
        reader.finish(Config { discord, policy, base })
    }
}

impl Base {
    /// Reads only what is needed without Discord.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Base, ConfigError> {
        let mut reader = Reader::new(lookup);
        let base = reader.base();
        reader.finish(base)
    }
}

impl Logging {
    /// Reads how to log.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn read(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Logging, ConfigError> {
        let mut reader = Reader::new(lookup);
        let logging = reader.logging();
        reader.finish(logging)
    }
}

/// Reads variables and collects what is wrong with them.
struct Reader<'a> {
    lookup: &'a dyn Fn(&str) -> Option<String>,
    faults: Vec<Fault>,
}

impl<'a> Reader<'a> {
    fn new(lookup: &'a dyn Fn(&str) -> Option<String>) -> Reader<'a> {
        Reader { lookup, faults: Vec::new() }
    }

    fn finish<T>(self, value: T) -> Result<T, ConfigError> {
        if self.faults.is_empty() { Ok(value) } else { Err(ConfigError { faults: self.faults }) }
    }

    fn fault(&mut self, variable: &'static str, text: String) {
        self.faults.push(Fault { variable, text });
    }

    /// The variable's text; an empty one counts as not set.
    fn text(&self, variable: &str) -> Option<String> {
        (self.lookup)(variable).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    fn or<T: FromStr<Err: fmt::Display> + Default>(&mut self, variable: &'static str, default: &str) -> T {
        let text = self.text(variable).unwrap_or_else(|| default.to_owned());
        text.parse().unwrap_or_else(|error| {
            self.fault(variable, format!("{error}"));
            T::default()
        })
    }

    fn id(&mut self, variable: &'static str) -> Snowflake {
        match self.text(variable).map(|text| text.parse()) {
            Some(Ok(id)) => return id,
            Some(Err(error)) => self.fault(variable, format!("{error}")),
            None => self.fault(variable, "is not set".into()),
        }
        Snowflake(0)
    }

    fn ids(&mut self, variable: &'static str) -> BTreeSet<Snowflake> {
        let mut ids = BTreeSet::new();
        let text = self.text(variable).unwrap_or_default();
        for piece in text.split([',', ' ', ';']).filter(|piece| !piece.is_empty()) {
            match piece.parse() {
                Ok(id) => _ = ids.insert(id),
                Err(error) => self.fault(variable, format!("{error}")),
            }
        }
        ids
    }

    fn signed(&mut self, variable: &'static str, default: &str) -> SignedDuration {
        let text = self.text(variable).unwrap_or_else(|| default.to_owned());
        let parsed = match text.parse::<u32>() {
            Ok(seconds) => Ok(SignedDuration::from_secs(i64::from(seconds))),
            Err(_) => text.parse::<SignedDuration>(),
        };
        match parsed {
            Ok(time) if time > SignedDuration::ZERO && time <= SignedDuration::from_hours(24 * 7) => time,
            _ => {
                let mend = format!("{text:?} is no time between 1s and 7 days (such as 90s, 30m, 4h)");
                self.fault(variable, mend);
                SignedDuration::from_secs(1)
            }
        }
    }

    fn duration(&mut self, variable: &'static str, default: &str) -> Duration {
        Duration::try_from(self.signed(variable, default)).unwrap_or(Duration::from_secs(1))
    }

    fn pattern(&mut self, variable: &'static str) -> Option<Regex> {
        match Regex::new(&self.text(variable)?) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                self.fault(variable, format!("is no regular expression: {error}"));
                None
            }
        }
    }

    fn logging(&mut self) -> Logging {
        let filter = self.text("LOG_FILTER").unwrap_or_else(|| "info".into());
        if let Err(error) = EnvFilter::try_new(&filter) {
            self.fault("LOG_FILTER", format!("{filter:?} can't be used: {error}"));
        }
        let json = match self.text("LOG_FORMAT").as_deref() {
            None | Some("text") => false,
            Some("json") => true,
            Some(other) => {
                self.fault("LOG_FORMAT", format!("{other:?} is neither text nor json"));
                false
            }
        };
        Logging { json, filter }
    }

    fn base(&mut self) -> Base {
        let data_dir = PathBuf::from(self.text("DATA_DIR").unwrap_or_else(|| "data".into()));
        let file = || format!("sqlite://{}", data_dir.join("syncmedic.sqlite").display());
        let database = self.text("DATABASE_URL").unwrap_or_else(file);
        if let Err(error) = database.parse::<DatabaseUrl>() {
            self.fault("DATABASE_URL", error.to_string());
        }
        let database = Secret::new(database);
        let summary_schedule = self.text("SUMMARY_SCHEDULE").unwrap_or_else(|| "0 8 * * *".into());
        let summary_timezone = self.text("SUMMARY_TIMEZONE").unwrap_or_else(|| "UTC".into());
        match Schedule::parse(&summary_schedule, &summary_timezone) {
            Ok(_) => {}
            Err(error @ ScheduleError::Zone(_)) => self.fault("SUMMARY_TIMEZONE", error.to_string()),
            Err(error) => self.fault("SUMMARY_SCHEDULE", error.to_string()),
        }
        Base {
            tenant: self.text("TENANT").unwrap_or_else(|| "default".into()),
            database,
            data_dir,
            poll_interval: self.duration("POLL_INTERVAL", "60s"),
            poll_deadline: self.duration("POLL_DEADLINE", "2s"),
            summary_schedule,
            summary_timezone,
            causes_file: self.text("CAUSES_FILE").map(PathBuf::from),
            builds_file: self.text("BUILDS_FILE").map(PathBuf::from),
        }
    }

    /// What only the whole can show: enough possible approvers, and roles that tell people apart.
    fn check(&mut self, discord: &Discord, policy: &Policy) {
        if discord.token.expose().is_empty() {
            self.fault("DISCORD_TOKEN", "is not set (Developer Portal > your application > Bot)".into());
        }
        if !(1..=10).contains(&policy.approvals) {
            self.fault("APPROVALS_REQUIRED", "must be between 1 and 10".into());
        }
        let everyone = discord.guild;
        if policy.approver_role == everyone && everyone.0 != 0 {
            self.fault("APPROVER_ROLE_ID", "is @everyone: make a role that only approvers hold".into());
        }
        if let Some(listed) = &policy.approver_users
            && listed.len() < usize::try_from(policy.approvals).unwrap_or(usize::MAX)
        {
            let text = format!(
                "names {} people, but {} approvals are required: list more people",
                listed.len(),
                policy.approvals
            );
            self.fault("APPROVER_USERS", text);
        }
    }
}

impl Default for Logging {
    fn default() -> Logging {
        Logging { json: false, filter: "info".into() }
    }
}

impl Default for ApiUrl {
    fn default() -> ApiUrl {
        ApiUrl("https://discord.com".into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn read(change: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let mut all: BTreeMap<&str, &str> = BTreeMap::from([
            ("DISCORD_TOKEN", "token"),
            ("DISCORD_GUILD_ID", "1"),
            ("ANSWER_CHANNEL_IDS", "2, 3"),
            ("APPROVALS_CHANNEL_ID", "4"),
            ("STATUS_CHANNEL_ID", "5"),
            ("REQUESTER_ROLE_ID", "6"),
            ("APPROVER_ROLE_ID", "7"),
            ("APPROVER_USERS", "8"),
        ]);
        all.extend(change.iter().copied());
        Config::read(&|name| all.get(name).map(|text| (*text).to_owned()))
    }

    fn faults(change: &[(&str, &str)]) -> Vec<&'static str> {
        read(change).expect_err("is refused").faults.iter().map(|fault| fault.variable).collect()
    }

    #[test]
    fn what_is_not_set_has_the_default_that_the_example_names() {
        let config = read(&[]).expect("is whole");
        assert_eq!(config.policy.verify_within, SignedDuration::from_mins(65));
        assert_eq!(config.base.poll_interval, Duration::from_secs(60));
        assert!(config.discord.api.is_discord());
        let example = include_str!("../.env.example");
        let mut names: Vec<&str> = Vec::new();
        for line in example.lines().map(|line| line.trim_start_matches('#')) {
            if let Some((name, _)) = line.split_once('=').filter(|(name, _)| !name.contains(' ')) {
                names.push(name);
            }
        }
        for line in include_str!("config.rs").lines().take_while(|line| !line.contains("mod tests")) {
            for piece in line.split('"').filter(|piece| piece.len() > 4) {
                let is_name = piece.chars().all(|c| c.is_ascii_uppercase() || c == '_');
                assert!(!is_name || names.contains(&piece), "{piece} is missing in .env.example");
            }
        }
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let wrong = [
            ("LOG_FORMAT", "xml"),
            ("LOG_FILTER", "debug=loud=very"),
            ("DATABASE_URL", "mysql://x"),
            ("SUMMARY_SCHEDULE", "daily"),
            ("POLL_INTERVAL", "soon"),
            ("DISCORD_GUILD_ID", "x"),
            ("APPROVER_ROLE_ID", ""),
        ];
        let mut named: Vec<&str> = wrong.map(|(variable, _)| variable).into();
        let mut told = faults(&wrong);
        named.sort_unstable();
        told.sort_unstable();
        assert_eq!(told, named);
        assert_eq!(faults(&[("SUMMARY_TIMEZONE", "Mars/Olympus")]), ["SUMMARY_TIMEZONE"]);
    }

    #[test]
    fn the_bot_refuses_to_start_without_an_approver_role_or_with_too_few_approvers() {
        assert_eq!(faults(&[("APPROVER_ROLE_ID", "")]), ["APPROVER_ROLE_ID"]);
        assert_eq!(faults(&[("APPROVALS_REQUIRED", "2")]), ["APPROVER_USERS"]);
        assert_eq!(faults(&[("APPROVALS_REQUIRED", "0")]), ["APPROVALS_REQUIRED"]);
        assert_eq!(faults(&[("APPROVER_ROLE_ID", "1")]), ["APPROVER_ROLE_ID"]);
        assert_eq!(read(&[("APPROVER_USERS", "")]).expect("is possible").policy.approver_users, None);
    }

    #[test]
    fn the_api_address_is_https_or_loopback_only() {
        let parse = |text: &str| text.parse::<ApiUrl>();
        assert_eq!(
            parse("http://127.0.0.1:6900/api/v10/").expect("loopback").as_str(),
            "http://127.0.0.1:6900"
        );
        assert!(parse("http://[::1]:80").is_ok());
        assert!(!parse("https://proxy.example").expect("https").is_discord());
        for bad in ["http://discord.com", "http://localhost.evil.example", "ftp://127.0.0.1", "discord.com"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        assert!(parse("http://user@127.0.0.1").is_err());
    }

    #[test]
    fn the_token_and_the_database_never_show_in_debug() {
        let config = read(&[("DATABASE_URL", "postgres://u:hunter2@h/d"), ("DISCORD_TOKEN", "t0ken")]);
        let text = format!("{:?}", config.expect("is whole"));
        assert!(!text.contains("hunter2") && !text.contains("t0ken"));
    }
}
