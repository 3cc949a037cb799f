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

#[test]
fn what_a_model_says_of_its_meaning_comes_to_what_it_does_in_dbt() {
    let project = "name: shop\nprofile: shop\nmetrics: {shop: {+meta: {of_project: 2}}}\n";
    let here = folder(&[
        ("dbt_project.yml", project),
        ("profiles.yml", PROFILES),
        ("models/time_spine_day.sql", "select 1 as date_day\n"),
        ("models/orders.sql", "select 1 as id, 2 as amount\n"),
        ("models/customers.sql", "select 1 as id, 2 as amount\n"),
        ("models/plain.sql", "select 1 as id, 2 as amount\n"),
        ("models/d.md", "{% docs about %}all about{% enddocs %}\n"),
        ("models/properties.yml", include_str!("../fixtures/semantic/model_properties.yml")),
    ]);
    let ran = tamis(&["parse"]).within(&here).picture();
    let read = |file: &str| -> Value {
        let text = fs::read_to_string(here.path().join("target").join(file)).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("no {file}: {ran}"))
    };
    let mut manifest = read("manifest.json");
    let expected: Value =
        serde_json::from_str(include_str!("../fixtures/semantic/model_manifest.json")).expect("dbt wrote JSON");
    for part in ["semantic_models", "metrics", "saved_queries"] {
        let found = manifest[part].as_object_mut().expect("a map of resources");
        for (id, resource) in found.iter_mut() {
            resource.as_object_mut().expect("a resource").shift_remove("created_at");
            assert_eq!(resource, &expected[part][id], "{id}");
        }
        assert_eq!(found.len(), expected[part].as_object().map_or(0, serde_json::Map::len), "{part}");
    }
    assert_eq!(manifest["nodes"]["model.shop.orders"]["columns"], expected["columns"]);

    let found = read("semantic_manifest.json");
    let expected: Value = serde_json::from_str(include_str!("../fixtures/semantic/model_semantic_manifest.json"))
        .expect("dbt wrote JSON");
    for part in ["semantic_models", "metrics", "saved_queries", "project_configuration"] {
        same(part, &found[part], &expected[part]);
    }
}

/// What `parse` says of a project whose model `a` and further properties are these.
fn told(model: &str, further: &str) -> String {
    let properties = format!(
        "models:\n  - name: days\n    time_spine: {{standard_granularity_column: day}}\n    columns: [{{name: day, granularity: day}}]\n  - name: a\n{model}\n{further}"
    );
    let here = folder(&[
        ("dbt_project.yml", "name: shop\nprofile: shop\n"),
        ("profiles.yml", PROFILES),
        ("models/days.sql", "select 1 as day\n"),
        ("models/a.sql", "select 1 as id\n"),
        ("models/p.yml", &properties),
    ]);
    tamis(&["parse"]).within(&here).picture()
}

#[test]
fn a_metric_below_a_model_is_read_whole_or_pointed_at() {
    insta::assert_snapshot!(told(
        "    semantic_model: true
    columns: [{name: id, entity: primry}, {name: at, granularity: dya, dimension: {type: tim}}]
    metrics:
      - {name: total, type: simple, agg: summ}
      - {name: 2nd, agg: sum}
      - {name: none, type: simple}",
        ""
    ), @"
    exit code: 2
    ----- stderr -----
    error[invalid-properties]: `entity` of the column `id` of `a` cannot be `primry`
     --> models/p.yml:7:34
      |
    7 |     columns: [{name: id, entity: primry}, {name: at, granularity: dya, dimension: {type: tim}}]
      |                                  ^^^^^^ one of `foreign`, `natural`, `primary`, `unique`
      |
    help: did you mean `primary`?

    error[invalid-properties]: `granularity` of the column `at` of `a` cannot be `dya`
     --> models/p.yml:7:67
      |
    7 |     columns: [{name: id, entity: primry}, {name: at, granularity: dya, dimension: {type: tim}}]
      |                                                                   ^^^ one of `nanosecond`, `microsecond`, `millisecond`, `second`, `minute`, `hour`, `day`, `week`, `month`, `quarter`, `year`
      |
    help: did you mean `day`?

    error[invalid-properties]: `type` of the column `at` of `a` cannot be `tim`
     --> models/p.yml:7:90
      |
    7 |     columns: [{name: id, entity: primry}, {name: at, granularity: dya, dimension: {type: tim}}]
      |                                                                                          ^^^ one of `categorical`, `time`
      |
    help: did you mean `time`?

    error[invalid-properties]: `agg` of the metric `total` cannot be `summ`
     --> models/p.yml:9:42
      |
    9 |       - {name: total, type: simple, agg: summ}
      |                                          ^^^^ one of `sum`, `min`, `max`, `count_distinct`, `sum_boolean`, `average`, `percentile`, `median`, `count`
      |
    help: did you mean `sum`?

    error[invalid-properties]: `2nd` cannot be the name of a metric
      --> models/p.yml:10:16
       |
    10 |       - {name: 2nd, agg: sum}
       |                ^^^ it must begin with a letter
       |
    help: rename it, and where it is used

    error[invalid-properties]: the metric `none` is of the type `simple` and needs `agg`
      --> models/p.yml:11:16
       |
    11 |       - {name: none, type: simple}
       |                ^^^^ declared here
       |
    help: add `agg:`
    ");
}

#[test]
fn a_metric_at_the_top_of_a_file_belongs_to_no_model() {
    insta::assert_snapshot!(told(
        "    semantic_model: true
    metrics: [{name: total, agg: sum, expr: id}]",
        "metrics:
  - {name: loose, type: simple, agg: sum}
  - {name: untold, expr: total}
  - {name: share, type: ratio, numerator: total}
  - {name: running, type: cumulative, input_metric: total, window: seven days}
  - {name: gone, type: derived, expr: totl, input_metrics: [totl]}"
    ), @"
    exit code: 2
    ----- stderr -----
    error[invalid-properties]: the metric `loose` aggregates, and belongs to no semantic model
     --> models/p.yml:9:38
      |
    9 |   - {name: loose, type: simple, agg: sum}
      |                                      ^^^ of which rows?
      |
    help: write it below `metrics:` of the model whose rows it aggregates, which needs `semantic_model: true`

    error[invalid-properties]: the metric `untold` has no type
      --> models/p.yml:10:12
       |
    10 |   - {name: untold, expr: total}
       |            ^^^^^^ declared here
       |
    help: write `type:` with one of `simple`, `ratio`, `cumulative`, `derived`, `conversion`

    error[invalid-properties]: the metric `share` is of the type `ratio` and needs `denominator`
      --> models/p.yml:11:12
       |
    11 |   - {name: share, type: ratio, numerator: total}
       |            ^^^^^ declared here
       |
    help: add `denominator:`

    error[invalid-properties]: `window` of the metric `running` is no window of time
      --> models/p.yml:12:68
       |
    12 |   - {name: running, type: cumulative, input_metric: total, window: seven days}
       |                                                                    ^^^^^^^^^^ a count and a granularity are asked for
       |
    help: write it as `7 days`

    error[unresolved-metric]: `gone` uses the metric `totl`, which does not exist
      --> models/p.yml:13:12
       |
    13 |   - {name: gone, type: derived, expr: totl, input_metrics: [totl]}
       |            ^^^^ declared here
       |
    help: did you mean `total`?
    ");
}

#[test]
fn semantic_models_need_a_time_spine() {
    let here = folder(&[
        ("dbt_project.yml", "name: shop\nprofile: shop\n"),
        ("profiles.yml", PROFILES),
        ("models/a.sql", "select 1 as id\n"),
        ("models/p.yml", "models: [{name: a, semantic_model: true}]\n"),
    ]);
    insta::assert_snapshot!(tamis(&["parse"]).within(&here).picture(), @"
    exit code: 2
    ----- stderr -----
    error[missing-time-spine]: semantic models need a time spine of days or something smaller, and the project has none
     --> models/p.yml:1:17
      |
    1 | models: [{name: a, semantic_model: true}]
      |                 ^ this one, for example
      |
    help: declare `time_spine:` with `standard_granularity_column:` on a model that has a row for each day
    ");
}

#[test]
fn a_semantic_model_that_is_taken_away_is_gone_from_the_next_parse() {
    let properties = |is_on: bool| {
        format!(
            "models:\n  - name: days\n    time_spine: {{standard_granularity_column: day}}\n    columns: [{{name: day, granularity: day}}]\n  - name: a\n    semantic_model: {is_on}\n    description: d\n"
        )
    };
    let mut files = vec![
        ("dbt_project.yml".to_string(), "name: shop\nprofile: shop\n".to_string()),
        ("profiles.yml".to_string(), PROFILES.to_string()),
        ("models/days.sql".to_string(), "select 1 as day\n".to_string()),
        ("models/a.sql".to_string(), "select 1 as id\n".to_string()),
        ("models/p.yml".to_string(), properties(true)),
    ];
    files.extend((0..12).map(|number| (format!("models/other_{number}.sql"), "select 1 as id\n".to_string())));
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let here = folder(&files);
    let models = || {
        tamis(&["parse"]).within(&here).run();
        let text = fs::read_to_string(here.path().join("target/manifest.json")).expect("it was parsed");
        let manifest: Value = serde_json::from_str(&text).expect("JSON");
        manifest["semantic_models"].as_object().map_or(0, serde_json::Map::len)
    };
    assert_eq!(models(), 1);
    fs::write(here.path().join("models/p.yml"), properties(false)).expect("written");
    assert_eq!(models(), 0);
}
