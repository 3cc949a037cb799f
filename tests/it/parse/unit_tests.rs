//! Unit tests: rows in every form, and what is wrong with those that cannot run.

use insta::assert_snapshot;

use crate::support::project::{TestProject, project};

fn with(yml: &str) -> TestProject {
    project()
        .model("a", "select 1 as id")
        .model("b", "select * from {{ ref('a') }}")
        .model("inc", "{{ config(materialized='incremental') }} select * from {{ ref('a') }} {% if is_incremental() %} where true {% endif %}")
        .file("seeds/s.csv", "id,name\n1,\n2,x\n")
        .file("tests/fixtures/rows.csv", "id,name\n1,\n2,x\n")
        .file("models/unit.yml", yml)
}

#[test]
fn rows_come_as_maps_csv_sql_files_and_seeds() {
    let parsed = with(
        r#"unit_tests:
  - name: t
    model: b
    given:
      - input: ref('a')
        rows: [{id: null}, {id: 1}]
      - {input: ref('a'), format: csv, rows: "id,name\n1,\n"}
      - {input: ref('a'), format: csv, fixture: rows}
      - {input: ref('a'), format: sql, rows: "select 1 as id"}
      - {input: ref('s')}
    expect: {rows: [{id: 1}]}
"#,
    )
    .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let test = parsed.manifest.unit_tests.values().next().expect("one test");
    let rows = test.given.iter().map(|given| format!("{} {}", given.format.name(), given.rows));
    assert_snapshot!(format!("{} {:?}\n{}", test.unique_id, test.depends_on.nodes, rows.collect::<Vec<_>>().join("\n")), @r#"
    unit_test.shop.b.t ["model.shop.b"]
    dict [{"id":1},{"id":null}]
    csv [{"id":"1","name":null}]
    csv [{"id":"2","name":"x"},{"id":"1","name":null}]
    sql "select 1 as id"
    dict [{"id":"1","name":""},{"id":"2","name":"x"}]
    "#);
}

#[test]
fn a_unit_test_of_a_missing_model_suggests_the_nearest() {
    let project = with("unit_tests:\n  - name: t\n    model: bb\n    given: []\n    expect: {rows: []}\n");
    assert_snapshot!(project.problems(), @r"
    error[unknown-model]: unit test `t` tests model `bb`, which does not exist
     --> models/unit.yml:3:12
      |
    3 |     model: bb
      |            ^^ no model has this name
      |
    help: did you mean `b`?
    ");
}

#[test]
fn rows_of_a_wrong_shape_are_explained() {
    let project = with(
        "unit_tests:\n  - name: one\n    model: b\n    given:\n      - input: ref('a')\n        rows: id\n      - rows: []\n      - input: ref('a')\n        format: csv\n        fixture: row\n      - input: ref('a')\n    expect: {format: xml, rows: []}\n  - name: two\n    model: b\n",
    );
    assert_snapshot!(project.problems(), @r"
    error[invalid-properties]: unit test `one` has `dict` rows that are not a list of maps
     --> models/unit.yml:6:15
      |
    6 |         rows: id
      |               ^^ in this test
      |
    help: write each row as `- {column: value}`

    error[invalid-properties]: unit test `one` has rows with no `input`
     --> models/unit.yml:7:9
      |
    7 |       - rows: []
      |         ^^^^^^^^ in this test
      |
    help: add `input: ref('…')`

    error[unknown-fixture]: unit test `one` uses the fixture `row`, which does not exist
      --> models/unit.yml:10:18
       |
    10 |         fixture: row
       |                  ^^^ no file in tests/fixtures has this name
       |
    help: did you mean `rows`?

    error[invalid-properties]: unit test `one` gives no rows for `ref('a')`
      --> models/unit.yml:11:9
       |
    11 |       - input: ref('a')
       |         ^^^^^^^^^^^^^^^ in this test
       |
    help: add `rows:`; only a seed has rows of its own

    error[invalid-properties]: unit test `one` has rows of format `xml`
      --> models/unit.yml:12:22
       |
    12 |     expect: {format: xml, rows: []}
       |                      ^^^ one of `dict`, `csv`, `sql`

    error[invalid-properties]: unit test `two` expects nothing
      --> models/unit.yml:13:11
       |
    13 |   - name: two
       |           ^^^ in this test
       |
    help: add `expect:` with `rows:`
    ");
}

#[test]
fn an_incremental_model_needs_to_know_how_it_runs() {
    let project = with(
        "unit_tests:\n  - name: one\n    model: inc\n    given: []\n    expect: {rows: []}\n  - name: two\n    model: inc\n    overrides: {macros: {is_incremental: true}}\n    given: []\n    expect: {rows: []}\n  - name: three\n    model: inc\n    overrides: {macros: {is_incremental: false}}\n    given: []\n    expect: {rows: []}\n",
    );
    assert_snapshot!(project.problems(), @r"
    error[incremental-unit-test]: unit test `one` does not say whether `inc` runs incrementally
     --> models/unit.yml:2:11
      |
    2 |   - name: one
      |           ^^^ the model asks `is_incremental()`
      |
    help: add `overrides: {macros: {is_incremental: false}}`

    error[incremental-unit-test]: unit test `two` runs `inc` incrementally on nothing
     --> models/unit.yml:6:11
      |
    6 |   - name: two
      |           ^^^ without the rows that are already there
      |
    help: add `- input: this` with `rows:` to `given:`
    ");
}
