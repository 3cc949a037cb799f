//! YAML that is none, or that says what nobody asked for.

use insta::assert_snapshot;

use super::{project, said};

#[test]
fn a_tab() {
    let here = project(&[("models/schema.yml", &"models:\n\t- name: orders\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: a tab is used for indentation
     --> models/schema.yml:2:1
      |
    2 |     - name: orders
      | ^^^^ YAML allows only spaces here
      |
    help: replace the tab with spaces
    ");
}

#[test]
fn a_key_given_twice() {
    let here = project(&[(
        "models/schema.yml",
        &"models:
  - name: orders
    description: a
    description: b
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    warning[duplicate-key]: key `description` is given twice; the last one counts
     --> models/schema.yml:4:5
      |
    3 |     description: a
      |     ----------- this value is not used
    4 |     description: b
      |     ^^^^^^^^^^^ given again here
      |
    help: remove one of the two

    read 1 model
    ");
}

#[test]
fn an_alias_without_an_anchor() {
    let here = project(&[(
        "models/schema.yml",
        &"models:
  - name: orders
    meta: *nothing
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: there is no anchor `&nothing` before this place
     --> models/schema.yml:3:11
      |
    3 |     meta: *nothing
      |           ^^^^^^^^ `*` refers to an anchor
      |
    help: define it above with `&nothing`, or put quotes round a text that starts with `*`
    ");
}

#[test]
fn aliases_that_multiply() {
    let here = project(&[(
        "models/schema.yml",
        &"a: &a [x,x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]
d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]
e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]
f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]
g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]
h: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]
i: &i [*h,*h,*h,*h,*h,*h,*h,*h,*h]
models: []
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: aliases repeat more than 1000000 values
     --> models/schema.yml:7:8
      |
    7 | g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]
      |        ^^ this alias is one too many
    ");
}

#[test]
fn an_anchor_that_contains_itself() {
    let here = project(&[(
        "models/schema.yml",
        &"models: &a
  - name: orders
    meta: {x: *a}
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: an alias stands inside its own anchor
     --> models/schema.yml:3:15
      |
    3 |     meta: {x: *a}
      |               ^^ would never end
      |
    help: name another anchor, or write the value out
    ");
}

#[test]
fn a_date_where_a_text_is_meant() {
    let here = project(&[(
        "models/schema.yml",
        &"models:
  - name: 2024-01-01
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    warning[unmatched-patch]: model `2024-01-01` is described, but does not exist
     --> models/schema.yml:2:11
      |
    2 |   - name: 2024-01-01
      |           ^^^^^^^^^^ no model has this name

    read 1 model
    ");
}

#[test]
fn a_name_that_is_a_number() {
    let here = project(&[(
        "models/schema.yml",
        &"models:
  - name: 12
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    warning[unmatched-patch]: model `12` is described, but does not exist
     --> models/schema.yml:2:11
      |
    2 |   - name: 12
      |           ^^ no model has this name

    read 1 model
    ");
}

#[test]
fn two_documents() {
    let here = project(&[(
        "models/schema.yml",
        &"models: []
---
models: []
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: a second YAML document starts here
     --> models/schema.yml:2:1
      |
    2 | ---
      | ^^^ only one is read from a file
      |
    help: remove the `---`, or put the second document into a file of its own
    ");
}

#[test]
fn a_list_where_a_map_is_meant() {
    let here = project(&[("models/schema.yml", &"- name: orders\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[wrong-type]: `models/schema.yml` must be a map of keys to values
     --> models/schema.yml:1:1
      |
    1 | - name: orders
      | ^^^^^^^^^^^^^^ not a map
      |
    help: begin with `models:`, `sources:` or another list; a space belongs behind each colon
    ");
}

#[test]
fn a_text_where_a_list_is_meant() {
    let here = project(&[("models/schema.yml", &"models: orders\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[wrong-type]: `models` must be a list
     --> models/schema.yml:1:9
      |
    1 | models: orders
      |         ^^^^^^ not a list
      |
    help: begin each entry with `- name:`
    ");
}

#[test]
fn a_model_without_a_name() {
    let here = project(&[(
        "models/schema.yml",
        &"models:
  - description: x
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[missing-key]: an entry of `models` has no `name`
     --> models/schema.yml:2:5
      |
    2 |   - description: x
      |     ^^^^^^^^^^^^^^ this one
      |
    help: begin it with `- name:`
    ");
}

#[test]
fn lists_nested_ten_thousand_deep() {
    let here = project(&[("models/schema.yml", &format!("models: {}{}\n", "[".repeat(10_000), "]".repeat(10_000)))]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: recursion limit exceeded
     --> models/schema.yml:1:264
      |
    1 | ...[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[...
      |                                     ^ the file cannot be read beyond this place
    ");
}

#[test]
fn an_unknown_version() {
    let here = project(&[(
        "models/schema.yml",
        &"version: 3
models: []
",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    warning[unknown-value]: `version` of a property file is 2, whatever is written
     --> models/schema.yml:1:10
      |
    1 | version: 3
      |          ^ not 2
      |
    help: write `version: 2`, or remove the line

    read 1 model
    ");
}

#[test]
fn an_empty_file_is_no_fault() {
    let here = project(&[("models/schema.yml", &""), ("models/other.yml", &"# nothing\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    read 1 model
    ");
}

#[test]
fn an_unknown_section() {
    let here = project(&[(
        "models/schema.yml",
        &"modles:
  - name: orders
",
    )]);
    assert_snapshot!(said(&here, "parse --strict"), @"
    exit code: 2
    ----- stderr -----
    error[unknown-key]: unknown key `modles` in models/schema.yml
     --> models/schema.yml:1:1
      |
    1 | modles:
      | ^^^^^^ not a key of a property file
      |
    help: did you mean `models`?
    ");
}

#[test]
fn an_enum_value_that_is_not_known() {
    let here = project(&[("models/schema.yml", &"models: [{name: orders, access: secret}]\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-config]: config `access` of model `orders` is `private` or `protected` or `public`, not `secret`
     --> models/schema.yml:1:25
      |
    1 | models: [{name: orders, access: secret}]
      |                         ^^^^^^ set here
    ");
}

#[test]
fn a_severity_that_is_not_known() {
    let here = project(&[(
        "models/schema.yml",
        &"models: [{name: orders, columns: [{name: id, data_tests: [{unique: {config: {severity: fatal}}}]}]}]\n",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-config]: config `severity` of test `unique_orders_id` is `warn` or `error`, not `fatal`
     --> models/schema.yml:1:78
      |
    1 | models: [{name: orders, columns: [{name: id, data_tests: [{unique: {config: {severity: fatal}}}]}]}]
      |                                                                              ^^^^^^^^ set here
    ");
}

#[test]
fn an_integer_that_is_too_large() {
    let here = project(&[(
        "models/schema.yml",
        &"models: [{name: orders, meta: {n: 123456789012345678901234567890123456789012345678901234567890}}]\n",
    )]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 0
    ----- stderr -----
    read 1 model
    ");
}

#[test]
fn a_tag_of_python() {
    let here = project(&[("models/schema.yml", &"models: !!python/object:os.system {}\n")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: the tag `tag:yaml.org,2002:!python/object:os.system` is not known, or its value does not fit it
     --> models/schema.yml:1:9
      |
    1 | models: !!python/object:os.system {}
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^ a value that starts with `!` is a tag
      |
    help: put quotes round the value if it is text
    ");
}

#[test]
fn a_quote_that_is_not_closed() {
    let here = project(&[("models/schema.yml", &"models:\n  - name: orders\n    description: \"open\n")]);
    assert_snapshot!(said(&here, "parse"), @r#"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: a quote is not closed
     --> models/schema.yml:3:18
      |
    3 |     description: "open
      |                  ^^^^^ opened here and never closed
      |
    help: end the text with `"`
    "#);
}

#[test]
fn jinja_without_quotes() {
    let here = project(&[("models/schema.yml", &"models:\n  - name: orders\n    description: {{ doc(\"x\") }}\n")]);
    assert_snapshot!(said(&here, "parse"), @r#"
    exit code: 2
    ----- stderr -----
    error[yaml-syntax]: a value that starts with Jinja must be in quotes
     --> models/schema.yml:3:18
      |
    3 |     description: {{ doc("x") }}
      |                  ^^^^^^^^^^^^^^ YAML reads `{` as the start of a map
      |
    help: put quotes round the whole value: '{{ doc("x") }}'
    "#);
}
