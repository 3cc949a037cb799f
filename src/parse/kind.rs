//! The kinds of resources a project declares, and under which keys their settings stand.
//!
//! Wider than `NodeKind`: sources, exposures and their like have configs too.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ResourceKind {
    Model,
    Seed,
    Snapshot,
    DataTest,
    Analysis,
    Operation,
    Source,
    Exposure,
    UnitTest,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
}

impl ResourceKind {
    /// Sections of dbt_project.yml that configure this kind, the newer spelling first; only one may be there.
    ///
    /// Analyses and hooks take their settings from `models`, as in dbt.
    /// Source: dbt-core 1.12, `RenderedConfig.get_config_dict`.
    pub(crate) fn project_sections(self) -> &'static [&'static str] {
        match self {
            Self::Model | Self::Analysis | Self::Operation => &["models"],
            Self::Seed => &["seeds"],
            Self::Snapshot => &["snapshots"],
            Self::DataTest => &["data_tests", "tests"],
            Self::Source => &["sources"],
            Self::Exposure => &["exposures"],
            Self::UnitTest => &["unit_tests"],
            Self::Metric => &["metrics"],
            Self::SemanticModel => &["semantic_models", "semantic-models"],
            Self::SavedQuery => &["saved_queries", "saved-queries"],
            Self::Function => &["functions"],
        }
    }

    /// dbt's `resource_type`: the first part of unique ids.
    pub(crate) fn resource_type(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::DataTest => "test",
            Self::Analysis => "analysis",
            Self::Operation => "operation",
            Self::Source => "source",
            Self::Exposure => "exposure",
            Self::UnitTest => "unit_test",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::Function => "function",
        }
    }

    /// What people call it.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::DataTest => "test",
            Self::Analysis => "analysis",
            Self::Operation => "hook",
            Self::Source => "source",
            Self::Exposure => "exposure",
            Self::UnitTest => "unit test",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic model",
            Self::SavedQuery => "saved query",
            Self::Function => "function",
        }
    }

    /// Kinds that `ref` can name.
    pub(crate) fn is_refable(self) -> bool {
        matches!(self, Self::Model | Self::Seed | Self::Snapshot)
    }
}
