//! Semantic models, metrics and saved queries in the shape of manifest.json: shorthands written out, defaults filled in.
//!
//! Here semantic models of their own and saved queries; metrics, and what a model says of itself, have their own files.
//! Source: dbt-core 1.12, `SemanticModelParser`, `SavedQueryParser`.

mod check;
mod from_model;
mod inputs;
mod metric;

use serde_json::json;

pub(crate) use check::{column_problems, metric_problems, model_problems};
pub(crate) use from_model::{entries_of_model, is_told_by, of_column};
pub(crate) use inputs::{fill_measures, inputs};
pub(crate) use metric::{Attached, metric};

use crate::manifest::{Json, JsonMap, python};

/// The properties of a semantic model; `meta` is its config's, which its parts begin with.
pub(crate) fn semantic_model(data: &JsonMap, meta: &Json) -> JsonMap {
    let parts = |key: &str, part: fn(&JsonMap) -> JsonMap| -> Json {
        let listed = data.get(key).and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let whole = |item: &JsonMap| {
            let mut part = part(item);
            part.insert("config".to_string(), json!({"meta": merged_meta(meta, item)}));
            Json::Object(part)
        };
        listed.iter().filter_map(Json::as_object).map(whole).collect()
    };
    let defaults = data.get("defaults").and_then(Json::as_object);
    let defaults = defaults.map(|defaults| json!({"agg_time_dimension": get(defaults, "agg_time_dimension")}));
    with_defaults(
        data,
        &[("model", Json::Null), ("description", Json::Null), ("label", Json::Null), ("primary_entity", Json::Null)],
        [
            ("defaults", defaults.unwrap_or(Json::Null)),
            ("entities", parts("entities", entity)),
            ("measures", parts("measures", measure)),
            ("dimensions", parts("dimensions", dimension)),
            ("metadata", Json::Null),
        ],
    )
}

/// The measures that ask for a metric of their own, each as that metric would be written.
pub(crate) fn created_metrics(data: &JsonMap, meta: &Json, is_enabled: bool) -> Vec<JsonMap> {
    let measures = data.get("measures").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let asking = measures.iter().filter_map(Json::as_object);
    let asking = asking.filter(|measure| measure.get("create_metric") == Some(&Json::Bool(true)));
    let metric = |measure: &JsonMap| {
        let name = get(measure, "name");
        let or = |key: &str, other: &Json| measure.get(key).filter(|value| !value.is_null()).unwrap_or(other).clone();
        let text = format!("Metric created from measure {}", name.as_str().unwrap_or_default());
        let metric = json!({
            "name": name,
            "label": or("label", &name),
            "type": "simple",
            "type_params": {"measure": name, "expr": or("expr", &name)},
            "description": or("description", &Json::from(text)),
            "config": {"enabled": is_enabled, "meta": merged_meta(meta, measure)},
        });
        metric.as_object().cloned().unwrap_or_default()
    };
    asking.map(metric).collect()
}

/// The properties of a saved query; its exports are written to `schema` of `database` where they do not say.
pub(crate) fn saved_query(data: &JsonMap, config: &JsonMap, database: &str, schema: &str) -> JsonMap {
    let params = data.get("query_params").and_then(Json::as_object).cloned().unwrap_or_default();
    let query = json!({
        "metrics": list(params.get("metrics"), Json::clone),
        "group_by": list(params.get("group_by"), Json::clone),
        "where": filter(params.get("where")),
        "order_by": list(params.get("order_by"), Json::clone),
        "limit": get(&params, "limit"),
    });
    let export = |export: &Json| {
        let name = export.get("name").cloned().unwrap_or_default();
        let own = export.get("config").and_then(Json::as_object).cloned().unwrap_or_default();
        let or = |key: &str, other: Json| {
            let set = |config: &JsonMap| config.get(key).filter(|value| !value.is_null()).cloned();
            set(&own).or_else(|| set(config)).unwrap_or(other)
        };
        let alias = own.get("alias").filter(|alias| !alias.is_null()).cloned().unwrap_or_else(|| name.clone());
        let facts = json!({
            "export_as": or("export_as", Json::Null),
            "schema_name": or("schema", Json::from(schema)),
            "alias": alias,
            "database": database,
        });
        json!({"name": name, "config": facts, "unrendered_config": own})
    };
    with_defaults(
        data,
        &[("description", Json::Null), ("label", Json::Null)],
        [("query_params", query), ("exports", list(data.get("exports"), export)), ("metadata", Json::Null)],
    )
}

fn entity(data: &JsonMap) -> JsonMap {
    filled(data, &["name", "type", "description", "label", "role", "expr"])
}

fn measure(data: &JsonMap) -> JsonMap {
    let mut measure = filled(data, &["name", "agg", "description", "label"]);
    // The metric that is asked for is there already.
    measure.insert("create_metric".to_string(), Json::Bool(false));
    measure.insert("expr".to_string(), text(data.get("expr")));
    let percentile = data.get("agg_params").and_then(Json::as_object).map(|params| {
        json!({
            "percentile": get(params, "percentile"),
            "use_discrete_percentile": params.get("use_discrete_percentile") == Some(&Json::Bool(true)),
            "use_approximate_percentile": params.get("use_approximate_percentile") == Some(&Json::Bool(true)),
        })
    });
    measure.insert("agg_params".to_string(), percentile.unwrap_or(Json::Null));
    let non_additive = data.get("non_additive_dimension").and_then(Json::as_object).map(|params| {
        json!({
            "name": get(params, "name"),
            "window_choice": params.get("window_choice").cloned().unwrap_or_else(|| Json::from("min")),
            "window_groupings": list(params.get("window_groupings"), Json::clone),
        })
    });
    measure.insert("non_additive_dimension".to_string(), non_additive.unwrap_or(Json::Null));
    measure.insert("agg_time_dimension".to_string(), get(data, "agg_time_dimension"));
    measure
}

fn dimension(data: &JsonMap) -> JsonMap {
    let mut dimension = filled(data, &["name", "type", "description", "label"]);
    let is_partition = data.get("is_partition") == Some(&Json::Bool(true));
    dimension.insert("is_partition".to_string(), Json::Bool(is_partition));
    let params = data.get("type_params").and_then(Json::as_object).map(
        |params| json!({"time_granularity": get(params, "time_granularity"), "validity_params": validity(params)}),
    );
    dimension.insert("type_params".to_string(), params.unwrap_or(Json::Null));
    dimension.insert("expr".to_string(), text(data.get("expr")));
    dimension.insert("metadata".to_string(), Json::Null);
    dimension.insert("datatype".to_string(), get(data, "datatype"));
    dimension
}

/// One condition or a list of them.
fn filter(value: Option<&Json>) -> Json {
    let conditions: Vec<&str> = match value {
        Some(Json::String(text)) => vec![text],
        Some(Json::Array(items)) => items.iter().filter_map(Json::as_str).collect(),
        _ => return Json::Null,
    };
    let filters: Vec<Json> = conditions.into_iter().map(|text| json!({"where_sql_template": text})).collect();
    json!({"where_filters": filters})
}

/// `validity_params` of a dimension.
fn validity(data: &JsonMap) -> Option<Json> {
    let params = data.get("validity_params").and_then(Json::as_object)?;
    let is = |key: &str| params.get(key) == Some(&Json::Bool(true));
    Some(json!({"is_start": is("is_start"), "is_end": is("is_end")}))
}

fn merged_meta(meta: &Json, part: &JsonMap) -> JsonMap {
    let mut merged = meta.as_object().cloned().unwrap_or_default();
    let own = part.get("config").and_then(|config| config.get("meta")).and_then(Json::as_object);
    merged.extend(own.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    merged
}

fn get(data: &JsonMap, key: &str) -> Json {
    data.get(key).cloned().unwrap_or_default()
}

fn text(value: Option<&Json>) -> Json {
    match value {
        None | Some(Json::Null) => Json::Null,
        Some(Json::String(text)) => Json::from(text.as_str()),
        Some(other) => Json::from(python::text(other)),
    }
}

fn list(value: Option<&Json>, item: impl Fn(&Json) -> Json) -> Json {
    match value {
        Some(Json::Array(items)) => items.iter().map(item).collect(),
        None | Some(Json::Null) => Json::Array(Vec::new()),
        Some(one) => Json::Array(vec![item(one)]),
    }
}

fn filled(data: &JsonMap, keys: &[&str]) -> JsonMap {
    keys.iter().map(|key| (key.to_string(), get(data, key))).collect()
}

/// What is written, with defaults where nothing is, and with some values in their final shape.
fn with_defaults<const N: usize>(data: &JsonMap, defaults: &[(&str, Json)], shaped: [(&str, Json); N]) -> JsonMap {
    let mut body = data.clone();
    for (key, default) in defaults {
        if body.get(*key).is_none_or(Json::is_null) {
            body.insert(key.to_string(), default.clone());
        }
    }
    body.extend(shaped.map(|(key, value)| (key.to_string(), value)));
    body
}
