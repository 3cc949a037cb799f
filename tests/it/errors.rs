//! Wrong inputs, one each: what is said, where it points, the exit code, and the warehouse as it was before.

use std::fs;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::binary::{folder, tamis, write};

const PROJECT: &str = "name: shop\nprofile: shop\n";
const PROFILES: &str = "\
shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: shop.duckdb
";

/// A project that runs as it stands, with files added to it or put in the place of its own.
fn project(files: &[(&str, &str)]) -> TempDir {
    let here = folder(&[
        ("dbt_project.yml", PROJECT),
        ("profiles.yml", PROFILES),
        ("models/orders.sql", "select 1 as id, 'open' as state\n"),
    ]);
    for (path, text) in files {
        write(here.path(), path, text);
    }
    here
}

/// What `tamis` says to the call, in the project's folder.
fn said(here: &TempDir, call: &str) -> String {
    tamis(&call.split(' ').collect::<Vec<_>>()).within(here).picture()
}

mod the_project {
    use super::*;

    #[test]
    fn no_project_file() {
        assert_snapshot!(said(&folder(&[]), "run"), @"
        exit code: 2
        ----- stderr -----
        error[no-project]: there is no `dbt_project.yml` in `[folder]`, nor in any folder above
        help: go to a project, name one with `--project-dir`, or start one with `tamis init`
        ");
    }

    #[test]
    fn folders_where_files_should_be_and_files_where_folders_should_be() {
        let here = folder(&[("dbt_project.yml/a", ""), ("profiles.yml", PROFILES)]);
        assert_snapshot!(said(&here, "parse"), @"
        exit code: 2
        ----- stderr -----
        error[no-project]: `[folder]/dbt_project.yml` is a folder, not a file
        help: rename the folder, and write the file `dbt_project.yml` in its place
        ");
        let here = folder(&[("dbt_project.yml", PROJECT), ("profiles.yml/a", ""), ("models", "select 1")]);
        assert_snapshot!(said(&here, "parse"), @"
        exit code: 2
        ----- stderr -----
        error[no-profiles]: `[folder]/profiles.yml` is a folder, not a file
        help: rename the folder, and write the file `profiles.yml` in its place
        ");
        fs::remove_dir_all(here.path().join("profiles.yml")).expect("it is there");
        write(here.path(), "profiles.yml", PROFILES);
        assert_snapshot!(said(&here, "parse"), @"
        exit code: 0
        ----- stderr -----
        warning[missing-folder]: `models` is a file, where a folder is looked for
        --> models
         = note: not read
        help: rename the file, or name another folder in dbt_project.yml

        read an empty project
        ");
    }

    #[cfg(unix)]
    #[test]
    fn links_to_nothing_and_snapshots_without_a_block() {
        let here = project(&[("snapshots/q.sql", "select 1 as id\n")]);
        for name in ["models/gone.sql", "models/.#orders.sql"] {
            std::os::unix::fs::symlink("../nowhere.sql", here.path().join(name)).expect("a link can be made");
        }
        assert_snapshot!(said(&here, "parse"), @"
        exit code: 0
        ----- stderr -----
        warning[unreadable-file]: `models/gone.sql` is a link to `../nowhere.sql`, which does not exist
        --> models/gone.sql
         = note: not read
        help: correct the link, or remove it

        warning[unused-entry]: `snapshots/q.sql` has no snapshot in it
         --> snapshots/q.sql:1:1
          |
        1 | select 1 as id
          | ^ not read
          |
        help: write `{% snapshot name %}` before the query and `{% endsnapshot %}` behind it, or declare the snapshot in a yml

        read 1 model
        ");
    }

    #[test]
    fn a_project_file_that_is_no_yaml() {
        let here = project(&[("dbt_project.yml", "name: shop\nprofile: [shop\n")]);
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[yaml-syntax]: `[` is not closed
         --> dbt_project.yml:2:10
          |
        2 | profile: [shop
          |          ^ opened here
          |
        help: close it with `]`
        ");
    }

    #[test]
    fn a_project_without_a_name() {
        let here = project(&[("dbt_project.yml", "profile: shop\n")]);
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[missing-key]: `dbt_project.yml` has no `name`
         --> dbt_project.yml:1:1
          |
        1 | profile: shop
          | ^
          |
        help: add a line `name: my_project`
        ");
    }

    #[test]
    fn no_profiles_file() {
        let here = project(&[]);
        fs::remove_file(here.path().join("profiles.yml")).unwrap();
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[no-profiles]: there is no `profiles.yml`
         |
         = note: looked in `[folder]`
         = note: looked in `/nonexistent/.dbt`
        help: write one beside dbt_project.yml, or name its folder with `--profiles-dir`
        ");
    }

    #[test]
    fn a_profile_that_is_not_there() {
        let here = project(&[("dbt_project.yml", "name: shop\nprofile: shp\n")]);
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[no-profile]: there is no profile `shp` in `profiles.yml`
         --> dbt_project.yml:2:10
          |
        2 | profile: shp
          |          ^^^ named here
          |
         ::: profiles.yml:1:1
          |
        1 | shop:
          | ^ looked for here
          |
        help: did you mean `shop`?
        ");
    }

    #[test]
    fn a_target_that_is_not_there() {
        assert_snapshot!(said(&project(&[]), "run --target dve"), @"
        exit code: 2
        ----- stderr -----
        error[no-target]: profile `shop` has no target `dve`
         --> profiles.yml:1:1
          |
        1 | shop:
          | ^^^^ looked for here
          |
          = note: its targets: `dev`
        help: did you mean `dev`?
        ");
    }

    #[test]
    fn a_warehouse_we_do_not_know() {
        let here = project(&[("profiles.yml", &PROFILES.replace("duckdb\n", "duckbd\n"))]);
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[unknown-adapter]: no adapter is named `duckbd`
         --> profiles.yml:5:13
          |
        5 |       type: duckbd
          |             ^^^^^^ not a warehouse that can be used
          |
        help: did you mean `duckdb`?
        ");
    }

    #[test]
    fn an_environment_variable_that_is_not_set() {
        let here = project(&[("profiles.yml", &PROFILES.replace("shop.duckdb", "\"{{ env_var('SHOP_PATH') }}\""))]);
        assert_snapshot!(said(&here, "run"), @r#"
        exit code: 2
        ----- stderr -----
        error[yaml-jinja]: cannot render this value: the environment variable `SHOP_PATH` is required here and not set
         --> profiles.yml:6:13
          |
        6 |       path: "{{ env_var('SHOP_PATH') }}"
          |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ the Jinja in this value failed
        "#);
    }
}

mod properties {
    use super::*;

    #[test]
    fn yaml_that_cannot_be_read() {
        let here = project(&[("models/schema.yml", "models:\n\t- name: orders\n")]);
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[yaml-syntax]: a tab is used for indentation
         --> models/schema.yml:2:1
          |
        2 |     - name: orders
          | ^^^^ YAML allows only spaces here
          |
        help: replace the tab with spaces
        ");
    }

    #[test]
    fn a_mistyped_key_is_a_warning_and_with_strict_an_error() {
        let here = project(&[("models/schema.yml", "ersion: 2\nmodels:\n  - name: orders\n    desciption: all\n")]);
        assert_snapshot!(said(&here, "parse"), @"
        exit code: 0
        ----- stderr -----
        warning[unknown-key]: unknown key `ersion` in models/schema.yml
         --> models/schema.yml:1:1
          |
        1 | ersion: 2
          | ^^^^^^ not a key of a property file
          |
        help: did you mean `version`?

        warning[unknown-key]: unknown key `desciption` in models/schema.yml
         --> models/schema.yml:4:5
          |
        4 |     desciption: all
          |     ^^^^^^^^^^ not a key of a model
          |
        help: did you mean `description`?

        read 1 model
        ");
        assert_snapshot!(said(&here, "parse --strict"), @"
        exit code: 2
        ----- stderr -----
        error[unknown-key]: unknown key `ersion` in models/schema.yml
         --> models/schema.yml:1:1
          |
        1 | ersion: 2
          | ^^^^^^ not a key of a property file
          |
        help: did you mean `version`?

        error[unknown-key]: unknown key `desciption` in models/schema.yml
         --> models/schema.yml:4:5
          |
        4 |     desciption: all
          |     ^^^^^^^^^^ not a key of a model
          |
        help: did you mean `description`?
        ");
    }

    #[test]
    fn properties_of_a_model_that_is_not_there() {
        let here = project(&[("models/schema.yml", "models:\n  - name: order\n")]);
        assert_snapshot!(said(&here, "parse"), @"
        exit code: 0
        ----- stderr -----
        warning[unmatched-patch]: model `order` is described, but does not exist
         --> models/schema.yml:2:11
          |
        2 |   - name: order
          |           ^^^^^ no model has this name
          |
        help: did you mean `orders`?

        read 1 model
        ");
    }

    #[test]
    fn a_test_that_is_not_there() {
        let yml = "models:\n  - name: orders\n    columns:\n      - name: id\n        data_tests: [uniqe]\n";
        assert_snapshot!(said(&project(&[("models/schema.yml", yml)]), "compile"), @"
        exit code: 2
        ----- stderr -----
        warning[unknown-test]: there is no test `uniqe`
         --> models/schema.yml:5:22
          |
        5 |         data_tests: [uniqe]
          |                      ^^^^^ no macro of this name is a test
          |
        help: did you mean `unique`?

               Found 1 model, 1 data test
             Running 2 nodes on `dev` (duckdb, 1 thread)
            Compiled view main.orders                                                                                      [time]
               Error test uniqe_orders_id                                                                                  [time]

        error[undefined]: `test_uniqe` is not defined
         --> models/schema.yml:5:22
          |
        5 |         data_tests: [uniqe]
          |                      ^^^^^ in this test
          |
        help: did you mean `test_unique`?

              Failed compile in [time]: 1 ok, 1 failed
        ");
    }
}

mod models {
    use super::*;

    fn with(sql: &str) -> TempDir {
        project(&[("models/bad.sql", sql)])
    }

    #[test]
    fn a_ref_to_nothing() {
        assert_snapshot!(said(&with("select *\nfrom {{ ref('oders') }}\n"), "run"), @"
        exit code: 2
        ----- stderr -----
        error[unresolved-ref]: model `bad` refers to `oders`, which does not exist
         --> models/bad.sql:2:9
          |
        2 | from {{ ref('oders') }}
          |         ^^^^^^^^^^^^ no model, seed or snapshot has this name
          |
        help: did you mean `orders`?
        ");
    }

    #[test]
    fn a_source_that_is_not_declared() {
        let here = with("select * from {{ source('raw', 'order') }}\n");
        write(here.path(), "models/sources.yml", "sources:\n  - name: raw\n    tables:\n      - name: orders\n");
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[unresolved-source]: model `bad` reads the source `raw.order`, which does not exist
         --> models/bad.sql:1:18
          |
        1 | select * from {{ source('raw', 'order') }}
          |                  ^^^^^^^^^^^^^^^^^^^^^^ source `raw` has no such table
          |
        help: did you mean `source('raw', 'orders')`?
        ");
    }

    #[test]
    fn models_that_read_from_each_other() {
        let here = project(&[
            ("models/a.sql", "select * from {{ ref('b') }}\n"),
            ("models/b.sql", "select * from {{ ref('c') }}\n"),
            ("models/c.sql", "select * from {{ ref('a') }}\n"),
        ]);
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[cycle]: 3 resources read from each other: `a` → `b` → `c` → `a`
         --> models/a.sql:1:18
          |
        1 | select * from {{ ref('b') }}
          |                  ^^^^^^^^ `a` reads `b` here
          |
         ::: models/b.sql:1:18
          |
        1 | select * from {{ ref('c') }}
          |                  ^^^^^^^^ `b` reads `c` here
          |
         ::: models/c.sql:1:18
          |
        1 | select * from {{ ref('a') }}
          |                  ^^^^^^^^ `c` reads `a` here
          |
        help: remove one of these refs, or move what both sides need into a model of its own
        ");
    }

    #[test]
    fn two_models_of_one_name() {
        assert_snapshot!(said(&project(&[("models/old/orders.sql", "select 2 as id\n")]), "run"), @"
        exit code: 2
        ----- stderr -----
        error[duplicate-name]: there are two models called `orders`
         --> models/orders.sql:1:1
          |
        1 | select 1 as id, 'open' as state
          | ^ again here
          |
         ::: models/old/orders.sql:1:1
          |
        1 | select 2 as id
          | ^ first here
          |
        help: rename one of the files, or disable one of the two
        ");
    }

    #[test]
    fn two_models_for_one_relation() {
        let here = with("{{ config(alias='orders') }}\nselect 2 as id\n");
        assert_snapshot!(said(&here, "run"), @r#"
        exit code: 2
        ----- stderr -----
        error[equal-relations]: model `bad` and model `orders` are both written to "shop"."main"."orders"
         --> models/orders.sql:1:1
          |
        1 | select 1 as id, 'open' as state
          | ^ this one
          |
         ::: models/bad.sql:1:11
          |
        1 | {{ config(alias='orders') }}
          |           ^^^^^ and this one
          |
        help: give one of them another `alias` or `schema`
        "#);
    }

    #[test]
    fn jinja_that_does_not_end() {
        assert_snapshot!(said(&with("select {{ 1 + }} as id\n"), "run"), @"
        exit code: 2
        ----- stderr -----
        error[jinja-syntax]: this is not valid Jinja: unexpected end of variable block
         --> models/bad.sql:1:15
          |
        1 | select {{ 1 + }} as id
          |               ^^
        ");
        assert_snapshot!(said(&with("{% if true %}\nselect 1 as id\n"), "run"), @"
        exit code: 2
        ----- stderr -----
        error[jinja-syntax]: this is not valid Jinja: unexpected end of input, expected end of block
         --> models/bad.sql:1:14
          |
        1 | {% if true %}
          |              ^
        ");
    }

    #[test]
    fn a_macro_that_is_not_there() {
        assert_snapshot!(said(&with("select {{ cents('id') }} from {{ ref('orders') }}\n"), "run"), @"
        exit code: 1
        ----- stderr -----
        warning[undefined]: `cents` is not defined
         --> models/bad.sql:1:11
          |
        1 | select {{ cents('id') }} from {{ ref('orders') }}
          |           ^^^^^

               Found 2 models
             Running 2 nodes on `dev` (duckdb, 1 thread)
               Built view main.orders                                                                                      [time]
               Error view main.bad                                                                                         [time]

        error[undefined]: `cents` is not defined
         --> models/bad.sql:1:11
          |
        1 | select {{ cents('id') }} from {{ ref('orders') }}
          |           ^^^^^^^^^^^
          |
        help: check the spelling; a macro of a package must be written `package.macro`, and its package be installed

              Failed run in [time]: 1 ok, 1 failed
        ");
    }

    #[test]
    fn a_variable_that_is_not_set() {
        assert_snapshot!(said(&with("select {{ var('first_year') }} as year\n"), "run"), @r"
        exit code: 1
        ----- stderr -----
               Found 2 models
             Running 2 nodes on `dev` (duckdb, 1 thread)
               Error view main.bad                                                                                         [time]
               Built view main.orders                                                                                      [time]

        error[undefined-var]: var `first_year` is required here and nothing sets it
         --> models/bad.sql:1:11
          |
        1 | select {{ var('first_year') }} as year
          |           ^^^^^^^^^^^^^^^^^
          |
        help: set it under `vars:` in dbt_project.yml, with `--vars '{first_year: …}'`, or give `var` a default

              Failed run in [time]: 1 ok, 1 failed
        ");
    }

    #[test]
    fn a_macro_that_gives_up() {
        let here = with("select 1 as id {{ check('orders') }}\n");
        let text = "{% macro check(name) %}\n  {{ exceptions.raise_compiler_error('no ' ~ name) }}\n{% endmacro %}\n";
        write(here.path(), "macros/check.sql", text);
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[compiler-error]: no orders
         --> macros/check.sql:2:16
          |
        2 |   {{ exceptions.raise_compiler_error('no ' ~ name) }}
          |                ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = note: in macro `check`, called at models/bad.sql:1:19
        ");
    }

    #[test]
    fn a_materialization_that_is_not_there() {
        assert_snapshot!(said(&with("{{ config(materialized='tabel') }}\nselect 1 as id\n"), "run"), @"
        exit code: 1
        ----- stderr -----
        warning[unknown-value]: `materialized` of model `bad` cannot be `tabel`
         --> models/bad.sql:1:25
          |
        1 | {{ config(materialized='tabel') }}
          |                         ^^^^^ no materialization has this name
          |
        help: did you mean `table`?

               Found 2 models
             Running 2 nodes on `dev` (duckdb, 1 thread)
               Error tabel main.bad                                                                                        [time]
               Built view main.orders                                                                                      [time]

        error[unknown-materialization]: `materialized: tabel` is not a materialization that is known here
         --> models/bad.sql:1:25
          |
        1 | {{ config(materialized='tabel') }}
          |                         ^^^^^ set here
          |
          = note: compiled code at target/compiled/shop/models/bad.sql
        help: did you mean `table`?

              Failed run in [time]: 1 ok, 1 failed
        ");
    }

    #[test]
    fn a_file_that_is_not_text() {
        let here = project(&[]);
        fs::write(here.path().join("models/bad.sql"), b"select '\xff\xfe' as id\n").unwrap();
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
        error[not-utf8]: `models/bad.sql` is not UTF-8 text
         --> models/bad.sql:1:9
          |
        1 | select '��' as id
          |         ^ the byte 0xff cannot stand here
          |
        help: save the file with the encoding UTF-8
        ");
    }
}

mod the_warehouse {
    use super::*;

    #[test]
    fn fixtures_of_unit_tests_are_pointed_at() {
        let test = |call: &str, given: &str, expect: &str| {
            let here = project(&[
                ("models/eph.sql", "{{ config(materialized='ephemeral') }} select 1 as id"),
                ("models/totals.sql", "select count(*) as n from {{ ref('orders') }} join {{ ref('eph') }} using (id)"),
                (
                    "models/u.yml",
                    &format!(
                        "unit_tests:\n  - name: counts\n    model: totals\n    given:{given}\n    expect: {expect}\n"
                    ),
                ),
            ]);
            said(&here, call)
        };
        let inputs = "\n      - {input: ref('orders'), rows: [{id: 1}]}\n      - {input: ref('eph'), rows: [{id: 1}]}";
        assert_snapshot!(test("test -q", inputs, "{rows: [{m: 1}]}"), @"
        exit code: 1
        ----- stderr -----
               Error unit test totals::counts                                                                              [time]

        error[compiler-error]: Invalid column name: 'm' in unit test fixture for 'counts'.
                               Accepted columns for 'counts' are: ['n']
         --> models/u.yml:7:22
          |
        7 |     expect: {rows: [{m: 1}]}
          |                      ^ given here
          |
          = note: raised at <built-in>/tests/get_expected_sql.sql:10:30: `format_row(row, column_name_to_data_types)`
          = note: compiled code at target/compiled/shop/models/u.yml/counts.sql

              Failed test in [time]: 0 ok, 1 failed
        ");
        assert_snapshot!(test("test -q", inputs, "{rows: [{n: abc}]}"), @"
        exit code: 1
        ----- stderr -----
               Error unit test totals::counts                                                                              [time]

        error[database]: Conversion Error: Could not convert string 'abc' to INT64
         --> models/u.yml:7:25
          |
        7 |     expect: {rows: [{n: abc}]}
          |                         ^^^ given here
          |
          = note: compiled code at target/compiled/shop/models/u.yml/counts.sql

              Failed test in [time]: 0 ok, 1 failed
        ");
        assert_snapshot!(test("test -q", "\n      - {input: ref('orders'), rows: [{id: 1}]}", "{rows: [{n: 1}]}"), @"
        exit code: 1
        ----- stderr -----
               Error unit test totals::counts                                                                              [time]

        error[missing-input]: unit test `counts` gives no rows for `eph`, which `totals` reads
         --> models/u.yml:2:11
          |
        2 |   - name: counts
          |           ^^^^^^
          |
        help: add it under `given:`; `rows: []` stands for an empty `eph`

              Failed test in [time]: 0 ok, 1 failed
        ");
        let ragged = "\n      - {input: ref('eph'), rows: [{id: 1}]}\n      - input: ref('orders')\n        format: csv\n        rows: |\n          id,state\n          1,open\n          2";
        assert_snapshot!(test("parse", ragged, "{rows: [{n: 1}]}"), @"
        exit code: 0
        ----- stderr -----
        warning[ragged-rows]: a row of unit test `counts` has 1 values for 2 columns
          --> models/u.yml:11:11
           |
        11 |           2
           |           ^ values that are missing are null
           |
        help: write a value for each column; nothing between two commas is a null

        read 3 models, 1 unit test
        ");
    }

    #[test]
    fn a_function_called_with_the_wrong_arguments() {
        let here = project(&[("models/a.sql", "select regexp_matches(1) as x\n")]);
        let said = said(&here, "run -s a");
        assert_snapshot!(said.lines().find(|line| line.starts_with("help")).unwrap_or_default(), @"help: cast the arguments; known forms are `regexp_matches(VARCHAR, VARCHAR) -> BOOLEAN`, `regexp_matches(VARCHAR, VARCHAR, VARCHAR) -> BOOLEAN`");
    }

    #[test]
    fn hooks_that_fail_are_pointed_at_where_they_are_written() {
        let here = project(&[
            (
                "dbt_project.yml",
                &format!("{PROJECT}models:\n  shop:\n    orders:\n      +post-hook: ['select 1', 'selec 4']\n"),
            ),
            ("models/a.sql", "{{ config(post_hook=\"selec 3\") }}\nselect 1 as id\n"),
        ]);
        assert_snapshot!(said(&here, "run -q"), @r#"
        exit code: 1
        ----- stderr -----
               Error view main.a                                                                                           [time]
               Error view main.orders                                                                                      [time]

        error[database]: Parser Error: syntax error at or near "selec"
         --> models/a.sql:1:22
          |
        1 | {{ config(post_hook="selec 3") }}
          |                      ^^^^^ in this statement
          |
          = note: compiled code at target/compiled/shop/models/a.sql

        error[database]: Parser Error: syntax error at or near "selec"
         --> dbt_project.yml:6:33
          |
        6 |       +post-hook: ['select 1', 'selec 4']
          |                                 ^^^^^ in this statement
          |
          = note: compiled code at target/compiled/shop/models/orders.sql

              Failed run in [time]: 0 ok, 2 failed
        "#);
    }

    #[test]
    fn a_seed_that_fills_a_source_is_told_of_where_the_source_is_missing() {
        let here = project(&[
            ("seeds/raw.csv", "id\n1\n"),
            ("models/raw.yml", "sources:\n  - name: landing\n    schema: main\n    tables: [{name: raw}]\n"),
            ("models/orders.sql", "select * from {{ source('landing', 'raw') }}\n"),
        ]);
        assert_snapshot!(said(&here, "build -q"), @"
        exit code: 1
        ----- stderr -----
               Error view main.orders                                                                                      [time]

        error[database]: Catalog Error: Table with name raw does not exist!
         --> models/orders.sql:1:18
          |
        1 | select * from {{ source('landing', 'raw') }}
          |                  ^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = note: compiled code at target/compiled/shop/models/orders.sql
          = note: source `landing.raw` is the table of seed `raw`, which nothing here waits for: run `tamis seed` first, or write `ref('raw')`

              Failed build in [time]: 1 ok, 1 failed
        ");
    }

    #[test]
    fn a_limit_in_a_shown_query_meets_shows_own() {
        let show = |sql: &str| tamis(&["show", "-q", "--inline", sql]).within(&project(&[])).picture();
        assert_snapshot!(show("select 1 as id limit 2"), @r#"
        exit code: 2
        ----- stderr -----
               Error analysis inline_query                                                                                 [time]

        error[database]: Parser Error: syntax error at or near "limit"
         --> --inline:1:16
          |
        1 | select 1 as id limit 2
          |                ^^^^^ `show` adds another limit behind this one
          |
          = note: compiled code at target/compiled/shop/sql/inline_query
        help: remove the limit and say `--limit` how many rows to show, or keep it and say `--limit -1`

              Failed show in [time]: 0 ok, 1 failed
        "#);
        assert_snapshot!(show("selec 1"), @r#"
        exit code: 2
        ----- stderr -----
               Error analysis inline_query                                                                                 [time]

        error[database]: Parser Error: syntax error at or near "selec"
         --> --inline:1:1
          |
        1 | selec 1
          | ^^^^^
          |
          = note: compiled code at target/compiled/shop/sql/inline_query

              Failed show in [time]: 0 ok, 1 failed
        "#);
    }

    #[test]
    fn hooks_with_jinja_are_pointed_at_where_they_are_written() {
        let here = project(&[
            (
                "dbt_project.yml",
                &format!(
                    "{PROJECT}on-run-start: >\n  select\n    {{{{ nothing() }}}}\non-run-end: \"selec {{{{ 1 }}}}, \\\"a\\\"\"\n"
                ),
            ),
            (
                "models/orders.yml",
                "models:\n  - name: orders\n    config:\n      post_hook: >\n        select\n        {{ 1 + 'a' }}\n",
            ),
        ]);
        assert_snapshot!(said(&here, "run -q"), @"
        exit code: 2
        ----- stderr -----
        error[jinja]: `+` cannot be used on number and string
         --> models/orders.yml:6:12
          |
        6 |         {{ 1 + 'a' }}
          |            ^^^^^^^
        ");
        write(
            here.path(),
            "models/orders.yml",
            "models:\n  - name: orders\n    config: {post_hook: ['select {{ 1 }}', 'selec {{ 2 }}']}\n",
        );
        assert_snapshot!(said(&here, "run -q"), @r#"
        exit code: 1
        ----- stderr -----
               Error hook shop-on-run-start-0                                                                              [time]
               Error hook shop-on-run-end-0                                                                                [time]

        error[undefined]: `nothing` is not defined
         --> dbt_project.yml:5:8
          |
        5 |     {{ nothing() }}
          |        ^^^^^^^^^
          |
        help: check the spelling; a macro of a package must be written `package.macro`, and its package be installed

        error[database]: Parser Error: syntax error at or near "selec"
         --> dbt_project.yml:6:14
          |
        6 | on-run-end: "selec {{ 1 }}, \"a\""
          |              ^^^^^

              Failed run in [time]: 0 ok, 2 failed, 1 skipped
        "#);
        write(here.path(), "dbt_project.yml", PROJECT);
        assert_snapshot!(said(&here, "run -q"), @r#"
        exit code: 1
        ----- stderr -----
               Error view main.orders                                                                                      [time]

        error[database]: Parser Error: syntax error at or near "selec"
         --> models/orders.yml:3:45
          |
        3 |     config: {post_hook: ['select {{ 1 }}', 'selec {{ 2 }}']}
          |                                             ^^^^^ in this statement
          |
          = note: compiled code at target/compiled/shop/models/orders.sql

              Failed run in [time]: 0 ok, 1 failed
        "#);
    }

    #[test]
    fn values_that_choose_a_macro_are_looked_at_before_anything_runs() {
        let strategies = "{% macro get_incremental_own_sql(arg_dict) %}{% endmacro %}
            {% macro snapshot_own_strategy() %}{% endmacro %}
            {% materialization own, default %}{% endmaterialization %}";
        let here = project(&[
            ("macros/own.sql", strategies),
            ("models/a.sql", "{{ config(materialized='ephemral') }} select 1 as id"),
            ("models/b.sql", "select 1 as id"),
            (
                "models/b.yml",
                "models:\n  - name: b\n    config: {materialized: incremental, incremental_strategy: mrege}\n",
            ),
            ("models/c.sql", "{{ config(materialized='own') }} select 1 as id"),
            ("models/d.sql", "{{ config(materialized='incremental', incremental_strategy='own') }} select 1 as id"),
            (
                "snapshots/s.yml",
                "snapshots:\n  - name: two\n    relation: ref('orders')\n    config: {strategy: chek, unique_key: id}\n  - name: three\n    relation: ref('orders')\n    config: {strategy: own, unique_key: id}\n",
            ),
        ]);
        write(
            here.path(),
            "dbt_project.yml",
            &format!("{PROJECT}models:\n  shop:\n    orders:\n      +materialized: tabel\n"),
        );
        assert_snapshot!(said(&here, "parse"), @"
        exit code: 0
        ----- stderr -----
        warning[unused-argument]: macro `get_incremental_own_sql` never uses its argument `arg_dict`
         --> macros/own.sql:1:34
          |
        1 | {% macro get_incremental_own_sql(arg_dict) %}{% endmacro %}
          |                                  ^^^^^^^^ not used in the body
          |
        help: remove `arg_dict`, or use it

        warning[unknown-value]: `materialized` of model `a` cannot be `ephemral`
         --> models/a.sql:1:25
          |
        1 | {{ config(materialized='ephemral') }} select 1 as id
          |                         ^^^^^^^^ no materialization has this name
          |
        help: did you mean `ephemeral`?

        warning[unknown-value]: `incremental_strategy` of model `b` cannot be `mrege`
         --> models/b.yml:3:63
          |
        3 |     config: {materialized: incremental, incremental_strategy: mrege}
          |                                                               ^^^^^ no strategy has this name
          |
        help: did you mean `merge`?

        warning[unknown-value]: `materialized` of model `orders` cannot be `tabel`
         --> dbt_project.yml:6:22
          |
        6 |       +materialized: tabel
          |                      ^^^^^ no materialization has this name
          |
        help: did you mean `table`?

        warning[unknown-value]: `strategy` of snapshot `two` cannot be `chek`
         --> snapshots/s.yml:4:24
          |
        4 |     config: {strategy: chek, unique_key: id}
          |                        ^^^^ no strategy has this name
          |
        help: did you mean `check`?

        read 5 models, 2 snapshots
        ");
    }

    #[test]
    fn configs_that_the_warehouse_or_a_macro_refuses_are_pointed_at() {
        let here = project(&[
            ("models/a.sql", "{{ config(materialized='ephemral') }} select 1 as id"),
            (
                "models/b.sql",
                "{{ config(materialized='incremental', unique_key='idd', on_schema_change='fial') }} select 1 as id",
            ),
            (
                "snapshots/s.yml",
                "snapshots:\n  - name: one\n    relation: ref('orders')\n    config: {strategy: check, check_cols: all, unique_key: id, dbt_valid_to_current: \"to_date('9999-12-31')\"}\n  - name: two\n    relation: ref('orders')\n    config: {strategy: chek, check_cols: all, unique_key: id}\n",
            ),
        ]);
        said(&here, "run -s b orders");
        assert_snapshot!(said(&here, "build"), @r#"
        exit code: 1
        ----- stderr -----
        warning[unknown-value]: `materialized` of model `a` cannot be `ephemral`
         --> models/a.sql:1:25
          |
        1 | {{ config(materialized='ephemral') }} select 1 as id
          |                         ^^^^^^^^ no materialization has this name
          |
        help: did you mean `ephemeral`?

        warning[unknown-value]: `on_schema_change` of model `b` cannot be `fial`
         --> models/b.sql:1:75
          |
        1 | {{ config(materialized='incremental', unique_key='idd', on_schema_change='fial') }} select 1 as id
          |                                                                           ^^^^ counts as `ignore`
          |
        help: did you mean `fail`?

        warning[unknown-value]: `strategy` of snapshot `two` cannot be `chek`
         --> snapshots/s.yml:7:24
          |
        7 |     config: {strategy: chek, check_cols: all, unique_key: id}
          |                        ^^^^ no strategy has this name
          |
        help: did you mean `check`?

               Found 3 models, 2 snapshots
             Running 5 nodes on `dev` (duckdb, 1 thread)
               Built view main.orders                                                                                      [time]
               Error ephemral main.a                                                                                       [time]

        warning[project-warning]: `on_schema_change` is fial, which is none of ignore, fail, append_new_columns, sync_all_columns; using ignore

               Error incremental main.b                                                                                    [time]
               Error snapshot main.one                                                                                     [time]
               Error snapshot main.two                                                                                     [time]

        error[unknown-materialization]: `materialized: ephemral` is not a materialization that is known here
         --> models/a.sql:1:25
          |
        1 | {{ config(materialized='ephemral') }} select 1 as id
          |                         ^^^^^^^^ set here
          |
          = note: compiled code at target/compiled/shop/models/a.sql
        help: did you mean `ephemeral`?

        error[database]: Binder Error: Referenced column "idd" not found in FROM clause!
         --> models/b.sql:1:51
          |
        1 | {{ config(materialized='incremental', unique_key='idd', on_schema_change='fial') }} select 1 as id
          |                                                   ^^^ set here
          |
          = note: compiled code at target/compiled/shop/models/b.sql
        help: did you mean `id`?

        error[database]: Catalog Error: Scalar Function with name to_date does not exist!
         --> snapshots/s.yml:4:87
          |
        4 |     config: {strategy: check, check_cols: all, unique_key: id, dbt_valid_to_current: "to_date('9999-12-31')"}
          |                                                                                       ^^^^^^^^^^^^^^^^^^^^^ set here
          |
          = note: raised at <built-in>/columns/get_column_schema_from_query.sql:6:22: `.get_column_schema_from_query(get_empty_subquery_sql(select_sql, select_sql_header))`
          = note: compiled code at target/compiled/shop/snapshots/s.yml/one.sql
        help: did you mean `to_days`?

        error[compiler-error]: The specified strategy macro 'chek' was not found in package 'None'
         --> snapshots/s.yml:7:24
          |
        7 |     config: {strategy: chek, check_cols: all, unique_key: id}
          |                        ^^^^ set here
          |
          = note: raised at <built-in>/snapshots/snapshot.sql:22:24: `strategy_dispatch(config.get('strategy'))`
          = note: compiled code at target/compiled/shop/snapshots/s.yml/two.sql

              Failed build in [time]: 1 ok, 4 failed
        "#);
    }

    #[test]
    fn models_without_a_query_are_told_as_such() {
        let here = project(&[
            ("models/a.sql", "-- nothing yet\n/* really */\n"),
            ("models/b.sql", ""),
            ("models/c.sql", "select * from {{ ref('b') }}"),
        ]);
        assert_snapshot!(said(&here, "run -s a c"), @"
        exit code: 1
        ----- stderr -----
        warning[empty-model]: model `b` is empty, so it is never built
        --> models/b.sql
         |
        help: write a `select`, or remove the file

               Found 4 models
             Running 2 nodes on `dev` (duckdb, 1 thread)
               Error view main.a                                                                                           [time]
               Error view main.c                                                                                           [time]

        error[no-query]: model `a` has no query
         --> models/a.sql:1:1
          |
        1 | -- nothing yet
          | ^^^^^^^^^^^^^^ comments only
          |
          = note: compiled code at target/compiled/shop/models/a.sql
        help: write a `select`, or remove the file

        error[database]: Catalog Error: Table with name b does not exist!
         --> models/c.sql:1:18
          |
        1 | select * from {{ ref('b') }}
          |                  ^^^^^^^^
          |
          = note: compiled code at target/compiled/shop/models/c.sql

              Failed run in [time]: 0 ok, 2 failed
        ");
    }

    #[test]
    fn a_value_of_a_seed_that_is_no_number() {
        let here = project(&[
            ("seeds/prices.csv", "id,price\n1,2\n\n2,\"a lot\"\n"),
            ("seeds/s.yml", "seeds: [{name: prices, config: {column_types: {price: integer}}}]\n"),
        ]);
        assert_snapshot!(said(&here, "seed -q"), @r#"
        exit code: 1
        ----- stderr -----
               Error seed main.prices                                                                                      [time]

        error[database]: column `price`, row 2: `a lot` is not of type integer
         --> seeds/prices.csv:4:3
          |
        4 | 2,"a lot"
          |   ^^^^^^^ this value
          |
        help: correct the value, or give the column another type

              Failed seed in [time]: 0 ok, 1 failed
        "#);
    }

    /// Builds `sql` where a good table of that name stands, and checks that the good one still stands.
    fn said_of_a_table(sql: &str) -> String {
        let table = "{{ config(materialized='table') }}\n";
        let here = project(&[("models/facts.sql", &format!("{table}select 7 as seven\n"))]);
        assert_eq!(tamis(&["run"]).within(&here).run().code, 0);
        write(here.path(), "models/facts.sql", &format!("{table}{sql}\n"));
        let picture = said(&here, "run --select facts");
        let rows = tamis(&["show", "--quiet", "--inline", "select * from shop.main.facts"]).within(&here).run();
        assert_eq!(rows.stdout, "| seven |\n| ----- |\n|     7 |\n", "{}", rows.stderr);
        picture
    }

    #[test]
    fn sql_that_is_not_sql() {
        assert_snapshot!(said_of_a_table("select 1 as id\nform orders"), @r#"
        exit code: 1
        ----- stderr -----
               Found 2 models
             Running 1 node on `dev` (duckdb, 1 thread)
               Error table main.facts                                                                                      [time]

        error[database]: Parser Error: syntax error at or near "form"
         --> models/facts.sql:3:1
          |
        3 | form orders
          | ^^^^
          |
          = note: compiled code at target/compiled/shop/models/facts.sql

              Failed run in [time]: 0 ok, 1 failed
        "#);
    }

    #[test]
    fn a_column_that_is_not_there() {
        assert_snapshot!(said_of_a_table("select id, stat\nfrom {{ ref('orders') }}"), @r#"
        exit code: 1
        ----- stderr -----
               Found 2 models
             Running 1 node on `dev` (duckdb, 1 thread)
               Error table main.facts                                                                                      [time]

        error[database]: Binder Error: Referenced column "stat" not found in FROM clause!
         --> models/facts.sql:2:12
          |
        2 | select id, stat
          |            ^^^^
          |
          = note: compiled code at target/compiled/shop/models/facts.sql
        help: did you mean `state`?

              Failed run in [time]: 0 ok, 1 failed
        "#);
    }

    #[test]
    fn a_value_of_the_wrong_type() {
        assert_snapshot!(said_of_a_table("select\n  cast('x' as integer) as id"), @"
        exit code: 1
        ----- stderr -----
               Found 2 models
             Running 1 node on `dev` (duckdb, 1 thread)
               Error table main.facts                                                                                      [time]

        error[database]: Conversion Error: Could not convert string 'x' to INT32
         --> models/facts.sql:3:3
          |
        3 |   cast('x' as integer) as id
          |   ^^^^
          |
          = note: compiled code at target/compiled/shop/models/facts.sql

              Failed run in [time]: 0 ok, 1 failed
        ");
    }

    #[test]
    fn a_table_that_is_not_there() {
        assert_snapshot!(said_of_a_table("select * from raw.payments"), @r#"
        exit code: 1
        ----- stderr -----
               Found 2 models
             Running 1 node on `dev` (duckdb, 1 thread)
               Error table main.facts                                                                                      [time]

        error[database]: Catalog Error: Table with name "raw.payments" does not exist because schema "raw" does not exist.
         --> models/facts.sql:2:15
          |
        2 | select * from raw.payments
          |               ^^^
          |
          = note: compiled code at target/compiled/shop/models/facts.sql

              Failed run in [time]: 0 ok, 1 failed
        "#);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_disk_that_is_full() {
        let table = "{{ config(materialized='table') }}\nselect range as id, md5(range::varchar) as hash\n";
        let here = project(&[("models/facts.sql", &format!("{table}from range({{{{ var('rows', 7) }}}})\n"))]);
        assert_eq!(tamis(&["run"]).within(&here).run().code, 0);
        // No file may grow past 8 MB, which is what a full disk looks like from here.
        let limited = "trap '' XFSZ; ulimit -f 8000; exec \"$0\" \"$@\"";
        let vars = "{rows: 2000000}";
        let picture =
            tamis(&["run", "--select", "facts", "--vars", vars]).through_shell(limited).within(&here).picture();
        assert_snapshot!(picture, @r#"
        exit code: 1
        ----- stderr -----
               Found 2 models
             Running 1 node on `dev` (duckdb, 1 thread)
               Error table main.facts                                                                                      [time]

        error[database]: IO Error: Could not write file "[folder]/shop.duckdb": File too large
         --> models/facts.sql:1:1
          |
        1 | {{ config(materialized='table') }}
          | ^ while this was at work
          |
          = note: raised at <built-in>/statements/statement.sql:18:42: `.execute(text, auto_begin=auto_begin, fetch=fetch_result)`
          = note: compiled code at target/compiled/shop/models/facts.sql

              Failed run in [time]: 0 ok, 1 failed
        "#);
        let rows = tamis(&["show", "--quiet", "--inline", "select count(*) as n from shop.main.facts"]).within(&here);
        assert_eq!(rows.run().stdout, "| n |\n| - |\n| 7 |\n");
    }

    #[test]
    fn a_failing_test_stops_what_reads_from_it() {
        let here = project(&[
            ("models/orders.sql", "select 1 as id union all select 1\n"),
            ("models/totals.sql", "select count(*) as orders from {{ ref('orders') }}\n"),
            (
                "models/schema.yml",
                "models:\n  - name: orders\n    columns:\n      - name: id\n        data_tests: [unique]\n",
            ),
        ]);
        assert_snapshot!(said(&here, "build"), @"
        exit code: 1
        ----- stderr -----
               Found 2 models, 1 data test
             Running 3 nodes on `dev` (duckdb, 1 thread)
               Built view main.orders                                                                                      [time]
              Failed test unique_orders_id                                                                     1 failure   [time]
             Skipped view main.totals

        error[test-failed]: test `unique_orders_id`: got 1 result, configured to fail if != 0
         --> models/schema.yml:5:22
          |
        5 |         data_tests: [unique]
          |                      ^^^^^^
          |
          = note: compiled code at target/compiled/shop/models/schema.yml/unique_orders_id.sql

              Failed build in [time]: 1 ok, 1 failed, 1 skipped
        ");
    }

    #[test]
    fn a_unit_test_that_finds_other_rows() {
        let here = project(&[
            ("models/totals.sql", "select count(*) as orders from {{ ref('orders') }}\n"),
            (
                "models/schema.yml",
                "unit_tests:\n  - name: counts\n    model: totals\n    given:\n      - input: ref('orders')\n        rows: [{id: 1}, {id: 2}]\n    expect:\n      rows: [{orders: 3}]\n",
            ),
        ]);
        assert_snapshot!(said(&here, "build --select totals"), @"
        exit code: 1
        ----- stderr -----
               Found 2 models, 1 unit test
             Running 2 nodes on `dev` (duckdb, 1 thread)
              Failed unit test totals::counts                                                                  1 failure   [time]
             Skipped view main.totals

        error[unit-test-failed]: unit test `counts`: the rows of `totals` differ from what is expected
         --> models/schema.yml:8:7
          |
        8 |       rows: [{orders: 3}]
          |       ^^^^^^^^^^^^^^^^^^^
          |
          = note: - expected, + actual
                     orders
                  -  3
                  +  2
          = note: compiled code at target/compiled/shop/models/schema.yml/counts.sql

              Failed build in [time]: 0 ok, 1 failed, 1 skipped
        ");
    }

    #[test]
    fn a_seed_with_a_ragged_row() {
        let here = project(&[("seeds/codes.csv", "id,name\n1,a\n2,b,c\n")]);
        assert_snapshot!(said(&here, "seed"), @"
        exit code: 1
        ----- stderr -----
               Found 1 model, 1 seed
             Running 1 node on `dev` (duckdb, 1 thread)
               Error seed main.codes                                                                                       [time]

        error[seed-row]: a row of seed `seeds/codes.csv` does not have 2 values, as its header has
         --> seeds/codes.csv:3:1
          |
        3 | 2,b,c
          | ^^^^^ 3 values
          |
        help: add the missing values, and put values that hold the delimiter in quotes

              Failed seed in [time]: 0 ok, 1 failed
        ");
    }

    #[test]
    fn a_database_that_is_none() {
        let here = project(&[("shop.duckdb", "this is a text, and a rather long one for a text of its kind\n")]);
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
               Found 1 model
             Running 1 node on `dev` (duckdb, 1 thread)

        error[connection]: `[folder]/shop.duckdb` is not a DuckDB database
        help: set `path` in profiles.yml to a database file, or to a name that does not exist yet
        ");
        assert!(fs::read_to_string(here.path().join("shop.duckdb")).unwrap().starts_with("this is a text"));
    }

    #[test]
    fn a_database_in_a_folder_that_is_not_there() {
        let here = project(&[("profiles.yml", &PROFILES.replace("shop.duckdb", "not/here/shop.duckdb"))]);
        assert_snapshot!(said(&here, "run"), @"
        exit code: 2
        ----- stderr -----
               Found 1 model
             Running 1 node on `dev` (duckdb, 1 thread)

        error[connection]: the folder of the database file `[folder]/not/here/shop.duckdb` does not exist
        help: create it with `mkdir -p [folder]/not/here`, or change `path` in profiles.yml
        ");
    }
}

mod the_call {
    use super::*;

    #[test]
    fn a_test_of_a_model_that_is_not_there() {
        let here =
            project(&[("models/s.yml", "models: [{name: odrers, columns: [{name: id, data_tests: [unique]}]}]\n")]);
        assert_snapshot!(said(&here, "ls -s unique_odrers_id"), @"
        exit code: 0
        ----- stderr -----
        warning[unmatched-patch]: model `odrers` is described, but does not exist
         --> models/s.yml:1:17
          |
        1 | models: [{name: odrers, columns: [{name: id, data_tests: [unique]}]}]
          |                 ^^^^^^ no model has this name
          |
        help: did you mean `orders`?

        warning[nothing-selected]: `unique_odrers_id` does not match any node
         --> --select:1:1
          |
        1 | unique_odrers_id
          | ^^^^^^^^^^^^^^^^ it is disabled, or stands on something that does not exist
        ");
    }

    #[test]
    fn a_selector_that_means_nothing() {
        assert_snapshot!(said(&project(&[]), "run --select order"), @"
        exit code: 0
        ----- stderr -----
        warning[nothing-selected]: `order` does not match any node
         --> --select:1:1
          |
        1 | order
          | ^^^^^ there is no such node, or it is disabled
          |
        help: did you mean `orders`?

               Found 1 model

            Finished run in [time]: 0 ok
        ");
        assert_snapshot!(said(&project(&[]), "run --select order --error-if-nothing-selected"), @"
        exit code: 2
        ----- stderr -----
        warning[nothing-selected]: `order` does not match any node
         --> --select:1:1
          |
        1 | order
          | ^^^^^ there is no such node, or it is disabled
          |
        help: did you mean `orders`?

        error[nothing-selected]: no node was selected
        help: run `tamis list` with the same flags to see what they match
        ");
    }

    #[test]
    fn a_selection_method_that_is_not_there() {
        assert_snapshot!(said(&project(&[]), "run --select tagg:daily"), @"
        exit code: 2
        ----- stderr -----
        error[unknown-selector-method]: `tagg` is not a selector method
         --> --select:1:1
          |
        1 | tagg:daily
          | ^^^^^^^^^^
          |
        help: did you mean `tag`?
        ");
    }

    #[test]
    fn a_named_selector_that_is_not_there() {
        assert_snapshot!(said(&project(&[]), "run --selector nightly"), @"
        exit code: 2
        ----- stderr -----
        error[unknown-selector]: no selector is named `nightly` in selectors.yml
        help: define it in selectors.yml, beside dbt_project.yml
        ");
    }

    #[test]
    fn a_type_of_resource_that_is_not_there() {
        assert_snapshot!(said(&project(&[]), "list --resource-type modle"), @"
        exit code: 2
        ----- stderr -----
        error[unknown-resource-type]: `modle` is not a type of resource
        help: did you mean `model`?
        ");
    }

    #[test]
    fn a_macro_to_run_that_is_not_there() {
        let here = project(&[("macros/grant.sql", "{% macro grant_all() %}{% endmacro %}\n")]);
        assert_snapshot!(said(&here, "run-operation grant_al"), @"
        exit code: 2
        ----- stderr -----
        error[unknown-macro]: there is no macro `grant_al`
        help: did you mean `grant_all`?
        ");
    }

    #[test]
    fn a_target_folder_that_cannot_be_written() {
        let here = project(&[("blocked", "a file where a folder should be\n")]);
        assert_snapshot!(said(&here, "run --target-path blocked"), @"
        exit code: 2
        ----- stderr -----
        error[cannot-write]: cannot write [folder]/blocked/manifest.json: File exists (os error 17)
        help: choose another folder with `--target-path`, or leave it out with `--no-write-json`
        ");
    }

    #[test]
    fn a_log_folder_that_cannot_be_written_stops_nothing() {
        let here = project(&[("blocked", "a file where a folder should be\n")]);
        assert_snapshot!(said(&here, "list --log-path blocked"), @"
        exit code: 0
        ----- stdout -----
        shop.orders
        ----- stderr -----
        warning[no-log-file]: cannot write a log to `[folder]/blocked`: File exists (os error 17)
        help: choose another folder with `--log-path`, or `--log-level-file none`
        ");
    }
}
