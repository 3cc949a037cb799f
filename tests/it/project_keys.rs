//! Keys nobody knows: told with their place, and nothing legal is told.

use insta::assert_snapshot;

use crate::project::shop;

fn properties(text: &str) -> String {
    shop().file("models/schema.yml", text).told()
}

fn project(text: &str) -> String {
    shop()
        .file("models/staging/stg_orders.sql", "select 1")
        .file("models/marts/orders.sql", "select 1")
        .file("seeds/codes.csv", "a\n1\n")
        .file("models/staging/sources.yml", "sources: [{name: raw, tables: [{name: orders}]}]\n")
        .file("dbt_packages/tools/dbt_project.yml", "name: tools\n")
        .file("dbt_packages/tools/models/x/y.sql", "select 1")
        .file("dbt_project.yml", format!("name: shop\nprofile: shop\n{text}"))
        .told()
}

#[test]
fn a_mistyped_key_is_pointed_at_with_the_key_that_was_meant() {
    assert_snapshot!(properties("ersion: 2\n"), @"
    warning[unknown-key]: unknown key `ersion` in models/schema.yml
      --> models/schema.yml:1:1 `ersion` not a key of a property file
      help: did you mean `version`?
    ");
    assert_snapshot!(properties("models:\n  - name: a\n    descripton: b\n    columns:\n      - name: c\n        test: [unique]\n"), @"
    warning[unknown-key]: unknown key `descripton` in models/schema.yml
      --> models/schema.yml:3:5 `descripton` not a key of a model
      help: did you mean `description`?
    warning[unknown-key]: unknown key `test` in models/schema.yml
      --> models/schema.yml:6:9 `test` not a key of a column
      help: did you mean `tests`?
    ");
    assert_snapshot!(properties("sources:\n  - name: raw\n    tables:\n      - name: a\n        freshnes: {warn_after: {count: 1, priod: day}}\n        freshness: {warn_after: {count: 1, priod: day}}\n"), @"
    warning[unknown-key]: unknown key `freshnes` in models/schema.yml
      --> models/schema.yml:5:9 `freshnes` not a key of a source table
      help: did you mean `freshness`?
    warning[unknown-key]: unknown key `priod` in models/schema.yml
      --> models/schema.yml:6:44 `priod` not a key of a period
      help: did you mean `period`?
    ");
    assert_snapshot!(properties("unit_tests:\n  - name: a\n    model: b\n    given:\n      - input: ref('c')\n        row: []\n    expected: {rows: []}\n"), @"
    warning[unknown-key]: unknown key `row` in models/schema.yml
      --> models/schema.yml:6:9 `row` not a key of an input of a unit test
      help: did you mean `rows`?
    warning[unknown-key]: unknown key `expected` in models/schema.yml
      --> models/schema.yml:7:5 `expected` not a key of a unit test
      help: did you mean `expect`?
    ");
}

#[test]
fn a_config_that_stands_too_far_left_is_told_where_it_belongs() {
    assert_snapshot!(properties("models:\n  - name: a\n    materialized: table\n    tags: [x]\n"), @"
    warning[unknown-key]: unknown key `materialized` in models/schema.yml
      --> models/schema.yml:3:5 `materialized` not a key of a model
      help: indent it below `config:`, where `materialized` is known
    warning[unknown-key]: unknown key `tags` in models/schema.yml
      --> models/schema.yml:4:5 `tags` not a key of a model
      help: indent it below `config:`, where `tags` is known
    ");
}

#[test]
fn tests_and_thresholds_that_stand_too_far_left_are_told_where_they_belong() {
    let text = "sources:\n  - name: a\n    tables:\n      - name: b\n        warn_after: {count: 1, period: day}\n        columns:\n          - name: c\n            relationship: {to: ref('x'), field: id}\n";
    assert_snapshot!(properties(text), @"
    warning[unknown-key]: unknown key `warn_after` in models/schema.yml
      --> models/schema.yml:5:9 `warn_after` not a key of a source table
      help: indent it below `freshness:`, where `warn_after` is known
    warning[unknown-key]: unknown key `relationship` in models/schema.yml
      --> models/schema.yml:8:13 `relationship` not a key of a column
      help: write `- relationships` below `data_tests:`
    ");
}

#[test]
fn a_key_like_no_other_is_told_with_the_known_ones() {
    assert_snapshot!(properties("models:\n  - name: a\n    wibble: 1\n1: x\n"), @"
    warning[unknown-key]: unknown key `wibble` in models/schema.yml
      --> models/schema.yml:3:5 `wibble` not a key of a model
      help: remove it, or keep it below `meta:`; known here: `access`, `agg_time_dimension`, `columns`, `config`, `constraints`, `data_tests`, `data_type`, `deprecation_date`, …
    warning[unknown-key]: unknown key `1` in models/schema.yml
      --> models/schema.yml:4:1 `1` not a key of a property file
      help: remove it; known here: `analyses`, `anchors`, `data_tests`, `exposures`, `functions`, `groups`, `ingest`, `macros`, …
    ");
}

#[test]
fn inside_config_only_near_misses_are_told() {
    assert_snapshot!(properties("models:\n  - name: a\n    config:\n      materialised: table\n      our_own_key: 1\n      owner: me\n      partition_by: {field: d, data_typ: date}\n      meta: {materialised: 1}\n      contract: {enforce: true}\n"), @"
    warning[unknown-key]: unknown key `materialised` in models/schema.yml
      --> models/schema.yml:4:7 `materialised` not a key of a model's config
      help: did you mean `materialized`?
    warning[unknown-key]: unknown key `data_typ` in models/schema.yml
      --> models/schema.yml:7:32 `data_typ` not a key of `partition_by`
      help: did you mean `data_type`?
    warning[unknown-key]: unknown key `enforce` in models/schema.yml
      --> models/schema.yml:9:18 `enforce` not a key of `contract`
      help: did you mean `enforced`?
    ");
}

#[test]
fn arguments_of_tests_are_free_but_their_common_keys_are_not_mistyped() {
    let text = "models:\n  - name: a\n    columns:\n      - name: b\n        tests:\n          - accepted_values: {valeus: [1], severty: warn}\n          - unique: {config: {wher: x}}\n          - dbt_utils.not_null_proportion: {at_least: 0.9, value: 1}\n          - relationships: {to: ref('x'), feild: id}\n";
    assert_snapshot!(properties(text), @"
    warning[unknown-key]: unknown key `valeus` in models/schema.yml
      --> models/schema.yml:6:31 `valeus` not a key of this test
      help: did you mean `values`?
    warning[unknown-key]: unknown key `severty` in models/schema.yml
      --> models/schema.yml:6:44 `severty` not a key of this test
      help: did you mean `severity`?
    warning[unknown-key]: unknown key `wher` in models/schema.yml
      --> models/schema.yml:7:31 `wher` not a key of a test's config
      help: did you mean `where`?
    warning[unknown-key]: unknown key `feild` in models/schema.yml
      --> models/schema.yml:9:43 `feild` not a key of this test
      help: did you mean `field`?
    ");
}

#[test]
fn what_dbt_refuses_at_once_is_an_error() {
    assert_snapshot!(properties("models: {name: a}\nseeds: [a]\nsources:\n  - tables: []\nversion: 1\n"), @"
    error[wrong-type]: `models` must be a list
      --> models/schema.yml:1:9 `{name: a}` not a list
      help: begin each entry with `- name:`
    error[wrong-type]: an entry of `seeds` must be a map with `name`
      --> models/schema.yml:2:9 `a` this one
      help: begin it with `- name:`
    warning[unknown-value]: `version` of a property file is 2, whatever is written
      --> models/schema.yml:5:10 `1` not 2
      help: write `version: 2`, or remove the line
    error[missing-key]: an entry of `sources` has no `name`
      --> models/schema.yml:4:5 `tables: []` this one
      help: begin it with `- name:`
    ");
    assert_snapshot!(properties("version:2\n"), @"
    error[wrong-type]: `models/schema.yml` must be a map of keys to values
      --> models/schema.yml:1:1 `version:2` not a map
      help: begin with `models:`, `sources:` or another list; a space belongs behind each colon
    ");
    assert_snapshot!(properties("- name: a\n"), @"
    error[wrong-type]: `models/schema.yml` must be a map of keys to values
      --> models/schema.yml:1:1 `- name: a` not a map
      help: begin with `models:`, `sources:` or another list; a space belongs behind each colon
    ");
}

#[test]
fn everything_legal_passes_in_silence() {
    let text = r#"
version: 2
x-common: &common {severity: warn}
anchors: [1]
models:
  - name: dim_customers
    description: "Customers"
    latest_version: 2
    access: public
    group: finance
    deprecation_date: 2030-01-01
    docs: {show: true, node_color: purple}
    meta: {anything: {goes: here}}
    config:
      materialized: incremental
      pre-hook: [{sql: "select 1", transaction: false}, "select 2"]
      post_hook: "select 1"
      partition_by: {field: d, data_type: date, granularity: month}
      contract: {enforced: true, alias_types: false}
      persist_docs: {relation: true, columns: true}
      snowflake_warehouse: w
      freshness: {build_after: {count: 1, period: day, updates_on: all}}
    constraints: [{type: primary_key, columns: [id], warn_unenforced: false}]
    time_spine: {standard_granularity_column: d, custom_granularities: [{name: fiscal, column_name: f}]}
    data_tests:
      - dbt_utils.unique_combination_of_columns: {arguments: {combination_of_columns: [a, b]}, config: {<<: *common}}
      - test_name: unique
        name: own_name
        column_name: id
    columns:
      - name: id
        data_type: int64
        quote: true
        tags: [pii]
        policy_tags: ["{{ var('tag', '') }}"]
        tests: [unique, {not_null: {where: "a > 1"}}, {accepted_values: {values: [1], quote: false}}]
        constraints: [{type: foreign_key, to: ref('x'), to_columns: [id]}]
        granularity: day
        dimension: {type: time, validity_params: {is_start: true}}
        entity: primary
    versions:
      - v: 1
        defined_in: dim_customers_old
        columns: [{include: all, exclude: [a]}, {name: b, data_type: text}]
      - v: 2
seeds: [{name: codes, config: {column_types: {a: text}, quote_columns: true, delimiter: ";"}, columns: [{name: a}]}]
snapshots:
  - name: s
    relation: ref('a')
    config: {strategy: check, check_cols: all, unique_key: id, hard_deletes: new_record, snapshot_meta_column_names: {dbt_valid_from: f}}
sources:
  - name: raw
    database: d
    schema: s
    loader: us
    overrides: other
    quoting: {identifier: true}
    freshness: {warn_after: {count: 1, period: day}, filter: "x"}
    loaded_at_field: t
    config: {enabled: true, event_time: t}
    tables:
      - name: orders
        identifier: o
        external: {location: x, partitions: [{name: a}]}
        ingest: {from: {csv: x}, whatever: 1}
        loaded_at_query: select 1
        columns: [{name: a}]
macros: [{name: m, description: d, arguments: [{name: a, type: int, description: x}], docs: {show: false}}]
exposures: [{name: e, label: E, type: dashboard, maturity: high, url: u, owner: {name: me, slack: x}, depends_on: [ref('a')], meta: {a: 1}, tags: [x]}]
unit_tests:
  - name: u
    model: a
    versions: {include: [1]}
    given: [{input: ref('b'), rows: [{anything: 1}]}, {input: this, format: csv, fixture: f}]
    expect: {format: sql, rows: "select 1"}
    overrides: {macros: {is_incremental: true}, vars: {a: 1}, env_vars: {b: 2}}
data_tests: [{name: t, description: d, config: {severity: warn}}]
groups: [{name: finance, owner: {email: a@b.c}, config: {meta: {a: 1}}}]
analyses: [{name: look, description: d, columns: [{name: a}]}]
functions: [{name: f, arguments: [{name: a, data_type: text, default_value: x}], returns: {data_type: int}, config: {volatility: stable, type: scalar}}]
metrics: [{name: m, label: M, type: simple, type_params: {measure: {name: a, fill_nulls_with: 0, join_to_timespine: true}}, filter: x}]
semantic_models:
  - name: s
    model: ref('a')
    defaults: {agg_time_dimension: d}
    entities: [{name: e, type: primary, expr: id}]
    dimensions: [{name: d, type: time, type_params: {time_granularity: day}}]
    measures: [{name: m, agg: sum, expr: a, create_metric: true, non_additive_dimension: {name: d, window_choice: max, window_groupings: [e]}}]
saved_queries: [{name: q, query_params: {metrics: [m], group_by: [x], where: [y]}, exports: [{name: e, config: {export_as: table}}]}]
"#;
    assert_eq!(properties(text), "");
}

#[test]
fn keys_of_dbt_project_yml_are_checked_and_configs_must_be_near_misses() {
    assert_snapshot!(project("model-path: [models]\nflag: {}\nquoting: {identifer: true}\nmodels:\n  +materialised: view\n  +our_own: 1\n  shop: {staging: {+tag: x, +persist_docs: {relations: true}}}\n"), @"
    warning[unknown-key]: unknown key `model-path` in dbt_project.yml
      --> dbt_project.yml:3:1 `model-path` not a key of dbt_project.yml
      help: did you mean `model-paths`?
    warning[unknown-key]: unknown key `flag` in dbt_project.yml
      --> dbt_project.yml:4:1 `flag` not a key of dbt_project.yml
      help: did you mean `flags`?
    warning[unknown-key]: unknown key `identifer` in dbt_project.yml
      --> dbt_project.yml:5:11 `identifer` not a key of `quoting`
      help: did you mean `identifier`?
    warning[unknown-key]: unknown key `materialised` in dbt_project.yml
      --> dbt_project.yml:7:3 `+materialised` not a key of a model's config
      help: did you mean `+materialized`?
    warning[unknown-key]: unknown key `tag` in dbt_project.yml
      --> dbt_project.yml:9:20 `+tag` not a key of a model's config
      help: did you mean `+tags`?
    warning[unknown-key]: unknown key `relations` in dbt_project.yml
      --> dbt_project.yml:9:45 `relations` not a key of `persist_docs`
      help: did you mean `relation`?
    ");
    assert_snapshot!(project("flags: {warn_eror: true, our_flag: 1, warn_error_options: {eror: all}}\ndispatch: [{macro_namespace: dbt, search_order: [shop], serch: 1}]\n"), @"
    warning[unknown-key]: unknown key `warn_eror` in dbt_project.yml
      --> dbt_project.yml:3:9 `warn_eror` not a key of `flags`
      help: did you mean `warn_error`?
    warning[unknown-key]: unknown key `eror` in dbt_project.yml
      --> dbt_project.yml:3:60 `eror` not a key of `warn_error_options`
      help: did you mean `error`?
    warning[unknown-key]: unknown key `serch` in dbt_project.yml
      --> dbt_project.yml:4:57 `serch` not a key of a rule of `dispatch`
      help: remove it; known here: `macro_namespace`, `search_order`
    ");
}

#[test]
fn a_config_that_applies_to_nothing_is_told() {
    assert_snapshot!(project("models:\n  shop:\n    stagging: {+enabled: true}\n    marts: {order: {+tags: x}}\n"), @"
    warning[unused-config-path]: config of `models` is not used: `shop.stagging` fits no model
      --> dbt_project.yml:5:5 `stagging` no such folder or name
      help: did you mean `staging`?
    warning[unused-config-path]: config of `models` is not used: `shop.marts.order` fits no model
      --> dbt_project.yml:6:13 `order` no such folder or name
      help: did you mean `orders`?
    ");
    assert_snapshot!(project("models:\n  staging: {+materialized: view}\n  shopp: {+tags: x}\n  persist_docs: {relation: true}\n"), @"
    warning[unused-config-path]: config of `models` is not used: `staging` is not a package
      --> dbt_project.yml:4:3 `staging` the first level names a package
      help: indent it below `shop:`, whose folder it is
    warning[unused-config-path]: config of `models` is not used: `shopp` is not a package
      --> dbt_project.yml:5:3 `shopp` the first level names a package
      help: did you mean `shop`?
    warning[unused-config-path]: config of `models` is not used: `persist_docs` is not a package
      --> dbt_project.yml:6:3 `persist_docs` the first level names a package
      help: write `+persist_docs:` to set the config of that name
    ");
    assert_snapshot!(project("models: {shop: {marts: {meta: {owner: me}}}}\nseeds: {shop: {code: {+quote_columns: true}}}\n"), @"
    warning[unused-config-path]: config of `models` is not used: `shop.marts.meta` fits no model
      --> dbt_project.yml:3:25 `meta` no such folder or name
      help: write `+meta:` to set the config of that name
    warning[unused-config-path]: config of `seeds` is not used: `shop.code` fits no seed
      --> dbt_project.yml:4:16 `code` no such folder or name
      help: did you mean `codes`?
    ");
}

#[test]
fn configs_that_apply_to_something_pass_in_silence() {
    let text = "models:\n  +tags: all\n  shop:\n    materialized: view\n    staging: {+enabled: true, stg_orders: {+tags: x}}\n    marts: {orders: {+meta: {a: 1}}}\n  tools: {x: {y: {+enabled: false}}}\nseeds: {shop: {codes: {+column_types: {a: text}}}}\nsources: {shop: {staging: {raw: {orders: {+enabled: true}}}}}\ndata_tests: {shop: {staging: {+severity: warn}}}\nvars: {shop: {a: 1}}\n";
    assert_eq!(project(text), "");
}

#[test]
fn keys_of_packages_yml_are_checked() {
    let shop = shop().file("packages.yml", "packages:\n  - package: dbt-labs/dbt_utils\n    versio: 1.0.0\n");
    assert_snapshot!(shop.file("dbt_packages/dbt_utils/dbt_project.yml", "name: dbt_utils\nwibble: 1\n").told(), @r#"
    warning[unknown-key]: unknown key `versio` in packages.yml
      --> packages.yml:3:5 `versio` not a key of a package
      help: did you mean `version`?
    error[missing-key]: package `dbt-labs/dbt_utils` has no `version`
      --> packages.yml:2:14 `dbt-labs/dbt_utils` needs a `version` below it
      help: write `version: [">=1.0.0", "<2.0.0"]`, or one exact version
    "#);
}

#[test]
fn a_value_of_another_shape_is_refused_with_what_is_below_it() {
    assert_snapshot!(properties("models: [{name: a, columns: {name: b, data_tests: [unique]}}]\nseeds: [{name: a, columns: b}]\nsources: [{name: a, schema: [b], tables: [{name: c, columns: [d]}]}]\n"), @r#"
    error[wrong-type]: `columns` must be a list
      --> models/schema.yml:1:29 `{name: b, data_tests: [unique]}` not a list
      help: begin each entry with `- name:`
    error[wrong-type]: `columns` must be a list
      --> models/schema.yml:2:28 `b` not a list
      help: begin each entry with `- name:`
    error[wrong-type]: `schema` must be a text
      --> models/schema.yml:3:29 `[b]` this is a list
      help: write one text: `schema: "…"`
    error[wrong-type]: an entry of `columns` must be a map with `name`
      --> models/schema.yml:3:63 `d` this one
      help: begin it with `- name:`
    "#);
    assert_snapshot!(properties("models: [{name: a, description: [b], config: c, data_tests: unique, columns: [{name: b, data_tests: {unique: }}]}]\n"), @r#"
    error[wrong-type]: `description` must be a text
      --> models/schema.yml:1:33 `[b]` this is a list
      help: write one text: `description: "…"`
    error[wrong-type]: `config` must be a map
      --> models/schema.yml:1:46 `c` not a map
      help: write its keys below it, indented
    error[wrong-type]: `data_tests` must be a list
      --> models/schema.yml:1:61 `unique` not a list
      help: write each test behind a dash: `- unique`
    error[wrong-type]: `data_tests` must be a list
      --> models/schema.yml:1:101 `{unique: }` not a list
      help: write each test behind a dash: `- unique`
    "#);
    assert_snapshot!(properties("unit_tests: [{name: a, model: b, given: {input: ref('c')}, expect: [d]}]\n"), @"
    error[wrong-type]: `given` must be a list
      --> models/schema.yml:1:41 `{input: ref('c')}` not a list
      help: begin each entry with `- input:`
    error[wrong-type]: `expect` must be a map
      --> models/schema.yml:1:68 `[d]` not a map
      help: write its keys below it, indented
    ");
}

#[test]
fn a_key_without_a_value_and_a_value_made_by_jinja_have_no_shape_yet() {
    assert_snapshot!(properties("models: [{name: a, columns: , config: , description: 5, docs: \"{{ var('docs') }}\"}]\n"), @"");
    assert_snapshot!(properties("metrics: [{name: a, type_params: {measure: b, metrics: [c]}}]\nmodels:\n"), @"");
}
