//! Tells a run to programs: one JSON object a line, in the shape of dbt's structured log.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::output::Output;
use super::structured::{Line, Lines, stamp};
use super::{Clock, Sink};
use crate::event::{Event, Level};

/// Writes the lines of a log that are at least of `least`.
pub struct JsonLinesSink {
    output: Output,
    invocation_id: String,
    least: Option<Level>,
    now: Clock,
    lines: Lines,
}

impl JsonLinesSink {
    pub fn new(output: Output, invocation_id: impl Into<String>, least: Option<Level>, now: Clock) -> Self {
        Self { output, invocation_id: invocation_id.into(), least, now, lines: Lines::default() }
    }
}

impl Sink for JsonLinesSink {
    fn tell(&mut self, event: &Event) {
        let now = (self.now)();
        for line in self.lines.of(event, now) {
            // What is printed is data, and heard however quiet the log is.
            let is_data = matches!(event, Event::Print { .. } | Event::Output { .. });
            if is_data || self.least.is_some_and(|least| line.level >= least) {
                self.output.line(&json_line(&line, &self.invocation_id, now));
            }
        }
    }

    fn flush(&mut self) {
        self.output.flush();
    }
}

/// Keys in alphabetical order, as dbt writes them.
pub fn json_line(line: &Line<'_>, invocation_id: &str, now: DateTime<Utc>) -> String {
    json!({
        "data": (line.data)(),
        "info": {
            "category": "",
            "code": line.code,
            "extra": {},
            "invocation_id": invocation_id,
            "level": line.level.name(),
            "msg": line.message,
            "name": line.name,
            "pid": std::process::id(),
            "thread": line.thread,
            "ts": stamp(now),
        },
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use insta::assert_snapshot;

    use super::*;
    use crate::event::{NodeStatus, RunResult};
    use crate::report::fixtures::{failed, node, result};

    /// Names, levels and messages of an event's lines, and the data of the last.
    fn picture(event: &Event) -> String {
        let lines = Lines::default().of(event, noon());
        let heads = lines.iter().map(|line| format!("{} {} {}", line.level.name(), line.name, line.message));
        let mut picture = heads.collect::<Vec<_>>().join("\n");
        if let Some(last) = lines.last() {
            picture.push('\n');
            picture.push_str(&serde_json::to_string_pretty(&(last.data)()).unwrap());
        }
        picture
    }

    fn noon() -> DateTime<Utc> {
        DateTime::from_timestamp(1_767_268_800, 0).unwrap()
    }

    fn finished(result: RunResult) -> Event {
        Event::NodeFinished { result: Arc::new(result), index: 3, total: 7 }
    }

    #[test]
    fn a_line_has_dbts_info_and_data() {
        let event = Event::Print { message: "hello".into() };
        let line = Lines::default().of(&event, noon()).remove(0);
        let text = json_line(&line, "1d", noon()).replace(&std::process::id().to_string(), "PID");
        assert_snapshot!(text, @r#"{"data":{"msg":"hello"},"info":{"category":"","code":"Z052","extra":{},"invocation_id":"1d","level":"info","msg":"hello","name":"PrintEvent","pid":PID,"thread":"MainThread","ts":"2026-01-01T12:00:00.000000Z"}}"#);
    }

    #[test]
    fn a_finished_model_is_told_with_its_node_info() {
        assert_snapshot!(picture(&finished(RunResult {
            message: Some("OK".into()),
            ..result(node("model", "table", "fact", "core.fact"), NodeStatus::Success, Some(3))
        })), @r#"
        info LogModelResult 3 of 7 OK created sql table model core.fact .................................... [OK in 0.25s]
        debug NodeFinished Finished running node model.shop.fact
        {
          "node_info": {
            "materialized": "table",
            "meta": {},
            "node_checksum": "",
            "node_finished_at": "2026-01-01T12:00:00.000000",
            "node_name": "fact",
            "node_path": "fact.sql",
            "node_relation": {
              "alias": "fact",
              "database": "",
              "relation_name": "",
              "schema": "core"
            },
            "node_started_at": "2026-01-01T00:00:00.000000",
            "node_status": "success",
            "resource_type": "model",
            "unique_id": "model.shop.fact"
          },
          "run_result": {
            "adapter_response": {
              "_message": "OK",
              "rows_affected": 3
            },
            "execution_time": 0.25,
            "message": "OK",
            "num_failures": 0,
            "status": "success",
            "thread": "Thread-1 (worker)",
            "timing_info": [
              {
                "name": "execute",
                "started_at": "2026-01-01T00:00:00.000000Z",
                "completed_at": "2026-01-01T00:00:00.250000Z"
              }
            ]
          }
        }
        "#);
    }

    #[test]
    fn seeds_tests_and_skips_have_their_own_names() {
        let events = [
            finished(RunResult {
                message: Some("INSERT 21".into()),
                ..result(node("seed", "seed", "codes", "raw.codes"), NodeStatus::Success, Some(21))
            }),
            finished(failed(node("test", "test", "unique_id", "unique_id"), 3, None)),
            finished(result(node("model", "table", "mart", "marts.mart"), NodeStatus::Skipped, None)),
            finished(result(node("model", "view", "bad", "marts.bad"), NodeStatus::Error, None)),
        ];
        let heads: Vec<_> = events
            .iter()
            .flat_map(|event| {
                let head =
                    |line: Line<'_>| format!("{} {} {} {}", line.code, line.level.name(), line.name, line.message);
                Lines::default().of(event, noon()).into_iter().map(head).collect::<Vec<_>>()
            })
            .collect();
        assert_snapshot!(heads.join("\n"), @"
        Q016 info LogSeedResult 3 of 7 OK loaded seed file raw.codes ........................................... [INSERT 21 in 0.25s]
        Q025 debug NodeFinished Finished running node seed.shop.codes
        Q007 error LogTestResult 3 of 7 FAIL 3 unique_id ........................................................ [FAIL 3 in 0.25s]
        Q025 debug NodeFinished Finished running node test.shop.unique_id
        Q034 info SkippingDetails 3 of 7 SKIP relation marts.mart ................................................ [SKIP]
        Q025 debug NodeFinished Finished running node model.shop.mart
        Q012 error LogModelResult 3 of 7 ERROR creating sql view model marts.bad ................................. [ERROR in 0.25s]
        Q025 debug NodeFinished Finished running node model.shop.bad
        ");
    }

    #[test]
    fn the_end_of_a_run_counts_and_names_what_failed() {
        let results = vec![
            Arc::new(result(node("model", "table", "fact", "core.fact"), NodeStatus::Success, Some(3))),
            Arc::new(failed(node("test", "test", "unique_id", "unique_id"), 3, None)),
        ];
        assert_snapshot!(picture(&Event::RunFinished { elapsed_ms: 1240.0, results, was_cancelled: false }), @r#"
        info FinishedRunningStats Finished running 1 data test, 1 table model in 0 hours 0 minutes and 1.24 seconds (1.24s).
        info EndOfRunSummary Completed with 1 error, 0 partial successes, and 0 warnings:
        error RunResultFailure [ERROR]: in test unique_id (models/unique_id.sql)
        error RunResultError   Got 3 results, configured to fail if != 0
        info StatsLine Done. PASS=1 WARN=0 ERROR=1 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2
        {
          "stats": {
            "error": 1,
            "noop": 0,
            "pass": 1,
            "reused": 0,
            "skip": 0,
            "total": 2,
            "warn": 0
          }
        }
        "#);
    }
}
