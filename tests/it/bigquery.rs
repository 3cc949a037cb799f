//! The BigQuery adapter against a recording fake: fields of every job, errors, retries, lost answers, cancelling.
//!
//! What SQL does is tested against the emulator in `emulator`.

mod auth;
mod jobs;
mod metadata;
mod storage;

use serde_json::{Value, json};
use tamis::adapter::{AdapterError, Answer, Connection, Fetch, JobContext, Statement};
use tamis::relation::{Column, Quoting, Relation, SchemaName};

use crate::support::fake_bigquery::{Fake, Reply};

fn run(connection: &mut dyn Connection, sql: &str, fetch: Fetch, job: &JobContext) -> Result<Answer, AdapterError> {
    connection.execute(&Statement { sql, fetch, job })
}

/// Runs a statement of the same model each time.
fn execute(connection: &mut dyn Connection, sql: &str) -> Result<Answer, AdapterError> {
    run(connection, sql, Fetch::Nothing, &context())
}

fn context() -> JobContext {
    JobContext { node: Some("model.shop.orders".into()), sequence: 1, ..JobContext::default() }
}

fn relation(name: &str) -> Relation {
    Relation::new(Some("shop"), "core", name, Quoting::ALL, '`')
}

fn dataset() -> SchemaName {
    SchemaName { database: Some("shop".into()), schema: "core".into() }
}

fn column(name: &str, data_type: &str) -> Column {
    Column { name: name.into(), data_type: data_type.into(), is_nullable: true }
}

/// A job resource in some state, as the fake answers it.
fn job(state: &str, statistics: Value) -> Value {
    json!({"jobReference": {"projectId": "shop", "jobId": "tamis_x", "location": "EU"}, "status": {"state": state},
        "configuration": {"query": {}}, "statistics": {"query": statistics}})
}

fn failed(reason: &str, message: &str, statistics: Value) -> Value {
    let mut job = job("DONE", statistics);
    job["status"]["errorResult"] = json!({"reason": reason, "message": message});
    job
}

/// An error as a reader meets it.
fn told(error: &AdapterError) -> String {
    let help = error.help.as_ref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    format!("{:?}: {}{help}", error.kind, error.message)
}
