//! Runs a plan on the warehouse: schemas and hooks, steps on workers, hooks; then run_results.json and the summary.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use rayon::prelude::*;

use super::attend::attend;
use super::{Exit, Session};
use crate::adapter::{self, Table, Warehouse};
use crate::artifacts::{self, Metadata};
use crate::event::{Event, EventSender, NodeInfo, NodeStatus, RunResult};
use crate::execute::scheduler::{Outcome, Scheduler};
use crate::execute::{Interrupt, NodeRunner};
use crate::graph::{Command, Selection};
use crate::manifest::UniqueId;
use crate::plan::{Plan, test_edges};
use crate::report::Reporter;

/// How a run went.
pub struct Run {
    pub exit: Exit,
    pub results: Vec<Arc<RunResult>>,
    /// Rows that `show` found, by node.
    pub shown: Vec<(UniqueId, Table)>,
}

impl Drop for Run {
    /// As a session's: the process ends with it.
    fn drop(&mut self) {
        std::mem::forget(std::mem::take(&mut self.results));
    }
}

impl Session {
    /// Does the steps of `plan`. `show_limit` is how many rows `show` gives at most.
    ///
    /// # Errors
    /// The run could not begin, or its results could not be written.
    pub fn run(
        &self,
        plan: &Plan,
        selection: &Selection,
        show_limit: Option<usize>,
        interrupt: &Interrupt,
        reporter: &mut Reporter,
    ) -> Result<Run, Exit> {
        let started = Instant::now();
        let warehouse = self.open_warehouse(reporter)?;
        let runner = NodeRunner {
            selected: Arc::new(selection.iter().cloned().collect()),
            deferral: self.deferral(reporter)?,
            show_limit,
            ..self.runner()
        };
        let target = &self.project.target;
        reporter.tell(&Event::RunStarted {
            command: self.settings.invocation.command.clone(),
            target: target.name.clone(),
            adapter: target.kind.name(),
            threads: target.threads,
            steps: plan.steps.len(),
            found: self.found(),
        });
        self.write_graph_summary(plan.command, reporter)?;
        let stage = Stage { session: self, plan, runner: &runner, warehouse: &warehouse, interrupt };
        let outcome = stage.play(reporter)?;
        let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
        match plan.command {
            Command::SourceFreshness => self.write_ages(&outcome.results, &runner, elapsed_ms, reporter)?,
            Command::Compile
            | Command::Run
            | Command::Test
            | Command::Build
            | Command::Seed
            | Command::Snapshot
            | Command::Show
            | Command::List
            | Command::Clone
            | Command::DocsGenerate => self.write_results(&outcome.results, elapsed_ms, reporter)?,
        }
        let was_cancelled = outcome.was_cancelled;
        reporter.tell(&Event::RunFinished { elapsed_ms, results: outcome.results.clone(), was_cancelled });
        let shown = runner.shown.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Run { exit: exit_of(&outcome), results: outcome.results, shown })
    }

    fn write_graph_summary(&self, command: Command, reporter: &mut Reporter) -> Result<(), Exit> {
        if !self.settings.writes_json {
            return Ok(());
        }
        let edges = (command == Command::Build).then(|| test_edges(&self.manifest, &self.graph));
        let path = self.project.target_path.join("graph_summary.json");
        let id = &self.settings.invocation.id;
        match artifacts::graph_summary::write(&path, id, &self.graph, edges.as_deref()) {
            Ok(()) => Ok(()),
            written @ Err(_) => self.wrote(&path, written, reporter),
        }
    }

    /// run_results.json, and manifest.json with the compiled code.
    fn write_results(&self, results: &[Arc<RunResult>], elapsed_ms: f64, reporter: &mut Reporter) -> Result<(), Exit> {
        if !self.settings.writes_json {
            return Ok(());
        }
        let path = self.project.target_path.join("run_results.json");
        let metadata = Metadata::of(&self.project);
        let args = &self.settings.invocation.args;
        let (manifest, written) = rayon::join(
            || self.make_manifest(results),
            || artifacts::run_results::write(&path, &metadata, results, elapsed_ms, args),
        );
        self.wrote(&artifacts::manifest::path(&self.project.target_path), manifest, reporter)?;
        self.wrote(&path, written, reporter)
    }
}

/// Everything a run stands on.
struct Stage<'a> {
    session: &'a Session,
    plan: &'a Plan,
    runner: &'a NodeRunner,
    warehouse: &'a Arc<Warehouse>,
    interrupt: &'a Interrupt,
}

impl Stage<'_> {
    fn play(&self, reporter: &mut Reporter) -> Result<Outcome, Exit> {
        if self.plan.steps.is_empty() {
            return Ok(Outcome::default());
        }
        self.prepare(reporter)?;
        let mut results = self.hooks(&self.plan.on_run_start, None, reporter);
        // Source: dbt-core 1.12, `skip_nodes_if_on_run_start_fails` is on by default.
        let steps = if results.iter().any(|result| result.status.is_failure()) {
            self.skip_all(reporter)
        } else {
            self.steps(reporter)
        };
        results.extend(steps.results);
        if !steps.was_cancelled {
            // Hooks see what failed, and all that is no hook.
            let is_seen = |result: &&Arc<RunResult>| result.worker > 0 || result.status.is_failure();
            let seen = Arc::new(results.iter().filter(is_seen).cloned().collect());
            let ended = self.hooks(&self.plan.on_run_end, Some(seen), reporter);
            results.extend(ended);
        }
        Ok(Outcome { results, was_cancelled: steps.was_cancelled })
    }

    /// Makes the schemas that will be written into.
    fn prepare(&self, reporter: &mut Reporter) -> Result<(), Exit> {
        let prepared = self.on_master(reporter, |master, events| self.runner.prepare(self.plan, master, events));
        prepared.map_err(|problems| {
            for problem in problems {
                reporter.tell(&Event::Diagnosed(Box::new(problem)));
            }
            Exit::Unable
        })
    }

    fn steps(&self, reporter: &mut Reporter) -> Outcome {
        let scheduler = Scheduler {
            plan: self.plan,
            nodes: &self.nodes(),
            runner: self.runner,
            warehouse: self.warehouse,
            threads: self.session.project.target.threads,
            is_fail_fast: self.session.settings.invocation.flags.fail_fast,
            interrupt: self.interrupt,
        };
        scheduler.run(&mut |events| reporter.tell_all(&events))
    }

    fn skip_all(&self, reporter: &mut Reporter) -> Outcome {
        let nodes = self.nodes();
        let mut results = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let why = "Skipping because an on-run-start hook failed".to_string();
            let result = Arc::new(RunResult::skipped(node, Some(why)));
            results.push(Arc::clone(&result));
            reporter.tell(&Event::NodeFinished { result, index: index + 1, total: nodes.len() });
        }
        Outcome { results, was_cancelled: false }
    }

    fn nodes(&self) -> Vec<Arc<NodeInfo>> {
        self.plan.steps.par_iter().map(|step| self.info(&step.id)).collect()
    }

    fn info(&self, id: &UniqueId) -> Arc<NodeInfo> {
        Arc::new(NodeInfo::of(&self.session.manifest, id))
    }

    /// Runs hooks one after the other; after the first that fails, the others are skipped.
    fn hooks(
        &self,
        ids: &[UniqueId],
        results: Option<Arc<Vec<Arc<RunResult>>>>,
        reporter: &mut Reporter,
    ) -> Vec<Arc<RunResult>> {
        let mut ended: Vec<Arc<RunResult>> = Vec::new();
        for (index, id) in ids.iter().enumerate() {
            let node = self.info(id);
            let has_failed = ended.iter().any(|result| result.status.is_failure());
            let result = if has_failed {
                RunResult::skipped(&node, Some(format!("{} skipped", node.name)))
            } else {
                reporter.tell(&Event::NodeStarted { node: Arc::clone(&node), index: index + 1, total: ids.len() });
                self.hook(&node, id, results.clone(), reporter)
            };
            let result = Arc::new(result);
            ended.push(Arc::clone(&result));
            reporter.tell(&Event::NodeFinished { result, index: index + 1, total: ids.len() });
        }
        ended
    }

    fn hook(
        &self,
        node: &Arc<NodeInfo>,
        id: &UniqueId,
        results: Option<Arc<Vec<Arc<RunResult>>>>,
        reporter: &mut Reporter,
    ) -> RunResult {
        let started = Instant::now();
        let ran = self.on_master(reporter, |master, events| self.runner.run_hook(id, master, events, results));
        let elapsed_ms = started.elapsed().as_secs_f64() * 1000.0;
        let base = RunResult { elapsed_ms, ..RunResult::skipped(node, None) };
        match ran {
            Ok(()) => {
                let message = Some(format!("{} passed", node.name));
                RunResult { status: NodeStatus::Success, message, failures: Some(0), ..base }
            }
            Err(problem) => RunResult {
                status: NodeStatus::Error,
                message: Some(format!("{} failed, error:\n {}", node.name, problem.message)),
                failures: Some(1),
                problem: Some(problem),
                ..base
            },
        }
    }

    /// Does work on a connection of the run's own, that no worker has.
    fn on_master<R: Send>(
        &self,
        reporter: &mut Reporter,
        work: impl FnOnce(&Arc<adapter::Session>, &EventSender) -> R + Send,
    ) -> R {
        let warehouse = Arc::clone(self.warehouse);
        self.interrupt.listen(move || warehouse.adapter.cancel());
        let done = attend(reporter, |events| {
            let master = adapter::Session::new(Arc::clone(self.warehouse), events.clone());
            work(&master, &events)
        });
        self.interrupt.forget_listener();
        done
    }
}

fn exit_of(outcome: &Outcome) -> Exit {
    let has_failed = outcome.results.iter().any(|result| result.status.is_failure());
    match (outcome.was_cancelled, has_failed) {
        // Source: dbt-core 1.12 ends an interrupted run as it ends on an unhandled error.
        (true, _) => Exit::Unable,
        (false, true) => Exit::Failed,
        (false, false) => Exit::Fine,
    }
}
