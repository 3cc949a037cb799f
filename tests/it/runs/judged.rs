//! Data tests: severity, thresholds, failing rows that are kept, and what a test looks at.

use super::*;

/// Three failing rows, judged by `config`.
fn judged(config: &str) -> String {
    let here = project(&[("tests/t.sql", &format!("{{{{ config({config}) }}}} select * from range(3)"))]);
    results(&here, "test").replace("\ntest t", "")
}

#[test]
fn severity_and_thresholds_decide() {
    let judgements = [
        "",
        "severity='warn'",
        "warn_if='> 2'",
        "warn_if='> 2', error_if='> 3'",
        "warn_if='> 3', error_if='> 3'",
        "severity='warn', error_if='> 0', warn_if='> 3'",
        "severity='warn', error_if='> 0'",
        "error_if='between 5 and 7'",
        "error_if='>= 3', warn_if='= 1'",
        "limit=2",
        "fail_calc='sum(range)'",
        "fail_calc='max(range)', error_if='> 2', warn_if='> 2'",
        "enabled=false",
    ];
    let told = judgements.map(|config| format!("{config} => {}", judged(config)));
    assert_snapshot!(told.join("\n"), @"
     => exit code: 1: fail (3)
    severity='warn' => exit code: 0: warn (3)
    warn_if='> 2' => exit code: 1: fail (3)
    warn_if='> 2', error_if='> 3' => exit code: 0: warn (3)
    warn_if='> 3', error_if='> 3' => exit code: 0: pass (3)
    severity='warn', error_if='> 0', warn_if='> 3' => exit code: 0: pass (3)
    severity='warn', error_if='> 0' => exit code: 0: warn (3)
    error_if='between 5 and 7' => exit code: 0: warn (3)
    error_if='>= 3', warn_if='= 1' => exit code: 1: fail (3)
    limit=2 => exit code: 1: fail (2)
    fail_calc='sum(range)' => exit code: 1: fail (3)
    fail_calc='max(range)', error_if='> 2', warn_if='> 2' => exit code: 0: pass (2)
    enabled=false => exit code: 0
    ");
}

#[test]
fn warnings_are_errors_when_told_so() {
    let here = project(&[("tests/t.sql", "{{ config(severity='warn') }} select 1")]);
    assert_snapshot!(results(&here, "test --warn-error"), @"
    exit code: 1
    test t: fail (1)
    ");
}

#[test]
fn which_warnings_are_errors_can_be_chosen() {
    let here = project(&[("tests/t.sql", "{{ config(severity='warn') }} select 1")]);
    let told = |options: &str| {
        let ran = tamis(&["test", "--warn-error-options", options]).within(&here).run();
        format!("{options} => exit code {}, told: {}", ran.code, ran.stderr.contains("[test-"))
    };
    let options = [
        "{error: all}",
        "{error: [test-warned]}",
        "{error: [LogTestResult]}",
        "{error: all, warn: [LogTestResult]}",
        "{error: [unknown-key]}",
        "{silence: [test-warned]}",
    ];
    assert_snapshot!(options.map(told).join("\n"), @"
    {error: all} => exit code 1, told: true
    {error: [test-warned]} => exit code 1, told: true
    {error: [LogTestResult]} => exit code 1, told: true
    {error: all, warn: [LogTestResult]} => exit code 0, told: true
    {error: [unknown-key]} => exit code 0, told: true
    {silence: [test-warned]} => exit code 0, told: false
    ");
}

#[test]
fn what_the_project_warns_of_can_be_an_error() {
    let here = project(&[("models/m.sql", "{% do exceptions.warn('old') %} select 1 as id")]);
    assert_eq!(call(&here, "run").code, 0);
    let told = |options| tamis(&["run", "--warn-error-options", options]).within(&here).run().code;
    assert_eq!(told("{error: [JinjaLogWarning]}"), 1);
    assert_eq!(told("{error: [unknown-key]}"), 0);
}

#[test]
fn generic_tests_find_what_they_look_for() {
    let here = project(&[
        ("models/areas.sql", "select 1 as id"),
        (
            "models/m.sql",
            "select * from (values (1, 'a', 1, true), (2, 'b', 1, true), (2, null, 9, false), (null, 'z', null, true)) as t(id, name, area, fine)",
        ),
        (
            "models/_m.yml",
            "
models:
  - name: m
    columns:
      - name: id
        data_tests:
          - unique
          - not_null
          - unique: {name: unique_where, config: {where: fine}}
          - positive
      - name: name
        data_tests:
          - accepted_values: {arguments: {values: [a, b]}}
          - accepted_values: {name: accepted_unquoted, arguments: {values: ['''a''', '''b'''], quote: false}, config: {where: name is not null}}
      - name: area
        data_tests:
          - relationships: {arguments: {to: ref('areas'), field: id}}
    data_tests:
      - as_many_as: {arguments: {other: ref('areas')}}
",
        ),
        ("tests/generic/positive.sql", "{% test positive(model, column_name) %} select * from {{ model }} where {{ column_name }} <= 0 {% endtest %}"),
        (
            "macros/as_many_as.sql",
            "{% test as_many_as(model, other) %}
               {{ config(fail_calc='coalesce(max(difference), 0)') }}
               select (select count(*) from {{ model }}) - (select count(*) from {{ other }}) as difference
             {% endtest %}",
        ),
    ]);
    fine(&here, "run");
    assert_snapshot!(results(&here, "test"), @"
    exit code: 1
    test accepted_unquoted: fail (1)
    test accepted_values_m_name__a__b: fail (1)
    test as_many_as_m_ref_areas_: fail (3)
    test not_null_m_id: fail (1)
    test positive_m_id: pass (0)
    test relationships_m_area__id__ref_areas_: fail (1)
    test unique_m_id: fail (1)
    test unique_where: pass (0)
    ");
}

#[test]
fn failing_rows_are_kept_where_asked_for() {
    let here = project(&[
        ("models/m.sql", "select * from range(4) as t(id)"),
        ("tests/kept.sql", "{{ config(store_failures=true) }} select id from {{ ref('m') }} where id > 1"),
        (
            "tests/as_view.sql",
            "{{ config(store_failures_as='view', schema='checks', alias='renamed') }} select id from {{ ref('m') }} where id > 2",
        ),
        (
            "tests/never.sql",
            "{{ config(store_failures_as='ephemeral', severity='warn') }} select id from {{ ref('m') }}",
        ),
        ("tests/by_flag.sql", "{{ config(limit=1) }} select id from {{ ref('m') }}"),
        ("tests/not_kept.sql", "{{ config(store_failures=false) }} select id from {{ ref('m') }}"),
    ]);
    assert_snapshot!(results(&here, "build --store-failures"), @"
    exit code: 1
    model m: success
    test as_view: fail (1)
    test by_flag: fail (1)
    test kept: fail (2)
    test never: warn (4)
    test not_kept: fail (4)
    ");
    assert_snapshot!(relations(&here), @"
    view | main | m
    view | main_checks | renamed
    table | main_dbt_test__audit | by_flag
    table | main_dbt_test__audit | kept
    ");
    assert_snapshot!(rows(&here, "from main_dbt_test__audit.kept"), @"
    2
    3
    ");
    // Kept anew each time.
    write(here.path(), "models/m.sql", "select * from range(1) as t(id)");
    assert_snapshot!(results(&here, "build --select m kept"), @"
    exit code: 1
    model m: success
    test as_view: pass (0)
    test by_flag: fail (1)
    test kept: pass (0)
    test never: warn (1)
    test not_kept: fail (1)
    ");
    assert_snapshot!(rows(&here, "select count(*) from main_dbt_test__audit.kept"), @"0");
}

#[test]
fn a_failing_test_stops_what_reads_from_its_model_in_build_only() {
    let here = project(&[
        ("models/a.sql", "select null as id"),
        ("models/b.sql", "select * from {{ ref('a') }}"),
        ("models/c.sql", "select 1 as id"),
        ("models/_m.yml", "models: [{name: a, columns: [{name: id, data_tests: [not_null]}]}]"),
    ]);
    assert_snapshot!(results(&here, "build"), @"
    exit code: 1
    model a: success
    model b: skipped
    model c: success
    test not_null_a_id: fail (1)
    ");
    assert_snapshot!(results(&here, "run"), @"
    exit code: 0
    model a: success
    model b: success
    model c: success
    ");
    // A warning stops nothing.
    write(
        here.path(),
        "models/_m.yml",
        "models: [{name: a, columns: [{name: id, data_tests: [not_null: {config: {severity: warn}}]}]}]",
    );
    assert_snapshot!(results(&here, "build"), @"
    exit code: 0
    model a: success
    model b: success
    model c: success
    test not_null_a_id: warn (1)
    ");
}
