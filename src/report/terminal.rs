//! Tells a run to a person: one calm line for each finished node, and at the end what went wrong and how it went.
//!
//! Talk goes to stderr; what a project prints goes to stdout.

use std::collections::HashMap;

use anstyle::{AnsiColor, Effects, Style as Paint};

use super::output::Output;
use super::progress::Progress;
use super::words::{bytes, counted, duration, shortened, thousands};
use super::{Sink, Style, draw};
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::{Event, IngestReport, Level, NodeInfo, NodeStatus, RunResult};

/// Verbs end here, as in cargo's output.
const VERB_COLUMNS: usize = 12;
const FACTS_COLUMNS: usize = 22;
const TIME_COLUMNS: usize = 8;
/// Lines of nodes are no longer than this, even on wide terminals: the eye has to travel from name to time.
const LINE_COLUMNS_MAX: usize = 120;

const GOOD: Paint = AnsiColor::Green.on_default().effects(Effects::BOLD);
const WARN: Paint = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
const BAD: Paint = AnsiColor::Red.on_default().effects(Effects::BOLD);
const TALK: Paint = AnsiColor::Cyan.on_default().effects(Effects::BOLD);
const FAINT: Paint = Paint::new().effects(Effects::DIMMED);

/// How much is told.
#[derive(Clone, Copy, Debug)]
pub struct Volume {
    /// Nothing below this is told; `None`: nothing at all.
    pub least: Option<Level>,
    /// Whether `{{ print(…) }}` is heard.
    pub prints: bool,
}

pub struct TerminalSink {
    talk: Output,
    data: Output,
    style: Style,
    volume: Volume,
    progress: Progress,
    command: String,
    /// Whether the last line was not blank: pictures stand apart.
    needs_gap: bool,
    /// Warnings so far, by code.
    warned: HashMap<&'static str, usize>,
}

/// Warnings of one code that are shown: a key that stands in a thousand places is one thing to know.
const ALIKE_MAX: usize = 20;

impl TerminalSink {
    pub fn new(talk: Output, data: Output, style: Style, volume: Volume, is_terminal: bool) -> Self {
        let shows_progress = is_terminal && volume.least.is_some_and(|least| least <= Level::Info);
        let progress = Progress::new(shows_progress, style);
        Self { talk, data, style, volume, progress, command: String::new(), needs_gap: false, warned: HashMap::new() }
    }

    /// Level of what is said about work that went well. `show` answers with its rows, so that it went well is seen.
    fn well(&self) -> Level {
        if self.command == "show" { Level::Debug } else { Level::Info }
    }

    fn hears(&self, level: Level) -> bool {
        self.volume.least.is_some_and(|least| level >= least)
    }

    fn line(&mut self, level: Level, text: &str) {
        if self.hears(level) {
            // One after the other, as they come: both may be the same terminal.
            self.flush_data();
            self.talk.line(text);
            self.needs_gap = !text.is_empty() && !text.ends_with('\n');
        }
    }

    fn data_line(&mut self, text: &str) {
        self.flush_talk();
        self.data.line(text);
    }

    fn flush_talk(&mut self) {
        if self.talk.is_pending() {
            self.progress.above(|| self.talk.flush());
        }
    }

    fn flush_data(&mut self) {
        if self.data.is_pending() {
            self.progress.above(|| self.data.flush());
        }
    }

    /// `     Finished build in 1.2s`, the verb in color.
    fn verb_line(&mut self, level: Level, paint: Paint, verb: &str, text: &str) {
        let verb = self.painted(paint, &format!("{verb:>VERB_COLUMNS$}"));
        self.line(level, format!("{verb} {text}").trim_end());
    }

    fn painted(&self, paint: Paint, text: &str) -> String {
        if self.style.is_colored { format!("{paint}{text}{paint:#}") } else { text.to_string() }
    }

    fn run_started(&mut self, target: &str, adapter: &str, threads: usize, steps: usize, found: &[(String, usize)]) {
        let found: Vec<_> = found.iter().map(|(noun, count)| counted(*count, noun)).collect();
        let level = self.well();
        self.verb_line(level, TALK, "Found", &found.join(", "));
        if steps > 0 {
            let (nodes, threads) = (counted(steps, "node"), counted(threads, "thread"));
            let what = format!("{nodes} on `{target}` ({adapter}, {threads})");
            self.verb_line(level, TALK, "Running", &what);
        }
    }

    fn node_finished(&mut self, result: &RunResult) {
        self.progress.node_finished(&result.node.label);
        let (paint, verb) = verb(&self.command, result);
        let level = match result.status {
            NodeStatus::Error | NodeStatus::RuntimeError | NodeStatus::Fail => Level::Error,
            NodeStatus::Warn | NodeStatus::PartialSuccess => Level::Warn,
            NodeStatus::Success | NodeStatus::Pass | NodeStatus::Skipped | NodeStatus::NoOp => self.well(),
        };
        let width = self.style.columns.min(LINE_COLUMNS_MAX).saturating_sub(VERB_COLUMNS + 1);
        let width = width.saturating_sub(FACTS_COLUMNS + TIME_COLUMNS);
        let who = shortened(&format!("{} {}", kind_of(&result.node), result.node.label), width.max(20));
        let facts = facts_of(result);
        let time = if result.status == NodeStatus::Skipped { String::new() } else { duration(result.elapsed_ms) };
        let time = self.painted(FAINT, &format!("{time:>TIME_COLUMNS$}"));
        self.verb_line(level, paint, verb, &format!("{who:<width$}{facts:>FACTS_COLUMNS$}{time}"));
    }

    /// Every failure and warning with its picture, then one line that says it all.
    fn run_finished(&mut self, elapsed_ms: f64, results: &[std::sync::Arc<RunResult>], was_cancelled: bool) {
        self.progress.clear();
        let warned = results.iter().filter(|result| result.status == NodeStatus::Warn);
        let failed = results.iter().filter(|result| result.status.is_failure());
        for result in warned.chain(failed) {
            let level = if result.status.is_failure() { Level::Error } else { Level::Warn };
            self.picture(level, &problem_of(result));
        }
        let summary = format!("{} in {}: {}", self.command, duration(elapsed_ms), tally(results));
        let has_failed = results.iter().any(|result| result.status.is_failure());
        let (paint, verb) = match (was_cancelled, has_failed) {
            (true, _) => (BAD, "Interrupted"),
            (false, true) => (BAD, "Failed"),
            (false, false) => (GOOD, "Finished"),
        };
        let level = if was_cancelled || has_failed { Level::Error } else { self.well() };
        if self.needs_gap {
            self.line(level, "");
        }
        self.verb_line(level, paint, verb, &summary);
    }

    fn ingest_finished(&mut self, report: &IngestReport) {
        self.progress.pipeline_finished(&report.pipeline);
        let has_failed = report.problem.as_ref().is_some_and(|problem| problem.is_error());
        let (paint, verb) = match (has_failed, report.is_unchanged) {
            (true, _) => (BAD, "Failed"),
            (false, true) => (GOOD, "Unchanged"),
            (false, false) => (GOOD, "Ingested"),
        };
        let width = self.style.columns.min(LINE_COLUMNS_MAX).saturating_sub(VERB_COLUMNS + 1);
        let width = width.saturating_sub(FACTS_COLUMNS + TIME_COLUMNS);
        let who = shortened(&format!("{} into {}", report.pipeline, report.into), width.max(20));
        let size = if report.bytes > 0 { format!(", {}", bytes(report.bytes)) } else { String::new() };
        let rows = counted(report.rows_loaded as usize, "row");
        let facts = if report.is_unchanged { String::new() } else { format!("{rows}{size}") };
        let time = self.painted(FAINT, &format!("{:>TIME_COLUMNS$}", duration(report.elapsed_ms)));
        let level = if has_failed { Level::Error } else { Level::Info };
        self.verb_line(level, paint, verb, &format!("{who:<width$}{facts:>FACTS_COLUMNS$}{time}"));
        for line in missing_rows(report) {
            self.verb_line(Level::Info, FAINT, "", &line);
        }
        if let Some(problem) = &report.problem {
            self.diagnosed(problem);
        }
    }

    fn diagnosed(&mut self, problem: &Diagnostic) {
        let level = match problem.severity {
            Severity::Error => Level::Error,
            Severity::Warning => Level::Warn,
        };
        if level == Level::Warn && !self.hears(Level::Debug) {
            let alike = self.warned.entry(problem.code).or_default();
            *alike += 1;
            if *alike > ALIKE_MAX {
                if *alike == ALIKE_MAX + 1 {
                    let code = problem.code;
                    self.line(
                        level,
                        &format!("More warnings `{code}` follow; `--debug` and the log file have them all.\n"),
                    );
                }
                return;
            }
        }
        self.picture(level, problem);
    }

    /// A problem's picture, with a blank line on either side.
    fn picture(&mut self, level: Level, problem: &Diagnostic) {
        let gap = if self.needs_gap { "\n" } else { "" };
        let picture = draw(problem, self.style);
        self.line(level, &format!("{gap}{picture}\n"));
    }
}

impl Sink for TerminalSink {
    fn tell(&mut self, event: &Event) {
        match event {
            Event::CommandStarted { command, .. } => self.command.clone_from(command),
            Event::CommandFinished { .. } => self.progress.clear(),
            Event::RunStarted { command, target, adapter, threads, steps, found } => {
                self.command.clone_from(command);
                self.run_started(target, adapter, *threads, *steps, found);
            }
            Event::NodeStarted { node, total, .. } => self.progress.node_started(&node.label, *total),
            Event::NodeFinished { result, .. } => self.node_finished(result),
            Event::RunFinished { elapsed_ms, results, was_cancelled } => {
                self.run_finished(*elapsed_ms, results, *was_cancelled);
            }
            Event::Statement { node, sql } => {
                let who = node.as_deref().map(|id| format!("-- {id}\n")).unwrap_or_default();
                self.line(Level::Debug, &self.painted(FAINT, &format!("{who}{}", sql.trim())));
            }
            Event::StatementFinished { .. } => {}
            Event::Log { level, message, .. } => self.line(*level, message),
            Event::Output { message } => self.data_line(message),
            Event::Print { message } => {
                if self.volume.prints {
                    self.data_line(message);
                }
            }
            Event::Diagnosed(problem) => self.diagnosed(problem),
            Event::IngestStarted { pipeline, from, into } => {
                self.line(Level::Debug, &format!("{pipeline}: {from} into {into}"));
            }
            Event::IngestProgress { pipeline, read_bytes, total_bytes, rows } => {
                self.progress.read(pipeline, *read_bytes, *total_bytes, *rows);
            }
            Event::IngestFinished { report } => self.ingest_finished(report),
            Event::ArtifactWritten { path } => self.line(Level::Debug, &format!("wrote {path}")),
        }
    }

    fn flush(&mut self) {
        self.flush_talk();
        self.flush_data();
    }
}

fn verb(command: &str, result: &RunResult) -> (Paint, &'static str) {
    match result.status {
        NodeStatus::Success => match (command, result.node.resource_type.as_str()) {
            ("compile" | "generate", _) => (GOOD, "Compiled"),
            ("clone", _) => (GOOD, "Cloned"),
            (_, "seed") => (GOOD, "Loaded"),
            (_, "snapshot") => (GOOD, "Captured"),
            (_, "operation") => (GOOD, "Ran"),
            (_, "test" | "unit_test") => (GOOD, "Passed"),
            _ => (GOOD, "Built"),
        },
        NodeStatus::Pass => (GOOD, "Passed"),
        NodeStatus::Warn => (WARN, "Warned"),
        NodeStatus::PartialSuccess => (WARN, "Partly built"),
        NodeStatus::Fail => (BAD, "Failed"),
        NodeStatus::Error | NodeStatus::RuntimeError => (BAD, "Error"),
        NodeStatus::Skipped => (WARN, "Skipped"),
        NodeStatus::NoOp => (FAINT, "No-op"),
    }
}

fn kind_of(node: &NodeInfo) -> &str {
    match node.resource_type.as_str() {
        "model" => &node.materialized,
        "unit_test" => "unit test",
        "operation" => "hook",
        other => other,
    }
}

/// Rows and bytes, as far as the warehouse told them; for a test, the rows that failed it.
fn facts_of(result: &RunResult) -> String {
    match result.status {
        NodeStatus::Fail | NodeStatus::Warn => {
            return result.failures.map(|rows| counted(rows.max(0) as usize, "failure")).unwrap_or_default();
        }
        NodeStatus::Pass => return String::new(),
        NodeStatus::Success
        | NodeStatus::Error
        | NodeStatus::Skipped
        | NodeStatus::PartialSuccess
        | NodeStatus::RuntimeError
        | NodeStatus::NoOp => {}
    }
    let number = |key: &str| result.adapter_response.get(key).and_then(crate::manifest::Json::as_u64);
    let rows = number("rows_affected").map(|rows| counted(rows as usize, "row"));
    let size = number("bytes_processed").map(bytes);
    rows.into_iter().chain(size).collect::<Vec<_>>().join(", ")
}

/// The picture of a result: its own, or one made of what is known.
fn problem_of(result: &RunResult) -> Diagnostic {
    if let Some(problem) = &result.problem {
        return problem.as_ref().clone();
    }
    let said = result.message.clone().unwrap_or_else(|| result.status.name().to_string());
    let message = format!("{} `{}` in {}: {said}", kind_of(&result.node), result.node.name, result.node.path);
    let problem = match result.status {
        NodeStatus::Warn => Diagnostic::warning("warned", message),
        _ => Diagnostic::error("failed", message),
    };
    match &result.compiled_path {
        Some(path) => problem.note(format!("compiled SQL is in {path}")),
        None => problem,
    }
}

/// `52 ok, 1 warning, 1 failed, 2 skipped`; kinds that did not occur are left out.
fn tally(results: &[std::sync::Arc<RunResult>]) -> String {
    let count = |wanted: &dyn Fn(NodeStatus) -> bool| results.iter().filter(|result| wanted(result.status)).count();
    let ok = count(&|status| matches!(status, NodeStatus::Success | NodeStatus::Pass));
    let warned = count(&|status| status == NodeStatus::Warn);
    let failed = count(&NodeStatus::is_failure);
    let skipped = count(&|status| status == NodeStatus::Skipped);
    let idle = count(&|status| status == NodeStatus::NoOp);
    let mut parts = vec![format!("{} ok", thousands(ok as u64))];
    parts.extend((warned > 0).then(|| counted(warned, "warning")));
    parts.extend((failed > 0).then(|| format!("{} failed", thousands(failed as u64))));
    parts.extend((skipped > 0).then(|| format!("{} skipped", thousands(skipped as u64))));
    parts.extend((idle > 0).then(|| format!("{} no-op", thousands(idle as u64))));
    parts.join(", ")
}

/// Where the rows went that were read and not loaded: never silent.
fn missing_rows(report: &IngestReport) -> Vec<String> {
    let dropped = report.dropped.iter().filter(|(_, rows)| *rows > 0);
    let mut lines: Vec<_> = dropped.map(|(name, rows)| format!("{} dropped by `{name}`", thousands(*rows))).collect();
    if report.rows_quarantined > 0 {
        let reasons: Vec<_> =
            report.reasons.iter().map(|(code, rows)| format!("{} {code}", thousands(*rows))).collect();
        lines.push(format!("{} quarantined: {}", thousands(report.rows_quarantined), reasons.join(", ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use insta::assert_snapshot;

    use super::*;
    use crate::report::Secrets;
    use crate::report::fixtures::{failed, node, result};
    use crate::source::{SourceFile, Span};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn told(least: Level, events: &[Event]) -> String {
        let seen = Shared::default();
        let output = || Output::new(Box::new(seen.clone()), Secrets::default());
        let volume = Volume { least: Some(least), prints: true };
        let style = Style { columns: 100, ..Style::PLAIN };
        let mut sink = TerminalSink::new(output(), output(), style, volume, false);
        for event in events {
            sink.tell(event);
        }
        sink.flush();
        let bytes = seen.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn a_run() -> Vec<Event> {
        let file = SourceFile::in_memory("models/core.yml", "models:\n  - name: fact\n    data_tests: [x]\n");
        let found_rows = Diagnostic::error("test-failed", "test `not_null_fact_id` found 3 rows")
            .at(Span::new(&file, 41..42), "declared here")
            .note("compiled SQL is in target/compiled/shop/models/core.yml/not_null_fact_id.sql");
        let results = vec![
            Arc::new(result(node("seed", "seed", "codes", "raw.codes"), NodeStatus::Success, Some(21))),
            Arc::new(result(node("model", "view", "stg", "staging.stg"), NodeStatus::Success, None)),
            Arc::new(result(node("model", "table", "fact", "core.fact"), NodeStatus::Success, Some(18_759))),
            Arc::new(result(node("test", "test", "unique_fact_id", "unique_fact_id"), NodeStatus::Pass, None)),
            Arc::new(failed(node("test", "test", "not_null_fact_id", "not_null_fact_id"), 3, Some(found_rows))),
            Arc::new(RunResult {
                failures: Some(1),
                message: Some("Got 1 result, configured to warn if != 0".into()),
                ..result(node("test", "test", "months", "months"), NodeStatus::Warn, None)
            }),
            Arc::new(result(node("model", "table", "mart", "marts.mart"), NodeStatus::Skipped, None)),
        ];
        let total = results.len();
        let mut events = vec![Event::RunStarted {
            command: "build".into(),
            target: "dev".into(),
            adapter: "duckdb",
            threads: 4,
            steps: total,
            found: vec![("model".into(), 3), ("seed".into(), 1), ("data test".into(), 3)],
        }];
        for (index, result) in results.iter().enumerate() {
            events.push(Event::NodeStarted { node: Arc::clone(&result.node), index: index + 1, total });
            events.push(Event::NodeFinished { result: Arc::clone(result), index: index + 1, total });
        }
        events.push(Event::RunFinished { elapsed_ms: 1240.0, results, was_cancelled: false });
        events
    }

    #[test]
    fn a_run_is_one_line_for_each_node_and_a_summary_of_what_went_wrong() {
        assert_snapshot!(told(Level::Info, &a_run()), @"
               Found 3 models, 1 seed, 3 data tests
             Running 7 nodes on `dev` (duckdb, 4 threads)
              Loaded seed raw.codes                                                          21 rows   0.25s
               Built view staging.stg                                                                  0.25s
               Built table core.fact                                                     18,759 rows   0.25s
              Passed test unique_fact_id                                                               0.25s
              Failed test not_null_fact_id                                                3 failures   0.25s
              Warned test months                                                           1 failure   0.25s
             Skipped table marts.mart

        warning[warned]: test `months` in models/months.sql: Got 1 result, configured to warn if != 0

        error[test-failed]: test `not_null_fact_id` found 3 rows
         --> models/core.yml:3:19
          |
        3 |     data_tests: [x]
          |                   ^ declared here
          |
          = note: compiled SQL is in target/compiled/shop/models/core.yml/not_null_fact_id.sql

              Failed build in 1.24s: 4 ok, 1 warning, 1 failed, 1 skipped
        ");
    }

    #[test]
    fn warnings_that_are_alike_are_told_a_few_times() {
        let warning = |at: usize| {
            Event::Diagnosed(Box::new(Diagnostic::warning("unknown-key", format!("unknown key `grain` ({at})"))))
        };
        let events: Vec<Event> = (1..=30).map(warning).collect();
        let told = told(Level::Info, &events);
        assert!(told.contains("(20)") && !told.contains("(21)"), "{told}");
        assert_eq!(told.matches("More warnings `unknown-key` follow").count(), 1, "{told}");
    }

    #[test]
    fn a_quiet_run_tells_failures_only() {
        assert_snapshot!(told(Level::Error, &a_run()), @"
              Failed test not_null_fact_id                                                3 failures   0.25s

        error[test-failed]: test `not_null_fact_id` found 3 rows
         --> models/core.yml:3:19
          |
        3 |     data_tests: [x]
          |                   ^ declared here
          |
          = note: compiled SQL is in target/compiled/shop/models/core.yml/not_null_fact_id.sql

              Failed build in 1.24s: 4 ok, 1 warning, 1 failed, 1 skipped
        ");
    }

    #[test]
    fn ingestion_tells_where_every_row_went() {
        let report = IngestReport {
            pipeline: "crimes_to_warehouse".into(),
            into: "raw.crime_victim".into(),
            rows_read: 23_490,
            rows_loaded: 18_747,
            dropped: vec![("known_age".into(), 4_730), ("known_sex".into(), 1), ("known_descent".into(), 0)],
            rows_quarantined: 12,
            reasons: vec![("bad-date".into(), 9), ("bad-number".into(), 3)],
            bytes: 1_258_291,
            elapsed_ms: 120.0,
            is_unchanged: false,
            problem: None,
        };
        let unchanged = IngestReport {
            pipeline: "crimes_to_lake".into(),
            into: "lake/crimes".into(),
            is_unchanged: true,
            ..IngestReport::default()
        };
        let events = [report, unchanged].map(|report| Event::IngestFinished { report: Arc::new(report) });
        assert_snapshot!(told(Level::Info, &events), @"
         Ingested crimes_to_warehouse into raw.crime_victim                  18,747 rows, 1.2 MiB   0.12s
                  4,730 dropped by `known_age`
                  1 dropped by `known_sex`
                  12 quarantined: 9 bad-date, 3 bad-number
        Unchanged crimes_to_lake into lake/crimes                                                   0.00s
        ");
    }

    #[test]
    fn what_a_project_logs_and_prints_is_passed_on() {
        let log = |level, message: &str| Event::Log { level, node: None, message: message.into() };
        let events = [
            log(Level::Info, "from a macro"),
            log(Level::Debug, "not shown"),
            Event::Print { message: "printed".into() },
        ];
        assert_snapshot!(told(Level::Info, &events), @"
        from a macro
        printed
        ");
    }
}
