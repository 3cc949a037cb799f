//! What a model says of its meaning: `semantic_model:`, `metrics:`, `derived_semantics:`, and `dimension:` and `entity:`
//! of its columns, written out as the semantic model and the metrics they stand for.
//!
//! Source: dbt-core 1.12, `parse_v2_semantic_model_from_dbt_model_patch`, `parse_v2_metrics_from_dbt_model_patch`.

use serde_json::json;

use super::get;
use super::metric::Attached;
use crate::manifest::{Json, JsonMap};
use crate::parse::properties::{Entry, Section};
use crate::project::yaml::Yaml;

/// Whether a model has a semantic model. One with versions never does.
pub(crate) fn is_told_by(model: &Entry<'_>) -> bool {
    let has_versions = model.data.get("versions").and_then(Json::as_array).is_some_and(|list| !list.is_empty());
    let is_on = match model.data.get("semantic_model") {
        Some(Json::Bool(is_on)) => *is_on,
        Some(Json::Object(told)) => told.get("enabled") != Some(&Json::Bool(false)),
        Some(Json::Null | Json::Number(_) | Json::String(_) | Json::Array(_)) | None => false,
    };
    model.section == Section::Models && is_on && !has_versions
}

/// The semantic model of a model, and its metrics, each as an entry of its own; simple metrics belong to it.
pub(crate) fn entries_of_model<'a>(model: &Entry<'a>) -> Vec<(Entry<'a>, Option<Attached>)> {
    let told = model.data.get("semantic_model").and_then(Json::as_object);
    let name = told.and_then(|told| told.get("name")).and_then(Json::as_str).unwrap_or(&model.name).to_string();
    let entry = |section: Section, yaml: &'a Yaml, name: String, data: JsonMap| Entry {
        file: model.file,
        package: model.package,
        section,
        yaml,
        name,
        data,
    };
    let data = semantic_model(&model.data, &name, &model.name, told);
    let mut entries = vec![(entry(Section::SemanticModels, model.yaml, name.clone(), data), None)];
    let metrics = model.data.get("metrics").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let places = model.yaml.get("metrics").map(Yaml::items).unwrap_or_default();
    for (metric, place) in metrics.iter().zip(places) {
        let Some(data) = metric.as_object() else { continue };
        let Some(own_name) = data.get("name").and_then(Json::as_str) else { continue };
        let is_simple = data.get("type").and_then(Json::as_str).is_none_or(|kind| kind == "simple");
        let attached = is_simple.then(|| Attached {
            semantic_model: name.clone(),
            agg_time_dimension: get(&model.data, "agg_time_dimension"),
        });
        entries.push((entry(Section::Metrics, place, own_name.to_string(), data.clone()), attached));
    }
    entries
}

/// A semantic model as it would be written on its own.
fn semantic_model(model: &JsonMap, name: &str, model_name: &str, told: Option<&JsonMap>) -> JsonMap {
    let columns = model.get("columns").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    // A repeated name keeps its first place and its last description.
    let columns: indexmap::IndexMap<&str, &JsonMap> =
        columns.iter().filter_map(Json::as_object).filter_map(|map| Some((map.get("name")?.as_str()?, map))).collect();
    let derived = |key: &str| {
        let listed = model.get("derived_semantics").and_then(|derived| derived.get(key)).and_then(Json::as_array);
        listed.map(Vec::as_slice).unwrap_or_default().iter().filter_map(Json::as_object)
    };
    let dimensions = columns.iter().filter_map(|(name, column)| dimension_of(name, column));
    let dimensions: Vec<Json> = dimensions.chain(derived("dimensions").map(derived_dimension)).collect();
    let entities = columns.iter().filter_map(|(name, column)| entity_of(name, column));
    let entities: Vec<Json> = entities.chain(derived("entities").cloned().map(Json::Object)).collect();
    let whole = json!({
        "name": name,
        "model": format!("ref('{model_name}')"),
        "description": model.get("description").and_then(Json::as_str).unwrap_or_default(),
        "defaults": {"agg_time_dimension": get(model, "agg_time_dimension")},
        "primary_entity": get(model, "primary_entity"),
        "entities": entities,
        "dimensions": dimensions,
        "config": told.map(config).unwrap_or_default(),
    });
    whole.as_object().cloned().unwrap_or_default()
}

/// Its settings. dbt takes those beside `config:` only where that is written.
fn config(told: &JsonMap) -> JsonMap {
    let Some(written) = told.get("config").and_then(Json::as_object) else { return JsonMap::new() };
    let mut config = JsonMap::new();
    config.insert("meta".to_string(), written.get("meta").cloned().unwrap_or_else(|| json!({})));
    config.insert("enabled".to_string(), Json::Bool(true));
    if let Some(group) = told.get("group").filter(|group| !group.is_null()) {
        config.insert("group".to_string(), group.clone());
    }
    config
}

fn dimension_of(name: &str, column: &JsonMap) -> Option<Json> {
    match column.get("dimension")? {
        Json::String(kind) => Some(of_kind(name, kind, column)),
        Json::Object(own) => {
            let own_name = own.get("name").and_then(Json::as_str).unwrap_or(name);
            let mut meta = meta_of(column);
            meta.extend(config_meta(own).cloned().unwrap_or_default());
            Some(json!({
                "name": own_name,
                "type": get(own, "type"),
                "description": first_told(own.get("description"), description_of(column)),
                "label": get(own, "label"),
                "is_partition": get(own, "is_partition"),
                "type_params": type_params(column.get("granularity"), own),
                "expr": (own_name != name).then_some(name),
                "config": {"meta": meta},
            }))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => None,
    }
}

fn entity_of(name: &str, column: &JsonMap) -> Option<Json> {
    match column.get("entity")? {
        Json::String(kind) => Some(of_kind(name, kind, column)),
        Json::Object(own) => {
            let own_name = own.get("name").and_then(Json::as_str).unwrap_or(name);
            let meta = config_meta(own).cloned().unwrap_or_else(|| meta_of(column));
            Some(json!({
                "name": own_name,
                "type": get(own, "type"),
                "description": first_told(own.get("description"), description_of(column)),
                "label": get(own, "label"),
                "expr": (own_name != name).then_some(name),
                "config": {"meta": meta},
            }))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_) => None,
    }
}

/// A dimension or entity of which no more is said than its kind.
fn of_kind(name: &str, kind: &str, column: &JsonMap) -> Json {
    json!({
        "name": name,
        "type": kind,
        "description": description_of(column),
        "config": {"meta": meta_of(column)},
    })
}

fn description_of(column: &JsonMap) -> Json {
    column.get("description").cloned().unwrap_or_else(|| Json::from(""))
}

fn derived_dimension(own: &JsonMap) -> Json {
    let mut dimension = own.clone();
    dimension.insert("type_params".to_string(), type_params(own.get("granularity"), own));
    Json::Object(dimension)
}

fn type_params(granularity: Option<&Json>, dimension: &JsonMap) -> Json {
    match granularity.filter(|granularity| !granularity.is_null()) {
        Some(granularity) => {
            json!({"time_granularity": granularity, "validity_params": get(dimension, "validity_params")})
        }
        None => Json::Null,
    }
}

/// `dimension` or `entity` of a column, as manifest.json tells it with the column.
pub(crate) fn of_column(key: &str, name: &str, column: &JsonMap) -> Json {
    let Some(own) = column.get(key).and_then(Json::as_object) else { return get(column, key) };
    let mut told = json!({
        "name": own.get("name").and_then(Json::as_str).unwrap_or(name),
        "type": get(own, "type"),
        "description": first_told(own.get("description"), description_of(column)),
        "label": get(own, "label"),
    });
    if key == "dimension" {
        told["is_partition"] = Json::Bool(own.get("is_partition") == Some(&Json::Bool(true)));
    }
    told["config"] = own.get("config").filter(|config| config.is_object()).cloned().unwrap_or_else(|| json!({}));
    if key == "dimension" {
        told["validity_params"] = super::validity(own).unwrap_or_default();
    }
    told
}

fn first_told(own: Option<&Json>, other: Json) -> Json {
    own.filter(|text| text.as_str().is_some_and(|text| !text.is_empty())).cloned().unwrap_or(other)
}

/// A column's meta, wherever it is written.
fn meta_of(column: &JsonMap) -> JsonMap {
    let mut meta = column.get("meta").and_then(Json::as_object).cloned().unwrap_or_default();
    meta.extend(config_meta(column).cloned().unwrap_or_default());
    meta
}

fn config_meta(part: &JsonMap) -> Option<&JsonMap> {
    part.get("config")?.get("meta")?.as_object()
}
