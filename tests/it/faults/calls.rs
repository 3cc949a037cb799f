//! Flags, selectors and what they name.

use insta::assert_snapshot;

use super::{project, said};

#[test]
fn vars_that_are_no_map() {
    let here = project(&[]);
    assert_snapshot!(said(&here, "run --vars 7"), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--vars` needs a map
     --> --vars:1:1
      |
    1 | 7
      | ^ not a map
      |
    help: write it as --vars '{name: value}'
    ");
}

#[test]
fn vars_that_are_no_yaml() {
    let here = project(&[]);
    assert_snapshot!(said(&here, "run --vars {a:"), @"
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
}

#[test]
fn threads_that_are_none() {
    let here = project(&[]);
    assert_snapshot!(said(&here, "run --threads 0"), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--threads` must be at least 1
    ");
}

#[test]
fn a_selector_that_does_not_end() {
    let here = project(&[]);
    assert_snapshot!(said(&here, "ls --select tag:"), @"
    exit code: 0
    ----- stderr -----
    warning[nothing-selected]: `tag:` does not match any node
     --> --select:1:1
      |
    1 | tag:
      | ^^^^
    ");
}

#[test]
fn a_depth_that_is_too_large() {
    let here = project(&[]);
    assert_snapshot!(said(&here, "ls --select 99999999999999999999+orders"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-selector]: `99999999999999999999` is too large a number of generations
     --> --select:1:1
      |
    1 | 99999999999999999999+orders
      | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: leave the number out
    ");
}

#[test]
fn a_pattern_that_is_none() {
    let here = project(&[]);
    assert_snapshot!(said(&here, "ls --select [orders"), @"
    exit code: 0
    ----- stderr -----
    warning[nothing-selected]: `[orders` does not match any node
     --> --select:1:1
      |
    1 | [orders
      | ^^^^^^^
    ");
}

#[test]
fn a_state_that_is_not_there() {
    let here = project(&[]);
    assert_snapshot!(said(&here, "ls --select state:modified --state nowhere"), @"
    exit code: 2
    ----- stderr -----
    error[no-state]: there is no folder `nowhere` to read an earlier run from
    help: point `--state` at a folder that holds manifest.json
    ");
}

#[test]
fn a_state_without_a_folder() {
    let here = project(&[]);
    assert_snapshot!(said(&here, "ls --select state:modified"), @"
    exit code: 2
    ----- stderr -----
    error[no-state]: `state:` needs an earlier run to compare with
     --> --select:1:1
      |
    1 | state:modified
      | ^^^^^^^^^^^^^^
      |
    help: pass the folder of its artifacts: `--state path/to/artifacts`
    ");
}

#[test]
fn a_state_that_is_no_json() {
    let here = project(&[("old/manifest.json", &"{")]);
    assert_snapshot!(said(&here, "ls --select state:modified --state old"), @"
    exit code: 2
    ----- stderr -----
    error[unreadable-artifact]: `old/manifest.json` is not JSON: EOF while parsing an object at line 1 column 1
    help: write it again with the run you want to compare with
    ");
}

#[test]
fn a_selectors_file_that_names_nothing() {
    let here = project(&[("selectors.yml", &"selectors: [{name: nightly, definition: {method: tgas, value: x}}]\n")]);
    assert_snapshot!(said(&here, "ls --selector nightly"), @"
    exit code: 2
    ----- stderr -----
    error[unknown-selector-method]: `tgas` is not a selector method
     --> selectors.yml:1:50
      |
    1 | selectors: [{name: nightly, definition: {method: tgas, value: x}}]
      |                                                  ^^^^
      |
    help: use one of fqn, tag, group, access, source, path, file, package, config, test_name, test_type, resource_type, state, exposure, metric, result, source_status, version, semantic_model, saved_query, unit_test, selector
    ");
}

#[test]
fn selectors_that_need_each_other() {
    let here = project(&[(
        "selectors.yml",
        &"selectors:
  - {name: a, definition: {method: selector, value: b}}
  - {name: b, definition: {method: selector, value: a}}
",
    )]);
    assert_snapshot!(said(&here, "ls --selector a"), @"
    exit code: 2
    ----- stderr -----
    error[cycle]: selectors are defined by each other: `b` → `a` → `b`
     --> selectors.yml:2:27
      |
    2 |   - {name: a, definition: {method: selector, value: b}}
      |                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^ leads back to `b`
      |
    help: take one of these references out
    ");
}

#[test]
fn a_retry_of_a_torn_file() {
    let here = project(&[("target/run_results.json", &r#"{"results": ["#)]);
    assert_snapshot!(said(&here, "retry"), @"
    exit code: 2
    ----- stderr -----
    error[unreadable-artifact]: `[folder]/target/run_results.json` is not JSON: EOF while parsing a list at line 1 column 13
    help: write it again with the run you want to compare with
    ");
}

#[test]
fn arguments_that_are_no_map() {
    let here = project(&[]);
    assert_snapshot!(said(&here, "run-operation x --args [1]"), @"
    exit code: 2
    ----- stderr -----
    error[bad-flag]: `--args` needs a map
     --> --args:1:1
      |
    1 | [1]
      | ^^^ not a map
      |
    help: write it as --args '{name: value}'
    ");
}
