//! What the warehouse is asked while a node is made, statement by statement, on both warehouses.

use std::sync::Arc;

use insta::assert_snapshot;
use serde_json::json;
use tamis::adapter::replay::{Match, Script};
use tamis::adapter::{Cell, Table};
use tamis::manifest::{ColumnFacts, Json, JsonMap, Node, UniqueId};
use tamis::project::Flags;
use tamis::relation::AdapterKind::{self, BigQuery, DuckDb};
use tamis::relation::{Quoting, Relation, RelationKind};

use crate::built::{built, object};
use crate::support::engine::Bench;

/// A model `m` with this config, where these relations are there already.
struct Case {
    kind: AdapterKind,
    config: Json,
    existing: Vec<(&'static str, RelationKind)>,
    flags: Flags,
}

fn case(kind: AdapterKind, config: Json) -> Case {
    Case { kind, config, existing: Vec::new(), flags: Flags::default() }
}

impl Case {
    fn over(mut self, name: &'static str, kind: RelationKind) -> Self {
        self.existing.push((name, kind));
        self
    }

    fn full_refresh(mut self) -> Self {
        self.flags.full_refresh = true;
        self
    }

    fn statements(self) -> String {
        self.statements_of(|_| {})
    }

    /// The same, of a node with more to it than its config.
    fn statements_of(self, change: impl FnOnce(&mut Node)) -> String {
        let columns = match self.kind {
            DuckDb => [("id", "BIGINT"), ("area", "VARCHAR")],
            BigQuery => [("id", "INT64"), ("area", "STRING")],
        };
        let relation = |name: &str| Relation::new(Some("db"), "main", name, Quoting::ALL, self.kind.quote());
        let existing = self.existing.iter();
        let script = existing
            .fold(Script::new(), |script, (name, kind)| script.relation(relation(name).with_kind(*kind), &columns));
        // A temporary table of the connection has no schema.
        let temporary = Relation { database: None, schema: None, ..relation("m__dbt_tmp") };
        let script = script.relation(temporary, &columns);
        let script = script.relation(relation("m__dbt_tmp_0193a1b2c3d4"), &columns);
        let answer = |columns: &[(&str, &str)], rows| Table {
            columns: columns.iter().map(|(name, _)| name.to_string()).collect(),
            types: columns.iter().map(|(_, data_type)| data_type.to_string()).collect(),
            rows,
        };
        // The empty query that tells a model's columns, and the partitions that its new rows lie in.
        let schema = answer(&[("id", "INT64"), ("seen_at", "TIMESTAMP")], Vec::new());
        let partitions = answer(&[("f0_", "STRING")], vec![vec![Cell::Text("20240101".to_string())]]);
        let script = script
            .rows(Match::Contains("__dbt_sbq".to_string()), schema)
            .rows(Match::Prefix("select distinct format_timestamp".to_string()), partitions);
        // Every table that is there is partitioned by `day`.
        let layout = json!({"timePartitioning": {"type": "DAY", "field": "day"}});
        let script = script.facts(&relation("m"), object(layout));
        let project = built().model_with("m.sql", "select 1 as id", self.config).change("m", change);
        let node = Arc::clone(&project.manifest.nodes[&UniqueId::from("model.shop.m")]);
        Bench::new(self.kind, self.flags, script, project.manifest).make(&node, "select 1 as id")
    }
}

#[test]
fn a_view_is_made_in_one_transaction() {
    let case = case(DuckDb, json!({"materialized": "view"})).over("m", RelationKind::View);
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    drop view if exists "db"."main"."m" cascade
    -- then
    create view "db"."main"."m" as (
    select 1 as id
    );
    -- then
    commit
    "#);
}

#[test]
fn a_view_takes_the_place_of_a_table_in_one_transaction() {
    let case = case(DuckDb, json!({"materialized": "view"})).over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    drop table if exists "db"."main"."m" cascade
    -- then
    create view "db"."main"."m" as (
    select 1 as id
    );
    -- then
    commit
    "#);
}

#[test]
fn a_new_table_is_made_under_its_own_name() {
    let case = case(DuckDb, json!({"materialized": "table"}));
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    create table "db"."main"."m" as (
    select 1 as id
    );
    -- then
    commit
    "#);
}

#[test]
fn a_table_is_made_beside_the_old_one_and_takes_its_place() {
    let case = case(DuckDb, json!({"materialized": "table", "indexes": [{"columns": ["id"], "unique": true}]}))
        .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    create table "db"."main"."m__dbt_tmp" as (
    select 1 as id
    );
    -- then
    drop table if exists "db"."main"."m" cascade
    -- then
    alter table "db"."main"."m__dbt_tmp" rename to "m"
    -- then
    create unique index "51482a914e585905c692823bcd271eed" on "db"."main"."m" (id);
    -- then
    commit
    "#);
}

#[test]
fn what_a_run_that_died_left_behind_is_dropped() {
    let case = case(DuckDb, json!({"materialized": "table"}))
        .over("m__dbt_tmp", RelationKind::Table)
        .over("m__dbt_backup", RelationKind::View);
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    drop table if exists "db"."main"."m__dbt_tmp" cascade
    -- then
    drop view if exists "db"."main"."m__dbt_backup" cascade
    -- then
    create table "db"."main"."m" as (
    select 1 as id
    );
    -- then
    commit
    "#);
}

#[test]
fn hooks_run_around_and_inside_the_transaction() {
    let case = case(
        DuckDb,
        json!({
            "materialized": "table",
            "pre-hook": [{"sql": "before begin", "transaction": false}, {"sql": "inside {{ this }}", "transaction": true}],
            "post-hook": [{"sql": "inside, after", "transaction": true}, {"sql": "after commit", "transaction": false}],
        }),
    );
    assert_snapshot!(case.statements(), @r#"
    before begin
    -- then
    begin transaction
    -- then
    inside "db"."main"."m"
    -- then
    create table "db"."main"."m" as (
    select 1 as id
    );
    -- then
    inside, after
    -- then
    commit
    -- then
    after commit
    "#);
}

#[test]
fn new_rows_of_an_incremental_model_replace_those_with_their_key() {
    let case = case(DuckDb, json!({"materialized": "incremental", "unique_key": "id"})).over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    create temporary table "m__dbt_tmp" as (
    select 1 as id
    );
    -- then
    delete from "db"."main"."m"
    where (
        id) in (
        select (id)
        from "m__dbt_tmp"
    );
    insert into "db"."main"."m" ("id", "area")
    (
        select "id", "area"
        from "m__dbt_tmp"
    )
    -- then
    drop table if exists "m__dbt_tmp" cascade
    -- then
    commit
    "#);
}

#[test]
fn keys_of_several_columns_are_compared_one_by_one() {
    let case = case(
        DuckDb,
        json!({
            "materialized": "incremental", "unique_key": ["id", "area"], "incremental_predicates": ["area > 'a'"],
        }),
    )
    .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    create temporary table "m__dbt_tmp" as (
    select 1 as id
    );
    -- then
    delete from "db"."main"."m" as DBT_INCREMENTAL_TARGET
    using "m__dbt_tmp"
    where (
        "m__dbt_tmp".id = DBT_INCREMENTAL_TARGET.id and
        "m__dbt_tmp".area = DBT_INCREMENTAL_TARGET.area
        and area > 'a'
    );
    insert into "db"."main"."m" ("id", "area")
    (
        select "id", "area"
        from "m__dbt_tmp"
    )
    -- then
    drop table if exists "m__dbt_tmp" cascade
    -- then
    commit
    "#);
}

#[test]
fn append_adds_rows() {
    let case = case(DuckDb, json!({"materialized": "incremental", "incremental_strategy": "append"}))
        .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    create temporary table "m__dbt_tmp" as (
    select 1 as id
    );
    -- then
    insert into "db"."main"."m" ("id", "area")
    (
        select "id", "area"
        from "m__dbt_tmp"
    )
    -- then
    drop table if exists "m__dbt_tmp" cascade
    -- then
    commit
    "#);
}

#[test]
fn merge_updates_and_inserts() {
    let case =
        case(DuckDb, json!({"materialized": "incremental", "incremental_strategy": "merge", "unique_key": "id"}))
            .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    create temporary table "m__dbt_tmp" as (
    select 1 as id
    );
    -- then
    MERGE INTO "db"."main"."m" AS DBT_INTERNAL_DEST
        USING "m__dbt_tmp" AS DBT_INTERNAL_SOURCE
        ON (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id)
    WHEN MATCHED THEN UPDATE BY NAME
    WHEN NOT MATCHED THEN INSERT BY NAME
    -- then
    drop table if exists "m__dbt_tmp" cascade
    -- then
    commit
    "#);
}

#[test]
fn a_full_refresh_builds_an_incremental_model_as_a_table() {
    let case = case(DuckDb, json!({"materialized": "incremental"})).over("m", RelationKind::Table).full_refresh();
    assert_snapshot!(case.statements(), @r#"
    begin transaction
    -- then
    create table "db"."main"."m__dbt_tmp" as (
    select 1 as id
    );
    -- then
    drop table if exists "db"."main"."m" cascade
    -- then
    alter table "db"."main"."m__dbt_tmp" rename to "m"
    -- then
    commit
    "#);
}

#[test]
fn an_unknown_strategy_is_refused_before_anything_changes() {
    let case = case(DuckDb, json!({"materialized": "incremental", "incremental_strategy": "upsert"}))
        .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"error: `incremental_strategy: upsert` is unknown: there is no macro `get_incremental_upsert_sql`");
}

#[test]
fn a_bigquery_view_replaces_a_view_in_one_statement() {
    let case = case(BigQuery, json!({"materialized": "view"})).over("m", RelationKind::View);
    assert_snapshot!(case.statements(), @"
    create or replace view `db`.`main`.`m`
    OPTIONS()
    as select 1 as id;
    ");
}

#[test]
fn a_bigquery_view_does_not_replace_a_table() {
    let case = case(BigQuery, json!({"materialized": "view"})).over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"error: `db`.`main`.`m` exists and is not a view; drop it, or run with `--full-refresh`");
}

#[test]
fn a_bigquery_view_replaces_a_table_when_told_to() {
    let case = case(BigQuery, json!({"materialized": "view"})).over("m", RelationKind::Table).full_refresh();
    assert_snapshot!(case.statements(), @"
    create or replace view `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    OPTIONS()
    as select 1 as id;
    drop view if exists `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`;
    drop table if exists `db`.`main`.`m__dbt_backup`;
    alter table `db`.`main`.`m` rename to `m__dbt_backup`;
    create or replace view `db`.`main`.`m`
    OPTIONS()
    as select 1 as id;
    drop table if exists `db`.`main`.`m__dbt_backup`;
    ");
}

#[test]
fn a_bigquery_table_is_partitioned_and_clustered() {
    let case = case(
        BigQuery,
        json!({
            "materialized": "table",
            "partition_by": {"field": "crime_date", "data_type": "date", "granularity": "month"},
            "cluster_by": "area",
            "require_partition_filter": true,
            "labels": {"team": "data"},
        }),
    );
    assert_snapshot!(case.statements(), @"
    create or replace table `db`.`main`.`m`
    partition by date_trunc(crime_date, month)
    cluster by area
    OPTIONS(
        labels=[('team', 'data')],
        require_partition_filter=True
    )
    as (
    select 1 as id
    );
    ");
}

#[test]
fn a_bigquery_table_of_another_layout_is_built_beside_and_swapped_in() {
    let case = case(
        BigQuery,
        json!({
            "materialized": "table",
            "partition_by": {"field": "crime_date", "data_type": "date", "granularity": "month"},
        }),
    )
    .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"
    create or replace table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    partition by date_trunc(crime_date, month)
    OPTIONS()
    as (
    select 1 as id
    );
    drop table if exists `db`.`main`.`m__dbt_backup`;
    alter table `db`.`main`.`m` rename to `m__dbt_backup`;
    alter table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4` rename to `m`;
    drop table if exists `db`.`main`.`m__dbt_backup`;
    ");
}

#[test]
fn a_bigquery_table_takes_the_place_of_a_view() {
    let case = case(BigQuery, json!({"materialized": "table"})).over("m", RelationKind::View);
    assert_snapshot!(case.statements(), @"
    create or replace table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    OPTIONS()
    as (
    select 1 as id
    );
    drop view if exists `db`.`main`.`m`;
    alter table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4` rename to `m`;
    ");
}

#[test]
fn a_bigquery_incremental_model_is_merged() {
    let case = case(
        BigQuery,
        json!({
            "materialized": "incremental",
            "unique_key": "id",
            "incremental_predicates": ["DBT_INTERNAL_DEST.area > 'a'"],
            "partition_by": {"field": "day", "data_type": "date"},
            "require_partition_filter": true,
        }),
    )
    .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"
    merge into `db`.`main`.`m` as DBT_INTERNAL_DEST
        using (
    select 1 as id
    ) as DBT_INTERNAL_SOURCE
        on (DBT_INTERNAL_DEST.area > 'a') and ((`DBT_INTERNAL_DEST`.`day` is null or `DBT_INTERNAL_DEST`.`day` is not null)) and ((DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id))

    when matched then update set
        `id` = DBT_INTERNAL_SOURCE.`id`, `area` = DBT_INTERNAL_SOURCE.`area`

    when not matched then insert
        (`id`, `area`)
    values
        (`id`, `area`)
    ");
}

#[test]
fn new_columns_are_looked_for_in_a_table_that_expires() {
    let case = case(
        BigQuery,
        json!({
            "materialized": "incremental", "unique_key": ["id", "area"], "on_schema_change": "append_new_columns",
        }),
    )
    .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"
    create or replace table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    OPTIONS(
        expiration_timestamp=TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 12 hour)
    )
    as (
    select 1 as id
    );
    -- then
    merge into `db`.`main`.`m` as DBT_INTERNAL_DEST
        using (
        select * from `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    ) as DBT_INTERNAL_SOURCE
        on (DBT_INTERNAL_SOURCE.id = DBT_INTERNAL_DEST.id) and (DBT_INTERNAL_SOURCE.area = DBT_INTERNAL_DEST.area)

    when matched then update set
        `id` = DBT_INTERNAL_SOURCE.`id`, `area` = DBT_INTERNAL_SOURCE.`area`

    when not matched then insert
        (`id`, `area`)
    values
        (`id`, `area`)
    -- then
    drop table if exists `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    ");
}

#[test]
fn partitions_of_new_rows_are_overwritten() {
    let case = case(
        BigQuery,
        json!({
            "materialized": "incremental",
            "incremental_strategy": "insert_overwrite",
            "partition_by": {"field": "seen_at", "data_type": "timestamp", "granularity": "day"},
        }),
    )
    .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"
    declare dbt_partitions_for_replacement array<timestamp>;
    create or replace table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    partition by timestamp_trunc(seen_at, day)
    OPTIONS(
        expiration_timestamp=TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 12 hour)
    )
    as (
    select 1 as id
    );
    set dbt_partitions_for_replacement = (
        select array_agg(distinct timestamp_trunc(seen_at, day) ignore nulls)
        from `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    );
    merge into `db`.`main`.`m` as DBT_INTERNAL_DEST
        using (
        select * from `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    ) as DBT_INTERNAL_SOURCE
        on FALSE

    when not matched by source
        and timestamp_trunc(DBT_INTERNAL_DEST.seen_at, day) in unnest(dbt_partitions_for_replacement)
        then delete

    when not matched then insert
        (`id`, `area`)
    values
        (`id`, `area`);
    drop table if exists `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    ");
}

#[test]
fn listed_partitions_are_overwritten() {
    let case = case(
        BigQuery,
        json!({
            "materialized": "incremental",
            "incremental_strategy": "insert_overwrite",
            "partition_by": {"field": "day", "data_type": "date"},
            "partitions": ["date '2024-01-01'", "date '2024-01-02'"],
        }),
    )
    .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"
    merge into `db`.`main`.`m` as DBT_INTERNAL_DEST
        using (
    select 1 as id
    ) as DBT_INTERNAL_SOURCE
        on FALSE

    when not matched by source
        and date(DBT_INTERNAL_DEST.day) in (date '2024-01-01', date '2024-01-02')
        then delete

    when not matched then insert
        (`id`, `area`)
    values
        (`id`, `area`);
    ");
}

#[test]
fn a_bigquery_table_of_the_same_layout_is_replaced_in_one_statement() {
    let case = case(BigQuery, json!({"materialized": "table", "partition_by": {"field": "day", "data_type": "date"}}))
        .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"
    create or replace table `db`.`main`.`m`
    partition by day
    OPTIONS()
    as (
    select 1 as id
    );
    ");
}

#[test]
fn a_bigquery_table_partitioned_by_ingestion_is_filled_beside_and_swapped_in() {
    let case = case(
        BigQuery,
        json!({
            "materialized": "table",
            "partition_by": {"field": "seen_at", "data_type": "timestamp", "time_ingestion_partitioning": true},
        }),
    )
    .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"
    select * from (
        select 1 as id
    ) as __dbt_sbq
    where false and current_timestamp() = current_timestamp()
    limit 0
    -- then
    create or replace table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    (`id` INT64)
    partition by timestamp_trunc(_PARTITIONTIME, day)
    OPTIONS(
        expiration_timestamp=TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 12 hour)
    )
    -- then
    insert into `db`.`main`.`m__dbt_tmp_0193a1b2c3d4` (_PARTITIONTIME, `id`, `area`)
    select TIMESTAMP(seen_at) as _PARTITIONTIME, * EXCEPT(seen_at) from (
    select 1 as id
    );
    -- then
    alter table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4` set OPTIONS(
        expiration_timestamp=NULL
    );
    drop table if exists `db`.`main`.`m__dbt_backup`;
    alter table `db`.`main`.`m` rename to `m__dbt_backup`;
    alter table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4` rename to `m`;
    drop table if exists `db`.`main`.`m__dbt_backup`;
    ");
}

#[test]
fn partitions_can_be_copied_instead_of_merged() {
    let case = case(
        BigQuery,
        json!({
            "materialized": "incremental",
            "incremental_strategy": "insert_overwrite",
            "partition_by": {"field": "day", "data_type": "date", "copy_partitions": true},
        }),
    )
    .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"
    create or replace table `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    partition by day
    OPTIONS(
        expiration_timestamp=TIMESTAMP_ADD(CURRENT_TIMESTAMP(), INTERVAL 12 hour)
    )
    as (
    select 1 as id
    );
    -- then
    select distinct format_timestamp('%Y%m%d', cast(date(day) as timestamp))
    from `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    -- then
    copy `db`.`main`.`m__dbt_tmp_0193a1b2c3d4$20240101` replace `db`.`main`.`m$20240101`
    -- then
    drop table if exists `db`.`main`.`m__dbt_tmp_0193a1b2c3d4`
    ");
}

#[test]
fn copying_partitions_needs_a_strategy_that_overwrites() {
    let case = case(
        BigQuery,
        json!({
            "materialized": "incremental", "partition_by": {"field": "day", "data_type": "date", "copy_partitions": true},
        }),
    )
    .over("m", RelationKind::Table);
    assert_snapshot!(case.statements(), @"error: The 'copy_partitions' option requires the 'incremental_strategy' option to be set to 'insert_overwrite' or 'microbatch'.");
}

#[test]
fn a_snapshot_begins_with_the_rows_of_its_query() {
    let case = case(
        DuckDb,
        json!({"materialized": "snapshot", "strategy": "timestamp", "unique_key": "id", "updated_at": "seen_at"}),
    );
    assert_snapshot!(case.statements(), @r#"
    select * from (
        select *,
        md5(coalesce(cast(id as varchar ), '') || '|' || coalesce(cast(seen_at as varchar ), '')) as dbt_scd_id,
        seen_at as dbt_updated_at,
        seen_at as dbt_valid_from,
        coalesce(nullif(seen_at, seen_at), null) as dbt_valid_to
    from (
        select 1 as id
    ) sbq
    ) as __dbt_sbq
    where false
    limit 0
    -- then
    begin transaction
    -- then
    create table "db"."main"."m" as (
    select *,
        md5(coalesce(cast(id as varchar ), '') || '|' || coalesce(cast(seen_at as varchar ), '')) as dbt_scd_id,
        seen_at as dbt_updated_at,
        seen_at as dbt_valid_from,
        coalesce(nullif(seen_at, seen_at), null) as dbt_valid_to
    from (
        select 1 as id
    ) sbq
    );
    -- then
    commit
    "#);
}

#[test]
fn a_materialized_view_is_made_and_duckdb_has_none() {
    let bigquery = case(BigQuery, json!({"materialized": "materialized_view", "cluster_by": ["area"]}));
    assert_snapshot!(bigquery.statements(), @"
    create materialized view if not exists `db`.`main`.`m`
    cluster by area
    OPTIONS(
        enable_refresh=True,
        refresh_interval_minutes=30
    )
    as select 1 as id
    ");
    let duckdb = case(DuckDb, json!({"materialized": "materialized_view"}));
    assert_snapshot!(duckdb.statements(), @"error: DuckDB has no materialized views: model `m` can be a view, or a table that each run makes anew");
}

#[test]
fn external_models_are_refused_by_name() {
    let case = case(DuckDb, json!({"materialized": "external"}));
    assert_snapshot!(case.statements(), @"error: materialization `external` is not supported yet: model `m` can be a table, and a post-hook can copy it to a file");
}

#[test]
fn a_contract_becomes_columns_and_constraints() {
    let column = |name: &str, data_type: &str, constraints: Json| ColumnFacts {
        name: name.to_string(),
        description: String::new(),
        doc_blocks: Vec::new(),
        data_type: Some(data_type.to_string()),
        meta: JsonMap::new(),
        tags: Vec::new(),
        constraints: constraints.as_array().cloned().unwrap_or_default(),
        quote: None,
        granularity: None,
        extra: JsonMap::new(),
        span: None,
    };
    let contract = json!({"materialized": "table", "contract": {"enforced": true}});
    let keys = json!([{"type": "not_null"}, {"type": "primary_key"}]);
    let case = |kind, data_type: &'static str| {
        case(kind, contract.clone()).statements_of(|node: &mut Node| {
            node.columns.insert("id".to_string(), column("id", data_type, keys.clone()));
            node.columns.insert("seen_at".to_string(), column("seen_at", "timestamp", json!([])));
        })
    };
    assert_snapshot!(case(DuckDb, "bigint"), @r#"
    begin transaction
    -- then
    select * from (
        select 1 as id
    ) as __dbt_sbq
    where false
    limit 0
    -- then
    select * from (
        select cast(null as bigint) as id, cast(null as timestamp) as seen_at
    ) as __dbt_sbq
    where false
    limit 0
    -- then
    create table "db"."main"."m" (
        id bigint not null primary key,
        seen_at timestamp
    ) ;
    insert into "db"."main"."m" (
        id ,
        seen_at
    )
    (
    select id, seen_at
    from (
    select 1 as id
    ) as model_subq
    );
    -- then
    commit
    "#);
    assert_snapshot!(case(BigQuery, "int64"), @"
    select * from (
        select 1 as id
    ) as __dbt_sbq
    where false and current_timestamp() = current_timestamp()
    limit 0
    -- then
    select * from (
        select cast(null as int64) as id, cast(null as timestamp) as seen_at
    ) as __dbt_sbq
    where false and current_timestamp() = current_timestamp()
    limit 0
    -- then
    create or replace table `db`.`main`.`m`
    (
        id int64 not null primary key not enforced,
        seen_at timestamp
    )
    OPTIONS()
    as (
    select id, seen_at
    from (
    select 1 as id
    ) as model_subq
    );
    ");
}
