//! Brings a database to this program's schema, all steps in one transaction, and refuses one that is newer.

use sqlx::{Any, AnyConnection, Row as _, Transaction};

use super::StoreError;

/// The steps, oldest first. A step that was ever released never changes: a new one is added after it.
const STEPS: &[&str] = &[include_str!("migrations/0001_start.sql")];

/// The schema version this program works with.
pub(super) const SCHEMA: i64 = STEPS.len() as i64;

/// Runs the steps this database has not seen yet, inside the given transaction.
pub(super) async fn migrate(tx: &mut Transaction<'static, Any>) -> Result<(), StoreError> {
    let conn: &mut AnyConnection = tx;
    if conn.backend_name() == "PostgreSQL" {
        // Two programs may start at once; SQLite's BEGIN IMMEDIATE already keeps them apart.
        sqlx::query("SELECT 1 AS locked FROM pg_advisory_xact_lock(6900)").execute(&mut *conn).await?;
    }
    sqlx::query("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)")
        .execute(&mut *conn)
        .await?;
    let row = sqlx::query("SELECT version FROM schema_version").fetch_optional(&mut *conn).await?;
    let found: i64 = match &row {
        Some(row) => row.try_get("version")?,
        None => 0,
    };
    let done =
        usize::try_from(found).map_err(|_| StoreError::Damaged("schema_version is negative".into()))?;
    let Some(missing) = STEPS.get(done..) else {
        return Err(StoreError::Newer { found, known: SCHEMA });
    };
    for step in missing {
        sqlx::raw_sql(*step).execute(&mut *conn).await?;
    }
    let write = match row {
        None => "INSERT INTO schema_version (version) VALUES ($1)",
        Some(_) => "UPDATE schema_version SET version = $1",
    };
    sqlx::query(write).bind(SCHEMA).execute(&mut *conn).await?;
    Ok(())
}
