//! Does the work of one step: compiles it, runs it, and tells how it went.
//!
//! Decides what to do by the step's action; `compile`, `materialize`, `data_test` and `unit_test` do it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::clock::Clock;
use super::freshness::{self, Age};
use super::scheduler::{StepRunner, Worker};
use super::{data_test, files, materialize, place, query_comment, unit_test};
use crate::adapter::{Fetch, JobContext, Session, Table};
use crate::diagnostic::Diagnostic;
use crate::event::{EventSender, NodeInfo, NodeStatus, RunResult, Timing};
use crate::jinja::{Argument, Deferral, Engine, Rendered, RunScope};
use crate::manifest::{Json, JsonMap, Manifest, Node, UniqueId};
use crate::plan::{Action, Plan, Step};
use crate::project::{Judge, Project};
use crate::relation::{Include, Relation, SchemaName};
use crate::source::{SourceFile, Span};

/// What every step of a run needs.
pub struct NodeRunner {
    pub project: Arc<Project>,
    pub manifest: Arc<Manifest>,
    pub engine: Arc<Engine>,
    /// Ids selected in this run.
    pub selected: Arc<Vec<UniqueId>>,
    /// Where the earlier run of `--state` has this project's nodes.
    pub deferral: Arc<Deferral>,
    pub clock: Clock,
    /// Most rows `show` gives.
    pub show_limit: Option<usize>,
    /// Rows that `show` found, in order of completion.
    pub shown: Mutex<Vec<(UniqueId, Table)>>,
    /// How old the sources were found that `source freshness` asked for.
    pub ages: Mutex<BTreeMap<UniqueId, Age>>,
}

/// How the work of a step ended, before it is put into a result.
#[derive(Default)]
pub(super) struct Done {
    pub status: Option<NodeStatus>,
    pub message: Option<String>,
    pub failures: Option<i64>,
    pub adapter_response: JsonMap,
    pub compiled_code: Option<Arc<str>>,
    /// Bodies of a function's overloads.
    pub compiled_overloads: Vec<String>,
    pub compiled_path: Option<String>,
    pub problem: Option<Box<Diagnostic>>,
}

impl Done {
    /// So far it was compiled, and written to `path`.
    pub fn compiled(rendered: &Rendered, path: Option<String>) -> Self {
        let code = Some(Arc::from(rendered.text.as_str()));
        let compiled_overloads = rendered.overloads.clone();
        Self { compiled_code: code, compiled_overloads, compiled_path: path, ..Self::default() }
    }

    pub fn failed(status: NodeStatus, problem: Box<Diagnostic>) -> Self {
        Self { status: Some(status), message: Some(problem.message.clone()), problem: Some(problem), ..Self::default() }
    }
}

/// One step at work: its runner, its worker, and the times taken so far.
pub(super) struct Work<'a> {
    pub runner: &'a NodeRunner,
    pub session: &'a Arc<Session>,
    pub events: &'a EventSender,
    pub timing: Mutex<Vec<Timing>>,
    /// Macros that its code calls while it is compiled.
    pub called_macros: Arc<Mutex<Vec<UniqueId>>>,
}

impl Work<'_> {
    /// Runs `act` as a phase whose time is told.
    pub fn timed<R>(&self, name: &'static str, act: impl FnOnce() -> R) -> R {
        let started_at = self.runner.clock.now();
        let result = act();
        let timing = Timing { name, started_at, completed_at: self.runner.clock.now() };
        self.timing.lock().unwrap_or_else(PoisonError::into_inner).push(timing);
        result
    }

    pub fn judge(&self) -> Judge {
        Judge::new(&self.runner.project.invocation.flags)
    }

    pub fn scope(&self, node: &Arc<Node>) -> RunScope {
        self.runner.scope(self.session, self.events, Some(node), &node.package_name, node.code.clone())
    }
}

impl NodeRunner {
    /// A scope for a text of `package`.
    pub fn scope(
        &self,
        session: &Arc<Session>,
        events: &EventSender,
        node: Option<&Arc<Node>>,
        package: &str,
        code: Span,
    ) -> RunScope {
        RunScope {
            project: Arc::clone(&self.project),
            manifest: Arc::clone(&self.manifest),
            session: Arc::clone(session),
            events: events.clone(),
            node: node.map(Arc::clone),
            source: None,
            package: package.to_string(),
            code,
            compiled: None,
            seed_loader: None,
            replacements: Arc::default(),
            deferral: Arc::clone(&self.deferral),
            overrides: None,
            called_macros: Arc::default(),
            selected: Arc::clone(&self.selected),
            results: None,
        }
    }

    /// Makes the schemas that the plan will write into, before any step starts.
    ///
    /// # Errors
    /// A schema could not be made, with what the warehouse said.
    pub fn prepare(&self, plan: &Plan, session: &Arc<Session>, events: &EventSender) -> Result<(), Vec<Diagnostic>> {
        let mut wanted: BTreeMap<SchemaName, Arc<Node>> = BTreeMap::new();
        for step in &plan.steps {
            let Some(node) = self.manifest.node(&step.id) else { continue };
            let writes = match step.action {
                Action::Model | Action::Seed | Action::Snapshot | Action::Clone | Action::Function => true,
                Action::DataTest => data_test::stores_failures(node, &self.project),
                Action::Compile | Action::Show | Action::UnitTest | Action::NoOp | Action::Freshness => false,
            };
            if writes && !node.is_ephemeral() {
                let schema = SchemaName { database: node.database.clone(), schema: node.schema.clone() };
                wanted.entry(schema).or_insert_with(|| Arc::clone(node));
            }
        }
        let mut known: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
        let mut problems = Vec::new();
        for (schema, node) in wanted {
            if let Err(problem) = self.start(session, events, &node) {
                problems.push(*problem);
                break;
            }
            let listed = match known.get(&schema.database) {
                Some(listed) => listed.clone(),
                None => match session.schemas(schema.database.as_deref()) {
                    Ok(listed) => known.entry(schema.database.clone()).or_insert(listed).clone(),
                    Err(error) => {
                        problems.push(crate::jinja::warehouse_diagnostic(&error, None, None));
                        break;
                    }
                },
            };
            if listed.iter().any(|name| name.eq_ignore_ascii_case(&schema.schema)) {
                continue;
            }
            if let Err(problem) = self.create_schema(&schema, &node, session, events) {
                problems.push(*problem);
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    /// By the macro `create_schema`, which a project may override.
    fn create_schema(
        &self,
        schema: &SchemaName,
        node: &Arc<Node>,
        session: &Arc<Session>,
        events: &EventSender,
    ) -> Result<(), Box<Diagnostic>> {
        let file = SourceFile::in_memory("<create schema>", "");
        let scope = self.scope(session, events, Some(node), &node.package_name, Span::start_of(&file));
        let relation = Relation {
            database: schema.database.clone(),
            schema: Some(schema.schema.clone()),
            identifier: None,
            kind: None,
            quoting: self.project.quoting(),
            include: Include { identifier: false, ..Include::ALL },
            quote: self.project.target.kind.quote(),
            external: None,
        };
        self.engine.call_with(&scope, "create_schema", vec![("relation", Argument::Relation(relation))])?;
        session.commit().map_err(|error| Box::new(crate::jinja::warehouse_diagnostic(&error, None, None)))?;
        session.warehouse().cache.forget_schema(schema);
        Ok(())
    }

    /// Runs an `on-run-start` or `on-run-end` hook; `results` are there for the latter.
    ///
    /// # Errors
    /// The hook's Jinja or SQL failed.
    pub fn run_hook(
        &self,
        id: &UniqueId,
        session: &Arc<Session>,
        events: &EventSender,
        results: Option<Arc<Vec<Arc<RunResult>>>>,
    ) -> Result<(), Box<Diagnostic>> {
        let Some(node) = self.manifest.node(id) else { return Ok(()) };
        self.run_hook_of(node, session, events, results).map_err(|mut problem| {
            problem.or_at(&node.code, "in this hook");
            problem
        })
    }

    fn run_hook_of(
        &self,
        node: &Arc<Node>,
        session: &Arc<Session>,
        events: &EventSender,
        results: Option<Arc<Vec<Arc<RunResult>>>>,
    ) -> Result<(), Box<Diagnostic>> {
        self.start(session, events, node)?;
        let mut scope = self.scope(session, events, Some(node), &node.package_name, node.code.clone());
        scope.results = results;
        let rendered = self.engine.compile(&scope)?;
        if !rendered.text.trim().is_empty() {
            let ran = session.execute(&rendered.text, Fetch::Nothing);
            ran.map_err(|error| {
                Box::new(crate::jinja::warehouse_diagnostic(&error, Some(&rendered.text), Some(&rendered)))
            })?;
        }
        session.commit().map_err(|error| Box::new(crate::jinja::warehouse_diagnostic(&error, None, None)))
    }

    /// On whose behalf a node's statements run.
    pub(super) fn job(&self, node: &Node) -> JobContext {
        self.job_of(&node.unique_id, &node.config.values)
    }

    pub(super) fn job_of(&self, id: &UniqueId, config: &JsonMap) -> JobContext {
        let labels = config.get("labels").and_then(Json::as_object).into_iter().flatten();
        let number = |key: &str| config.get(key).and_then(Json::as_i64);
        let text = |key: &str| config.get(key).and_then(Json::as_str).map(str::to_string);
        JobContext {
            invocation_id: self.project.invocation.id.clone(),
            node: Some(id.to_string()),
            sequence: 0,
            labels: labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_string()))).collect(),
            maximum_bytes_billed: number("maximum_bytes_billed"),
            timeout_seconds: number("job_execution_timeout_seconds").and_then(|seconds| u64::try_from(seconds).ok()),
            priority: text("priority"),
            reservation: text("reservation"),
            is_in_transaction: false,
            comment: None,
        }
    }

    /// From now on the session's statements are this node's, and carry the project's comment.
    ///
    /// # Errors
    /// The comment's Jinja is wrong.
    fn start(&self, session: &Arc<Session>, events: &EventSender, node: &Arc<Node>) -> Result<(), Box<Diagnostic>> {
        let mut job = self.job(node);
        session.start_job(job.clone());
        let written = query_comment::comment(&self.project, &self.engine, || {
            self.scope(session, events, Some(node), &node.package_name, node.code.clone())
        });
        if let Some(written) = written? {
            job.comment = Some(written.comment);
            job.labels.extend(written.labels);
            session.start_job(job);
        }
        Ok(())
    }

    fn act(&self, step: &Step, work: &Work<'_>) -> Done {
        if step.action == Action::NoOp {
            return Done { status: Some(NodeStatus::NoOp), message: Some("NO-OP".to_string()), ..Done::default() };
        }
        if step.action == Action::UnitTest {
            return match self.manifest.unit_tests.get(&step.id) {
                Some(test) => unit_test::run(work, test),
                None => Done::failed(NodeStatus::Error, unknown(&step.id)),
            };
        }
        if step.action == Action::Freshness {
            return match self.manifest.sources.get(&step.id) {
                Some(table) => freshness::run(work, table),
                None => Done::failed(NodeStatus::RuntimeError, unknown(&step.id)),
            };
        }
        let Some(node) = self.manifest.node(&step.id) else {
            return Done::failed(NodeStatus::Error, unknown(&step.id));
        };
        match step.action {
            Action::Compile => materialize::compile_only(work, node),
            Action::Show => materialize::show(work, node),
            Action::Model | Action::Seed | Action::Snapshot | Action::Function => materialize::run(work, node),
            Action::DataTest => data_test::run(work, node),
            Action::Clone => materialize::clone(work, node),
            Action::UnitTest | Action::NoOp | Action::Freshness => Done::default(),
        }
    }
}

fn unknown(id: &UniqueId) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("internal", format!("the plan names `{id}`, which the project does not have")))
}

impl StepRunner for NodeRunner {
    fn run(&self, step: &Step, node: &Arc<NodeInfo>, worker: &Worker) -> RunResult {
        let started_at = self.clock.now();
        let work = Work {
            runner: self,
            session: &worker.session,
            events: &worker.events,
            timing: Mutex::default(),
            called_macros: Arc::default(),
        };
        let started = match self.manifest.node(&step.id) {
            Some(node) => self.start(&worker.session, &worker.events, node),
            None => {
                worker.session.start_job(self.job_of(&step.id, &JsonMap::new()));
                Ok(())
            }
        };
        let done = match started {
            Ok(()) => self.act(step, &work),
            Err(problem) => Done::failed(NodeStatus::Error, problem),
        };
        worker.session.roll_back();
        if done.problem.is_some()
            && let Some(node) = self.manifest.node(&step.id)
        {
            // What the failed step dropped or made was rolled back: its schema is listed again when next asked about.
            let schema = SchemaName { database: node.database.clone(), schema: node.schema.clone() };
            worker.session.warehouse().cache.forget_schema(&schema);
        }
        RunResult {
            status: done.status.unwrap_or(NodeStatus::Success),
            timing: work.timing.into_inner().unwrap_or_else(PoisonError::into_inner),
            worker: worker.number,
            elapsed_ms: (self.clock.now() - started_at) * 1e3,
            adapter_response: done.adapter_response,
            message: match (&done.problem, done.status) {
                (Some(problem), Some(NodeStatus::Error | NodeStatus::RuntimeError)) => Some(told(node, problem)),
                _ => done.message,
            },
            failures: done.failures,
            compiled_code: done.compiled_code,
            compiled_overloads: done.compiled_overloads,
            compiled_path: done.compiled_path,
            called_macros: std::mem::take(&mut work.called_macros.lock().unwrap_or_else(PoisonError::into_inner)),
            problem: done.problem.map(|problem| match self.manifest.node(&step.id) {
                Some(node) => {
                    place::with_seed_note(&self.manifest, node, place::in_own_file(&self.project, node, problem))
                }
                None => problem,
            }),
            batch_results: None,
            node: Arc::clone(node),
        }
    }
}

/// A problem in the shape that readers of run_results.json look for.
///
/// Source: dbt-core 1.12, `DbtRuntimeError.__str__`.
fn told(node: &NodeInfo, problem: &Diagnostic) -> String {
    let kind = match problem.code {
        "database" | "not-found" | "denied" | "unavailable" => "Database",
        "cancelled" | "connection" | "internal" | "io" => "Runtime",
        _ => "Compilation",
    };
    let mut told = format!("{kind} Error in {} {} ({})", node.resource_type, node.name, node.path);
    let lines = std::iter::once(&problem.message).chain(&problem.notes).flat_map(|text| text.lines());
    for line in lines.chain(problem.help.as_deref()) {
        told.push_str("\n  ");
        told.push_str(line);
    }
    told
}

/// Writes text below the target folder; the path, relative to the project root, is given back.
pub(super) fn write_below(
    runner: &NodeRunner,
    folder: &str,
    package: &str,
    path: &str,
    text: &str,
) -> Result<String, Box<Diagnostic>> {
    files::write(&runner.project.target_path, &runner.project.root, folder, package, path, text)
}
