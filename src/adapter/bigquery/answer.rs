//! What a finished job says of itself: dbt's response texts, and where in the SQL an error is.

use crate::adapter::{AdapterError, ErrorKind, Response};
use crate::manifest::Json;

use super::error::ApiError;

/// Facts of a finished job, in dbt's words. `row_count` is the number of rows made or answered, where it is known.
pub fn response(job: &Json, row_count: Option<i64>) -> Response {
    let statistics = &job["statistics"];
    let query = &statistics["query"];
    let code = code(job);
    let rows = row_count
        .or_else(|| number(&query["numDmlAffectedRows"]))
        .or_else(|| number(&statistics["load"]["outputRows"]));
    let bytes_processed = number(&query["totalBytesProcessed"])
        .or_else(|| number(&statistics["totalBytesProcessed"]))
        .or_else(|| number(&statistics["load"]["inputFileBytes"]));
    Response {
        message: message(code.as_deref().unwrap_or("OK"), rows, bytes_processed),
        code,
        rows_affected: rows,
        bytes_processed,
        bytes_billed: number(&query["totalBytesBilled"]),
        slot_ms: number(&statistics["totalSlotMs"]).or_else(|| number(&query["totalSlotMs"])),
        job_id: text(&job["jobReference"]["jobId"]),
        project_id: text(&job["jobReference"]["projectId"]),
        location: text(&job["jobReference"]["location"]),
    }
}

/// `CREATE TABLE`, `MERGE`, `SCRIPT`: dbt's name for a type of statement, and words for those it has none for.
fn code(job: &Json) -> Option<String> {
    let configuration = &job["configuration"];
    if configuration["load"].is_object() {
        return Some("LOAD".to_string());
    }
    if configuration["copy"].is_object() {
        return Some("COPY".to_string());
    }
    match statement_type(job)? {
        "CREATE_TABLE_AS_SELECT" => Some("CREATE TABLE".to_string()),
        other => Some(other.replace('_', " ")),
    }
}

pub fn statement_type(job: &Json) -> Option<&str> {
    job["statistics"]["query"]["statementType"].as_str()
}

fn message(code: &str, rows: Option<i64>, bytes: Option<i64>) -> String {
    match (rows, bytes) {
        (Some(rows), Some(bytes)) => format!("{code} ({} rows, {} processed)", short_count(rows), short_bytes(bytes)),
        (Some(rows), None) => format!("{code} ({} rows)", short_count(rows)),
        (None, Some(bytes)) => format!("{code} ({} processed)", short_bytes(bytes)),
        (None, None) => code.to_string(),
    }
}

/// `23.5k`, as dbt prints it.
fn short_count(count: i64) -> String {
    let mut left = count as f64;
    for unit in ["", "k", "m", "b"] {
        if left.abs() < 1000.0 {
            return format!("{left:.1}{unit}");
        }
        left /= 1000.0;
    }
    format!("{left:.1}t")
}

/// `1.2 KiB`, and a bare `0`, as dbt prints it.
fn short_bytes(bytes: i64) -> String {
    if bytes == 0 {
        return "0".to_string();
    }
    let mut left = bytes as f64;
    for unit in ["Bytes", "KiB", "MiB", "GiB", "TiB"] {
        if left.abs() < 1024.0 {
            return format!("{left:.1} {unit}");
        }
        left /= 1024.0;
    }
    format!("{left:.1} PiB")
}

/// The API writes 64-bit numbers as text.
pub fn number(value: &Json) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

fn text(value: &Json) -> Option<String> {
    value.as_str().map(str::to_string)
}

/// The error that a job ended with, if it did.
pub fn job_error(job: &Json) -> Option<ApiError> {
    let result = &job["status"]["errorResult"];
    if !result.is_object() {
        return None;
    }
    let mut message = result["message"].as_str().unwrap_or("the job failed without an explanation").to_string();
    // Loads say in the first error that there were errors, and in the others which.
    let is_load = job["configuration"]["load"].is_object();
    for other in job["status"]["errors"].as_array().into_iter().flatten().filter(|_| is_load).take(6) {
        if let Some(text) = other["message"].as_str().filter(|text| !message.contains(text)) {
            message.push('\n');
            message.push_str(text);
        }
    }
    Some(ApiError {
        status: Some(400),
        reason: text(&result["reason"]),
        message,
        location: text(&result["location"]),
        ..ApiError::default()
    })
}

/// An error as the rooms above want it, pointing into `sql` where the message tells a place.
pub fn explain(error: ApiError, sql: Option<&str>) -> AdapterError {
    let reason = error.reason.clone();
    let mut explained = AdapterError::from(error);
    if let Some(sql) = sql {
        explained.offset = offset(&explained.message, sql).or_else(|| only_place(&explained.message, sql));
    }
    // Load jobs and `create or replace table` spell it differently.
    let is_other_partitioning = ["partitioning spec", "Incompatible table partitioning"];
    if is_other_partitioning.iter().any(|text| explained.message.contains(text)) {
        return explained
            .help("the table is there with another partitioning or clustering: drop it, or run with `--full-refresh`");
    }
    match reason.as_deref() {
        Some("bytesBilledLimitExceeded") => {
            explained.help("read less (partition filters, fewer columns), or raise `maximum_bytes_billed`")
        }
        Some("notFound") if explained.message.contains("in location") && explained.help.is_none() => {
            explained.help("check the name, and that `location` of the target is where the dataset is")
        }
        Some("stopped" | "timeout") => {
            explained.kind = ErrorKind::Database;
            explained.help("raise `job_execution_timeout_seconds`, or look in the console for who stopped the job")
        }
        _ => explained,
    }
}

/// Byte offset of the `[line:column]` that a message ends with.
///
/// Columns count characters, and a tab reaches to the next multiple of eight.
/// Source: ZetaSQL, `ParseLocationTranslator`.
fn offset(message: &str, sql: &str) -> Option<usize> {
    let (line, column) = message.rmatch_indices('[').find_map(|(start, _)| {
        let inside = message[start + 1..].split(']').next()?;
        let (line, column) = inside.split_once(':')?;
        Some((line.parse::<usize>().ok()?, column.parse::<usize>().ok()?))
    })?;
    let mut start = 0;
    let text =
        sql.split_inclusive('\n').nth(line.checked_sub(1)?).or_else(|| (sql.is_empty() && line == 1).then_some(""))?;
    for earlier in sql.split_inclusive('\n').take(line - 1) {
        start += earlier.len();
    }
    let mut reached = 1;
    for (index, letter) in text.char_indices() {
        if reached >= column {
            return Some(start + index);
        }
        reached = if letter == '\t' { (reached - 1) / 8 * 8 + 9 } else { reached + 1 };
    }
    Some(start + text.trim_end_matches(['\n', '\r']).len())
}

/// Where an unknown name stands, if the message tells no place but the name stands in one place only.
fn only_place(message: &str, sql: &str) -> Option<usize> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let name = message.split("Unrecognized name: ").nth(1)?;
    let name = name.split(|letter: char| !is_part(letter)).next().filter(|name| !name.is_empty())?;
    let mut places = sql.match_indices(name).map(|(start, _)| start).filter(|start| {
        let (before, after) = (&sql[..*start], &sql[start + name.len()..]);
        !before.ends_with(is_part) && !after.starts_with(is_part)
    });
    let first = places.next()?;
    places.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn responses_read_as_dbts() {
        let job = json!({"jobReference": {"jobId": "j", "projectId": "p", "location": "EU"},
            "statistics": {"totalSlotMs": "12", "query": {"statementType": "CREATE_TABLE_AS_SELECT", "totalBytesProcessed": "1229", "totalBytesBilled": "10485760"}}});
        let told = response(&job, Some(3));
        assert_eq!(told.message, "CREATE TABLE (3.0 rows, 1.2 KiB processed)");
        assert_eq!(
            (told.code.as_deref(), told.bytes_billed, told.slot_ms),
            (Some("CREATE TABLE"), Some(10_485_760), Some(12))
        );
        let merge = json!({"statistics": {"query": {"statementType": "MERGE", "numDmlAffectedRows": "23490", "totalBytesProcessed": "0"}}});
        assert_eq!(response(&merge, None).message, "MERGE (23.5k rows, 0 processed)");
        let view = json!({"statistics": {"query": {"statementType": "CREATE_VIEW", "totalBytesProcessed": "0"}}});
        assert_eq!(response(&view, None).message, "CREATE VIEW (0 processed)");
        let script = json!({"statistics": {"query": {"statementType": "SCRIPT"}}});
        assert_eq!(response(&script, None).message, "SCRIPT");
        let load = json!({"configuration": {"load": {}}, "statistics": {"load": {"outputRows": "7", "inputFileBytes": "512"}}});
        assert_eq!(response(&load, None).message, "LOAD (7.0 rows, 512.0 Bytes processed)");
    }

    #[test]
    fn a_place_in_a_message_becomes_an_offset() {
        let at = |message: &str, sql: &str| offset(message, sql).map(|offset| sql[offset..].to_string());
        assert_eq!(at("Unrecognized name: x at [2:8]", "select 1;\nselect x"), Some("x".to_string()));
        assert_eq!(at("Unrecognized name: é2 at [1:10]", "select é, é2"), Some(" é2".to_string()));
        assert_eq!(at("Unrecognized name: x at [1:9]", "\tx"), Some("x".to_string()));
        assert_eq!(at("Unexpected end of script at [1:8]", "select "), Some(String::new()));
        assert_eq!(at("see array[1:2]x, at [1:1]", "select"), Some("select".to_string()));
        assert_eq!(at("nothing to see", "select"), None);
        assert_eq!(at("at [9:1]", "select"), None);
    }

    #[test]
    fn an_unknown_name_is_found_where_it_stands_alone() {
        assert_eq!(only_place("Unrecognized name: nope", "select nope_2, nope from t"), Some(15));
        assert_eq!(only_place("Unrecognized name: a; Did you mean b?", "select a, a from t"), None);
        assert_eq!(only_place("Syntax error", "select"), None);
    }

    #[test]
    fn a_failed_load_tells_every_error() {
        let job = json!({"configuration": {"load": {}}, "status": {"state": "DONE", "errorResult": {"reason": "invalid", "message": "Error while reading data"},
            "errors": [{"message": "Error while reading data"}, {"message": "row 7: not a date"}]}});
        let error = explain(job_error(&job).expect("it failed"), None);
        assert_eq!(
            (error.kind, error.message.as_str()),
            (ErrorKind::Database, "Error while reading data\nrow 7: not a date")
        );
    }
}
