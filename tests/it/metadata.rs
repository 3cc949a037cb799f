//! What BigQuery's metadata is asked for: the catalog, and when a table was last changed.

use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use serde_json::json;
use tamis::adapter::replay::{Match, Replay, Script};
use tamis::adapter::{Cell, Session, Table, Warehouse};
use tamis::artifacts::catalog::Catalog;
use tamis::event::{EventSender, NodeInfo};
use tamis::execute::scheduler::Scheduler;
use tamis::execute::{Clock, Interrupt, NodeRunner};
use tamis::jinja::Engine;
use tamis::manifest::{Freshness, FreshnessThreshold, Manifest, SourceTable, UniqueId};
use tamis::plan::{Action, Command, Plan, Step};
use tamis::project::Flags;
use tamis::relation::AdapterKind::BigQuery;
use tamis::relation::{Quoting, Relation};

use crate::built::{built, object};
use crate::support::engine;

fn runner(manifest: Manifest) -> NodeRunner {
    let project = Arc::new(engine::project(BigQuery, Flags::default()));
    NodeRunner {
        engine: Engine::new(&project).0,
        clock: Clock::starting_at(project.invocation.started_at),
        project,
        manifest: Arc::new(manifest),
        selected: Arc::default(),
        deferral: Arc::default(),
        show_limit: None,
        shown: Mutex::default(),
        ages: Mutex::default(),
    }
}

fn relation(schema: &str, name: &str) -> Relation {
    Relation::new(Some("db"), schema, name, Quoting::ALL, '`')
}

#[test]
fn each_dataset_that_is_there_is_asked_for_its_relations() {
    let text = |text: &str| Cell::Text(text.to_string());
    let columns = [
        ("table_database", text("db")),
        ("table_schema", text("main")),
        ("table_name", text("orders")),
        ("table_type", text("table")),
        ("column_name", text("id")),
        ("column_index", Cell::Int(1)),
        ("column_type", text("INT64")),
        ("stats__num_rows__label", text("# Rows")),
        ("stats__num_rows__value", Cell::Int(3)),
        ("stats__num_rows__description", text("rows")),
        ("stats__num_rows__include", Cell::Bool(true)),
        ("stats__date_shards__value", Cell::Int(1)),
        ("stats__date_shards__include", Cell::Bool(false)),
    ];
    let table = Table {
        columns: columns.iter().map(|(name, _)| name.to_string()).collect(),
        types: Vec::new(),
        rows: vec![columns.iter().map(|(_, cell)| cell.clone()).collect()],
    };
    let script = Script::new().relation(relation("main", "orders"), &[("id", "INT64")]);
    let replay = Replay::new(BigQuery, script.rows(Match::Contains("table_shards".to_string()), table));
    let session = Session::new(Warehouse::new(Arc::clone(&replay) as _), EventSender::silent());
    let wanted = [
        (UniqueId::from("model.shop.orders"), relation("main", "Orders")),
        (UniqueId::from("model.shop.gone"), relation("main", "gone")),
        (UniqueId::from("source.shop.raw.away"), relation("raw", "away")),
    ];
    let relations = wanted.iter().map(|(_, relation)| relation.clone()).collect::<Vec<_>>();
    let (tables, problems) = runner(built().manifest).catalog(&relations, &session, &EventSender::silent());
    assert_eq!(problems.len(), 0, "{problems:#?}");
    let asked = replay.recorded();
    let lines = asked.iter().flat_map(|sql| sql.lines()).map(str::trim);
    let shown: Vec<_> = lines.filter(|line| line.contains("`db`") || line.contains("upper(")).collect();
    assert_snapshot!(shown.join("\n"), @"
    from `db`.`main`.__TABLES__ as tables
    left join `db`.`main`.INFORMATION_SCHEMA.MATERIALIZED_VIEWS as views
    left join `db`.`main`.INFORMATION_SCHEMA.TABLE_OPTIONS as options
    where ((upper(table_schema) = upper('main') and upper(table_name) = upper('Orders'))
    or (upper(table_schema) = upper('main') and upper(table_name) = upper('gone')))
    from `db`.`main`.INFORMATION_SCHEMA.COLUMNS as columns
    join `db`.`main`.INFORMATION_SCHEMA.COLUMN_FIELD_PATHS as paths
    ");
    let catalog = Catalog::of(&wanted, &tables);
    assert_snapshot!(format!("{:?}", catalog.nodes.keys()), @r#"["model.shop.orders"]"#);
    assert_snapshot!(format!("{:?}", catalog.nodes.values().next().unwrap().stats), @r##"[CatalogStat { id: "num_rows", label: "# Rows", value: Number(3), description: "rows" }]"##);
}

/// How a source of `raw` is judged whose table was last changed this many hours before the run.
fn judged(hours: i64, change: impl FnOnce(&mut SourceTable)) -> String {
    let mut manifest = built().source("raw", "orders").manifest;
    let id = UniqueId::from("source.shop.raw.orders");
    let table = Arc::make_mut(manifest.sources.get_mut(&id).unwrap());
    let threshold = |count| Some(FreshnessThreshold { count, period: "hour".to_string() });
    table.freshness = Some(Freshness { warn_after: threshold(1), error_after: threshold(3), filter: None });
    table.loaded_at_field = None;
    change(table);
    let changed_at = (1_700_000_000 - hours * 3600) * 1000;
    let facts = object(json!({ "lastModifiedTime": changed_at.to_string() }));
    let replay = Replay::new(BigQuery, Script::new().facts(&relation("raw", "orders"), facts));
    let step = Step {
        id: id.clone(),
        action: Action::Freshness,
        prerequisites: Vec::new(),
        dependents: Vec::new(),
        remaining_path_length: 1,
        is_failure_tolerated: false,
    };
    let plan =
        Plan { command: Command::SourceFreshness, on_run_start: Vec::new(), steps: vec![step], on_run_end: Vec::new() };
    let runner = runner(manifest);
    let scheduler = Scheduler {
        plan: &plan,
        nodes: &[Arc::new(NodeInfo::of(&runner.manifest, &id))],
        runner: &runner,
        warehouse: &Warehouse::new(replay),
        threads: 1,
        is_fail_fast: false,
        interrupt: &Interrupt::default(),
    };
    let result = scheduler.run(&mut |_| ()).results.remove(0);
    let said = result.problem.as_ref().map(|problem| format!(": {}", problem.message)).unwrap_or_default();
    format!("{}{said}", result.status.name())
}

#[test]
fn a_source_without_a_column_to_ask_is_as_old_as_its_last_change() {
    assert_snapshot!(judged(0, |_| ()), @"pass");
    assert_snapshot!(judged(2, |_| ()), @"warn: source `raw.orders` was last loaded at 2023-11-14 20:13:20 UTC, more than 1 hour ago");
    assert_snapshot!(judged(4, |_| ()), @"error: source `raw.orders` was last loaded at 2023-11-14 18:13:20 UTC, more than 3 hours ago");
    assert_snapshot!(judged(0, |table| table.identifier = "orders_*".to_string()), @"runtime error: `db`.`raw`.`orders_*` stands for many tables, and metadata knows one at a time");
}
