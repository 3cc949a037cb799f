//! The real binary from outside: exit codes, streams, and what is said when something is wrong.

use insta::assert_snapshot;

use crate::binary::{folder, tamis};

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
    assert_snapshot!(tamis(&["deps"]).picture(), @"
    exit code: 2
    ----- stderr -----
    error[unsupported-command]: `tamis deps` does not exist yet
    help: packages that lie in dbt_packages/ are used; fetch them with `dbt deps` until then
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
    assert_snapshot!(tamis(&["clean", "--partial-parse", "--defer"]).within(&here).picture(), @"
    exit code: 0
    ----- stderr -----
    note: `--partial-parse` has no effect here
    note: `--defer` has no effect: what was not selected is not looked for elsewhere yet
    [folder]/target is not there
    ");
}
