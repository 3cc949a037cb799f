//! Named selectors of selectors.yml.

use insta::assert_snapshot;
use tamis::graph::{Command, Criteria, Selectors};
use tamis::project::yaml::YamlFile;

use crate::built::told;
use crate::select::{Asked, shop};
fn read(text: &str) -> (Selectors, String) {
    let file = tamis::source::SourceFile::in_memory("selectors.yml", text);
    let yaml = YamlFile::parse(&file).expect("the yml is well formed");
    let render = |text: &str| match text {
        "{{ target.name }}ly" => Ok("nightly".into()),
        other => Err(format!("`{other}` cannot be rendered")),
    };
    let (selectors, problems) = Selectors::read(&yaml, &render);
    (selectors, problems.iter().map(told).collect::<Vec<_>>().join("\n"))
}

fn selected(text: &str, name: Option<&str>) -> String {
    let built = shop();
    let (selectors, problems) = read(text);
    assert_eq!(problems, "");
    let criteria = Criteria { selector: name, ..Criteria::everything(Command::List, &selectors) };
    Asked { manifest: &built.manifest, criteria }.answer()
}

const NIGHTLY: &str = "
selectors:
  - name: nightly
    description: what runs at night
    definition:
      union:
        - method: tag
          value: nightly
          children: true
          children_depth: 1
        - 'config.materialized:ephemeral'
        - exclude:
            - method: fqn
              value: orders
              indirect_selection: empty
            - {resource_type: exposure}
  - name: tests
    default: true
    definition:
      intersection:
        - {method: selector, value: night*}
        - {test_type: data}
";

#[test]
fn a_named_selector_joins_narrows_and_excludes() {
    assert_snapshot!(selected(NIGHTLY, Some("nightly")), @"model.people model.revenue model.stg_orders snapshot.orders_history test.not_null_stg_orders test.relationships_orders test.revenue_is_positive test.unique_orders unit_test.revenue.sums");
}

#[test]
fn the_default_selector_is_used_when_nothing_is_asked() {
    assert_snapshot!(selected(NIGHTLY, None), @"test.not_null_stg_orders test.relationships_orders test.revenue_is_positive test.unique_orders");
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest() {
    assert_snapshot!(selected(NIGHTLY, Some("nigthly")), @r"
    error[unknown-selector]: no selector is named `nigthly` in selectors.yml
    help: did you mean `nightly`?
    ");
}

#[test]
fn the_manifest_shows_texts_spelled_out() {
    let (selectors, _) = read(NIGHTLY);
    assert_snapshot!(serde_json::to_string(&selectors.to_json()["nightly"]["definition"]).expect("json"), @r#"{"union":[{"method":"tag","value":"nightly","children":true,"children_depth":1},{"method":"config.materialized","value":"ephemeral"},{"exclude":[{"method":"fqn","value":"orders","indirect_selection":"empty"},{"method":"resource_type","value":"exposure"}]}]}"#);
}

#[test]
fn jinja_in_a_value_is_rendered() {
    let text = "
selectors:
  - {name: a, definition: {method: tag, value: '{{ target.name }}ly', indirect_selection: empty}}
";
    assert_snapshot!(selected(text, Some("a")), @"model.orders model.stg_orders");
    let wrong = "selectors: [{name: a, definition: {tag: '{{ nothing }}'}}]";
    assert_snapshot!(read(wrong).1, @r#"
    error[invalid-selector]: `{{ nothing }}` cannot be rendered
     --> selectors.yml:1:41 "'{{ nothing }}'"
    "#);
}

#[test]
fn selectors_that_lead_back_to_themselves_are_refused() {
    let text = "
selectors:
  - {name: a, definition: 'selector:b'}
  - {name: b, definition: {method: selector, value: a}}
";
    assert_snapshot!(selected(text, Some("a")), @r#"
    error[cycle]: selectors are defined by each other: `b` → `a` → `b`
     --> selectors.yml:3:27 "'selector:b'" leads back to `b`
    help: take one of these references out
    "#);
}

#[test]
fn what_is_wrong_in_the_file_is_told_at_its_place() {
    let text = "
selectors:
  - {name: a, definition: {method: tagg, value: x}}
  - {name: b, definition: {method: tag, value: x, childern: true}}
  - {name: c, definition: {union: [x], intersection: [y]}}
  - {name: d, definition: {union: x}}
  - {name: e, defintion: x}
  - {name: f, definition: {method: tag}}
  - {name: g, definition: {method: tag, value: x, indirect_selection: egaer}}
  - {name: h, definition: {union: [{exclude: [x]}, {exclude: [y]}]}}
  - {definition: x}
";
    assert_snapshot!(read(text).1, @r#"
    error[unknown-selector-method]: `tagg` is not a selector method
     --> selectors.yml:3:36 "tagg"
    help: did you mean `tag`?
    warning[unknown-key]: `childern` is not a key of selectors.yml here
     --> selectors.yml:4:51 "childern"
    help: did you mean `children`?
    error[invalid-selector]: `union` or `intersection` must stand alone at the top of a definition
     --> selectors.yml:5:27 "{union: [x], intersection: [y]}"
    error[invalid-selector]: `union` and `intersection` take a list
     --> selectors.yml:6:35 "x"
    warning[unknown-key]: `defintion` is not a key of selectors.yml here
     --> selectors.yml:7:15 "defintion"
    help: did you mean `definition`?
    error[invalid-selector]: selector `e` needs a `definition`
     --> selectors.yml:7:5 "{name: e, defintion: x}"
    error[invalid-selector]: a condition has one key, or a `method` and a `value`
     --> selectors.yml:8:27 "{method: tag}"
    error[invalid-selector]: `egaer` is not a mode of indirect selection
     --> selectors.yml:9:71 "egaer"
    help: use one of eager, cautious, buildable, empty
    error[invalid-selector]: only one `exclude` can stand in a list
     --> selectors.yml:10:52 "{exclude: [y]}"
    error[invalid-selector]: a selector needs a `name`
     --> selectors.yml:11:5 "{definition: x}"
    "#);
}
