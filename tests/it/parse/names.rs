//! Names: of relations, of resources that share one, of docs blocks and macro arguments.

use insta::assert_snapshot;

use crate::support::project::project;

#[test]
fn the_projects_own_naming_macros_decide() {
    let parsed = project()
        .file(
            "macros/names.sql",
            "{% macro generate_schema_name(custom_schema_name, node) %}{{ (custom_schema_name or 'base') | trim }}_{{ node.resource_type }}{% endmacro %}\n{% macro generate_alias_name(custom_alias_name=none, node=none) %}{{ node.package_name }}_{{ node.name }}{% endmacro %}",
        )
        .model("a", "{{ config(schema='mart') }} select 1 as id")
        .file("seeds/s.csv", "id\n1\n")
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let names = parsed.manifest.nodes.values().filter_map(|node| node.relation_name.clone());
    assert_snapshot!(names.collect::<Vec<_>>().join("\n"), @r#"
    "shop"."mart_model"."shop_a"
    "shop"."base_seed"."shop_s"
    "#);
}

#[test]
fn two_nodes_of_one_name_are_shown_both() {
    let project = project().file("models/x/a.sql", "select 1 as id").file("models/y/a.sql", "select 2 as id");
    assert_snapshot!(project.problems(), @r"
    error[duplicate-name]: there are two models called `a`
     --> models/y/a.sql:1:1
      |
    1 | select 2 as id
      | ^ again here
      |
     ::: models/x/a.sql:1:1
      |
    1 | select 1 as id
      | ^ first here
      |
    help: rename one of the files, or disable one of the two
    ");
}

#[test]
fn a_model_and_a_seed_of_one_name_are_shown_both() {
    let project = project().model("a", "select 1 as id").file("seeds/a.csv", "id\n1\n");
    assert_snapshot!(project.problems(), @r#"
    warning[duplicate-name]: a model and a seed are both called `a`
     --> seeds/a.csv
      = note: this one
      |
     ::: models/a.sql:1:1
      |
    1 | select 1 as id
      | ^ and this one
      |
    help: rename one of them: a `ref` cannot tell them apart

    error[equal-relations]: model `a` and seed `a` are both written to "shop"."main"."a"
     --> seeds/a.csv
      = note: this one
      |
     ::: models/a.sql:1:1
      |
    1 | select 1 as id
      | ^ and this one
      |
    help: give one of them another `alias` or `schema`
    "#);
}

#[test]
fn two_models_in_one_relation_are_refused() {
    let project = project()
        .model("a", "{{ config(alias='same') }} select 1 as id")
        .model("b", "{{ config(alias='same') }} select 1 as id");
    assert_snapshot!(project.problems(), @r#"
    error[equal-relations]: model `a` and model `b` are both written to "shop"."main"."same"
     --> models/b.sql:1:11
      |
    1 | {{ config(alias='same') }} select 1 as id
      |           ^^^^^ this one
      |
     ::: models/a.sql:1:11
      |
    1 | {{ config(alias='same') }} select 1 as id
      |           ^^^^^ and this one
      |
    help: give one of them another `alias` or `schema`
    "#);
}

#[test]
fn descriptions_quote_docs_blocks() {
    let parsed = project()
        .file("models/docs.md", "{% docs id %}\nThe **id**.\n{% enddocs %}")
        .model("a", "select 1 as id")
        .yml("models:\n  - name: a\n    description: \"Has an id: {{ doc('id') }}\"\n    columns:\n      - name: id\n        description: '{{ doc(\"shop\", \"id\") }}'\n")
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let node = parsed.manifest.node("model.shop.a").expect("it is there");
    assert_snapshot!(format!("{}\n{}\n{:?}", node.description, node.columns["id"].description, node.doc_blocks), @r#"
    Has an id: The **id**.
    The **id**.
    ["doc.shop.id"]
    "#);
}

#[test]
fn an_unknown_docs_block_suggests_the_nearest() {
    let project = project()
        .file("models/docs.md", "{% docs ident %}x{% enddocs %}\n{% docs other %}never closed")
        .model("a", "select 1 as id")
        .yml("models:\n  - name: a\n    description: \"{{ doc('idnt') }}\"\n");
    assert_snapshot!(project.problems(), @r"
    error[unclosed-block]: `{% docs %}` is never closed
     --> models/docs.md:2:1
      |
    2 | {% docs other %}never closed
      | ^^^^^^^^^^^^^^^^ opens here
      |
    help: add `{% enddocs %}`

    error[unresolved-doc]: there is no docs block `idnt`
     --> models/schema.yml:2:11
      |
    2 |   - name: a
      |           ^ described with it here
      |
    help: did you mean `ident`?
    ");
}

#[test]
fn an_argument_that_a_macro_never_uses_is_a_warning() {
    let project = project()
        .file("macros/m.sql", "{% macro cents(column, scale=2) %}{{ column }} / 100{% endmacro %}\n{% macro default__x(a) %}1{% endmacro %}\n{% macro any(a) %}{{ kwargs }}{% endmacro %}")
        .file("macros/m.yml", "macros:\n  - name: cents\n    arguments:\n      - name: colum\n  - name: dollars\n");
    assert_snapshot!(project.problems(), @r"
    warning[unmatched-argument]: macro `cents` has no argument `colum`
     --> macros/m.yml:4:15
      |
    4 |       - name: colum
      |               ^^^^^ described here
      |
    help: did you mean `column`?

    warning[unmatched-patch]: macro `dollars` is described, but does not exist
     --> macros/m.yml:5:11
      |
    5 |   - name: dollars
      |           ^^^^^^^ no macro has this name

    warning[unused-argument]: macro `cents` never uses its argument `scale`
     --> macros/m.sql:1:24
      |
    1 | {% macro cents(column, scale=2) %}{{ column }} / 100{% endmacro %}
      |                        ^^^^^ not used in the body
      |
    help: remove `scale`, or use it
    ");
}

#[test]
fn folders_are_shown_as_the_project_writes_them() {
    let parsed = project()
        .config("name: shop\nprofile: shop\nmodel-paths: ['./models/']\n")
        .model("sub/a", "select 1 as id")
        .file(
            "models/sub/a.yml",
            "models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [unique]\n",
        )
        .parse();
    let lines = parsed
        .manifest
        .nodes
        .values()
        .map(|node| format!("{} {} {}", node.fqn.join("."), node.path, node.original_file_path));
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r"
    shop.sub.a sub/a.sql ./models/sub/a.sql
    shop.sub.unique_a_id unique_a_id.sql ./models/sub/a.yml
    ");
}
