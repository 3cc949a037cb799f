//! `ref` and `source`: what they lead to, and what is said when they lead nowhere.

use insta::assert_snapshot;

use crate::support::project::project;

/// `id: what it reads`, one a line.
fn reads(parsed: &crate::support::project::Parsed) -> String {
    let lines = parsed.manifest.nodes.values().filter(|node| !node.depends_on.nodes.is_empty()).map(|node| {
        let parents: Vec<_> = node.depends_on.nodes.iter().map(|id| &**id).collect();
        format!("{}: {}", node.unique_id, parents.join(", "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_ref_leads_to_models_seeds_and_snapshots() {
    let parsed = project()
        .model("a", "select * from {{ ref('countries') }}")
        .model("b", "select * from {{ ref('a') }} join {{ ref('shop', 'history') }} using (id)")
        .file("seeds/countries.csv", "id\n1\n")
        .file(
            "snapshots/history.sql",
            "{% snapshot history %}{{ config(strategy='check', unique_key='id', check_cols='all') }}select * from {{ ref('a') }}{% endsnapshot %}",
        )
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    assert_snapshot!(reads(&parsed), @r"
    model.shop.a: seed.shop.countries
    model.shop.b: model.shop.a, snapshot.shop.history
    snapshot.shop.history: model.shop.a
    ");
}

#[test]
fn a_ref_to_a_missing_model_suggests_the_nearest_name() {
    let project = project().model("stg_crimes", "select 1 as id").model("core", "select * from {{ ref('stg_crime') }}");
    assert_snapshot!(project.problems(), @r"
    error[unresolved-ref]: model `core` refers to `stg_crime`, which does not exist
     --> models/core.sql:1:18
      |
    1 | select * from {{ ref('stg_crime') }}
      |                  ^^^^^^^^^^^^^^^^ no model, seed or snapshot has this name
      |
    help: did you mean `stg_crimes`?
    ");
}

#[test]
fn every_wrong_reference_is_told_at_once() {
    let project = project()
        .model("a", "select * from {{ ref('nothing') }} join {{ source('raw', 'crime') }} join {{ ref('pkg', 'x') }}")
        .model("b", "select * from {{ source('row', 'crimes') }}")
        .yml("sources:\n  - name: raw\n    tables:\n      - name: crimes\n");
    assert_snapshot!(project.problems(), @r"
    error[unresolved-source]: model `a` reads the source `raw.crime`, which does not exist
     --> models/a.sql:1:44
      |
    1 | select * from {{ ref('nothing') }} join {{ source('raw', 'crime') }} join {{ ref('pkg', 'x') }}
      |                                            ^^^^^^^^^^^^^^^^^^^^^^ source `raw` has no such table
      |
    help: did you mean `source('raw', 'crimes')`?

    error[unresolved-ref]: model `a` refers to `nothing`, which does not exist
     --> models/a.sql:1:18
      |
    1 | select * from {{ ref('nothing') }} join {{ source('raw', 'crime') }} join {{ ref('pkg', 'x') }}
      |                  ^^^^^^^^^^^^^^ no model, seed or snapshot has this name

    error[unresolved-ref]: model `a` refers to `x` of package `pkg`, which is not installed
     --> models/a.sql:1:78
      |
    1 | select * from {{ ref('nothing') }} join {{ source('raw', 'crime') }} join {{ ref('pkg', 'x') }}
      |                                                                              ^^^^^^^^^^^^^^^ no package has this name

    error[unresolved-source]: model `b` reads the source `row.crimes`, which does not exist
     --> models/b.sql:1:18
      |
    1 | select * from {{ source('row', 'crimes') }}
      |                  ^^^^^^^^^^^^^^^^^^^^^^^ no source has this name
      |
    help: did you mean `source('raw', 'crimes')`?
    ");
}

#[test]
fn a_ref_in_a_macro_points_to_the_model() {
    let project = project()
        .file("macros/m.sql", "{% macro from_it(name) %}select * from {{ ref(name) }}{% endmacro %}")
        .model("a", "select 1 as id")
        .model("b", "{{ from_it('aa') }}");
    assert_snapshot!(project.problems(), @r"
    error[unresolved-ref]: model `b` refers to `aa`, which does not exist
     --> models/b.sql:1:12
      |
    1 | {{ from_it('aa') }}
      |            ^^^^ no model, seed or snapshot has this name
      |
    help: did you mean `a`?
    ");
}

#[test]
fn a_disabled_model_cannot_be_read() {
    let project =
        project().model("a", "{{ config(enabled=false) }} select 1 as id").model("b", "select * from {{ ref('a') }}");
    assert_snapshot!(project.problems(), @r"
    error[disabled-ref]: model `b` refers to `a`, which is disabled
     --> models/b.sql:1:18
      |
    1 | select * from {{ ref('a') }}
      |                  ^^^^^^^^ this is switched off
      |
    help: set `enabled: true` on `a`, or disable `b` too
    ");
}

#[test]
fn a_test_of_a_disabled_model_is_disabled_in_silence() {
    let parsed = project()
        .model("a", "{{ config(enabled=false) }} select 1 as id")
        .yml("models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [unique]\n")
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let enabled: Vec<_> =
        parsed.manifest.nodes.values().map(|node| (node.name.clone(), node.config.is_enabled())).collect();
    assert_eq!(enabled, [("unique_a_id".to_string(), false)]);
}

#[test]
fn a_private_model_is_for_its_group() {
    let yml = "groups:\n  - name: finance\n    owner: {email: f@example.com}\nmodels:\n  - name: secret\n    config: {group: finance, access: private}\n  - name: friend\n    config: {group: finance}\n";
    let project = project()
        .model("secret", "select 1 as id")
        .model("friend", "select * from {{ ref('secret') }}")
        .model("stranger", "select * from {{ ref('secret') }}")
        .yml(yml);
    assert_snapshot!(project.problems(), @r"
    error[private-ref]: model `stranger` refers to `secret`, which is private to the group `finance`
     --> models/stranger.sql:1:18
      |
    1 | select * from {{ ref('secret') }}
      |                  ^^^^^^^^^^^^^ not for this group
      |
    help: give `stranger` the `group: finance`, or make `secret` `access: protected`
    ");
}

#[test]
fn an_unknown_group_is_told() {
    let project = project()
        .model("a", "{{ config(group='finanze') }} select 1 as id")
        .yml("groups:\n  - name: finance\n    owner: {name: F}\n");
    assert_snapshot!(project.problems(), @r"
    error[unknown-group]: model `a` is in the group `finanze`, which does not exist
     --> models/a.sql:1:18
      |
    1 | {{ config(group='finanze') }} select 1 as id
      |                  ^^^^^^^ no group has this name
      |
    help: did you mean `finance`?
    ");
}

#[test]
fn the_own_package_is_searched_after_the_root_project() {
    let dep = [("models/a.sql", "select 2 as id"), ("models/b.sql", "select * from {{ ref('a') }}")];
    let parsed = project().package("dep", &dep).model("c", "select * from {{ ref('a') }}").parse();
    assert_snapshot!(parsed.drawn(), @"");
    assert_snapshot!(reads(&parsed), @r"
    model.dep.b: model.dep.a
    model.shop.c: model.dep.a
    ");
}

#[test]
fn a_name_in_two_packages_must_be_told_apart() {
    let one = [("models/a.sql", "{{ config(schema='one') }} select 1 as id")];
    let two = [("models/a.sql", "{{ config(schema='two') }} select 2 as id")];
    let project = project().package("one", &one).package("two", &two).model("c", "select * from {{ ref('a') }}");
    assert_snapshot!(project.problems(), @r"
    error[ambiguous-ref]: model `c` refers to `a`, which is in several packages
     --> models/c.sql:1:18
      |
    1 | select * from {{ ref('a') }}
      |                  ^^^^^^^^ in `one`, `two`
      |
    help: name the package: `ref('one', 'a')`
    ");
}

#[test]
fn exposures_depend_on_what_they_list() {
    let yml = "exposures:\n  - name: report\n    type: dashboard\n    owner: {name: Ana}\n    depends_on: [ref('a'), ref('b')]\n  - name: wrong\n    type: dashbord\n    depends_on: [a]\n";
    let project = project().model("a", "select 1 as id").yml(yml);
    assert_snapshot!(project.problems(), @r"
    error[unresolved-ref]: exposure `report` refers to `b`, which does not exist
     --> models/schema.yml:5:28
      |
    5 |     depends_on: [ref('a'), ref('b')]
      |                            ^^^^^^^^ no model, seed or snapshot has this name
      |
    help: did you mean `a`?

    error[invalid-properties]: `type` of exposure `wrong` is `dashbord`
     --> models/schema.yml:7:11
      |
    7 |     type: dashbord
      |           ^^^^^^^^ one of `dashboard`, `notebook`, `analysis`, `ml`, `application`
      |
    help: did you mean `dashboard`?

    error[invalid-properties]: exposure `wrong` depends on `a`, which is no reference
     --> models/schema.yml:8:18
      |
    8 |     depends_on: [a]
      |                  ^ names nothing
      |
    help: write `ref('a')`

    error[invalid-properties]: the owner of exposure `wrong` has neither name nor email
     --> models/schema.yml:6:5
      |
    6 |   - name: wrong
      |     ^^^^^^^^^^^ who owns it?
      |
    help: write `owner: {email: someone@example.com}`
    ");
}

#[test]
fn a_macro_can_tell_a_relation_from_a_text_while_parsing() {
    let check = "{% macro check(it) %}{% if not (it is mapping and it.get('metadata', {}).get('type', '').endswith('Relation')) %}{{ exceptions.raise_compiler_error('not a relation: ' ~ it) }}{% endif %}{% endmacro %}";
    let parsed = project()
        .file("macros/check.sql", check)
        .model("a", "select 1 as id")
        .model("b", "{{ check(ref('a')) }} select 1")
        .model("c", "{{ check('a') }} select 1")
        .parse();
    assert_snapshot!(reads(&parsed), @"model.shop.b: model.shop.a");
    let told: Vec<_> = parsed.problems.iter().map(|problem| problem.message.as_str()).collect();
    assert_eq!(told, ["not a relation: a"]);
}

/// dbt takes a model's sources as a set where it need not render it.
#[test]
fn a_source_read_twice_is_noted_twice_where_dbt_renders() {
    let sql = "select * from {{ source('raw', 'a') }} join {{ source('raw', 'a') }}";
    let sources = |parsed: &crate::support::project::Parsed, id: &str| parsed.manifest.nodes[id].sources.len();
    let shop = || {
        let yml = "sources:\n  - name: raw\n    tables: [{name: a}]\n";
        project().model("m", sql).file("tests/t.sql", sql).yml(yml)
    };
    let parsed = shop().parse();
    assert_eq!((sources(&parsed, "model.shop.m"), sources(&parsed, "test.shop.t")), (1, 2));
    let own_ref = "{% macro ref(name) %}{{ return(builtins.ref(name)) }}{% endmacro %}";
    let parsed = shop().file("macros/ref.sql", own_ref).parse();
    assert_eq!(sources(&parsed, "model.shop.m"), 2);
}
