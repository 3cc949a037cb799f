//! Fills a table from Parquet or CSV files in one transaction: readers see the old rows or the new ones.

use std::thread;
use std::time::Duration;

use ::duckdb::{Connection as RawConnection, Error as RawError};

use super::connection::{ok, run, run_raw};
use super::error;
use super::profile::literal;
use crate::adapter::{AdapterError, Answer, Cell, Disposition, ErrorKind, Fetch, LoadRequest, LoadSource, Table};
use crate::relation::{Column, Relation, quoted};

/// Loads the files, and runs `together_with` in the same transaction. The caller rolls back after an error.
pub(super) fn load(raw: &RawConnection, request: &LoadRequest) -> Result<Answer, AdapterError> {
    let into = full_name(&request.into);
    refuse_view(raw, &request.into, &into)?;
    let nothing = |sql: &str| run(raw, sql, Fetch::Nothing);
    if !request.job.is_in_transaction {
        ensure_schema(raw, &request.into)?;
        nothing("begin")?;
    }
    let rows = select(request);
    let answer = match request.disposition {
        Disposition::Replace => run_raw(raw, &format!("create or replace table {into} as {rows}"), Fetch::Nothing),
        Disposition::Append => {
            nothing(&format!("create table if not exists {into} ({})", definitions(&request.columns)))?;
            run_raw(raw, &format!("insert into {into} by name {rows}"), Fetch::Nothing)
        }
    }
    .map_err(|error| explain(raw, request, &error))?;
    if let Some(description) = &request.description {
        nothing(&format!("comment on table {into} is {}", literal(description)))?;
    }
    for statement in &request.together_with {
        nothing(statement)?;
    }
    if !request.job.is_in_transaction {
        nothing("commit")?;
    }
    Ok(ok(answer.response.rows_affected, Table::default()))
}

/// Times another worker's creation of the same schema is waited for.
const SCHEMA_ATTEMPTS_MAX: usize = 50;
const SCHEMA_PAUSE: Duration = Duration::from_millis(10);

/// Outside of the transaction: two that create the same schema conflict, `if not exists` or not, and loads into a
/// new schema often begin side by side.
fn ensure_schema(raw: &RawConnection, relation: &Relation) -> Result<(), AdapterError> {
    let Some(schema) = schema_name(relation) else { return Ok(()) };
    let sql = format!("create schema if not exists {schema}");
    let mut attempt = 1;
    loop {
        match run_raw(raw, &sql, Fetch::Nothing) {
            Ok(_) => return Ok(()),
            Err(error) if attempt < SCHEMA_ATTEMPTS_MAX && error::is_conflict(&error) => {
                thread::sleep(SCHEMA_PAUSE);
                attempt += 1;
            }
            Err(error) => return Err(error::of_statement(&error, "")),
        }
    }
}

fn full_name(relation: &Relation) -> String {
    let parts = [&relation.database, &relation.schema, &relation.identifier];
    let parts: Vec<_> =
        parts.into_iter().flatten().filter(|part| !part.is_empty()).map(|part| quoted(part, '"')).collect();
    parts.join(".")
}

fn schema_name(relation: &Relation) -> Option<String> {
    relation.schema.as_ref().filter(|schema| !schema.is_empty())?;
    Some(full_name(&Relation { identifier: None, ..relation.clone() }))
}

/// A table never takes the place of a view unasked.
fn refuse_view(raw: &RawConnection, relation: &Relation, into: &str) -> Result<(), AdapterError> {
    let is = |column: &str, part: &Option<String>, otherwise: &str| match part {
        Some(part) => format!("lower({column}) = lower({})", literal(part)),
        None => format!("{column} = {otherwise}"),
    };
    let sql = format!(
        "select 1 from duckdb_views() where {} and {} and {}",
        is("database_name", &relation.database, "current_database()"),
        is("schema_name", &relation.schema, "current_schema()"),
        is("view_name", &relation.identifier, "''"),
    );
    if run(raw, &sql, Fetch::Rows { limit: Some(1) })?.table.rows.is_empty() {
        return Ok(());
    }
    Err(AdapterError::new(ErrorKind::Database, format!("`{into}` is a view, and a load makes a table"))
        .help(format!("drop it with `drop view {into}`, or load under another name")))
}

fn definitions(columns: &[Column]) -> String {
    let null = |column: &Column| if column.is_nullable { "" } else { " not null" };
    let columns: Vec<_> = columns
        .iter()
        .map(|column| format!("{} {}{}", quoted(&column.name, '"'), column.data_type, null(column)))
        .collect();
    columns.join(", ")
}

/// The query that reads the files and gives every column its type.
fn select(request: &LoadRequest) -> String {
    let columns: Vec<_> = request
        .columns
        .iter()
        .map(|column| {
            let name = quoted(&column.name, '"');
            format!("cast({} as {}) as {name}", source_value(&request.from, column), column.data_type)
        })
        .collect();
    match source(&request.from, &request.columns) {
        Some(from) => format!("select {} from {from}", columns.join(", ")),
        None => {
            let nulls: Vec<_> = request
                .columns
                .iter()
                .map(|column| format!("cast(null as {}) as {}", column.data_type, quoted(&column.name, '"')))
                .collect();
            format!("select {} where false", nulls.join(", "))
        }
    }
}

/// `None` when there are no files at all.
fn source(from: &LoadSource, columns: &[Column]) -> Option<String> {
    match from {
        LoadSource::Parquet(files) if files.is_empty() => None,
        LoadSource::Parquet(files) => {
            let files: Vec<_> = files.iter().map(|file| literal(file)).collect();
            Some(format!("read_parquet([{}])", files.join(", ")))
        }
        LoadSource::Csv { path, delimiter } => {
            let names: Vec<_> = columns.iter().map(|column| format!("{}: 'VARCHAR'", literal(&column.name))).collect();
            Some(format!(
                "read_csv({}, auto_detect = false, header = true, delim = {}, quote = '\"', escape = '\"', \
                 nullstr = '', columns = {{{}}})",
                literal(&path.display().to_string()),
                literal(&delimiter.to_string()),
                names.join(", "),
            ))
        }
    }
}

/// A column as it comes from the file. Text in a CSV file is taken as it stands; anything else may have blanks
/// round it, and `null` spelled out, as dbt's own reader allows.
fn source_value(from: &LoadSource, column: &Column) -> String {
    let name = quoted(&column.name, '"');
    match from {
        LoadSource::Parquet(_) => name,
        LoadSource::Csv { .. } if is_text(&column.data_type) => name,
        LoadSource::Csv { .. } => format!("case when lower(trim({name})) not in ('', 'null') then trim({name}) end"),
    }
}

fn is_text(data_type: &str) -> bool {
    let data_type = data_type.trim().to_lowercase();
    ["text", "varchar", "char", "bpchar", "string", "character"].iter().any(|name| data_type.starts_with(name))
}

/// DuckDB names neither column nor row of a value that cannot be cast; we look for it.
fn explain(raw: &RawConnection, request: &LoadRequest, failure: &RawError) -> AdapterError {
    // The statement is ours: a place in it means nothing to the reader.
    let plain = error::of_statement(failure, "");
    let Some(from) = source(&request.from, &request.columns).filter(|_| error::is_conversion(failure)) else {
        return plain;
    };
    let _ = raw.execute_batch("rollback");
    for column in request.columns.iter().filter(|column| !is_text(&column.data_type)) {
        let value = source_value(&request.from, column);
        let sql = format!(
            "select row, value::varchar from (select row_number() over () as row, {value} as value from {from})
             where value is not null and try_cast(value as {}) is null order by row limit 1",
            column.data_type,
        );
        let Ok(answer) = run(raw, &sql, Fetch::Rows { limit: Some(1) }) else { continue };
        if let Some([row, value]) = answer.table.rows.first().map(Vec::as_slice) {
            let message = format!(
                "column `{}`, row {}: `{}` is not of type {}",
                column.name,
                row.text(),
                shortened(value),
                column.data_type
            );
            let cell = row.as_i64().and_then(|row| usize::try_from(row).ok()).map(|row| (row, column.name.clone()));
            let error = AdapterError::new(ErrorKind::Database, message);
            return AdapterError { cell, ..error.help("correct the value, or give the column another type") };
        }
    }
    plain
}

fn shortened(value: &Cell) -> String {
    let text = value.text();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
