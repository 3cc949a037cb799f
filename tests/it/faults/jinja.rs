//! Templates that are wrong, and templates that would never end.

use insta::assert_snapshot;

use super::{project, said};

#[test]
fn a_macro_that_calls_itself_for_ever() {
    let here =
        project(&[("macros/a.sql", &"{% macro a() %}{{ a() }}{% endmacro %}"), ("models/a.sql", &"select {{ a() }}")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[jinja]: recursion limit exceeded
     --> macros/a.sql:1:19
      |
    1 | {% macro a() %}{{ a() }}{% endmacro %}
      |                   ^^^
      |
      = note: in macro `a`, called at models/a.sql:1:11
    ");
}

#[test]
fn brackets_nested_too_deep() {
    let here = project(&[("models/a.sql", &format!("select {{{{ {}1{} }}}}", "(".repeat(5_000), ")".repeat(5_000)))]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[jinja-syntax]: this is not valid Jinja: template exceeds maximum recursion limits
     --> models/a.sql:1:85
      |
    1 | select {{ (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((...
      |                                                                                     ^
    ");
}

#[test]
fn blocks_nested_too_deep() {
    let here = project(&[(
        "models/a.sql",
        &format!("{}select 1{}", "{% if true %}".repeat(3_000), "{% endif %}".repeat(3_000)),
    )]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[jinja-syntax]: this is not valid Jinja: template exceeds maximum recursion limits
     --> models/a.sql:1:1941
      |
    1 | ...% if true %}{% if true %}{% if true %}{% if true %}{% if true %}{% if true %}{% if true %}{% if true %}{% if t...
      |                                                          ^^
    ");
}

#[test]
fn a_loop_that_never_ends_in_size() {
    let here = project(&[("models/a.sql", &"select {% for i in range(100000000) %}{{ i }}{% endfor %}")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[jinja]: a range may have 100000 numbers, this one has 100000000
     --> models/a.sql:1:20
      |
    1 | select {% for i in range(100000000) %}{{ i }}{% endfor %}
      |                    ^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_power_that_is_too_large() {
    let here = project(&[("models/a.sql", &"select {{ 9 ** 9 ** 9 ** 9 }}")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[jinja]: the number is too large
     --> models/a.sql:1:11
      |
    1 | select {{ 9 ** 9 ** 9 ** 9 }}
      |           ^^^^^^^^^^^
    ");
}

#[test]
fn a_text_that_is_too_long() {
    let here = project(&[("models/a.sql", &"select {{ ('x' * 100000000 * 100) | length }}")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[jinja]: `*` makes something too long
     --> models/a.sql:1:12
      |
    1 | select {{ ('x' * 100000000 * 100) | length }}
      |            ^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_division_by_zero() {
    let here = project(&[("models/a.sql", &"select {{ 1 / 0 }}")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[jinja]: division by zero
     --> models/a.sql:1:11
      |
    1 | select {{ 1 / 0 }}
      |           ^^^^^
    ");
}

#[test]
fn an_argument_too_many() {
    let here = project(&[
        ("macros/a.sql", &"{% macro a(x) %}{{ x }}{% endmacro %}"),
        ("models/a.sql", &"select {{ a(1, 2) }}"),
    ]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[arguments]: macro `a` takes at most 1 argument
     --> models/a.sql:1:11
      |
    1 | select {{ a(1, 2) }}
      |           ^^^^^^^
    ");
}

#[test]
fn an_argument_by_a_wrong_name() {
    let here = project(&[
        ("macros/a.sql", &"{% macro a(number) %}{{ number }}{% endmacro %}"),
        ("models/a.sql", &"select {{ a(nubmer=1) }}"),
    ]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[arguments]: macro `a` has no argument `nubmer`, did you mean `number`?
     --> models/a.sql:1:11
      |
    1 | select {{ a(nubmer=1) }}
      |           ^^^^^^^^^^^
    ");
}

#[test]
fn a_filter_that_is_not_there() {
    let here = project(&[("models/a.sql", &"select {{ 'a' | uper }}")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[unknown-filter]: filter uper is unknown
     --> models/a.sql:1:17
      |
    1 | select {{ 'a' | uper }}
      |                 ^^^^
    ");
}

#[test]
fn a_method_that_is_not_there() {
    let here = project(&[("models/a.sql", &"select {{ 'a'.uper() }}")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
           Found 2 models
         Running 2 nodes on `dev` (duckdb, 1 thread)
           Error view main.a                                                                                           [time]
        Compiled view main.orders                                                                                      [time]

    error[unknown-method]: string has no method named uper
     --> models/a.sql:1:14
      |
    1 | select {{ 'a'.uper() }}
      |              ^^^^^^^

          Failed compile in [time]: 1 ok, 1 failed
    ");
}

#[test]
fn a_tag_that_is_not_there() {
    let here = project(&[("models/a.sql", &"{% endfro %} select 1")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[jinja-syntax]: this is not valid Jinja: unknown statement endfro
     --> models/a.sql:1:4
      |
    1 | {% endfro %} select 1
      |    ^^^^^^
    ");
}

#[test]
fn a_macro_defined_twice() {
    let here = project(&[
        ("macros/a.sql", &"{% macro a() %}1{% endmacro %}"),
        ("macros/b.sql", &"{% macro a() %}2{% endmacro %}"),
    ]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[duplicate-macro]: macro `a` is defined twice in package `shop`
     --> macros/b.sql:1:10
      |
    1 | {% macro a() %}2{% endmacro %}
      |          ^ defined again here
      |
     ::: macros/a.sql:1:10
      |
    1 | {% macro a() %}1{% endmacro %}
      |          ^ first defined here
      |
    help: rename or remove one of them
    ");
}

#[test]
fn a_macro_that_does_not_end() {
    let here = project(&[("macros/a.sql", &"{% macro a() %}1")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[jinja-syntax]: this is not valid Jinja: `macro a` has no `endmacro`
     --> macros/a.sql:1:10
      |
    1 | {% macro a() %}1
      |          ^
    ");
}

#[test]
fn a_macro_file_that_is_wrong_is_told_once() {
    let here = project(&[("macros/a.sql", &"{% macro a( %}1{% endmacro %}")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[jinja-syntax]: this is not valid Jinja: the tag is not closed
     --> macros/a.sql:1:1
      |
    1 | {% macro a( %}1{% endmacro %}
      | ^^
    ");
}

#[test]
fn a_ref_with_three_words() {
    let here = project(&[("models/a.sql", &"select * from {{ ref('a', 'b', 'c') }}")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-ref]: `ref` takes a model's name, or a package's and a model's
     --> models/a.sql:1:18
      |
    1 | select * from {{ ref('a', 'b', 'c') }}
      |                  ^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_ref_of_a_number() {
    let here = project(&[("models/a.sql", &"select * from {{ ref(1) }}")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-ref]: the name given to `ref` must be text, not number
     --> models/a.sql:1:18
      |
    1 | select * from {{ ref(1) }}
      |                  ^^^^^^
    ");
}

#[test]
fn a_source_with_one_word() {
    let here = project(&[("models/a.sql", &"select * from {{ source('raw') }}")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-source]: `source` takes a source's name and a table's
     --> models/a.sql:1:18
      |
    1 | select * from {{ source('raw') }}
      |                  ^^^^^^^^^^^^^
    ");
}

#[test]
fn a_config_of_nothing() {
    let here = project(&[("models/a.sql", &"{{ config('table') }} select 1")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[invalid-config]: `config` takes either one dict or named values
     --> models/a.sql:1:4
      |
    1 | {{ config('table') }} select 1
      |    ^^^^^^^^^^^^^^^
    ");
}

#[test]
fn an_unknown_config_in_a_model() {
    let here = project(&[("models/a.sql", &"{{ config(materialised='table') }} select 1 as id")]);
    assert_snapshot!(said(&here, "parse --strict"), @"
    exit code: 2
    ----- stderr -----
    error[unknown-key]: unknown config `materialised` in `a`
     --> models/a.sql:1:11
      |
    1 | {{ config(materialised='table') }} select 1 as id
      |           ^^^^^^^^^^^^ no config has this name
      |
    help: did you mean `materialized`?
    ");
}

#[test]
fn a_package_that_is_not_installed() {
    let here = project(&[("models/a.sql", &"select {{ dbt_utils.star(ref('orders')) }}")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    warning[undefined]: `dbt_utils` is not defined
     --> models/a.sql:1:11
      |
    1 | select {{ dbt_utils.star(ref('orders')) }}
      |           ^^^^^^^^^

           Found 2 models
         Running 2 nodes on `dev` (duckdb, 1 thread)
           Error view main.a                                                                                           [time]
        Compiled view main.orders                                                                                      [time]

    error[undefined]: `dbt_utils.star` is not defined
     --> models/a.sql:1:20
      |
    1 | select {{ dbt_utils.star(ref('orders')) }}
      |                    ^^^^^^^^^^^^^^^^^^^^
      |
    help: check the spelling; a macro of a package must be written `package.macro`, and its package be installed

          Failed compile in [time]: 1 ok, 1 failed
    ");
}

#[test]
fn dispatch_of_nothing() {
    let here = project(&[("models/a.sql", &"select {{ adapter.dispatch('nothing')() }}")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[jinja]: no macro `nothing` to dispatch to, searched for: duckdb__nothing, default__nothing
     --> models/a.sql:1:18
      |
    1 | select {{ adapter.dispatch('nothing')() }}
      |                  ^^^^^^^^^^^^^^^^^^^^
    ");
}

#[test]
fn a_secret_in_a_model() {
    let here = project(&[("models/a.sql", &"select '{{ env_var('DBT_ENV_SECRET_X', 'y') }}'")]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[secret-env-var]: the secret `DBT_ENV_SECRET_X` can only be read in profiles.yml and packages.yml
     --> models/a.sql:1:12
      |
    1 | select '{{ env_var('DBT_ENV_SECRET_X', 'y') }}'
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
    help: secrets would end up in compiled SQL otherwise; use another variable
    ");
}

#[test]
fn a_model_that_reads_itself() {
    let here = project(&[("models/a.sql", &"select * from {{ ref('a') }}")]);
    assert_snapshot!(said(&here, "parse"), @"
    exit code: 2
    ----- stderr -----
    error[cycle]: `a` reads from itself
     --> models/a.sql:1:18
      |
    1 | select * from {{ ref('a') }}
      |                  ^^^^^^^^ `a` reads `a` here
      |
    help: a resource cannot read itself; incremental models use `{{ this }}`
    ");
}

#[test]
fn a_macro_called_without_an_argument_it_needs_is_told_at_the_call() {
    let here = project(&[
        ("macros/m.sql", &"{% macro cents(col, scale=2) %}{{ col / 10 ** scale }}{% endmacro %}"),
        ("macros/n.sql", &"{% macro quoted(col) %}'{{ col }}'{% endmacro %}"),
        ("models/a.sql", &"select {{ cents() }} as a"),
        ("models/b.sql", &"select {{ quoted() }} as b"),
    ]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    error[missing-argument]: macro `cents` needs its argument `col`
     --> models/a.sql:1:11
      |
    1 | select {{ cents() }} as a
      |           ^^^^^^^ called without `col`
      |
     ::: macros/m.sql:1:35
      |
    1 | {% macro cents(col, scale=2) %}{{ col / 10 ** scale }}{% endmacro %}
      |                                   ^^^^^^^^^^^^^^^^^ needed here
      |
    help: pass `col=…`, or give it a default where the macro is defined
    ");
}

#[test]
fn a_macro_that_is_nearly_there_is_suggested() {
    let here = project(&[
        ("macros/m.sql", &"{% macro cents(col) %}{{ col }}{% endmacro %}{% macro grant_it() %}{% endmacro %}"),
        ("models/a.sql", &"select {{ cent('a') }} as a"),
        ("models/b.sql", &"select {{ shop.cent('a') }} as a"),
        ("models/c.sql", &"select {{ ref('orders').rows.count }} as a"),
    ]);
    assert_snapshot!(said(&here, "compile"), @"
    exit code: 2
    ----- stderr -----
    warning[undefined]: `cent` is not defined
     --> models/a.sql:1:11
      |
    1 | select {{ cent('a') }} as a
      |           ^^^^
      |
    help: did you mean `cents`?

           Found 4 models
         Running 4 nodes on `dev` (duckdb, 1 thread)
           Error view main.a                                                                                           [time]
           Error view main.b                                                                                           [time]
           Error view main.c                                                                                           [time]
        Compiled view main.orders                                                                                      [time]

    error[undefined]: `cent` is not defined
     --> models/a.sql:1:11
      |
    1 | select {{ cent('a') }} as a
      |           ^^^^^^^^^
      |
    help: did you mean `cents`?

    error[undefined]: `shop.cent` is not defined
     --> models/b.sql:1:15
      |
    1 | select {{ shop.cent('a') }} as a
      |               ^^^^^^^^^^
      |
    help: did you mean `shop.cents`?

    error[undefined]: `.rows.count` is not defined
     --> models/c.sql:1:24
      |
    1 | select {{ ref('orders').rows.count }} as a
      |                        ^^^^^^^^^^^

          Failed compile in [time]: 1 ok, 3 failed
    ");
    assert_snapshot!(said(&here, "run-operation grant"), @"
    exit code: 2
    ----- stderr -----
    warning[undefined]: `cent` is not defined
     --> models/a.sql:1:11
      |
    1 | select {{ cent('a') }} as a
      |           ^^^^
      |
    help: did you mean `cents`?

    error[unknown-macro]: there is no macro `grant`
    help: the project has `cents`, `grant_it`
    ");
}
