//! The real binary from outside: exit codes, streams, and what is said when something is wrong.

use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

use insta::assert_snapshot;
use tempfile::TempDir;

use crate::binary::{folder, tamis};

/// A project of a few models and a test.
fn shop() -> TempDir {
    folder(&[
        ("dbt_project.yml", "name: shop\nprofile: shop\n"),
        ("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n"),
        ("models/orders.sql", "select 1 as id\n"),
        ("models/totals.sql", "select count(*) as orders from {{ ref('orders') }}\n"),
        (
            "models/schema.yml",
            "models:\n  - name: orders\n    columns:\n      - name: id\n        data_tests: [unique]\n",
        ),
    ])
}

#[test]
fn the_version_names_the_language_for_tools_that_look_for_dbt() {
    let ran = tamis(&["--version"]).run();
    assert_eq!(ran.code, 0);
    assert_snapshot!(ran.stdout.replace(env!("CARGO_PKG_VERSION"), "VERSION"), @"
    tamis VERSION
    dbt language: installed: 1.12.6
    ");
}

#[test]
fn a_mistyped_command_or_flag_is_a_usage_error_with_the_nearest_one() {
    assert_snapshot!(tamis(&["buidl"]).picture(), @"
    exit code: 2
    ----- stderr -----
    error: unrecognized subcommand 'buidl'

      tip: a similar subcommand exists: 'build'

    Usage: tamis [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
    assert_snapshot!(tamis(&["run", "--selct", "a"]).picture(), @"
    exit code: 2
    ----- stderr -----
    error: unexpected argument '--selct' found

      tip: a similar argument exists: '--select'

    Usage: tamis run --select <SELECTOR>...

    For more information, try '--help'.
    ");
}

#[test]
fn a_command_that_comes_later_is_refused_by_name() {
    assert_snapshot!(tamis(&["docs", "serve"]).picture(), @"
    exit code: 2
    ----- stderr -----
    error[unsupported-command]: `tamis docs serve` does not exist yet
    help: `tamis docs generate` writes the files that other tools show
    ");
}

#[test]
fn a_setting_that_cannot_be_is_named() {
    assert_snapshot!(tamis(&["clean", "--vars", "{a: "]).picture(), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `{` is not closed
     --> --vars:1:1
      |
    1 | {a:
      | ^ opened here
      |
    help: close it with `}`
    ");
    assert_snapshot!(tamis(&["clean", "--vars", "[a]"]).picture(), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--vars` needs a map
     --> --vars:1:1
      |
    1 | [a]
      | ^^^ not a map
      |
    help: write it as --vars '{name: value}'
    ");
    assert_snapshot!(tamis(&["clean", "--threads", "0"]).picture(), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--threads` must be at least 1
    ");
    assert_snapshot!(tamis(&["clean"]).env("DBT_FAIL_FAST", "maybe").picture(), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `DBT_FAIL_FAST` is neither true nor false: `maybe`
    ");
}

#[test]
fn init_makes_a_project_and_never_touches_what_is_there() {
    let here = folder(&[]);
    assert_snapshot!(tamis(&["init", "shop"]).within(&here).picture(), @"
    exit code: 0
    ----- stderr -----
    made `shop`: a seed, two models and their tests
    now run: cd shop && tamis build
    ");
    assert_snapshot!(tamis(&["init", "shop"]).within(&here).picture(), @"
    exit code: 2
    ----- stderr -----
    error[folder-exists]: there is something named `shop` here already
    help: choose another name; nothing was changed
    ");
    assert_snapshot!(tamis(&["init", "2shop"]).within(&here).picture(), @"
    exit code: 2
    ----- stderr -----
    error[bad-project-name]: `2shop` cannot be the name of a project
    help: use letters, digits and underscores, not beginning with a digit
    ");
    assert!(here.path().join("shop/dbt_project.yml").is_file());
}

#[test]
fn clean_removes_what_is_made_anew_and_nothing_else() {
    let project = "name: shop\nclean-targets: [target, dbt_packages]\n";
    let here = folder(&[("dbt_project.yml", project), ("target/manifest.json", "{}"), ("models/a.sql", "select 1")]);
    assert_snapshot!(tamis(&["clean"]).within(&here).picture(), @"
    exit code: 0
    ----- stderr -----
    cleaned [folder]/target
    [folder]/dbt_packages is not there
    ");
    assert!(!here.path().join("target").exists());
    assert!(here.path().join("models/a.sql").is_file());
}

#[test]
fn clean_refuses_what_a_person_wrote_and_then_removes_nothing() {
    let project = "name: shop\nclean-targets: [target, models, .., ../elsewhere]\n";
    let here = folder(&[("dbt_project.yml", project), ("target/manifest.json", "{}"), ("models/a.sql", "select 1")]);
    assert_snapshot!(tamis(&["clean"]).within(&here).picture(), @"
    exit code: 1
    ----- stderr -----
    error[protected-folder]: `[folder]/models` is not removed: `[folder]/models` holds what people wrote
    help: take it out of `clean-targets` in dbt_project.yml

    error[protected-folder]: `[above]` is not removed: it holds the project
    help: take it out of `clean-targets` in dbt_project.yml

    error[protected-folder]: `[above]/elsewhere` is not removed: it lies outside the project
    help: add `--no-clean-project-files-only` to remove it all the same
    ");
    assert!(here.path().join("target/manifest.json").is_file());
}

#[test]
fn a_flag_that_changes_nothing_says_so() {
    let here = folder(&[("dbt_project.yml", "name: shop\n")]);
    assert_snapshot!(tamis(&["clean", "--macro-debugging"]).within(&here).picture(), @"
    exit code: 0
    ----- stderr -----
    note: `--macro-debugging` has no effect here
    [folder]/target is not there
    ");
}

#[test]
fn list_prints_one_resource_a_line_in_the_form_that_is_asked_for() {
    let here = shop();
    let list = |flags: &str| {
        let call: Vec<_> = "list".split(' ').chain(flags.split_whitespace()).collect();
        tamis(&call).within(&here).picture()
    };
    assert_snapshot!(list(""), @"
    exit code: 0
    ----- stdout -----
    shop.orders
    shop.totals
    shop.unique_orders_id
    ");
    assert_snapshot!(list("--output path --resource-type model --exclude totals"), @"
    exit code: 0
    ----- stdout -----
    models/orders.sql
    ");
    assert_snapshot!(list("-m totals+ --output json --output-keys name config.materialized"), @r#"
    exit code: 0
    ----- stdout -----
    {"name":"totals","config.materialized":"view"}
    "#);
    assert_snapshot!(list("-m totals -s orders"), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--models` and `--select` exclude each other
    help: use `--select` alone
    ");
}

#[test]
fn a_reader_that_stops_listening_is_no_error() {
    let here = shop();
    let mut command = tamis(&["list"]).within(&here).command();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // As `head -0` does: the pipe is closed before anything was written into it.
    drop(child.stdout.take());
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn show_and_compile_give_their_data_to_pipes_and_talk_beside_them() {
    let here = shop();
    assert_eq!(tamis(&["build"]).within(&here).run().code, 0);
    assert_snapshot!(tamis(&["show", "-s", "totals"]).within(&here).picture(), @"
    exit code: 0
    ----- stdout -----
    | orders |
    | ------ |
    |      1 |
    ");
    assert_snapshot!(tamis(&["show", "-q", "--inline", "select * from {{ ref('orders') }}", "--output", "json"]).within(&here).picture(), @r#"
    exit code: 0
    ----- stdout -----
    {
      "show": [
        {
          "id": 1
        }
      ]
    }
    "#);
    assert_snapshot!(tamis(&["compile", "-q", "-s", "totals"]).within(&here).picture(), @r#"
    exit code: 0
    ----- stdout -----
    select count(*) as orders from "shop"."main"."orders"
    "#);
    assert_snapshot!(tamis(&["compile", "-q", "--inline", "select * from {{ ref('ordrs') }}"]).within(&here).picture(), @"
    exit code: 2
    ----- stderr -----
    error[unresolved-ref]: the inline query refers to `ordrs`, which does not exist
     --> --inline:1:18
      |
    1 | select * from {{ ref('ordrs') }}
      |                  ^^^^^^^^^^^^ no model, seed or snapshot has this name
      |
    help: did you mean `orders`?
    ");
}

#[test]
fn a_build_is_told_calmly() {
    assert_snapshot!(tamis(&["build"]).within(&shop()).picture(), @"
    exit code: 0
    ----- stderr -----
           Found 2 models, 1 data test
         Running 3 nodes on `dev` (duckdb, 1 thread)
           Built view main.orders                                                                                      [time]
          Passed test unique_orders_id                                                                                 [time]
           Built view main.totals                                                                                      [time]

        Finished build in [time]: 3 ok
    ");
}

#[test]
fn the_json_log_has_dbts_names_in_dbts_order() {
    let here = shop();
    let ran = tamis(&["build", "--log-format", "json", "--log-level", "debug"]).within(&here).run();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let lines: Vec<serde_json::Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_statement =
        |line: &&serde_json::Value| line["info"]["name"].as_str().is_some_and(|name| name.starts_with("SQLQuery"));
    let shown = lines.iter().filter(|line| !is_statement(line)).map(|line| {
        let id = line["data"]["node_info"]["unique_id"].as_str().unwrap_or_default();
        let status = line["data"]["node_info"]["node_status"].as_str().unwrap_or_default();
        format!("{} {id} {status}", line["info"]["name"].as_str().unwrap()).trim_end().to_string()
    });
    assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
    MainReportVersion
    MainReportArgs
    ArtifactWritten
    ArtifactWritten
    FoundStats
    ConcurrencyLine
    NodeStart model.shop.orders started
    LogStartLine model.shop.orders started
    LogModelResult model.shop.orders success
    NodeFinished model.shop.orders success
    NodeStart test.shop.unique_orders_id.1360ecc70e started
    LogStartLine test.shop.unique_orders_id.1360ecc70e started
    LogTestResult test.shop.unique_orders_id.1360ecc70e pass
    NodeFinished test.shop.unique_orders_id.1360ecc70e pass
    NodeStart model.shop.totals started
    LogStartLine model.shop.totals started
    LogModelResult model.shop.totals success
    NodeFinished model.shop.totals success
    ArtifactWritten
    ArtifactWritten
    FinishedRunningStats
    EndOfRunSummary
    StatsLine
    CommandCompleted
    ");
    assert!(lines.iter().all(|line| line["info"]["invocation_id"] == lines[0]["info"]["invocation_id"]));
    // The log file has it all in text, however the console is told.
    let log = BufReader::new(std::fs::File::open(here.path().join("logs/dbt.log")).unwrap());
    assert!(log.lines().any(|line| line.unwrap().contains("Finished running node model.shop.totals")));
}

#[test]
fn a_macro_is_called_with_arguments_from_the_command_line() {
    let here = shop();
    let text = "{% macro greet(name) %}{{ print('hello ' ~ name) }}{% do log('greeted', info=true) %}{% endmacro %}\n";
    crate::binary::write(here.path(), "macros/greet.sql", text);
    assert_snapshot!(tamis(&["run-operation", "greet", "--args", "{name: you}"]).within(&here).picture(), @"
    exit code: 0
    ----- stdout -----
    hello you
    ----- stderr -----
    greeted
    ");
    assert_snapshot!(tamis(&["run-operation", "greet", "--args", "{name: you}", "--no-print", "-q"]).within(&here).picture(), @"exit code: 0");
}

#[test]
fn a_macro_that_failed_is_called_again_with_its_arguments() {
    let here = shop();
    let text = |limit: u8| {
        format!(
            "{{% macro step(n) %}}{{{{ print('step ' ~ n) }}}}{{% if n > {limit} %}}{{{{ exceptions.raise_compiler_error('too far') }}}}{{% endif %}}{{% endmacro %}}\n"
        )
    };
    crate::binary::write(here.path(), "macros/step.sql", &text(1));
    assert_snapshot!(tamis(&["run-operation", "step", "--args", "{n: 2}"]).within(&here).picture(), @"
    exit code: 1
    ----- stdout -----
    step 2
    ----- stderr -----
    error[compiler-error]: too far
     --> macros/step.sql:1:71
      |
    1 | {% macro step(n) %}{{ print('step ' ~ n) }}{% if n > 1 %}{{ exceptions.raise_compiler_error('too far') }}{% endif...
      |                                                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    ");
    crate::binary::write(here.path(), "macros/step.sql", &text(2));
    assert_snapshot!(tamis(&["retry"]).within(&here).picture(), @"
    exit code: 0
    ----- stdout -----
    step 2
    ");
    assert_snapshot!(tamis(&["retry"]).within(&here).picture(), @"
    exit code: 0
    ----- stderr -----
    warning[nothing-selected]: the former run left nothing to do again
    ");
}

#[test]
fn seeds_are_loaded_and_shown() {
    let here = shop();
    crate::binary::write(here.path(), "seeds/codes.csv", "id,name\n1,one\n2,two\n");
    assert_snapshot!(tamis(&["seed", "--show"]).within(&here).picture(), @"
    exit code: 0
    ----- stdout -----
    main.codes:
    | id | name |
    | -- | ---- |
    |  1 | one  |
    |  2 | two  |
    ----- stderr -----
           Found 2 models, 1 seed, 1 data test
         Running 1 node on `dev` (duckdb, 1 thread)
          Loaded seed main.codes                                                                              2 rows   [time]

        Finished seed in [time]: 1 ok
    ");
}

#[test]
fn an_empty_selection_selects_nothing_rather_than_everything() {
    let said = |words: &[&str]| tamis(words).within(&shop()).picture();
    let nothing = said(&["ls", "-s", ""]);
    assert_snapshot!(nothing, @"
    exit code: 0
    ----- stderr -----
    warning[nothing-selected]: `--select` is empty, so it does not match any node
    help: name what is meant, or leave the flag out
    ");
    assert_eq!(said(&["ls", "-s", " "]), nothing);
    assert_snapshot!(said(&["ls", "-s", "orders", "", "--resource-type", "model", "--exclude", ""]), @"
    exit code: 0
    ----- stdout -----
    shop.orders
    ----- stderr -----
    warning[nothing-selected]: `--exclude` is empty, so it does not match any node
    help: name what is meant, or leave the flag out
    ");
}

#[test]
fn warnings_that_nobody_gives_are_refused() {
    let said = |options| tamis(&["parse", "--warn-error-options", options]).within(&shop()).picture();
    assert_snapshot!(said("{eror: all}"), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--warn-error-options`: unknown key `eror`
    help: did you mean `error`?
    ");
    assert_snapshot!(said("{error: [unmatched-pach]}"), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--warn-error-options`: there is no warning `unmatched-pach`
    help: did you mean `unmatched-patch`?
    ");
    assert_snapshot!(said("{error: [foo]}"), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--warn-error-options`: there is no warning `foo`
    help: name a code as it is printed: `warning[unknown-key]`
    ");
    assert_snapshot!(said("{error: 3}"), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--warn-error-options`: `error` must be a list of names
    help: write `error: [test-warned]` or `error: all`
    ");
    assert_snapshot!(said("{error: [LogTestResults]}"), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--warn-error-options`: there is no warning `LogTestResults`
    help: did you mean `LogTestResult`?
    ");
    assert_snapshot!(said("{error: [DepsUnpinned, Deprecations, unknown-key], warn: '*'}"), @"
    exit code: 0
    ----- stderr -----
    read 2 models, 1 data test
    ");
}

#[test]
fn what_is_not_set_is_missing_in_model_and_a_list_of_tests_at_the_top_of_a_property_file_says_nothing() {
    let here = folder(&[
        ("dbt_project.yml", "name: shop\nprofile: shop\n"),
        ("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n"),
        (
            "models/m.sql",
            "{{ config(mine=none) }}select {{ 'group' in model }}, {{ 'group' in model.config }}, {{ 'mine' in model.config }}",
        ),
        ("models/s.yml", "tests:\n  - name: nothing\nmodels:\n  - name: m\n"),
    ]);
    let ran = tamis(&["compile", "-q"]).within(&here).run();
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let compiled = std::fs::read_to_string(here.path().join("target/compiled/shop/models/m.sql")).expect("compiled");
    assert_eq!(compiled.trim(), "select False, False, True");
}
