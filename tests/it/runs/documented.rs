//! `docs generate`: catalog.json, beside a manifest with the compiled code.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value as Json;
use tempfile::TempDir;

use super::{call, fine, project};

fn built() -> TempDir {
    let here = project(&[
        (
            "models/a.sql",
            "{{ config(materialized='table', persist_docs={'relation': true, 'columns': true}) }}\nselect 1 as Id, 'x' as name",
        ),
        ("models/b.sql", "select * from {{ ref('a') }}"),
        ("models/inlined.sql", "{{ config(materialized='ephemeral') }} select 1 as id"),
        ("models/unbuilt.sql", "select 1 as id"),
        (
            "models/schema.yml",
            "models: [{name: a, description: all of them, columns: [{name: Id, description: its number}]}]
sources: [{name: raw, schema: main, tables: [{name: loaded, identifier: A}, {name: absent}]}]
",
        ),
    ]);
    fine(&here, "run --exclude unbuilt");
    here
}

/// Each table of catalog.json, one a line.
fn catalog(here: &TempDir) -> String {
    let json: Json = serde_json::from_slice(&fs::read(here.path().join("target/catalog.json")).unwrap()).unwrap();
    let maps = ["nodes", "sources"].map(|map| json[map].as_object().unwrap().clone());
    let shown = maps.into_iter().flatten().map(|(id, table)| {
        let columns =
            table["columns"].as_object().unwrap().values().map(|column| {
                format!("{} {} {} {}", column["index"], column["name"], column["type"], column["comment"])
            });
        let metadata = &table["metadata"];
        let columns = columns.collect::<Vec<_>>().join(", ");
        format!("{id}: {} {} {} ({columns})", metadata["type"], metadata["name"], metadata["comment"])
    });
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_catalog_tells_what_is_there_of_the_project() {
    let here = built();
    fine(&here, "docs generate");
    assert_snapshot!(catalog(&here), @r#"
    model.shop.a: "BASE TABLE" "a" "all of them" (1 "Id" "INTEGER" "its number", 2 "name" "VARCHAR" null)
    model.shop.b: "VIEW" "b" null (1 "Id" "INTEGER" null, 2 "name" "VARCHAR" null)
    source.shop.raw.loaded: "BASE TABLE" "a" "all of them" (1 "Id" "INTEGER" "its number", 2 "name" "VARCHAR" null)
    "#);
    let manifest = fs::read_to_string(here.path().join("target/manifest.json")).unwrap();
    assert!(manifest.contains("\"compiled_code\":\"select * from"), "{manifest}");
    fine(&here, "docs generate --select b");
    assert_snapshot!(catalog(&here), @r#"model.shop.b: "VIEW" "b" null (1 "Id" "INTEGER" null, 2 "name" "VARCHAR" null)"#);
}

#[test]
fn a_catalog_may_be_had_without_compiling_and_without_asking() {
    let here = built();
    fs::remove_dir_all(here.path().join("target")).unwrap();
    fine(&here, "docs generate --no-compile");
    assert!(!here.path().join("target/run_results.json").exists());
    assert_eq!(catalog(&here).lines().count(), 3);
    fine(&here, "docs generate --empty-catalog");
    assert_eq!(catalog(&here), "");
}

#[test]
fn what_does_not_compile_has_no_catalog_and_pages_come_later() {
    let here = project(&[("models/a.sql", "{{ exceptions.raise_compiler_error('no') if execute }}")]);
    assert_eq!(call(&here, "docs generate").code, 2);
    assert!(!here.path().join("target/catalog.json").exists());
    assert_snapshot!(call(&here, "docs serve").stderr, @"
    error[unsupported-command]: `tamis docs serve` does not exist yet
    help: `tamis docs generate` writes the files that other tools show
    ");
}
