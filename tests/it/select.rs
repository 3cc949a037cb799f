//! The graph and the selection grammar, on a small shop.

use insta::assert_snapshot;
use serde_json::json;
use tamis::graph::{Command, Criteria, Graph, IndirectSelection, PreviousState, Selectors};
use tamis::manifest::Manifest;

use crate::built::{Built, built, told};

/// ```text
/// raw.orders ─ stg_orders ─ orders ─ revenue ─ dash (exposure)
/// codes (seed) ──────────── orders
/// raw.people ─ stg_people ─ people (ephemeral) ─ revenue
/// orders ─ orders_history (snapshot)
/// ```
pub fn shop() -> Built {
    built()
        .source("raw", "orders")
        .source("raw", "people")
        .watched("raw", "orders")
        .seed("codes")
        .model_with(
            "staging/stg_orders.sql",
            "select * from {{ source('raw', 'orders') }}",
            json!({"tags": ["nightly"]}),
        )
        .model("staging/stg_people.sql", "select * from {{ source('raw', 'people') }}")
        .model_with(
            "core/orders.sql",
            "select * from {{ ref('stg_orders') }} join {{ ref('codes') }}",
            json!({"materialized": "table", "tags": ["nightly", "core"], "meta": {"owner": "ann"}, "access": "public"}),
        )
        .model_with("core/people.sql", "select * from {{ ref('stg_people') }}", json!({"materialized": "ephemeral"}))
        .model_with(
            "core/revenue.sql",
            "select * from {{ ref('orders') }} join {{ ref('people') }}",
            json!({"materialized": "incremental", "group": "finance", "unique_key": ["a", "b"]}),
        )
        .snapshot("orders_history", "select * from {{ ref('orders') }}")
        .analysis("look", "select * from {{ ref('revenue') }}")
        .generic_test("unique", "orders", &[])
        .generic_test("not_null", "stg_orders", &[])
        .generic_test("relationships", "orders", &["stg_people"])
        .singular_test("revenue_is_positive", "select * from {{ ref('revenue') }} where 1 = 0")
        .unit_test("sums", "revenue")
        .exposure("dash", "ref('revenue')")
}

pub struct Asked<'a> {
    pub manifest: &'a Manifest,
    pub criteria: Criteria<'a>,
}

impl Asked<'_> {
    /// Short ids on one line; warnings below.
    pub fn answer(&self) -> String {
        let graph = Graph::new(self.manifest).expect("the shop has no cycle");
        match graph.select(self.manifest, &self.criteria) {
            Err(problem) => told(&problem),
            Ok((selection, warnings)) => {
                let ids: Vec<_> =
                    selection.iter().map(|id| id.replace(".shop", "").replace(".0123456789", "")).collect();
                let warnings = warnings.iter().map(told);
                let ids = if ids.is_empty() { "(nothing)".to_string() } else { ids.join(" ") };
                std::iter::once(ids).chain(warnings).collect::<Vec<_>>().join("\n")
            }
        }
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_string).collect()
}

/// What `ls` lists.
fn listed(built: &Built, select: &str, exclude: &str) -> String {
    listed_as(built, select, exclude, IndirectSelection::Eager)
}

fn listed_as(built: &Built, select: &str, exclude: &str, indirect: IndirectSelection) -> String {
    let (select, exclude, selectors) = (words(select), words(exclude), Selectors::default());
    let everything = Criteria::everything(Command::List, &selectors);
    let criteria = Criteria { select: &select, exclude: &exclude, indirect, ..everything };
    Asked { manifest: &built.manifest, criteria }.answer()
}

/// Without the tests that come along.
fn nodes(select: &str) -> String {
    listed_as(&shop(), select, "", IndirectSelection::Empty)
}

#[test]
fn everything_is_listed_when_nothing_is_asked() {
    assert_snapshot!(listed(&shop(), "", ""), @"exposure.dash model.orders model.people model.revenue model.stg_orders model.stg_people seed.codes snapshot.orders_history source.raw.orders source.raw.people test.not_null_stg_orders test.relationships_orders test.revenue_is_positive test.unique_orders unit_test.revenue.sums");
}

#[test]
fn relatives_come_along_by_generation() {
    let answers: Vec<_> =
        ["orders", "+orders", "orders+", "1+revenue", "stg_orders+1", "1+orders+1", "+orders+", "2+revenue"]
            .map(|select| format!("{select:14} {}", nodes(select)))
            .to_vec();
    assert_snapshot!(answers.join("\n"), @r"
    orders         model.orders
    +orders        model.orders model.stg_orders seed.codes source.raw.orders
    orders+        exposure.dash model.orders model.revenue snapshot.orders_history test.relationships_orders test.revenue_is_positive test.unique_orders unit_test.revenue.sums
    1+revenue      model.orders model.people model.revenue unit_test.revenue.sums
    stg_orders+1   model.orders model.stg_orders test.not_null_stg_orders
    1+orders+1     model.orders model.revenue model.stg_orders seed.codes snapshot.orders_history test.relationships_orders test.unique_orders
    +orders+       exposure.dash model.orders model.revenue model.stg_orders seed.codes snapshot.orders_history source.raw.orders test.relationships_orders test.revenue_is_positive test.unique_orders unit_test.revenue.sums
    2+revenue      model.orders model.people model.revenue model.stg_orders model.stg_people seed.codes unit_test.revenue.sums
    ");
}

#[test]
fn an_at_sign_takes_children_and_all_they_need() {
    assert_snapshot!(nodes("@stg_orders"), @"exposure.dash model.orders model.people model.revenue model.stg_orders model.stg_people seed.codes snapshot.orders_history source.raw.orders source.raw.people test.not_null_stg_orders test.relationships_orders test.revenue_is_positive test.unique_orders unit_test.revenue.sums");
}

#[test]
fn a_space_joins_and_a_comma_narrows() {
    let answers: Vec<_> = [
        "stg_orders codes",
        "tag:nightly,tag:core",
        "+revenue,tag:nightly",
        "path:models/core,config.materialized:table codes",
    ]
    .map(|select| format!("{select}\n  {}", nodes(select)))
    .to_vec();
    assert_snapshot!(answers.join("\n"), @r"
    stg_orders codes
      model.stg_orders seed.codes
    tag:nightly,tag:core
      model.orders
    +revenue,tag:nightly
      model.orders model.stg_orders
    path:models/core,config.materialized:table codes
      model.orders seed.codes
    ");
}

#[test]
fn each_method_finds_its_nodes() {
    let answers: Vec<_> = [
        "fqn:shop.staging.*",
        "staging",
        "staging.stg_orders",
        "core.*e*",
        "*orders",
        "stg_[!o]*",
        "tag:night*",
        "path:models/staging",
        "models/core/orders.sql",
        "models/*/o*.sql",
        "orders.sql",
        "file:stg_*",
        "source:raw",
        "source:raw.o*",
        "source:shop.raw.people",
        "source:*",
        "config.materialized:incremental",
        "config.meta.owner:ann",
        "config.unique_key:b",
        "config.severity:error",
        "resource_type:snapshot",
        "test_type:generic",
        "test_type:singular",
        "test_type:data",
        "test_type:unit",
        "test_name:unique",
        "package:this,resource_type:seed",
        "package:sho?,resource_type:seed",
        "unit_test:*",
        "access:public",
        "group:fin*",
        "version:none,path:models/staging",
        "exposure:dash",
        "exposure:shop.*",
    ]
    .map(|select| format!("{select:32} {}", nodes(select)))
    .to_vec();
    assert_snapshot!(answers.join("\n"), @r"
    fqn:shop.staging.*               model.stg_orders model.stg_people
    staging                          model.stg_orders model.stg_people
    staging.stg_orders               model.stg_orders
    core.*e*                         model.orders model.people model.revenue
    *orders                          model.orders model.stg_orders test.not_null_stg_orders test.relationships_orders test.unique_orders
    stg_[!o]*                        model.stg_people
    tag:night*                       model.orders model.stg_orders
    path:models/staging              model.stg_orders model.stg_people
    models/core/orders.sql           model.orders
    models/*/o*.sql                  model.orders
    orders.sql                       model.orders
    file:stg_*                       model.stg_orders model.stg_people
    source:raw                       source.raw.orders source.raw.people
    source:raw.o*                    source.raw.orders
    source:shop.raw.people           source.raw.people
    source:*                         source.raw.orders source.raw.people
    config.materialized:incremental  model.revenue
    config.meta.owner:ann            model.orders
    config.unique_key:b              model.revenue
    config.severity:error            test.not_null_stg_orders test.relationships_orders test.revenue_is_positive test.unique_orders
    resource_type:snapshot           snapshot.orders_history
    test_type:generic                test.not_null_stg_orders test.relationships_orders test.unique_orders
    test_type:singular               test.revenue_is_positive
    test_type:data                   test.not_null_stg_orders test.relationships_orders test.revenue_is_positive test.unique_orders
    test_type:unit                   unit_test.revenue.sums
    test_name:unique                 test.unique_orders
    package:this,resource_type:seed  seed.codes
    package:sho?,resource_type:seed  seed.codes
    unit_test:*                      unit_test.revenue.sums
    access:public                    model.orders
    group:fin*                       model.revenue
    version:none,path:models/staging model.stg_orders model.stg_people
    exposure:dash                    exposure.dash
    exposure:shop.*                  exposure.dash
    ");
}

#[test]
fn a_versioned_model_answers_to_its_name_and_to_its_version() {
    let built = built()
        .model_with("dim_v1.sql", "select 1", json!({"v": 1, "latest": 2}))
        .model_with("dim_v2.sql", "select 2", json!({"v": 2, "latest": 2}))
        .model_with("dim_v3.sql", "select 3", json!({"v": 3, "latest": 2}));
    let answers: Vec<_> =
        ["dim", "dim.v2", "dim_v2", "shop.dim.v1", "version:latest", "version:old", "version:prerelease", "d*"]
            .map(|select| format!("{select:20} {}", listed(&built, select, "")))
            .to_vec();
    assert_snapshot!(answers.join("\n"), @r"
    dim                  model.dim.v1 model.dim.v2 model.dim.v3
    dim.v2               model.dim.v2
    dim_v2               model.dim.v2
    shop.dim.v1          model.dim.v1
    version:latest       model.dim.v2
    version:old          model.dim.v1
    version:prerelease   model.dim.v3
    d*                   model.dim.v1 model.dim.v2 model.dim.v3
    ");
}

#[test]
fn tests_come_along_as_the_mode_says() {
    let answers: Vec<_> = IndirectSelection::ALL
        .map(|mode| format!("{:10} {}", mode.name(), listed_as(&shop(), "orders codes", "", mode)))
        .to_vec();
    assert_snapshot!(answers.join("\n"), @r"
    eager      model.orders seed.codes test.relationships_orders test.unique_orders
    cautious   model.orders seed.codes test.unique_orders
    buildable  model.orders seed.codes test.unique_orders
    empty      model.orders seed.codes
    ");
}

#[test]
fn a_test_of_two_models_comes_along_cautiously_when_both_are_joined() {
    let answers: Vec<_> = ["orders", "orders stg_people", "+orders,orders stg_people"]
        .map(|select| format!("{select:26} {}", listed_as(&shop(), select, "", IndirectSelection::Cautious)))
        .to_vec();
    assert_snapshot!(answers.join("\n"), @r"
    orders                     model.orders test.unique_orders
    orders stg_people          model.orders model.stg_people test.relationships_orders test.unique_orders
    +orders,orders stg_people  model.orders model.stg_people test.relationships_orders test.unique_orders
    ");
}

#[test]
fn what_is_excluded_takes_its_tests_away() {
    assert_snapshot!(listed(&shop(), "core", "orders"), @"model.people model.revenue test.revenue_is_positive unit_test.revenue.sums");
    assert_snapshot!(listed(&shop(), "orders", "test_name:unique"), @"model.orders test.relationships_orders");
}

#[test]
fn each_command_takes_its_own_kinds() {
    let commands = [
        Command::Run,
        Command::Test,
        Command::Seed,
        Command::Snapshot,
        Command::Build,
        Command::Compile,
        Command::SourceFreshness,
    ];
    let built = shop();
    let selectors = Selectors::default();
    let answers: Vec<_> = commands
        .map(|command| {
            let criteria = Criteria::everything(command, &selectors);
            format!("{command:?}: {}", Asked { manifest: &built.manifest, criteria }.answer())
        })
        .to_vec();
    assert_snapshot!(answers.join("\n"), @r"
    Run: model.orders model.people model.revenue model.stg_orders model.stg_people
    Test: test.not_null_stg_orders test.relationships_orders test.revenue_is_positive test.unique_orders unit_test.revenue.sums
    Seed: seed.codes
    Snapshot: snapshot.orders_history
    Build: exposure.dash model.orders model.people model.revenue model.stg_orders model.stg_people seed.codes snapshot.orders_history test.not_null_stg_orders test.relationships_orders test.revenue_is_positive test.unique_orders unit_test.revenue.sums
    Compile: analysis.look model.orders model.people model.revenue model.stg_orders model.stg_people seed.codes snapshot.orders_history test.not_null_stg_orders test.relationships_orders test.revenue_is_positive test.unique_orders
    SourceFreshness: source.raw.orders
    ");
}

#[test]
fn resource_types_narrow_what_is_listed() {
    let built = shop();
    let selectors = Selectors::default();
    let answer = |included: &str, excluded: &str| {
        let (included, excluded) = (words(included), words(excluded));
        let everything = Criteria::everything(Command::List, &selectors);
        let criteria = Criteria { resource_types: &included, exclude_resource_types: &excluded, ..everything };
        Asked { manifest: &built.manifest, criteria }.answer()
    };
    assert_snapshot!(answer("seed snapshot", ""), @"seed.codes snapshot.orders_history");
    assert_snapshot!(answer("all", "model test unit-test source seed"), @"analysis.look exposure.dash snapshot.orders_history");
    assert_snapshot!(answer("modle", ""), @r"
    error[unknown-resource-type]: `modle` is not a type of resource
    help: did you mean `model`?
    ");
    assert_snapshot!(answer("tables", ""), @r"
    error[unknown-resource-type]: `tables` is not a type of resource
    help: use one of model, seed, snapshot, test, unit_test, source, exposure, metric, semantic_model, saved_query, function, analysis, operation, all, default
    ");
}

#[test]
fn a_selector_that_means_nothing_is_named() {
    assert_snapshot!(listed(&shop(), "stg_order codes tag:weekly", ""), @r#"
    seed.codes
    warning[nothing-selected]: `stg_order` does not match any node
     --> --select:1:1 "stg_order" there is no such node, or it is disabled
    help: did you mean `stg_orders`?
    warning[nothing-selected]: `tag:weekly` does not match any node
     --> --select:1:17 "tag:weekly"
    "#);
    assert_snapshot!(listed(&shop(), "codes", "tag:core,tag:weekly"), @r#"
    seed.codes
    warning[nothing-selected]: `tag:core,tag:weekly` does not match any node
     --> --exclude:1:1 "tag:core,tag:weekly"
    "#);
}

#[test]
fn a_selector_that_cannot_be_understood_is_refused_where_it_stands() {
    let answers: Vec<_> = [
        "codes tags:nightly",
        "wat:x",
        "@orders+",
        "99999999999999999999999+orders",
        "resource_type:modle",
        "test_type:generik",
        "version:newest",
        "source:a.b.c.d",
        "exposure:a.b.c",
        "state:modified",
        "result:error",
        "selector:nightly",
    ]
    .map(|select| listed(&shop(), select, ""))
    .to_vec();
    assert_snapshot!(answers.join("\n\n"), @r#"
    error[unknown-selector-method]: `tags` is not a selector method
     --> --select:1:7 "tags:nightly"
    help: did you mean `tag`?

    error[unknown-selector-method]: `wat` is not a selector method
     --> --select:1:1 "wat:x"
    help: use one of fqn, tag, group, access, source, path, file, package, config, test_name, test_type, resource_type, state, exposure, metric, result, source_status, version, semantic_model, saved_query, unit_test, selector

    error[invalid-selector]: `@` before a selector and `+` after it exclude each other
     --> --select:1:1 "@orders+" `@` takes all children along already
    help: write one of the two

    error[invalid-selector]: `99999999999999999999999` is too large a number of generations
     --> --select:1:1 "99999999999999999999999+orders"
    help: leave the number out

    error[unknown-selector-value]: `modle` is not a value of `resource_type:`
     --> --select:1:1 "resource_type:modle"
    help: did you mean `model`?

    error[unknown-selector-value]: `generik` is not a value of `test_type:`
     --> --select:1:1 "test_type:generik"
    help: did you mean `generic`?

    error[unknown-selector-value]: `newest` is not a value of `version:`
     --> --select:1:1 "version:newest"
    help: use one of latest, prerelease, old, none

    error[invalid-selector]: `a.b.c.d` has more parts than `source:` takes
     --> --select:1:1 "source:a.b.c.d"
    help: write `source`, `source.table` or `package.source.table`

    error[invalid-selector]: `a.b.c` has more parts than `exposure:` takes
     --> --select:1:1 "exposure:a.b.c"
    help: write `exposure:name` or `exposure:package.name`

    error[no-state]: `state:` needs an earlier run to compare with
     --> --select:1:1 "state:modified"
    help: pass the folder of its artifacts: `--state path/to/artifacts`

    error[no-state]: `result:` needs an earlier run to compare with
     --> --select:1:1 "result:error"
    help: pass the folder of its artifacts: `--state path/to/artifacts`

    error[unknown-selector]: no selector is named `nightly` in selectors.yml
     --> --select:1:1 "selector:nightly"
    help: define it in selectors.yml, beside dbt_project.yml
    "#);
}

#[test]
fn a_node_without_code_is_listed_but_not_run() {
    let built = built().model("a.sql", "  \n").model("b.sql", "select 1");
    let selectors = Selectors::default();
    let run = Criteria::everything(Command::Run, &selectors);
    assert_snapshot!(listed(&built, "", ""), @"model.a model.b");
    assert_snapshot!(Asked { manifest: &built.manifest, criteria: run }.answer(), @"model.b");
}

#[test]
fn a_cycle_is_shown_whole() {
    let built = built()
        .model("a.sql", "select * from {{ ref('c') }}")
        .model("b.sql", "select 1\nfrom {{ ref('a') }}")
        .model("c.sql", "select * from {{ ref('b') }} join {{ ref('ok') }}")
        .model("ok.sql", "select 1")
        .model("y.sql", "select * from {{ ref('x') }}")
        .model("x.sql", "select * from {{ ref('y') }}");
    let problem = Graph::new(&built.manifest).err().expect("a cycle");
    assert_snapshot!(told(&problem), @r#"
    error[cycle]: 3 resources read from each other: `a` → `c` → `b` → `a`
     --> models/a.sql:1:22 "'c'" `a` reads `c` here
     --> models/c.sql:1:22 "'b'" `c` reads `b` here
     --> models/b.sql:2:13 "'a'" `b` reads `a` here
    note: another cycle: `x` → `y` → `x`
    help: remove one of these refs, or move what both sides need into a model of its own
    "#);
}

#[test]
fn a_model_that_reads_itself_is_a_cycle() {
    let built = built().model("a.sql", "select * from {{ ref('a') }}");
    let problem = Graph::new(&built.manifest).err().expect("a cycle");
    assert_snapshot!(told(&problem), @r#"
    error[cycle]: `a` reads from itself
     --> models/a.sql:1:22 "'a'" `a` reads `a` here
    help: a resource cannot read itself; incremental models use `{{ this }}`
    "#);
}

#[test]
fn the_graph_knows_order_and_relatives() {
    let built = shop();
    let graph = Graph::new(&built.manifest).expect("no cycle");
    let joined = |ids: Vec<&tamis::manifest::UniqueId>| {
        ids.iter().map(|id| id.replace(".shop", "")).collect::<Vec<_>>().join(" ")
    };
    assert_snapshot!(joined(graph.parents("model.shop.revenue")), @"model.orders model.people");
    assert_snapshot!(joined(graph.children("model.shop.stg_orders")), @"model.orders test.not_null_stg_orders.0123456789");
    assert_snapshot!(joined(graph.ancestors("model.shop.revenue", Some(2))), @"model.orders model.people model.stg_orders model.stg_people seed.codes");
    assert_snapshot!(joined(graph.descendants("seed.shop.codes", None)), @"analysis.look exposure.dash model.orders model.revenue snapshot.orders_history test.relationships_orders.0123456789 test.revenue_is_positive test.unique_orders.0123456789 unit_test.revenue.sums");
    assert_snapshot!(joined(graph.topological_order()), @"seed.codes source.raw.orders model.stg_orders model.orders snapshot.orders_history source.raw.people model.stg_people model.people model.revenue analysis.look exposure.dash test.not_null_stg_orders.0123456789 test.relationships_orders.0123456789 test.revenue_is_positive test.unique_orders.0123456789 unit_test.revenue.sums");
    let lengths = graph.remaining_path_lengths();
    let longest = graph.ids().zip(lengths).max_by_key(|(_, length)| *length);
    assert_snapshot!(format!("{longest:?}"), @r#"Some(("source.shop.raw.people", 5))"#);
}

mod state {
    use super::*;
    use tamis::manifest::shape;

    /// The manifest of `built` as an earlier run left it.
    fn left_by(built: &Built) -> PreviousState {
        let nodes: serde_json::Map<_, _> =
            built.manifest.nodes.iter().map(|(id, node)| (id.to_string(), shape::node_json(node).into())).collect();
        let macros: serde_json::Map<_, _> =
            built.manifest.macros.iter().map(|(id, found)| (id.to_string(), shape::macro_json(found).into())).collect();
        let unit_tests: serde_json::Map<_, _> = built
            .manifest
            .unit_tests
            .iter()
            .map(|(id, test)| (id.to_string(), shape::unit_test_json(test).into()))
            .collect();
        let sources: serde_json::Map<_, _> = built
            .manifest
            .sources
            .iter()
            .map(|(id, table)| (id.to_string(), shape::source_json(table).into()))
            .collect();
        let exposures: serde_json::Map<_, _> = built
            .manifest
            .exposures
            .iter()
            .map(|(id, exposure)| (id.to_string(), shape::exposure_json(exposure).into()))
            .collect();
        let manifest = json!({
            "nodes": nodes, "macros": macros, "unit_tests": unit_tests, "sources": sources, "exposures": exposures,
        });
        let results = [("model.shop.orders", "error"), ("model.shop.revenue", "skipped")];
        PreviousState {
            folder: "prod".to_string(),
            manifest: Some(manifest),
            results: Some(results.map(|(id, status)| (id.to_string(), status.to_string())).into()),
            sources: Some([("source.shop.raw.orders".to_string(), Some("2024-01-01T00:00:00Z".to_string()))].into()),
            current_sources: Some(
                [
                    ("source.shop.raw.orders".to_string(), Some("2024-01-02T00:00:00Z".to_string())),
                    ("source.shop.raw.people".to_string(), None),
                ]
                .into(),
            ),
        }
    }

    fn compared(before: &Built, now: &Built, select: &str) -> String {
        let (select, selectors, state) = (words(select), Selectors::default(), left_by(before));
        let everything = Criteria::everything(Command::List, &selectors);
        let criteria =
            Criteria { select: &select, indirect: IndirectSelection::Empty, state: Some(&state), ..everything };
        Asked { manifest: &now.manifest, criteria }.answer()
    }

    fn with_macros(text: &str) -> Built {
        shop()
            .macro_("outer", "{% macro outer() %}{{ inner() }}{% endmacro %}", &["inner"], false)
            .macro_("inner", text, &[], false)
            .macro_("shipped", text, &[], true)
            .change("orders", |node| node.depends_on.macros = vec!["macro.shop.outer".into()])
            .change("stg_people", |node| node.depends_on.macros = vec!["macro.shop.shipped".into()])
    }

    #[test]
    fn nothing_changed_selects_nothing() {
        assert_snapshot!(compared(&shop(), &shop(), "state:modified,resource_type:model"), @r#"
        (nothing)
        warning[nothing-selected]: `state:modified,resource_type:model` does not match any node
         --> --select:1:1 "state:modified,resource_type:model"
        "#);
        assert_snapshot!(compared(&shop(), &shop(), "state:unmodified,resource_type:model"), @"model.orders model.people model.revenue model.stg_orders model.stg_people");
    }

    #[test]
    fn code_that_changed_and_code_that_is_new_are_modified() {
        let now = shop()
            .model("staging/stg_people.sql", "select *, 1 as one from {{ source('raw', 'people') }}")
            .model("core/fresh.sql", "select 1");
        let answers: Vec<_> = ["modified", "new", "modified.body", "modified.configs", "modified.relation"]
            .map(|change| format!("{change:18} {}", compared(&shop(), &now, &format!("state:{change}"))))
            .to_vec();
        assert_snapshot!(answers.join("\n"), @r"
        modified           model.fresh model.stg_people
        new                model.fresh
        modified.body      model.fresh model.stg_people
        modified.configs   model.fresh
        modified.relation  model.fresh
        ");
    }

    #[test]
    fn white_space_at_the_ends_of_lines_is_no_change() {
        let now = shop().model("staging/stg_people.sql", "select * from {{ source('raw', 'people') }}  \r\n\n");
        assert_snapshot!(compared(&shop(), &now, "state:modified,resource_type:model"), @r#"
        (nothing)
        warning[nothing-selected]: `state:modified,resource_type:model` does not match any node
         --> --select:1:1 "state:modified,resource_type:model"
        "#);
    }

    #[test]
    fn a_config_counts_as_written_and_another_schema_of_the_target_does_not() {
        let now = shop()
            .change("orders", |node| {
                node.schema = "elsewhere".to_string();
                node.unrendered_config.insert("materialized".to_string(), json!("view"));
            })
            .change("revenue", |node| node.schema = "elsewhere".to_string());
        assert_snapshot!(compared(&shop(), &now, "state:modified"), @"model.orders");
    }

    #[test]
    fn a_changed_macro_changes_what_calls_it_but_a_shipped_one_does_not() {
        let before = with_macros("{% macro inner() %}1{% endmacro %}");
        let now = with_macros("{% macro inner() %}2{% endmacro %}");
        assert_snapshot!(compared(&before, &now, "state:modified"), @"model.orders");
        assert_snapshot!(compared(&before, &now, "state:modified.macros"), @"model.orders");
    }

    #[test]
    fn a_broken_contract_is_told() {
        let contracted = |columns: &[(&str, &str)]| {
            let columns = columns.to_vec();
            shop().change("orders", move |node| {
                let mut values = (*node.config.values).clone();
                values.insert("contract".to_string(), json!({"enforced": true}));
                node.config = tamis::manifest::NodeConfig::new(values);
                for (name, data_type) in columns {
                    let facts = tamis::manifest::ColumnFacts {
                        name: name.to_string(),
                        data_type: Some(data_type.to_string()),
                        ..Default::default()
                    };
                    node.columns.insert(name.to_string(), facts);
                }
            })
        };
        let before = contracted(&[("id", "integer"), ("name", "varchar(10)"), ("at", "date")]);
        let now = contracted(&[("id", "text"), ("name", "VARCHAR(20)")]);
        assert_snapshot!(compared(&before, &now, "state:modified.contract,resource_type:model"), @r#"
        model.orders
        warning[contract-broken]: the contract of `orders` was broken since the earlier run
         --> models/core/orders.sql:1:1 "select * from {{ ref('stg_orders') }} join {{ ref('codes') }}"
        note: column `id` changed from integer to text
        note: column `at` was removed
        help: restore the contract, or publish the change as a new version of the model
        "#);
    }

    #[test]
    fn results_and_fresher_sources_of_the_earlier_run_are_found() {
        assert_snapshot!(compared(&shop(), &shop(), "result:error+"), @"exposure.dash model.orders model.revenue snapshot.orders_history test.relationships_orders test.revenue_is_positive test.unique_orders unit_test.revenue.sums");
        assert_snapshot!(compared(&shop(), &shop(), "source_status:fresher+1"), @"model.stg_orders source.raw.orders");
        assert_snapshot!(compared(&shop(), &shop(), "result:errored"), @r#"
        error[unknown-selector-value]: `errored` is not a value of `result:`
         --> --select:1:1 "result:errored"
        help: did you mean `error`?
        "#);
        assert_snapshot!(compared(&shop(), &shop(), "state:modified.boddy"), @r#"
        error[unknown-selector-value]: `modified.boddy` is not a value of `state:`
         --> --select:1:1 "state:modified.boddy"
        help: did you mean `modified.body`?
        "#);
    }
}
