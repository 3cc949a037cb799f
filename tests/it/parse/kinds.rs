//! Resources that are not plain SQL models: Python, metrics, hooks, analyses.

use insta::assert_snapshot;
use tamis::project::Flags;

use crate::support::project::project;

#[test]
fn a_python_model_is_read_for_its_calls() {
    let parsed = project()
        .model("a", "select 1 as id")
        .file("models/p.py", "def model(dbt, session):\n    dbt.config(tags=['py'])\n    return dbt.ref('a')\n")
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    assert_snapshot!(parsed.config("model.shop.p", &["materialized", "tags"]), @r#"materialized="table" tags=["py"]"#);
    assert_eq!(parsed.manifest.parents("model.shop.p").len(), 1);
}

#[test]
fn metrics_and_saved_queries_are_kept_with_what_they_read() {
    let parsed = project()
        .model("a", "select 1 as id")
        .model("metricflow_time_spine", "select 1 as date_day")
        .yml(
            "semantic_models:\n  - name: sm\n    model: ref('a')\n    measures: [{name: total, agg: sum}]\nmetrics:\n  - name: m\n    label: M\n    type: simple\n    type_params: {measure: total}\n  - name: wrong\n    label: W\n    type: simple\n    type_params: {measure: totl}\nsaved_queries:\n  - name: q\n    query_params: {metrics: [m]}\n",
        )
        .parse();
    let lines =
        parsed.manifest.others.values().map(|other| format!("{}: {:?}", other.unique_id, other.depends_on.nodes));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    metric.shop.m: ["semantic_model.shop.sm"]
    metric.shop.wrong: []
    saved_query.shop.q: ["metric.shop.m"]
    semantic_model.shop.sm: ["model.shop.a"]
    "#);
    assert_snapshot!(parsed.drawn(), @r"
    error[unresolved-metric]: `wrong` uses the measure `totl`, which does not exist
      --> models/schema.yml:10:11
       |
    10 |   - name: wrong
       |           ^^^^^ declared here
       |
    help: did you mean `total`?
    ");
}

#[test]
fn hooks_and_analyses_have_names_of_their_own() {
    let parsed = project()
        .config("on-run-start: \"select 1\"\non-run-end:\n  - \"{{ log('x') }}\"\n  - \"select {{ ref('a') }}\"\n")
        .model("a", "select 1 as id")
        .file("analyses/deep/an.sql", "select * from {{ ref('a') }}")
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let lines = parsed.manifest.nodes.values().map(|node| format!("{} {:?} {:?}", node.unique_id, node.fqn, node.tags));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    analysis.shop.an ["shop", "analysis", "deep", "an"] []
    model.shop.a ["shop", "a"] []
    operation.shop.shop-on-run-end-0 ["shop", "hooks", "shop-on-run-end-0"] ["on-run-end"]
    operation.shop.shop-on-run-end-1 ["shop", "hooks", "shop-on-run-end-1"] ["on-run-end"]
    operation.shop.shop-on-run-start-0 ["shop", "hooks", "shop-on-run-start-0"] ["on-run-start"]
    "#);
}

#[test]
fn tests_have_a_relation_when_failures_are_stored() {
    let yml = "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [unique]\n";
    let stored =
        project().model("a", "select 1 as id").yml(yml).flags(Flags { store_failures: true, ..Flags::default() });
    let names = |parsed: &crate::support::project::Parsed| {
        let tests = parsed.manifest.nodes.values().filter(|node| node.unique_id.starts_with("test."));
        tests.map(|node| node.relation_name.clone().unwrap_or_else(|| "-".to_string())).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(names(&stored.parse()), @r#""shop"."main_dbt_test__audit"."unique_a_id""#);
    assert_snapshot!(names(&project().model("a", "select 1 as id").yml(yml).parse()), @"-");
}
