//! The config keys dbt gives every resource, with their defaults, in dbt's order.
//!
//! Source: dbt-core 1.12, `artifacts/resources/v1/config.py` and the resource files beside it.

use std::sync::LazyLock;

use serde_json::json;

use crate::manifest::{Json, JsonMap};
use crate::parse::kind::ResourceKind;

/// Keys and defaults of one kind.
pub(super) fn defaults(kind: ResourceKind) -> &'static JsonMap {
    match kind {
        ResourceKind::Model => &MODEL,
        ResourceKind::Seed => &SEED,
        ResourceKind::Snapshot => &SNAPSHOT,
        ResourceKind::DataTest => &DATA_TEST,
        ResourceKind::Analysis | ResourceKind::Operation => &NODE,
        ResourceKind::Source => &SOURCE,
        ResourceKind::Exposure => &EXPOSURE,
        ResourceKind::UnitTest => &UNIT_TEST,
        ResourceKind::Metric | ResourceKind::SemanticModel => &METRIC,
        ResourceKind::SavedQuery => &SAVED_QUERY,
        ResourceKind::Function => &FUNCTION,
    }
}

static NODE: LazyLock<JsonMap> = LazyLock::new(|| node("view", json!({})));

static MODEL: LazyLock<JsonMap> = LazyLock::new(|| {
    node(
        "view",
        json!({
            "access": "protected",
            "freshness": null,
            "on_error": null,
            "latest_version_pointer": {"enabled": null, "alias": null},
        }),
    )
});

static SEED: LazyLock<JsonMap> = LazyLock::new(|| node("seed", json!({"delimiter": ",", "quote_columns": null})));

static SNAPSHOT: LazyLock<JsonMap> = LazyLock::new(|| {
    node(
        "snapshot",
        json!({
            "strategy": null,
            "target_schema": null,
            "target_database": null,
            "updated_at": null,
            "check_cols": null,
            "snapshot_meta_column_names": {
                "dbt_valid_to": null,
                "dbt_valid_from": null,
                "dbt_scd_id": null,
                "dbt_updated_at": null,
                "dbt_is_deleted": null,
            },
            "dbt_valid_to_current": null,
        }),
    )
});

static FUNCTION: LazyLock<JsonMap> = LazyLock::new(|| {
    node(
        "function",
        json!({
            "type": "scalar",
            "volatility": null,
            "runtime_version": null,
            "entry_point": null,
            "snowflake": {"quote_args": true},
        }),
    )
});

static DATA_TEST: LazyLock<JsonMap> = LazyLock::new(|| {
    map(json!({
        "enabled": true,
        "alias": null,
        "schema": "dbt_test__audit",
        "database": null,
        "tags": [],
        "meta": {},
        "group": null,
        "static_analysis": null,
        "materialized": "test",
        "severity": "ERROR",
        "store_failures": null,
        "store_failures_as": null,
        "sql_header": null,
        "where": null,
        "limit": null,
        "fail_calc": "count(*)",
        "warn_if": "!= 0",
        "error_if": "!= 0",
    }))
});

static SOURCE: LazyLock<JsonMap> = LazyLock::new(|| {
    map(json!({
        "enabled": true,
        "event_time": null,
        "freshness": {
            "warn_after": {"count": null, "period": null},
            "error_after": {"count": null, "period": null},
            "filter": null,
        },
        "loaded_at_field": null,
        "loaded_at_query": null,
        "meta": {},
        "tags": [],
        "static_analysis": null,
    }))
});

static EXPOSURE: LazyLock<JsonMap> = LazyLock::new(|| map(json!({"enabled": true, "tags": [], "meta": {}})));

static UNIT_TEST: LazyLock<JsonMap> =
    LazyLock::new(|| map(json!({"tags": [], "meta": {}, "enabled": true, "static_analysis": null})));

static METRIC: LazyLock<JsonMap> = LazyLock::new(|| map(json!({"enabled": true, "group": null, "meta": {}})));

static SAVED_QUERY: LazyLock<JsonMap> = LazyLock::new(|| {
    map(json!({
        "enabled": true,
        "group": null,
        "meta": {},
        "export_as": null,
        "schema": null,
        "cache": {"enabled": false},
    }))
});

/// What every node that compiles to SQL has, and a kind's own keys after it.
fn node(materialized: &str, own: Json) -> JsonMap {
    let mut keys = map(json!({
        "enabled": true,
        "alias": null,
        "schema": null,
        "database": null,
        "tags": [],
        "meta": {},
        "group": null,
        "static_analysis": null,
        "materialized": materialized,
        "incremental_strategy": null,
        "batch_size": null,
        "lookback": 1,
        "begin": null,
        "persist_docs": {},
        "post-hook": [],
        "pre-hook": [],
        "quoting": {},
        "column_types": {},
        "full_refresh": null,
        "unique_key": null,
        "on_schema_change": "ignore",
        "on_configuration_change": "apply",
        "grants": {},
        "packages": [],
        "docs": {"show": true, "node_color": null},
        "contract": {"enforced": false, "alias_types": true},
        "event_time": null,
        "concurrent_batches": null,
    }));
    keys.extend(map(own));
    keys
}

fn map(value: Json) -> JsonMap {
    match value {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => JsonMap::new(),
    }
}
