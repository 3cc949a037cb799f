//! Views, tables and seeds: made, replaced, kept when something fails; hooks; comments.

use super::*;

#[test]
fn a_failing_model_keeps_its_old_table_and_stops_only_what_reads_from_it() {
    let here = project(&[
        ("models/first.sql", "{{ config(materialized='table') }} select {{ var('value', 1) }} as id"),
        ("models/broken.sql", "{{ config(materialized='table') }} select id from {{ ref('first') }}"),
        ("models/after_broken.sql", "select id from {{ ref('broken') }}"),
        ("models/far_after_broken.sql", "{{ config(materialized='table') }} select id from {{ ref('after_broken') }}"),
        ("models/aside.sql", "{{ config(materialized='table') }} select id from {{ ref('first') }}"),
    ]);
    fine(&here, "run");
    write(here.path(), "models/broken.sql", "{{ config(materialized='table') }} select cast('x' as integer) as id");
    assert_snapshot!(results(&here, "run --vars {\"value\":2}"), @"
    exit code: 1
    model after_broken: skipped
    model aside: success
    model broken: error
    model far_after_broken: skipped
    model first: success
    ");
    assert_snapshot!(rows(&here, "select (from first), (from broken), (from after_broken), (from far_after_broken), (from aside)"), @"2 | 1 | 1 | 1 | 2");
    assert_snapshot!(relations(&here), @"
    view | main | after_broken
    table | main | aside
    table | main | broken
    table | main | far_after_broken
    table | main | first
    ");
}

#[test]
fn a_table_becomes_a_view_and_a_view_a_table() {
    let model = |kind: &str| format!("{{{{ config(materialized='{kind}') }}}} select 1 as id");
    let here = project(&[("models/a.sql", &model("table")), ("models/b.sql", &model("view"))]);
    fine(&here, "run");
    assert_snapshot!(relations(&here), @"
    table | main | a
    view | main | b
    ");
    write(here.path(), "models/a.sql", &model("view"));
    write(here.path(), "models/b.sql", &model("table"));
    fine(&here, "run");
    fine(&here, "run");
    assert_snapshot!(relations(&here), @"
    view | main | a
    table | main | b
    ");
    write(here.path(), "models/a.sql", &model("incremental"));
    fine(&here, "run");
    assert_snapshot!(relations(&here), @"
    table | main | a
    table | main | b
    ");
}

#[test]
fn schemas_are_made_and_ephemeral_models_are_not() {
    let here = project(&[
        ("models/base.sql", "{{ config(materialized='ephemeral', alias='ground') }} select 1 as id"),
        ("models/middle.sql", "{{ config(materialized='ephemeral') }} select id + 1 as id from {{ ref('base') }}"),
        (
            "models/top.sql",
            "{{ config(schema='marts') }}
             with own as (select * from {{ ref('middle') }}) select own.id, base.id as base from own, {{ ref('base') }} as base",
        ),
        ("models/other.sql", "{{ config(schema='Odd Name', alias='odd table') }} select 1 as id"),
    ]);
    fine(&here, "run");
    assert_snapshot!(relations(&here), @"
    view | main_Odd Name | odd table
    view | main_marts | top
    ");
    assert_snapshot!(rows(&here, "from main_marts.top"), @"2 | 1");
    // Inlined by its alias.
    assert!(read(here.path(), "target/compiled/shop/models/top.sql").contains("__dbt__cte__ground as ("));
}

#[test]
fn fail_fast_skips_what_has_not_begun() {
    let here = project(&[
        ("models/a.sql", "{{ config(materialized='table') }} select nothing"),
        ("models/b.sql", "select 1 as id -- {{ ref('c') }}"),
        ("models/c.sql", "select 1 as id"),
    ]);
    let one_at_a_time = PROFILES.replace("threads: 4", "threads: 1");
    write(here.path(), "profiles.yml", &one_at_a_time);
    assert_snapshot!(results(&here, "run"), @"
    exit code: 1
    model a: error
    model b: success
    model c: success
    ");
    // The longest way to the end goes first: c, then a, then b.
    assert_snapshot!(results(&here, "run --fail-fast"), @"
    exit code: 1
    model a: error
    model b: skipped
    model c: success
    ");
}

#[test]
fn hooks_run_in_their_places_and_see_the_results() {
    let here = project(&[
        (
            "dbt_project.yml",
            "
name: shop
profile: shop
on-run-start: create or replace table log as select 0 as step, 'start' as said
on-run-end:
  - \"insert into log select 9, '{% for result in results | sort(attribute='node.name') %}{{ result.node.name }}={{ result.status }} {% endfor %}'\"
  - \"{{ told(results) }}\"
models:
  shop:
    +pre-hook: \"insert into log select 1, 'before {{ this.name }}, ' || count(*) from duckdb_tables() where table_name = '{{ this.name }}'\"
    +post-hook:
      - sql: insert into log select 3, 'outside'
        transaction: false
",
        ),
        (
            "macros/told.sql",
            "{% macro told(results) %}insert into log select 10, '{{ results | length }} results, {{ schemas | join }}'{% endmacro %}",
        ),
        (
            "models/m.sql",
            "{{ config(materialized='table', post_hook=\"insert into log select 2, 'made of ' || count(*) from {{ this }}\") }} select 1 as id",
        ),
        ("models/n.sql", "{{ config(pre_hook=[], enabled=var('n', false)) }} select nothing"),
    ]);
    fine(&here, "run");
    assert_snapshot!(rows(&here, "from log order by step"), @"
    0 | start
    1 | before m, 0
    2 | made of 1
    3 | outside
    9 | m=success 
    10 | 1 results, main
    ");
    assert_eq!(call(&here, "run --vars {\"n\":true}").code, 1);
    assert_snapshot!(rows(&here, "from log where step = 9"), @"9 | m=success n=error");
}

#[test]
fn a_hook_that_fails_takes_its_model_back() {
    let here = project(&[(
        "models/m.sql",
        "{{ config(materialized='table', post_hook='select nothing') }} select {{ var('id', 1) }} as id",
    )]);
    assert_snapshot!(results(&here, "run"), @"
    exit code: 1
    model m: error
    ");
    assert_snapshot!(relations(&here), @"");
}

#[test]
fn a_start_hook_that_fails_skips_everything() {
    let here = project(&[
        ("dbt_project.yml", "name: shop\nprofile: shop\non-run-start: select nothing\n"),
        ("models/m.sql", "select 1 as id"),
    ]);
    assert_snapshot!(results(&here, "run"), @"
    exit code: 1
    model m: skipped
    operation shop-on-run-start-0: error (1)
    ");
}

#[test]
fn seeds_are_replaced_whole_and_keep_their_types() {
    let here = project(&[
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nseeds: {shop: {codes: {+column_types: {code: varchar, big: hugeint}}}}\n",
        ),
        (
            "seeds/codes.csv",
            "code,id,price,is_open,day,big,text\n007,1,1.5,true,2024-01-02,1,\"a,b\"\n,2,2,false,,2,\n",
        ),
        ("models/reader.sql", "select * from {{ ref('codes') }}"),
    ]);
    fine(&here, "build");
    assert_snapshot!(rows(&here, "select column_name, data_type from duckdb_columns() where table_name = 'codes'"), @"
    code | VARCHAR
    id | INTEGER
    price | DOUBLE
    is_open | BOOLEAN
    day | DATE
    big | HUGEINT
    text | VARCHAR
    ");
    assert_snapshot!(rows(&here, "select code, id, price, is_open, day::varchar, text from reader"), @"
    007 | 1 | 1.5 | true | 2024-01-02 | a,b
    null | 2 | 2 | false | null | null
    ");
    write(here.path(), "seeds/codes.csv", "code,id,price,is_open,day,big,text,added\n1,1,1,true,2024-01-02,1,x,y\n");
    fine(&here, "build --full-refresh");
    assert_snapshot!(rows(&here, "select code, added from codes"), @"1 | y");
    // A file that cannot be loaded leaves the table as it was.
    write(here.path(), "seeds/codes.csv", "code,id,price,is_open,day,big,text,added\n1,1,1,true,2024-01-02,abc,x,z\n");
    assert_snapshot!(results(&here, "seed"), @"
    exit code: 1
    seed codes: error
    ");
    assert_snapshot!(rows(&here, "select code, added from codes"), @"1 | y");
}

#[test]
fn an_empty_run_makes_the_shapes_without_rows() {
    let here = project(&[
        ("seeds/codes.csv", "id,name\n1,a\n2,b\n"),
        ("models/inner.sql", "{{ config(materialized='ephemeral') }} select * from {{ ref('codes') }} as c"),
        ("models/copied.sql", "{{ config(materialized='table') }} select * from {{ ref('inner') }}"),
    ]);
    fine(&here, "build");
    assert_snapshot!(rows(&here, "select (select count(*) from codes), (select count(*) from copied)"), @"2 | 2");
    fine(&here, "run --empty");
    assert_snapshot!(rows(&here, "select (select count(*) from codes), (select count(*) from copied)"), @"2 | 0");
    fine(&here, "build --empty");
    assert_snapshot!(rows(&here, "select (select count(*) from codes), (select count(*) from copied)"), @"0 | 0");
    assert_snapshot!(rows(&here, "select column_name, data_type from duckdb_columns() where table_name = 'copied'"), @"
    id | INTEGER
    name | VARCHAR
    ");
}

#[test]
fn docs_are_kept_in_the_warehouse_where_asked_for() {
    let here = project(&[
        (
            "models/m.sql",
            "{{ config(materialized='table', persist_docs={'relation': true, 'columns': true}) }} select 1 as id, 2 as other",
        ),
        ("models/v.sql", "{{ config(persist_docs={'relation': true, 'columns': true}) }} select 1 as id"),
        ("models/quiet.sql", "select 1 as id"),
        (
            "models/_m.yml",
            "
models:
  - name: m
    description: \"It's a table\"
    columns: [{name: id, description: The key}, {name: gone, description: Not there}]
  - {name: v, description: A view, columns: [{name: id, description: Its key}]}
  - {name: quiet, description: Not written}
",
        ),
    ]);
    fine(&here, "run");
    assert_snapshot!(rows(&here, "select table_name, comment from duckdb_tables() union all
        select view_name, comment from duckdb_views() where not internal order by 1"), @"
    m | It's a table
    quiet | null
    v | A view
    ");
    assert_snapshot!(rows(&here, "select table_name, column_name, comment from duckdb_columns() where not internal order by 1, 2"), @"
    m | id | The key
    m | other | null
    quiet | id | null
    v | id | Its key
    ");
}

#[test]
fn a_query_comment_goes_with_every_statement_and_moves_no_error() {
    let here = project(&[
        (
            "dbt_project.yml",
            "name: shop\nprofile: shop\nquery-comment: \"{{ header(target.name) }} {{ node.name }}\"\n",
        ),
        ("macros/header.sql", "{% macro header(of) %}{{ return('for ' ~ of) }}{% endmacro %}"),
        ("models/m.sql", "select 1 as id,\n  nothing"),
    ]);
    let ran = call(&here, "run --debug");
    let statement = ran.stderr.lines().skip_while(|line| !line.starts_with("/*")).take(2).collect::<Vec<_>>();
    assert_snapshot!(statement.join("\n"), @r#"
    /* for dev m */
    create view "shop"."main"."m" as (
    "#);
    assert_snapshot!(ran.stderr.lines().find(|line| line.contains("-->")).unwrap(), @" --> models/m.sql:2:3");
    write(
        here.path(),
        "dbt_project.yml",
        "name: shop\nprofile: shop\nquery-comment: {comment: a */ b, append: true}\n",
    );
    write(here.path(), "models/m.sql", "select 1 as id");
    assert_snapshot!(tamis(&["run", "-q"]).within(&here).picture(), @"
    exit code: 2
    ----- stderr -----
    error[invalid-config]: a query comment must not contain `*/`: a */ b
     |
     = note: this is `query-comment` of dbt_project.yml
    ");
    write(here.path(), "dbt_project.yml", "name: shop\nprofile: shop\nquery-comment: {comment: by us, append: true}\n");
    let ran = call(&here, "run --debug");
    assert!(ran.stderr.contains("\n)\n/* by us */;\n"), "{}", ran.stderr);
}

#[test]
fn what_is_run_is_kept_below_the_target_folder() {
    let here = project(&[("models/sub/m.sql", "select {{ 1 + 1 }} as id")]);
    fine(&here, "run");
    assert_snapshot!(read(here.path(), "target/compiled/shop/models/sub/m.sql"), @"select 2 as id");
    assert_snapshot!(read(here.path(), "target/run/shop/models/sub/m.sql"), @r#"
    create view "shop"."main"."m" as (
    select 2 as id
    );
    "#);
}

#[test]
fn snapshots_of_one_file_are_written_to_files_of_their_own() {
    let block = |name: &str| {
        format!(
            "{{% snapshot {name} %}}{{{{ config(strategy='check', check_cols='all', unique_key='id') }}}} select 1 as id{{% endsnapshot %}}\n"
        )
    };
    let config = "config: {strategy: check, check_cols: all, unique_key: id}";
    let here = project(&[
        ("models/m.sql", "select 1 as id"),
        ("snapshots/blocks.sql", &(block("b_one") + &block("b_two"))),
        (
            "snapshots/two.yml",
            &format!(
                "snapshots: [{{name: s_one, relation: ref('m'), {config}}}, {{name: s_two, relation: ref('m'), {config}}}]"
            ),
        ),
    ]);
    fine(&here, "build");
    for kind in ["compiled", "run"] {
        for path in ["blocks.sql/b_one.sql", "blocks.sql/b_two.sql", "two.yml/s_one.sql", "two.yml/s_two.sql"] {
            assert!(here.path().join(format!("target/{kind}/shop/snapshots/{path}")).is_file(), "{kind} {path}");
        }
    }
}
