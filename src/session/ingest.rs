//! Runs ingestion pipelines on the target's warehouse.

use std::sync::Arc;

use super::attend::attend;
use super::{Exit, Session, Teller};
use crate::adapter;
use crate::execute::Interrupt;
use crate::ingest::{self, IngestContext};
use crate::jinja::YamlEngine;
use crate::report::Reporter;

impl Session {
    /// Runs the pipelines of these names; all of them when none is named.
    ///
    /// # Errors
    /// A pipeline is declared wrongly, or a name means none; nothing was run.
    pub fn ingest(&self, names: &[String], interrupt: &Interrupt, reporter: &mut Reporter) -> Result<Exit, Exit> {
        let mut teller = Teller { judge: &self.judge, reporter, has_error: false };
        let (pipelines, problems) = ingest::declare(&self.project, &self.manifest, &YamlEngine::new());
        teller.tell_all(problems);
        teller.tell_all(ingest::unknown_names(&pipelines, names));
        teller.end()?;
        let warehouse = self.open_warehouse(reporter)?;
        let reports = attend(reporter, |events| {
            let session = adapter::Session::new(Arc::clone(&warehouse), events.clone());
            let context = IngestContext::new(&self.project, Some(session), events);
            let context = IngestContext { interrupt: interrupt.clone(), ..context };
            interrupt.listen(move || warehouse.adapter.cancel());
            ingest::run(&pipelines, (!names.is_empty()).then_some(names), &context)
        });
        interrupt.forget_listener();
        let has_failed = reports.iter().any(|report| report.problem.as_ref().is_some_and(|problem| problem.is_error()));
        Ok(match (interrupt.was_triggered(), has_failed) {
            (true, _) => Exit::Unable,
            (false, true) => Exit::Failed,
            (false, false) => Exit::Fine,
        })
    }
}
