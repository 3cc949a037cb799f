//! YAML with positions: every key and value knows its place, so that every complaint can point.
//!
//! Scalars follow YAML 1.1 as PyYAML reads it (`yes` is true, `0o17` is text, `012` is 10), since dbt does.

mod build;
mod lenient;
mod scalar;
mod slip;
mod timestamp;

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::manifest::Json;
use crate::source::{SourceFile, Span};

/// One YAML document and the file it came from.
#[derive(Clone)]
pub struct YamlFile {
    pub file: Arc<SourceFile>,
    /// Null for an empty file.
    pub root: Yaml,
    /// What was read, but is hardly meant: `duplicate-key`.
    pub warnings: Vec<Diagnostic>,
}

impl YamlFile {
    /// Reads the one document of a file.
    ///
    /// # Errors
    /// `yaml-syntax`, pointing at the slip where it is a usual one, else at the place the parser gave up.
    pub fn parse(file: &Arc<SourceFile>) -> Result<Self, Box<Diagnostic>> {
        build::build(file)
    }

    pub fn span(&self, node: &Yaml) -> Span {
        Span::new(&self.file, node.start as usize..node.end as usize)
    }
}

/// A value and the bytes it was written with.
#[derive(Clone, Debug, PartialEq)]
pub struct Yaml {
    pub start: u32,
    pub end: u32,
    pub kind: YamlKind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum YamlKind {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    /// Dates and timestamps as Python's `str` writes them: what a template sees of them.
    Date(String),
    List(Vec<Yaml>),
    /// In written order; merge keys resolved; a repeated key keeps its last value.
    Map(Vec<(Yaml, Yaml)>),
}

impl Yaml {
    /// The value under a text key.
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.entries().iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// Entries of a map; empty for anything else.
    pub fn entries(&self) -> &[(Yaml, Yaml)] {
        match &self.kind {
            YamlKind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// Items of a list; empty for anything else.
    pub fn items(&self) -> &[Yaml] {
        match &self.kind {
            YamlKind::List(items) => items,
            _ => &[],
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            YamlKind::Text(text) | YamlKind::Date(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self.kind {
            YamlKind::Bool(value) => Some(value),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        self.kind == YamlKind::Null
    }

    /// Plain data, positions forgotten. Timestamps are as in JSON: dbt writes them with a `T`.
    pub fn to_json(&self) -> Json {
        match &self.kind {
            YamlKind::Date(text) => Json::from(text.replacen(' ', "T", 1)),
            YamlKind::Null => Json::Null,
            YamlKind::Bool(value) => Json::from(*value),
            YamlKind::Int(value) => Json::from(*value),
            YamlKind::Float(value) => Json::from(*value),
            YamlKind::Text(text) => Json::from(text.as_str()),
            YamlKind::List(items) => items.iter().map(Yaml::to_json).collect(),
            YamlKind::Map(entries) => {
                Json::Object(entries.iter().map(|(key, value)| (key.key_text(), value.to_json())).collect())
            }
        }
    }

    /// A key as text: `1: x` has the key `1`.
    pub fn key_text(&self) -> String {
        match &self.kind {
            YamlKind::Text(text) | YamlKind::Date(text) => text.clone(),
            _ => self.to_json().to_string(),
        }
    }
}
