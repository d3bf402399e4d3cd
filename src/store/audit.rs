//! The audit chain: a gapless sequence of rows, each bound to the one before by its hash.
//!
//! The hash of a row is SHA-256 over the hash of the row before it (32 bytes; zeros before the first) followed by
//! the row's canonical bytes: the [`canonical`](super::canonical) JSON object
//!
//! ```json
//! {"actor":"1180000000000000001","at":"2026-11-22T02:00:00.000Z","body":{},"kind":"request-approved","request":"0001…0e0f","seq":12}
//! ```
//!
//! `actor` and `request` are `null` where there is none; `at` is UTC with exactly three decimals. The first row
//! (`seq` 1, kind `genesis`) names the tenant. An export line is the same object with its `hash` added.

use std::fmt;
use std::io;

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sqlx::any::AnyRow;
use sqlx::{Any, AnyConnection, Row as _, Transaction};

use super::canonical::{canonical, quoted};
use super::verify::{Break, ExpectedHead, Verification, Verifier};
use super::{Store, StoreError, Write, from_ms, maybe_parsed, parsed, time, whole};
use crate::ids::{RequestId, Snowflake};
use crate::plan::Digest;

/// The kind of the first row.
pub const GENESIS: &str = "genesis";

/// What the first row is bound to.
pub(super) const NOTHING_BEFORE: Digest = Digest([0; 32]);

/// How many rows are read at once.
const PAGE: u32 = 500;

/// The newest row of the chain. Whoever wrote one down can later tell whether the chain up to it was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The row's number; the first is 1.
    pub seq: u64,
    /// Its hash.
    pub hash: Digest,
}

/// `#1042 9be1-44d0`: the number and the first eight hex digits, for eyes.
impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{} {}", self.seq, self.hash.code())
    }
}

/// A row to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'a> {
    /// What happened, in kebab case (`request-approved`).
    pub kind: &'a str,
    /// The request it is about.
    pub request: Option<&'a RequestId>,
    /// The Discord user who did it; none if Syncmedic did.
    pub actor: Option<Snowflake>,
    /// Everything else worth keeping: any JSON without fractions.
    pub body: Value,
}

/// A row as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// Its number; the first is 1 and none is missing.
    pub seq: u64,
    /// When it was written, by the bot's clock (milliseconds).
    pub at: Timestamp,
    /// What happened.
    pub kind: String,
    /// The request it is about.
    pub request: Option<RequestId>,
    /// The Discord user who did it.
    pub actor: Option<Snowflake>,
    /// Everything else.
    pub body: Value,
    /// Its hash.
    pub hash: Digest,
}

/// A row's fields as text, ready to be hashed or exported. `body` is canonical JSON already.
struct Raw<'a> {
    seq: i64,
    at: Timestamp,
    kind: &'a str,
    request: Option<&'a str>,
    actor: Option<&'a str>,
    body: &'a str,
}

impl Raw<'_> {
    /// The canonical object; with `hash` it is an export line.
    fn text(&self, hash: Option<&Digest>) -> String {
        let optional = |text: Option<&str>| text.map_or_else(|| "null".to_owned(), quoted);
        let hash = hash.map(|hash| format!("\"hash\":\"{hash}\",")).unwrap_or_default();
        format!(
            r#"{{"actor":{},"at":"{}","body":{},{hash}"kind":{},"request":{},"seq":{}}}"#,
            optional(self.actor),
            self.at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ"),
            self.body,
            quoted(self.kind),
            optional(self.request),
            self.seq,
        )
    }
}

/// The hash of a row with these canonical bytes after a row with that hash.
pub(super) fn link(previous: &Digest, bytes: &[u8]) -> Digest {
    Digest(Sha256::new().chain_update(previous.0).chain_update(bytes).finalize().into())
}

impl Write<'_> {
    /// The newest row, this change's own included.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Adds a row to the chain and returns the new head.
    ///
    /// # Errors
    /// If the body holds a fraction or the database fails. The whole change can't be committed any more then:
    /// what is not audited does not happen.
    pub async fn audit(&mut self, mut entry: Entry<'_>) -> Result<Head, StoreError> {
        if let (Some(mark), Value::Object(body)) = (self.store.0.mark.get(), &mut entry.body) {
            body.insert("via".into(), json!(mark));
        }
        // Stays set if the caller gives up waiting, too.
        let failed_before = std::mem::replace(&mut self.unaudited, true);
        let (head, at) = (self.head, self.now);
        self.head = append(&mut self.tx, head, at, &entry).await?;
        self.unaudited = failed_before;
        Ok(self.head)
    }
}

async fn append(
    conn: &mut AnyConnection,
    head: Head,
    at: Timestamp,
    entry: &Entry<'_>,
) -> Result<Head, StoreError> {
    let body = canonical(&entry.body)?;
    let actor = entry.actor.map(|actor| actor.to_string());
    let request = entry.request.map(RequestId::as_str);
    let seq = i64::try_from(head.seq + 1).map_err(|_| StoreError::Damaged("the chain is too long".into()))?;
    let raw = Raw { seq, at, kind: entry.kind, request, actor: actor.as_deref(), body: &body };
    let hash = link(&head.hash, raw.text(None).as_bytes());
    sqlx::query(
        "INSERT INTO audit (seq, at, kind, request, actor, body, hash) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(seq)
    .bind(at.as_millisecond())
    .bind(entry.kind)
    .bind(request)
    .bind(actor.as_deref())
    .bind(body.as_str())
    .bind(hash.to_string())
    .execute(&mut *conn)
    .await?;
    let moved = sqlx::query("UPDATE chain SET seq = $1, hash = $2 WHERE id = 1 AND seq = $3")
        .bind(seq)
        .bind(hash.to_string())
        .bind(seq - 1)
        .execute(&mut *conn)
        .await?;
    if moved.rows_affected() != 1 {
        return Err(StoreError::Damaged("the chain's head moved during a change".into()));
    }
    Ok(Head { seq: head.seq + 1, hash })
}

impl Store {
    /// Writes the first row into a new database; makes sure an old one is this tenant's.
    pub(super) async fn start_chain(&self, tx: &mut Transaction<'static, Any>) -> Result<(), StoreError> {
        let wanted = &self.0.tenant;
        if let Some(row) =
            sqlx::query("SELECT tenant FROM chain WHERE id = 1").fetch_optional(&mut **tx).await?
        {
            let found: String = row.try_get("tenant")?;
            return match found == *wanted {
                true => Ok(()),
                false => Err(StoreError::OtherTenant { found, wanted: wanted.clone() }),
            };
        }
        sqlx::query("INSERT INTO chain (id, tenant, seq, hash) VALUES (1, $1, 0, $2)")
            .bind(wanted.as_str())
            .bind(NOTHING_BEFORE.to_string())
            .execute(&mut **tx)
            .await?;
        let at = from_ms(self.clock().now().as_millisecond())?;
        let body = json!({ "tenant": wanted, "version": env!("CARGO_PKG_VERSION") });
        let entry = Entry { kind: GENESIS, request: None, actor: None, body };
        append(tx, Head { seq: 0, hash: NOTHING_BEFORE }, at, &entry).await?;
        Ok(())
    }

    /// The newest row's number and hash.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn head(&self) -> Result<Head, StoreError> {
        let row = sqlx::query("SELECT seq, hash FROM chain WHERE id = 1").fetch_one(self.read()).await?;
        Ok(Head { seq: whole(&row, "seq")?, hash: parsed(&row, "hash")? })
    }

    /// At most `limit` rows from number `from` on, oldest first.
    ///
    /// # Errors
    /// If the database fails or a row can't be read.
    pub async fn audit(&self, from: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.rows_from(from, limit).await?.iter().map(audit_row).collect()
    }

    /// The newest rows, newest first.
    ///
    /// # Errors
    /// If the database fails or a row can't be read.
    pub async fn audit_recent(&self, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM audit ORDER BY seq DESC LIMIT $1").bind(i64::from(limit));
        rows.fetch_all(self.read()).await?.iter().map(audit_row).collect()
    }

    /// All rows about one request, oldest first.
    ///
    /// # Errors
    /// If the database fails or a row can't be read.
    pub async fn audit_of(&self, request: &RequestId) -> Result<Vec<AuditRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM audit WHERE request = $1 ORDER BY seq").bind(request.as_str());
        rows.fetch_all(self.read()).await?.iter().map(audit_row).collect()
    }

    /// Writes the whole chain as JSON lines, exactly as stored, and returns the last row's number.
    ///
    /// # Errors
    /// If the database fails or `out` does.
    pub async fn export(&self, out: &mut (impl io::Write + Send)) -> Result<u64, StoreError> {
        let mut last = 0;
        loop {
            let rows = self.rows_from(last + 1, PAGE).await?;
            for row in &rows {
                out.write_all(export_line(row)?.as_bytes()).map_err(StoreError::Export)?;
                last = whole(row, "seq")?;
            }
            if rows.is_empty() {
                out.flush().map_err(StoreError::Export)?;
                return Ok(last);
            }
        }
    }

    /// Checks the whole chain in the database, its stored head included, against an expected head if there is one.
    ///
    /// # Errors
    /// If the database fails. A broken chain is no error: the result says where it breaks.
    pub async fn verify(&self, expect: Option<ExpectedHead>) -> Result<Verification, StoreError> {
        // One snapshot, so that rows added meanwhile don't look like rows slipped in.
        let begin = match self.0.url.sqlite_file() {
            Some(_) => "BEGIN",
            None => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let mut tx = self.read().begin_with(begin).await?;
        let stored = sqlx::query("SELECT seq, hash FROM chain WHERE id = 1").fetch_one(&mut *tx).await?;
        let stored = Head { seq: whole(&stored, "seq")?, hash: parsed(&stored, "hash")? };
        let mut verifier = Verifier::new(expect);
        // From before the first row, so that nothing hides in front of it.
        let mut from = i64::MIN;
        loop {
            let page = sqlx::query("SELECT * FROM audit WHERE seq >= $1 ORDER BY seq LIMIT $2");
            let rows = page.bind(from).bind(i64::from(PAGE)).fetch_all(&mut *tx).await?;
            for row in &rows {
                match export_line(row) {
                    Ok(line) => verifier.line(line.as_bytes()),
                    Err(error) => verifier.unreadable(error.to_string()),
                }
                from = row.try_get::<i64, _>("seq")?.saturating_add(1);
            }
            if rows.is_empty() || verifier.is_broken() {
                break;
            }
        }
        tx.rollback().await?;
        let mut found = verifier.finish();
        if found.is_ok() && found.head != Some(stored) {
            found.broken = Some(Break::StoredHead { stored, last: found.rows });
        }
        Ok(found)
    }

    async fn rows_from(&self, from: u64, limit: u32) -> Result<Vec<AnyRow>, StoreError> {
        let rows = sqlx::query("SELECT * FROM audit WHERE seq >= $1 ORDER BY seq LIMIT $2")
            .bind(i64::try_from(from).unwrap_or(i64::MAX))
            .bind(i64::from(limit));
        Ok(rows.fetch_all(self.read()).await?)
    }
}

/// A row as its line of the export, with what is stored as it is stored: what was tampered with must show.
fn export_line(row: &AnyRow) -> Result<String, StoreError> {
    let (kind, body): (String, String) = (row.try_get("kind")?, row.try_get("body")?);
    let request: Option<String> = row.try_get("request")?;
    let actor: Option<String> = row.try_get("actor")?;
    let raw = Raw {
        seq: row.try_get("seq")?,
        at: time(row, "at")?,
        kind: &kind,
        request: request.as_deref(),
        actor: actor.as_deref(),
        body: &body,
    };
    Ok(raw.text(Some(&parsed(row, "hash")?)) + "\n")
}

fn audit_row(row: &AnyRow) -> Result<AuditRow, StoreError> {
    let body: String = row.try_get("body")?;
    let seq = whole(row, "seq")?;
    Ok(AuditRow {
        seq,
        at: time(row, "at")?,
        kind: row.try_get("kind")?,
        request: maybe_parsed(row, "request")?,
        actor: maybe_parsed(row, "actor")?,
        body: serde_json::from_str(&body)
            .map_err(|error| StoreError::Damaged(format!("audit row {seq}: {error}")))?,
        hash: parsed(row, "hash")?,
    })
}
