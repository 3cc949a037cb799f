//! A process that is killed at any moment of a `build` costs nothing: every table of the last build is whole, and the
//! next build succeeds.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use duckdb::{Config, Connection};
use tempfile::TempDir;

use crate::binary::{folder, tamis, write};

/// Times that a build is killed.
const ROUNDS: u32 = 50;

/// Rows of the seed, and of every table made from it.
const ROWS: usize = 2000;

/// Rows that the appending model gains with each build.
const APPENDED: usize = 7;

const PROJECT: &str = "
name: shop
profile: shop
models: {+materialized: table}
on-run-end:
  - create or replace table ended as select '{{ invocation_id }}' as build
";

const PROFILE: &str = "
shop:
  target: dev
  outputs:
    dev: {type: duckdb, path: shop.duckdb, threads: 4}
";

/// Each row says which build it is of, so that a mixture of two builds shows.
const STAMPED: &str = "select *, '{{ invocation_id }}' as build from {{ ref('orders') }}";

const MODELS: [(&str, &str); 8] = [
    ("models/first.sql", STAMPED),
    ("models/second.sql", "select id, amount, '{{ invocation_id }}' as build from {{ ref('first') }}"),
    ("models/seen.sql", "{{ config(materialized='view') }} select * from {{ ref('second') }}"),
    ("models/third.sql", "select id, amount, '{{ invocation_id }}' as build from {{ ref('seen') }}"),
    (
        "models/replaced.sql",
        "{{ config(materialized='incremental', unique_key='id') }}
         select id, amount, '{{ invocation_id }}' as build from {{ ref('first') }}",
    ),
    (
        "models/merged.sql",
        "{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge') }}
         select id, amount, '{{ invocation_id }}' as build from {{ ref('first') }}",
    ),
    (
        "models/appended.sql",
        "{{ config(materialized='incremental', incremental_strategy='append') }}
         select id, '{{ invocation_id }}' as build from {{ ref('first') }} where id < 7",
    ),
    (
        "models/_models.yml",
        "
models:
  - name: third
    columns: [{name: id, data_tests: [unique, not_null]}]
unit_tests:
  - name: amounts_are_kept
    model: third
    given: [{input: ref('seen'), rows: [{id: 1, amount: 2}]}]
    expect: {rows: [{id: 1, amount: 2}]}
",
    ),
];

/// Tables whose rows must all be of one build.
const WHOLE: [&str; 5] = ["first", "second", "third", "replaced", "merged"];

fn project() -> TempDir {
    let project = folder(&[("dbt_project.yml", PROJECT), ("profiles.yml", PROFILE)]);
    for (path, text) in MODELS {
        write(project.path(), path, text);
    }
    write_seed(project.path(), 0);
    project
}

/// The seed's rows, all of one version.
fn write_seed(folder: &Path, version: u32) {
    let rows: String = (0..ROWS).map(|id| format!("{id},{}.5,{version}\n", id % 97)).collect();
    write(folder, "seeds/orders.csv", &format!("id,amount,version\n{rows}"));
}

/// Builds undisturbed; how long it took.
fn build(project: &TempDir) -> Duration {
    let started = Instant::now();
    let ran = tamis(&["build"]).within(project).run();
    assert_eq!(ran.code, 0, "a build that nothing disturbs succeeds\n{}{}", ran.stdout, ran.stderr);
    started.elapsed()
}

/// Starts a build and kills it after `delay`; true if it was still at work.
fn build_and_kill(project: &TempDir, delay: Duration) -> bool {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tamis"));
    command.arg("build").env_clear().env("HOME", "/nonexistent").current_dir(project.path());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // The moment is the point of this test: there is nothing to wait for.
    thread::sleep(delay);
    let was_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    was_running
}

/// The database as the killed process left it: a copy, so that opening it repairs nothing for the next build.
fn copied(project: &TempDir) -> (TempDir, Connection) {
    let copy = tempfile::tempdir().unwrap();
    for name in ["shop.duckdb", "shop.duckdb.wal"] {
        if project.path().join(name).exists() {
            fs::copy(project.path().join(name), copy.path().join(name)).unwrap();
        }
    }
    let database = Connection::open_with_flags(copy.path().join("shop.duckdb"), Config::default()).unwrap();
    (copy, database)
}

fn counts(database: &Connection, sql: &str) -> (usize, usize) {
    let row = |row: &duckdb::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
    let (first, second) = database.query_row(sql, [], row).unwrap_or_else(|error| panic!("{sql}: {error}"));
    (first as usize, second as usize)
}

/// Every table of the first build is there with all its rows, each of one build only.
fn assert_whole(database: &Connection) {
    for table in WHOLE {
        let found = counts(database, &format!("select count(*), count(distinct build) from {table}"));
        assert_eq!(found, (ROWS, 1), "rows and builds in `{table}`");
    }
    assert_eq!(counts(database, "select count(*), count(distinct version) from orders"), (ROWS, 1), "the seed");
    assert_eq!(counts(database, "select count(*), count(distinct build) from seen"), (ROWS, 1), "the view");
    let (rows, builds) = counts(database, "select count(*), count(distinct build) from appended");
    assert_eq!(rows, builds * APPENDED, "every build appended all of its rows or none");
}

fn assert_no_leftovers(database: &Connection) {
    let names = "select count(*), count(*) filter (name like '%\\_\\_dbt\\_%' escape '\\') from
                 (select table_name as name from duckdb_tables() union all
                  select view_name from duckdb_views() where not internal)";
    assert_eq!(counts(database, names), (8 + 1, 0), "tables and views, and among them leftovers");
}

#[test]
fn a_build_that_is_killed_loses_nothing_and_the_next_one_succeeds() {
    let project = project();
    build(&project);
    // The quickest build seen so far: the others waited for something.
    let mut duration = build(&project);
    let mut killed = 0;
    for round in 0..ROUNDS {
        write_seed(project.path(), round + 1);
        killed += u32::from(build_and_kill(&project, duration * round / ROUNDS));
        assert_whole(&copied(&project).1);
        duration = duration.min(build(&project));
        let (_copy, database) = copied(&project);
        assert_whole(&database);
        assert_no_leftovers(&database);
    }
    assert!(killed > ROUNDS / 2, "only {killed} of {ROUNDS} builds were killed at work");
}

#[test]
fn a_first_build_that_is_killed_can_be_begun_again() {
    let project = project();
    let duration = build(&project);
    for round in 0..10 {
        for name in ["shop.duckdb", "shop.duckdb.wal"] {
            let _ = fs::remove_file(project.path().join(name));
        }
        let _ = fs::remove_dir_all(project.path().join("target"));
        build_and_kill(&project, duration * round / 10);
        build(&project);
        assert_no_leftovers(&copied(&project).1);
    }
}
