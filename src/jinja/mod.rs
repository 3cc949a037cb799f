//! The language room: dbt's Jinja on stock minijinja. Jinja values stay in here.
//!
//! [`Engine`] is built once per session from the macros of all packages. `parse` asks it what a text refers to
//! ([`Engine::capture`]); `execute` has it render a node against a live session ([`Engine::compile`]) and run
//! macros ([`Engine::call`]).

mod adapter_object;
mod arguments;
mod arithmetic;
mod bigquery_object;
mod blocks;
mod clock;
mod collections;
mod column_object;
mod common_functions;
mod config_object;
mod constraints;
mod cycler;
mod date_text;
mod dates;
mod engine;
mod errors;
mod exceptions;
mod filters;
mod functions;
mod handle;
mod itertools;
mod library;
mod loops;
mod methods;
mod modules;
mod operators;
mod outside;
mod plain;
mod references;
mod regex_module;
mod relation_object;
mod result_object;
mod rewrite;
mod scope;
mod silent;
mod string_format;
mod table_object;
mod text_filters;
mod urlize;
mod values;
mod variables;
mod yaml_engine;
mod yaml_text;

pub use adapter_object::response_fields;
pub use arguments::Argument;
pub use date_text::iso_timestamp;
pub use engine::Engine;
pub use errors::warehouse_diagnostic;
pub use functions::DBT_VERSION;
pub use outside::{asked_the_time, variables_read};
pub use references::cte_name;
pub use relation_object::{node_relation, source_relation};
pub use yaml_engine::YamlEngine;
pub(crate) use yaml_text::python_json;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::adapter::{Answer, Session, Table};
use crate::diagnostic::Diagnostic;
use crate::event::{EventSender, RunResult};
use crate::manifest::{Json, JsonMap, Manifest, Node, RefCall, SourceCall, SourceTable, UniqueId};
use crate::project::Project;
use crate::relation::Relation;
use crate::source::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    Database,
    Schema,
    Alias,
}

/// A text to be read for its references.
pub struct CaptureRequest<'a> {
    /// The code; errors point into it.
    pub code: &'a Span,
    /// Package the text belongs to: where macros and refs are looked up first.
    pub package: &'a str,
    /// Vars as this package sees them (package, root project and `--vars` merged).
    pub vars: &'a Arc<JsonMap>,
    /// What `model` shows, in manifest.json's shape, as far as it is known while parsing.
    pub model: &'a JsonMap,
    /// Config known from yml and dbt_project.yml: what `config.get` answers before the text's own calls.
    pub config: &'a JsonMap,
    /// Whether it is a model's own code, which dbt may read without rendering it.
    pub is_model: bool,
}

/// What a text refers to and configures.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    pub refs: Vec<RefCall>,
    pub sources: Vec<SourceCall>,
    pub metrics: Vec<Vec<String>>,
    /// Every `function(…)`; none has a version.
    pub functions: Vec<RefCall>,
    /// Each `config(…)` call's arguments, rendered, in order.
    pub configs: Vec<JsonMap>,
    /// Macros called, built-in ones included, each once, in order of first call.
    pub macros: Vec<UniqueId>,
    /// Every macro that ran, those that others called among them, each once.
    pub entered: Vec<UniqueId>,
    /// Warnings about the text.
    pub warnings: Vec<Diagnostic>,
}

/// Everything a render against the warehouse can see.
#[derive(Clone)]
pub struct RunScope {
    pub project: Arc<Project>,
    pub manifest: Arc<Manifest>,
    pub session: Arc<Session>,
    pub events: EventSender,
    /// The node being rendered; `None` for `run-operation` and `--inline`.
    pub node: Option<Arc<Node>>,
    /// The source a text speaks of as `this`: its `loaded_at_query`.
    pub source: Option<Arc<SourceTable>>,
    /// Package the text belongs to.
    pub package: String,
    /// What to render: the node's own code, or a hook, or inline SQL.
    pub code: Span,
    /// Compiled SQL of the node, once there is one: `sql` and `compiled_code` in materializations.
    pub compiled: Option<Arc<Rendered>>,
    /// Fills a seed's table; `adapter.load_seed` asks it.
    pub seed_loader: Option<Arc<dyn SeedLoader>>,
    /// Relations that stand in for `ref`/`source` in unit tests, by unique id.
    pub replacements: Arc<BTreeMap<UniqueId, Relation>>,
    pub deferral: Arc<Deferral>,
    /// Overrides of a unit test: `macros`, `vars`, `env_vars`.
    pub overrides: Option<Arc<JsonMap>>,
    /// Where macros that the text itself calls are noted, each once, in order of first call.
    pub called_macros: Arc<Mutex<Vec<UniqueId>>>,
    /// Ids selected in this run: `selected_resources`.
    pub selected: Arc<Vec<UniqueId>>,
    /// For `on-run-end`: how the nodes went, and the schemas they lie in.
    pub results: Option<Arc<Vec<Arc<RunResult>>>>,
}

/// Where another run's relations are: of `--state`, for `--defer` and `clone`.
#[derive(Clone, Debug, Default)]
pub struct Deferral {
    /// By unique id; only of nodes that this project has too.
    pub relations: BTreeMap<UniqueId, Relation>,
    /// Whether `ref` gives them where the project's own relation is not there.
    pub is_for_refs: bool,
    /// Whether `ref` prefers them for all that is not selected, there or not.
    pub is_favored: bool,
}

/// Rendered text, and where each part of it came from.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    pub text: String,
    /// Disjoint ranges of `text`, in order, with the place each was written at.
    pub origins: Vec<(std::ops::Range<usize>, Span)>,
    /// Bodies of a function's overloads.
    pub overloads: Vec<String>,
}

impl Rendered {
    /// A text that was made here.
    pub fn from_text(text: String) -> Self {
        Self { text, ..Self::default() }
    }

    /// The place a byte of the text came from: exact for literal text, the expression for generated text.
    pub fn origin(&self, offset: usize) -> Option<Span> {
        let index = self.origins.partition_point(|(range, _)| range.end <= offset);
        let (range, span) = self.origins.get(index).filter(|(range, _)| range.contains(&offset))?;
        let is_literal = range.len() == span.range().len() && self.text.get(range.clone()) == Some(span.text());
        let at = span.start as usize + (offset - range.start);
        Some(if is_literal { Span::new(&span.file, at..at) } else { span.clone() })
    }
}

/// What a macro call gave.
#[derive(Clone, Debug, Default)]
pub struct Called {
    /// What it returned, or the text it rendered.
    pub value: Json,
    /// The rows, where it returned a table.
    pub table: Option<Table>,
    /// Text handed to `write`: the statement a materialization ran, for `target/run`.
    pub written: Option<String>,
    /// Relations a materialization returned under `relations`.
    pub relations: Vec<Relation>,
    /// Statements by name: `main` of a materialization, with its response and rows.
    pub statements: BTreeMap<String, Answer>,
}

/// Fills the table of a seed from its file, in one step.
pub trait SeedLoader: Send + Sync {
    /// # Errors
    /// The file is wrong, or the warehouse refuses it; the table is as before.
    fn load(&self, scope: &RunScope, relation: &Relation) -> Result<Answer, Box<Diagnostic>>;
}
