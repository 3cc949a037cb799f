//! Calls one macro on the warehouse, outside of any plan.

use std::sync::{Arc, Mutex};

use super::attend::attend;
use super::{Exit, Session};
use crate::adapter::{self, Fetch, JobContext};
use crate::artifacts::{self, Metadata};
use crate::diagnostic::Diagnostic;
use crate::event::{Event, NodeInfo, NodeStatus, RunResult, Timing};
use crate::execute::{Clock, Interrupt, NodeRunner};
use crate::jinja::{RunScope, warehouse_diagnostic};
use crate::manifest::JsonMap;
use crate::report::Reporter;
use crate::source::{SourceFile, Span};

/// What is to be done.
pub enum Operation<'a> {
    /// A macro, by its name or `package.name`, with arguments by name.
    Macro { name: &'a str, arguments: &'a JsonMap },
    /// SQL with Jinja in it.
    Sql(&'a str),
}

impl Session {
    /// # Errors
    /// The warehouse cannot be opened.
    pub fn operate(
        &self,
        operation: &Operation<'_>,
        interrupt: &Interrupt,
        reporter: &mut Reporter,
    ) -> Result<Exit, Exit> {
        let warehouse = self.open_warehouse(reporter)?;
        let clock = Clock::starting_at(self.settings.invocation.started_at);
        let started_at = clock.now();
        let on_interrupt = Arc::clone(&warehouse);
        interrupt.listen(move || on_interrupt.adapter.cancel());
        let done = attend(reporter, |events| {
            let session = adapter::Session::new(warehouse, events.clone());
            session
                .start_job(JobContext { invocation_id: self.settings.invocation.id.clone(), ..JobContext::default() });
            let text = match operation {
                Operation::Macro { .. } => "",
                Operation::Sql(sql) => sql,
            };
            let file = SourceFile::in_memory("--sql", text);
            let code = Span::new(&file, 0..text.len());
            let scope = self.runner().scope(&session, &events, None, self.project.name(), code);
            self.operate_in(operation, &scope, &session)
        });
        interrupt.forget_listener();
        let timing = Timing { name: "execute", started_at, completed_at: clock.now() };
        self.write_operation(operation, timing, done.as_ref().err().map(|problem| &**problem), reporter)?;
        match (done, interrupt.was_triggered()) {
            (Ok(()), _) => Ok(Exit::Fine),
            (Err(problem), was_interrupted) => {
                // Without a macro of that name, nothing was tried.
                let is_unable = was_interrupted || problem.code == "unknown-macro";
                reporter.tell(&Event::Diagnosed(problem));
                Ok(if is_unable { Exit::Unable } else { Exit::Failed })
            }
        }
    }

    /// run_results.json with the macro as its one result, so that `retry` can call it again.
    fn write_operation(
        &self,
        operation: &Operation<'_>,
        timing: Timing,
        problem: Option<&Diagnostic>,
        reporter: &mut Reporter,
    ) -> Result<(), Exit> {
        let Operation::Macro { name, .. } = operation else { return Ok(()) };
        let Some(called) = self.engine.find_macro(name, self.project.name()) else { return Ok(()) };
        if !self.settings.writes_json {
            return Ok(());
        }
        let elapsed_ms = (timing.completed_at - timing.started_at) * 1e3;
        let node = NodeInfo {
            unique_id: called.unique_id.clone(),
            name: called.name.clone(),
            resource_type: "macro".to_string(),
            materialized: String::new(),
            path: called.original_file_path.clone(),
            node_path: called.path.clone(),
            checksum: String::new(),
            label: called.name.clone(),
            schema: String::new(),
            alias: String::new(),
            database: None,
            relation_name: None,
            meta: JsonMap::new(),
        };
        let result = RunResult {
            status: if problem.is_some() { NodeStatus::Error } else { NodeStatus::Success },
            timing: vec![timing],
            worker: 1,
            elapsed_ms,
            failures: Some(i64::from(problem.is_some())),
            ..RunResult::skipped(&Arc::new(node), problem.map(|problem| problem.message.clone()))
        };
        let path = self.project.target_path.join("run_results.json");
        let metadata = Metadata::of(&self.project);
        let args = &self.settings.invocation.args;
        let written = artifacts::run_results::write(&path, &metadata, &[Arc::new(result)], elapsed_ms, args);
        self.wrote(&path, written, reporter)
    }

    fn operate_in(
        &self,
        operation: &Operation<'_>,
        scope: &RunScope,
        session: &adapter::Session,
    ) -> Result<(), Box<Diagnostic>> {
        match operation {
            Operation::Macro { name, arguments } => {
                self.engine.call(scope, name, arguments)?;
            }
            Operation::Sql(_) => {
                let rendered = self.engine.compile(scope)?;
                session
                    .execute(&rendered.text, Fetch::Nothing)
                    .map_err(|error| Box::new(warehouse_diagnostic(&error, Some(&rendered.text), Some(&rendered))))?;
            }
        }
        session.commit().map_err(|error| Box::new(warehouse_diagnostic(&error, None, None)))
    }

    /// A runner with nothing selected.
    pub(super) fn runner(&self) -> NodeRunner {
        NodeRunner {
            project: Arc::clone(&self.project),
            manifest: Arc::clone(&self.manifest),
            engine: Arc::clone(&self.engine),
            selected: Arc::default(),
            deferral: Arc::default(),
            clock: Clock::starting_at(self.settings.invocation.started_at),
            show_limit: None,
            shown: Mutex::default(),
            ages: Mutex::default(),
        }
    }
}
