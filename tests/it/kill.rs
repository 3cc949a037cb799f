//! `kill -9` at any moment of a build: no old table is lost, and the next build succeeds.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use tempfile::TempDir;

use crate::binary::{folder, tamis};

/// How often it is killed, each time a little later.
const KILLS: usize = 50;

#[test]
fn a_killed_build_loses_no_table_and_the_next_one_succeeds() {
    let here = folder(&[
        ("dbt_project.yml", "name: shop\nprofile: shop\n"),
        ("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb, threads: 2}\n"),
        ("seeds/codes.csv", "id,name\n1,a\n2,b\n3,c\n"),
        ("models/stage.sql", "select id, name from {{ ref('codes') }}\n"),
        ("models/facts.sql", "{{ config(materialized='table') }}\nselect * from {{ ref('stage') }}\n"),
        (
            "models/grown.sql",
            "{{ config(materialized='incremental', unique_key='id') }}\nselect * from {{ ref('stage') }}\n",
        ),
        (
            "models/schema.yml",
            "models:\n  - name: facts\n    columns:\n      - name: id\n        data_tests: [unique, not_null]\n",
        ),
    ]);
    assert_eq!(tamis(&["build"]).within(&here).run().code, 0);
    let lines = lines_of_a_build(&here, usize::MAX);
    assert!(lines > 20, "a build tells only {lines} lines");
    for kill in 0..KILLS {
        lines_of_a_build(&here, 1 + kill * lines / KILLS);
        let counts = "select (select count(*) from shop.main.codes) as codes, \
                      (select count(*) from shop.main.facts) as facts, (select count(*) from shop.main.grown) as grown";
        let rows = tamis(&["show", "--quiet", "--inline", counts]).within(&here).run();
        let expected = "| codes | facts | grown |\n| ----- | ----- | ----- |\n|     3 |     3 |     3 |\n";
        assert_eq!(rows.stdout, expected, "kill {kill}: {}", rows.stderr);
    }
    let next = tamis(&["build"]).within(&here).run();
    assert_eq!(next.code, 0, "{}", next.stderr);
}

/// Runs a build with everything told, kills it after so many lines, and answers how many there were.
fn lines_of_a_build(here: &TempDir, most: usize) -> usize {
    let mut command = tamis(&["build", "--debug"]).within(here).command();
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(child.stderr.take().unwrap()).lines().take(most).count();
    let _ = child.kill();
    child.wait().unwrap();
    told
}
