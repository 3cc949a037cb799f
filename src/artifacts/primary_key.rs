//! What identifies a row of each model, as its constraints and tests tell.
//! Source: dbt-core 1.12, `ModelNode.infer_primary_key`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::manifest::{DataTest, Disabled, Json, Manifest, Node, NodeKind, TestScope, UniqueId};

/// Columns that tests speak of, for one model.
#[derive(Default)]
struct Tested {
    unique: BTreeSet<String>,
    unique_but_disabled: BTreeSet<String>,
    not_null: BTreeSet<String>,
}

/// Columns of each model's key; models without one are left out.
pub(super) fn primary_keys(manifest: &Manifest) -> BTreeMap<&UniqueId, Vec<String>> {
    let mut tested: HashMap<&UniqueId, Tested> = HashMap::new();
    let disabled = manifest.disabled.values().flatten().filter_map(|disabled| match disabled {
        Disabled::Node(node) => Some((&**node, false)),
        Disabled::Source(_) | Disabled::Exposure(_) | Disabled::UnitTest(_) | Disabled::Other(_) => None,
    });
    let enabled = manifest.nodes.values().map(|node| (&**node, true));
    for (node, is_enabled) in enabled.chain(disabled) {
        if let NodeKind::DataTest(DataTest { generic: Some(scope) }) = &node.kind
            && let Some(model) = &scope.attached_node
        {
            tested.entry(model).or_default().add(scope, is_enabled);
        }
    }
    let keys = manifest.nodes.iter().map(|(id, node)| (id, primary_key(node, tested.get(id))));
    keys.filter(|(_, columns)| !columns.is_empty()).collect()
}

impl Tested {
    fn add(&mut self, scope: &TestScope, is_enabled: bool) {
        let columns = match (scope.kwargs.get("column_name"), scope.kwargs.get("combination_of_columns")) {
            (Some(Json::String(column)), _) => vec![column.clone()],
            (_, Some(Json::Array(columns))) => columns.iter().filter_map(Json::as_str).map(str::to_string).collect(),
            (_, _) => return,
        };
        match (scope.name.as_str(), is_enabled) {
            ("unique" | "unique_combination_of_columns", true) => self.unique.extend(columns),
            ("unique" | "unique_combination_of_columns", false) => self.unique_but_disabled.extend(columns),
            ("not_null", _) => self.not_null.extend(columns),
            (_, _) => {}
        }
    }

    fn key(&self) -> Vec<String> {
        let is_unique = |column: &&String| self.unique.contains(*column) || self.unique_but_disabled.contains(*column);
        let unique_and_filled: Vec<String> = self.not_null.iter().filter(is_unique).cloned().collect();
        if !unique_and_filled.is_empty() {
            unique_and_filled
        } else if !self.unique.is_empty() {
            self.unique.iter().cloned().collect()
        } else {
            self.unique_but_disabled.iter().cloned().collect()
        }
    }
}

/// Constraints of the model, then of a column, then tests.
fn primary_key(node: &Node, tested: Option<&Tested>) -> Vec<String> {
    let NodeKind::Model(model) = &node.kind else { return Vec::new() };
    let is_key = |constraint: &&Json| constraint.get("type").and_then(Json::as_str) == Some("primary_key");
    if let Some(constraint) = model.constraints.iter().find(is_key) {
        let columns = constraint.get("columns").and_then(Json::as_array);
        return columns.into_iter().flatten().filter_map(Json::as_str).map(str::to_string).collect();
    }
    let column = node.columns.values().find(|column| column.constraints.iter().any(|constraint| is_key(&constraint)));
    match column {
        Some(column) => vec![column.name.clone()],
        None => tested.map(Tested::key).unwrap_or_default(),
    }
}
