//! How a config value goes over the one below it: replaced, appended, or merged by key.
//!
//! Source: dbt-common, `contracts/config/base.py`, and the `MergeBehavior` of each field in dbt-core.

use crate::manifest::{Json, JsonMap};
use crate::parse::kind::ResourceKind;
use crate::relation::AdapterKind;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Replace,
    Append,
    Update,
    /// Grants: a privilege's list is replaced, or lengthened where its key is written with a `+`.
    AppendByKey,
}

fn rule(kind: ResourceKind, key: &str) -> Rule {
    use ResourceKind::{
        Analysis, DataTest, Exposure, Function, Metric, Model, Operation, SavedQuery, Seed, SemanticModel, Snapshot,
        Source, UnitTest,
    };
    match kind {
        Model | Seed | Snapshot | Analysis | Operation | Function => match key {
            "tags" | "pre-hook" | "post-hook" | "packages" => Rule::Append,
            "meta" | "quoting" | "column_types" | "docs" | "contract" => Rule::Update,
            "latest_version_pointer" if kind == Model => Rule::Update,
            "grants" => Rule::AppendByKey,
            _ => Rule::Replace,
        },
        DataTest | UnitTest => match key {
            "tags" => Rule::Append,
            "meta" => Rule::Update,
            _ => Rule::Replace,
        },
        Source | Metric | SemanticModel | SavedQuery => match key {
            "meta" => Rule::Update,
            _ => Rule::Replace,
        },
        Exposure => Rule::Replace,
    }
}

/// One level's keys under the names dbt merges by: hooks with a hyphen, BigQuery's own words for database and schema.
pub(crate) fn normalized(adapter: AdapterKind, mut level: JsonMap) -> JsonMap {
    let names: &[(&str, &str)] = match adapter {
        AdapterKind::DuckDb => &[("pre_hook", "pre-hook"), ("post_hook", "post-hook")],
        AdapterKind::BigQuery => {
            &[("pre_hook", "pre-hook"), ("post_hook", "post-hook"), ("project", "database"), ("dataset", "schema")]
        }
    };
    for (written, meant) in names {
        if let Some(value) = level.shift_remove(*written) {
            level.entry(*meant).or_insert(value);
        }
    }
    level
}

/// Puts a normalized level over what the levels below it gave.
pub(super) fn merge_level(kind: ResourceKind, result: &mut JsonMap, level: &JsonMap) {
    for (key, value) in level {
        let key = key.trim();
        let rule = rule(kind, key);
        match result.get_mut(key) {
            Some(below) => merge_value(rule, below, value),
            None => {
                let mut below = match rule {
                    Rule::Replace => Json::Null,
                    Rule::Append => Json::Array(Vec::new()),
                    Rule::Update | Rule::AppendByKey => Json::Object(JsonMap::new()),
                };
                merge_value(rule, &mut below, value);
                result.insert(key.to_string(), below);
            }
        }
    }
}

fn merge_value(rule: Rule, below: &mut Json, value: &Json) {
    match (rule, value) {
        (Rule::Replace, _) => *below = value.clone(),
        // A null over a list or a map has nothing to add; dbt refuses it or goes wrong on it.
        (_, Json::Null) => {}
        (Rule::Append, _) => {
            let mut items = listed(std::mem::take(below));
            items.extend(listed(value.clone()));
            *below = Json::Array(items);
        }
        (Rule::Update, Json::Object(entries)) => match below {
            Json::Object(below) => below.extend(entries.clone()),
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => *below = value.clone(),
        },
        (Rule::AppendByKey, Json::Object(entries)) => merge_grants(below, entries),
        // Not a map: kept as written, for `finish` to complain about.
        (Rule::Update | Rule::AppendByKey, _) => *below = value.clone(),
    }
}

fn merge_grants(below: &mut Json, entries: &JsonMap) {
    let mut merged: JsonMap = match std::mem::take(below) {
        Json::Object(map) => map.into_iter().map(|(key, value)| (key, Json::Array(listed(value)))).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => JsonMap::new(),
    };
    for (key, value) in entries {
        let name = key.trim_start_matches('+');
        let value = listed(value.clone());
        match merged.get_mut(name) {
            Some(Json::Array(items)) if name.len() < key.len() => items.extend(value),
            _ => {
                merged.insert(name.to_string(), Json::Array(value));
            }
        }
    }
    *below = Json::Object(merged);
}

/// Gathers the `config(…)` calls of one text: a later call goes over an earlier one, lists and maps are joined.
///
/// `+` keys of grants are kept, since what they add to comes from levels below.
pub(crate) fn merge_call(result: &mut JsonMap, call: &JsonMap) {
    for (key, value) in call {
        match (key.as_str(), value) {
            ("pre-hook" | "pre_hook" | "post-hook" | "post_hook" | "tags" | "packages", value) if !value.is_null() => {
                let mut items = result.get(key).cloned().map(listed).unwrap_or_default();
                items.extend(listed(value.clone()));
                result.insert(key.clone(), Json::Array(items));
            }
            (
                "quoting" | "column_types" | "meta" | "docs" | "contract" | "snapshot_meta_column_names" | "grants",
                Json::Object(entries),
            ) => match result.get_mut(key) {
                Some(Json::Object(below)) => below.extend(entries.clone()),
                _ => {
                    result.insert(key.clone(), value.clone());
                }
            },
            _ => {
                result.insert(key.clone(), value.clone());
            }
        }
    }
}

fn listed(value: Json) -> Vec<Json> {
    match value {
        Json::Array(items) => items,
        value => vec![value],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn merged(kind: ResourceKind, levels: &[Json]) -> String {
        let mut result = JsonMap::new();
        for level in levels {
            let level = normalized(AdapterKind::BigQuery, level.as_object().cloned().unwrap_or_default());
            merge_level(kind, &mut result, &level);
        }
        Json::Object(result).to_string()
    }

    #[test]
    fn tags_add_up_meta_is_merged_and_the_rest_is_replaced() {
        let levels = [
            json!({"tags": "a", "meta": {"x": 1, "y": 1}, "materialized": "view"}),
            json!({"tags": ["b", "c"], "meta": {"y": 2}, "materialized": "table"}),
        ];
        insta::assert_snapshot!(
            merged(ResourceKind::Model, &levels),
            @r#"{"tags":["a","b","c"],"meta":{"x":1,"y":2},"materialized":"table"}"#
        );
        insta::assert_snapshot!(merged(ResourceKind::Exposure, &levels[..]), @r#"{"tags":["b","c"],"meta":{"y":2},"materialized":"table"}"#);
    }

    #[test]
    fn hooks_are_one_key_in_either_spelling_and_add_up() {
        let levels = [json!({"pre-hook": "select 1"}), json!({"pre_hook": ["select 2", {"sql": "select 3"}]})];
        insta::assert_snapshot!(
            merged(ResourceKind::Model, &levels),
            @r#"{"pre-hook":["select 1","select 2",{"sql":"select 3"}]}"#
        );
    }

    #[test]
    fn grants_are_replaced_by_privilege_and_lengthened_with_a_plus() {
        let levels =
            [json!({"grants": {"select": "a", "insert": ["b"]}}), json!({"grants": {"+select": ["c"], "insert": "d"}})];
        insta::assert_snapshot!(
            merged(ResourceKind::Model, &levels),
            @r#"{"grants":{"select":["a","c"],"insert":["d"]}}"#
        );
    }

    #[test]
    fn bigquery_has_its_own_words_for_database_and_schema() {
        let levels = [json!({"project": "p", "dataset": "d"})];
        insta::assert_snapshot!(merged(ResourceKind::Model, &levels), @r#"{"database":"p","schema":"d"}"#);
    }

    #[test]
    fn config_calls_of_one_text_are_joined() {
        let mut result = JsonMap::new();
        for call in [json!({"tags": "a", "alias": "x"}), json!({"tags": ["b"], "alias": "y", "meta": {"k": 1}})] {
            merge_call(&mut result, call.as_object().expect("an object"));
        }
        insta::assert_snapshot!(Json::Object(result), @r#"{"tags":["a","b"],"alias":"y","meta":{"k":1}}"#);
    }
}
