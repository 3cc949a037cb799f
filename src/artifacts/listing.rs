//! What `ls` says of each resource: as a selector, a name, a path or a JSON line.
//! Source: dbt-core 1.12, `dbt.task.list`.

use crate::manifest::shape;
use crate::manifest::{Json, JsonMap, Manifest, NodeKind, UniqueId, UnitTest, python};

/// Keys of a JSON line when none are asked for.
const DEFAULT_KEYS: [&str; 11] = [
    "alias",
    "name",
    "package_name",
    "depends_on",
    "direct_parents",
    "tags",
    "config",
    "resource_type",
    "source_name",
    "original_file_path",
    "unique_id",
];

/// A selector that finds the resource again: `shop.core.orders`, `source:shop.raw.orders`.
pub fn selector(manifest: &Manifest, id: &UniqueId) -> String {
    if let Some(node) = manifest.nodes.get(id) {
        node.fqn.join(".")
    } else if let Some(table) = manifest.sources.get(id) {
        format!("source:{}.{}.{}", table.package_name, table.source_name, table.name)
    } else if let Some(test) = manifest.unit_tests.get(id) {
        format!("unit_test:{}.{}", test.package_name, versioned_name(test))
    } else if let Some(exposure) = manifest.exposures.get(id) {
        format!("exposure:{}.{}", exposure.package_name, exposure.name)
    } else if let Some(other) = manifest.others.get(id) {
        format!("{}:{}.{}", other.resource_type, other.package_name, other.name)
    } else {
        id.to_string()
    }
}

fn versioned_name(test: &UnitTest) -> String {
    match &test.version {
        Some(version) => format!("{}_v{}", test.name, python::text(version)),
        None => test.name.clone(),
    }
}

/// The name people say: `orders`, `dim.v2`, `raw.orders`.
pub fn name(manifest: &Manifest, id: &UniqueId) -> String {
    if let Some(node) = manifest.nodes.get(id) {
        match &node.kind {
            NodeKind::Model(model) => match &model.version {
                Some(version) => format!("{}.v{}", node.name, python::text(version)),
                None => node.name.clone(),
            },
            NodeKind::Seed(_)
            | NodeKind::Snapshot
            | NodeKind::DataTest(_)
            | NodeKind::Analysis
            | NodeKind::Hook(_)
            | NodeKind::Function(_) => node.name.clone(),
        }
    } else if let Some(table) = manifest.sources.get(id) {
        format!("{}.{}", table.source_name, table.name)
    } else if let Some(test) = manifest.unit_tests.get(id) {
        test.name.clone()
    } else if let Some(exposure) = manifest.exposures.get(id) {
        exposure.name.clone()
    } else {
        manifest.others.get(id).map_or_else(|| id.to_string(), |other| other.name.clone())
    }
}

/// The file it is written in, relative to its package.
pub fn path(manifest: &Manifest, id: &UniqueId) -> String {
    let path = if let Some(node) = manifest.nodes.get(id) {
        Some(&node.original_file_path)
    } else if let Some(table) = manifest.sources.get(id) {
        Some(&table.original_file_path)
    } else if let Some(test) = manifest.unit_tests.get(id) {
        Some(&test.original_file_path)
    } else if let Some(exposure) = manifest.exposures.get(id) {
        Some(&exposure.original_file_path)
    } else {
        manifest.others.get(id).map(|other| &other.original_file_path)
    };
    path.cloned().unwrap_or_default()
}

/// One object on one line; `keys` as `--output-keys` has them, dots going into objects (`config.materialized`).
pub fn json_line(manifest: &Manifest, id: &UniqueId, keys: &[String]) -> String {
    let mut all = resource_json(manifest, id);
    if let Some(node) = manifest.nodes.get(id).filter(|node| matches!(node.kind, NodeKind::Model(_))) {
        let parents: Vec<Json> = node.depends_on.nodes.iter().map(|id| Json::from(&**id)).collect();
        all.insert("direct_parents".to_string(), Json::Array(parents));
    }
    let mut line = JsonMap::new();
    if keys.is_empty() {
        line.extend(all.into_iter().filter(|(key, _)| DEFAULT_KEYS.contains(&key.as_str())));
    } else {
        for key in keys {
            if let Some(value) = value_at(&all, key) {
                line.insert(key.clone(), value.clone());
            }
        }
    }
    Json::Object(line).to_string()
}

fn resource_json(manifest: &Manifest, id: &UniqueId) -> JsonMap {
    if let Some(node) = manifest.nodes.get(id) {
        shape::node_json(node)
    } else if let Some(table) = manifest.sources.get(id) {
        shape::source_json(table)
    } else if let Some(test) = manifest.unit_tests.get(id) {
        shape::unit_test_json(test)
    } else if let Some(exposure) = manifest.exposures.get(id) {
        shape::exposure_json(exposure)
    } else {
        manifest.others.get(id).map(|other| shape::other_json(other)).unwrap_or_default()
    }
}

/// A dotted key is shown only when it leads to something.
fn value_at<'a>(map: &'a JsonMap, key: &str) -> Option<&'a Json> {
    match key.split_once('.') {
        None => map.get(key),
        Some((first, rest)) => {
            rest.split('.').try_fold(map.get(first)?, |value, part| value.get(part)).filter(|value| !value.is_null())
        }
    }
}
