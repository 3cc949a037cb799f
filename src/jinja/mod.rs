//! The language room: dbt's Jinja on stock minijinja. Jinja values stay in here.
//!
//! [`Engine`] is built once per session from the macros of all packages. `parse` asks it what a text refers to
//! ([`Engine::capture`]); `execute` has it render a node against a live session ([`Engine::compile`]) and run
//! macros ([`Engine::call`]).

use std::sync::Arc;

use crate::adapter::Session;
use crate::diagnostic::Diagnostic;
use crate::event::{EventSender, RunResult};
use crate::manifest::{Json, JsonMap, Macro, Manifest, Node, RefCall, SourceCall, UniqueId};
use crate::project::Project;
use crate::relation::Relation;
use crate::source::Span;

/// Macros of all packages, the built-in ones included, compiled and ready to be called.
pub struct Engine {
    _private: (),
}

impl Engine {
    /// Reads every macro block of the project's packages and of the built-in library.
    ///
    /// # Errors
    /// Nothing is returned as an error: a macro file that does not parse is reported in the second half, and its
    /// macros are missing.
    pub fn new(project: &Project) -> (Arc<Self>, Vec<Diagnostic>) {
        let _ = project;
        unimplemented!("written next")
    }

    /// Every macro, by unique id: `macro.package.name`.
    pub fn macros(&self) -> impl Iterator<Item = &Arc<Macro>> {
        std::iter::empty()
    }

    /// The macro a generic test name means, as seen from `package`: `test_unique`.
    pub fn generic_test(&self, name: &str, namespace: Option<&str>, package: &str) -> Option<&Arc<Macro>> {
        let (_, _, _) = (name, namespace, package);
        None
    }

    /// What a text refers to and configures, found by rendering it with `execute` false (or without rendering,
    /// where it uses nothing but plain `ref`, `source`, `config`, `var`).
    ///
    /// # Errors
    /// The Jinja is wrong, or a macro raised a compiler error.
    pub fn capture(&self, request: &CaptureRequest<'_>) -> Result<Captured, Box<Diagnostic>> {
        let _ = request;
        unimplemented!("written next")
    }

    /// `generate_schema_name`, `generate_alias_name`, `generate_database_name`: the project's own macro if it has
    /// one. `node` is what the macro sees as its `node` argument (manifest.json shape, may be partial).
    ///
    /// # Errors
    /// The macro failed.
    pub fn generate_name(
        &self,
        kind: NameKind,
        custom: Option<&str>,
        node: &JsonMap,
        package: &str,
    ) -> Result<String, Box<Diagnostic>> {
        let (_, _, _, _) = (kind, custom, node, package);
        unimplemented!("written next")
    }

    /// Renders a node's code for the warehouse. Ephemeral parents are not yet inlined.
    ///
    /// # Errors
    /// The Jinja is wrong, a macro raised, or the warehouse refused a query of the template.
    pub fn compile(&self, scope: &RunScope) -> Result<Rendered, Box<Diagnostic>> {
        let _ = scope;
        unimplemented!("written next")
    }

    /// Calls a macro by name (package-qualified or not) with named arguments, as `run-operation` and the
    /// materializations do.
    ///
    /// # Errors
    /// As `compile`; `not-found` when there is no such macro.
    pub fn call(&self, scope: &RunScope, name: &str, arguments: JsonMap) -> Result<Called, Box<Diagnostic>> {
        let (_, _, _) = (scope, name, arguments);
        unimplemented!("written next")
    }
}

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
    /// Values passed to the text by name, such as the arguments of a generic test.
    pub arguments: Option<&'a JsonMap>,
}

/// What a text refers to and configures.
#[derive(Clone, Debug, Default)]
pub struct Captured {
    pub refs: Vec<RefCall>,
    pub sources: Vec<SourceCall>,
    pub metrics: Vec<Vec<String>>,
    /// Each `config(…)` call's arguments, rendered, in order.
    pub configs: Vec<JsonMap>,
    /// Each `config(…)` call's arguments as written, where they could be read from the text.
    pub unrendered_configs: Vec<JsonMap>,
    /// Macros called, built-in ones included, each once, in order of first call.
    pub macros: Vec<UniqueId>,
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
    /// Package the text belongs to.
    pub package: String,
    /// What to render: the node's own code, or a hook, or inline SQL.
    pub code: Span,
    /// Compiled SQL of the node, once there is one: `sql` and `compiled_code` in materializations.
    pub compiled_code: Option<Arc<str>>,
    /// Relations that stand in for `ref`/`source` (unit tests, `--empty`, `--defer`), by unique id.
    pub replacements: Arc<std::collections::BTreeMap<UniqueId, Relation>>,
    /// Overrides of a unit test: `macros`, `vars`, `env_vars`.
    pub overrides: Option<Arc<JsonMap>>,
    /// Ids selected in this run: `selected_resources`.
    pub selected: Arc<Vec<UniqueId>>,
    /// For `on-run-end`: how the nodes went, and the schemas they lie in.
    pub results: Option<Arc<Vec<Arc<RunResult>>>>,
}

/// Rendered text, and where each part of it came from.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    pub text: String,
    /// Disjoint ranges of `text`, in order, with the place each was written at.
    pub origins: Vec<(std::ops::Range<usize>, Span)>,
}

impl Rendered {
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
    /// Relations a materialization returned under `relations`.
    pub relations: Vec<Relation>,
    /// Statements by name: `main` of a materialization, with its response and rows.
    pub statements: std::collections::BTreeMap<String, crate::adapter::Answer>,
}
