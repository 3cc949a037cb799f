//! Constraints and contracts as manifest.json holds them, and the checksum that tells whether a contract changed.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::{Json, JsonMap, Materialization, Node, NodeKind, python};

/// Column constraints with every key dbt writes.
pub fn column_constraints(written: &[Json]) -> Vec<JsonMap> {
    written.iter().map(|constraint| complete(constraint, false)).collect()
}

/// Model constraints: a column constraint's keys, and the columns.
pub fn model_constraints(written: &[Json]) -> Vec<JsonMap> {
    written.iter().map(|constraint| complete(constraint, true)).collect()
}

fn complete(written: &Json, has_columns: bool) -> JsonMap {
    let mut map = JsonMap::new();
    let mut put = |key: &str, default: Json| {
        let value = written.get(key).cloned().unwrap_or(default);
        map.insert(key.to_string(), value);
    };
    put("type", Json::Null);
    put("name", Json::Null);
    put("expression", Json::Null);
    put("warn_unenforced", Json::Bool(true));
    put("warn_unsupported", Json::Bool(true));
    put("to", Json::Null);
    put("to_columns", Json::Array(Vec::new()));
    if has_columns {
        put("columns", Json::Array(Vec::new()));
    }
    map
}

/// Changes when a column, its type or an enforced constraint changes; `None` where no contract is enforced.
///
/// Equal to dbt's, so that `state:modified.contract` can compare with a manifest that dbt wrote. dbt hashes the
/// Python spelling of its constraint objects, which is therefore written out here.
pub fn contract_checksum(node: &Node) -> Option<String> {
    let NodeKind::Model(model) = &node.kind else { return None };
    let contract = node.config.get("contract")?;
    if contract.get("enforced").and_then(Json::as_bool) != Some(true) {
        return None;
    }
    let mut columns: Vec<_> = node.columns.values().collect();
    columns.sort_by(|a, b| a.name.cmp(&b.name));
    let mut state = String::new();
    for column in columns {
        let data_type = column.data_type.as_deref().unwrap_or("None");
        let constraints = python_list(&column_constraints(&column.constraints), "ColumnLevelConstraint");
        write!(state, "|{}{data_type}{constraints}", column.name).expect("writing to a string");
    }
    let materialization = node.config.materialization();
    if matches!(materialization, Materialization::Table | Materialization::Incremental) {
        state.push_str(materialization.name());
        state.push_str(&python_list(&model_constraints(&model.constraints), "ModelLevelConstraint"));
    }
    let mut hexadecimal = String::with_capacity(64);
    for byte in Sha256::digest(state.as_bytes()) {
        write!(hexadecimal, "{byte:02x}").expect("writing to a string");
    }
    Some(hexadecimal)
}

fn python_list(constraints: &[JsonMap], class: &str) -> String {
    let written: Vec<_> = constraints
        .iter()
        .map(|constraint| {
            let fields: Vec<_> = constraint.iter().map(|(key, value)| format!("{key}={}", field(key, value))).collect();
            format!("{class}({})", fields.join(", "))
        })
        .collect();
    format!("[{}]", written.join(", "))
}

fn field(key: &str, value: &Json) -> String {
    match value {
        Json::String(kind) if key == "type" => format!("<ConstraintType.{kind}: '{kind}'>"),
        value => python::repr(value),
    }
}
