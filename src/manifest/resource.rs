//! Resources that are not compiled: raw tables, unit tests, exposures, macros, docs, groups.

use std::sync::Arc;

use indexmap::IndexMap;

use super::{ColumnFacts, DependsOn, Json, JsonMap, NodeConfig, RefCall, SourceCall, UniqueId};
use crate::source::{SourceFile, Span};

/// A raw table declared in yml.
#[derive(Clone, Debug)]
pub struct SourceTable {
    pub unique_id: UniqueId,
    pub package_name: String,
    pub source_name: String,
    pub name: String,
    pub identifier: String,
    pub database: Option<String>,
    pub schema: String,
    pub relation_name: String,
    pub path: String,
    pub original_file_path: String,
    pub fqn: Vec<String>,
    pub source_description: String,
    pub description: String,
    pub doc_blocks: Vec<UniqueId>,
    pub loader: String,
    pub columns: IndexMap<String, ColumnFacts>,
    pub config: NodeConfig,
    pub unrendered_config: JsonMap,
    /// As written, with dbt's defaults filled in.
    pub quoting: JsonMap,
    pub meta: JsonMap,
    pub source_meta: JsonMap,
    pub tags: Vec<String>,
    pub freshness: Option<Freshness>,
    pub loaded_at_field: Option<String>,
    pub loaded_at_query: Option<String>,
    pub external: Option<Json>,
    /// The properties file of an override of this source.
    pub patch_path: Option<String>,
    /// `database` and `schema` of the source before their Jinja was rendered.
    pub unrendered_database: Option<String>,
    pub unrendered_schema: Option<String>,
    pub created_at: f64,
    pub span: Span,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Freshness {
    pub warn_after: Option<FreshnessThreshold>,
    pub error_after: Option<FreshnessThreshold>,
    pub filter: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct FreshnessThreshold {
    pub count: i64,
    /// `minute`, `hour` or `day`.
    pub period: String,
}

#[derive(Clone, Debug)]
pub struct UnitTest {
    pub unique_id: UniqueId,
    pub name: String,
    pub package_name: String,
    /// Name of the model under test.
    pub model: String,
    pub path: String,
    pub original_file_path: String,
    pub fqn: Vec<String>,
    pub description: String,
    pub given: Vec<Fixture>,
    pub expect: Fixture,
    /// `macros`, `vars`, `env_vars`, as written.
    pub overrides: JsonMap,
    pub versions: Option<Json>,
    pub version: Option<Json>,
    pub config: NodeConfig,
    pub depends_on: DependsOn,
    pub schema: String,
    pub created_at: f64,
    pub checksum: Option<String>,
    pub span: Span,
}

/// Rows of a unit test.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// `ref('x')`, `source('a', 'b')` or `this`; empty for `expect`.
    pub input: String,
    pub format: FixtureFormat,
    /// A list of objects for `dict`, a text for `csv` and `sql`; read from the fixture file where one is named.
    pub rows: Json,
    pub fixture: Option<String>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FixtureFormat {
    Dict,
    Csv,
    Sql,
}

impl FixtureFormat {
    pub fn name(self) -> &'static str {
        match self {
            Self::Dict => "dict",
            Self::Csv => "csv",
            Self::Sql => "sql",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Exposure {
    pub unique_id: UniqueId,
    pub name: String,
    pub package_name: String,
    pub kind: String,
    pub label: Option<String>,
    pub owner: JsonMap,
    pub maturity: Option<String>,
    pub url: Option<String>,
    pub description: String,
    pub path: String,
    pub original_file_path: String,
    pub fqn: Vec<String>,
    pub config: NodeConfig,
    pub unrendered_config: JsonMap,
    pub meta: JsonMap,
    pub tags: Vec<String>,
    pub refs: Vec<RefCall>,
    pub sources: Vec<SourceCall>,
    pub metrics: Vec<Vec<String>>,
    pub depends_on: DependsOn,
    pub created_at: f64,
    pub span: Span,
}

/// One `{% macro %}`, `{% test %}` or `{% materialization %}` block.
#[derive(Clone, Debug)]
pub struct Macro {
    pub unique_id: UniqueId,
    /// With dbt's prefix: `test_unique`, `materialization_table_duckdb`.
    pub name: String,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub file: Arc<SourceFile>,
    /// The whole block, tags included.
    pub block: Span,
    /// Just the name in the opening tag.
    pub name_span: Span,
    /// Names and default expressions in the order of the signature.
    pub signature: Vec<(String, Option<String>)>,
    /// Where each name of the signature stands.
    pub argument_spans: Vec<Span>,
    /// Macros it may call, by id.
    pub depends_on: Vec<UniqueId>,
    pub description: String,
    pub meta: JsonMap,
    pub docs: JsonMap,
    pub patch_path: Option<String>,
    pub arguments: Vec<MacroArgument>,
    pub config: JsonMap,
    pub created_at: f64,
    /// For materializations: `sql`, `python`.
    pub supported_languages: Option<Vec<String>>,
}

#[derive(Clone, Debug)]
pub struct MacroArgument {
    pub name: String,
    pub kind: Option<String>,
    pub description: String,
}

/// A `{% docs %}` block.
#[derive(Clone, Debug)]
pub struct Doc {
    pub unique_id: UniqueId,
    pub name: String,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub contents: String,
}

#[derive(Clone, Debug)]
pub struct Group {
    pub unique_id: UniqueId,
    pub name: String,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub owner: JsonMap,
    pub description: Option<String>,
    pub config: JsonMap,
}

/// A resource that is read and kept, but not run: metric, semantic model, saved query.
#[derive(Clone, Debug)]
pub struct OtherResource {
    pub unique_id: UniqueId,
    /// dbt's `resource_type`: `metric`, `semantic_model`, `saved_query`.
    pub resource_type: &'static str,
    pub name: String,
    pub package_name: String,
    pub path: String,
    pub original_file_path: String,
    pub fqn: Vec<String>,
    pub config: NodeConfig,
    pub tags: Vec<String>,
    pub refs: Vec<RefCall>,
    pub depends_on: DependsOn,
    /// All of its properties, in the shape of manifest.json.
    pub body: JsonMap,
    pub created_at: f64,
    pub span: Span,
}
