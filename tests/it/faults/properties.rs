//! Properties that contradict each other or the files.

use insta::assert_snapshot;

use super::{project, said};

#[test]
fn a_docs_block_that_is_not_there() {
    let here = project(&[
        ("models/schema.yml", &"models: [{name: orders, description: '{{ doc(\"ordres\") }}'}]\n"),
        ("models/docs.md", &"{% docs orders %}x{% enddocs %}\n"),
    ]);
    assert_snapshot!(said(&here, "parse"), @r#"
    exit code: 2
    ----- stderr -----
    error[unresolved-doc]: there is no docs block `ordres`
     --> models/schema.yml:1:17
      |
    1 | models: [{name: orders, description: '{{ doc("ordres") }}'}]
      |                 ^^^^^^ described with it here
      |
    help: did you mean `orders`?
    "#);
}

#[test]
fn a_docs_block_that_does_not_end() {
    let here = project(&[("models/docs.md", &"{% docs orders %}x\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[unclosed-block]: `{% docs %}` is never closed
     --> models/docs.md:1:1
      |
    1 | {% docs orders %}x
      | ^^^^^^^^^^^^^^^^^ opens here
      |
    help: add `{% enddocs %}`
    ");
}

#[test]
fn a_test_with_an_argument_that_it_does_not_take() {
    let here = project(&[(
        "models/schema.yml",
        &"models: [{name: orders, columns: [{name: id, data_tests: [{accepted_values: {arguments: {value: [1]}}}]}]}]\n",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    warning[unknown-key]: unknown key `value` in models/schema.yml
     --> models/schema.yml:1:90
      |
    1 | models: [{name: orders, columns: [{name: id, data_tests: [{accepted_values: {arguments: {value: [1]}}}]}]}]
      |                                                                                          ^^^^^ not a key of a test's arguments
      |
    help: did you mean `values`?

    error[unknown-argument]: test `accepted_values` has no argument `value`
     --> models/schema.yml:1:90
      |
    1 | models: [{name: orders, columns: [{name: id, data_tests: [{accepted_values: {arguments: {value: [1]}}}]}]}]
      |                                                                                          ^^^^^ not an argument of the test
      |
    help: did you mean `values`?
    ");
}

#[test]
fn a_group_that_is_not_there() {
    let here = project(&[("models/schema.yml", &"models: [{name: orders, config: {group: finance}}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[unknown-group]: model `orders` is in the group `finance`, which does not exist
     --> models/schema.yml:1:17
      |
    1 | models: [{name: orders, config: {group: finance}}]
      |                 ^^^^^^ no group has this name
    ");
}

#[test]
fn a_private_model_read_from_outside_its_group() {
    let here = project(&[
        (
            "models/schema.yml",
            &"groups: [{name: finance, owner: {name: x}}]
models: [{name: orders, access: private, config: {group: finance}}]
",
        ),
        ("models/a.sql", &"select * from {{ ref('orders') }}"),
    ]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[private-ref]: model `a` refers to `orders`, which is private to the group `finance`
     --> models/a.sql:1:18
      |
    1 | select * from {{ ref('orders') }}
      |                  ^^^^^^^^^^^^^ not for this group
      |
    help: give `a` the `group: finance`, or make `orders` `access: protected`
    ");
}

#[test]
fn a_version_that_is_not_there() {
    let here = project(&[(
        "models/schema.yml",
        &"models: [{name: orders, latest_version: 2, versions: [{v: 1, defined_in: orders}]}]\n",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-properties]: `latest_version` of `orders` is not one of its versions
     --> models/schema.yml:1:41
      |
    1 | models: [{name: orders, latest_version: 2, versions: [{v: 1, defined_in: orders}]}]
      |                                         ^ the versions are `1`
    ");
}

#[test]
fn a_ref_to_a_version_that_is_not_there() {
    let here = project(&[
        ("models/schema.yml", &"models: [{name: orders, versions: [{v: 1, defined_in: orders}]}]\n"),
        ("models/a.sql", &"select * from {{ ref('orders', v=3) }}"),
    ]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[unresolved-ref]: model `a` refers to version 3 of `orders`, which does not exist
     --> models/a.sql:1:18
      |
    1 | select * from {{ ref('orders', v=3) }}
      |                  ^^^^^^^^^^^^^^^^^^ no such version
      |
    help: its versions are `1`
    ");
}

#[test]
fn an_exposure_of_nothing() {
    let here = project(&[(
        "models/schema.yml",
        &"exposures: [{name: board, type: dashboard, owner: {email: a@b.c}, depends_on: ['ref(''ordres'')']}]\n",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[unresolved-ref]: exposure `board` refers to `ordres`, which does not exist
     --> models/schema.yml:1:80
      |
    1 | exposures: [{name: board, type: dashboard, owner: {email: a@b.c}, depends_on: ['ref(''ordres'')']}]
      |                                                                                ^^^^^^^^^^^^^^^^^ no model, seed or snapshot has this name
      |
    help: did you mean `orders`?
    ");
}

#[test]
fn an_exposure_without_an_owner() {
    let here = project(&[("models/schema.yml", &"exposures: [{name: board, type: dashboard}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-properties]: the owner of exposure `board` has neither name nor email
     --> models/schema.yml:1:13
      |
    1 | exposures: [{name: board, type: dashboard}]
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ who owns it?
      |
    help: write `owner: {email: someone@example.com}`
    ");
}

#[test]
fn an_unknown_type_of_exposure() {
    let here =
        project(&[("models/schema.yml", &"exposures: [{name: board, type: dashbord, owner: {email: a@b.c}}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-properties]: `type` of exposure `board` is `dashbord`
     --> models/schema.yml:1:33
      |
    1 | exposures: [{name: board, type: dashbord, owner: {email: a@b.c}}]
      |                                 ^^^^^^^^ one of `dashboard`, `notebook`, `analysis`, `ml`, `application`
      |
    help: did you mean `dashboard`?
    ");
}

#[test]
fn a_source_without_tables_that_is_declared_twice() {
    let here = project(&[("models/schema.yml", &"sources: [{name: raw, tables: [{name: a}, {name: a}]}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[duplicate-name]: there are two sources `raw.a`
     --> models/schema.yml:1:50
      |
    1 | sources: [{name: raw, tables: [{name: a}, {name: a}]}]
      |                                       -          ^ again here
      |                                       |
      |                                       first here
      |
    help: remove one of them
    ");
}

#[test]
fn a_freshness_of_weeks() {
    let here = project(&[(
        "models/schema.yml",
        &"sources: [{name: raw, freshness: {warn_after: {count: 1, period: week}}, tables: [{name: a}]}]\n",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-properties]: `freshness` of source `raw.a` has a period that is not `minute`, `hour` or `day`: `week`
     --> models/schema.yml:1:34
      |
    1 | sources: [{name: raw, freshness: {warn_after: {count: 1, period: week}}, tables: [{name: a}]}]
      |                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ set here
      |
    help: write `warn_after: {count: 1, period: day}`
    ");
}

#[test]
fn an_enforced_contract_without_types() {
    let here = project(&[(
        "models/schema.yml",
        &"models: [{name: orders, config: {contract: {enforced: true}}, columns: [{name: id}]}]\n",
    )]);
    assert_snapshot!(said(&here, "run"), @"
    exit code: 1
    ----- stderr -----
           Found 1 model
         Running 1 node on `dev` (duckdb, 1 thread)
           Error view main.orders                                                                                      [time]

    error[contract]: a contract needs a `data_type` for each column; `id` has none
     --> models/orders.sql:1:1
      |
    1 | select 1 as id, 'open' as state
      | ^ while this was at work
      |
      = note: raised at <built-in>/columns/get_empty_schema_sql.sql:24:22: `.column_type_missing(column_names=untyped)`
      = note: compiled code at target/compiled/shop/models/orders.sql

          Failed run in [time]: 0 ok, 1 failed
    ");
}

#[test]
fn a_contract_that_is_broken() {
    let here = project(&[(
        "models/schema.yml",
        &"models: [{name: orders, config: {contract: {enforced: true}}, columns: [{name: id, data_type: varchar}]}]\n",
    )]);
    assert_snapshot!(said(&here, "run"), @"
    exit code: 1
    ----- stderr -----
           Found 1 model
         Running 1 node on `dev` (duckdb, 1 thread)
           Error view main.orders                                                                                      [time]

    error[contract]: this model breaks its contract
     --> models/orders.sql:1:1
      |
    1 | select 1 as id, 'open' as state
      | ^ while this was at work
      |
      = note: column `id` is declared VARCHAR and is INTEGER: data type mismatch
      = note: column `state` (VARCHAR) is in the query: missing in contract, the yml's `columns:`
      = note: raised at <built-in>/contracts/assert_columns_equivalent.sql:16:26: `.raise_contract_error(promised, given)`
      = note: compiled code at target/compiled/shop/models/orders.sql
    help: change the query or the `columns:` of the yml so that they agree

          Failed run in [time]: 0 ok, 1 failed
    ");
}

#[test]
fn a_unit_test_of_nothing() {
    let here =
        project(&[("models/schema.yml", &"unit_tests: [{name: t, model: ordres, given: [], expect: {rows: []}}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[unknown-model]: unit test `t` tests model `ordres`, which does not exist
     --> models/schema.yml:1:31
      |
    1 | unit_tests: [{name: t, model: ordres, given: [], expect: {rows: []}}]
      |                               ^^^^^^ no model has this name
      |
    help: did you mean `orders`?
    ");
}

#[test]
fn a_unit_test_with_an_input_that_is_not_read() {
    let here = project(&[(
        "models/schema.yml",
        &"unit_tests:
  - name: t
    model: orders
    given:
      - input: ref('nothing')
        rows: []
    expect: {rows: []}
",
    )]);
    assert_snapshot!(said(&here, "build"), @"
    exit code: 1
    ----- stderr -----
           Found 1 model, 1 unit test
         Running 2 nodes on `dev` (duckdb, 1 thread)
           Error unit test orders::t                                                                                   [time]
         Skipped view main.orders

    error[unknown-input]: `ref('nothing')` is not an input of `orders`
     --> models/schema.yml:5:9
      |
    5 |       - input: ref('nothing')
      |         ^^^^^^^^^^^^^^^^^^^^^
      |
    help: write `ref('model')`, `source('source', 'table')` or `this`

          Failed build in [time]: 0 ok, 1 failed, 1 skipped
    ");
}

#[test]
fn a_snapshot_without_a_strategy() {
    let here =
        project(&[("snapshots/s.yml", &"snapshots: [{name: s, relation: ref('orders'), config: {unique_key: id}}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-config]: snapshot `s` has no `strategy`
     --> snapshots/s.yml:1:20
      |
    1 | snapshots: [{name: s, relation: ref('orders'), config: {unique_key: id}}]
      |                    ^ in this snapshot
      |
    help: set `strategy` to `timestamp` or `check`
    ");
}

#[test]
fn a_snapshot_with_an_unknown_strategy() {
    let here = project(&[(
        "snapshots/s.yml",
        &"snapshots: [{name: s, relation: ref('orders'), config: {unique_key: id, strategy: guess}}]\n",
    )]);
    assert_snapshot!(said(&here, "snapshot"), @"
    exit code: 1
    ----- stderr -----
    warning[unknown-value]: `strategy` of snapshot `s` cannot be `guess`
     --> snapshots/s.yml:1:83
      |
    1 | snapshots: [{name: s, relation: ref('orders'), config: {unique_key: id, strategy: guess}}]
      |                                                                                   ^^^^^ no strategy has this name
      |
    help: use one of timestamp, check

           Found 1 model, 1 snapshot
         Running 1 node on `dev` (duckdb, 1 thread)
           Error snapshot main.s                                                                                       [time]

    error[compiler-error]: The specified strategy macro 'guess' was not found in package 'None'
     --> snapshots/s.yml:1:83
      |
    1 | snapshots: [{name: s, relation: ref('orders'), config: {unique_key: id, strategy: guess}}]
      |                                                                                   ^^^^^ set here
      |
      = note: raised at <built-in>/snapshots/snapshot.sql:22:24: `strategy_dispatch(config.get('strategy'))`
      = note: compiled code at target/compiled/shop/snapshots/s.yml/s.sql

          Failed snapshot in [time]: 0 ok, 1 failed
    ");
}

#[test]
fn a_semantic_model_of_nothing() {
    let here = project(&[("models/schema.yml", &"semantic_models: [{name: s, model: ref('ordres')}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[unresolved-ref]: semantic model `s` refers to `ordres`, which does not exist
     --> models/schema.yml:1:36
      |
    1 | semantic_models: [{name: s, model: ref('ordres')}]
      |                                    ^^^^^^^^^^^^^ no model, seed or snapshot has this name
      |
    help: did you mean `orders`?
    ");
}
