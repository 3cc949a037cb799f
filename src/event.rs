//! The closed list of things that happen in a run. Workers send them; `report` tells them.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap, Manifest, Node, NodeKind, UniqueId};

/// dbt's result statuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NodeStatus {
    Success,
    Error,
    Skipped,
    PartialSuccess,
    Pass,
    Fail,
    Warn,
    RuntimeError,
    NoOp,
}

impl NodeStatus {
    /// As written in run_results.json.
    pub fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Skipped => "skipped",
            Self::PartialSuccess => "partial success",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::RuntimeError => "runtime error",
            Self::NoOp => "no-op",
        }
    }

    /// Whether the run as a whole failed because of it.
    pub fn is_failure(self) -> bool {
        match self {
            Self::Error | Self::Fail | Self::RuntimeError | Self::PartialSuccess => true,
            Self::Success | Self::Skipped | Self::Pass | Self::Warn | Self::NoOp => false,
        }
    }
}

/// Who a node is, as far as a reader of the run needs to know.
#[derive(Clone, Debug)]
pub struct NodeInfo {
    pub unique_id: UniqueId,
    pub name: String,
    pub resource_type: String,
    pub materialized: String,
    /// `models/staging/stg_crime.sql`.
    pub path: String,
    /// Relative to its resource folder: `staging/stg_crime.sql`.
    pub node_path: String,
    /// Empty where dbt has none.
    pub checksum: String,
    /// As shown: `main.stg_crime`, or the name of a test.
    pub label: String,
    pub schema: String,
    pub alias: String,
    pub database: Option<String>,
    pub relation_name: Option<String>,
    pub meta: JsonMap,
}

impl NodeInfo {
    /// `None` when the manifest has no such id, or it is nothing that runs.
    pub fn find(manifest: &Manifest, id: &str) -> Option<Self> {
        if let Some(node) = manifest.nodes.get(id) {
            return Some(Self::of_node(node));
        }
        if let Some(test) = manifest.unit_tests.get(id) {
            let label = format!("{}::{}", test.model, test.name);
            let info = Self::without_relation(id, &test.name, "unit_test", "unit");
            return Some(Self { label, path: test.original_file_path.clone(), node_path: test.path.clone(), ..info });
        }
        if let Some(table) = manifest.sources.get(id) {
            let label = format!("{}.{}", table.source_name, table.name);
            let info = Self::without_relation(id, &table.name, "source", "");
            return Some(Self {
                label,
                path: table.original_file_path.clone(),
                node_path: table.path.clone(),
                schema: table.schema.clone(),
                alias: table.identifier.clone(),
                database: table.database.clone(),
                relation_name: Some(table.relation_name.clone()),
                meta: table.meta.clone(),
                ..info
            });
        }
        let exposure = manifest.exposures.get(id)?;
        let info = Self::without_relation(id, &exposure.name, "exposure", "");
        Some(Self { path: exposure.original_file_path.clone(), node_path: exposure.path.clone(), ..info })
    }

    /// As [`Self::find`]; what the manifest does not have is known by its id alone.
    pub fn of(manifest: &Manifest, id: &UniqueId) -> Self {
        let name = id.rsplit('.').next().unwrap_or(id);
        Self::find(manifest, id).unwrap_or_else(|| Self::without_relation(id, name, id.resource_type(), ""))
    }

    fn of_node(node: &Node) -> Self {
        let label = match &node.kind {
            NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Snapshot | NodeKind::Function(_) => {
                format!("{}.{}", node.schema, node.alias)
            }
            NodeKind::DataTest(_) | NodeKind::Analysis | NodeKind::Hook(_) => node.name.clone(),
        };
        Self {
            unique_id: node.unique_id.clone(),
            name: node.name.clone(),
            resource_type: node.kind.resource_type().to_string(),
            materialized: node.config.text("materialized").unwrap_or("view").to_string(),
            path: node.original_file_path.clone(),
            node_path: node.path.clone(),
            checksum: node.checksum.clone(),
            label,
            schema: node.schema.clone(),
            alias: node.alias.clone(),
            database: node.database.clone(),
            relation_name: node.relation_name.clone(),
            meta: node.meta.clone(),
        }
    }

    /// For what has no relation in the warehouse.
    pub fn without_relation(id: &str, name: &str, resource_type: &str, materialized: &str) -> Self {
        Self {
            unique_id: id.into(),
            name: name.to_string(),
            resource_type: resource_type.to_string(),
            materialized: materialized.to_string(),
            path: String::new(),
            node_path: String::new(),
            checksum: String::new(),
            label: name.to_string(),
            schema: String::new(),
            alias: name.to_string(),
            database: None,
            relation_name: None,
            meta: JsonMap::new(),
        }
    }
}

/// Start and end of a phase, in seconds since the epoch.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// `compile` or `execute`.
    pub name: &'static str,
    pub started_at: f64,
    pub completed_at: f64,
}

/// How one step went.
#[derive(Clone, Debug)]
pub struct RunResult {
    pub node: Arc<NodeInfo>,
    pub status: NodeStatus,
    pub timing: Vec<Timing>,
    /// 1-based number of the worker.
    pub worker: usize,
    pub elapsed_ms: f64,
    /// What the warehouse answered: `_message`, `rows_affected`, `bytes_billed`, `job_id`, …
    pub adapter_response: JsonMap,
    /// One line: `OK`, `got 3 results, configured to fail if != 0`, …
    pub message: Option<String>,
    /// Failing rows of a test.
    pub failures: Option<i64>,
    pub compiled_code: Option<Arc<str>>,
    /// Bodies of a function's overloads.
    pub compiled_overloads: Vec<String>,
    /// Path of the compiled file, relative to the project.
    pub compiled_path: Option<String>,
    /// Macros that its code called while it was compiled.
    pub called_macros: Vec<UniqueId>,
    pub problem: Option<Box<Diagnostic>>,
    /// Per-batch results of a microbatch model.
    pub batch_results: Option<Json>,
}

impl RunResult {
    /// A node that was not come to.
    pub fn skipped(node: &Arc<NodeInfo>, message: Option<String>) -> Self {
        Self {
            node: Arc::clone(node),
            status: NodeStatus::Skipped,
            timing: Vec::new(),
            worker: 0,
            elapsed_ms: 0.0,
            adapter_response: JsonMap::new(),
            message,
            failures: None,
            compiled_code: None,
            compiled_overloads: Vec::new(),
            compiled_path: None,
            called_macros: Vec::new(),
            problem: None,
            batch_results: None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Debug,
    Info,
    Warn,
    Error,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Event {
    /// The tool was called; `arguments` as typed, and what they mean.
    CommandStarted {
        command: String,
        arguments: JsonMap,
    },
    /// The last event of a call.
    CommandFinished {
        command: String,
        is_success: bool,
        elapsed_ms: f64,
    },
    /// Steps begin: what was found and what was selected.
    RunStarted {
        command: String,
        target: String,
        adapter: &'static str,
        threads: usize,
        steps: usize,
        found: Vec<(String, usize)>,
    },
    NodeStarted {
        node: Arc<NodeInfo>,
        index: usize,
        total: usize,
    },
    NodeFinished {
        result: Arc<RunResult>,
        index: usize,
        total: usize,
    },
    RunFinished {
        elapsed_ms: f64,
        results: Vec<Arc<RunResult>>,
        was_cancelled: bool,
    },
    /// A statement was sent to the warehouse (debug).
    Statement {
        node: Option<UniqueId>,
        sql: String,
    },
    /// The statement that was sent last for this node is over (debug).
    StatementFinished {
        node: Option<UniqueId>,
        elapsed_ms: f64,
        /// The warehouse's own name for it.
        job_id: Option<String>,
        /// What the warehouse said, where it failed.
        error: Option<String>,
    },
    /// `{{ log(…) }}` and our own talk.
    Log {
        level: Level,
        node: Option<UniqueId>,
        message: String,
    },
    /// What the command was asked for: names of `list`, rows of `show`. Goes to stdout, however quiet the run is.
    Output {
        message: String,
    },
    /// `{{ print(…) }}`: goes to stdout.
    Print {
        message: String,
    },
    Diagnosed(Box<Diagnostic>),
    IngestStarted {
        pipeline: String,
        from: String,
        into: String,
    },
    /// `total_bytes` is `None` when the length is not known.
    IngestProgress {
        pipeline: String,
        read_bytes: u64,
        total_bytes: Option<u64>,
        rows: u64,
    },
    IngestFinished {
        report: Arc<IngestReport>,
    },
    /// A file was written: manifest.json, run_results.json, …
    ArtifactWritten {
        path: String,
    },
}

/// How one ingestion pipeline went. `rows_read == rows_loaded + sum(dropped) + rows_quarantined`, always.
#[derive(Clone, Debug, Default)]
pub struct IngestReport {
    pub pipeline: String,
    pub into: String,
    pub rows_read: u64,
    pub rows_loaded: u64,
    /// Rows removed by each named filter, in declared order.
    pub dropped: Vec<(String, u64)>,
    pub rows_quarantined: u64,
    /// Quarantine reasons with their counts, most frequent first.
    pub reasons: Vec<(String, u64)>,
    pub bytes: u64,
    pub elapsed_ms: f64,
    pub is_unchanged: bool,
    pub problem: Option<Box<Diagnostic>>,
}

/// Where events go; cheap to clone, one per worker.
#[derive(Clone)]
pub struct EventSender {
    send: Option<Arc<dyn Fn(Event) + Send + Sync>>,
}

impl EventSender {
    pub fn new(sender: Sender<Event>) -> Self {
        // A receiver that hung up is not the worker's concern.
        Self::through(move |event| drop(sender.send(event)))
    }

    /// Hands each event to `send`, on the thread that it happened on.
    pub fn through(send: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self { send: Some(Arc::new(send)) }
    }

    /// Forgets everything: for tests and for parse-time rendering.
    pub fn silent() -> Self {
        Self { send: None }
    }

    pub fn send(&self, event: Event) {
        if let Some(send) = &self.send {
            send(event);
        }
    }
}
