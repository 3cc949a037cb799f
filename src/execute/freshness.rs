//! How old a source is: asked of its own column, of the project's query, or of the warehouse's record of the table.
//!
//! Source: dbt-core 1.12, `dbt.task.freshness`; `BaseAdapter.calculate_freshness` of dbt-adapters.

use std::sync::{Arc, PoisonError};

use chrono::{DateTime, NaiveDateTime};
use serde_json::json;

use super::runner::{Done, Work};
use crate::adapter::{Answer, Cell};
use crate::diagnostic::Diagnostic;
use crate::event::NodeStatus;
use crate::jinja::{Argument, RunScope, response_fields, source_relation, warehouse_diagnostic};
use crate::manifest::{Freshness, FreshnessThreshold, Json, SourceTable};
use crate::relation::{AdapterKind, Relation};
use crate::source::{SourceFile, Span};

/// When a source was last loaded, and when that was asked; seconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub struct Age {
    pub max_loaded_at: f64,
    pub snapshotted_at: f64,
}

/// What an empty table counts as: the first moment that dbt can write, 0001-01-01.
const NEVER: f64 = -62_135_596_800.0;

pub(super) fn run(work: &Work<'_>, table: &Arc<SourceTable>) -> Done {
    let asked = work.timed("execute", || ask(work, table));
    let (age, response) = match asked {
        Ok(asked) => asked,
        Err(mut problem) => {
            problem.or_at(&table.span, "this source");
            return Done::failed(NodeStatus::RuntimeError, problem);
        }
    };
    work.runner.ages.lock().unwrap_or_else(PoisonError::into_inner).insert(table.unique_id.clone(), age);
    let seconds = age.snapshotted_at - age.max_loaded_at;
    let freshness = table.freshness.clone().unwrap_or_default();
    let (status, threshold) = judge(&freshness, seconds);
    let problem = threshold.map(|threshold| stale(table, status, age, threshold));
    Done {
        status: Some(status),
        adapter_response: response.map(|answer| response_fields(&answer.response)).unwrap_or_default(),
        problem,
        ..Done::default()
    }
}

/// The status of this age, and the threshold that it is over.
fn judge(freshness: &Freshness, seconds: f64) -> (NodeStatus, Option<&FreshnessThreshold>) {
    let is_over = |threshold: &&FreshnessThreshold| seconds > limit(threshold);
    if let Some(threshold) = freshness.error_after.as_ref().filter(is_over) {
        return (NodeStatus::Error, Some(threshold));
    }
    match freshness.warn_after.as_ref().filter(is_over) {
        Some(threshold) => (NodeStatus::Warn, Some(threshold)),
        None => (NodeStatus::Pass, None),
    }
}

/// In seconds.
fn limit(threshold: &FreshnessThreshold) -> f64 {
    let period = match threshold.period.as_str() {
        "minute" => 60.0,
        "hour" => 3600.0,
        _ => 86_400.0,
    };
    threshold.count as f64 * period
}

fn stale(table: &SourceTable, status: NodeStatus, age: Age, threshold: &FreshnessThreshold) -> Box<Diagnostic> {
    let plural = if threshold.count == 1 { "" } else { "s" };
    let most = format!("{} {}{plural}", threshold.count, threshold.period);
    let name = format!("{}.{}", table.source_name, table.name);
    let loaded = DateTime::from_timestamp_micros((age.max_loaded_at * 1e6) as i64).unwrap_or_default();
    let message = if age.max_loaded_at == NEVER {
        format!("source `{name}` holds no rows, so it was never loaded")
    } else {
        format!("source `{name}` was last loaded at {}, more than {most} ago", loaded.format("%Y-%m-%d %H:%M:%S UTC"))
    };
    let problem = match status {
        NodeStatus::Warn => Diagnostic::warning("stale-source", message),
        _ => Diagnostic::error("stale-source", message),
    };
    Box::new(problem.at(table.span.clone(), ""))
}

fn ask(work: &Work<'_>, table: &Arc<SourceTable>) -> Result<(Age, Option<Answer>), Box<Diagnostic>> {
    let relation = source_relation(table, work.runner.project.target.kind);
    if let Some(query) = &table.loaded_at_query {
        let sql = work.runner.engine.compile(&scope(work, table, query))?.text;
        let arguments =
            vec![("source", Argument::Relation(relation)), ("loaded_at_query", Argument::Plain(Json::String(sql)))];
        return by_macro(work, table, "collect_freshness_custom_sql", arguments);
    }
    let filter = table.freshness.as_ref().and_then(|freshness| freshness.filter.as_deref());
    if let Some(field) = &table.loaded_at_field {
        let arguments = vec![
            ("source", Argument::Relation(relation)),
            ("loaded_at_field", Argument::Plain(Json::from(field.as_str()))),
            ("filter", Argument::Plain(json!(filter))),
        ];
        return by_macro(work, table, "collect_freshness", arguments);
    }
    match work.runner.project.target.kind {
        AdapterKind::BigQuery => {
            if filter.is_some() {
                let message = format!("the `filter` of source `{}` cannot be applied to metadata", table.name);
                let problem = Diagnostic::warning("unused-filter", message).at(table.span.clone(), "");
                work.judge().warn(problem.help("give the source a `loaded_at_field`"), work.events)?;
            }
            Ok((by_metadata(work, &relation)?, None))
        }
        AdapterKind::DuckDb => {
            let message = format!("source `{}.{}` does not say when it was loaded", table.source_name, table.name);
            let problem = Diagnostic::error("no-loaded-at", message).at(table.span.clone(), "");
            Err(Box::new(problem.help("add a `loaded_at_field` or a `loaded_at_query`: DuckDB keeps no such record")))
        }
    }
}

/// A text of the source's, in a context that knows the source as `this`.
fn scope(work: &Work<'_>, table: &Arc<SourceTable>, text: &str) -> RunScope {
    let file = SourceFile::in_memory(format!("<source {}>", table.name), text);
    let code = Span::new(&file, 0..file.text.len());
    let scope = work.runner.scope(work.session, work.events, None, &table.package_name, code);
    RunScope { source: Some(Arc::clone(table)), ..scope }
}

/// By a macro that a project may override: one row of two moments.
fn by_macro(
    work: &Work<'_>,
    table: &Arc<SourceTable>,
    name: &str,
    arguments: Vec<(&str, Argument)>,
) -> Result<(Age, Option<Answer>), Box<Diagnostic>> {
    let mut called = work.runner.engine.call_with(&scope(work, table, ""), name, arguments)?;
    let answer = called.statements.remove(name).or_else(|| called.statements.into_values().next()).unwrap_or_default();
    let [row] = answer.table.rows.as_slice() else {
        return Err(refuse(table, &format!("gave {} rows, where one is expected", answer.table.rows.len())));
    };
    let [loaded, asked] = row.as_slice() else {
        return Err(refuse(table, &format!("gave {} columns, where two are expected", row.len())));
    };
    let moment = |cell: &Cell, at: usize| {
        moment(cell).ok_or_else(|| {
            let kind = answer.table.types.get(at).map_or("value", String::as_str);
            refuse(table, &format!("gave a {kind}, where a timestamp is expected"))
        })
    };
    let max_loaded_at = if *loaded == Cell::Null { NEVER } else { moment(loaded, 0)? };
    let age = Age { max_loaded_at, snapshotted_at: moment(asked, 1)? };
    Ok((age, Some(answer)))
}

fn refuse(table: &SourceTable, what: &str) -> Box<Diagnostic> {
    let message = format!("the question when source `{}.{}` was loaded {what}", table.source_name, table.name);
    let problem = Diagnostic::error("freshness-result", message).at(table.span.clone(), "");
    Box::new(problem.help("make `loaded_at_field` a timestamp, by a cast if need be"))
}

/// Moments without a time zone are UTC.
fn moment(cell: &Cell) -> Option<f64> {
    let Cell::Timestamp(text) = cell else { return None };
    let aware = DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z").map(|moment| moment.to_utc());
    let moment =
        aware.or_else(|_| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").map(|moment| moment.and_utc()));
    Some(moment.ok()?.timestamp_micros() as f64 / 1e6)
}

/// When BigQuery last saw the table change.
fn by_metadata(work: &Work<'_>, relation: &Relation) -> Result<Age, Box<Diagnostic>> {
    let refused = |message: String| Box::new(Diagnostic::error("freshness-result", message));
    if relation.identifier.as_deref().is_some_and(|name| name.ends_with('*')) {
        let problem = refused(format!("{relation} stands for many tables, and metadata knows one at a time"));
        return Err(Box::new(problem.help("give the source a `loaded_at_field`")));
    }
    let known = work.session.describe(relation).map_err(|error| Box::new(warehouse_diagnostic(&error, None, None)))?;
    let milliseconds = known.get("lastModifiedTime").and_then(|time| match time {
        Json::String(text) => text.parse().ok(),
        other => other.as_f64(),
    });
    let Some(milliseconds) = milliseconds else {
        return Err(refused(format!("BigQuery does not tell when {relation} was changed")));
    };
    Ok(Age { max_loaded_at: milliseconds / 1e3, snapshotted_at: work.runner.clock.now() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_with_and_without_a_time_zone() {
        let read = |text: &str| moment(&Cell::Timestamp(text.to_string()));
        assert_eq!(read("2023-11-14 22:13:20"), Some(1_700_000_000.0));
        assert_eq!(read("2023-11-14 23:13:20.5+01"), Some(1_700_000_000.5));
        assert_eq!(read("2023-11-14 22:13:20.25+00:00"), Some(1_700_000_000.25));
        assert_eq!(read("infinity"), None);
        assert_eq!(moment(&Cell::Date("2023-11-14".to_string())), None);
    }

    #[test]
    fn the_stronger_threshold_counts_first_and_its_own_age_is_not_over_it() {
        let threshold = |count| Some(FreshnessThreshold { count, period: "hour".to_string() });
        let freshness = Freshness { warn_after: threshold(1), error_after: threshold(2), filter: None };
        let status = |seconds| judge(&freshness, seconds).0;
        assert_eq!([3600.0, 3601.0, 7201.0].map(status), [NodeStatus::Pass, NodeStatus::Warn, NodeStatus::Error]);
    }
}
