//! Runs pipelines one after the other, those that others read from first.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::fetch::Pause;
use super::lake::{self, Lake};
use super::one::OneRun;
use super::pipeline::Pipeline;
use crate::adapter::Session;
use crate::diagnostic::Diagnostic;
use crate::event::{Event, EventSender, IngestReport};
use crate::execute::Interrupt;
use crate::project::Project;

/// What pipelines run with.
pub struct IngestContext<'a> {
    pub project: &'a Project,
    /// Without one, only the lake is filled.
    pub session: Option<Arc<Session>>,
    pub events: EventSender,
    /// Waits between two tries of a download; `std::thread::sleep` outside of tests.
    pub pause: Pause,
    /// Ctrl-C: the pipeline that runs stops, and nothing of it becomes visible.
    pub interrupt: Interrupt,
}

impl<'a> IngestContext<'a> {
    pub fn new(project: &'a Project, session: Option<Arc<Session>>, events: EventSender) -> Self {
        Self { project, session, events, pause: Arc::new(std::thread::sleep), interrupt: Interrupt::default() }
    }

    /// Where a pipeline keeps what it fetched and what it is writing.
    pub fn stage(&self, pipeline: &Pipeline) -> PathBuf {
        self.project.target_path.join("ingest").join(&pipeline.name)
    }

    /// The lake a pipeline writes into: its own, or a folder of the stage when it only fills a table.
    ///
    /// # Errors
    /// The address cannot be opened.
    pub fn lake_of(&self, pipeline: &Pipeline) -> Result<Box<dyn Lake>, Box<Diagnostic>> {
        let opened = match &pipeline.into.lake {
            Some(address) => lake::open(address, self.project),
            None => return Ok(Box::new(lake::Folder::new(self.stage(pipeline).join("lake")))),
        };
        opened.map_err(|message| {
            Box::new(Diagnostic::error("broken-lake", message).at(pipeline.into.lake_span.clone(), "the lake"))
        })
    }
}

/// Runs the selected pipelines (all when nothing is selected) and answers with one report each, in the order they
/// ran. A pipeline whose input comes from one that failed does not run.
pub fn run(pipelines: &[Pipeline], selection: Option<&[String]>, context: &IngestContext<'_>) -> Vec<IngestReport> {
    let is_selected = |pipeline: &Pipeline| selection.is_none_or(|names| names.contains(&pipeline.name));
    let mut has_failed: BTreeMap<&str, bool> = BTreeMap::new();
    let mut reports = Vec::new();
    for pipeline in in_order(pipelines).into_iter().filter(|pipeline| is_selected(pipeline)) {
        if context.interrupt.was_triggered() {
            break;
        }
        let failed_upstream = pipeline.upstream().filter(|name| has_failed.get(name) == Some(&true));
        let started = Instant::now();
        let mut report = match failed_upstream {
            Some(upstream) => failure(pipeline, skipped(pipeline, upstream)),
            None => run_one(pipeline, pipelines, context),
        };
        report.elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
        has_failed.insert(&pipeline.name, report.problem.is_some());
        context.events.send(Event::IngestFinished { report: Arc::new(report.clone()) });
        reports.push(report);
    }
    reports
}

/// Names that were asked for and are no pipelines, each with the nearest that is one.
pub fn unknown_names(pipelines: &[Pipeline], selection: &[String]) -> Vec<Diagnostic> {
    let known = || pipelines.iter().map(|pipeline| pipeline.name.as_str());
    selection
        .iter()
        .filter(|wanted| !known().any(|name| name == wanted.as_str()))
        .map(|wanted| {
            Diagnostic::error("unknown-pipeline", format!("there is no pipeline `{wanted}`")).suggest(wanted, known())
        })
        .collect()
}

/// Upstream first; otherwise as declared. Declaring has refused circles.
fn in_order(pipelines: &[Pipeline]) -> Vec<&Pipeline> {
    let mut ordered: Vec<&Pipeline> = Vec::new();
    let mut waiting: Vec<&Pipeline> = pipelines.iter().collect();
    while !waiting.is_empty() {
        let is_ready = |pipeline: &Pipeline, waiting: &[&Pipeline]| {
            pipeline.upstream().is_none_or(|upstream| !waiting.iter().any(|other| other.name == upstream))
        };
        let at = waiting.iter().position(|pipeline| is_ready(pipeline, &waiting)).unwrap_or(0);
        ordered.push(waiting.remove(at));
    }
    ordered
}

fn run_one(pipeline: &Pipeline, all: &[Pipeline], context: &IngestContext<'_>) -> IngestReport {
    context.events.send(Event::IngestStarted {
        pipeline: pipeline.name.clone(),
        from: super::fetch::shown_url(&pipeline.origin()),
        into: pipeline.destination(),
    });
    let mut one = OneRun::new(pipeline, context);
    let mut problems = match one.run(all) {
        Ok(report) => return report,
        Err(problems) => problems.into_vec(),
    };
    // The report holds one problem; whatever else there is to say is said now.
    let first = problems.iter().position(Diagnostic::is_error).map(|at| problems.remove(at));
    for problem in problems {
        context.events.send(Event::Diagnosed(Box::new(pointed(pipeline, problem))));
    }
    let problem = first.unwrap_or_else(|| Diagnostic::error("ingest-failed", "the pipeline stopped"));
    IngestReport { problem: Some(Box::new(pointed(pipeline, problem))), ..one.report() }
}

/// A problem without a place of its own is one of the input.
fn pointed(pipeline: &Pipeline, problem: Diagnostic) -> Diagnostic {
    if problem.labels.is_empty() { problem.at(pipeline.from.span.clone(), "read here") } else { problem }
}

fn failure(pipeline: &Pipeline, problem: Diagnostic) -> IngestReport {
    IngestReport {
        pipeline: pipeline.name.clone(),
        into: pipeline.destination(),
        problem: Some(Box::new(problem)),
        ..IngestReport::default()
    }
}

fn skipped(pipeline: &Pipeline, upstream: &str) -> Diagnostic {
    Diagnostic::error(
        "upstream-failed",
        format!("`{}` did not run: it reads from `{upstream}`, which failed", pipeline.name),
    )
    .at(pipeline.from.span.clone(), "reads from it here")
}
