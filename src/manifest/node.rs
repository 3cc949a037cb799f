//! Nodes: the resources that compile to SQL.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{Access, Json, JsonMap, Materialization, NodeConfig, UniqueId};
use crate::source::{SourceFile, Span};

/// One model, seed, snapshot, data test, analysis, hook or function.
#[derive(Clone, Debug)]
pub struct Node {
    pub unique_id: UniqueId,
    pub name: String,
    pub package_name: String,
    /// Relative to its resource folder: `staging/stg_crime.sql`.
    pub path: String,
    /// Relative to its package: `models/staging/stg_crime.sql`.
    pub original_file_path: String,
    pub fqn: Vec<String>,
    pub alias: String,
    pub database: Option<String>,
    pub schema: String,
    /// Rendered name in the warehouse; `None` where there is no relation (tests, ephemerals).
    pub relation_name: Option<String>,
    /// The text that is rendered. For SQL files, the file itself (a snapshot block is a span of it).
    pub file: Arc<SourceFile>,
    /// Part of `file` that is this node's code; the whole file for models.
    pub code: Span,
    pub config: NodeConfig,
    /// Config calls and yml config as written, before rendering and merging.
    pub unrendered_config: JsonMap,
    pub description: String,
    pub columns: IndexMap<String, ColumnFacts>,
    pub meta: JsonMap,
    /// Tags of the config; a generic test also has those of its column.
    pub tags: Vec<String>,
    /// Docs blocks that the description was made of.
    pub doc_blocks: Vec<UniqueId>,
    /// `package://path/of/properties.yml` that describes the node.
    pub patch_path: Option<String>,
    /// Where the yml entry describing the node stands.
    pub patch_span: Option<Span>,
    pub refs: Vec<RefCall>,
    pub sources: Vec<SourceCall>,
    pub metrics: Vec<Vec<String>>,
    /// Every `function(…)` of the code; none has a version.
    pub functions: Vec<RefCall>,
    pub depends_on: DependsOn,
    /// SHA-256 of the code in dbt's way, hexadecimal; empty where dbt has none.
    pub checksum: String,
    /// Shared: most have the defaults.
    pub docs: Arc<JsonMap>,
    pub group: Option<String>,
    /// Seconds since the epoch.
    pub created_at: f64,
    pub kind: NodeKind,
}

impl Node {
    /// The code as dbt keeps it: without white space at either end, and nothing for seeds.
    pub fn raw_code(&self) -> &str {
        match self.kind {
            NodeKind::Seed(_) => "",
            // A block's own white space belongs to the snapshot; a file's ends do not.
            NodeKind::Snapshot => self.code.text(),
            NodeKind::Model(_)
            | NodeKind::DataTest(_)
            | NodeKind::Analysis
            | NodeKind::Hook(_)
            | NodeKind::Function(_) => self.code.text().trim(),
        }
    }

    pub fn language(&self) -> &'static str {
        match self.original_file_path.rsplit('.').next() {
            Some("py") => "python",
            Some("js") => "javascript",
            Some(_) | None => "sql",
        }
    }

    pub fn is_ephemeral(&self) -> bool {
        matches!(self.kind, NodeKind::Model(_)) && self.config.materialization() == Materialization::Ephemeral
    }
}

impl Node {
    /// Where a generic test is declared.
    pub fn declaration(&self) -> Option<&Span> {
        match &self.kind {
            NodeKind::DataTest(test) => test.generic.as_ref().map(|generic| &generic.span),
            NodeKind::Model(_)
            | NodeKind::Seed(_)
            | NodeKind::Snapshot
            | NodeKind::Analysis
            | NodeKind::Hook(_)
            | NodeKind::Function(_) => None,
        }
    }

    /// Where its author wrote it: a generic test in its yml, anything else where it begins.
    pub fn declared_at(&self) -> Span {
        self.declaration().cloned().unwrap_or_else(|| self.place())
    }

    /// Where it begins: in its file, or in its entry of the properties where it has no file of its own.
    pub fn place(&self) -> Span {
        let entry = self.patch_span.as_ref().filter(|_| self.file.is_made_up());
        entry.cloned().unwrap_or_else(|| Span::start_of(&self.file))
    }
}

#[derive(Clone, Debug)]
pub enum NodeKind {
    Model(ModelFacts),
    Seed(SeedFacts),
    Snapshot,
    DataTest(DataTest),
    Analysis,
    Hook(HookFacts),
    Function(FunctionFacts),
}

impl NodeKind {
    /// dbt's `resource_type`.
    pub fn resource_type(&self) -> &'static str {
        match self {
            Self::Model(_) => "model",
            Self::Seed(_) => "seed",
            Self::Snapshot => "snapshot",
            Self::DataTest(_) => "test",
            Self::Analysis => "analysis",
            Self::Hook(_) => "operation",
            Self::Function(_) => "function",
        }
    }
}

#[derive(Clone, Debug)]
pub struct ModelFacts {
    pub access: Access,
    /// As written: a number or a text.
    pub version: Option<Json>,
    pub latest_version: Option<Json>,
    pub deprecation_date: Option<String>,
    /// Model-level constraints, as written.
    pub constraints: Vec<Json>,
    pub time_spine: Option<Json>,
}

#[derive(Clone, Debug)]
pub struct SeedFacts {
    /// Root folder of the package the file lies in.
    pub root_path: String,
}

#[derive(Clone, Debug)]
pub struct DataTest {
    /// `None` for singular tests.
    pub generic: Option<TestScope>,
}

/// What a generic test was declared on.
#[derive(Clone, Debug)]
pub struct TestScope {
    /// `unique`, `not_null`, …, without the namespace.
    pub name: String,
    /// `dbt_utils` in `dbt_utils.unique_combination`.
    pub namespace: Option<String>,
    /// Arguments as written, `model` and `column_name` included, `model` as `{{ get_where_subquery(…) }}`.
    pub kwargs: JsonMap,
    pub column_name: Option<String>,
    /// The model, seed, snapshot or source table it was declared on.
    pub attached_node: Option<UniqueId>,
    pub file_key_name: Option<String>,
    /// Where it stands in the yml.
    pub span: Span,
}

/// An `on-run-start` or `on-run-end` hook.
#[derive(Clone, Debug)]
pub struct HookFacts {
    pub is_start: bool,
    pub index: usize,
}

/// A user-defined function's signature, in manifest.json's shape.
#[derive(Clone, Debug)]
pub struct FunctionFacts {
    /// Objects with `name`, `data_type`, `description` and `default_value`.
    pub arguments: Vec<Json>,
    /// `data_type` and `description`; `None` where no yml describes the function.
    pub returns: Option<Json>,
    pub overloads: Vec<FunctionOverload>,
}

/// The same name with other arguments; its body is a file of its own.
#[derive(Clone, Debug)]
pub struct FunctionOverload {
    pub defined_in: String,
    pub arguments: Vec<Json>,
    /// `None`: what the function itself returns.
    pub returns: Option<Json>,
    pub description: Option<String>,
    pub code: Span,
}

#[derive(Clone, Debug, Default)]
pub struct DependsOn {
    pub nodes: Vec<UniqueId>,
    pub macros: Vec<UniqueId>,
}

/// One `ref(…)` or `function(…)` in the code.
#[derive(Clone, Debug)]
pub struct RefCall {
    pub package: Option<String>,
    pub name: String,
    pub version: Option<Json>,
    pub span: Option<Span>,
}

/// One `source(…, …)` in the code.
#[derive(Clone, Debug)]
pub struct SourceCall {
    pub source: String,
    pub table: String,
    pub span: Option<Span>,
}

/// A column as the yml describes it.
#[derive(Clone, Debug, Default)]
pub struct ColumnFacts {
    pub name: String,
    pub description: String,
    pub doc_blocks: Vec<UniqueId>,
    pub data_type: Option<String>,
    pub meta: JsonMap,
    pub tags: Vec<String>,
    pub constraints: Vec<Json>,
    pub quote: Option<bool>,
    pub granularity: Option<String>,
    /// `policy_tags`, `config` and whatever else was written.
    pub extra: JsonMap,
    pub span: Option<Span>,
}
