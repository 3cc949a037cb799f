//! `source freshness`: what is asked, what counts as stale, and sources.json.

use std::fs;

use insta::assert_snapshot;
use serde_json::Value as Json;

use super::{call, project};

const SOURCES: &str = "
sources:
  - name: raw
    schema: main
    freshness: {warn_after: {count: 1, period: hour}, error_after: {count: 1, period: day}}
    tables:
      - {name: fresh, loaded_at_field: loaded}
      - {name: filtered, loaded_at_field: loaded, freshness: {filter: id < 2}}
      - {name: warned, loaded_at_field: loaded}
      - {name: old, loaded_at_field: loaded}
      - {name: empty, loaded_at_field: loaded}
      - {name: asked, config: {loaded_at_query: 'select max(loaded) from {{ this }} where {{ source_node.name == \"asked\" }}'}}
      - {name: dated, loaded_at_field: loaded::date}
      - {name: absent, loaded_at_field: loaded}
      - {name: silent}
      - {name: unwatched, loaded_at_field: loaded, freshness: null}
";

const FILL: &str = "{% macro fill() %}
    {% set ages = {'fresh': 0, 'warned': 2, 'old': 48, 'asked': 2, 'dated': 0} %}
    {% for name, hours in ages.items() %}
        {% do run_query('create table ' ~ name ~ ' as select 1 as id, now() - interval (' ~ hours ~ ') hour as loaded') %}
    {% endfor %}
    {% do run_query('create table filtered as select * from old union all select 2, now()') %}
    {% do run_query('create table empty as select * from old limit 0') %}
    {% do adapter.commit() %}
{% endmacro %}";

#[test]
fn sources_are_asked_how_old_they_are() {
    let here = project(&[("models/sources.yml", SOURCES), ("macros/fill.sql", FILL)]);
    assert_eq!(call(&here, "run-operation fill").code, 0);
    fs::remove_file(here.path().join("target/run_results.json")).expect("the macro's own result");
    let ran = call(&here, "source freshness --log-level error");
    assert_eq!(ran.code, 1);
    assert!(!here.path().join("target/run_results.json").exists());
    let text = fs::read_to_string(here.path().join("target/sources.json")).unwrap();
    let json: Json = serde_json::from_str(&text).unwrap();
    let shown = json["results"].as_array().unwrap().iter().map(|result| {
        let hours = result["max_loaded_at_time_ago_in_s"].as_f64().unwrap() / 3600.0;
        let age = if hours > 1e6 { "never".to_string() } else { format!("{hours:.0} hours") };
        format!("{} {} {age}", result["unique_id"].as_str().unwrap(), result["status"].as_str().unwrap())
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    // As in dbt, the file has nothing of sources that could not be asked.
    assert_snapshot!(shown.join("\n"), @"
    source.shop.raw.asked warn 2 hours
    source.shop.raw.empty error never
    source.shop.raw.filtered error 48 hours
    source.shop.raw.fresh pass 0 hours
    source.shop.raw.old error 48 hours
    source.shop.raw.warned warn 2 hours
    ");
    let shown = ran.stderr.lines().filter(|line| line.starts_with("error") && !line.contains("UTC"));
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    assert_snapshot!(shown.join("\n"), @"
    error[database]: Catalog Error: Table with name absent does not exist!
    error[freshness-result]: the question when source `raw.dated` was loaded gave a DATE, where a timestamp is expected
    error[no-loaded-at]: source `raw.silent` does not say when it was loaded
    error[stale-source]: source `raw.empty` holds no rows, so it was never loaded
    ");
}

#[test]
fn a_selection_of_sources_goes_to_the_file_that_is_asked_for() {
    let here = project(&[("models/sources.yml", SOURCES), ("macros/fill.sql", FILL)]);
    assert_eq!(call(&here, "run-operation fill").code, 0);
    assert_eq!(call(&here, "source freshness --select source:raw.fresh source:raw.warned -o found.json").code, 0);
    let json: Json = serde_json::from_slice(&fs::read(here.path().join("found.json")).unwrap()).unwrap();
    assert_eq!(json["results"].as_array().unwrap().len(), 2);
    assert!(!here.path().join("target/sources.json").exists());
}

#[test]
fn hooks_of_the_project_run_unless_it_says_otherwise() {
    let hook = "name: shop\nprofile: shop\non-run-start: create table hooked as select 1 as id\n";
    let here = project(&[("models/sources.yml", SOURCES), ("macros/fill.sql", FILL), ("dbt_project.yml", hook)]);
    assert_eq!(call(&here, "run-operation fill").code, 0);
    let without = format!("{hook}flags: {{source_freshness_run_project_hooks: false}}\n");
    crate::binary::write(here.path(), "dbt_project.yml", &without);
    assert_eq!(call(&here, "source freshness -s source:raw.fresh").code, 0);
    crate::binary::write(here.path(), "dbt_project.yml", hook);
    assert_eq!(call(&here, "source freshness -s source:raw.fresh").code, 0);
    assert_eq!(call(&here, "source freshness -s source:raw.fresh").code, 1, "the table is there by now");
}
