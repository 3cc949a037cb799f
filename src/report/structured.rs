//! Events as dbt's structured log tells them, under dbt's names: for the tools that read that log.
//!
//! Field names and codes follow dbt-core 1.12; fields that cannot be known here are left empty, never out.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::json;

use super::Style;

use super::draw::draw;
use super::words::counted;
use crate::artifacts::DBT_VERSION;
use crate::diagnostic::Severity;
use crate::event::{Event, IngestReport, Level, NodeInfo, NodeStatus, RunResult};
use crate::manifest::{Json, JsonMap, UniqueId};

/// Lines with a status in brackets are filled with dots up to here, as dbt's are.
const PRINTER_COLUMNS: usize = 80;

/// One line of a structured log.
pub struct Line<'a> {
    pub name: &'static str,
    pub code: &'static str,
    pub level: Level,
    pub thread: Cow<'static, str>,
    pub message: String,
    /// Made when it is asked for: logs of plain text go without.
    pub data: Box<dyn Fn() -> Json + 'a>,
}

/// Turns events into lines; remembers who is at work, and since when: statements name only the id of their node.
#[derive(Debug, Default)]
pub struct Lines {
    at_work: HashMap<UniqueId, (Arc<NodeInfo>, DateTime<Utc>)>,
}

impl Lines {
    /// What an event is in dbt's log: no line, one, or several.
    pub fn of<'a>(&mut self, event: &'a Event, now: DateTime<Utc>) -> Vec<Line<'a>> {
        match event {
            Event::NodeStarted { node, .. } => {
                self.at_work.insert(node.unique_id.clone(), (Arc::clone(node), now));
            }
            Event::NodeFinished { result, .. } => {
                self.at_work.remove(&result.node.unique_id);
            }
            Event::Statement { node, sql } => {
                let name = node.as_deref().unwrap_or("master");
                let data = move || json!({ "conn_name": name, "sql": sql });
                let line = line("SQLQuery", "E016", Level::Debug, format!("On {name}: {sql}"), data);
                return vec![self.of_node(node, line)];
            }
            Event::StatementFinished { node, elapsed_ms, job_id, error } => {
                let line = statement_finished(*elapsed_ms, job_id.as_deref(), error.as_deref());
                return vec![self.of_node(node, line)];
            }
            _ => {}
        }
        lines(event, now)
    }

    fn of_node<'a>(&self, node: &Option<UniqueId>, line: Line<'a>) -> Line<'a> {
        let at_work = node.as_ref().and_then(|node| self.at_work.get(node)).cloned();
        let Some((node, started)) = at_work else { return line };
        let without_node = line.data;
        let data = move || {
            let mut data = without_node();
            data["node_info"] = node_info(&node, "started", Some(started), None);
            data
        };
        Line { data: Box::new(data), ..line }
    }
}

fn statement_finished<'a>(elapsed_ms: f64, job_id: Option<&'a str>, error: Option<&'a str>) -> Line<'a> {
    let seconds = elapsed_ms / 1000.0;
    match error {
        None => {
            let data = move || json!({ "elapsed": seconds, "query_id": job_id.unwrap_or_default(), "status": "OK" });
            let message = format!("SQL status: OK in {seconds:.3} seconds");
            line("SQLQueryStatus", "E017", Level::Debug, message, data)
        }
        Some(error) => {
            let data = move || json!({ "exc": error, "exc_info": "" });
            line("CatchableExceptionOnRun", "W002", Level::Debug, error, data)
        }
    }
}

fn lines(event: &Event, now: DateTime<Utc>) -> Vec<Line<'_>> {
    match event {
        Event::CommandStarted { arguments, .. } => command_started(arguments),
        Event::CommandFinished { command, is_success, elapsed_ms } => {
            vec![command_finished(command, *is_success, *elapsed_ms, now)]
        }
        Event::RunStarted { target, threads, steps, found, .. } => run_started(target, *threads, *steps, found),
        Event::NodeStarted { node, index, total } => node_started(node, *index, *total, now),
        Event::NodeFinished { result, index, total } => node_finished(result, *index, *total, now),
        Event::RunFinished { elapsed_ms, results, was_cancelled } => run_finished(*elapsed_ms, results, *was_cancelled),
        // Told by `Lines`.
        Event::Statement { .. } | Event::StatementFinished { .. } => Vec::new(),
        Event::Log { level, message, .. } => vec![log(*level, message)],
        Event::Print { message } | Event::Output { message } => {
            vec![line("PrintEvent", "Z052", Level::Info, message.clone(), move || json!({ "msg": message }))]
        }
        Event::Diagnosed(problem) => {
            let picture = draw(problem, Style::PLAIN);
            vec![match problem.severity {
                Severity::Error => {
                    let message = format!("Encountered an error:\n{picture}");
                    let data = move || json!({ "exc": picture, "code": problem.code });
                    line("MainEncounteredError", "Z002", Level::Error, message, data)
                }
                Severity::Warning => {
                    let message = picture.clone();
                    let data = move || json!({ "msg": picture, "code": problem.code });
                    line("Note", "Z050", Level::Warn, message, data)
                }
            }]
        }
        Event::IngestStarted { pipeline, from, into } => {
            let data = move || json!({ "pipeline": pipeline, "from": from, "into": into });
            vec![line("IngestStarted", "T001", Level::Debug, format!("{pipeline}: {from} into {into}"), data)]
        }
        Event::IngestProgress { .. } => Vec::new(),
        Event::IngestFinished { report } => vec![ingest_finished(report)],
        Event::ArtifactWritten { path } => {
            let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
            let data = move || json!({ "artifact_path": path, "artifact_type": artifact_type(name) });
            vec![line("ArtifactWritten", "P001", Level::Debug, format!("Wrote artifact {name} to {path}"), data)]
        }
    }
}

/// The name of dbt's class for a file, by which readers know it.
fn artifact_type(name: &str) -> &str {
    match name {
        "manifest.json" => "WritableManifest",
        "run_results.json" => "RunExecutionResult",
        "catalog.json" => "CatalogArtifact",
        "sources.json" => "FreshnessResult",
        other => other,
    }
}

fn line<'a>(
    name: &'static str,
    code: &'static str,
    level: Level,
    message: impl Into<String>,
    data: impl Fn() -> Json + 'a,
) -> Line<'a> {
    Line { name, code, level, thread: MAIN_THREAD.into(), message: message.into(), data: Box::new(data) }
}

const MAIN_THREAD: &str = "MainThread";

fn command_started(arguments: &JsonMap) -> Vec<Line<'_>> {
    let version = format!("={DBT_VERSION}");
    let message = format!("Running with dbt{version}");
    let data = move || json!({ "log_version": 3, "version": version });
    let told = serde_json::to_string(arguments).unwrap_or_default();
    vec![
        line("MainReportVersion", "A001", Level::Info, message, data),
        line(
            "MainReportArgs",
            "A002",
            Level::Debug,
            format!("running dbt with arguments {told}"),
            move || json!({ "args": arguments }),
        ),
    ]
}

fn command_finished(command: &str, is_success: bool, elapsed_ms: f64, now: DateTime<Utc>) -> Line<'_> {
    let elapsed = elapsed_ms / 1000.0;
    let how = if is_success { "succeeded" } else { "failed" };
    let at = now.format("%H:%M:%S%.6f");
    let message = format!("Command `dbt {command}` {how} at {at} after {elapsed:.2} seconds");
    let data = move || {
        let command = format!("dbt {command}");
        json!({ "command": command, "completed_at": stamp(now), "elapsed": elapsed, "success": is_success })
    };
    line("CommandCompleted", "Q039", Level::Debug, message, data)
}

fn run_started<'a>(target: &'a str, threads: usize, steps: usize, found: &[(String, usize)]) -> Vec<Line<'a>> {
    let found: Vec<_> = found.iter().map(|(noun, count)| counted(*count, noun)).collect();
    let found = found.join(", ");
    let message = format!("Found {found}");
    let concurrency = format!("Concurrency: {threads} threads (target='{target}')");
    let data = move || json!({ "node_count": steps, "num_threads": threads, "target_name": target });
    vec![
        line("FoundStats", "W006", Level::Info, message, move || json!({ "stat_line": found })),
        line("ConcurrencyLine", "Q027", Level::Info, concurrency, data),
    ]
}

fn node_started(node: &NodeInfo, index: usize, total: usize, now: DateTime<Utc>) -> Vec<Line<'_>> {
    let info = move || node_info(node, "started", Some(now), None);
    let began = format!("Began running node {}", node.unique_id);
    let description = description(node);
    let message = bracketed(index, total, &format!("START {description}"), "RUN", None);
    let told = if node.resource_type == "operation" {
        let data = move || json!({ "index": index, "node_info": info(), "statement": node.name, "total": total });
        line("LogHookStartLine", "Q032", Level::Info, message, data)
    } else {
        let data = move || json!({ "description": description, "index": index, "node_info": info(), "total": total });
        line("LogStartLine", "Q011", Level::Info, message, data)
    };
    vec![line("NodeStart", "Q024", Level::Debug, began, move || json!({ "node_info": info() })), told]
}

fn node_finished(result: &RunResult, index: usize, total: usize, now: DateTime<Utc>) -> Vec<Line<'_>> {
    let info = move || {
        let started = result.timing.first().and_then(|timing| moment(timing.started_at));
        let finished = (result.status != NodeStatus::Skipped).then_some(now);
        node_info(&result.node, result.status.name(), started, finished)
    };
    let finished = format!("Finished running node {}", result.node.unique_id);
    let data = move || json!({ "node_info": info(), "run_result": run_result(result) });
    let mut lines =
        vec![result_line(result, info, index, total), line("NodeFinished", "Q025", Level::Debug, finished, data)];
    for line in &mut lines {
        line.thread = thread(result);
    }
    lines
}

/// The line that says how a node went; its name depends on the kind of node.
fn result_line<'a>(result: &'a RunResult, info: impl Fn() -> Json + 'a, index: usize, total: usize) -> Line<'a> {
    let node = &result.node;
    let seconds = result.elapsed_ms / 1000.0;
    let status = result.status.name();
    let failures = result.failures.unwrap_or(0);
    let is_relation = matches!(node.resource_type.as_str(), "model" | "seed" | "snapshot");
    let label = &node.label;
    if result.status == NodeStatus::Skipped {
        let what =
            if is_relation { format!("relation {label}") } else { format!("{} {}", node.resource_type, node.name) };
        let message = bracketed(index, total, &format!("SKIP {what}"), "SKIP", None);
        let data = move || {
            json!({
                "index": index, "node_info": info(), "node_name": node.name, "resource_type": node.resource_type,
                "schema": node.schema, "total": total,
            })
        };
        return line("SkippingDetails", "Q034", Level::Info, message, data);
    }
    if matches!(node.resource_type.as_str(), "test" | "unit_test") {
        let word = match result.status {
            NodeStatus::Fail => format!("FAIL {failures}"),
            NodeStatus::Warn => format!("WARN {failures}"),
            NodeStatus::Error | NodeStatus::RuntimeError | NodeStatus::PartialSuccess => "ERROR".to_string(),
            NodeStatus::Pass | NodeStatus::Success | NodeStatus::Skipped | NodeStatus::NoOp => "PASS".to_string(),
        };
        let message = bracketed(index, total, &format!("{word} {}", node.name), &word, Some(seconds));
        let data = move || {
            json!({
                "execution_time": seconds, "index": index, "name": node.name, "node_info": info(),
                "num_failures": failures, "num_models": total, "status": status,
            })
        };
        return line("LogTestResult", "Q007", level(result.status), message, data);
    }
    if node.resource_type == "source" {
        let word = match result.status {
            NodeStatus::Error => "ERROR STALE",
            NodeStatus::Fail | NodeStatus::RuntimeError | NodeStatus::PartialSuccess => "ERROR",
            NodeStatus::Warn => "WARN",
            NodeStatus::Pass | NodeStatus::Success | NodeStatus::Skipped | NodeStatus::NoOp => "PASS",
        };
        let message = bracketed(index, total, &format!("{word} {}", description(node)), word, Some(seconds));
        let data = move || {
            json!({
                "execution_time": seconds, "index": index, "node_info": info(), "source_name": source_name(node),
                "status": status, "table_name": node.name, "total": total,
            })
        };
        return line("LogFreshnessResult", "Q018", level(result.status), message, data);
    }
    let said = result.message.as_deref().unwrap_or(status);
    let shown = if result.status.is_failure() { status.to_uppercase() } else { said.to_string() };
    if node.resource_type == "seed" {
        let how = if result.status.is_failure() { "ERROR loading" } else { "OK loaded" };
        let message = bracketed(index, total, &format!("{how} seed file {label}"), &shown, Some(seconds));
        let data = move || {
            json!({
                "execution_time": seconds, "index": index, "node_info": info(), "relation": node.alias,
                "result_message": said, "schema": node.schema, "status": status, "total": total,
            })
        };
        return line("LogSeedResult", "Q016", level(result.status), message, data);
    }
    let description = description(node);
    if node.resource_type == "operation" {
        let word = if result.status.is_failure() { "ERROR" } else { "OK" };
        let message = bracketed(index, total, &format!("{word} {description}"), word, Some(seconds));
        let data = move || {
            json!({
                "execution_time": seconds, "index": index, "node_info": info(), "statement": node.name, "status": status,
                "total": total,
            })
        };
        return line("LogHookEndLine", "Q033", Level::Info, message, data);
    }
    if result.status == NodeStatus::NoOp {
        let message = bracketed(index, total, &format!("NO-OP {description}"), "NO-OP", Some(seconds));
        let data = move || {
            json!({
                "description": description, "execution_time": seconds, "index": index, "node_info": info(),
                "status": status, "total": total,
            })
        };
        return line("LogNodeNoOpResult", "Q019", Level::Info, message, data);
    }
    let how = if result.status.is_failure() { "ERROR creating" } else { "OK created" };
    let message = bracketed(index, total, &format!("{how} {description}"), &shown, Some(seconds));
    let data = move || {
        json!({
            "description": description, "execution_time": seconds, "index": index, "node_info": info(),
            "status": if result.status.is_failure() { status } else { said }, "total": total,
        })
    };
    line("LogModelResult", "Q012", level(result.status), message, data)
}

fn run_finished(elapsed_ms: f64, results: &[Arc<RunResult>], was_cancelled: bool) -> Vec<Line<'_>> {
    let mut lines = vec![finished_stats(elapsed_ms, results)];
    let failed: Vec<_> = results.iter().filter(|result| result.status.is_failure()).collect();
    let warned: Vec<_> = results.iter().filter(|result| result.status == NodeStatus::Warn).collect();
    let (errors, warnings) = (counted(failed.len(), "error"), counted(warned.len(), "warning"));
    let message = match (was_cancelled, failed.is_empty(), warned.is_empty()) {
        (true, _, _) => "Exited because of keyboard interrupt".to_string(),
        (_, false, _) => format!("Completed with {errors}, 0 partial successes, and {warnings}:"),
        (_, true, false) => format!("Completed with {warnings}:"),
        (_, true, true) => "Completed successfully".to_string(),
    };
    let (num_errors, num_warnings) = (failed.len(), warned.len());
    let data = move || {
        json!({
            "keyboard_interrupt": was_cancelled, "num_errors": num_errors, "num_partial_success": 0,
            "num_warnings": num_warnings,
        })
    };
    lines.push(line("EndOfRunSummary", "Z030", Level::Info, message, data));
    for result in failed {
        lines.extend(problem_lines(result, "RunResultFailure", "Z022", Level::Error, "ERROR"));
    }
    for result in warned {
        lines.extend(problem_lines(result, "RunResultWarning", "Z021", Level::Warn, "WARNING"));
    }
    lines.push(stats(results));
    lines
}

fn problem_lines<'a>(
    result: &'a RunResult,
    name: &'static str,
    code: &'static str,
    level: Level,
    tag: &str,
) -> Vec<Line<'a>> {
    let node = &result.node;
    let info = move || node_info(node, result.status.name(), None, None);
    let message = format!("[{tag}]: in {} {} ({})", node.resource_type, node.name, node.path);
    let data = move || {
        json!({
            "node_info": info(), "node_name": node.name, "path": node.path, "resource_type": node.resource_type,
        })
    };
    let said = match &result.problem {
        Some(problem) => draw(problem, Style::PLAIN),
        None => result.message.clone().unwrap_or_default(),
    };
    let (said_name, said_code) = match level {
        Level::Error => ("RunResultError", "Z024"),
        Level::Debug | Level::Info | Level::Warn => ("RunResultWarningMessage", "Z049"),
    };
    let message_of_it = format!("  {said}");
    let said = line(said_name, said_code, level, message_of_it, move || json!({ "msg": said, "node_info": info() }));
    let mut lines = vec![line(name, code, level, message, data), said];
    if let Some(path) = &result.compiled_path {
        let data = move || json!({ "path": path, "node_info": info() });
        lines.push(line("SQLCompiledPath", "Z026", Level::Info, format!("  compiled code at {path}"), data));
    }
    lines
}

fn finished_stats<'a>(elapsed_ms: f64, results: &[Arc<RunResult>]) -> Line<'a> {
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for result in results {
        let noun = match result.node.resource_type.as_str() {
            "model" => format!("{} model", result.node.materialized),
            "operation" => "project hook".to_string(),
            "test" => "data test".to_string(),
            other => other.replace('_', " "),
        };
        *counts.entry(noun).or_default() += 1;
    }
    let stat_line: Vec<_> = counts.iter().map(|(noun, count)| counted(*count, noun)).collect();
    let stat_line = stat_line.join(", ");
    let seconds = elapsed_ms / 1000.0;
    let (hours, minutes) = ((seconds / 3600.0) as u64, (seconds / 60.0) as u64 % 60);
    let execution = format!(" in {hours} hours {minutes} minutes and {:.2} seconds", seconds % 60.0);
    let message = format!("Finished running {stat_line}{execution} ({seconds:.2}s).");
    let data = move || json!({ "execution": execution, "execution_time": seconds, "stat_line": stat_line });
    line("FinishedRunningStats", "E047", Level::Info, message, data)
}

fn stats<'a>(results: &[Arc<RunResult>]) -> Line<'a> {
    let count = |wanted: &[NodeStatus]| results.iter().filter(|result| wanted.contains(&result.status)).count();
    let pass = count(&[NodeStatus::Success, NodeStatus::Pass]);
    let warn = count(&[NodeStatus::Warn]);
    let skip = count(&[NodeStatus::Skipped]);
    let idle = count(&[NodeStatus::NoOp]);
    let error = results.iter().filter(|result| result.status.is_failure()).count();
    let total = results.len();
    let message =
        format!("Done. PASS={pass} WARN={warn} ERROR={error} SKIP={skip} NO-OP={idle} REUSED=0 TOTAL={total}");
    let data = move || {
        let stats = json!({
            "error": error, "noop": idle, "pass": pass, "reused": 0, "skip": skip, "total": total, "warn": warn,
        });
        json!({ "stats": stats })
    };
    line("StatsLine", "Z023", Level::Info, message, data)
}

fn log(level: Level, message: &str) -> Line<'_> {
    let data = move || json!({ "msg": message });
    match level {
        Level::Debug => line("JinjaLogDebug", "I063", level, message, data),
        Level::Info => line("JinjaLogInfo", "I062", level, message, data),
        Level::Warn | Level::Error => line("JinjaLogWarning", "I061", level, message, data),
    }
}

fn ingest_finished(report: &IngestReport) -> Line<'_> {
    let has_failed = report.problem.as_ref().is_some_and(|problem| problem.is_error());
    let counts = |counts: &[(String, u64)]| -> JsonMap {
        counts.iter().map(|(name, rows)| (name.clone(), Json::from(*rows))).collect()
    };
    let data = move || {
        json!({
            "pipeline": report.pipeline, "into": report.into, "rows_read": report.rows_read,
            "rows_loaded": report.rows_loaded, "dropped": counts(&report.dropped),
            "rows_quarantined": report.rows_quarantined, "reasons": counts(&report.reasons), "bytes": report.bytes,
            "execution_time": report.elapsed_ms / 1000.0, "unchanged": report.is_unchanged, "success": !has_failed,
        })
    };
    let message = match &report.problem {
        Some(problem) => draw(problem, Style::PLAIN),
        None => format!("{}: {} into {}", report.pipeline, counted(report.rows_loaded as usize, "row"), report.into),
    };
    line("IngestFinished", "T002", if has_failed { Level::Error } else { Level::Info }, message, data)
}

fn level(status: NodeStatus) -> Level {
    match status {
        NodeStatus::Error | NodeStatus::Fail | NodeStatus::RuntimeError => Level::Error,
        NodeStatus::Warn | NodeStatus::PartialSuccess => Level::Warn,
        NodeStatus::Success | NodeStatus::Skipped | NodeStatus::Pass | NodeStatus::NoOp => Level::Info,
    }
}

/// `raw` of `raw.orders`.
fn source_name(node: &NodeInfo) -> &str {
    node.label.strip_suffix(&node.name).and_then(|name| name.strip_suffix('.')).unwrap_or_default()
}

fn description(node: &NodeInfo) -> String {
    match node.resource_type.as_str() {
        "seed" => format!("seed file {}", node.label),
        "test" | "unit_test" => format!("{} {}", node.resource_type, node.name),
        "operation" => format!("hook: {}", node.name),
        "source" => format!("freshness of {}", node.label),
        kind => format!("sql {} {kind} {}", node.materialized, node.label),
    }
}

fn node_info(node: &NodeInfo, status: &str, started: Option<DateTime<Utc>>, finished: Option<DateTime<Utc>>) -> Json {
    let at = |moment: Option<DateTime<Utc>>| moment.map(naive_stamp).unwrap_or_default();
    json!({
        "materialized": node.materialized,
        "meta": node.meta,
        "node_checksum": node.checksum,
        "node_finished_at": at(finished),
        "node_name": node.name,
        "node_path": node.node_path,
        "node_relation": {
            "alias": node.alias,
            "database": node.database.as_deref().unwrap_or_default(),
            "relation_name": node.relation_name.as_deref().unwrap_or_default(),
            "schema": node.schema,
        },
        "node_started_at": at(started),
        "node_status": status,
        "resource_type": node.resource_type,
        "unique_id": &*node.unique_id,
    })
}

fn run_result(result: &RunResult) -> Json {
    let timing: Vec<_> = result
        .timing
        .iter()
        .map(|timing| {
            let at = |seconds| moment(seconds).map(stamp).unwrap_or_default();
            let (started_at, completed_at) = (at(timing.started_at), at(timing.completed_at));
            json!({ "name": timing.name, "started_at": started_at, "completed_at": completed_at })
        })
        .collect();
    json!({
        "adapter_response": result.adapter_response,
        "execution_time": result.elapsed_ms / 1000.0,
        "message": result.message.as_deref().unwrap_or_default(),
        "num_failures": result.failures.unwrap_or(0),
        "status": result.status.name(),
        "thread": thread(result),
        "timing_info": timing,
    })
}

fn thread(result: &RunResult) -> Cow<'static, str> {
    if result.worker == 0 { MAIN_THREAD.into() } else { format!("Thread-{} (worker)", result.worker).into() }
}

/// `3 of 7 OK created sql view model main.a ..... [OK in 0.11s]`.
fn bracketed(index: usize, total: usize, what: &str, status: &str, seconds: Option<f64>) -> String {
    let text = format!("{index} of {total} {what} ");
    let time = seconds.map(|seconds| format!(" in {seconds:.2}s")).unwrap_or_default();
    format!("{text:.<PRINTER_COLUMNS$} [{status}{time}]")
}

fn moment(seconds: f64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp_micros((seconds * 1e6).round() as i64)
}

/// `2026-01-01T00:00:00.000000Z`.
pub fn stamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

fn naive_stamp(moment: DateTime<Utc>) -> String {
    moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}
