//! The commands that work on a selection, and which kinds of resource each of them takes.

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::manifest::UniqueId;

/// A command that works on a selection of resources.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Compile,
    Run,
    Test,
    Build,
    Seed,
    Snapshot,
    Show,
    List,
    Clone,
    SourceFreshness,
    DocsGenerate,
}

/// What a resource is, in dbt's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ResourceType {
    Model,
    Seed,
    Snapshot,
    Test,
    UnitTest,
    Source,
    Exposure,
    Metric,
    SemanticModel,
    SavedQuery,
    Function,
    Analysis,
    Operation,
}

impl ResourceType {
    pub const ALL: [Self; 13] = [
        Self::Model,
        Self::Seed,
        Self::Snapshot,
        Self::Test,
        Self::UnitTest,
        Self::Source,
        Self::Exposure,
        Self::Metric,
        Self::SemanticModel,
        Self::SavedQuery,
        Self::Function,
        Self::Analysis,
        Self::Operation,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Seed => "seed",
            Self::Snapshot => "snapshot",
            Self::Test => "test",
            Self::UnitTest => "unit_test",
            Self::Source => "source",
            Self::Exposure => "exposure",
            Self::Metric => "metric",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::Function => "function",
            Self::Analysis => "analysis",
            Self::Operation => "operation",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind that the first part of an id tells.
    pub fn of(id: &UniqueId) -> Option<Self> {
        Self::from_name(id.resource_type())
    }
}

impl Command {
    /// Kinds the command takes when it is not told otherwise.
    /// Source: dbt-core 1.12, `resource_types` of each task.
    pub fn default_resource_types(self) -> &'static [ResourceType] {
        use ResourceType::*;
        match self {
            Self::Run => &[Model],
            Self::Test => &[Test, UnitTest],
            Self::Seed => &[Seed],
            Self::Snapshot => &[Snapshot],
            Self::SourceFreshness => &[Source],
            Self::Clone => &[Model, Seed, Snapshot],
            Self::Build => &[Model, Seed, Snapshot, Test, UnitTest, Exposure, SavedQuery, Function],
            // Hooks are operations; elsewhere they run with the command, and are not selected.
            Self::Compile | Self::DocsGenerate => &[Model, Seed, Snapshot, Test, Analysis, Function, Operation],
            Self::Show => &[Model, Seed, Snapshot, Test, Analysis, Function],
            Self::List => {
                &[Model, Seed, Snapshot, Test, UnitTest, Source, Exposure, Metric, SemanticModel, SavedQuery, Function]
            }
        }
    }

    /// Kinds that `--resource-type all` means.
    fn all_resource_types(self) -> Vec<ResourceType> {
        let mut kinds = self.default_resource_types().to_vec();
        match self {
            Self::List => kinds.push(ResourceType::Analysis),
            Self::Compile
            | Self::Run
            | Self::Test
            | Self::Build
            | Self::Seed
            | Self::Snapshot
            | Self::Show
            | Self::Clone
            | Self::SourceFreshness
            | Self::DocsGenerate => {}
        }
        kinds
    }

    /// Kinds to take, given `--resource-type` and `--exclude-resource-type` as typed.
    ///
    /// # Errors
    /// A word is no kind of resource.
    pub(super) fn resource_types(
        self,
        included: &[String],
        excluded: &[String],
    ) -> Result<BTreeSet<ResourceType>, Box<Diagnostic>> {
        let mut kinds = BTreeSet::new();
        for word in included {
            match word.as_str() {
                "all" => kinds.extend(self.all_resource_types()),
                "default" => kinds.extend(self.default_resource_types()),
                word => {
                    kinds.insert(parse(word, &["all", "default"])?);
                }
            }
        }
        if included.is_empty() {
            kinds.extend(self.default_resource_types());
        }
        for word in excluded {
            kinds.remove(&parse(word, &[])?);
        }
        Ok(kinds)
    }

    /// Whether nodes with empty code are kept: they are listed, but there is nothing to run in them.
    pub(super) fn includes_empty_nodes(self) -> bool {
        matches!(self, Self::List | Self::DocsGenerate)
    }
}

/// `unit_test` or `unit-test`, as dbt's command line writes some of them.
fn parse(word: &str, also_known: &[&str]) -> Result<ResourceType, Box<Diagnostic>> {
    ResourceType::from_name(&word.replace('-', "_")).ok_or_else(|| {
        let known: Vec<_> =
            ResourceType::ALL.iter().map(|kind| kind.name()).chain(also_known.iter().copied()).collect();
        let problem = Diagnostic::error("unknown-resource-type", format!("`{word}` is not a type of resource"));
        let problem = problem.suggest(word, known.iter().copied());
        let is_helped = problem.help.is_some();
        Box::new(if is_helped { problem } else { problem.help(format!("use one of {}", known.join(", "))) })
    })
}
