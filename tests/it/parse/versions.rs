//! Model versions, contracts and constraints.

use insta::assert_snapshot;

use crate::support::project::project;

#[test]
fn versions_are_models_of_one_name() {
    let parsed = project()
        .model("dim_v1", "select 1 as id, 2 as old")
        .model("dim_two", "select 1 as id")
        .model("reader", "select * from {{ ref('dim') }} join {{ ref('dim', v=1) }} using (id)")
        .yml(
            "models:\n  - name: dim\n    latest_version: 2\n    columns:\n      - name: id\n        data_tests: [unique]\n      - name: old\n    versions:\n      - v: 1\n      - v: 2\n        defined_in: dim_two\n        columns:\n          - include: all\n            exclude: [old]\n",
        )
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let lines = parsed.manifest.nodes.values().map(|node| {
        let columns: Vec<_> = node.columns.keys().map(String::as_str).collect();
        format!("{} {} [{}] {:?}", node.unique_id, node.alias, columns.join(" "), node.depends_on.nodes)
    });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    model.shop.dim.v1 dim_v1 [id old] []
    model.shop.dim.v2 dim_v2 [id] []
    model.shop.reader reader [] ["model.shop.dim.v2", "model.shop.dim.v1"]
    test.shop.unique_dim_v1_id.2f98b9f679 unique_dim_v1_id [] ["model.shop.dim.v1"]
    test.shop.unique_dim_v2_id.fb0fd31dac unique_dim_v2_id [] ["model.shop.dim.v2"]
    "#);
}

#[test]
fn a_version_that_is_not_there_is_told_with_those_that_are() {
    let project = project()
        .model("dim_v1", "select 1 as id")
        .model("reader", "select * from {{ ref('dim', v=3) }}")
        .yml("models:\n  - name: dim\n    latest_version: 4\n    versions:\n      - v: 1\n      - v: 2\n      - v: 1\n      - {}\n");
    assert_snapshot!(project.problems(), @r"
    error[invalid-properties]: model `dim` has version `1` twice
     --> models/schema.yml:7:12
      |
    5 |       - v: 1
      |            - first here
    6 |       - v: 2
    7 |       - v: 1
      |            ^ again here

    error[invalid-properties]: a version of `dim` has no number
     --> models/schema.yml:8:9
      |
    8 |       - {}
      |         ^^ a `v` is missing
      |
    help: write `- v: 1`

    error[invalid-properties]: `latest_version` of `dim` is not one of its versions
     --> models/schema.yml:3:21
      |
    3 |     latest_version: 4
      |                     ^ the versions are `1`, `2`

    warning[unmatched-patch]: model `dim_v2` is described, but does not exist
     --> models/schema.yml:2:11
      |
    2 |   - name: dim
      |           ^^^ no model has this name
      |
    help: add `dim_v2.sql`, or name its file with `defined_in`

    error[unresolved-ref]: model `reader` refers to version 3 of `dim`, which does not exist
     --> models/reader.sql:1:18
      |
    1 | select * from {{ ref('dim', v=3) }}
      |                  ^^^^^^^^^^^^^^^ no such version
      |
    help: its versions are `1`
    ");
}

#[test]
fn contracts_need_columns_and_constraints_need_types() {
    let project = project()
        .model("a", "{{ config(contract={'enforced': true}) }} select 1 as id")
        .model("b", "select 1 as id")
        .yml(
            "models:\n  - name: a\n    description: x\n  - name: b\n    columns:\n      - name: id\n        constraints:\n          - type: primary_key\n          - type: forein_key\n      - name: other\n        constraints: [{type: primary_key}, {type: foreign_key, to: b}]\n",
        );
    assert_snapshot!(project.problems(), @r"
    error[invalid-constraint]: a constraint of column `id` of `b` has no known type
     --> models/schema.yml:9:19
      |
    9 |           - type: forein_key
      |                   ^^^^^^^^^^ one of `check`, `not_null`, `unique`, `primary_key`, `foreign_key`, `custom`
      |
    help: did you mean `foreign_key`?

    error[invalid-constraint]: model `b` has 2 columns that are each the primary key
      --> models/schema.yml:10:15
       |
    10 |       - name: other
       |               ^^^^^ another one here
       |
    help: write one model constraint `type: primary_key` with `columns: [id, other]`

    error[invalid-constraint]: the foreign key of `b` points to `b`, which is no model or source
      --> models/schema.yml:10:15
       |
    10 |       - name: other
       |               ^^^^^ on this
       |
    help: write `to: ref('the_model')`

    error[contract-without-columns]: model `a` enforces a contract but lists no columns
     --> models/a.sql:1:11
      |
    1 | {{ config(contract={'enforced': true}) }} select 1 as id
      |           ^^^^^^^^ this contract
      |
    help: describe its `columns:` with their `data_type` in a yml
    ");
}

#[test]
fn a_model_described_twice_is_refused() {
    let project = project()
        .model("a", "select 1 as id")
        .file("models/one.yml", "models:\n  - name: a\n")
        .file("models/two.yml", "models:\n  - name: a\n");
    assert_snapshot!(project.problems(), @r"
    error[described-twice]: model `a` is described twice
     --> models/two.yml:2:11
      |
    2 |   - name: a
      |           ^ again here
      |
     ::: models/one.yml:2:11
      |
    2 |   - name: a
      |           ^ first here
      |
    help: keep one of the two entries
    ");
}

#[test]
fn a_deprecated_model_warns_its_readers() {
    let project = project().model("old", "select 1 as id").model("reader", "select * from {{ ref('old') }}").yml(
        "models:\n  - name: old\n    deprecation_date: 2020-01-01\n  - name: reader\n    deprecation_date: some day\n",
    );
    assert_snapshot!(project.problems(), @r"
    error[invalid-properties]: `deprecation_date` of `reader` is no date: `some day`
     --> models/schema.yml:5:23
      |
    5 |     deprecation_date: some day
      |                       ^^^^^^^^ this is not a date
      |
    help: write it as `2026-12-31`

    warning[deprecated-model]: model `old` is deprecated since 2020-01-01
     --> models/schema.yml:2:11
      |
    2 |   - name: old
      |           ^^^ described here

    warning[deprecated-ref]: model `reader` reads `old`, which is deprecated since 2020-01-01
     --> models/reader.sql:1:18
      |
    1 | select * from {{ ref('old') }}
      |                  ^^^^^^^^^^ read here
    ");
}
