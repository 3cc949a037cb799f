//! Metrics, in the older way with `type_params`, and in the newer one without.
//!
//! Source: dbt-core 1.12, `MetricParser`.

use serde_json::json;

use super::check::GRANULARITIES;
use super::{filter, get, list, text, with_defaults};
use crate::manifest::{Json, JsonMap};

/// The semantic model that a simple metric below a model belongs to.
pub(crate) struct Attached {
    pub semantic_model: String,
    /// The model's own, for metrics that name none.
    pub agg_time_dimension: Json,
}

/// The properties of a metric; `attached` where it is written below a model.
pub(crate) fn metric(data: &JsonMap, attached: Option<&Attached>) -> JsonMap {
    match data.get("type_params").and_then(Json::as_object) {
        Some(params) => with_params(data, params),
        None => flat(data, attached),
    }
}

/// Whether a metric is written in the older of the two ways.
pub(super) fn has_params(data: &JsonMap) -> bool {
    data.contains_key("type_params")
}

fn with_params(data: &JsonMap, params: &JsonMap) -> JsonMap {
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

/// The newer way: all of it beside the name.
fn flat(data: &JsonMap, attached: Option<&Attached>) -> JsonMap {
    let kind = data.get("type").and_then(Json::as_str).unwrap_or("simple");
    let params = json!({
        "measure": null,
        "input_measures": [],
        "numerator": input_metric(data.get("numerator")),
        "denominator": input_metric(data.get("denominator")),
        "expr": text(data.get("expr")),
        // The window is told below, with what it is for.
        "window": null,
        "grain_to_date": null,
        "metrics": list(data.get("input_metrics"), |metric| input_metric(Some(metric))),
        "conversion_type_params": if kind == "conversion" { flat_conversion(data) } else { Json::Null },
        "cumulative_type_params": if kind == "cumulative" { flat_cumulative(data) } else { Json::Null },
        "metric_aggregation_params": aggregation(data, attached),
        "fill_nulls_with": null,
        "join_to_timespine": data.get("join_to_timespine") == Some(&Json::Bool(true)),
        "is_private": data.get("hidden") == Some(&Json::Bool(true)),
    });
    let or = |key: &str, other: Json| data.get(key).filter(|value| !value.is_null()).cloned().unwrap_or(other);
    let name = get(data, "name");
    let metric = [
        ("name", name.clone()),
        ("description", or("description", Json::from(""))),
        ("label", or("label", name)),
        ("type", Json::from(kind)),
        ("type_params", params),
        ("filter", filter(data.get("filter"))),
        ("metadata", Json::Null),
        ("time_granularity", get(data, "time_granularity")),
    ];
    metric.map(|(key, value)| (key.to_string(), value)).into_iter().collect()
}

fn flat_conversion(data: &JsonMap) -> Json {
    json!({
        "entity": get(data, "entity"),
        "base_measure": null,
        "conversion_measure": null,
        "base_metric": input_metric(data.get("base_metric")),
        "conversion_metric": input_metric(data.get("conversion_metric")),
        "calculation": get(data, "calculation"),
        "window": window(data.get("window")),
        "constant_properties": get(data, "constant_properties"),
    })
}

fn flat_cumulative(data: &JsonMap) -> Json {
    json!({
        "window": window(data.get("window")),
        "grain_to_date": get(data, "grain_to_date"),
        "period_agg": data.get("period_agg").cloned().unwrap_or_else(|| Json::from("first")),
        "metric": input_metric(data.get("input_metric")),
    })
}

/// What a simple metric aggregates, and of which semantic model.
fn aggregation(data: &JsonMap, attached: Option<&Attached>) -> Json {
    let (Some(agg), Some(attached)) = (data.get("agg").filter(|agg| !agg.is_null()), attached) else {
        return Json::Null;
    };
    let kind = data.get("percentile_type").and_then(Json::as_str).unwrap_or_default().to_lowercase();
    let non_additive = data.get("non_additive_dimension").and_then(Json::as_object).map(|params| {
        json!({
            "name": get(params, "name"),
            "window_choice": get(params, "window_agg"),
            "window_groupings": list(params.get("group_by"), Json::clone),
        })
    });
    let own_time = data.get("agg_time_dimension").filter(|name| !name.is_null());
    json!({
        "semantic_model": attached.semantic_model,
        "agg": agg,
        "agg_params": {
            "percentile": data.get("percentile").and_then(Json::as_f64),
            "use_discrete_percentile": kind == "discrete",
            "use_approximate_percentile": kind == "continuous",
        },
        "agg_time_dimension": own_time.unwrap_or(&attached.agg_time_dimension),
        "non_additive_dimension": non_additive,
    })
}

/// What is written of a measure or metric: its name, or that with what is done to it.
fn input(value: Option<&Json>) -> Option<JsonMap> {
    match value? {
        Json::Null => None,
        Json::Object(data) => Some(data.clone()),
        name => Some(JsonMap::from_iter([("name".to_string(), name.clone())])),
    }
}

fn input_measure(value: Option<&Json>) -> Json {
    let Some(data) = input(value) else { return Json::Null };
    json!({
        "name": get(&data, "name"),
        "filter": filter(data.get("filter")),
        "alias": get(&data, "alias"),
        "join_to_timespine": data.get("join_to_timespine") == Some(&Json::Bool(true)),
        "fill_nulls_with": get(&data, "fill_nulls_with"),
    })
}

fn input_metric(value: Option<&Json>) -> Json {
    let Some(data) = input(value) else { return Json::Null };
    json!({
        "name": get(&data, "name"),
        "filter": filter(data.get("filter")),
        "alias": get(&data, "alias"),
        "offset_window": window(data.get("offset_window")),
        "offset_to_grain": get(&data, "offset_to_grain"),
    })
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
pub(super) fn window(value: Option<&Json>) -> Json {
    let Some(text) = value.and_then(Json::as_str).map(str::to_lowercase) else { return Json::Null };
    let Some((count, grain)) = text.split_once(' ').filter(|(_, grain)| !grain.contains(' ')) else {
        return Json::Null;
    };
    let singular = grain.strip_suffix('s').filter(|singular| GRANULARITIES.contains(singular)).unwrap_or(grain);
    let count = Some(count).filter(|count| count.bytes().all(|digit| digit.is_ascii_digit()));
    json!({"count": count.and_then(|count| count.parse::<u64>().ok()), "granularity": singular})
}
