//! `functions/`, and `function(…)` in texts: what resolves, and what is said where it does not.

use insta::assert_snapshot;

use crate::support::project::project;

const YML: &str =
    "functions:\n  - name: half\n    arguments: [{name: x, data_type: int}]\n    returns: {data_type: int}\n";

#[test]
fn a_function_is_found_as_a_ref_is() {
    let parsed = project()
        .file("functions/half.sql", "{{ config(alias='halved') }} x / 2 from {{ ref('a') }}")
        .file("functions/f.yml", YML)
        .model("a", "select 1 as id")
        .model("plain", "select {{ function('half') }}(id) from {{ ref('a') }}")
        .model("rendered", "{% set f = function('shop', 'half') %}select {{ f }}(1)")
        .package("parts", &[("models/part.sql", "select {{ function('half') }}(1)")])
        .parse();
    assert_snapshot!(parsed.drawn(), @"");
    let of = |id: &str| {
        let node = &parsed.manifest.nodes[id];
        let calls: Vec<_> = node.functions.iter().map(|call| (call.package.as_deref(), call.name.as_str())).collect();
        format!("{calls:?} {:?}", node.depends_on.nodes)
    };
    assert_snapshot!(of("model.shop.plain"), @r#"[(None, "half")] ["model.shop.a", "function.shop.half"]"#);
    assert_snapshot!(of("model.shop.rendered"), @r#"[(Some("shop"), "half")] ["function.shop.half"]"#);
    assert_snapshot!(of("model.parts.part"), @r#"[(None, "half")] ["function.shop.half"]"#);
    assert_snapshot!(of("function.shop.half"), @r#"[] ["model.shop.a"]"#);
}

#[test]
fn a_function_that_is_not_there_is_told_with_the_nearest_name() {
    let parsed = project()
        .file("functions/half.sql", "x / 2")
        .file("functions/off.sql", "{{ config(enabled=false) }} x")
        .file("functions/f.yml", YML)
        .model("half_model", "select 1")
        .model("m", "select {{ function('hafl') }}(1)")
        .model("n", "select {{ function('off') }}(1), {{ function('elsewhere', 'half') }}(1)")
        .model("o", "select {{ function('half_model') }}(1) from {{ ref('half') }}")
        .model("p", "{{ function('half', v=1) }}")
        .file("tests/t.sql", "select {{ function('hafl') }}(1)")
        .parse();
    assert_snapshot!(parsed.drawn(), @r#"
    error[invalid-ref]: `function` takes no argument `v`
     --> models/p.sql:1:4
      |
    1 | {{ function('half', v=1) }}
      |    ^^^^^^^^^^^^^^^^^^^^^

    error[unresolved-function]: model `m` calls the function `hafl`, which does not exist
     --> models/m.sql:1:11
      |
    1 | select {{ function('hafl') }}(1)
      |           ^^^^^^^^^^^^^^^^ no function has this name
      |
    help: did you mean `half`?

    error[disabled-ref]: model `n` refers to `off`, which is disabled
     --> models/n.sql:1:11
      |
    1 | select {{ function('off') }}(1), {{ function('elsewhere', 'half') }}(1)
      |           ^^^^^^^^^^^^^^^ this is switched off
      |
    help: set `enabled: true` on `off`, or disable `n` too

    error[unresolved-ref]: model `n` refers to `half` of package `elsewhere`, which is not installed
     --> models/n.sql:1:37
      |
    1 | select {{ function('off') }}(1), {{ function('elsewhere', 'half') }}(1)
      |                                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ no package has this name

    error[unresolved-ref]: model `o` refers to `half`, which does not exist
     --> models/o.sql:1:48
      |
    1 | select {{ function('half_model') }}(1) from {{ ref('half') }}
      |                                                ^^^^^^^^^^^ no model, seed or snapshot has this name

    error[unresolved-function]: model `o` calls the function `half_model`, which does not exist
     --> models/o.sql:1:11
      |
    1 | select {{ function('half_model') }}(1) from {{ ref('half') }}
      |           ^^^^^^^^^^^^^^^^^^^^^^ no function has this name

    warning[unresolved-function]: test `t` calls the function `hafl`, which does not exist
     --> tests/t.sql:1:11
      |
    1 | select {{ function('hafl') }}(1)
      |           ^^^^^^^^^^^^^^^^ no function has this name
      |
    help: did you mean `half`?
    "#);
}

#[test]
fn a_signature_that_cannot_be_is_told_where_it_is_written() {
    let parsed = project()
        .file("functions/a.sql", "x")
        .file("functions/b.sql", "x")
        .file("functions/c.sql", "x")
        .file("functions/d.js", "return 1;")
        .file(
            "functions/f.yml",
            "
functions:
  - name: a
    arguments:
      - {name: x, data_type: int, default_value: 1}
      - {name: y, data_type: int}
    returns: {data_type: int}
  - name: b
    returns: {}
    overloads: [{arguments: []}, {defined_in: nowhere}, {defined_in: b}, {defined_in: c}]
  - name: a
    returns: {data_type: int}
  - name: c
    returns: {data_type: int}
    overloads: [{defined_in: c}]
  - name: aa
    returns: {data_type: int}
",
        )
        .parse();
    assert_snapshot!(parsed.drawn(), @r#"
    error[invalid-properties]: argument `y` of function `a` follows one that has a default
     --> functions/f.yml:6:9
      |
    6 |       - {name: y, data_type: int}
      |         ^^^^^^^^^^^^^^^^^^^^^^^^^ this has no `default_value`
      |
    help: give it a `default_value`, too, or move it before those that have one

    error[invalid-properties]: function `b` does not say what it returns
     --> functions/f.yml:8:11
      |
    8 |   - name: b
      |           ^ this function
      |
    help: add `returns: {data_type: …}`

    error[invalid-properties]: an overload of function `b` does not name its file
      --> functions/f.yml:10:17
       |
    10 |     overloads: [{arguments: []}, {defined_in: nowhere}, {defined_in: b}, {defined_in: c}]
       |                 ^^^^^^^^^^^^^^^ a `defined_in` is missing
       |
    help: add `defined_in:` with the name of the file in functions/, without its ending

    error[described-twice]: function `a` is described twice
      --> functions/f.yml:11:11
       |
     3 |   - name: a
       |           - first here
    ...
    11 |   - name: a
       |           ^ again here
       |
    help: keep one of the two entries

    warning[unmatched-patch]: function `aa` is described, but does not exist
      --> functions/f.yml:16:11
       |
    16 |   - name: aa
       |           ^^ no function has this name
       |
    help: did you mean `a`?

    error[invalid-properties]: overload `nowhere` of function `b` does not exist
      --> functions/f.yml:10:47
       |
    10 |     overloads: [{arguments: []}, {defined_in: nowhere}, {defined_in: b}, {defined_in: c}]
       |                                               ^^^^^^^ this file
       |
    help: add `functions/nowhere.sql`

    error[invalid-properties]: function `b` is named as an overload of itself
      --> functions/f.yml:10:70
       |
    10 |     overloads: [{arguments: []}, {defined_in: nowhere}, {defined_in: b}, {defined_in: c}]
       |                                                                      ^ this file

    error[invalid-properties]: function `c` is named as an overload of itself
      --> functions/f.yml:15:30
       |
    15 |     overloads: [{defined_in: c}]
       |                              ^ this file

    error[unsupported]: function `d` is in JavaScript, which duckdb does not run
     --> functions/d.js:1:1
      |
    1 | return 1;
      | ^ this file
      |
    help: write it in SQL, or disable it for this target: `enabled: "{{ target.type == 'bigquery' }}"`
    "#);
}
