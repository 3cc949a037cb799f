//! Tests declared in properties: their names, what they read, and how they can be written wrongly.

use insta::assert_snapshot;

use crate::support::project::{Parsed, project};

/// `id: code`, with the arguments.
fn tests(parsed: &Parsed) -> String {
    let lines = parsed.manifest.nodes.values().filter_map(|node| {
        let tamis::manifest::NodeKind::DataTest(test) = &node.kind else { return None };
        let kwargs = test.generic.as_ref().map(|generic| tamis::manifest::Json::Object(generic.kwargs.clone()));
        Some(format!("{} {}", node.unique_id, kwargs.map(|kwargs| kwargs.to_string()).unwrap_or_default()))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn tests_can_be_written_in_every_shape() {
    let parsed = project()
        .model("a", "select 1 as id")
        .model("b", "select 1 as id")
        .yml(
            r#"models:
  - name: a
    columns:
      - name: id
        tests:
          - unique
          - not_null: {where: "id > 0"}
          - relationships: {to: ref('b'), field: id}
          - accepted_values:
              arguments: {values: [1, 2]}
              config: {severity: warn}
    data_tests:
      - name: my_own_name
        test_name: unique
        column_name: "id + 1"
"#,
        )
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    assert_snapshot!(tests(&parsed), @r#"
    test.shop.accepted_values_a_id__1__2.39f922d4f8 {"column_name":"id","values":[1,2],"model":"{{ get_where_subquery(ref('a')) }}"}
    test.shop.my_own_name.e2e85d3192 {"column_name":"id + 1","model":"{{ get_where_subquery(ref('a')) }}"}
    test.shop.not_null_a_id.c1cebc1440 {"column_name":"id","model":"{{ get_where_subquery(ref('a')) }}"}
    test.shop.relationships_a_id__id__ref_b_.dcfe42f192 {"to":"ref('b')","field":"id","column_name":"id","model":"{{ get_where_subquery(ref('a')) }}"}
    test.shop.unique_a_id.f6a5f640da {"column_name":"id","model":"{{ get_where_subquery(ref('a')) }}"}
    "#);
}

#[test]
fn a_test_of_the_project_is_found_and_reads_what_its_arguments_name() {
    let parsed = project()
        .file(
            "tests/generic/same_count.sql",
            "{% test same_count(model, other) %}{{ config(severity='warn') }}select 1 from {{ model }} join {{ other }}{% endtest %}",
        )
        .model("a", "select 1 as id")
        .model("b", "select 1 as id")
        .yml("models:\n  - name: a\n    data_tests:\n      - same_count:\n          arguments: {other: ref('b')}\n")
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let test = parsed.manifest.nodes.values().find(|node| node.unique_id.starts_with("test.")).expect("one test");
    let parents: Vec<_> = test.depends_on.nodes.iter().map(|id| &**id).collect();
    let macros: Vec<_> = test.depends_on.macros.iter().map(|id| &**id).collect();
    assert_snapshot!(format!("{parents:?}\n{macros:?}\n{:?}", test.config.text("severity")), @r#"
    ["model.shop.b", "model.shop.a"]
    ["macro.shop.test_same_count", "macro.dbt.get_where_subquery"]
    Some("warn")
    "#);
}

#[test]
fn unknown_tests_and_arguments_suggest_the_nearest_name() {
    let project = project().model("a", "select 1 as id").yml(
        "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - uniqe\n          - dbt_utils.at_least_one\n          - accepted_values:\n              arguments: {valeus: [1]}\n          - relationships:\n              arguments: {to: ref('a')}\n",
    );
    assert_snapshot!(project.problems(), @r"
    warning[unknown-key]: unknown key `valeus` in models/schema.yml
     --> models/schema.yml:9:27
      |
    9 |               arguments: {valeus: [1]}
      |                           ^^^^^^ not a key of a test's arguments
      |
    help: did you mean `values`?

    warning[unknown-test]: there is no test `uniqe`
     --> models/schema.yml:6:13
      |
    6 |           - uniqe
      |             ^^^^^ no macro of this name is a test
      |
    help: did you mean `unique`?

    warning[unknown-test]: there is no test `dbt_utils.at_least_one`
     --> models/schema.yml:7:13
      |
    7 |           - dbt_utils.at_least_one
      |             ^^^^^^^^^^^^^^^^^^^^^^ no macro of this name is a test
      |
    help: write `{% test at_least_one(model, column_name) %}` in tests/generic/

    error[unknown-argument]: test `accepted_values` has no argument `valeus`
     --> models/schema.yml:9:27
      |
    9 |               arguments: {valeus: [1]}
      |                           ^^^^^^ not an argument of the test
      |
    help: did you mean `values`?

    warning[missing-argument]: test `relationships` needs the argument `field`
      --> models/schema.yml:10:13
       |
    10 |           - relationships:
       |             ^^^^^^^^^^^^^^ without it here
       |
    help: add `field:` under `arguments:` of the test
    ");
}

#[test]
fn a_test_with_its_arguments_beside_it_is_explained() {
    let project = project().model("a", "select 1 as id").yml(
        "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - accepted_values:\n            values: [1]\n          - unique: id\n          - 3\n",
    );
    assert_snapshot!(project.problems(), @r"
    error[invalid-test]: a test has one name, and this one has 2: `accepted_values`, `values`
     --> models/schema.yml:6:13
      |
    6 |           - accepted_values:
      |             ^^^^^^^^^^^^^^^^ more than one key
      |
    help: indent what belongs to `accepted_values` below it

    error[invalid-test]: the arguments of test `unique` have no names
     --> models/schema.yml:8:13
      |
    8 |           - unique: id
      |             ^^^^^^^^^^ write each as `name: value`

    error[invalid-test]: a test is a name, or a name with arguments below it
     --> models/schema.yml:9:13
      |
    9 |           - 3
      |             ^ this is neither
    ");
}

#[test]
fn the_same_test_twice_is_refused() {
    let project = project().model("a", "select 1 as id").yml(
        "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - unique\n          - unique\n",
    );
    assert_snapshot!(project.problems(), @r"
    error[duplicate-name]: the test `unique_a_id` is declared twice
     --> models/schema.yml:7:13
      |
    6 |           - unique
      |             ------ first here
    7 |           - unique
      |             ^^^^^^ again here
      |
    help: remove one, or give it another `name:`
    ");
}

#[test]
fn tests_and_data_tests_are_one_list() {
    let project = project().model("a", "select 1 as id").yml(
        "models:\n  - name: a\n    columns:\n      - name: id\n        tests: [unique]\n        data_tests: [not_null]\n",
    );
    assert_snapshot!(project.problems(), @r"
    error[invalid-properties]: `tests` and `data_tests` are two names of one list, and both are written here
     --> models/schema.yml:5:16
      |
    5 |         tests: [unique]
      |                ^^^^^^^^ move these under `data_tests`
    ");
}

#[test]
fn a_properties_entry_without_a_node_is_a_warning() {
    let project = project()
        .model("customers", "select 1 as id")
        .file("seeds/countries.csv", "id\n1\n")
        .yml("models:\n  - name: custmers\n    columns:\n      - name: id\n        data_tests: [unique]\n  - name: countries\n");
    assert_snapshot!(project.problems(), @r"
    warning[unmatched-patch]: model `custmers` is described, but does not exist
     --> models/schema.yml:2:11
      |
    2 |   - name: custmers
      |           ^^^^^^^^ no model has this name
      |
    help: did you mean `customers`?

    warning[wrong-section]: `countries` is a seed, and is described under `models`
     --> models/schema.yml:6:11
      |
    6 |   - name: countries
      |           ^^^^^^^^^ not taken into account
      |
    help: move it under `seeds`
    ");
}

#[test]
fn properties_of_a_wrong_shape_are_explained() {
    let project =
        project().model("a", "select 1 as id").file("models/one.yml", "models:\n  a: {description: x}\n").file(
            "models/two.yml",
            "models:\n  - a\n  - description: no name\n  - name: a\n    columns:\n      - description: x\n",
        );
    assert_snapshot!(project.problems(), @"
    error[wrong-type]: `models` must be a list
     --> models/one.yml:2:3
      |
    2 |   a: {description: x}
      |   ^^^^^^^^^^^^^^^^^^^ not a list
      |
    help: begin each entry with `- name:`

    error[wrong-type]: an entry of `models` must be a map with `name`
     --> models/two.yml:2:5
      |
    2 |   - a
      |     ^ this one
      |
    help: begin it with `- name:`

    error[missing-key]: an entry of `models` has no `name`
     --> models/two.yml:3:5
      |
    3 |   - description: no name
      |     ^^^^^^^^^^^^^^^^^^^^ this one
      |
    help: begin it with `- name:`
    ");
}

#[test]
fn values_of_the_built_in_tests_that_cannot_be_meant_are_told() {
    let project = project().model("a", "select 1 as id").model("b", "select 1 as id").yml(
        "models:
  - name: a
    columns:
      - name: id
        data_tests:
          - accepted_values: {arguments: {values: 1}}
          - accepted_values: {name: fine, arguments: {values: \"{{ var('x', [1]) }}\"}}
          - relationships: {arguments: {to: b, field: id}}
          - relationships: {name: fine_too, arguments: {to: other.b, field: id}}
",
    );
    assert_snapshot!(project.problems(), @"
    error[wrong-type]: `values` of test `accepted_values` must be a list
     --> models/schema.yml:6:43
      |
    6 |           - accepted_values: {arguments: {values: 1}}
      |                                           ^^^^^^ not a list
      |
    help: write `values: [1]`

    warning[unknown-value]: `to` of test `relationships` is `b`, which is no `ref` or `source`
     --> models/schema.yml:8:41
      |
    8 |           - relationships: {arguments: {to: b, field: id}}
      |                                         ^^ read as it stands
      |
    help: write `to: ref('b')`
    ");
}

#[test]
fn a_setting_that_is_false_counts_beside_the_name_but_not_beside_a_config() {
    let parsed = project()
        .model("a", "select 1 as id")
        .yml("models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - unique: {enabled: false}\n          - not_null: {enabled: false, config: {severity: warn}}\n")
        .parse();
    let enabled: Vec<_> = parsed.manifest.nodes.values().map(|node| node.name.as_str()).collect();
    assert_snapshot!(enabled.join(" "), @"a not_null_a_id");
    assert_eq!(parsed.manifest.disabled.len(), 1);
}

#[test]
fn texts_of_a_config_lose_the_line_end_at_their_end() {
    let parsed = project()
        .model("a", "select 1 as id")
        .yml("models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - not_null:\n              config:\n                where: >\n                  id > 0\n                  and id < 9\n")
        .parse();
    assert_snapshot!(parsed.config("test.shop.not_null_a_id.c1cebc1440", &["where"]), @r#"where="id > 0 and id < 9""#);
}

#[test]
fn texts_of_a_config_may_ask_for_flags() {
    let where_of = |full_refresh: bool| {
        let parsed = project()
            .flags(tamis::project::Flags { full_refresh, ..Default::default() })
            .model("a", "select 1 as id")
            .yml("models:\n  - name: a\n    columns:\n      - name: id\n        data_tests:\n          - not_null:\n              config:\n                where: \"{% if flags.FULL_REFRESH %}all{% else %}new{% endif %}\"\n")
            .parse();
        parsed.config("test.shop.not_null_a_id.c1cebc1440", &["where"])
    };
    assert_eq!((where_of(true), where_of(false)), ("where=\"all\"".to_string(), "where=\"new\"".to_string()));
}
