//! Calls one macro on the warehouse, outside of any plan.

use std::sync::{Arc, Mutex};

use super::attend::attend;
use super::{Exit, Session};
use crate::adapter::{self, Fetch, JobContext};
use crate::diagnostic::Diagnostic;
use crate::event::Event;
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
