//! Complaints about metrics and about what columns mean, where dbt would stop.
//!
//! What only the validator of MetricFlow tells is left to it.

use super::metric::{Attached, has_params, window};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};
use crate::parse::properties::{Entry, invalid};
use crate::project::yaml::Yaml;

const KINDS: [&str; 5] = ["simple", "ratio", "cumulative", "derived", "conversion"];
const AGGREGATIONS: [&str; 9] =
    ["sum", "min", "max", "count_distinct", "sum_boolean", "average", "percentile", "median", "count"];
const DIMENSIONS: [&str; 2] = ["categorical", "time"];
const ENTITIES: [&str; 4] = ["foreign", "natural", "primary", "unique"];
const PERIOD_AGGREGATIONS: [&str; 3] = ["first", "last", "average"];
const CALCULATIONS: [&str; 2] = ["conversions", "conversion_rate"];
pub(super) const GRANULARITIES: [&str; 11] =
    ["nanosecond", "microsecond", "millisecond", "second", "minute", "hour", "day", "week", "month", "quarter", "year"];

/// What is wrong with a metric.
pub(crate) fn metric_problems(entry: &Entry<'_>, attached: Option<&Attached>, problems: &mut Vec<Diagnostic>) {
    let subject = format!("the metric `{}`", entry.name);
    check_name(entry, problems);
    one_of(entry, &subject, &entry.data, entry.yaml, "type", &KINDS, problems);
    let kind = entry.text("type").unwrap_or("simple");
    if has_params(&entry.data) {
        return;
    }
    one_of(entry, &subject, &entry.data, entry.yaml, "agg", &AGGREGATIONS, problems);
    let is_set = |key: &str| entry.data.get(key).is_some_and(|value| !value.is_null());
    if !is_set("type") && attached.is_none() {
        problems.push(
            invalid(format!("{subject} has no type"))
                .at(entry.name_span(), "declared here")
                .help(format!("write `type:` with one of {}", listed(&KINDS))),
        );
        return;
    }
    let needed: &[&str] = match kind {
        "simple" => &["agg"],
        "ratio" => &["numerator", "denominator"],
        "derived" => &["input_metrics"],
        "cumulative" => &["input_metric"],
        "conversion" => &["entity", "calculation", "base_metric", "conversion_metric"],
        _ => &[],
    };
    for key in needed.iter().filter(|key| !is_set(key)) {
        problems.push(
            invalid(format!("{subject} is of the type `{kind}` and needs `{key}`"))
                .at(entry.name_span(), "declared here")
                .help(format!("add `{key}:`")),
        );
    }
    if is_set("agg") && attached.is_none() {
        let place = entry.yaml.get("agg").unwrap_or(entry.yaml);
        problems.push(
            invalid(format!("{subject} aggregates, and belongs to no semantic model"))
                .at(entry.span(place), "of which rows?")
                .help("write it below `metrics:` of the model whose rows it aggregates, which needs `semantic_model: true`"),
        );
    }
    match kind {
        "cumulative" => {
            one_of(entry, &subject, &entry.data, entry.yaml, "period_agg", &PERIOD_AGGREGATIONS, problems);
            check_window(entry, &subject, &entry.data, entry.yaml, "window", problems);
        }
        "conversion" => {
            one_of(entry, &subject, &entry.data, entry.yaml, "calculation", &CALCULATIONS, problems);
            check_window(entry, &subject, &entry.data, entry.yaml, "window", problems);
        }
        _ => {}
    }
    let inputs = entry.data.get("input_metrics").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
    let places = entry.yaml.get("input_metrics").map(Yaml::items).unwrap_or_default();
    for (input, place) in inputs.iter().zip(places) {
        let Some(input) = input.as_object() else { continue };
        check_window(entry, &subject, input, place, "offset_window", problems);
    }
}

/// What is wrong with what a model with a semantic model says of its columns, and with what it derives from them.
pub(crate) fn model_problems(entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) {
    for (key, kinds) in [("dimensions", &DIMENSIONS[..]), ("entities", &ENTITIES[..])] {
        let below = |from: Option<&Json>| from.and_then(|derived| derived.get(key)).and_then(Json::as_array).cloned();
        let derived = below(entry.data.get("derived_semantics")).unwrap_or_default();
        let places = entry.yaml.get("derived_semantics").and_then(|derived| derived.get(key)).map(Yaml::items);
        for (part, place) in derived.iter().zip(places.unwrap_or_default()) {
            let Some(part) = part.as_object() else { continue };
            let name = part.get("name").and_then(Json::as_str).unwrap_or_default();
            let subject = format!("`{name}` of `derived_semantics` of `{}`", entry.name);
            let needed: &[&str] = &["name", "type", "expr"];
            for missing in needed.iter().filter(|key| part.get(**key).is_none_or(Json::is_null)) {
                problems.push(
                    invalid(format!("{subject} has no `{missing}`"))
                        .at(entry.span(place), "derived here")
                        .help(format!("add `{missing}:`")),
                );
            }
            one_of(entry, &subject, part, place, "type", kinds, problems);
            one_of(entry, &subject, part, place, "granularity", &GRANULARITIES, problems);
        }
    }
}

/// What is wrong with the meaning of a column.
pub(crate) fn column_problems(
    entry: &Entry<'_>,
    name: &str,
    column: &JsonMap,
    yaml: &Yaml,
    problems: &mut Vec<Diagnostic>,
) {
    let subject = format!("the column `{name}` of `{}`", entry.name);
    one_of(entry, &subject, column, yaml, "granularity", &GRANULARITIES, problems);
    for (key, kinds) in [("dimension", &DIMENSIONS[..]), ("entity", &ENTITIES[..])] {
        match (column.get(key), yaml.get(key)) {
            (Some(Json::String(_)), _) => one_of(entry, &subject, column, yaml, key, kinds, problems),
            (Some(Json::Object(own)), Some(place)) => {
                if own.get("type").is_none_or(Json::is_null) {
                    problems.push(
                        invalid(format!("the {key} of {subject} has no `type`"))
                            .at(entry.span(place), "declared here")
                            .help(format!("write `type:` with one of {}", listed(kinds))),
                    );
                }
                one_of(entry, &subject, own, place, "type", kinds, problems);
            }
            _ => {}
        }
    }
}

fn check_name(entry: &Entry<'_>, problems: &mut Vec<Diagnostic>) {
    let name = &entry.name;
    let trouble = if name.contains(' ') {
        "a space cannot be in it"
    } else if name.chars().count() > 250 {
        "more than 250 characters are too many"
    } else if !name.starts_with(|first: char| first.is_ascii_alphabetic()) {
        "it must begin with a letter"
    } else if !name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') {
        "only letters, digits and `_` can be in it"
    } else {
        return;
    };
    problems.push(
        invalid(format!("`{name}` cannot be the name of a metric"))
            .at(entry.name_span(), trouble)
            .help("rename it, and where it is used"),
    );
}

fn one_of(
    entry: &Entry<'_>,
    subject: &str,
    map: &JsonMap,
    yaml: &Yaml,
    key: &str,
    known: &[&'static str],
    problems: &mut Vec<Diagnostic>,
) {
    let Some(written) = map.get(key).and_then(Json::as_str) else { return };
    if known.contains(&written.to_lowercase().as_str()) {
        return;
    }
    let place = yaml.get(key).unwrap_or(yaml);
    problems.push(
        invalid(format!("`{key}` of {subject} cannot be `{written}`"))
            .at(entry.span(place), format!("one of {}", listed(known)))
            .suggest(written, known.iter().copied()),
    );
}

fn check_window(
    entry: &Entry<'_>,
    subject: &str,
    map: &JsonMap,
    yaml: &Yaml,
    key: &str,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(written) = map.get(key).filter(|value| !value.is_null()) else { return };
    if !window(Some(written))["count"].is_null() {
        return;
    }
    let place = yaml.get(key).unwrap_or(yaml);
    problems.push(
        invalid(format!("`{key}` of {subject} is no window of time"))
            .at(entry.span(place), "a count and a granularity are asked for")
            .help("write it as `7 days`"),
    );
}

fn listed(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
