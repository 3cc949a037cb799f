//! dbt_project.yml and profiles.yml.

use insta::assert_snapshot;

use super::{project, said};

#[test]
fn a_config_version_that_is_not_known() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: shop
profile: shop
config-version: 3
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[wrong-type]: `config-version` must be 2
     --> dbt_project.yml:3:17
      |
    3 | config-version: 3
      |                 ^ this is a number
      |
    help: write `config-version: 2`, or remove the line
    ");
}

#[test]
fn a_dbt_version_that_is_another() {
    let here = project(&[("dbt_project.yml", &"name: shop\nprofile: shop\nrequire-dbt-version: \">=2.0.0\"\n")]);
    assert_snapshot!(said(&here, "parse"), @r#"
    exit code: 2
    ----- stderr -----
    error[wrong-version]: `shop` requires another version of dbt than 1.12.6
     --> dbt_project.yml:3:22
      |
    3 | require-dbt-version: ">=2.0.0"
      |                      ^^^^^^^^^ dbt 1.12.6 is followed here
      |
    help: widen the range, or run with `--no-version-check`
    "#);
}

#[test]
fn a_dbt_version_that_is_none() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: shop
profile: shop
require-dbt-version: latest
",
    )]);
    assert_snapshot!(said(&here, "parse"), @r#"
    exit code: 2
    ----- stderr -----
    error[wrong-version]: `latest` is not a range of versions
     --> dbt_project.yml:3:22
      |
    3 | require-dbt-version: latest
      |                      ^^^^^^ cannot be understood
      |
    help: write a list such as [">=1.3.0", "<3.0.0"]
    "#);
}

#[test]
fn a_name_with_a_blank() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: my shop
profile: shop
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[bad-name]: `my shop` cannot be the name of a project
     --> dbt_project.yml:1:7
      |
    1 | name: my shop
      |       ^^^^^^^ letters, digits and underscores only, no digit first
      |
    help: write `name: my_shop`
    ");
}

#[test]
fn a_mistyped_key() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: shop
profile: shop
model-path: [models]
",
    )]);
    assert_snapshot!(said(&here, "parse --strict"), @"
    exit code: 2
    ----- stderr -----
    error[unknown-key]: unknown key `model-path` in dbt_project.yml
     --> dbt_project.yml:3:1
      |
    3 | model-path: [models]
      | ^^^^^^^^^^ not a key of dbt_project.yml
      |
    help: did you mean `model-paths`?
    ");
}

#[test]
fn paths_that_are_no_list() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: shop
profile: shop
model-paths: {a: b}
",
    )]);
    assert_snapshot!(said(&here, "parse"), @r#"
    exit code: 2
    ----- stderr -----
    error[wrong-type]: `model-paths` must be a list of texts
     --> dbt_project.yml:3:14
      |
    3 | model-paths: {a: b}
      |              ^^^^^^ this is a map
      |
    help: write `model-paths: ["models"]`
    "#);
}

#[test]
fn models_that_are_no_map() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: shop
profile: shop
models: [a]
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[wrong-type]: `models` must be a map
     --> dbt_project.yml:3:9
      |
    3 | models: [a]
      |         ^^^ this is a list
      |
    help: write `models:` and its keys below it, indented
    ");
}

#[test]
fn vars_that_are_no_map() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: shop
profile: shop
vars: 7
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[wrong-type]: `vars` must be a map
     --> dbt_project.yml:3:7
      |
    3 | vars: 7
      |       ^ this is a number
      |
    help: write `vars:` and its keys below it, indented
    ");
}

#[test]
fn a_config_of_a_folder_that_is_not_there() {
    let here = project(&[
        (
            "dbt_project.yml",
            &"name: shop
profile: shop
models:
  shop:
    stagin:
      +materialized: table
",
        ),
        ("models/staging/a.sql", &"select 1 as id"),
    ]);
    assert_snapshot!(said(&here, "parse --strict"), @"
    exit code: 2
    ----- stderr -----
    error[unused-config-path]: config of `models` is not used: `shop.stagin` fits no model
     --> dbt_project.yml:5:5
      |
    5 |     stagin:
      |     ^^^^^^ no such folder or name
      |
    help: did you mean `staging`?
    ");
}

#[test]
fn a_mistyped_config() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: shop
profile: shop
models:
  shop:
    +materialised: table
",
    )]);
    assert_snapshot!(said(&here, "parse --strict"), @"
    exit code: 2
    ----- stderr -----
    error[unknown-key]: unknown key `materialised` in dbt_project.yml
     --> dbt_project.yml:5:5
      |
    5 |     +materialised: table
      |     ^^^^^^^^^^^^^ not a key of a model's config
      |
    help: did you mean `+materialized`?
    ");
}

#[test]
fn an_empty_project_file() {
    let here = project(&[("dbt_project.yml", &"")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[wrong-type]: `dbt_project.yml` must be a map of keys to values
    --> dbt_project.yml
     = note: not a map
    help: begin with `name: my_project`; a space belongs behind each colon
    ");
}

#[test]
fn a_project_file_that_is_a_list() {
    let here = project(&[("dbt_project.yml", &"- name: shop\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[wrong-type]: `dbt_project.yml` must be a map of keys to values
     --> dbt_project.yml:1:1
      |
    1 | - name: shop
      | ^^^^^^^^^^^^ not a map
      |
    help: begin with `name: my_project`; a space belongs behind each colon
    ");
}

#[test]
fn a_hook_that_is_no_jinja() {
    let here = project(&[("dbt_project.yml", &"name: shop\nprofile: shop\non-run-start: \"{{ oops( }}\"\n")]);
    assert_snapshot!(said(&here, "run"), @r#"
    exit code: 2
    ----- stderr -----
    error[jinja-syntax]: this is not valid Jinja: unexpected `}`
     --> dbt_project.yml:3:25
      |
    3 | on-run-start: "{{ oops( }}"
      |                         ^
    "#);
}

#[test]
fn a_hook_that_fails() {
    let here = project(&[(
        "dbt_project.yml",
        &"name: shop
profile: shop
on-run-start: drop table nothing
",
    )]);
    assert_snapshot!(said(&here, "run"), @"
    exit code: 1
    ----- stderr -----
           Found 1 model
         Running 1 node on `dev` (duckdb, 1 thread)
           Error hook shop-on-run-start-0                                                                              [time]
         Skipped view main.orders

    error[database]: Catalog Error: Table with name nothing does not exist!
     --> dbt_project.yml:3:15
      |
    3 | on-run-start: drop table nothing
      |               ^^^^^^^^^^^^^^^^^^ in this hook

          Failed run in [time]: 0 ok, 1 failed, 1 skipped
    ");
}

#[test]
fn a_profile_without_outputs() {
    let here = project(&[(
        "profiles.yml",
        &"shop:
  target: dev
",
    )]);
    assert_snapshot!(said(&here, "debug"), @"
    exit code: 1
    ----- stdout -----
    tamis 0.1.0
    dbt language: installed: 1.12.6
    ----- stderr -----
    error[no-target]: profile `shop` has no `outputs`
     --> profiles.yml:1:1
      |
    1 | shop:
      | ^^^^ its targets are missing
      |
    help: add `outputs:` with a target below it, such as `dev: {type: duckdb}`
    ");
}

#[test]
fn a_target_without_a_type() {
    let here = project(&[(
        "profiles.yml",
        &"shop:
  outputs:
    default: {path: a.duckdb}
",
    )]);
    assert_snapshot!(said(&here, "debug"), @"
    exit code: 1
    ----- stdout -----
    tamis 0.1.0
    dbt language: installed: 1.12.6
    ----- stderr -----
    error[missing-key]: target `default` has no `type`
     --> profiles.yml:3:14
      |
    3 |     default: {path: a.duckdb}
      |              ^^^^^^^^^^^^^^^^ which warehouse is it?
      |
    help: add `type: duckdb` or `type: bigquery`
    ");
}

#[test]
fn threads_that_are_no_number() {
    let here = project(&[(
        "profiles.yml",
        &"shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: shop.duckdb
      threads: many
",
    )]);
    assert_snapshot!(said(&here, "debug"), @"
    exit code: 1
    ----- stdout -----
    tamis 0.1.0
    dbt language: installed: 1.12.6
    ----- stderr -----
    error[wrong-type]: `threads` must be a whole number, 0 or more
     --> profiles.yml:7:16
      |
    7 |       threads: many
      |                ^^^^ this is a text
    ");
}

#[test]
fn a_mistyped_setting() {
    let here = project(&[(
        "profiles.yml",
        &"shop:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: shop.duckdb
      shcema: main
",
    )]);
    assert_snapshot!(said(&here, "debug"), @"
    exit code: 0
    ----- stdout -----
    tamis 0.1.0
    dbt language: installed: 1.12.6
    project `shop` at [folder]: ok
    profile `shop`, target `dev`: ok
      path: shop.duckdb
    connection to duckdb: ok
    all checks passed
    ----- stderr -----
    warning[unknown-key]: unknown key `shcema` in target `dev`
     --> profiles.yml:7:7
      |
    7 |       shcema: main
      |       ^^^^^^ not a setting of this warehouse
      |
    help: did you mean `schema`?
    ");
}

#[test]
fn a_profile_that_is_a_text() {
    let here = project(&[("profiles.yml", &"shop: dev\n")]);
    assert_snapshot!(said(&here, "debug"), @"
    exit code: 1
    ----- stdout -----
    tamis 0.1.0
    dbt language: installed: 1.12.6
    ----- stderr -----
    error[wrong-type]: profile `shop` must be a map
     --> profiles.yml:1:7
      |
    1 | shop: dev
      |       ^^^ not a map
    ");
}
