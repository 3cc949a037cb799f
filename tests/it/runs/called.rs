//! Functions of the project: `functions/`, and `{{ function('…') }}`, from what a text says to what the warehouse runs.

use std::fs;

use insta::assert_snapshot;
use tempfile::TempDir;

use super::{call, fine, project, results, rows};
use crate::binary::{tamis, write};

const YML: &str = "
functions:
  - name: is_adult
    config: {alias: grown, schema: udfs}
    arguments: [{name: age, data_type: integer, default_value: 18}]
    returns: {data_type: boolean}
  - name: fare
    arguments: [{name: age, data_type: integer}]
    returns: {data_type: integer}
models:
  - name: fares
unit_tests:
  - name: children_ride_cheaply
    model: fares
    given: [{input: ref('people'), rows: [{age: 3}]}]
    expect: {rows: [{fare: 1, is_grown: false}]}
";

const FARE: &str = "case when {{ function('shop', 'is_adult') }}(age) then 2 else 1 end";

fn shop() -> TempDir {
    project(&[
        ("functions/is_adult.sql", "-- eighteen\nage >= 18"),
        ("functions/fare.sql", FARE),
        ("functions/functions.yml", YML),
        ("models/people.sql", "select unnest([3, 40])::integer as age"),
        (
            "models/fares.sql",
            "select {{ function('fare') }}(age) as fare, {{ function('is_adult') }}(age) as is_grown from {{ ref('people') }}",
        ),
        ("tests/default.sql", "select 1 where not {{ function('is_adult') }}()"),
    ])
}

#[test]
fn functions_are_made_before_what_calls_them() {
    let here = shop();
    assert_snapshot!(results(&here, "build"), @r#"
    exit code: 0
    function fare: success
    function is_adult: success
    model fares: success
    model people: success
    test default: pass (0)
    unit_test children_ride_cheaply: pass (0)
    "#);
    assert_snapshot!(rows(&here, "from main.fares order by all"), @r#"
    1 | false
    2 | true
    "#);
    let compiled = fs::read_to_string(here.path().join("target/compiled/shop/models/fares.sql")).unwrap();
    assert_snapshot!(compiled, @r#"select "shop"."main"."fare"(age) as fare, "shop"."main_udfs"."grown"(age) as is_grown from "shop"."main"."people""#);
    let made = fs::read_to_string(here.path().join("target/run/shop/functions/fare.sql")).unwrap();
    assert_snapshot!(made.trim(), @r#"
    create or replace function "shop"."main"."fare" (age) as
    cast((
    case when "shop"."main_udfs"."grown"(age) then 2 else 1 end
    ) as integer)
    "#);
}

#[test]
fn functions_are_selected_like_models_and_made_by_build_alone() {
    let here = shop();
    let selected = |line: &str| call(&here, line).stdout.trim().replace('\n', " ");
    assert_snapshot!(selected("ls --resource-type function -q"), @"shop.fare shop.is_adult");
    assert_snapshot!(selected("ls --select is_adult+ -q"), @"shop.fare shop.is_adult shop.fares shop.default unit_test:shop.children_ride_cheaply");
    assert_snapshot!(selected("ls --select +fares --exclude resource_type:function -q"), @"shop.fares shop.people unit_test:shop.children_ride_cheaply");
    assert_snapshot!(results(&here, "build --resource-type function"), @r#"
    exit code: 0
    function fare: success
    function is_adult: success
    "#);
    assert_snapshot!(results(&here, "run"), @r#"
    exit code: 0
    model fares: success
    model people: success
    "#);
    write(here.path(), "functions/is_adult.sql", "age > 20");
    fs::rename(here.path().join("target"), here.path().join("before")).unwrap();
    assert_snapshot!(selected("ls --select state:modified --state before --resource-type function -q"), @"shop.is_adult");
    write(here.path(), "functions/is_adult.sql", "-- eighteen\nage >= 18");
    write(here.path(), "functions/functions.yml", &YML.replace("default_value: 18", "default_value: 19"));
    assert_snapshot!(selected("ls --select state:modified --state before --resource-type function -q"), @"shop.is_adult");
}

#[test]
fn a_function_of_an_earlier_run_stands_in_for_one_that_is_not_made() {
    let here = shop();
    fine(&here, "parse --target-path before");
    write(here.path(), "functions/functions.yml", &YML.replace("schema: udfs", "schema: mine"));
    fine(&here, "compile --select fares --defer --state before");
    let compiled = fs::read_to_string(here.path().join("target/compiled/shop/models/fares.sql")).unwrap();
    assert_snapshot!(compiled, @r#"select "shop"."main"."fare"(age) as fare, "shop"."main_udfs"."grown"(age) as is_grown from "shop"."main"."people""#);
}

#[test]
fn overloads_are_made_with_their_function() {
    let here = project(&[
        ("functions/area.sql", "side * side"),
        ("functions/area_of_two.sql", "width * height * {{ function('unit') }}()"),
        ("functions/unit.sql", "1"),
        (
            "functions/functions.yml",
            "functions:\n  - {name: unit, returns: {data_type: integer}}\n  - name: area\n    arguments: [{name: side, data_type: double}]\n    returns: {data_type: double}\n    overloads:\n      - defined_in: area_of_two\n        arguments: [{name: width, data_type: double}, {name: height, data_type: double}]\n        returns: {data_type: integer}\n",
        ),
        ("models/m.sql", "select {{ function('area') }}(2) as one, {{ function('area') }}(2, 3) as two"),
    ]);
    assert_snapshot!(results(&here, "build"), @r#"
    exit code: 0
    function area: success
    function unit: success
    model m: success
    "#);
    assert_snapshot!(rows(&here, "from main.m"), @"4 | 6");
    let text = fs::read_to_string(here.path().join("target/manifest.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let area = &json["functions"]["function.shop.area"];
    assert_eq!(json["functions"].as_object().unwrap().len(), 2);
    assert_eq!(area["depends_on"]["nodes"], serde_json::json!(["function.shop.unit"]));
    assert_snapshot!(area["overloads"][0], @r#"{"defined_in":"area_of_two","arguments":[{"name":"width","data_type":"double","description":null,"default_value":null},{"name":"height","data_type":"double","description":null,"default_value":null}],"returns":{"data_type":"integer","description":null},"description":null,"raw_body":"width * height * {{ function('unit') }}()","compiled_body":"width * height * \"shop\".\"main\".\"unit\"()"}"#);
}

#[test]
fn what_a_warehouse_cannot_make_is_refused_by_name() {
    let here = project(&[
        ("functions/in_python.py", "def main(x):\n    return x\n"),
        ("functions/longest.sql", "max(x)"),
        ("functions/unsaid.sql", "1"),
        (
            "functions/functions.yml",
            "functions:\n  - name: in_python\n    config: {runtime_version: '3.11', entry_point: main}\n    returns: {data_type: integer}\n  - name: longest\n    config: {type: aggregate}\n    returns: {data_type: integer}\n",
        ),
    ]);
    let ran = call(&here, "build --threads 1");
    assert_eq!(ran.code, 1);
    let told = ran.stderr.split_once("\nerror").map(|(_, told)| told).unwrap_or_default();
    assert_snapshot!(told.rsplit_once("\n\n").unwrap().0, @r#"
    [compiler-error]: a function of type scalar in python is not supported on duckdb
     --> functions/in_python.py:1:1
      |
    1 | def main(x):
      | ^ while this was at work
      |
      = note: compiled code at target/compiled/shop/functions/in_python.py

    error[compiler-error]: a function of type aggregate in sql is not supported on duckdb
     --> functions/longest.sql:1:1
      |
    1 | max(x)
      | ^ while this was at work
      |
      = note: compiled code at target/compiled/shop/functions/longest.sql

    error[invalid-properties]: no yml says what function `unsaid` returns
     --> functions/unsaid.sql:1:1
      |
    1 | 1
      | ^ this function
      |
      = note: compiled code at target/compiled/shop/functions/unsaid.sql
    help: add `functions: [{name: unsaid, returns: {data_type: …}}]` to a yml
    "#);
}

const BIGQUERY: &str = "
shop:
  target: dev
  outputs:
    dev: {type: bigquery, method: oauth, project: p, dataset: d}
";

#[test]
fn bigquery_is_sent_sql_javascript_and_python() {
    let here = project(&[
        ("profiles.yml", BIGQUERY),
        ("functions/is_adult.sql", "age >= 18"),
        ("functions/longest.sql", "max(x)"),
        ("functions/doubled.js", "return x * 2;"),
        ("functions/tripled.py", "def main(x):\n    return x * 3"),
        (
            "functions/functions.yml",
            "
functions:
  - name: is_adult
    arguments: [{name: age, data_type: INT64}, {name: area, data_type: STRING}]
    returns: {data_type: BOOL}
  - name: longest
    config: {type: aggregate}
    arguments: [{name: x, data_type: INT64}]
    returns: {data_type: INT64}
  - name: doubled
    config: {volatility: deterministic}
    arguments: [{name: x, data_type: FLOAT64}]
    returns: {data_type: FLOAT64}
  - name: tripled
    config: {runtime_version: '3.11', entry_point: main, packages: [numpy]}
    arguments: [{name: x, data_type: INT64}]
    returns: {data_type: INT64}
",
        ),
        ("models/m.sql", "select {{ function('is_adult') }}(3, 'x') as id"),
    ]);
    fine(&here, "compile");
    let of = |path: &str| {
        let text = fs::read_to_string(here.path().join(path)).unwrap();
        let lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(of("target/compiled/shop/models/m.sql"), @"select `p`.`d`.`is_adult`(3, 'x') as id");
    assert_snapshot!(of("target/run/shop/functions/is_adult.sql"), @r#"
    CREATE OR REPLACE FUNCTION `p`.`d`.`is_adult` (age INT64, area STRING)
    RETURNS BOOL
    AS
    (
       age >= 18
    )
    ;
    "#);
    assert_snapshot!(of("target/run/shop/functions/longest.sql"), @r#"
    CREATE OR REPLACE AGGREGATE FUNCTION `p`.`d`.`longest` (x INT64)
    RETURNS INT64
    AS
    (
       max(x)
    );
    "#);
    assert_snapshot!(of("target/run/shop/functions/doubled.js"), @r#"
    CREATE OR REPLACE FUNCTION `p`.`d`.`doubled` (x FLOAT64)
    RETURNS FLOAT64
    DETERMINISTIC
    LANGUAGE js
    AS
    r'''
    return x * 2;
    ''';
    "#);
    assert_snapshot!(of("target/run/shop/functions/tripled.py"), @r#"
    CREATE OR REPLACE FUNCTION `p`.`d`.`tripled` (x INT64)
    RETURNS INT64
    LANGUAGE python
    OPTIONS(
        runtime_version = "python-3.11",
        entry_point = "main",
        packages = ['numpy']
    )
    AS
    r'''
    def main(x):
        return x * 3
    ''';
    "#);
}

#[test]
fn a_project_has_its_own_way_to_make_a_function() {
    let here = shop();
    write(
        here.path(),
        "macros/mine.sql",
        "{% macro duckdb__scalar_function_body_sql() %}not (({{ model.compiled_code }}\n)){% endmacro %}",
    );
    fine(&here, "build --select is_adult --resource-type function");
    assert_snapshot!(rows(&here, "select main_udfs.grown(40)"), @"false");
}

/// `tests/emulator/start.py run -- cargo test` starts the emulator; without it, this test says that it is skipped.
#[test]
fn a_model_calls_a_function_on_bigquery() {
    let Ok(host) = std::env::var("BIGQUERY_EMULATOR_HOST") else {
        eprintln!("skipped: no BigQuery emulator (tests/emulator/start.py run -- cargo test)");
        return;
    };
    let dataset = format!("called_{}", &uuid::Uuid::new_v4().simple().to_string()[..8]);
    let profiles =
        BIGQUERY.replace("project: p", "project: tamis-test").replace("dataset: d", &format!("dataset: {dataset}"));
    let here = project(&[
        ("profiles.yml", &profiles),
        ("functions/doubled.sql", "x * 2"),
        (
            "functions/functions.yml",
            "functions:\n  - name: doubled\n    arguments: [{name: x, data_type: INT64}]\n    returns: {data_type: INT64}\n",
        ),
        ("models/m.sql", "{{ config(materialized='table') }} select {{ function('doubled') }}(21) as answer"),
        ("tests/t.sql", "select * from {{ ref('m') }} where answer != 42"),
    ]);
    // The test asks the warehouse whether the model's answer is right.
    let ran = tamis(&["build"]).within(&here).env("BIGQUERY_EMULATOR_HOST", &host).run();
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
}
