//! Keys of property ymls.
//!
//! Sources: dbt-core 1.12, `contracts/graph/unparsed.py`; the spellings dbt v2 adds. Everything else is told.

use super::configs;
use super::shape::Keys;
use super::shape::Shape::{Free, List, Map, MapOrMaps, Tests, Text};

/// Keys whose value is a list of maps with a `name`.
pub(super) const LISTS: [&str; 14] = [
    "models",
    "seeds",
    "snapshots",
    "sources",
    "macros",
    "analyses",
    "exposures",
    "metrics",
    "semantic_models",
    "saved_queries",
    "functions",
    "unit_tests",
    "groups",
    "data_tests",
];

pub(super) static FILE: Keys = Keys::closed(
    "a property file",
    &[
        ("version", Free),
        ("models", List(&Map(&MODEL))),
        ("seeds", List(&Map(&SEED))),
        ("snapshots", List(&Map(&SNAPSHOT))),
        ("sources", List(&Map(&SOURCE))),
        ("macros", List(&Map(&MACRO))),
        ("analyses", List(&Map(&ANALYSIS))),
        ("exposures", List(&Map(&EXPOSURE))),
        ("unit_tests", List(&Map(&UNIT_TEST))),
        ("data_tests", List(&Map(&SINGULAR_TEST))),
        // What stands in it, dbt never reads.
        ("tests", Free),
        ("groups", List(&Map(&GROUP))),
        ("metrics", List(&Map(&METRIC))),
        ("semantic_models", List(&Map(&SEMANTIC_MODEL))),
        ("saved_queries", List(&Map(&SAVED_QUERY))),
        ("functions", List(&Map(&FUNCTION))),
        // `ingest` has positions and rules of its own, and checks its keys itself.
        ("ingest", Free),
        ("anchors", Free),
    ],
);

static MODEL: Keys = Keys::closed(
    "a model",
    &[
        ("name", Free),
        ("description", Text),
        ("config", Map(&configs::MODEL)),
        ("columns", List(&Map(&COLUMN))),
        ("data_tests", Tests),
        ("tests", Tests),
        ("constraints", List(&Map(&CONSTRAINT))),
        ("versions", List(&Map(&VERSION))),
        ("latest_version", Free),
        ("deprecation_date", Free),
        ("access", Free),
        ("group", Free),
        ("meta", Free),
        ("docs", Map(&configs::DOCS)),
        ("data_type", Text),
        ("quote_columns", Free),
        ("freshness", Map(&configs::FRESHNESS)),
        ("time_spine", Map(&TIME_SPINE)),
        ("semantic_model", MapOrMaps(&MODEL_SEMANTICS)),
        ("primary_entity", Free),
        ("agg_time_dimension", Free),
        ("metrics", List(&Map(&METRIC))),
        ("derived_semantics", Map(&DERIVED)),
        ("identifier", Text),
        ("static_analysis_off_reason", Free),
    ],
);

static VERSION: Keys = Keys::closed(
    "a version of a model",
    &[
        ("v", Free),
        ("defined_in", Free),
        ("description", Text),
        ("access", Free),
        ("config", Map(&configs::MODEL)),
        ("columns", List(&Map(&VERSION_COLUMN))),
        ("data_tests", Tests),
        ("tests", Tests),
        ("constraints", List(&Map(&CONSTRAINT))),
        ("docs", Map(&configs::DOCS)),
        ("meta", Free),
        ("deprecation_date", Free),
    ],
);

static SEED: Keys = Keys::closed(
    "a seed",
    &[
        ("name", Free),
        ("description", Text),
        ("config", Map(&configs::SEED)),
        ("columns", List(&Map(&COLUMN))),
        ("data_tests", Tests),
        ("tests", Tests),
        ("access", Free),
        ("group", Free),
        ("meta", Free),
        ("docs", Map(&configs::DOCS)),
        ("data_type", Text),
        ("constraints", List(&Map(&CONSTRAINT))),
        ("quote_columns", Free),
        ("static_analysis_off_reason", Free),
    ],
);

static SNAPSHOT: Keys = Keys::closed(
    "a snapshot",
    &[
        ("name", Free),
        ("relation", Free),
        ("description", Text),
        ("config", Map(&configs::SNAPSHOT)),
        ("columns", List(&Map(&COLUMN))),
        ("data_tests", Tests),
        ("tests", Tests),
        ("access", Free),
        ("group", Free),
        ("meta", Free),
        ("docs", Map(&configs::DOCS)),
        ("data_type", Text),
        ("constraints", List(&Map(&CONSTRAINT))),
        ("quote_columns", Free),
        ("static_analysis_off_reason", Free),
    ],
);

static SOURCE: Keys = Keys::closed(
    "a source",
    &[
        ("name", Free),
        ("description", Text),
        ("database", Text),
        ("project", Text),
        ("catalog", Free),
        ("schema", Text),
        ("dataset", Text),
        ("loader", Text),
        ("loaded_at_field", Text),
        ("loaded_at_query", Free),
        ("freshness", Map(&configs::FRESHNESS)),
        ("quoting", Map(&configs::QUOTING)),
        ("meta", Free),
        ("tags", Free),
        ("overrides", Free),
        ("config", Map(&configs::SOURCE)),
        ("tables", List(&Map(&SOURCE_TABLE))),
    ],
);

static SOURCE_TABLE: Keys = Keys::closed(
    "a source table",
    &[
        ("name", Free),
        ("description", Text),
        ("identifier", Text),
        ("loader", Text),
        ("loaded_at_field", Text),
        ("loaded_at_query", Free),
        ("freshness", Map(&configs::FRESHNESS)),
        ("quoting", Map(&configs::QUOTING)),
        ("external", Free),
        ("meta", Free),
        ("tags", Free),
        ("docs", Map(&configs::DOCS)),
        ("data_type", Text),
        ("constraints", List(&Map(&CONSTRAINT))),
        ("config", Map(&configs::SOURCE)),
        ("columns", List(&Map(&COLUMN))),
        ("data_tests", Tests),
        ("tests", Tests),
        // Our own: how the table is filled. `ingest` checks what is below.
        ("ingest", Free),
    ],
);

static COLUMN: Keys = Keys::closed(
    "a column",
    &[
        ("name", Free),
        ("description", Text),
        ("data_type", Text),
        ("data_tests", Tests),
        ("tests", Tests),
        ("constraints", List(&Map(&CONSTRAINT))),
        ("quote", Free),
        ("tags", Free),
        ("meta", Free),
        ("docs", Map(&configs::DOCS)),
        ("config", Map(&configs::COLUMN)),
        ("policy_tags", Free),
        ("granularity", Free),
        ("dimension", MapOrMaps(&DIMENSION)),
        ("entity", MapOrMaps(&ENTITY)),
        ("classifiers", Free),
        ("column_mask", Free),
        ("databricks_tags", Free),
    ],
);

static VERSION_COLUMN: Keys = Keys::closed(
    "a column",
    &[
        ("include", Free),
        ("exclude", Free),
        ("name", Free),
        ("description", Text),
        ("data_type", Text),
        ("data_tests", Tests),
        ("tests", Tests),
        ("constraints", List(&Map(&CONSTRAINT))),
        ("quote", Free),
        ("tags", Free),
        ("meta", Free),
        ("docs", Map(&configs::DOCS)),
        ("config", Map(&configs::COLUMN)),
        ("policy_tags", Free),
        ("granularity", Free),
        ("dimension", MapOrMaps(&DIMENSION)),
        ("entity", MapOrMaps(&ENTITY)),
        ("column_mask", Free),
        ("databricks_tags", Free),
    ],
);

static CONSTRAINT: Keys = Keys::closed(
    "a constraint",
    &[
        ("type", Free),
        ("name", Free),
        ("expression", Free),
        ("columns", Free),
        ("to", Free),
        ("to_columns", Free),
        ("warn_unenforced", Free),
        ("warn_unsupported", Free),
    ],
);

/// Arguments of a test are its own; these keys belong to every test.
pub(super) static TEST: Keys = Keys::open(
    "a test",
    &[
        ("config", Map(&configs::TEST)),
        ("arguments", Free),
        ("name", Free),
        ("test_name", Free),
        ("description", Text),
        ("column_name", Free),
        ("severity", Free),
        ("where", Free),
        ("limit", Free),
        ("error_if", Free),
        ("warn_if", Free),
        ("fail_calc", Free),
        ("store_failures", Free),
        ("store_failures_as", Free),
        ("enabled", Free),
        ("tags", Free),
        ("meta", Free),
        ("alias", Free),
        ("schema", Text),
        ("database", Text),
    ],
);

static BUILT_IN_ARGUMENTS: Keys = Keys::open(
    "a test's arguments",
    &[("values", Free), ("quote", Free), ("to", Free), ("field", Free), ("column_name", Free)],
);

/// dbt's own four tests. Open too: a project may put its own in their place.
pub(super) static BUILT_IN_TEST: Keys = Keys::open(
    "this test",
    &[
        ("values", Free),
        ("quote", Free),
        ("to", Free),
        ("field", Free),
        ("arguments", Map(&BUILT_IN_ARGUMENTS)),
        ("config", Map(&configs::TEST)),
        ("name", Free),
        ("description", Text),
        ("column_name", Free),
        ("severity", Free),
        ("where", Free),
        ("limit", Free),
        ("error_if", Free),
        ("warn_if", Free),
        ("fail_calc", Free),
        ("store_failures", Free),
        ("store_failures_as", Free),
        ("enabled", Free),
        ("tags", Free),
        ("meta", Free),
    ],
);

static SINGULAR_TEST: Keys = Keys::closed(
    "a singular test",
    &[
        ("name", Free),
        ("description", Text),
        ("config", Map(&configs::TEST)),
        ("meta", Free),
        ("docs", Map(&configs::DOCS)),
        ("data_type", Text),
        ("constraints", Free),
        ("static_analysis_off_reason", Free),
    ],
);

static MACRO: Keys = Keys::closed(
    "a macro",
    &[
        ("name", Free),
        ("description", Text),
        ("arguments", List(&Map(&MACRO_ARGUMENT))),
        ("docs", Map(&configs::DOCS)),
        ("meta", Free),
        ("config", Map(&configs::OTHER)),
        ("data_type", Text),
        ("constraints", Free),
    ],
);

static MACRO_ARGUMENT: Keys =
    Keys::closed("an argument of a macro", &[("name", Free), ("type", Free), ("description", Text)]);

static ANALYSIS: Keys = Keys::closed(
    "an analysis",
    &[
        ("name", Free),
        ("description", Text),
        ("config", Map(&configs::OTHER)),
        ("columns", List(&Map(&COLUMN))),
        ("docs", Map(&configs::DOCS)),
        ("meta", Free),
        ("group", Free),
        ("access", Free),
        ("tags", Free),
        ("data_type", Text),
        ("constraints", Free),
        ("static_analysis_off_reason", Free),
    ],
);

static EXPOSURE: Keys = Keys::closed(
    "an exposure",
    &[
        ("name", Free),
        ("type", Free),
        ("owner", Free),
        ("description", Text),
        ("label", Text),
        ("maturity", Free),
        ("url", Text),
        ("depends_on", Free),
        ("meta", Free),
        ("tags", Free),
        ("config", Map(&configs::OTHER)),
    ],
);

static UNIT_TEST: Keys = Keys::closed(
    "a unit test",
    &[
        ("name", Free),
        ("model", Free),
        ("description", Text),
        ("given", List(&Map(&GIVEN))),
        ("expect", Map(&EXPECT)),
        ("overrides", Map(&OVERRIDES)),
        ("versions", Map(&VERSIONS_TESTED)),
        ("config", Map(&configs::UNIT_TEST)),
        ("static_analysis_off_reason", Free),
    ],
);

static GIVEN: Keys =
    Keys::closed("an input of a unit test", &[("input", Free), ("rows", Free), ("format", Free), ("fixture", Free)]);
static EXPECT: Keys = Keys::closed("`expect` of a unit test", &[("rows", Free), ("format", Free), ("fixture", Free)]);
static OVERRIDES: Keys =
    Keys::closed("`overrides` of a unit test", &[("macros", Free), ("vars", Free), ("env_vars", Free)]);
static VERSIONS_TESTED: Keys = Keys::closed("`versions` of a unit test", &[("include", Free), ("exclude", Free)]);

static GROUP: Keys = Keys::closed(
    "a group",
    &[("name", Free), ("owner", Free), ("description", Text), ("config", Map(&configs::OTHER))],
);

static FUNCTION: Keys = Keys::closed(
    "a function",
    &[
        ("name", Free),
        ("description", Text),
        ("arguments", List(&Map(&FUNCTION_ARGUMENT))),
        ("returns", Map(&RETURNS)),
        ("overloads", List(&Map(&OVERLOAD))),
        ("config", Map(&configs::FUNCTION)),
        ("data_tests", Tests),
        ("tests", Tests),
        ("access", Free),
        ("group", Free),
        ("meta", Free),
        ("docs", Map(&configs::DOCS)),
        ("data_type", Text),
        ("constraints", Free),
        ("identifier", Text),
        ("language", Free),
        ("static_analysis_off_reason", Free),
    ],
);

static FUNCTION_ARGUMENT: Keys = Keys::closed(
    "an argument of a function",
    &[("name", Free), ("data_type", Text), ("description", Text), ("default_value", Free)],
);
static RETURNS: Keys = Keys::open("`returns`", &[("data_type", Text), ("description", Text), ("columns", Free)]);
static OVERLOAD: Keys = Keys::closed(
    "an overload",
    &[
        ("defined_in", Free),
        ("arguments", List(&Map(&FUNCTION_ARGUMENT))),
        ("returns", Map(&RETURNS)),
        ("description", Text),
    ],
);

static TIME_SPINE: Keys = Keys::closed(
    "`time_spine`",
    &[("standard_granularity_column", Free), ("custom_granularities", List(&Map(&CUSTOM_GRANULARITY)))],
);
static CUSTOM_GRANULARITY: Keys = Keys::closed("a granularity", &[("name", Free), ("column_name", Free)]);
static MODEL_SEMANTICS: Keys =
    Keys::closed("`semantic_model`", &[("name", Free), ("enabled", Free), ("group", Free), ("config", Free)]);
static DERIVED: Keys =
    Keys::closed("`derived_semantics`", &[("entities", List(&Map(&ENTITY))), ("dimensions", List(&Map(&DIMENSION)))]);

static SEMANTIC_MODEL: Keys = Keys::closed(
    "a semantic model",
    &[
        ("name", Free),
        ("model", Free),
        ("description", Text),
        ("label", Text),
        ("defaults", Map(&DEFAULTS)),
        ("entities", List(&Map(&ENTITY))),
        ("measures", List(&Map(&MEASURE))),
        ("dimensions", List(&Map(&DIMENSION))),
        ("primary_entity", Free),
        ("config", Map(&configs::OTHER)),
        ("meta", Free),
    ],
);

static DEFAULTS: Keys = Keys::closed("`defaults`", &[("agg_time_dimension", Free)]);
static ENTITY: Keys = Keys::closed(
    "an entity",
    &[
        ("name", Free),
        ("type", Free),
        ("description", Text),
        ("label", Text),
        ("role", Free),
        ("expr", Free),
        ("config", Map(&configs::OTHER)),
    ],
);
static DIMENSION: Keys = Keys::closed(
    "a dimension",
    &[
        ("name", Free),
        ("type", Free),
        ("description", Text),
        ("label", Text),
        ("is_partition", Free),
        ("type_params", Map(&DIMENSION_PARAMS)),
        ("validity_params", Map(&VALIDITY)),
        ("granularity", Free),
        ("expr", Free),
        ("config", Map(&configs::OTHER)),
    ],
);
static DIMENSION_PARAMS: Keys =
    Keys::closed("`type_params`", &[("time_granularity", Free), ("validity_params", Map(&VALIDITY))]);
static VALIDITY: Keys = Keys::closed("`validity_params`", &[("is_start", Free), ("is_end", Free)]);
static MEASURE: Keys = Keys::closed(
    "a measure",
    &[
        ("name", Free),
        ("agg", Free),
        ("description", Text),
        ("label", Text),
        ("expr", Free),
        ("agg_params", Map(&AGG_PARAMS)),
        ("non_additive_dimension", Map(&NON_ADDITIVE)),
        ("agg_time_dimension", Free),
        ("create_metric", Free),
        ("config", Map(&configs::OTHER)),
    ],
);
static AGG_PARAMS: Keys = Keys::closed(
    "`agg_params`",
    &[("percentile", Free), ("use_discrete_percentile", Free), ("use_approximate_percentile", Free)],
);
static NON_ADDITIVE: Keys = Keys::closed(
    "`non_additive_dimension`",
    &[("name", Free), ("window_choice", Free), ("window_groupings", Free), ("window_agg", Free), ("group_by", Free)],
);

static METRIC: Keys = Keys::closed(
    "a metric",
    &[
        ("name", Free),
        ("type", Free),
        ("label", Text),
        ("description", Text),
        ("filter", Free),
        ("time_granularity", Free),
        ("config", Map(&configs::OTHER)),
        ("type_params", Map(&METRIC_PARAMS)),
        ("meta", Free),
        ("tags", Free),
        ("hidden", Free),
        ("agg", Free),
        ("percentile", Free),
        ("percentile_type", Free),
        ("join_to_timespine", Free),
        ("fill_nulls_with", Free),
        ("expr", Free),
        ("non_additive_dimension", Map(&NON_ADDITIVE)),
        ("agg_time_dimension", Free),
        ("window", Free),
        ("grain_to_date", Free),
        ("period_agg", Free),
        ("input_metric", MapOrMaps(&METRIC_INPUT)),
        ("input_metrics", List(&MapOrMaps(&METRIC_INPUT))),
        ("numerator", MapOrMaps(&METRIC_INPUT)),
        ("denominator", MapOrMaps(&METRIC_INPUT)),
        ("entity", Free),
        ("calculation", Free),
        ("base_metric", MapOrMaps(&METRIC_INPUT)),
        ("conversion_metric", MapOrMaps(&METRIC_INPUT)),
        ("constant_properties", Free),
    ],
);
static METRIC_INPUT: Keys = Keys::closed(
    "an input of a metric",
    &[
        ("name", Free),
        ("filter", Free),
        ("alias", Free),
        ("offset_window", Free),
        ("offset_to_grain", Free),
        ("join_to_timespine", Free),
        ("fill_nulls_with", Free),
    ],
);
static METRIC_PARAMS: Keys = Keys::closed(
    "`type_params` of a metric",
    &[
        ("measure", MapOrMaps(&METRIC_INPUT)),
        ("numerator", MapOrMaps(&METRIC_INPUT)),
        ("denominator", MapOrMaps(&METRIC_INPUT)),
        ("expr", Free),
        ("window", Free),
        ("grain_to_date", Free),
        ("metrics", List(&MapOrMaps(&METRIC_INPUT))),
        ("conversion_type_params", Map(&CONVERSION)),
        ("cumulative_type_params", Map(&CUMULATIVE)),
    ],
);
static CONVERSION: Keys = Keys::closed(
    "`conversion_type_params`",
    &[
        ("base_measure", MapOrMaps(&METRIC_INPUT)),
        ("conversion_measure", MapOrMaps(&METRIC_INPUT)),
        ("entity", Free),
        ("calculation", Free),
        ("window", Free),
        ("constant_properties", Free),
    ],
);
static CUMULATIVE: Keys =
    Keys::closed("`cumulative_type_params`", &[("window", Free), ("grain_to_date", Free), ("period_agg", Free)]);

static SAVED_QUERY: Keys = Keys::closed(
    "a saved query",
    &[
        ("name", Free),
        ("description", Text),
        ("label", Text),
        ("query_params", Map(&QUERY_PARAMS)),
        ("exports", List(&Map(&EXPORT))),
        ("config", Map(&configs::OTHER)),
        ("tags", Free),
        ("meta", Free),
    ],
);
static QUERY_PARAMS: Keys = Keys::closed(
    "`query_params`",
    &[("metrics", Free), ("group_by", Free), ("where", Free), ("order_by", Free), ("limit", Free)],
);
static EXPORT: Keys = Keys::closed("an export", &[("name", Free), ("config", Map(&configs::OTHER))]);
