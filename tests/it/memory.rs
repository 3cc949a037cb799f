//! A parse that remembers the last one says what a parse without memory says, whatever happened to the project between.

use std::fs;

use tempfile::TempDir;

use crate::binary::{folder, tamis, write};

const PROJECT: &str = "name: shop\nprofile: shop\nvars:\n  size: 1\nmodels:\n  shop:\n    marts:\n      +tags: [mart]\n    nowhere:\n      +tags: [unused]\n";
const PROFILES: &str = "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n    other: {type: duckdb, path: shop.duckdb, schema: elsewhere}\n";

/// A project with something of everything that a parse looks at.
fn shop() -> TempDir {
    folder(&[
        ("dbt_project.yml", PROJECT),
        ("profiles.yml", PROFILES),
        ("packages.yml", "packages:\n  - local: parts\n"),
        ("parts/dbt_project.yml", "name: parts\n"),
        ("parts/models/part.sql", "select 1 as id\n"),
        ("parts/macros/doubled.sql", "{% macro doubled(x) %}{{ x }} * 2{% endmacro %}\n"),
        ("macros/named.sql", "{% macro named(x) %}{{ config(alias=x ~ '_1') }}{% endmacro %}\n"),
        ("models/orders.sql", "{{ named('orders') }} select {{ parts.doubled(var('size')) }} as id\n"),
        ("models/marts/totals.sql", "select count(*) as orders from {{ ref('orders') }}\n"),
        ("models/marts/by_env.sql", "{{ config(tags=env_var('TAMIS_MEMORY', 'none')) }} select 1 as id\n"),
        ("models/schema.yml", &schema("orders")),
        ("functions/half.sql", "x / 2\n"),
        (
            "functions/half.yml",
            "functions:\n  - {name: half, arguments: [{name: x, data_type: integer}], returns: {data_type: integer}}\n",
        ),
        ("models/docs.md", "{% docs orders %}All orders.{% enddocs %}\n"),
        ("seeds/sizes.csv", "id,size\n1,2\n"),
        ("tests/positive.sql", "select * from {{ ref('totals') }} where orders < 0\n"),
        ("models/raw/raw.yml", &raw(0)),
        ("models/raw/first.sql", "select * from {{ source('raw', 'a') }}\n"),
        ("models/raw/second.sql", "select * from {{ ref('first') }}\n"),
        ("models/zest.yml", "models:\n  - name: by_env\n    columns: [{name: id, data_tests: [unique]}]\n"),
    ])
}

fn schema(described: &str) -> String {
    format!(
        "models:\n  - name: {described}\n    description: \"{{{{ doc('orders') }}}}\"\n    columns:\n      - name: id\n        data_tests: [unique]\n"
    )
}

/// Two models over a source, described in one of several ways.
fn raw(way: usize) -> String {
    let tests =
        ["[not_null]", "[not_null, unique]", "[]", "[relationships: {arguments: {to: ref('totals'), field: id}}]"];
    let models = format!(
        "models:\n  - name: first\n    columns: [{{name: id, data_tests: {}}}]\n  - name: second\n",
        tests[way % 4]
    );
    let config = ["", "    config: {materialized: table}\n", "    config: {tags: [x], meta: {owner: me}}\n"];
    let source = ["tables: [{name: a}]", "tables: [{name: a, description: raw}]", "tables: [{name: a}, {name: b}]"];
    let sources = format!("sources:\n  - name: raw\n    {}\n", source[way / 12 % 3]);
    format!("{models}{}{sources}", config[way / 4 % 3])
}

struct Parsed {
    code: i32,
    stderr: String,
    manifest: String,
    /// When the nodes were made: a parse from memory leaves that as it was.
    created: Vec<String>,
}

fn parsed(project: &TempDir, more: &[&str], variable: &str) -> Parsed {
    let target = if more.contains(&"--no-partial-parse") { "fresh" } else { "target" };
    let path = project.path().join(target).join("manifest.json");
    let arguments = [&["parse", "--target-path", target], more].concat();
    let ran = tamis(&arguments).within(project).env("TAMIS_MEMORY", variable).run();
    let text = if ran.code == 0 { fs::read_to_string(&path).expect("a manifest was written") } else { String::new() };
    let at = text.find("\"nodes\":").unwrap_or_default();
    let (mut manifest, mut created) = (String::new(), Vec::new());
    for (index, part) in text[at..].split("\"created_at\":").enumerate() {
        let end = if index == 0 { 0 } else { part.find(',').expect("something follows") };
        created.extend((index > 0).then(|| part[..end].to_string()));
        manifest.push_str(&part[end..]);
    }
    let metadata: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    assert_eq!(text.is_empty(), metadata["metadata"]["invocation_id"].is_null(), "the manifest is whole");
    Parsed { code: ran.code, stderr: ran.stderr.replace("/fresh/", "/target/"), manifest, created }
}

/// The next number of a row that looks random and is the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

#[test]
fn a_parse_with_memory_says_what_a_fresh_one_says_after_any_change() {
    let here = shop();
    let root = here.path();
    let put = |path: &str, text: &str| write(root, path, text);
    let mut dice = Dice(7);
    let (mut variable, mut flags) = ("one", Vec::new());
    for step in 0..60 {
        let number = dice.below(4);
        match dice.below(32) {
            0 => put("models/orders.sql", &format!("{{{{ named('orders') }}}} select {number} as id\n")),
            1 => put(&format!("models/marts/more_{number}.sql"), "select * from {{ ref('totals') }}\n"),
            2 => drop(fs::remove_file(root.join(format!("models/marts/more_{number}.sql")))),
            3 => put("models/schema.yml", &schema(["orders", "totals", "nobody", "by_env"][number as usize])),
            4 => put(
                "macros/named.sql",
                &format!("{{% macro named(x) %}}{{{{ config(alias=x ~ '_{number}') }}}}{{% endmacro %}}\n"),
            ),
            5 => put("dbt_project.yml", &PROJECT.replace("size: 1", &format!("size: {number}"))),
            6 => put("dbt_project.yml", &PROJECT.replace("[mart]", &format!("[mart, t{number}]"))),
            7 => variable = ["one", "two", "three", "four"][number as usize],
            8 => {
                flags = [vec![], vec!["--vars", "size: 7"], vec!["--target", "other"], vec!["--full-refresh"]]
                    [number as usize]
                    .clone()
            }
            9 => put("profiles.yml", &PROFILES.replace("elsewhere", &format!("elsewhere_{number}"))),
            10 => put("parts/models/part.sql", &format!("select {number} as id\n")),
            11 => put("parts/dbt_project.yml", &format!("name: parts\nmodels:\n  +tags: [p{number}]\n")),
            12 => put("seeds/sizes.csv", &format!("id,size\n1,{number}\n")),
            13 => put("models/docs.md", &format!("{{% docs orders %}}Orders of {number}.{{% enddocs %}}\n")),
            14 => {
                put(".dbtignore", ["", "models/marts/more_1.sql\n", "models/marts/by_env.sql\n", "\n"][number as usize])
            }
            15 => put(
                "models/marts/broken.sql",
                ["select 1", "{{ ref('nowhere') }}", "{% if %}", "select 2"][number as usize],
            ),
            16 => drop(fs::remove_file(root.join("models/marts/broken.sql"))),
            17 => put(
                "models/marts/totals.sql",
                &format!("select count(*) + {number} as orders from {{{{ ref('orders') }}}}\n"),
            ),
            18 => put(
                "parts/macros/doubled.sql",
                &format!("{{% macro doubled(x) %}}{{{{ x }}}} * {number}{{% endmacro %}}\n"),
            ),
            19 => put(
                "models/schema.yml",
                &format!("# {number}\n{}", fs::read_to_string(root.join("models/schema.yml")).expect("it is there")),
            ),
            20 => {
                put("tests/positive.sql", &format!("select * from {{{{ ref('totals') }}}} where orders < -{number}\n"))
            }
            21 => put(
                "models/schema.yml",
                &schema("orders")
                    .replace("{{ doc('orders') }}", ["", "words", "{{ doc('orders') }} of id", "é"][number as usize]),
            ),
            22 => put("models/raw/raw.yml", &raw(dice.below(36) as usize)),
            23 => put("models/raw/raw.yml", &raw(dice.below(36) as usize)),
            24 => put(
                "models/raw/second.sql",
                [
                    "select * from {{ ref('first') }}\n",
                    "{{ config(tags=['s']) }} select * from {{ ref('first') }}, {{ ref('sizes') }}\n",
                    "{{ config(alias='s2') }} select 1 as id\n",
                    "select * from {{ ref('part') }} join {{ source('raw', 'b') }}\n",
                ][number as usize],
            ),
            25 => put(
                "models/raw/first.sql",
                [
                    "select * from {{ source('raw', 'a') }}\n",
                    "select * from {{ ref('second') }}\n",
                    "{{ config(materialized='ephemeral') }} select {{ parts.doubled(2) }} as id\n",
                    "{{ config(meta={'a': 1}, group='people') }} select * from {{ ref('orders') }}\n",
                ][number as usize],
            ),
            26 => put(
                "models/groups.yml",
                [
                    "",
                    "groups: [{name: people, owner: {name: me}}]\n",
                    "groups: []\n",
                    "groups: [{name: people, owner: {name: you}}]\n",
                ][number as usize],
            ),
            27 => put(
                "models/zest.yml",
                [
                    "models: []\n",
                    "models:\n  - name: by_env\n    columns: [{name: id, data_tests: [unique]}]\n",
                    "models: [{name: by_env, access: public}]\n",
                    "models: [{name: by_env, docs: {show: false}}]\n",
                ][number as usize],
            ),
            29 => put(
                "functions/half.sql",
                &format!("{}x / {number}\n", if number == 0 { "{{ parts.doubled(1) }} + " } else { "" }),
            ),
            30 => put(
                "models/marts/totals.sql",
                [
                    "select {{ function('half') }}(1)",
                    "select {{ function('none') }}(1)",
                    "select 1",
                    "select {{ function('shop', 'half') }}(1)",
                ][number as usize],
            ),
            _ => put("macros/unused.sql", &format!("{{% macro unused() %}}{number}{{% endmacro %}}\n")),
        }
        let fresh = parsed(&here, &[&flags[..], &["--no-partial-parse"]].concat(), variable);
        let first = parsed(&here, &flags, variable);
        let again = parsed(&here, &flags, variable);
        for remembered in [&first, &again] {
            assert_eq!(remembered.code, fresh.code, "step {step}: {}", remembered.stderr);
            assert_eq!(remembered.stderr, fresh.stderr, "step {step}");
            assert!(remembered.manifest == fresh.manifest, "step {step}: the manifests differ");
        }
        assert!(first.created == again.created, "step {step}: the second parse had nothing to do");
    }
}

#[test]
fn a_project_that_asks_for_the_time_is_parsed_anew_each_time() {
    let here = shop();
    write(here.path(), "models/now.sql", "{{ config(meta={'at': run_started_at | string}) }} select 1 as id\n");
    let (first, second) = (parsed(&here, &[], "x"), parsed(&here, &[], "x"));
    assert_ne!(first.created, second.created);
}

#[test]
fn nothing_is_remembered_of_what_a_person_did_to_the_target_folder() {
    let here = shop();
    let manifest = here.path().join("target/manifest.json");
    let first = parsed(&here, &[], "x");
    fs::write(&manifest, "{}").expect("written");
    let second = parsed(&here, &[], "x");
    fs::remove_file(&manifest).expect("removed");
    let third = parsed(&here, &[], "x");
    fs::write(here.path().join("target/partial_parse.json"), "{ not json").expect("written");
    let fourth = parsed(&here, &[], "x");
    for parsed in [second, third, fourth] {
        assert_eq!(parsed.manifest, first.manifest);
    }
}

#[test]
fn values_of_variables_are_not_kept() {
    let here = shop();
    let run =
        || tamis(&["parse"]).within(&here).env("DBT_ENV_SECRET_TOKEN", "hush-hush").env("TAMIS_MEMORY", "loud").run();
    assert_eq!(run().code, 0);
    let kept = fs::read_to_string(here.path().join("target/partial_parse.json")).expect("it was kept");
    assert!(kept.contains("TAMIS_MEMORY"), "{kept}");
    assert!(!kept.contains("hush-hush") && !kept.contains("loud"), "{kept}");
}

/// Whether the parse after an edit left the rest of the project alone; either way it says what a fresh one says.
fn leaves_the_rest(path: &str, text: &str) -> bool {
    let here = shop();
    write(here.path(), "macros/unused.sql", "{% macro unused() %}1{% endmacro %}\n");
    let before = parsed(&here, &[], "x");
    write(here.path(), path, text);
    let (after, fresh) = (parsed(&here, &[], "x"), parsed(&here, &["--no-partial-parse"], "x"));
    assert_eq!((after.code, &after.stderr), (fresh.code, &fresh.stderr), "{path}: {text}");
    assert!(after.manifest == fresh.manifest, "{path}: {text}");
    let again = parsed(&here, &[], "x");
    assert!(again.manifest == fresh.manifest && again.created == after.created, "{path}: {text}");
    after.created.iter().any(|moment| before.created.contains(moment))
}

#[test]
fn after_an_edit_that_the_rest_does_not_see_it_is_not_read_again() {
    let edits = [
        ("models/marts/totals.sql", "select count(*) + 1 as orders from {{ ref('orders') }} -- é \"quoted\"\n"),
        ("models/orders.sql", "{{ named('orders') }} select {{ parts.doubled(var('size')) }} + 1 as id\n"),
        ("tests/positive.sql", "select * from {{ ref('totals') }} where orders < 1\n"),
        ("parts/models/part.sql", "select 2 as id\n"),
        ("models/marts/totals.sql", "select {{ function('half') }}(count(*)) as orders from {{ ref('orders') }}\n"),
        ("parts/macros/doubled.sql", "{% macro doubled(x) %}{{ x }} + {{ x }}{% endmacro %}\n"),
        ("macros/unused.sql", "{% macro unused() %}2{% endmacro %}\n"),
        ("macros/unused.sql", "{% macro unused() %}{{ parts.doubled('words') }}{% endmacro %}\n"),
        ("parts/macros/doubled.sql", "{% macro doubled(x) %}{{ x }}{{ var('size') }}{{ this }}{% endmacro %}\n"),
        ("models/schema.yml", &format!("# a comment\n\n{}", schema("orders"))),
        ("models/schema.yml", &schema("orders").replace("\"{{ doc('orders') }}\"", "other words, \"é\"")),
        ("models/schema.yml", &schema("orders").replace("- name: id", "- name: id\n        description: a number")),
        ("models/marts/totals.sql", "select 1 as orders\n"),
        ("models/marts/totals.sql", "select * from {{ ref('orders') }}, {{ ref('part') }}\n"),
        ("models/marts/totals.sql", "{{ config(tags='x') }} select count(*) as orders from {{ ref('orders') }}\n"),
        ("parts/macros/doubled.sql", "{% macro doubled(x) %}{{ x }}{{ config(tags='x') }}{% endmacro %}\n"),
        ("models/schema.yml", &schema("orders").replace("description: ", "description: 2 # ")),
        ("models/schema.yml", &schema("orders").replace("columns:", "meta: {description: x}\n    columns:")),
        ("models/schema.yml", &schema("orders").replace("[unique]", "[unique: {description: x}]")),
        ("models/marts/totals.sql", "select * from {{ ref('sizes') }}, {{ source('raw', 'a') }}\n"),
        (
            "models/marts/totals.sql",
            "{{ config(materialized='table') }} select count(*) as orders from {{ ref('orders') }}\n",
        ),
        ("models/raw/first.sql", "select * from {{ ref('totals') }}\n"),
        ("models/raw/raw.yml", &raw(1)),
        ("models/raw/raw.yml", &raw(2)),
        ("models/raw/raw.yml", &raw(3)),
        ("models/raw/raw.yml", &raw(4 + 12)),
        ("models/raw/raw.yml", &raw(8).replace("materialized: table", "tags: [y]")),
    ];
    for (path, text) in edits {
        assert!(leaves_the_rest(path, text), "{path}: {text}");
    }
}

#[test]
fn after_an_edit_that_the_rest_may_see_the_project_is_parsed_as_a_whole() {
    let edits = [
        ("models/marts/totals.sql", "select {{ function('none') }}(1)\n"),
        ("functions/half.sql", "x / 3\n"),
        ("models/marts/totals.sql", "\n"),
        ("models/marts/totals.sql", "select count(*) as orders from {{ ref('orders') }} {{ nothing_of_the_kind }}\n"),
        ("models/marts/totals.sql", "select {{ env_var('HOME') }} as orders from {{ ref('orders') }}\n"),
        ("models/marts/totals.sql", "{% if %}\n"),
        ("macros/named.sql", "{% macro named(x) %}{{ config(alias=x ~ '_2') }}{% endmacro %}\n"),
        ("macros/named.sql", "{% macro named(x, y) %}{{ config(alias=x ~ '_1') }}{% endmacro %}\n"),
        ("macros/unused.sql", "{% macro unused() %}1{% endmacro %}{% macro more() %}{% endmacro %}\n"),
        ("macros/unused.sql", "{% macro unused(a) %}1{% endmacro %}\n"),
        ("models/schema.yml", &schema("totals")),
        ("models/schema.yml", &schema("nobody")),
        ("models/schema.yml", &schema("orders").replace("doc('orders')", "doc('nothing')")),
        ("models/raw/raw.yml", &raw(24)),
        ("models/raw/first.sql", "{{ config(alias='other') }} select 1 as id\n"),
        ("models/raw/first.sql", "{{ config(materialized='ephemeral') }} select 1 as id\n"),
        ("models/raw/first.sql", "{{ config(enabled=false) }} select 1 as id\n"),
        ("models/raw/first.sql", "select * from {{ ref('second') }}\n"),
        ("models/raw/first.sql", "select * from {{ ref('nothing') }}\n"),
        ("models/raw/first.sql", "select * from {{ source('raw', 'nothing') }}\n"),
        ("models/zest.yml", "models: [{name: by_env, access: public}]\n"),
        ("models/docs.md", "{% docs orders %}Orders.{% enddocs %}\n"),
        ("seeds/sizes.csv", "id,size\n1,3\n"),
    ];
    for (path, text) in edits {
        assert!(!leaves_the_rest(path, text), "{path}: {text}");
    }
}

#[test]
fn a_config_that_only_a_macro_asks_for_is_told_of_when_it_asks_no_more() {
    let here = shop();
    let asks = |key: &str| {
        write(
            here.path(),
            "macros/asks.sql",
            &format!("{{% macro asks() %}}{{{{ config.get('{key}') }}}}{{% endmacro %}}\n"),
        )
    };
    write(here.path(), "models/part.sql", "{{ config(materialised='table') }} select 1 as id\n");
    for (key, is_told) in [("materialised", false), ("tags", true), ("materialised", false)] {
        asks(key);
        let (after, fresh) = (parsed(&here, &[], "x"), parsed(&here, &["--no-partial-parse"], "x"));
        assert_eq!(after.stderr, fresh.stderr, "{key}");
        assert_eq!(after.stderr.contains("unknown config `materialised`"), is_told, "{}", after.stderr);
    }
}

#[test]
fn a_memory_of_texts_that_somebody_changed_is_not_believed() {
    let here = shop();
    let before = parsed(&here, &[], "x");
    let path = here.path().join("target/partial_parse_texts.json");
    let mut kept: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(&path).expect("it was kept")).expect("it is JSON");
    kept["macros"] = serde_json::json!([]);
    fs::write(&path, kept.to_string()).expect("written");
    write(
        here.path(),
        "models/orders.sql",
        "{{ named('orders') }} select {{ parts.doubled(var('size')) }} + 1 as id\n",
    );
    let (after, fresh) = (parsed(&here, &[], "x"), parsed(&here, &["--no-partial-parse"], "x"));
    assert_eq!(after.code, 0, "{}", after.stderr);
    assert!(after.manifest == fresh.manifest && after.created != before.created);
}

#[test]
fn macros_that_name_nodes_or_test_them_count_for_the_whole_project() {
    let here = shop();
    let put = |path: &str, text: &str| write(here.path(), path, text);
    let schema_name = |text: &str| format!("{{% macro part_of_name() %}}{text}{{% endmacro %}}\n");
    let test = |text: &str| format!("{{% test even(model) %}}{text}select * from {{{{ model }}}}{{% endtest %}}\n");
    put("macros/names.sql", "{% macro generate_schema_name(name, node) %}{{ part_of_name() }}{% endmacro %}\n");
    put("macros/part.sql", &schema_name("one"));
    put("tests/generic/even.sql", &test(""));
    put("models/even.yml", "models:\n  - name: totals\n    data_tests: [even]\n");
    put("models/off.sql", "{{ config(enabled=is_on()) }} select 1 as id\n");
    put("macros/is_on.sql", "{% macro is_on() %}{{ return(false) }}{% endmacro %}\n");
    parsed(&here, &[], "x");
    let edits = [
        ("macros/part.sql", schema_name("two")),
        ("tests/generic/even.sql", test("{{ config(tags='x') }}")),
        ("macros/is_on.sql", "{% macro is_on() %}{{ return(true) }}{% endmacro %}\n".to_string()),
    ];
    for (path, text) in edits {
        put(path, &text);
        let (after, fresh) = (parsed(&here, &[], "x"), parsed(&here, &["--no-partial-parse"], "x"));
        assert!(after.manifest == fresh.manifest && after.code == 0, "{path}");
    }
}
