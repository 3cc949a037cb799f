//! Where configs come from, which one wins, and values that no key takes.

use insta::assert_snapshot;

use crate::support::project::project;

#[test]
fn the_file_goes_over_its_properties_and_those_over_the_project() {
    let parsed = project()
        .config("models:\n  shop:\n    +materialized: table\n    +tags: [project]\n    +meta: {level: project, a: 1}\n")
        .model("plain", "select 1 as id")
        .model("described", "select 1 as id")
        .model("configured", "{{ config(materialized='ephemeral', tags=['file'], meta={'level': 'file'}) }} select 1 as id")
        .yml(
            "models:\n  - name: described\n    config: {materialized: view, tags: yml, meta: {level: yml}}\n  - name: configured\n    config: {materialized: view, tags: yml}\n",
        )
        .parse();
    let keys = ["materialized", "tags", "meta"];
    assert_snapshot!(parsed.drawn(), @"");
    assert_snapshot!(parsed.config("model.shop.plain", &keys), @r#"materialized="table" tags=["project"] meta={"level":"project","a":1}"#);
    assert_snapshot!(parsed.config("model.shop.described", &keys), @r#"materialized="view" tags=["project","yml"] meta={"level":"yml","a":1}"#);
    assert_snapshot!(parsed.config("model.shop.configured", &keys), @r#"materialized="ephemeral" tags=["project","yml","file"] meta={"level":"file","a":1}"#);
}

#[test]
fn yml_values_are_rendered_and_keep_their_type() {
    let parsed = project()
        .var("is_on", false.into())
        .model("a", "select 1 as id")
        .yml("models:\n  - name: a\n    config:\n      schema: \"{{ target.name }}_x\"\n      enabled: \"{{ var('is_on') }}\"\n")
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    assert!(parsed.manifest.nodes.is_empty());
    assert_eq!(parsed.manifest.disabled.keys().map(|id| &**id).collect::<Vec<_>>(), ["model.shop.a"]);
}

#[test]
fn hooks_of_all_levels_are_kept_and_read_for_references() {
    let parsed = project()
        .config("models:\n  +pre-hook: \"select 1\"\n")
        .model("a", "select 1 as id")
        .model("b", "{{ config(post_hook=\"insert into x select * from {{ ref('a') }}\") }} select 1 as id")
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    assert_snapshot!(parsed.config("model.shop.b", &["pre-hook", "post-hook"]), @r#"pre-hook=[{"sql":"select 1","transaction":true,"index":null}] post-hook=[{"sql":"insert into x select * from {{ ref('a') }}","transaction":true,"index":null}]"#);
    assert_eq!(parsed.manifest.parents("model.shop.b").len(), 1);
}

#[test]
fn timestamps_in_yaml_are_written_as_python_writes_them() {
    let parsed = project()
        .config("models:\n  +meta: {hour: 2020-01-02 1:02:03.5}\nvars: {start: 2020-01-02 1:02:03-0}\n")
        .model("a", "{{ config(alias=var('start')) }} select 1 as id")
        .yml(
            "models:\n  - name: a\n    config: {meta: {day: 2020-01-02, zone: 2001-12-14t21:59:43-05:00, none: 2020-13-02 01:02:03}}\n    columns: [{name: id, data_tests: [accepted_values: {arguments: {values: [2020-01-02 1:02:03Z]}}]}]\n",
        )
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    assert_snapshot!(parsed.config("model.shop.a", &["alias", "meta"]), @r#"alias="2020-01-02 01:02:03+00:00" meta={"hour":"2020-01-02T01:02:03.500000","day":"2020-01-02","zone":"2001-12-14T21:59:43-05:00","none":"2020-13-02T01:02:03"}"#);
    let test = parsed.manifest.nodes.keys().find(|id| id.starts_with("test.")).map(|id| id.to_string());
    assert_eq!(
        test.as_deref().and_then(|id| id.split('.').nth(2)),
        Some("accepted_values_a_id__2020_01_02_01_02_03_00_00")
    );
}

#[test]
fn a_seed_with_a_hook_that_reads_a_model_is_refused() {
    let project = project()
        .config("seeds:\n  +post-hook: \"select * from {{ ref('a') }}\"\n")
        .model("a", "select 1 as id")
        .file("seeds/sizes.csv", "id\n1\n");
    assert_snapshot!(project.problems(), @"");
}

#[test]
fn values_of_a_wrong_type_point_to_where_they_stand() {
    let project = project()
        .config("models:\n  shop:\n    +enabled: maybe\n")
        .model("a", "{{ config(materialized=['table']) }} select 1 as id")
        .model("b", "select 1 as id")
        .yml("models:\n  - name: b\n    config:\n      access: open\n");
    assert_snapshot!(project.problems(), @r"
    error[invalid-config]: config `enabled` of dbt_project.yml takes true or false, not the text `maybe`
     --> dbt_project.yml:7:6
      |
    7 |     +enabled: maybe
      |      ^^^^^^^ set here

    error[invalid-config]: config `materialized` of model `a` takes a text, not a list
     --> models/a.sql:1:11
      |
    1 | {{ config(materialized=['table']) }} select 1 as id
      |           ^^^^^^^^^^^^ set here

    error[invalid-config]: config `access` of model `b` is `private` or `protected` or `public`, not `open`
     --> models/schema.yml:4:7
      |
    4 |       access: open
      |       ^^^^^^ set here
    ");
}

#[test]
fn a_setting_in_two_places_of_one_entry_is_refused() {
    let project = project()
        .model("a", "select 1 as id")
        .yml("models:\n  - name: a\n    meta: {x: 1}\n    config:\n      meta: {x: 2}\n");
    assert_snapshot!(project.problems(), @r"
    error[invalid-properties]: `meta` of `a` is written twice: here and under `config`
     --> models/schema.yml:3:11
      |
    3 |     meta: {x: 1}
      |           ^^^^^^ remove this one
    ");
}

#[test]
fn grants_of_a_file_can_add_to_those_of_the_project() {
    let parsed = project()
        .config("models:\n  +grants: {select: [a], insert: [b]}\n")
        .model("m", "{{ config(grants={'+select': ['c'], 'insert': ['d']}) }} select 1 as id")
        .parse();
    assert_snapshot!(parsed.config("model.shop.m", &["grants"]), @r#"grants={"select":["a","c"],"insert":["d"]}"#);
}

#[test]
fn a_snapshot_must_know_how_to_tell_changes() {
    let project = project().file(
        "snapshots/s.sql",
        "{% snapshot one %}{{ config(unique_key='id') }}select 1 as id{% endsnapshot %}\n{% snapshot two %}{{ config(unique_key='id', strategy='timestamp') }}select 1 as id{% endsnapshot %}\n{% snapshot three %}select 1",
    );
    assert_snapshot!(project.problems(), @r"
    error[unclosed-block]: `{% snapshot %}` is never closed
     --> snapshots/s.sql:3:1
      |
    3 | {% snapshot three %}select 1
      | ^^^^^^^^^^^^^^^^^^^^ opens here
      |
    help: add `{% endsnapshot %}`

    error[invalid-config]: snapshot `one` has no `strategy`
     --> snapshots/s.sql:1:22
      |
    1 | {% snapshot one %}{{ config(unique_key='id') }}select 1 as id{% endsnapshot %}
      |                      ^^^^^^ in this snapshot
      |
    help: set `strategy` to `timestamp` or `check`

    error[invalid-config]: snapshot `two` has no `updated_at`
     --> snapshots/s.sql:2:46
      |
    2 | {% snapshot two %}{{ config(unique_key='id', strategy='timestamp') }}select 1 as id{% endsnapshot %}
      |                                              ^^^^^^^^ in this snapshot
      |
    help: name the column that tells when a row changed
    ");
}

#[test]
fn the_root_project_configures_its_packages_last() {
    let dep = [("models/m.sql", "{{ config(materialized='view', alias='own') }} select 1 as id")];
    let parsed =
        project().config("models:\n  dep:\n    +materialized: table\n    +schema: deps\n").package("dep", &dep).parse();
    assert_snapshot!(parsed.drawn(), @"");
    assert_snapshot!(parsed.config("model.dep.m", &["materialized", "schema", "alias"]), @r#"materialized="table" schema="deps" alias="own""#);
    let node = parsed.manifest.node("model.dep.m").expect("it is there");
    assert_snapshot!(node.relation_name.clone().unwrap_or_default(), @r#""shop"."main_deps"."own""#);
}

#[test]
fn a_misspelt_config_of_the_file_itself_is_told_unless_a_macro_asks_for_it() {
    let project = project()
        .file("macros/m.sql", "{% macro name_of() %}{{ config.get('aliass') }}{% endmacro %}")
        .model("a", "{{ config(materialised='table', tag=['x'], owner='me', aliass='b') }} select 1 as id")
        .model("b", "{{ config({'unique_keys': 'id'}) }} select 1 as id");
    assert_snapshot!(project.problems(), @"
    warning[unknown-key]: unknown config `materialised` in `a`
     --> models/a.sql:1:11
      |
    1 | {{ config(materialised='table', tag=['x'], owner='me', aliass='b') }} select 1 as id
      |           ^^^^^^^^^^^^ no config has this name
      |
    help: did you mean `materialized`?

    warning[unknown-key]: unknown config `tag` in `a`
     --> models/a.sql:1:33
      |
    1 | {{ config(materialised='table', tag=['x'], owner='me', aliass='b') }} select 1 as id
      |                                 ^^^ no config has this name
      |
    help: did you mean `tags`?

    warning[unknown-key]: unknown config `unique_keys` in `b`
     --> models/b.sql:1:13
      |
    1 | {{ config({'unique_keys': 'id'}) }} select 1 as id
      |             ^^^^^^^^^^^ no config has this name
      |
    help: did you mean `unique_key`?
    ");
}
