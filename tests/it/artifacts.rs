//! The files other tools read, compared with what dbt-core 1.12 writes.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use insta::assert_snapshot;
use serde_json::json;
use tamis::artifacts::{Metadata, catalog, freshness, graph_summary, listing, manifest, previous, run_results};
use tamis::event::{NodeInfo, NodeStatus, RunResult, Timing};
use tamis::graph::Graph;
use tamis::manifest::shape::CompiledCode;
use tamis::manifest::{ColumnFacts, Disabled, Freshness, FreshnessThreshold, Group, Json, JsonMap, NodeKind, UniqueId};
use tamis::plan::test_edges;
use tamis::relation::AdapterKind;

use crate::built::{Built, built, object, told};

fn metadata() -> Metadata {
    Metadata {
        project_name: "rich".to_string(),
        adapter: AdapterKind::DuckDb,
        invocation_id: "00000000-0000-4000-8000-000000000000".to_string(),
        started_at: DateTime::<Utc>::from_timestamp_micros(1_700_000_000_123_456).expect("a moment"),
        env: [("TEAM".to_string(), "data".to_string())].into(),
        quoting: object(json!({"database": true, "schema": true, "identifier": true, "column": null})),
    }
}

/// One of everything.
fn one_of_each() -> Built {
    let mut built = built()
        .source("raw", "a")
        .seed("codes")
        .model("stg.sql", "select * from {{ source('raw', 'a') }}\n")
        .model("fct.sql", "select * from {{ ref('stg') }} join {{ ref('codes') }}")
        .snapshot("history", "select * from {{ ref('fct') }}")
        .analysis("look", "select 1")
        .generic_test("unique", "stg", &[])
        .generic_test("not_null", "stg", &[])
        .singular_test("right", "select * from {{ ref('fct') }}")
        .unit_test("adds_up", "fct")
        .exposure("dash", "ref('fct') source('raw', 'a')")
        .hook(true, 0, "select 1")
        .macro_("helper", "{% macro helper() %}1{% endmacro %}", &[], false)
        .change("fct", |node| {
            node.group = Some("finance".to_string());
            let column = ColumnFacts { name: "id".to_string(), ..Default::default() };
            node.columns.insert("id".to_string(), column);
        });
    let group = Group {
        unique_id: UniqueId::from("group.shop.finance"),
        name: "finance".to_string(),
        package_name: "shop".to_string(),
        path: "schema.yml".to_string(),
        original_file_path: "models/schema.yml".to_string(),
        owner: object(json!({"email": null, "name": "f"})),
        description: None,
        config: object(json!({"meta": {}})),
    };
    built.manifest.groups.insert(group.unique_id.clone(), Arc::new(group));
    let gone = built.manifest.nodes.remove("analysis.shop.look").expect("it was added");
    built.manifest.disabled.insert(UniqueId::from("analysis.shop.look"), vec![Disabled::Node(gone)]);
    built
}

fn written(built: &Built, compiled: &manifest::Compiled) -> Json {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("target/manifest.json");
    manifest::write(&path, &metadata(), &built.manifest, compiled).expect("the file is written");
    let files = std::fs::read_dir(folder.path().join("target")).expect("the folder is there").count();
    assert_eq!(files, 1, "nothing is left beside the file");
    serde_json::from_slice(&std::fs::read(path).expect("the file is there")).expect("it is JSON")
}

fn keys(value: &Json) -> String {
    value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>().join(" ")).unwrap_or_default()
}

#[test]
fn the_manifest_has_all_top_keys_even_when_empty() {
    let json = written(&built(), &manifest::Compiled::default());
    assert_snapshot!(keys(&json), @"metadata nodes sources macros docs exposures metrics groups selectors disabled parent_map child_map group_map saved_queries semantic_models unit_tests functions");
    assert_snapshot!(json["metadata"].to_string(), @r#"{"dbt_schema_version":"https://schemas.getdbt.com/dbt/manifest/v12.json","dbt_version":"1.12.6","generated_at":"2023-11-14T22:13:20.123456Z","invocation_id":"00000000-0000-4000-8000-000000000000","invocation_started_at":"2023-11-14T22:13:20.123456Z","env":{"TEAM":"data"},"project_name":"rich","project_id":"e7f4f8bd246c235418280d1f124e14f0","user_id":null,"send_anonymous_usage_stats":false,"adapter_type":"duckdb","quoting":{"database":true,"schema":true,"identifier":true,"column":null},"run_started_at":"2023-11-14T22:13:20.123456+00:00"}"#);
}

#[test]
fn each_resource_has_the_keys_dbt_writes_in_its_order() {
    let json = written(&one_of_each(), &manifest::Compiled::default());
    let places = [
        ("nodes", "model.shop.fct"),
        ("nodes", "seed.shop.codes"),
        ("nodes", "snapshot.shop.history"),
        ("nodes", "test.shop.unique_stg.0123456789"),
        ("nodes", "test.shop.right"),
        ("nodes", "operation.shop.shop-on-run-start-0"),
        ("sources", "source.shop.raw.a"),
        ("exposures", "exposure.shop.dash"),
        ("unit_tests", "unit_test.shop.fct.adds_up"),
        ("macros", "macro.shop.helper"),
        ("groups", "group.shop.finance"),
    ];
    let shown: Vec<_> = places.map(|(map, id)| format!("{id}: {}", keys(&json[map][id]))).to_vec();
    assert_snapshot!(shown.join("\n"), @r"
    model.shop.fct: database schema name resource_type package_name path original_file_path unique_id fqn alias checksum config tags description columns meta group docs patch_path build_path unrendered_config created_at relation_name raw_code doc_blocks language refs sources metrics functions depends_on compiled_path contract access constraints version latest_version deprecation_date primary_key time_spine
    seed.shop.codes: database schema name resource_type package_name path original_file_path unique_id fqn alias checksum config tags description columns meta group docs patch_path build_path unrendered_config created_at relation_name raw_code doc_blocks root_path depends_on
    snapshot.shop.history: database schema name resource_type package_name path original_file_path unique_id fqn alias checksum config tags description columns meta group docs patch_path build_path unrendered_config created_at relation_name raw_code doc_blocks language refs sources metrics functions depends_on compiled_path contract
    test.shop.unique_stg.0123456789: database schema name resource_type package_name path original_file_path unique_id fqn alias checksum config tags description columns meta group docs patch_path build_path unrendered_config created_at relation_name raw_code doc_blocks language refs sources metrics functions depends_on compiled_path contract column_name file_key_name attached_node test_metadata
    test.shop.right: database schema name resource_type package_name path original_file_path unique_id fqn alias checksum config tags description columns meta group docs patch_path build_path unrendered_config created_at relation_name raw_code doc_blocks language refs sources metrics functions depends_on compiled_path contract
    operation.shop.shop-on-run-start-0: database schema name resource_type package_name path original_file_path unique_id fqn alias checksum config tags description columns meta group docs patch_path build_path unrendered_config created_at relation_name raw_code doc_blocks language refs sources metrics functions depends_on compiled_path contract index
    source.shop.raw.a: database schema name resource_type package_name path original_file_path unique_id fqn source_name source_description loader identifier quoting loaded_at_field loaded_at_query freshness external description columns meta source_meta tags config patch_path unrendered_config relation_name created_at unrendered_database unrendered_schema doc_blocks
    exposure.shop.dash: name resource_type package_name path original_file_path unique_id fqn type owner description label maturity meta tags config unrendered_config url depends_on refs sources metrics created_at
    unit_test.shop.fct.adds_up: model given expect name resource_type package_name path original_file_path unique_id fqn description overrides depends_on config checksum schema created_at versions version
    macro.shop.helper: name resource_type package_name path original_file_path unique_id macro_sql depends_on description meta docs config patch_path arguments created_at supported_languages
    group.shop.finance: name resource_type package_name path original_file_path unique_id owner description config
    ");
    assert_snapshot!(keys(&json["disabled"]["analysis.shop.look"][0]), @"database schema name resource_type package_name path original_file_path unique_id fqn alias checksum config tags description columns meta group docs patch_path build_path unrendered_config created_at relation_name raw_code doc_blocks language refs sources metrics functions depends_on compiled_path contract");
    assert_snapshot!(keys(&json["nodes"]["model.shop.fct"]["columns"]["id"]), @"name description meta data_type constraints quote config tags granularity dimension entity doc_blocks");
    assert_snapshot!(json["nodes"]["test.shop.unique_stg.0123456789"]["test_metadata"].to_string(), @r#"{"name":"unique","kwargs":{"column_name":"id","model":"{{ get_where_subquery(ref('stg')) }}"},"namespace":null}"#);
}

#[test]
fn relatives_and_groups_are_mapped_both_ways() {
    let json = written(&one_of_each(), &manifest::Compiled::default());
    for map in ["parent_map", "child_map"] {
        assert_eq!(json[map].as_object().map(JsonMap::len), Some(11), "{map}");
    }
    assert_snapshot!(json["parent_map"]["model.shop.fct"].to_string(), @r#"["model.shop.stg","seed.shop.codes"]"#);
    assert_snapshot!(json["child_map"]["model.shop.fct"].to_string(), @r#"["exposure.shop.dash","snapshot.shop.history","test.shop.right","unit_test.shop.fct.adds_up"]"#);
    assert_snapshot!(json["child_map"]["exposure.shop.dash"].to_string(), @"[]");
    assert_snapshot!(json["group_map"].to_string(), @r#"{"finance":["model.shop.fct"]}"#);
}

#[test]
fn a_primary_key_is_what_is_unique_and_filled() {
    let json = written(&one_of_each(), &manifest::Compiled::default());
    assert_snapshot!(json["nodes"]["model.shop.stg"]["primary_key"].to_string(), @r#"["id"]"#);
    assert_snapshot!(json["nodes"]["model.shop.fct"]["primary_key"].to_string(), @"[]");
}

#[test]
fn a_compiled_node_shows_its_code() {
    let code = CompiledCode {
        code: Some("select 1".into()),
        path: Some("target/compiled/x.sql".to_string()),
        inlined: vec![],
        overloads: vec![],
        macros: vec![],
    };
    let compiled = manifest::Compiled::from_iter([(UniqueId::from("model.shop.stg"), code)]);
    let json = written(&one_of_each(), &compiled);
    let stg = &json["nodes"]["model.shop.stg"];
    assert_snapshot!(keys(stg), @"database schema name resource_type package_name path original_file_path unique_id fqn alias checksum config tags description columns meta group docs patch_path build_path unrendered_config created_at relation_name raw_code doc_blocks language refs sources metrics functions depends_on compiled_path compiled compiled_code extra_ctes_injected extra_ctes contract access constraints version latest_version deprecation_date primary_key time_spine");
    assert_snapshot!(stg["raw_code"].to_string(), @r#""select * from {{ source('raw', 'a') }}""#);
    assert_snapshot!(stg["compiled_code"].to_string(), @r#""select 1""#);
}

/// The checksum was computed by dbt-core 1.12 for the same contract.
#[test]
fn an_enforced_contract_has_the_checksum_that_dbt_computes() {
    let built = built().model("fct_a.sql", "select 1 as id").change("fct_a", |node| {
        let config = json!({"materialized": "table", "contract": {"enforced": true, "alias_types": true}});
        node.config = tamis::manifest::NodeConfig::new(object(config));
        let column = ColumnFacts {
            name: "id".to_string(),
            data_type: Some("integer".to_string()),
            constraints: vec![json!({"type": "not_null"})],
            ..Default::default()
        };
        node.columns.insert("id".to_string(), column);
        if let NodeKind::Model(model) = &mut node.kind {
            model.constraints = vec![json!({"type": "primary_key", "columns": ["id"]})];
        }
    });
    let json = written(&built, &manifest::Compiled::default());
    let node = &json["nodes"]["model.shop.fct_a"];
    assert_snapshot!(node["contract"].to_string(), @r#"{"enforced":true,"alias_types":true,"checksum":"9e46e78d52c23d9223363dfd3d457a976885e2d067d0284f544ce984e452ab3c"}"#);
    assert_snapshot!(node["constraints"].to_string(), @r#"[{"type":"primary_key","name":null,"expression":null,"warn_unenforced":true,"warn_unsupported":true,"to":null,"to_columns":[],"columns":["id"]}]"#);
}

/// The checksum was computed with dbt-core 1.12's formula for the same test.
#[test]
fn a_unit_test_has_the_checksum_that_dbt_computes() {
    let built = built().model("fct.sql", "select 1").unit_test("adds_up", "fct");
    let test = built.manifest.unit_tests.values().next().expect("it was added");
    let checksum = tamis::manifest::unit_test_checksum(test);
    assert_snapshot!(checksum, @"2626f5123eedc52de9c208ef48ed28fde1bfd4576d314dd2707a7e358771928b");
}

fn result(id: &str, resource_type: &str, status: NodeStatus) -> Arc<RunResult> {
    let node = NodeInfo {
        unique_id: UniqueId::from(id),
        name: "x".to_string(),
        resource_type: resource_type.to_string(),
        materialized: "table".to_string(),
        path: "models/x.sql".to_string(),
        node_path: "x.sql".to_string(),
        checksum: String::new(),
        label: "main.x".to_string(),
        schema: "main".to_string(),
        alias: "x".to_string(),
        database: None,
        relation_name: Some("\"db\".\"main\".\"x\"".to_string()),
        meta: JsonMap::new(),
    };
    Arc::new(RunResult {
        node: Arc::new(node),
        status,
        timing: vec![Timing { name: "compile", started_at: 1_700_000_000.5, completed_at: 1_700_000_001.25 }],
        worker: 2,
        elapsed_ms: 1500.0,
        adapter_response: object(json!({"_message": "OK", "rows_affected": 3})),
        message: Some("OK".to_string()),
        failures: None,
        compiled_code: Some("select 1".into()),
        compiled_overloads: vec![],
        compiled_path: None,
        called_macros: vec![],
        problem: None,
        batch_results: None,
    })
}

#[test]
fn run_results_tell_how_each_node_went() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run_results.json");
    let results = [
        result("model.shop.x", "model", NodeStatus::Success),
        result("seed.shop.y", "seed", NodeStatus::PartialSuccess),
    ];
    let args = object(json!({"which": "build", "select": []}));
    run_results::write(&path, &metadata(), &results, 2500.0, &args).expect("the file is written");
    let text = std::fs::read_to_string(&path).expect("the file is there");
    let json: Json = serde_json::from_str(&text).expect("it is JSON");
    assert_snapshot!(keys(&json), @"metadata results elapsed_time args");
    assert_snapshot!(json["metadata"].to_string(), @r#"{"dbt_schema_version":"https://schemas.getdbt.com/dbt/run-results/v6.json","dbt_version":"1.12.6","generated_at":"2023-11-14T22:13:20.123456Z","invocation_id":"00000000-0000-4000-8000-000000000000","invocation_started_at":"2023-11-14T22:13:20.123456Z","env":{"TEAM":"data"}}"#);
    assert_snapshot!(json["results"][0].to_string(), @r#"{"status":"success","timing":[{"name":"compile","started_at":"2023-11-14T22:13:20.500000Z","completed_at":"2023-11-14T22:13:21.250000Z"}],"thread_id":"Thread-2 (worker)","execution_time":1.5,"adapter_response":{"_message":"OK","rows_affected":3},"message":"OK","failures":null,"unique_id":"model.shop.x","compiled":true,"compiled_code":"select 1","relation_name":"\"db\".\"main\".\"x\"","batch_results":null,"overload_results":null}"#);
    assert_snapshot!(json["results"][1].to_string(), @r#"{"status":"partial success","timing":[{"name":"compile","started_at":"2023-11-14T22:13:20.500000Z","completed_at":"2023-11-14T22:13:21.250000Z"}],"thread_id":"Thread-2 (worker)","execution_time":1.5,"adapter_response":{"_message":"OK","rows_affected":3},"message":"OK","failures":null,"unique_id":"seed.shop.y","compiled":null,"compiled_code":null,"relation_name":null,"batch_results":null,"overload_results":null}"#);
    assert_snapshot!(json["elapsed_time"].to_string(), @"2.5");
}

#[test]
fn sources_json_tells_what_was_checked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sources.json");
    let checked = freshness::FreshnessResult {
        unique_id: UniqueId::from("source.shop.raw.a"),
        status: "warn",
        max_loaded_at: 1_700_000_000.0,
        snapshotted_at: 1_700_090_000.5,
        criteria: Freshness {
            warn_after: Some(FreshnessThreshold { count: 1, period: "day".to_string() }),
            ..Freshness::default()
        },
        timing: Vec::new(),
        worker: 1,
        elapsed_ms: 10.0,
        adapter_response: JsonMap::new(),
    };
    freshness::write(&path, &metadata(), &[checked], 20.0).expect("the file is written");
    let json: Json = serde_json::from_slice(&std::fs::read(&path).expect("the file")).expect("it is JSON");
    assert_snapshot!(json["results"].to_string(), @r#"[{"unique_id":"source.shop.raw.a","max_loaded_at":"2023-11-14T22:13:20+00:00","snapshotted_at":"2023-11-15T23:13:20.500000+00:00","max_loaded_at_time_ago_in_s":90000.5,"status":"warn","criteria":{"warn_after":{"count":1,"period":"day"},"error_after":{"count":null,"period":null},"filter":null},"adapter_response":{},"timing":[],"thread_id":"Thread-1 (worker)","execution_time":0.01}]"#);
}

#[test]
fn the_catalog_lists_columns_and_facts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("catalog.json");
    let table = catalog::CatalogTable {
        kind: "BASE TABLE".to_string(),
        database: Some("db".to_string()),
        schema: "main".to_string(),
        name: "x".to_string(),
        comment: None,
        owner: None,
        columns: vec![catalog::CatalogColumn {
            name: "id".to_string(),
            data_type: "INTEGER".to_string(),
            index: 1,
            comment: None,
        }],
        stats: Vec::new(),
        unique_id: Some(UniqueId::from("model.shop.x")),
    };
    let catalog = catalog::Catalog { nodes: [(UniqueId::from("model.shop.x"), table)].into(), ..Default::default() };
    catalog::write(&path, &metadata(), &catalog).expect("the file is written");
    let json: Json = serde_json::from_slice(&std::fs::read(&path).expect("the file")).expect("it is JSON");
    assert_snapshot!(keys(&json), @"metadata nodes sources errors");
    assert_snapshot!(json["nodes"].to_string(), @r#"{"model.shop.x":{"metadata":{"type":"BASE TABLE","schema":"main","name":"x","database":"db","comment":null,"owner":null},"columns":{"id":{"type":"INTEGER","index":1,"name":"id","comment":null}},"stats":{"has_stats":{"id":"has_stats","label":"Has Stats?","value":false,"include":false,"description":"Indicates whether there are statistics for this table"}},"unique_id":"model.shop.x"}}"#);
}

#[test]
fn an_old_artifact_stands_when_the_new_one_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "old").expect("the file is written");
    let error =
        manifest::write(&file.join("manifest.json"), &metadata(), &built().manifest, &manifest::Compiled::default());
    let message = error.expect_err("a file is no folder").to_string();
    assert!(message.contains("file/manifest.json"), "{message}");
    assert_eq!(std::fs::read_to_string(&file).expect("the file stands"), "old");
}

#[test]
fn ls_says_selectors_names_paths_and_json() {
    let built = one_of_each();
    let manifest = &built.manifest;
    let ids = manifest.dependencies().map(|(id, _)| id);
    let lines: Vec<_> = ids
        .map(|id| {
            let (selector, name, path) =
                (listing::selector(manifest, id), listing::name(manifest, id), listing::path(manifest, id));
            format!("{selector} | {name} | {path}")
        })
        .collect();
    assert_snapshot!(lines.join("\n"), @r"
    shop.fct | fct | models/fct.sql
    shop.stg | stg | models/stg.sql
    shop.shop-on-run-start-0 | shop-on-run-start-0 | hooks/shop-on-run-start-0.sql
    shop.codes | codes | seeds/codes.csv
    shop.history | history | snapshots/history.sql
    shop.not_null_stg | not_null_stg | models/schema.yml
    shop.right | right | tests/right.sql
    shop.unique_stg | unique_stg | models/schema.yml
    source:shop.raw.a | raw.a | models/sources.yml
    unit_test:shop.adds_up | adds_up | models/schema.yml
    exposure:shop.dash | dash | models/exposures.yml
    ");
    let fct = UniqueId::from("model.shop.fct");
    let line = |id: &UniqueId, keys: &[&str]| {
        listing::json_line(manifest, id, &keys.iter().map(|key| key.to_string()).collect::<Vec<_>>())
    };
    assert_snapshot!(line(&fct, &[]), @r#"{"name":"fct","resource_type":"model","package_name":"shop","original_file_path":"models/fct.sql","unique_id":"model.shop.fct","alias":"fct","config":{"materialized":"view"},"tags":[],"depends_on":{"macros":[],"nodes":["model.shop.stg","seed.shop.codes"]},"direct_parents":["model.shop.stg","seed.shop.codes"]}"#);
    assert_snapshot!(line(&fct, &["unique_id", "config.materialized", "config.nothing", "nothing", "fqn"]), @r#"{"unique_id":"model.shop.fct","config.materialized":"view","fqn":["shop","fct"]}"#);
    assert_snapshot!(line(&UniqueId::from("source.shop.raw.a"), &[]), @r#"{"name":"a","resource_type":"source","package_name":"shop","original_file_path":"models/sources.yml","unique_id":"source.shop.raw.a","source_name":"raw","tags":["raw"],"config":{"enabled":true}}"#);
}

#[test]
fn an_earlier_run_is_read_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let results = [result("model.shop.x", "model", NodeStatus::Error)];
    manifest::write(&state.join("manifest.json"), &metadata(), &one_of_each().manifest, &manifest::Compiled::default())
        .expect("written");
    run_results::write(&state.join("run_results.json"), &metadata(), &results, 1.0, &JsonMap::new()).expect("written");
    let read = previous::read(&state, folder.path()).expect("it is readable");
    assert_eq!(read.results, Some([("model.shop.x".to_string(), "error".to_string())].into()));
    assert!(read.resource("model.shop.fct").is_some() && read.resource("unit_test.shop.fct.adds_up").is_some());
    assert!(read.resource("model.shop.nothing").is_none() && read.sources.is_none());
}

#[test]
fn an_earlier_run_that_cannot_be_read_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let shown =
        |problem: &tamis::diagnostic::Diagnostic| told(problem).replace(&folder.path().display().to_string(), "…");
    let missing = previous::read(&folder.path().join("none"), folder.path()).expect_err("there is none");
    assert_snapshot!(shown(&missing), @r"
    error[no-state]: there is no folder `…/none` to read an earlier run from
    help: point `--state` at a folder that holds manifest.json
    ");
    std::fs::write(folder.path().join("manifest.json"), "{\"nodes\": ").expect("written");
    let broken = previous::read(folder.path(), folder.path()).expect_err("it is cut short");
    assert_snapshot!(shown(&broken), @r"
    error[unreadable-artifact]: `…/manifest.json` is not JSON: EOF while parsing a value at line 1 column 10
    help: write it again with the run you want to compare with
    ");
}

#[test]
fn the_graph_is_summed_up_with_and_without_what_tests_hold_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("graph_summary.json");
    let project = built().model("a.sql", "select 1").model("b.sql", "select * from {{ ref('a') }}").generic_test(
        "unique",
        "a",
        &["a"],
    );
    let graph = Graph::new(&project.manifest).expect("nothing reads from itself");
    let edges = test_edges(&project.manifest, &graph);
    graph_summary::write(&path, "id", &graph, Some(&edges)).expect("the file is written");
    let json: Json = serde_json::from_slice(&std::fs::read(&path).expect("the file")).expect("it is JSON");
    assert_snapshot!(json["linked"].to_string(), @r#"{"0":{"name":"model.shop.a","type":"model","succ":[1,2]},"1":{"name":"model.shop.b","type":"model"},"2":{"name":"test.shop.unique_a.0123456789","type":"test"}}"#);
    assert_snapshot!(json["with_test_edges"].to_string(), @r#"{"0":{"name":"model.shop.a","type":"model","succ":[1,2]},"1":{"name":"model.shop.b","type":"model"},"2":{"name":"test.shop.unique_a.0123456789","type":"test","succ":[1]}}"#);
}
