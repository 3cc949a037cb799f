//! Keys of dbt_project.yml, and of the trees of configs in it.
//!
//! Source: dbt-core 1.12, `contracts/project.py`.

use super::configs;
use super::shape::Shape::{Free, List, Map};
use super::shape::{Check, Keys};
use crate::diagnostic::Diagnostic;
use crate::project::yaml::{Yaml, YamlFile, YamlKind};

static FILE: Keys = Keys::closed(
    "dbt_project.yml",
    &[
        ("name", Free),
        ("version", Free),
        ("config-version", Free),
        ("project-root", Free),
        ("profile", Free),
        ("model-paths", Free),
        ("source-paths", Free),
        ("macro-paths", Free),
        ("seed-paths", Free),
        ("data-paths", Free),
        ("test-paths", Free),
        ("analysis-paths", Free),
        ("snapshot-paths", Free),
        ("docs-paths", Free),
        ("asset-paths", Free),
        ("function-paths", Free),
        ("osi-paths", Free),
        ("target-path", Free),
        ("log-path", Free),
        ("packages-install-path", Free),
        ("clean-targets", Free),
        ("quoting", Map(&configs::QUOTING)),
        ("on-run-start", Free),
        ("on-run-end", Free),
        ("require-dbt-version", Free),
        ("dispatch", List(&Map(&DISPATCH))),
        ("models", Free),
        ("seeds", Free),
        ("snapshots", Free),
        ("analyses", Free),
        ("sources", Free),
        ("tests", Free),
        ("data_tests", Free),
        ("unit_tests", Free),
        ("metrics", Free),
        ("semantic-models", Free),
        ("semantic_models", Free),
        ("saved-queries", Free),
        ("saved_queries", Free),
        ("exposures", Free),
        ("functions", Free),
        ("vars", Free),
        ("packages", Free),
        ("query-comment", Map(&QUERY_COMMENT)),
        ("restrict-access", Free),
        ("dbt-cloud", Free),
        ("flags", Map(&FLAGS)),
        ("sync", Free),
        ("anchors", Free),
    ],
);

static DISPATCH: Keys = Keys::closed("a rule of `dispatch`", &[("macro_namespace", Free), ("search_order", Free)]);
static QUERY_COMMENT: Keys =
    Keys::closed("`query-comment`", &[("comment", Free), ("append", Free), ("job-label", Free), ("job_label", Free)]);

/// Source: dbt-core 1.12, `ProjectFlags`.
static FLAGS: Keys = Keys::open(
    "`flags`",
    &[
        ("cache_selected_only", Free),
        ("debug", Free),
        ("fail_fast", Free),
        ("hints_enabled", Free),
        ("indirect_selection", Free),
        ("log_format", Free),
        ("log_format_file", Free),
        ("log_level", Free),
        ("log_level_file", Free),
        ("maximum_seed_size_mib", Free),
        ("partial_parse", Free),
        ("populate_cache", Free),
        ("printer_width", Free),
        ("send_anonymous_usage_stats", Free),
        ("static_parser", Free),
        ("use_colors", Free),
        ("use_colors_file", Free),
        ("use_experimental_parser", Free),
        ("version_check", Free),
        ("warn_error", Free),
        ("warn_error_options", Map(&WARN_ERROR)),
        ("write_json", Free),
        ("require_batched_execution_for_custom_microbatch_strategy", Free),
        ("require_event_names_in_deprecations", Free),
        ("require_explicit_package_overrides_for_builtin_materializations", Free),
        ("require_resource_names_without_spaces", Free),
        ("source_freshness_run_project_hooks", Free),
        ("skip_nodes_if_on_run_start_fails", Free),
        ("state_modified_compare_more_unrendered_values", Free),
        ("state_modified_compare_vars", Free),
        ("require_yaml_configuration_for_mf_time_spines", Free),
        ("require_nested_cumulative_type_params", Free),
        ("validate_macro_args", Free),
        ("require_all_warnings_handled_by_warn_error", Free),
        ("require_generic_test_arguments_property", Free),
        ("require_unique_project_resource_names", Free),
        ("require_ref_searches_node_package_before_root", Free),
        ("require_valid_schema_from_generate_schema_name", Free),
        ("allow_jinja_file_extensions", Free),
        ("require_sql_header_in_test_configs", Free),
        ("support_custom_ref_kwargs", Free),
        ("require_corrected_analysis_fqns", Free),
        ("require_source_and_semantic_model_names_without_spaces", Free),
        ("use_catalogs_v2", Free),
    ],
);
static WARN_ERROR: Keys = Keys::closed(
    "`warn_error_options`",
    &[("error", Free), ("warn", Free), ("silence", Free), ("include", Free), ("exclude", Free)],
);

/// The configs a tree of dbt_project.yml may set.
pub(super) fn configs_of(tree: &str) -> Option<&'static Keys> {
    Some(match tree {
        "models" => &configs::MODEL,
        "seeds" => &configs::SEED,
        "snapshots" => &configs::SNAPSHOT,
        "sources" => &configs::SOURCE,
        "tests" | "data_tests" => &configs::TEST,
        "unit_tests" => &configs::UNIT_TEST,
        "functions" => &configs::FUNCTION,
        "analyses" | "metrics" | "semantic-models" | "semantic_models" | "saved-queries" | "saved_queries"
        | "exposures" => &configs::OTHER,
        _ => return None,
    })
}

/// Whether an entry of a tree sets a config; otherwise it names a folder, a package or a resource.
/// Source: dbt-core 1.12, `BaseConfigGenerator.calculate_node_config`: a `+`, or a value that is no map.
pub(super) fn is_config(key: &str, value: &Yaml) -> bool {
    key.starts_with('+') || !matches!(value.kind, YamlKind::Map(_))
}

pub(in crate::project) fn check_project(file: &YamlFile) -> Vec<Diagnostic> {
    let mut check = Check::new(file);
    check.problems = Check::of(file, &FILE);
    for (key, tree) in file.root.entries() {
        if let Some(configs) = key.as_str().and_then(configs_of) {
            tree_of_configs(&mut check, tree, configs);
        }
    }
    check.problems
}

fn tree_of_configs(check: &mut Check<'_>, tree: &Yaml, configs: &'static Keys) {
    for (key, value) in tree.entries() {
        let name = key.key_text();
        if !is_config(&name, value) {
            tree_of_configs(check, value, configs);
            continue;
        }
        let name = name.trim_start_matches('+').trim();
        match configs.shape_of(name) {
            Some(shape) => check.value(value, shape),
            None => {
                let Some(near) = configs.near_miss(name) else { continue };
                let problem =
                    Diagnostic::warning("unknown-key", format!("unknown key `{name}` in {}", check.file.file.path));
                let problem = problem.at(check.file.span(key), format!("not a key of {}", configs.what));
                check.problems.push(problem.help(format!("did you mean `+{near}`?")));
            }
        }
    }
}
