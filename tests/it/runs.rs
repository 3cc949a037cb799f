//! Runs on a DuckDB file, through the real binary: what is in the warehouse afterwards, and how each node ended.

use std::fs;
use std::path::Path;

use duckdb::types::{TimeUnit, Value};
use insta::assert_snapshot;
use tempfile::TempDir;

use crate::binary::{Ran, folder, tamis, write};

mod aged;
mod called;
mod deferred;
mod documented;
mod incremental;
mod judged;
mod made;
mod unit_tested;

const PROFILES: &str = "
shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: shop.duckdb, threads: 4}
";

fn project(files: &[(&str, &str)]) -> TempDir {
    let here = folder(&[("dbt_project.yml", "name: shop\nprofile: shop\n"), ("profiles.yml", PROFILES)]);
    for (path, text) in files {
        write(here.path(), path, text);
    }
    here
}

/// Runs a call; its words are separated by blanks.
fn call(here: &TempDir, line: &str) -> Ran {
    tamis(&line.split(' ').collect::<Vec<_>>()).within(here).run()
}

/// Runs a call that must succeed.
fn fine(here: &TempDir, line: &str) {
    let ran = call(here, line);
    assert_eq!(ran.code, 0, "{line}\n{}{}", ran.stdout, ran.stderr);
}

/// The exit code, and how each node ended, by name.
fn results(here: &TempDir, line: &str) -> String {
    let ran = call(here, line);
    let path = here.path().join("target/run_results.json");
    let text = fs::read_to_string(path).unwrap_or_else(|_| panic!("{}", ran.stderr));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut lines: Vec<String> = json["results"].as_array().unwrap().iter().map(result).collect();
    lines.sort();
    format!("exit code: {}\n{}", ran.code, lines.join("\n"))
}

fn result(result: &serde_json::Value) -> String {
    let id: Vec<_> = result["unique_id"].as_str().unwrap().split('.').collect();
    let failures = result["failures"].as_i64().map(|count| format!(" ({count})")).unwrap_or_default();
    // A unit test is named after its model first.
    let name = if id[0] == "unit_test" { id[3] } else { id[2] };
    format!("{} {name}: {}{failures}", id[0], result["status"].as_str().unwrap())
}

/// Rows of a query, one a line.
fn rows(here: &TempDir, sql: &str) -> String {
    let database = duckdb::Connection::open_with_flags(here.path().join("shop.duckdb"), duckdb::Config::default());
    let database = database.unwrap();
    let mut statement = database.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
    let mut found = statement.query([]).unwrap();
    let mut lines = Vec::new();
    while let Some(row) = found.next().unwrap() {
        let width = row.as_ref().column_count();
        lines.push((0..width).map(|at| cell(&row.get(at).unwrap())).collect::<Vec<_>>().join(" | "));
    }
    lines.join("\n")
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "null".to_string(),
        Value::Text(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::BigInt(value) => value.to_string(),
        Value::Double(value) => value.to_string(),
        Value::Timestamp(TimeUnit::Microsecond, value) => format!("{value} µs"),
        other => format!("{other:?}"),
    }
}

/// Everything in the database: kind, schema and name.
fn relations(here: &TempDir) -> String {
    rows(
        here,
        "select 'table', schema_name, table_name from duckdb_tables() union all
         select 'view', schema_name, view_name from duckdb_views() where not internal order by 2, 3",
    )
}

fn read(here: &Path, path: &str) -> String {
    fs::read_to_string(here.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
