//! Raw tables: their names, freshness, tests, and those of a package that the project changes.

use insta::assert_snapshot;

use crate::support::project::project;

#[test]
fn a_source_has_its_schemas_name_unless_told_otherwise() {
    let parsed = project()
        .yml(
            "sources:\n  - name: raw\n    tables:\n      - name: a\n      - {name: b, identifier: bb}\n  - name: other\n    schema: \"{{ target.schema }}_x\"\n    database: db\n    quoting: {identifier: false}\n    tables: [{name: c}]\n",
        )
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let names = parsed.manifest.sources.values().map(|table| format!("{} {}", table.unique_id, table.relation_name));
    assert_snapshot!(names.collect::<Vec<_>>().join("\n"), @r#"
    source.shop.other.c "db"."main_x".c
    source.shop.raw.a "shop"."raw"."a"
    source.shop.raw.b "shop"."raw"."bb"
    "#);
}

#[test]
fn freshness_comes_from_the_source_the_table_and_their_configs() {
    let parsed = project()
        .yml(
            "sources:\n  - name: raw\n    loaded_at_field: at\n    config:\n      freshness:\n        warn_after: {count: 1, period: day}\n    tables:\n      - name: a\n      - name: b\n        config:\n          freshness: null\n      - name: c\n        config:\n          loaded_at_field: other\n          freshness:\n            error_after: {count: 2, period: hour}\n",
        )
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let lines = parsed.manifest.sources.values().map(|table| {
        format!("{}: {:?} {:?}", table.name, table.loaded_at_field.as_deref().unwrap_or("-"), table.freshness)
    });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    a: "at" Some(Freshness { warn_after: Some(FreshnessThreshold { count: 1, period: "day" }), error_after: None, filter: None })
    b: "at" None
    c: "other" Some(Freshness { warn_after: Some(FreshnessThreshold { count: 1, period: "day" }), error_after: Some(FreshnessThreshold { count: 2, period: "hour" }), filter: None })
    "#);
}

#[test]
fn half_a_threshold_is_told() {
    let project = project().yml(
        "sources:\n  - name: raw\n    tables:\n      - name: a\n        freshness:\n          warn_after: {count: 1}\n      - description: no name\n",
    );
    assert_snapshot!(project.problems(), @r"
    error[invalid-properties]: `freshness` of source `raw.a` has only half of `warn_after`: a `count` and a `period` are needed
     --> models/schema.yml:6:11
      |
    6 |           warn_after: {count: 1}
      |           ^^^^^^^^^^^^^^^^^^^^^^ set here
      |
    help: write `warn_after: {count: 1, period: day}`

    error[invalid-properties]: a table of source `raw` has no name
     --> models/schema.yml:7:9
      |
    7 |       - description: no name
      |         ^^^^^^^^^^^^^^^^^^^^ a `name` is missing
      |
    help: write `- name: the_table`
    ");
}

#[test]
fn the_root_project_overrides_sources_of_a_package() {
    let dep = [(
        "models/s.yml",
        "sources:\n  - name: raw\n    schema: old\n    tables:\n      - name: a\n        description: old\n",
    )];
    let yml = "sources:\n  - name: raw\n    overrides: dep\n    schema: new\n    tables:\n      - name: a\n        description: new\n  - name: row\n    overrides: dep\n";
    let parsed = project().package("dep", &dep).yml(yml).parse();
    let table = parsed.manifest.sources.values().next().expect("one source");
    assert_snapshot!(format!("{} {}", table.relation_name, table.description), @r#""shop"."new"."a" new"#);
    assert_snapshot!(parsed.drawn(), @r"
    warning[unmatched-patch]: package `dep` has no source `row` to override
     --> models/schema.yml:8:11
      |
    8 |   - name: row
      |           ^^^ overrides nothing
      |
    help: did you mean `raw`?
    ");
}

#[test]
fn a_source_declared_twice_is_refused() {
    let project = project()
        .file("models/one.yml", "sources:\n  - name: raw\n    tables: [{name: a}]\n")
        .file("models/two.yml", "sources:\n  - name: raw\n    tables: [{name: a}]\n");
    assert_snapshot!(project.problems(), @r"
    error[duplicate-name]: there are two sources `raw.a`
     --> models/two.yml:3:21
      |
    3 |     tables: [{name: a}]
      |                     ^ again here
      |
     ::: models/one.yml:3:21
      |
    3 |     tables: [{name: a}]
      |                     ^ first here
      |
    help: remove one of them
    ");
}
