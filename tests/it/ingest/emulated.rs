//! The example's pipelines on emulators of BigQuery and Cloud Storage: the same rows as on DuckDB.
//!
//! `tests/emulator/start.py run -- cargo test` starts both; without them this says that it is skipped.

use insta::assert_snapshot;
use tamis::relation::SchemaName;

use super::fixture::{World, fixture};
use super::pipelines::UNEMPLOYMENT;

/// A world on BigQuery with its lake in a bucket, or `None` with a word about it.
fn world() -> Option<World> {
    if std::env::var_os("BIGQUERY_EMULATOR_HOST").is_none() || std::env::var_os("STORAGE_EMULATOR_HOST").is_none() {
        eprintln!("skipped: no BigQuery emulator (tests/emulator/start.py run -- cargo test)");
        return None;
    }
    let unique = &uuid::Uuid::new_v4().simple().to_string()[..8];
    let world = World::la_crimes(&fixture("faulty.csv.gz"), "unemployment.csv".as_ref())
        .var("lake", &format!("gs://tamis-lake/{unique}"))
        .on_bigquery(unique);
    world.file("unemployment.csv", UNEMPLOYMENT);
    Some(world)
}

#[test]
fn a_bucket_and_bigquery_hold_the_same_rows_as_a_folder_and_duckdb() {
    let Some(mut cloud) = world() else { return };
    let mut local = World::la_crimes(&fixture("faulty.csv.gz"), "unemployment.csv".as_ref());
    local.file("unemployment.csv", UNEMPLOYMENT);
    let (there, here) = (cloud.run(None), local.run(None));
    assert_eq!(there.shown().replace(&lake_of(&there.shown()), "lake"), here.shown());
    for columns in ["crime_victim", "unemp_rate"] {
        let sql = |schema: &str| format!("select * from {schema}.{columns} order by 1, 2");
        assert_eq!(cloud.query(&sql(&cloud.staging())), local.query(&sql("staging")), "{columns}");
    }
    let bad = "select line, reasons, cells from quarantine.crimes_to_lake order by line";
    assert_eq!(cloud.query(bad), local.query(bad));
    let loads = |schema: &str| {
        format!("select table_name, load_id, rows_read, rows_loaded, rows_quarantined from {schema}._loads order by 1")
    };
    assert_eq!(cloud.query(&loads(&cloud.staging())), local.query(&loads("staging")));
    assert_snapshot!(layout(&cloud), @r#"{"field":"date_occ","type":"MONTH"} {"fields":["area_name"]}"#);
    let again = cloud.run(None);
    assert!(again.reports.iter().all(|report| report.is_unchanged), "{}", again.shown());
}

/// How the warehouse keeps the raw table.
fn layout(world: &World) -> String {
    let session = world.session();
    let schema = SchemaName { database: Some("tamis-test".into()), schema: world.staging() };
    let relations = session.relations(&schema).expect("listed");
    let table = relations.iter().find(|relation| relation.identifier.as_deref() == Some("crime_victim"));
    let facts = session.describe(table.expect("the table is there")).expect("described");
    format!("{} {}", facts["timePartitioning"], facts["clustering"])
}

fn lake_of(shown: &str) -> String {
    let start = shown.find("gs://").expect("the lake is a bucket");
    shown[start..].split("/crimes").next().unwrap_or_default().to_string()
}
