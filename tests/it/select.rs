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
fn shop() -> Built {
    built()
        .source("raw", "orders")
        .source("raw", "people")
        .seed("codes")
        .model_with("staging/stg_orders.sql", "select * from {{ source('raw', 'orders') }}", json!({"tags": ["nightly"]}))
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

struct Asked<'a> {
    manifest: &'a Manifest,
    criteria: Criteria<'a>,
}

impl Asked<'_> {
    /// Short ids on one line; warnings below.
    fn answer(&self) -> String {
        let graph = Graph::new(self.manifest).expect("the shop has no cycle");
        match graph.select(self.manifest, &self.criteria) {
            Err(problem) => told(&problem),
            Ok((selection, warnings)) => {
                let ids: Vec<_> = selection.iter().map(|id| id.replace(".shop", "").replace(".0123456789", "")).collect();
                let warnings = warnings.iter().map(told);
                std::iter::once(ids.join(" ")).chain(warnings).collect::<Vec<_>>().join("\n")
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
    assert_snapshot!(listed(&shop(), "", ""), @"");
}

#[test]
fn relatives_come_along_by_generation() {
    let answers: Vec<_> = ["orders", "+orders", "orders+", "1+revenue", "stg_orders+1", "1+orders+1", "+orders+", "2+revenue"]
        .map(|select| format!("{select:14} {}", nodes(select)))
        .to_vec();
    assert_snapshot!(answers.join("\n"), @"");
}

#[test]
fn an_at_sign_takes_children_and_all_they_need() {
    assert_snapshot!(nodes("@stg_orders"), @"");
}

#[test]
fn a_space_joins_and_a_comma_narrows() {
    let answers: Vec<_> = ["stg_orders codes", "tag:nightly,tag:core", "+revenue,tag:nightly", "path:models/core,config.materialized:table codes"]
        .map(|select| format!("{select}\n  {}", nodes(select)))
        .to_vec();
    assert_snapshot!(answers.join("\n"), @"");
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
    assert_snapshot!(answers.join("\n"), @"");
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
    assert_snapshot!(answers.join("\n"), @"");
}

#[test]
fn tests_come_along_as_the_mode_says() {
    let answers: Vec<_> = IndirectSelection::ALL
        .map(|mode| format!("{:10} {}", mode.name(), listed_as(&shop(), "orders codes", "", mode)))
        .to_vec();
    assert_snapshot!(answers.join("\n"), @"");
}

#[test]
fn a_test_of_two_models_comes_along_cautiously_when_both_are_joined() {
    let answers: Vec<_> = ["orders", "orders stg_people", "+orders,orders stg_people"]
        .map(|select| format!("{select:26} {}", listed_as(&shop(), select, "", IndirectSelection::Cautious)))
        .to_vec();
    assert_snapshot!(answers.join("\n"), @"");
}

#[test]
fn what_is_excluded_takes_its_tests_away() {
    assert_snapshot!(listed(&shop(), "core", "orders"), @"");
    assert_snapshot!(listed(&shop(), "orders", "test_name:unique"), @"");
}

#[test]
fn each_command_takes_its_own_kinds() {
    let commands = [Command::Run, Command::Test, Command::Seed, Command::Snapshot, Command::Build, Command::Compile, Command::SourceFreshness];
    let built = shop();
    let selectors = Selectors::default();
    let answers: Vec<_> = commands
        .map(|command| {
            let criteria = Criteria::everything(command, &selectors);
            format!("{command:?}: {}", Asked { manifest: &built.manifest, criteria }.answer())
        })
        .to_vec();
    assert_snapshot!(answers.join("\n"), @"");
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
    assert_snapshot!(answer("seed snapshot", ""), @"");
    assert_snapshot!(answer("all", "model test unit-test source seed"), @"");
    assert_snapshot!(answer("modle", ""), @"");
    assert_snapshot!(answer("tables", ""), @"");
}

#[test]
fn a_selector_that_means_nothing_is_named() {
    assert_snapshot!(listed(&shop(), "stg_order codes tag:weekly", ""), @"");
    assert_snapshot!(listed(&shop(), "codes", "tag:core,tag:weekly"), @"");
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
    assert_snapshot!(answers.join("\n\n"), @"");
}

#[test]
fn a_node_without_code_is_listed_but_not_run() {
    let built = built().model("a.sql", "  \n").model("b.sql", "select 1");
    let selectors = Selectors::default();
    let run = Criteria::everything(Command::Run, &selectors);
    assert_snapshot!(listed(&built, "", ""), @"");
    assert_snapshot!(Asked { manifest: &built.manifest, criteria: run }.answer(), @"");
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
    assert_snapshot!(told(&problem), @"");
}

#[test]
fn a_model_that_reads_itself_is_a_cycle() {
    let built = built().model("a.sql", "select * from {{ ref('a') }}");
    let problem = Graph::new(&built.manifest).err().expect("a cycle");
    assert_snapshot!(told(&problem), @"");
}

#[test]
fn the_graph_knows_order_and_relatives() {
    let built = shop();
    let graph = Graph::new(&built.manifest).expect("no cycle");
    let joined = |ids: Vec<&tamis::manifest::UniqueId>| {
        ids.iter().map(|id| id.replace(".shop", "")).collect::<Vec<_>>().join(" ")
    };
    assert_snapshot!(joined(graph.parents("model.shop.revenue")), @"");
    assert_snapshot!(joined(graph.children("model.shop.stg_orders")), @"");
    assert_snapshot!(joined(graph.ancestors("model.shop.revenue", Some(2))), @"");
    assert_snapshot!(joined(graph.descendants("seed.shop.codes", None)), @"");
    assert_snapshot!(joined(graph.topological_order()), @"");
    let lengths = graph.remaining_path_lengths();
    let longest = graph.ids().zip(lengths).max_by_key(|(_, length)| *length);
    assert_snapshot!(format!("{longest:?}"), @"");
}

mod selectors_yml {
    use super::*;
    use tamis::project::yaml::YamlFile;

    fn read(text: &str) -> (Selectors, String) {
        let file = tamis::source::SourceFile::in_memory("selectors.yml", text);
        let (yaml, problems) = YamlFile::parse(file);
        let yaml = yaml.unwrap_or_else(|| panic!("{problems:?}"));
        let (selectors, problems) = Selectors::read(&yaml);
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
        assert_snapshot!(selected(NIGHTLY, Some("nightly")), @"");
    }

    #[test]
    fn the_default_selector_is_used_when_nothing_is_asked() {
        assert_snapshot!(selected(NIGHTLY, None), @"");
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest() {
        assert_snapshot!(selected(NIGHTLY, Some("nigthly")), @"");
    }

    #[test]
    fn the_manifest_shows_texts_spelled_out() {
        let (selectors, _) = read(NIGHTLY);
        assert_snapshot!(serde_json::to_string(&selectors.to_json()["nightly"]["definition"]).expect("json"), @"");
    }

    #[test]
    fn selectors_that_lead_back_to_themselves_are_refused() {
        let text = "
selectors:
  - {name: a, definition: 'selector:b'}
  - {name: b, definition: {method: selector, value: a}}
";
        assert_snapshot!(selected(text, Some("a")), @"");
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
        assert_snapshot!(read(text).1, @"");
    }
}

mod state {
    use super::*;
    use tamis::manifest::shape;

    /// The manifest of `built` as an earlier run left it.
    fn left_by(built: &Built) -> PreviousState {
        let nodes: serde_json::Map<_, _> = built
            .manifest
            .nodes
            .iter()
            .map(|(id, node)| (id.to_string(), shape::node_json(node).into()))
            .collect();
        let macros: serde_json::Map<_, _> =
            built.manifest.macros.iter().map(|(id, found)| (id.to_string(), shape::macro_json(found).into())).collect();
        let unit_tests: serde_json::Map<_, _> = built
            .manifest
            .unit_tests
            .iter()
            .map(|(id, test)| (id.to_string(), shape::unit_test_json(test).into()))
            .collect();
        let sources: serde_json::Map<_, _> =
            built.manifest.sources.iter().map(|(id, table)| (id.to_string(), shape::source_json(table).into())).collect();
        let results = [("model.shop.orders", "error"), ("model.shop.revenue", "skipped")];
        PreviousState {
            folder: "prod".to_string(),
            manifest: Some(json!({"nodes": nodes, "macros": macros, "unit_tests": unit_tests, "sources": sources})),
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
        assert_snapshot!(compared(&shop(), &shop(), "state:modified,resource_type:model"), @"");
        assert_snapshot!(compared(&shop(), &shop(), "state:unmodified,resource_type:model"), @"");
    }

    #[test]
    fn code_that_changed_and_code_that_is_new_are_modified() {
        let now = shop()
            .model("staging/stg_people.sql", "select *, 1 as one from {{ source('raw', 'people') }}")
            .model("core/fresh.sql", "select 1");
        let answers: Vec<_> = ["modified", "new", "modified.body", "modified.configs", "modified.relation"]
            .map(|change| format!("{change:18} {}", compared(&shop(), &now, &format!("state:{change}"))))
            .to_vec();
        assert_snapshot!(answers.join("\n"), @"");
    }

    #[test]
    fn white_space_at_the_ends_of_lines_is_no_change() {
        let now = shop().model("staging/stg_people.sql", "select * from {{ source('raw', 'people') }}  \r\n\n");
        assert_snapshot!(compared(&shop(), &now, "state:modified,resource_type:model"), @"");
    }

    #[test]
    fn a_config_counts_as_written_and_another_schema_of_the_target_does_not() {
        let now = shop()
            .change("orders", |node| {
                node.schema = "elsewhere".to_string();
                node.unrendered_config.insert("materialized".to_string(), json!("view"));
            })
            .change("revenue", |node| node.schema = "elsewhere".to_string());
        assert_snapshot!(compared(&shop(), &now, "state:modified"), @"");
    }

    #[test]
    fn a_changed_macro_changes_what_calls_it_but_a_shipped_one_does_not() {
        let before = with_macros("{% macro inner() %}1{% endmacro %}");
        let now = with_macros("{% macro inner() %}2{% endmacro %}");
        assert_snapshot!(compared(&before, &now, "state:modified"), @"");
        assert_snapshot!(compared(&before, &now, "state:modified.macros"), @"");
    }

    #[test]
    fn a_broken_contract_is_told() {
        let contracted = |columns: &[(&str, &str)]| {
            let columns = columns.to_vec();
            shop().change("orders", move |node| {
                node.config.values.insert("contract".to_string(), json!({"enforced": true}));
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
        assert_snapshot!(compared(&before, &now, "state:modified.contract,resource_type:model"), @"");
    }

    #[test]
    fn results_and_fresher_sources_of_the_earlier_run_are_found() {
        assert_snapshot!(compared(&shop(), &shop(), "result:error+"), @"");
        assert_snapshot!(compared(&shop(), &shop(), "source_status:fresher+1"), @"");
        assert_snapshot!(compared(&shop(), &shop(), "result:errored"), @"");
        assert_snapshot!(compared(&shop(), &shop(), "state:modified.boddy"), @"");
    }
}
