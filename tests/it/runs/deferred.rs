//! `--defer`, `clone` and `retry`: what is taken from an earlier run.

use std::fs;

use insta::assert_snapshot;
use tempfile::TempDir;

use super::{call, fine, project, relations, results, rows};
use crate::binary::write;

/// Two targets in one database: `prod` is built, and its artifacts lie in `state`.
fn built() -> TempDir {
    let profiles = "
shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: shop.duckdb, schema: dev}
    prod: {type: duckdb, path: shop.duckdb, schema: prod}
";
    let here = project(&[
        ("profiles.yml", profiles),
        ("models/a.sql", "select 1 as id"),
        ("models/b.sql", "{{ config(materialized='table') }} select * from {{ ref('a') }}"),
    ]);
    fine(&here, "build --target prod --target-path state");
    here
}

fn compiled(here: &TempDir) -> String {
    fs::read_to_string(here.path().join("target/compiled/shop/models/b.sql")).unwrap().trim().to_string()
}

#[test]
fn what_is_not_there_is_read_from_where_the_earlier_run_has_it() {
    let here = built();
    fine(&here, "run -s b --defer --state state");
    assert_snapshot!(compiled(&here), @r#"select * from "shop"."prod"."a""#);
    fine(&here, "run -s a");
    fine(&here, "run -s b --defer --state state");
    assert_snapshot!(compiled(&here), @r#"select * from "shop"."dev"."a""#);
    fine(&here, "compile -s b --defer --favor-state --state state");
    assert_snapshot!(compiled(&here), @r#"select * from "shop"."prod"."a""#);
    fine(&here, "run --defer --favor-state --defer-state state");
    assert_snapshot!(compiled(&here), @r#"select * from "shop"."dev"."a""#);
}

#[test]
fn without_an_earlier_run_there_is_nothing_to_defer_to() {
    let here = built();
    assert_snapshot!(call(&here, "run --defer").stderr, @"
    error[no-state]: `--defer` needs an earlier run to look into
    help: add `--state FOLDER`, with the manifest.json of that run
    ");
    assert_snapshot!(call(&here, "clone --state models").stderr, @"
    error[no-state]: there is no manifest.json in `models`
    help: point `--state` at the target folder of an earlier run
    ");
}

#[test]
fn a_clone_stands_for_the_relation_of_the_earlier_run() {
    let here = built();
    assert_snapshot!(results(&here, "clone --state state"), @"
    exit code: 0
    model a: success
    model b: success
    ");
    assert_snapshot!(relations(&here), @"
    view | dev | a
    view | dev | b
    view | prod | a
    table | prod | b
    ");
    assert_snapshot!(rows(&here, "select * from dev.b"), @"1");
}

#[test]
fn a_retry_does_what_failed_and_what_was_skipped() {
    let here = project(&[
        ("models/a.sql", "select 1 as id"),
        ("models/b.sql", "select id / nothing as id from {{ ref('a') }}"),
        ("models/c.sql", "select * from {{ ref('b') }}"),
    ]);
    assert_snapshot!(call(&here, "retry").stderr, @"
    error[no-former-run]: there is no run_results.json in `target`
    help: run something first, or point `--state` at the folder of a former run
    ");
    assert_snapshot!(results(&here, "run --full-refresh"), @"
    exit code: 1
    model a: success
    model b: error
    model c: skipped
    ");
    assert_snapshot!(results(&here, "retry"), @"
    exit code: 1
    model b: error
    model c: skipped
    ");
    write(here.path(), "models/b.sql", "select id from {{ ref('a') }}");
    assert_snapshot!(results(&here, "retry"), @"
    exit code: 0
    model b: success
    model c: success
    ");
    let json = fs::read_to_string(here.path().join("target/run_results.json")).unwrap();
    assert!(json.contains("\"full_refresh\":true") && json.contains("\"which\":\"run\""), "{json}");
    let again = call(&here, "retry");
    assert_eq!(again.code, 0);
    assert_snapshot!(again.stderr.lines().next().unwrap(), @"warning[nothing-selected]: the former run left nothing to do again");
}
