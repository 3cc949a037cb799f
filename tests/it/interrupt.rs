//! Ctrl-C in the middle of a run: what runs is cancelled, what is there stays, and the exit code says so.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

use crate::binary::{folder, tamis};

#[test]
fn ctrl_c_cancels_what_runs_and_leaves_the_old_table() {
    let here = folder(&[
        ("dbt_project.yml", "name: shop\nprofile: shop\n"),
        ("profiles.yml", "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n"),
        (
            "models/facts.sql",
            "{{ config(materialized='table') }}\nselect {{ var('rows', 'count(*) from range(7)') }}\n",
        ),
        ("models/later.sql", "select * from {{ ref('facts') }}\n"),
    ]);
    assert_eq!(tamis(&["run"]).within(&here).run().code, 0);

    // Never done by itself: a run that was not interrupted would hang here rather than pass.
    let endless = "{rows: 'count(*) from range(1000000000000) a, range(1000000000000) b'}";
    let mut child = Command::new(env!("CARGO_BIN_EXE_tamis"))
        .args(["run", "--debug", "--vars", endless])
        .current_dir(here.path())
        .env_clear()
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("range(1000000000000)") {
        line.clear();
        assert_ne!(stderr.read_line(&mut line).unwrap(), 0, "the run ended before its statement was told");
    }
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    let mut rest = String::new();
    stderr.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(2), "{rest}");
    assert!(rest.contains("Interrupted run"), "{rest}");
    assert!(rest.contains("Skipped view main.later"), "{rest}");

    let rows = tamis(&["show", "--quiet", "--inline", "select * from shop.main.facts"]).within(&here).run();
    assert!(rows.stdout.contains('7'), "{}{}", rows.stdout, rows.stderr);
}
