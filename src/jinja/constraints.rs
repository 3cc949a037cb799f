//! Constraints of a contract as the warehouse writes them in `create table`.

use std::sync::Arc;

use minijinja::Error;
use minijinja::value::Value;

use super::adapter_object::refuse;
use super::errors::Raised;
use super::scope::Scope;
use super::values::{List, python_str, to_json};
use crate::manifest::{Json, JsonMap};
use crate::relation::{AdapterKind, quoted};

/// One line per column: name, type, constraints.
pub(super) fn of_columns(scope: &Arc<Scope>, columns: &Value) -> Result<Value, Error> {
    let kind = scope.project.kind;
    let mut lines = Vec::new();
    for (_, column) in super::values::pairs(columns)? {
        let Json::Object(column) = to_json(&column) else { continue };
        let text = |key: &str| column.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
        let is_quoted = column.get("quote").and_then(Json::as_bool).unwrap_or(false);
        let name = if is_quoted { quoted(&text("name"), kind.quote()) } else { text("name") };
        let mut line = format!("{name} {}", text("data_type"));
        let constraints = column.get("constraints").and_then(Json::as_array).into_iter().flatten();
        for constraint in constraints.filter_map(Json::as_object) {
            if let Some(sql) = column_constraint(scope, constraint)? {
                line.push(' ');
                line.push_str(&sql);
            }
        }
        lines.push(Value::from(line));
    }
    Ok(List::value(lines))
}

/// One line per constraint of the model as a whole.
pub(super) fn of_model(scope: &Arc<Scope>, constraints: &Value) -> Result<Value, Error> {
    let mut lines = Vec::new();
    for constraint in constraints.try_iter()? {
        let Json::Object(constraint) = to_json(&constraint) else { continue };
        if let Some(sql) = model_constraint(scope, &constraint)? {
            lines.push(Value::from(sql));
        }
    }
    Ok(List::value(lines))
}

struct Facts<'a> {
    kind: &'a str,
    expression: &'a str,
    to: Option<String>,
    to_columns: String,
    columns: String,
    name: Option<&'a str>,
}

impl<'a> Facts<'a> {
    fn of(scope: &Arc<Scope>, constraint: &'a JsonMap) -> Result<Self, Error> {
        let text = |key: &str| constraint.get(key).and_then(Json::as_str);
        let list = |key: &str| {
            let items = constraint.get(key).and_then(Json::as_array).into_iter().flatten();
            items.filter_map(Json::as_str).collect::<Vec<_>>().join(", ")
        };
        let to = text("to").map(|to| resolved(scope, to)).transpose()?;
        Ok(Self {
            kind: text("type").unwrap_or_default(),
            expression: text("expression").unwrap_or_default(),
            to,
            to_columns: list("to_columns"),
            columns: list("columns"),
            name: text("name"),
        })
    }

    fn references(&self) -> String {
        match &self.to {
            Some(to) => format!("references {to} ({})", self.to_columns),
            None => format!("references {}", self.expression),
        }
    }
}

/// What a foreign key points to: `ref('areas')` and `source('raw', 'areas')` by the relation's name, else as written.
fn resolved(scope: &Arc<Scope>, to: &str) -> Result<String, Error> {
    if !to.starts_with("ref(") && !to.starts_with("source(") {
        return Ok(to.to_string());
    }
    // DuckDB's foreign keys stay within a database and must not name it.
    let shown = match scope.project.kind {
        AdapterKind::DuckDb => format!("{{{{ {to}.include(database=false) }}}}"),
        AdapterKind::BigQuery => format!("{{{{ {to} }}}}"),
    };
    scope.engine.render_text(scope, &shown).map_err(|problem| Raised::error(*problem))
}

/// BigQuery keeps keys for the optimizer and enforces none; it has no unique and no check.
fn suffix(kind: AdapterKind) -> &'static str {
    match kind {
        AdapterKind::DuckDb => "",
        AdapterKind::BigQuery => " not enforced",
    }
}

fn column_constraint(scope: &Arc<Scope>, constraint: &JsonMap) -> Result<Option<String>, Error> {
    let kind = scope.project.kind;
    let facts = Facts::of(scope, constraint)?;
    let with_expression = |sql: &str| format!("{sql} {}", facts.expression).trim_end().to_string();
    Ok(match (facts.kind, kind) {
        ("not_null", _) => Some(with_expression("not null")),
        ("check" | "unique", AdapterKind::BigQuery) => None,
        ("check", AdapterKind::DuckDb) => Some(format!("check ({})", facts.expression)),
        ("unique", AdapterKind::DuckDb) => Some(with_expression("unique")),
        ("primary_key", _) => Some(with_expression(&format!("primary key{}", suffix(kind)))),
        ("foreign_key", _) => Some(format!("{}{}", facts.references(), suffix(kind))),
        ("custom", _) => Some(facts.expression.to_string()),
        (other, _) => return Err(unknown(other)),
    })
}

fn model_constraint(scope: &Arc<Scope>, constraint: &JsonMap) -> Result<Option<String>, Error> {
    let kind = scope.project.kind;
    let facts = Facts::of(scope, constraint)?;
    let prefix = facts.name.map_or(String::new(), |name| format!("constraint {name} "));
    let body = match (facts.kind, kind) {
        ("check" | "unique", AdapterKind::BigQuery) | ("not_null", _) => return Ok(None),
        ("check", AdapterKind::DuckDb) => format!("check ({})", facts.expression),
        ("unique", AdapterKind::DuckDb) => format!("unique ({})", facts.columns),
        ("primary_key", _) => format!("primary key ({}){}", facts.columns, suffix(kind)),
        ("foreign_key", _) => format!("foreign key ({}) {}{}", facts.columns, facts.references(), suffix(kind)),
        ("custom", _) => facts.expression.to_string(),
        (other, _) => return Err(unknown(other)),
    };
    Ok(Some(format!("{prefix}{body}")))
}

fn unknown(kind: &str) -> Error {
    let kind = python_str(&Value::from(kind));
    refuse(
        "contract",
        format!("`type: {kind}` is not a constraint: use check, not_null, unique, primary_key, foreign_key or custom"),
    )
}
