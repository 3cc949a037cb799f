//! What packages and the root project see of each other: macros, names, sources, tests.

use insta::assert_snapshot;

use crate::support::project::project;

/// The macros a macro or a test is said to depend on, without built-in ones.
fn macros(ids: &[tamis::manifest::UniqueId]) -> String {
    let own = ids.iter().map(|id| &**id).filter(|id| !id.starts_with("macro.dbt"));
    own.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_packages_nodes_are_named_by_its_own_macros_first() {
    let parsed = project()
        .file("macros/names.sql", "{% macro generate_alias_name(custom, node) %}root_{{ node.name }}{% endmacro %}")
        .package(
            "pack",
            &[
                ("macros/names.sql", "{% macro generate_alias_name(custom, node) %}pack_{{ node.name }}{% endmacro %}"),
                ("models/b.sql", "select 1 as id"),
            ],
        )
        .package("plain", &[("models/c.sql", "select 1 as id")])
        .model("a", "select 1 as id")
        .parse();
    let aliases: Vec<_> = parsed.manifest.nodes.values().map(|node| node.alias.as_str()).collect();
    assert_snapshot!(aliases.join(" "), @"pack_b root_c root_a");
}

#[test]
fn a_name_that_is_only_read_may_be_any_packages_macro() {
    let parsed = project()
        .package("pack", &[("macros/m.sql", "{% macro far() %}{% endmacro %}{% macro map() %}{% endmacro %}")])
        .file(
            "macros/m.sql",
            "{% macro near(x) %}{{ far() }} {{ x | map('upper') }} {{ shop.near(1) }} {{ near(2) }}{% endmacro %}",
        )
        .parse();
    let near = parsed.manifest.macros.values().find(|found| found.name == "near").expect("it is there");
    // A filter is no call; a macro that calls itself depends on itself where it says of which package.
    assert_snapshot!(macros(&near.depends_on), @"macro.pack.far macro.shop.near");
}

#[test]
fn a_dispatch_without_a_namespace_is_read_as_the_root_projects() {
    let text = "{% macro go() %}{{ adapter.dispatch('go')() }}{% endmacro %}{% macro default__go() %}{% endmacro %}";
    let parsed = project().package("pack", &[("macros/m.sql", text)]).file("macros/m.sql", text).parse();
    let of = |id: &str| macros(&parsed.manifest.macros.get(id).expect("it is there").depends_on);
    assert_snapshot!(of("macro.pack.go"), @"macro.shop.default__go");
}

#[test]
fn the_name_of_a_test_is_no_call() {
    let parsed = project()
        .package("pack", &[("macros/m.sql", "{% macro tidy() %}{% endmacro %}")])
        .file("tests/generic/t.sql", "{% test tidy(model) %}select 1{% endtest %}")
        .parse();
    let test = parsed.manifest.macros.values().find(|found| found.name == "test_tidy").expect("it is there");
    assert_snapshot!(macros(&test.depends_on), @"");
}

#[test]
fn of_macros_round_what_tests_read_the_innermost_counts() {
    let parsed = project()
        .package("pack", &[("macros/m.sql", "{% macro get_where_subquery(relation) %}{{ relation }}{% endmacro %}")])
        .file(
            "macros/m.sql",
            "{% macro get_where_subquery(relation) %}{{ pack.get_where_subquery(relation) }}{% endmacro %}",
        )
        .file("tests/generic/t.sql", "{% test fine(model) %}select 1{% endtest %}")
        .model("a", "select 1 as id")
        .yml("models:\n  - name: a\n    data_tests: [fine]\n")
        .parse();
    let test = parsed.manifest.nodes.values().find(|node| node.name == "fine_a_").expect("it is there");
    assert_snapshot!(macros(&test.depends_on.macros), @"macro.shop.test_fine macro.pack.get_where_subquery");
}

#[test]
fn a_source_of_two_packages_is_the_root_projects_everywhere() {
    let yml = "sources:\n  - name: raw\n    tables: [{name: t}]\n";
    let of_pack = |config: &str| {
        let parsed = project()
            .config(config)
            .package("pack", &[("models/s.yml", yml), ("models/b.sql", "select * from {{ source('raw', 't') }}")])
            .yml(yml)
            .parse();
        let source = parsed.manifest.find_source("raw", "t", "pack").expect("it is there");
        let node = parsed.manifest.node("model.pack.b").expect("it is there");
        format!("{} {}", source.unique_id, &*node.depends_on.nodes[0])
    };
    assert_snapshot!(of_pack(""), @"source.shop.raw.t source.shop.raw.t");
    assert_snapshot!(
        of_pack("flags: {require_ref_searches_node_package_before_root: true}\n"),
        @"source.pack.raw.t source.pack.raw.t"
    );
}

#[test]
fn descriptions_of_what_is_switched_off_are_not_read() {
    let project = project()
        .model("a", "{{ config(enabled=false) }} select 1 as id")
        .yml("models:\n  - name: a\n    description: \"{{ doc('gone') }}\"\nsources:\n  - name: raw\n    config: {enabled: false}\n    tables:\n      - name: t\n        description: \"{{ doc('gone') }}\"\nexposures:\n  - name: e\n    type: dashboard\n    owner: {name: me}\n    config: {enabled: false}\n    description: \"{{ doc('gone') }}\"\n");
    assert_snapshot!(project.problems(), @"");
}

#[test]
fn a_test_of_a_name_that_only_another_package_has_is_a_node_that_fails_later() {
    let parsed = project()
        .package("pack", &[("macros/t.sql", "{% test tidy(model) %}select 1{% endtest %}")])
        .model("a", "select 1 as id")
        .yml("models:\n  - name: a\n    data_tests: [gone.tidy, gone]\n")
        .parse();
    let tests = parsed.manifest.nodes.values().filter(|node| node.unique_id.starts_with("test."));
    let lines: Vec<_> = tests.map(|test| format!("{}: {}", test.name, macros(&test.depends_on.macros))).collect();
    assert_snapshot!(lines.join("\n"), @"
    gone_a_: None
    gone_tidy_a_: macro.pack.test_tidy
    ");
    assert!(parsed.problems.iter().all(|problem| problem.code == "unknown-test"), "{:#?}", parsed.problems);
}
