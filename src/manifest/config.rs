//! A node's resolved config, and the closed lists of values we act on.

use std::sync::Arc;

pub type Json = serde_json::Value;
/// Keeps the order of insertion, as dbt's dictionaries do.
pub type JsonMap = serde_json::Map<String, Json>;

/// The config of one node after every level was merged: dbt's keys with their defaults, and the project's own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NodeConfig {
    /// Shared: thousands of tests have one and the same config.
    pub values: Arc<JsonMap>,
}

impl NodeConfig {
    pub fn new(values: impl Into<Arc<JsonMap>>) -> Self {
        Self { values: values.into() }
    }

    /// The value of a key; a null counts as absent.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.values.get(key).filter(|value| !value.is_null())
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Json::as_str)
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(Json::as_bool)
    }

    pub fn is_enabled(&self) -> bool {
        self.flag("enabled").unwrap_or(true)
    }

    pub fn materialization(&self) -> Materialization {
        Materialization::from_name(self.text("materialized").unwrap_or("view"))
    }

    /// One text or a list of texts, as `tags` and `unique_key` may be written.
    pub fn texts(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            Some(Json::String(text)) => vec![text.clone()],
            Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).map(str::to_string).collect(),
            _ => Vec::new(),
        }
    }

    pub fn tags(&self) -> Vec<String> {
        self.texts("tags")
    }

    /// `full_refresh` of the node, if it has an opinion.
    pub fn full_refresh(&self) -> Option<bool> {
        self.flag("full_refresh")
    }
}

/// How a node becomes something in the warehouse. A project may define its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Materialization {
    View,
    Table,
    Incremental,
    Ephemeral,
    Seed,
    Snapshot,
    Test,
    Unit,
    MaterializedView,
    Function,
    Custom(String),
}

impl Materialization {
    pub fn from_name(name: &str) -> Self {
        match name {
            "view" => Self::View,
            "table" => Self::Table,
            "incremental" => Self::Incremental,
            "ephemeral" => Self::Ephemeral,
            "seed" => Self::Seed,
            "snapshot" => Self::Snapshot,
            "test" => Self::Test,
            "unit" => Self::Unit,
            "materialized_view" => Self::MaterializedView,
            "function" => Self::Function,
            other => Self::Custom(other.to_string()),
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::View => "view",
            Self::Table => "table",
            Self::Incremental => "incremental",
            Self::Ephemeral => "ephemeral",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::Unit => "unit",
            Self::MaterializedView => "materialized_view",
            Self::Function => "function",
            Self::Custom(name) => name,
        }
    }
}

/// What an incremental model does when its columns changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnSchemaChange {
    Ignore,
    Fail,
    AppendNewColumns,
    SyncAllColumns,
}

/// Who may `ref` a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Private,
    Protected,
    Public,
}

impl Access {
    pub fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Protected => "protected",
            Self::Public => "public",
        }
    }
}
