//! Semantic models, metrics and saved queries in the shape of manifest.json: shorthands written out, defaults filled in.
//!
//! Source: dbt-core 1.12, `SemanticModelParser`, `MetricParser`, `SavedQueryParser`.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use crate::manifest::{Json, JsonMap, OtherResource, UniqueId};

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

/// The properties of a metric that is written with `type_params`; others are kept as they are.
pub(crate) fn metric(data: &JsonMap) -> JsonMap {
    let Some(params) = data.get("type_params").and_then(Json::as_object) else { return data.clone() };
    let name = get(data, "name");
    let is_cumulative = data.get("type").and_then(Json::as_str) == Some("cumulative");
    let params = json!({
        "measure": input_measure(params.get("measure")),
        "input_measures": [],
        "numerator": input_metric(params.get("numerator")),
        "denominator": input_metric(params.get("denominator")),
        "expr": text(params.get("expr")),
        "window": window(params.get("window")),
        "grain_to_date": get(params, "grain_to_date"),
        "metrics": list(params.get("metrics"), |metric| input_metric(Some(metric))),
        "conversion_type_params": conversion(params.get("conversion_type_params")),
        "cumulative_type_params": if is_cumulative { cumulative(params) } else { Json::Null },
        "metric_aggregation_params": null,
        "fill_nulls_with": null,
        "join_to_timespine": false,
        "is_private": null,
    });
    with_defaults(
        data,
        &[("description", Json::from("")), ("label", name), ("type", Json::Null), ("time_granularity", Json::Null)],
        [("type_params", params), ("filter", filter(data.get("filter"))), ("metadata", Json::Null)],
    )
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

/// Tells each metric the measures that it is made of in the end.
pub(crate) fn fill_input_measures(others: &mut [(usize, OtherResource)], metrics: &HashMap<String, UniqueId>) {
    let bodies: HashMap<UniqueId, JsonMap> = others
        .iter()
        .filter(|(_, other)| other.resource_type == "metric")
        .map(|(_, other)| (other.unique_id.clone(), other.body.clone()))
        .collect();
    for (_, other) in others.iter_mut().filter(|(_, other)| other.resource_type == "metric") {
        let mut measures = Vec::new();
        add_measures(&other.unique_id, &bodies, metrics, &mut HashSet::new(), &mut measures);
        if let Some(params) = other.body.get_mut("type_params").and_then(Json::as_object_mut)
            && params.contains_key("input_measures")
        {
            params.insert("input_measures".to_string(), Json::Array(measures));
        }
    }
}

fn add_measures(
    id: &UniqueId,
    bodies: &HashMap<UniqueId, JsonMap>,
    metrics: &HashMap<String, UniqueId>,
    seen: &mut HashSet<UniqueId>,
    into: &mut Vec<Json>,
) {
    // Metrics that are made of each other in a ring are told of elsewhere.
    if !seen.insert(id.clone()) {
        return;
    }
    let Some(params) = bodies.get(id).and_then(|body| body.get("type_params")) else { return };
    let conversion = params.get("conversion_type_params");
    let own = [
        params.get("measure"),
        conversion.and_then(|params| params.get("base_measure")),
        conversion.and_then(|params| params.get("conversion_measure")),
    ];
    for measure in own.into_iter().flatten().filter(|measure| !measure.is_null()) {
        if !into.contains(measure) {
            into.push(measure.clone());
        }
    }
    let listed = params.get("metrics").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let inputs = [params.get("numerator"), params.get("denominator")].into_iter().flatten().chain(listed);
    for name in inputs.filter_map(|input| input.get("name").and_then(Json::as_str)) {
        if let Some(id) = metrics.get(name) {
            add_measures(id, bodies, metrics, seen, into);
        }
    }
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
    let params = data.get("type_params").and_then(Json::as_object).map(|params| {
        let validity = params.get("validity_params").and_then(Json::as_object);
        let is = |key: &str| validity.and_then(|validity| validity.get(key)) == Some(&Json::Bool(true));
        let validity = validity.map(|_| json!({"is_start": is("is_start"), "is_end": is("is_end")}));
        json!({"time_granularity": get(params, "time_granularity"), "validity_params": validity})
    });
    dimension.insert("type_params".to_string(), params.unwrap_or(Json::Null));
    dimension.insert("expr".to_string(), text(data.get("expr")));
    dimension.insert("metadata".to_string(), Json::Null);
    dimension.insert("datatype".to_string(), get(data, "datatype"));
    dimension
}

/// A measure by its name, or with what is done to it.
fn input_measure(value: Option<&Json>) -> Json {
    match value {
        None | Some(Json::Null) => Json::Null,
        Some(Json::Object(data)) => json!({
            "name": get(data, "name"),
            "filter": filter(data.get("filter")),
            "alias": get(data, "alias"),
            "join_to_timespine": data.get("join_to_timespine") == Some(&Json::Bool(true)),
            "fill_nulls_with": get(data, "fill_nulls_with"),
        }),
        Some(name) => {
            json!({"name": name, "filter": null, "alias": null, "join_to_timespine": false, "fill_nulls_with": null})
        }
    }
}

/// A metric by its name, or with what is done to it.
fn input_metric(value: Option<&Json>) -> Json {
    match value {
        None | Some(Json::Null) => Json::Null,
        Some(Json::Object(data)) => json!({
            "name": get(data, "name"),
            "filter": filter(data.get("filter")),
            "alias": get(data, "alias"),
            "offset_window": window(data.get("offset_window")),
            "offset_to_grain": get(data, "offset_to_grain"),
        }),
        Some(name) => {
            json!({"name": name, "filter": null, "alias": null, "offset_window": null, "offset_to_grain": null})
        }
    }
}

fn conversion(value: Option<&Json>) -> Json {
    let Some(params) = value.and_then(Json::as_object) else { return Json::Null };
    let calculation = params.get("calculation").cloned().unwrap_or_else(|| Json::from("conversion_rate"));
    json!({
        "entity": get(params, "entity"),
        "base_measure": input_measure(params.get("base_measure")),
        "conversion_measure": input_measure(params.get("conversion_measure")),
        "base_metric": null,
        "conversion_metric": null,
        "calculation": calculation,
        "window": window(params.get("window")),
        "constant_properties": get(params, "constant_properties"),
    })
}

/// The old keys beside `cumulative_type_params` stand in for those within.
fn cumulative(params: &JsonMap) -> Json {
    let nested = params.get("cumulative_type_params").and_then(Json::as_object).cloned().unwrap_or_default();
    let either = |key: &str| nested.get(key).filter(|value| !value.is_null()).or_else(|| params.get(key)).cloned();
    json!({
        "window": window(either("window").as_ref()),
        "grain_to_date": either("grain_to_date"),
        "period_agg": nested.get("period_agg").cloned().unwrap_or_else(|| Json::from("first")),
        "metric": null,
    })
}

/// `7 days` as a count and a granularity.
fn window(value: Option<&Json>) -> Json {
    let Some(text) = value.and_then(Json::as_str).map(str::to_lowercase) else { return Json::Null };
    let Some((count, grain)) = text.split_once(' ') else { return Json::Null };
    let standard = [
        "nanosecond",
        "microsecond",
        "millisecond",
        "second",
        "minute",
        "hour",
        "day",
        "week",
        "month",
        "quarter",
        "year",
    ];
    let singular = grain.strip_suffix('s').filter(|singular| standard.contains(singular)).unwrap_or(grain);
    json!({"count": count.parse::<u64>().ok(), "granularity": singular})
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
        Some(other) => Json::from(other.to_string()),
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
