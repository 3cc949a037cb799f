//! Unit tests: rows in every format, overrides, `this`, and what is said of a difference.

use super::*;

fn project_with(tests: &str) -> TempDir {
    project(&[
        ("models/orders.sql", "select 1 as id, 10.5 as amount, 'x' as state, date '2024-01-01' as day"),
        ("models/codes.sql", "{{ config(materialized='ephemeral') }} select 'x' as state, 'Open' as name"),
        (
            "models/m.sql",
            "select o.id, o.amount * {{ factor() }} as amount, c.name, '{{ var('shop', 'none') }}' as shop, '{{ env_var('PLACE', 'nowhere') }}' as place
             from {{ ref('orders') }} as o left join {{ ref('codes') }} as c on c.state = o.state",
        ),
        (
            "models/grown.sql",
            "{{ config(materialized='incremental') }} select id, day from {{ ref('orders') }}
             {% if is_incremental() %} where day > (select max(day) from {{ this }}) {% endif %}",
        ),
        ("macros/factor.sql", "{% macro factor() %}2{% endmacro %}"),
        ("models/_tests.yml", tests),
    ])
}

#[test]
fn rows_are_given_as_dicts_csv_and_sql() {
    let here = project_with(
        "
unit_tests:
  - name: of_dicts
    model: m
    given:
      - input: ref('orders')
        rows: [{id: 1, amount: 1.5, state: x}, {id: 2, amount: null, state: y}]
      - {input: ref('codes'), rows: [{state: x, name: Open}]}
    expect: {rows: [{id: 2, amount: null, name: null}, {id: 1, amount: 3.0, name: Open}]}
  - name: of_csv
    model: m
    given:
      - {input: ref('orders'), format: csv, rows: \"id,amount,state\\n1,1.5,x\\n\"}
      - {input: ref('codes'), format: csv, fixture: codes}
    expect: {format: csv, rows: \"id,name\\n1,From a file\\n\"}
  - name: of_sql
    model: m
    given:
      - {input: ref('orders'), format: sql, rows: \"select 1 as id, 2 as amount, 'x' as state\"}
      - {input: ref('codes'), format: sql, fixture: codes_sql}
    expect: {format: sql, rows: \"select 1 as id, 4 as amount, 'Of SQL' as name, 'none' as shop, 'nowhere' as place\"}
  - name: of_nothing
    model: m
    given: [{input: ref('orders'), rows: []}, {input: ref('codes'), rows: []}]
    expect: {rows: []}
",
    );
    write(here.path(), "tests/fixtures/codes.csv", "state,name\nx,From a file\n");
    write(here.path(), "tests/fixtures/codes_sql.sql", "select 'x' as state, 'Of SQL' as name");
    // Nothing is built: types are those that the values look like.
    assert_snapshot!(results(&here, "test"), @"
    exit code: 1
    unit_test of_csv: pass (0)
    unit_test of_dicts: pass (0)
    unit_test of_nothing: error
    unit_test of_sql: pass (0)
    ");
    fine(&here, "run");
    assert_snapshot!(results(&here, "test"), @"
    exit code: 0
    unit_test of_csv: pass (0)
    unit_test of_dicts: pass (0)
    unit_test of_nothing: pass (0)
    unit_test of_sql: pass (0)
    ");
}

#[test]
fn macros_vars_and_environment_are_overridden() {
    let here = project_with(
        "
unit_tests:
  - name: overridden
    model: m
    given: [{input: ref('orders'), rows: [{id: 1, amount: 2, state: x}]}, {input: ref('codes'), rows: []}]
    overrides: {macros: {factor: 5}, vars: {shop: corner}, env_vars: {PLACE: here}}
    expect: {rows: [{amount: 10, shop: corner, place: here}]}
  - name: later
    model: grown
    given:
      - {input: ref('orders'), rows: [{id: 1, day: 2024-01-01}, {id: 2, day: 2024-01-03}]}
      - {input: this, rows: [{day: 2024-01-02}]}
    overrides: {macros: {is_incremental: true}}
    expect: {rows: [{id: 2}]}
  - name: at_first
    model: grown
    given: [{input: ref('orders'), rows: [{id: 1, day: 2024-01-01}]}]
    overrides: {macros: {is_incremental: false}}
    expect: {rows: [{id: 1, day: 2024-01-01}]}
",
    );
    fine(&here, "run --select orders codes");
    assert_snapshot!(results(&here, "test"), @"
    exit code: 0
    unit_test at_first: pass (0)
    unit_test later: pass (0)
    unit_test overridden: pass (0)
    ");
}

#[test]
fn a_difference_is_shown_and_stops_the_model_in_build() {
    let here = project_with(
        "
unit_tests:
  - name: wrong
    model: m
    given: [{input: ref('orders'), rows: [{id: 1, amount: 2, state: x}, {id: 2, amount: 2}]}, {input: ref('codes'), rows: []}]
    expect: {rows: [{id: 1, amount: 4}, {id: 3, amount: 4}]}
",
    );
    assert_snapshot!(results(&here, "build"), @"
    exit code: 1
    model grown: success
    model m: skipped
    model orders: success
    unit_test wrong: fail (1)
    ");
    assert_snapshot!(tamis(&["test", "-q"]).within(&here).picture(), @"
    exit code: 1
    ----- stderr -----
          Failed unit test m::wrong                                                                        1 failure   [time]

    error[unit-test-failed]: unit test `wrong`: the rows of `m` differ from what is expected
     --> models/_tests.yml:6:13
      |
    6 |     expect: {rows: [{id: 1, amount: 4}, {id: 3, amount: 4}]}
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = note: - expected, + actual
                 id  amount
              -  3   4.0
              +  2   4.0
      = note: compiled code at target/compiled/shop/models/_tests.yml/wrong.sql

          Failed test in [time]: 0 ok, 1 failed
    ");
}

#[test]
fn fixtures_with_strange_columns_are_refused() {
    let here = project_with(
        "
unit_tests:
  - name: strange
    model: m
    given: [{input: ref('orders'), rows: [{id: 1, amuont: 2}]}, {input: ref('codes'), rows: []}]
    expect: {rows: [{id: 1}]}
  - name: strange_expected
    model: m
    given: [{input: ref('orders'), rows: [{id: 1}]}, {input: ref('codes'), rows: []}]
    expect: {rows: [{idd: 1}]}
",
    );
    fine(&here, "run");
    assert_snapshot!(tamis(&["test", "-q", "--threads", "1"]).within(&here).picture(), @"
    exit code: 1
    ----- stderr -----
           Error unit test m::strange                                                                                  [time]
           Error unit test m::strange_expected                                                                         [time]

    error[unknown-column]: `ref('orders')` has no column `amuont`
     --> models/_tests.yml:5:13
      |
    5 |     given: [{input: ref('orders'), rows: [{id: 1, amuont: 2}]}, {input: ref('codes'), rows: []}]
      |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: did you mean `amount`?

    error[compiler-error]: Invalid column name: 'idd' in unit test fixture for 'strange_expected'.
                           Accepted columns for 'strange_expected' are: ['id', 'amount', 'name', 'shop', 'place']
      --> models/_tests.yml:10:22
       |
    10 |     expect: {rows: [{idd: 1}]}
       |                      ^^^ given here
       |
       = note: raised at <built-in>/tests/get_expected_sql.sql:10:30: `format_row(row, column_name_to_data_types)`
       = note: compiled code at target/compiled/shop/models/_tests.yml/strange_expected.sql

          Failed test in [time]: 0 ok, 2 failed
    ");
}
