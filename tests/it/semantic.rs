//! semantic_manifest.json against the one that dbt-core 1.12 wrote of the same project: `tests/fixtures/semantic`.

use std::fs;

use serde_json::Value;

use crate::binary::{folder, tamis};

const PROFILES: &str = "shop:\n  target: dev\n  outputs: {dev: {type: duckdb, path: shop.duckdb, schema: main}}\n";

fn semantic_manifest(files: &[(&str, &str)]) -> Value {
    let mut all = vec![("dbt_project.yml", "name: shop\nprofile: shop\n"), ("profiles.yml", PROFILES)];
    all.extend(files);
    let here = folder(&all);
    let ran = tamis(&["parse"]).within(&here).picture();
    let text = fs::read_to_string(here.path().join("target/semantic_manifest.json")).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no semantic_manifest.json: {ran}"))
}

#[test]
fn the_semantic_manifest_is_dbts() {
    let found = semantic_manifest(&[
        (
            "models/orders.sql",
            "select 1 as id, 1 as customer_id, current_date as ordered_at, 5 as amount, 'x' as status\n",
        ),
        ("models/days.sql", "select current_date as date_day, 1 as fiscal\n"),
        ("models/properties.yml", include_str!("../fixtures/semantic/properties.yml")),
    ]);
    let expected: Value =
        serde_json::from_str(include_str!("../fixtures/semantic/semantic_manifest.json")).expect("dbt wrote JSON");
    for part in ["semantic_models", "metrics", "saved_queries", "project_configuration"] {
        same(part, &found[part], &expected[part]);
    }
}

/// Told by resource, so that one difference is not a wall of text.
fn same(part: &str, found: &Value, expected: &Value) {
    let (Some(items), Some(wanted)) = (found.as_array(), expected.as_array()) else {
        return assert_eq!(found, expected, "{part}");
    };
    assert_eq!(items.len(), wanted.len(), "{part}");
    for (item, wanted) in items.iter().zip(wanted) {
        assert_eq!(item, wanted, "{part}");
    }
}

#[test]
fn a_project_without_semantic_models_has_an_empty_one() {
    insta::assert_snapshot!(semantic_manifest(&[("models/a.sql", "select 1 as id\n")]), @r#"{"semantic_models":[],"metrics":[],"project_configuration":{"time_spine_table_configurations":[],"metadata":null,"dsi_package_version":{"major_version":"0","minor_version":"213","patch_version":"0"},"time_spines":[]},"saved_queries":[]}"#);
}

#[test]
fn the_old_time_spine_counts_by_its_name() {
    let found = semantic_manifest(&[
        ("models/metricflow_time_spine.sql", "select current_date as date_day\n"),
        ("models/a.sql", "select 1 as id\n"),
        ("models/a.yml", "semantic_models: [{name: a, model: ref('a'), entities: [{name: id, type: primary}]}]\n"),
    ]);
    insta::assert_snapshot!(found["project_configuration"]["time_spine_table_configurations"], @r#"[{"location":"\"shop\".\"main\".\"metricflow_time_spine\"","column_name":"date_day","grain":"day"}]"#);
}
