//! What identifies a row of each model, as its constraints and tests tell.
//! Source: dbt-core 1.12, `ModelNode.infer_primary_key`.

use std::collections::BTreeSet;

use crate::manifest::{ById, DataTest, Disabled, Json, Manifest, Node, NodeKind, TestScope, UniqueId};

/// Columns that tests speak of, for one model.
#[derive(Default)]
struct Tested<'a> {
    unique: BTreeSet<&'a str>,
    unique_but_disabled: BTreeSet<&'a str>,
    not_null: BTreeSet<&'a str>,
}

/// Columns of each model's key; models without one are left out.
pub(super) fn primary_keys(manifest: &Manifest) -> ById<&UniqueId, Vec<String>> {
    let mut tested: ById<&UniqueId, Tested<'_>> = ById::default();
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

impl<'a> Tested<'a> {
    fn add(&mut self, scope: &'a TestScope, is_enabled: bool) {
        let said = match (scope.name.as_str(), is_enabled) {
            ("unique" | "unique_combination_of_columns", true) => &mut self.unique,
            ("unique" | "unique_combination_of_columns", false) => &mut self.unique_but_disabled,
            ("not_null", _) => &mut self.not_null,
            (_, _) => return,
        };
        match (scope.kwargs.get("column_name"), scope.kwargs.get("combination_of_columns")) {
            (Some(Json::String(column)), _) => said.extend([column.as_str()]),
            (_, Some(Json::Array(columns))) => said.extend(columns.iter().filter_map(Json::as_str)),
            (_, _) => {}
        }
    }

    fn key(&self) -> Vec<String> {
        let is_unique = |column: &str| self.unique.contains(column) || self.unique_but_disabled.contains(column);
        let owned = |column: &&str| (*column).to_string();
        let unique_and_filled: Vec<String> =
            self.not_null.iter().filter(|column| is_unique(column)).map(owned).collect();
        if !unique_and_filled.is_empty() {
            unique_and_filled
        } else if !self.unique.is_empty() {
            self.unique.iter().map(owned).collect()
        } else {
            self.unique_but_disabled.iter().map(owned).collect()
        }
    }
}

/// Constraints of the model, then of a column, then tests.
fn primary_key(node: &Node, tested: Option<&Tested<'_>>) -> Vec<String> {
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
