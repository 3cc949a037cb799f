//! semantic_manifest.json: semantic models, metrics and saved queries as MetricFlow reads them.
//!
//! Source: metricflow-semantic-interfaces 0.213, the models of its `implementations`: their fields, in their order.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::jinja::python_json;
use crate::manifest::{Json, Manifest, Node, NodeKind, shape};

/// Version of the format that dbt-core 1.12 writes.
const VERSION: [&str; 3] = ["0", "213", "0"];

pub fn path(target: &Path) -> PathBuf {
    target.join("semantic_manifest.json")
}

/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, manifest: &Manifest) -> std::io::Result<()> {
    let text = python_json(&semantic_manifest(manifest), false);
    super::write_file(path, |out| out.write_all(text.as_bytes()))
}

fn semantic_manifest(manifest: &Manifest) -> Json {
    let all = |kind: &str, one: fn(&Json) -> Json| -> Vec<Json> {
        let of_kind = manifest.others.values().filter(|other| other.resource_type == kind);
        of_kind.map(|other| one(&Json::Object(shape::other_json(other)))).collect()
    };
    json!({
        "semantic_models": all("semantic_model", semantic_model),
        "metrics": all("metric", metric),
        "project_configuration": {
            "time_spine_table_configurations": legacy_time_spine(manifest),
            "metadata": null,
            "dsi_package_version": {"major_version": VERSION[0], "minor_version": VERSION[1], "patch_version": VERSION[2]},
            "time_spines": manifest.nodes.values().filter_map(|node| time_spine(node)).collect::<Vec<_>>(),
        },
        "saved_queries": all("saved_query", saved_query),
    })
}

/// A model of this name is the time spine where it is not declared as one.
fn legacy_time_spine(manifest: &Manifest) -> Vec<Json> {
    let has_models = manifest.others.values().any(|other| other.resource_type == "semantic_model");
    let named = manifest.nodes.values().find(|node| {
        node.name == "metricflow_time_spine"
            && matches!(&node.kind, NodeKind::Model(model) if model.time_spine.is_none())
    });
    let spine = |node: &std::sync::Arc<Node>| json!({"location": node.relation_name, "column_name": "date_day", "grain": "day"});
    named.filter(|_| has_models).map(spine).into_iter().collect()
}

fn time_spine(node: &Node) -> Option<Json> {
    let NodeKind::Model(model) = &node.kind else { return None };
    let spine = model.time_spine.as_ref()?;
    let name = spine.get("standard_granularity_column")?.as_str()?;
    let column = node.columns.values().find(|column| column.name == name)?;
    let custom = spine.get("custom_granularities").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let custom: Vec<Json> = custom.iter().map(|custom| pick(custom, &["name", "column_name"])).collect();
    Some(json!({
        "node_relation": {
            "alias": node.alias,
            "schema_name": node.schema,
            "database": node.database,
            "relation_name": node.relation_name,
        },
        "primary_column": {"name": name, "time_granularity": column.granularity},
        "custom_granularities": custom,
    }))
}

fn semantic_model(model: &Json) -> Json {
    let entity = ["name", "description", "type", "role", "expr", "metadata", "label", "config"];
    let measure = [
        "name",
        "agg",
        "description",
        "create_metric",
        "expr",
        "agg_params",
        "metadata",
        "non_additive_dimension",
        "agg_time_dimension",
        "label",
        "config",
    ];
    let dimension = [
        "name",
        "description",
        "type",
        "datatype",
        "is_partition",
        "type_params",
        "expr",
        "metadata",
        "label",
        "config",
    ];
    let parts = |key: &str, keys: &[&str]| -> Json {
        let listed = model.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        listed.iter().map(|part| pick(part, keys)).collect()
    };
    json!({
        "name": model.get("name"),
        "defaults": model.get("defaults"),
        "description": model.get("description"),
        "node_relation": model.get("node_relation"),
        "primary_entity": model.get("primary_entity"),
        "entities": parts("entities", &entity),
        "measures": parts("measures", &measure),
        "dimensions": parts("dimensions", &dimension),
        "label": model.get("label"),
        "metadata": null,
        "config": meta(model),
    })
}

fn metric(metric: &Json) -> Json {
    let params = metric.get("type_params").map(|params| {
        let mut picked = pick(
            params,
            &[
                "measure",
                "numerator",
                "denominator",
                "expr",
                "window",
                "grain_to_date",
                "metrics",
                "conversion_type_params",
                "cumulative_type_params",
                "input_measures",
                "metric_aggregation_params",
                "join_to_timespine",
                "fill_nulls_with",
                "is_private",
            ],
        );
        if params.get("conversion_type_params").is_some_and(Json::is_object) {
            picked["conversion_type_params"] = pick(
                &params["conversion_type_params"],
                &[
                    "base_measure",
                    "base_metric",
                    "conversion_measure",
                    "conversion_metric",
                    "entity",
                    "calculation",
                    "window",
                    "constant_properties",
                ],
            );
        }
        picked
    });
    json!({
        "name": metric.get("name"),
        "description": metric.get("description"),
        "type": metric.get("type"),
        "datatype": null,
        "type_params": params,
        "filter": metric.get("filter"),
        "metadata": null,
        "label": metric.get("label"),
        "config": meta(metric),
        "time_granularity": metric.get("time_granularity"),
    })
}

fn saved_query(query: &Json) -> Json {
    let exports = query.get("exports").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let export = |export: &Json| {
        let config = export.get("config").map(|config| pick(config, &["export_as", "schema_name", "alias"]));
        json!({"name": export.get("name"), "config": config})
    };
    let params = query.get("query_params");
    json!({
        "name": query.get("name"),
        "query_params": params.map(|params| pick(params, &["metrics", "group_by", "order_by", "limit", "where"])),
        "description": query.get("description"),
        "metadata": null,
        "label": query.get("label"),
        "exports": exports.iter().map(export).collect::<Vec<_>>(),
        "tags": query.get("tags").cloned().unwrap_or_else(|| json!([])),
    })
}

/// Of a config only the meta is told.
fn meta(resource: &Json) -> Json {
    let meta = resource.get("config").and_then(|config| config.get("meta"));
    json!({"meta": meta.cloned().unwrap_or_else(|| json!({}))})
}

/// The values of some keys, in their order; null where there is none.
fn pick(from: &Json, keys: &[&str]) -> Json {
    let values = keys.iter().map(|key| (key.to_string(), from.get(key).cloned().unwrap_or_default()));
    Json::Object(values.collect())
}
