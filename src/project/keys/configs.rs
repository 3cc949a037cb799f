//! Keys of `config:`, by kind of resource. All of them are open: a project may invent its own.
//!
//! Sources: dbt-core 1.12, `artifacts/resources/v1`; dbt-bigquery 1.12 and dbt-duckdb 1.11, their configs; the
//! spellings dbt v2 adds. Keys of other warehouses stand here too, so that nobody is told a wrong "did you mean".

use super::shape::Shape::{Free, List, Map, MapOrMaps};
use super::shape::{Keys, Shape};

type Known = (&'static str, Shape);

pub(super) static DOCS: Keys = Keys::closed("`docs`", &[("show", Free), ("node_color", Free)]);
static CONTRACT: Keys = Keys::closed("`contract`", &[("enforced", Free), ("alias_types", Free), ("checksum", Free)]);
static PERSIST_DOCS: Keys = Keys::closed("`persist_docs`", &[("relation", Free), ("columns", Free)]);
pub(super) static QUOTING: Keys = Keys::open(
    "`quoting`",
    &[
        ("database", Free),
        ("schema", Free),
        ("identifier", Free),
        ("column", Free),
        ("project", Free),
        ("dataset", Free),
    ],
);
static PERIOD: Keys = Keys::closed("a period", &[("count", Free), ("period", Free)]);
static BUILD_AFTER: Keys = Keys::closed("`build_after`", &[("count", Free), ("period", Free), ("updates_on", Free)]);
pub(super) static FRESHNESS: Keys = Keys::closed(
    "`freshness`",
    &[
        ("warn_after", Map(&PERIOD)),
        ("error_after", Map(&PERIOD)),
        ("filter", Free),
        ("build_after", Map(&BUILD_AFTER)),
        ("loaded_at_field", Free),
        ("loaded_at_query", Free),
    ],
);
static RANGE: Keys = Keys::closed("`range`", &[("start", Free), ("end", Free), ("interval", Free)]);
static PARTITION_BY: Keys = Keys::closed(
    "`partition_by`",
    &[
        ("field", Free),
        ("data_type", Free),
        ("granularity", Free),
        ("range", Map(&RANGE)),
        ("time_ingestion_partitioning", Free),
        ("copy_partitions", Free),
    ],
);
static SNAPSHOT_COLUMNS: Keys = Keys::closed(
    "`snapshot_meta_column_names`",
    &[
        ("dbt_valid_from", Free),
        ("dbt_valid_to", Free),
        ("dbt_scd_id", Free),
        ("dbt_updated_at", Free),
        ("dbt_is_deleted", Free),
    ],
);
static HOOK: Keys = Keys::closed("a hook", &[("sql", Free), ("transaction", Free), ("index", Free)]);
static VERSION_POINTER: Keys = Keys::closed("`latest_version_pointer`", &[("enabled", Free), ("alias", Free)]);
static ACCESS_TO: Keys =
    Keys::closed("`grant_access_to`", &[("project", Free), ("dataset", Free), ("database", Free), ("schema", Free)]);

/// Joins lists of keys at compile time.
macro_rules! keys {
    ($what:expr, $($list:expr),+) => {{
        const COUNT: usize = 0 $(+ $list.len())+;
        static KNOWN: [Known; COUNT] = {
            let mut all: [Known; COUNT] = [("", Free); COUNT];
            let mut at = 0;
            $(
                let list: &[Known] = $list;
                let mut index = 0;
                while index < list.len() {
                    all[at] = list[index];
                    at += 1;
                    index += 1;
                }
            )+
            all
        };
        Keys::open($what, &KNOWN)
    }};
}

const ANY: &[Known] = &[
    ("enabled", Free),
    ("tags", Free),
    ("meta", Free),
    ("group", Free),
    ("description", Free),
    ("docs", Map(&DOCS)),
    ("static_analysis", Free),
];

const NAMED: &[Known] = &[
    ("alias", Free),
    ("schema", Free),
    ("database", Free),
    ("dataset", Free),
    ("project", Free),
    ("catalog_name", Free),
    ("quoting", Map(&QUOTING)),
];

/// What is built in the warehouse: models, seeds, snapshots, functions.
const BUILT: &[Known] = &[
    ("materialized", Free),
    ("full_refresh", Free),
    ("persist_docs", Map(&PERSIST_DOCS)),
    ("pre_hook", MapOrMaps(&HOOK)),
    ("pre-hook", MapOrMaps(&HOOK)),
    ("post_hook", MapOrMaps(&HOOK)),
    ("post-hook", MapOrMaps(&HOOK)),
    ("grants", Free),
    ("column_types", Free),
    ("quote_columns", Free),
    ("event_time", Free),
    ("unique_key", Free),
    ("contract", Map(&CONTRACT)),
    ("on_error", Free),
    ("sql_header", Free),
];

const INCREMENTAL: &[Known] = &[
    ("incremental_strategy", Free),
    ("incremental_predicates", Free),
    ("predicates", Free),
    ("merge_update_columns", Free),
    ("merge_exclude_columns", Free),
    ("on_schema_change", Free),
    ("on_configuration_change", Free),
    ("batch_size", Free),
    ("lookback", Free),
    ("begin", Free),
    ("concurrent_batches", Free),
    ("access", Free),
    ("freshness", Map(&FRESHNESS)),
    ("packages", Free),
    ("latest_version_pointer", Map(&VERSION_POINTER)),
    ("state", Free),
    ("sync", Free),
    ("deprecation_date", Free),
];

/// Source: dbt-bigquery 1.12, `BigqueryConfig`.
const BIGQUERY: &[Known] = &[
    ("partition_by", Map(&PARTITION_BY)),
    ("cluster_by", Free),
    ("partitions", Free),
    ("kms_key_name", Free),
    ("labels", Free),
    ("labels_from_meta", Free),
    ("resource_tags", Free),
    ("grant_access_to", List(&Map(&ACCESS_TO))),
    ("hours_to_expiration", Free),
    ("require_partition_filter", Free),
    ("partition_expiration_days", Free),
    ("enable_refresh", Free),
    ("refresh_interval_minutes", Free),
    ("max_staleness", Free),
    ("enable_change_history", Free),
    ("enable_list_inference", Free),
    ("intermediate_format", Free),
    ("submission_method", Free),
    ("notebook_template_id", Free),
    ("job_execution_timeout_seconds", Free),
    ("maximum_bytes_billed", Free),
    ("priority", Free),
    ("reservation", Free),
    ("dataproc_cluster_name", Free),
    ("compute_region", Free),
    ("gcs_bucket", Free),
    ("jar_file_uri", Free),
    ("batch_id", Free),
    ("timeout", Free),
    ("storage_uri", Free),
    ("base_location_root", Free),
    ("base_location_subpath", Free),
    ("file_format", Free),
    ("table_format", Free),
    ("external_volume", Free),
];

/// Source: dbt-duckdb 1.11, `config.get` in its macros.
const DUCKDB: &[Known] = &[
    ("location", Free),
    ("format", Free),
    ("options", Free),
    ("delimiter", Free),
    ("partition_columns", Free),
    ("partitioned_by", Free),
    ("sorted_by", Free),
    ("sort_by", Free),
    ("parquet_read_options", Free),
    ("csv_read_options", Free),
    ("json_read_options", Free),
    ("plugin", Free),
    ("overrides", Free),
    ("glue_register", Free),
    ("glue_database", Free),
    ("fast", Free),
    ("indexes", Free),
    ("merge_clauses", Free),
    ("merge_update_condition", Free),
    ("merge_update_set_expressions", Free),
    ("merge_insert_condition", Free),
    ("merge_on_using_columns", Free),
    ("merge_returning_columns", Free),
    ("external_location", Free),
    ("formatter", Free),
];

/// Keys of warehouses other than ours, in projects that run on several.
const ELSEWHERE: &[Known] = &[
    ("transient", Free),
    ("copy_grants", Free),
    ("secure", Free),
    ("query_tag", Free),
    ("snowflake_warehouse", Free),
    ("target_lag", Free),
    ("sort", Free),
    ("sort_type", Free),
    ("dist", Free),
    ("bind", Free),
    ("backup", Free),
    ("tblproperties", Free),
    ("location_root", Free),
    ("liquid_clustered_by", Free),
    ("buckets", Free),
    ("clustered_by", Free),
    ("compression", Free),
    ("primary_key", Free),
    ("python_version", Free),
    ("imports", Free),
];

const TESTED: &[Known] = &[
    ("severity", Free),
    ("store_failures", Free),
    ("store_failures_as", Free),
    ("where", Free),
    ("limit", Free),
    ("fail_calc", Free),
    ("warn_if", Free),
    ("error_if", Free),
    ("sql_header", Free),
    ("materialized", Free),
];

const SNAPSHOTTED: &[Known] = &[
    ("strategy", Free),
    ("updated_at", Free),
    ("check_cols", Free),
    ("hard_deletes", Free),
    ("invalidate_hard_deletes", Free),
    ("dbt_valid_to_current", Free),
    ("snapshot_meta_column_names", Map(&SNAPSHOT_COLUMNS)),
    ("target_schema", Free),
    ("target_database", Free),
    ("target_dataset", Free),
    ("target_project", Free),
];

const LOADED: &[Known] = &[
    ("freshness", Map(&FRESHNESS)),
    ("loaded_at_field", Free),
    ("loaded_at_query", Free),
    ("event_time", Free),
    ("schema_origin", Free),
    ("sync", Free),
];

const CALLED: &[Known] = &[
    ("type", Free),
    ("volatility", Free),
    ("runtime_version", Free),
    ("entry_point", Free),
    ("access", Free),
    ("snowflake", Free),
];

pub(super) static MODEL: Keys = keys!("a model's config", ANY, NAMED, BUILT, INCREMENTAL, BIGQUERY, DUCKDB, ELSEWHERE);
pub(super) static SEED: Keys = keys!("a seed's config", ANY, NAMED, BUILT, BIGQUERY, DUCKDB, ELSEWHERE);
pub(super) static SNAPSHOT: Keys =
    keys!("a snapshot's config", ANY, NAMED, BUILT, SNAPSHOTTED, BIGQUERY, DUCKDB, ELSEWHERE);
pub(super) static FUNCTION: Keys = keys!("a function's config", ANY, NAMED, BUILT, CALLED, BIGQUERY);
pub(super) static TEST: Keys = keys!("a test's config", ANY, NAMED, TESTED, BIGQUERY);
pub(super) static SOURCE: Keys = keys!("a source's config", ANY, LOADED, DUCKDB, BIGQUERY);
pub(super) static UNIT_TEST: Keys = keys!("a unit test's config", ANY, BIGQUERY);
pub(super) static COLUMN: Keys = keys!("a column's config", ANY, &[("policy_tags", Free), ("databricks_tags", Free)]);
pub(super) static OTHER: Keys = keys!(
    "this config",
    ANY,
    &[("export_as", Free), ("schema", Free), ("alias", Free), ("cache", Free), ("agg_time_dimension", Free)]
);
