//! What metrics are made of: measures, and other metrics.

use std::collections::{HashMap, HashSet};

use crate::manifest::{Json, JsonMap, OtherResource, UniqueId};

/// `(measures, metrics)` that a metric is made of.
pub(crate) fn inputs(body: &JsonMap) -> (Vec<String>, Vec<String>) {
    let Some(params) = body.get("type_params") else { return (Vec::new(), Vec::new()) };
    let name = |value: &Json| value.as_str().or_else(|| value.get("name").and_then(Json::as_str)).map(str::to_string);
    let conversion = params.get("conversion_type_params");
    let measures = [
        params.get("measure"),
        conversion.and_then(|params| params.get("base_measure")),
        conversion.and_then(|params| params.get("conversion_measure")),
    ];
    let mut metrics: Vec<_> =
        ["numerator", "denominator"].iter().filter_map(|key| params.get(*key)).filter_map(name).collect();
    let listed = params.get("metrics").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    metrics.extend(listed.iter().filter_map(name));
    let further = [
        params.get("cumulative_type_params").and_then(|params| params.get("metric")),
        conversion.and_then(|params| params.get("base_metric")),
        conversion.and_then(|params| params.get("conversion_metric")),
    ];
    metrics.extend(further.into_iter().flatten().filter_map(name));
    (measures.into_iter().flatten().filter_map(name).collect(), metrics)
}

/// Tells each metric the measures that it is made of in the end.
pub(crate) fn fill_measures(others: &mut [(usize, OtherResource)], metrics: &HashMap<String, UniqueId>) {
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
