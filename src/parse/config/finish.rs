//! A merged config in its final shape: hooks as objects, shorthands written out, types checked.
//!
//! Source: dbt-core 1.12, `__post_init__`, `__pre_deserialize__` and `finalize_and_validate` of the config classes.

use super::ConfigProblem;
use super::defaults::defaults;
use crate::jinja::iso_timestamp;
use crate::manifest::{Json, JsonMap};
use crate::parse::kind::ResourceKind;

/// Brings a merged config into the shape manifest.json has. Values that cannot stand are reported and replaced by
/// their default, so that parsing goes on.
pub(crate) fn finish(kind: ResourceKind, config: &mut JsonMap) -> Vec<ConfigProblem> {
    let mut problems = Vec::new();
    for (key, default) in defaults(kind) {
        let Some(value) = config.get_mut(key) else { continue };
        if let Some(message) = complaint(kind, key, default, value) {
            problems.push(ConfigProblem::new(key, message));
            *value = default.clone();
        }
        match key.as_str() {
            "pre-hook" | "post-hook" => {
                if let Json::Array(hooks) = value {
                    for hook in hooks {
                        *hook = hook_object(std::mem::take(hook));
                    }
                }
            }
            "docs" | "contract" | "latest_version_pointer" | "snapshot_meta_column_names" => {
                only_known_keys(value, default);
            }
            "cache" => only_known_keys(value, default),
            "freshness" if kind == ResourceKind::Model => model_freshness(value),
            "static_analysis" => {
                // YAML reads `off` as a bool; dbt's text of one is Python's.
                if let Json::Bool(is_on) = value {
                    *value = Json::from(if *is_on { "True" } else { "False" });
                }
            }
            _ if value.is_null() && !default.is_null() && has_no_nulls(kind) => *value = default.clone(),
            _ => {}
        }
    }
    match kind {
        ResourceKind::DataTest => store_failures(config),
        ResourceKind::Model => {
            problems.extend(incremental_contract(config));
            microbatch_begin(config);
        }
        _ => {}
    }
    problems
}

/// A microbatch model's first moment is written as a timestamp.
/// Source: dbt-core 1.12, `check_valid_microbatch_config`.
fn microbatch_begin(config: &mut JsonMap) {
    if config.get("incremental_strategy").and_then(Json::as_str) != Some("microbatch") {
        return;
    }
    let begin = config.get("begin").and_then(Json::as_str).and_then(iso_timestamp);
    if let Some(begin) = begin {
        config.insert("begin".to_string(), Json::from(begin));
    }
}

/// Whether a null means the default. Where configs are no node's, a null stays: it switches a source's freshness off.
fn has_no_nulls(kind: ResourceKind) -> bool {
    use ResourceKind::{Analysis, DataTest, Function, Model, Operation, Seed, Snapshot, UnitTest};
    matches!(kind, Model | Seed | Snapshot | DataTest | Analysis | Operation | Function | UnitTest)
}

/// What is wrong with a value, if its type is not the key's.
fn complaint(kind: ResourceKind, key: &str, default: &Json, value: &Json) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let is_wrong = match key {
        "enabled" | "full_refresh" | "store_failures" | "quote_columns" | "concurrent_batches" => !value.is_boolean(),
        "alias"
        | "schema"
        | "database"
        | "materialized"
        | "group"
        | "on_schema_change"
        | "severity"
        | "fail_calc"
        | "warn_if"
        | "error_if"
        | "where"
        | "store_failures_as"
        | "incremental_strategy"
        | "strategy"
        | "target_schema"
        | "target_database"
        | "delimiter" => !value.is_string(),
        "limit" => !value.is_i64() && !value.is_u64(),
        "tags" => match value {
            Json::Array(items) => !items.iter().all(Json::is_string),
            value => !value.is_string(),
        },
        "latest_version_pointer" => !value.is_object() && !value.is_boolean(),
        "unique_key" => !value.is_string() && !value.is_array(),
        "updated_at" => !value.is_string(),
        "meta"
        | "docs"
        | "contract"
        | "grants"
        | "column_types"
        | "quoting"
        | "persist_docs"
        | "snapshot_meta_column_names" => !value.is_object(),
        _ => false,
    };
    if is_wrong {
        // Of tags only a list is left here, whatever was written: told is what does not belong into it.
        let stranger = value.as_array().and_then(|items| items.iter().find(|item| !item.is_string())).unwrap_or(value);
        return Some(format!("takes {}, not {}", expected(key, default), spelled(stranger)));
    }
    closed_list(kind, key, value)
}

fn closed_list(kind: ResourceKind, key: &str, value: &Json) -> Option<String> {
    let text = value.as_str()?;
    let allowed: &[&str] = match key {
        "access" => &["private", "protected", "public"],
        "on_configuration_change" => &["apply", "continue", "fail"],
        "on_error" => &["skip_children", "continue"],
        "severity" => {
            return (!["warn", "error"].contains(&text.to_ascii_lowercase().as_str()))
                .then(|| format!("is `warn` or `error`, not `{text}`"));
        }
        "materialized" => match kind {
            ResourceKind::Seed => &["seed"],
            ResourceKind::Snapshot => &["snapshot"],
            ResourceKind::DataTest => &["test"],
            _ => return None,
        },
        _ => return None,
    };
    if allowed.contains(&text) {
        return None;
    }
    let names: Vec<_> = allowed.iter().map(|name| format!("`{name}`")).collect();
    Some(format!("is {}, not `{text}`", names.join(" or ")))
}

fn expected(key: &str, default: &Json) -> &'static str {
    match key {
        "enabled" | "full_refresh" | "store_failures" | "quote_columns" | "concurrent_batches" => "true or false",
        "limit" => "a whole number",
        "tags" | "unique_key" => "a text or a list of texts",
        "latest_version_pointer" => "true, false or a map",
        _ if default.is_object() => "a map",
        _ => "a text",
    }
}

fn spelled(value: &Json) -> String {
    match value {
        Json::Array(_) => "a list".to_string(),
        Json::Object(_) => "a map".to_string(),
        Json::Null | Json::Bool(_) | Json::Number(_) => format!("`{value}`"),
        Json::String(text) => format!("the text `{text}`"),
    }
}

/// A hook is SQL, or an object with SQL in it, or such an object written as JSON in a text.
fn hook_object(hook: Json) -> Json {
    let written = match hook {
        Json::Object(map) => map,
        Json::String(sql) => match serde_json::from_str(&sql) {
            Ok(Json::Object(map)) => map,
            Ok(_) | Err(_) => JsonMap::from_iter([("sql".to_string(), Json::String(sql))]),
        },
        other => JsonMap::from_iter([("sql".to_string(), Json::String(other.to_string()))]),
    };
    let mut object = JsonMap::new();
    for (key, default) in [("sql", Json::from("")), ("transaction", Json::Bool(true)), ("index", Json::Null)] {
        object.insert(key.to_string(), written.get(key).cloned().unwrap_or(default));
    }
    Json::Object(object)
}

/// Completes a map of fixed keys; a bool stands for its `enabled`.
fn only_known_keys(value: &mut Json, default: &Json) {
    let Some(defaults) = default.as_object() else { return };
    let written = match std::mem::take(value) {
        Json::Object(map) => map,
        Json::Bool(is_enabled) => JsonMap::from_iter([("enabled".to_string(), Json::Bool(is_enabled))]),
        Json::Null | Json::Number(_) | Json::String(_) | Json::Array(_) => JsonMap::new(),
    };
    let completed = defaults.iter().map(|(key, default)| {
        let value = written.get(key).filter(|value| !value.is_null()).unwrap_or(default);
        (key.clone(), value.clone())
    });
    *value = Json::Object(completed.collect());
}

/// A model's freshness counts only with its `build_after`.
fn model_freshness(value: &mut Json) {
    let Some(Json::Object(after)) = value.get("build_after").cloned() else {
        *value = Json::Null;
        return;
    };
    let mut complete = JsonMap::new();
    for (key, default) in [("count", Json::Null), ("period", Json::Null), ("updates_on", Json::from("any"))] {
        complete.insert(key.to_string(), after.get(key).cloned().unwrap_or(default));
    }
    *value = Json::Object(JsonMap::from_iter([("build_after".to_string(), Json::Object(complete))]));
}

/// `store_failures_as` decides; where it is not set, `store_failures` says it for it.
fn store_failures(config: &mut JsonMap) {
    let stored = match config.get("store_failures_as").and_then(Json::as_str) {
        Some("ephemeral") => Some(false),
        Some(_) => Some(true),
        None => {
            let stored_as = match config.get("store_failures").and_then(Json::as_bool) {
                Some(true) => Json::from("table"),
                Some(false) => Json::from("ephemeral"),
                None => Json::Null,
            };
            config.insert("store_failures_as".to_string(), stored_as);
            None
        }
    };
    if let Some(stored) = stored {
        config.insert("store_failures".to_string(), Json::Bool(stored));
    }
}

fn incremental_contract(config: &JsonMap) -> Option<ConfigProblem> {
    let text = |key: &str| config.get(key).and_then(Json::as_str);
    let is_enforced = config.get("contract").and_then(|contract| contract.get("enforced")) == Some(&Json::Bool(true));
    let on_schema_change = text("on_schema_change").unwrap_or("ignore");
    let is_wrong = is_enforced
        && text("materialized") == Some("incremental")
        && !["append_new_columns", "fail"].contains(&on_schema_change);
    is_wrong.then(|| {
        ConfigProblem::new(
            "on_schema_change",
            format!("must be `append_new_columns` or `fail` on an incremental model with an enforced contract, not `{on_schema_change}`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn finished(kind: ResourceKind, config: Json) -> String {
        let mut map = config.as_object().cloned().unwrap_or_default();
        let problems = finish(kind, &mut map);
        let problems: Vec<_> =
            problems.iter().map(|problem| format!("\n`{}` {}", problem.key, problem.message)).collect();
        format!("{}{}", Json::Object(map), problems.concat())
    }

    #[test]
    fn hooks_become_objects() {
        insta::assert_snapshot!(
            finished(ResourceKind::Model, json!({"pre-hook": ["select 1", {"sql": "x", "transaction": false}, "{\"sql\": \"y\"}"]})),
            @r#"{"pre-hook":[{"sql":"select 1","transaction":true,"index":null},{"sql":"x","transaction":false,"index":null},{"sql":"y","transaction":true,"index":null}]}"#
        );
    }

    #[test]
    fn a_test_that_stores_failures_stores_a_table() {
        insta::assert_snapshot!(finished(ResourceKind::DataTest, json!({"store_failures": true})), @r#"{"store_failures":true,"store_failures_as":"table"}"#);
        insta::assert_snapshot!(finished(ResourceKind::DataTest, json!({"store_failures": true, "store_failures_as": "ephemeral"})), @r#"{"store_failures":false,"store_failures_as":"ephemeral"}"#);
    }

    #[test]
    fn values_of_a_wrong_type_are_told_and_dropped() {
        insta::assert_snapshot!(
            finished(ResourceKind::Model, json!({"enabled": "yes", "tags": ["a", 1], "access": "open", "meta": {"any": 1}})),
            @r#"
        {"enabled":true,"tags":[],"access":"protected","meta":{"any":1}}
        `enabled` takes true or false, not the text `yes`
        `tags` takes a text or a list of texts, not `1`
        `access` is `private` or `protected` or `public`, not `open`
        "#
        );
    }

    #[test]
    fn an_explicit_null_gives_the_default_back() {
        insta::assert_snapshot!(finished(ResourceKind::Model, json!({"on_schema_change": null, "alias": null})), @r#"{"on_schema_change":"ignore","alias":null}"#);
    }
}
