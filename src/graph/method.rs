//! Selector methods: how each of them recognises a node.
//! Source: dbt-core 1.12, `dbt.graph.selector_methods`.

use super::pattern::{matches, matches_file, matches_path};
use super::resource::Resource;
use super::selector::Criterion;
use super::state::Comparison;
use super::{PreviousState, ResourceType};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, Manifest, Node, NodeKind, UniqueId};

/// What stands before the colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Fqn,
    Tag,
    Group,
    Access,
    Source,
    Path,
    File,
    Package,
    Config,
    TestName,
    TestType,
    ResourceType,
    State,
    Exposure,
    Metric,
    Result,
    SourceStatus,
    Version,
    SemanticModel,
    SavedQuery,
    UnitTest,
    Selector,
}

impl Method {
    pub const ALL: [Self; 22] = [
        Self::Fqn,
        Self::Tag,
        Self::Group,
        Self::Access,
        Self::Source,
        Self::Path,
        Self::File,
        Self::Package,
        Self::Config,
        Self::TestName,
        Self::TestType,
        Self::ResourceType,
        Self::State,
        Self::Exposure,
        Self::Metric,
        Self::Result,
        Self::SourceStatus,
        Self::Version,
        Self::SemanticModel,
        Self::SavedQuery,
        Self::UnitTest,
        Self::Selector,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Fqn => "fqn",
            Self::Tag => "tag",
            Self::Group => "group",
            Self::Access => "access",
            Self::Source => "source",
            Self::Path => "path",
            Self::File => "file",
            Self::Package => "package",
            Self::Config => "config",
            Self::TestName => "test_name",
            Self::TestType => "test_type",
            Self::ResourceType => "resource_type",
            Self::State => "state",
            Self::Exposure => "exposure",
            Self::Metric => "metric",
            Self::Result => "result",
            Self::SourceStatus => "source_status",
            Self::Version => "version",
            Self::SemanticModel => "semantic_model",
            Self::SavedQuery => "saved_query",
            Self::UnitTest => "unit_test",
            Self::Selector => "selector",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}

/// Why a criterion cannot be answered; the caller knows the place.
type Refusal = Box<Diagnostic>;

/// A criterion made ready to be asked about thousands of nodes.
pub(super) struct Matcher<'a> {
    pub criterion: &'a Criterion,
    value: String,
    question: Question<'a>,
}

enum Question<'a> {
    /// The value says it all.
    Plain,
    ResourceType(ResourceType),
    TestType(TestType),
    Version(VersionType),
    /// Package, group and name patterns, from the right.
    Dotted(Vec<String>),
    Previous(Comparison<'a>),
}

#[derive(Clone, Copy)]
enum TestType {
    Generic,
    Singular,
    Data,
    Unit,
}

#[derive(Clone, Copy)]
enum VersionType {
    Latest,
    Prerelease,
    Old,
    None,
}

impl<'a> Matcher<'a> {
    /// # Errors
    /// The value is not one the method knows, or there is no earlier state to compare with.
    pub fn new(
        manifest: &Manifest,
        criterion: &'a Criterion,
        state: Option<&'a PreviousState>,
    ) -> Result<Self, Refusal> {
        let value = criterion.text();
        let question = match criterion.method {
            Method::Fqn
            | Method::Tag
            | Method::Group
            | Method::Access
            | Method::Path
            | Method::File
            | Method::Package
            | Method::Config
            | Method::TestName
            | Method::Selector => Question::Plain,
            Method::ResourceType => {
                Question::ResourceType(choice(criterion, &value, &ResourceType::ALL.map(|kind| (kind.name(), kind)))?)
            }
            Method::TestType => Question::TestType(choice(criterion, &value, &TEST_TYPES)?),
            Method::Version => Question::Version(choice(criterion, &value, &VERSION_TYPES)?),
            Method::Source => Question::Dotted(dotted(criterion, &value, 3)?),
            Method::Exposure | Method::Metric | Method::SemanticModel | Method::SavedQuery | Method::UnitTest => {
                Question::Dotted(dotted(criterion, &value, 2)?)
            }
            Method::State | Method::Result | Method::SourceStatus => {
                let state = state.ok_or_else(|| no_state(criterion))?;
                let comparison = Comparison::new(manifest, state, criterion.method, &value);
                Question::Previous(comparison.map_err(|problem| at(problem, criterion))?)
            }
        };
        Ok(Self { criterion, value, question })
    }

    pub fn is_match(&self, manifest: &Manifest, id: &UniqueId, resource: Resource<'_>) -> bool {
        let value = &self.value;
        match (self.criterion.method, &self.question) {
            (Method::Fqn, _) => !matches!(resource, Resource::Source(_)) && is_fqn_match(resource, value),
            (Method::Tag, _) => resource.has_tag(value),
            (Method::Group, _) => is_group_match(resource, value),
            (Method::Access, _) => {
                matches!(resource, Resource::Node(Node { kind: NodeKind::Model(model), .. })
                    if model.access.name() == value)
            }
            (Method::Path, _) => is_path_match(resource, value),
            (Method::File, _) => is_file_match(resource, value),
            (Method::Package, _) if value == "this" => resource.package_name() == manifest.project_name,
            (Method::Package, _) => matches(value, resource.package_name()),
            (Method::Config, _) => is_config_match(resource, self.criterion),
            (Method::TestName, _) => is_test_name_match(resource, value),
            (_, Question::ResourceType(kind)) => resource.kind() == Some(*kind),
            (_, Question::TestType(kind)) => is_test_type_match(resource, *kind),
            (_, Question::Version(kind)) => is_version_match(resource, *kind),
            (method, Question::Dotted(parts)) => is_dotted_match(method, resource, parts),
            (_, Question::Previous(comparison)) => comparison.is_match(id, resource),
            // `selector:` was resolved before anything is matched; the others were met above.
            (_, Question::Plain) => false,
        }
    }

    /// What to say about a matched node besides that it matched: a contract broken since the earlier run.
    pub fn remark(&self, resource: Resource<'_>) -> Option<Diagnostic> {
        match (&self.question, resource) {
            (Question::Previous(comparison), Resource::Node(node)) => comparison.breaking_change(node),
            (_, _) => None,
        }
    }
}

const TEST_TYPES: [(&str, TestType); 5] = [
    ("generic", TestType::Generic),
    ("schema", TestType::Generic),
    ("singular", TestType::Singular),
    ("data", TestType::Data),
    ("unit", TestType::Unit),
];

const VERSION_TYPES: [(&str, VersionType); 4] = [
    ("latest", VersionType::Latest),
    ("prerelease", VersionType::Prerelease),
    ("old", VersionType::Old),
    ("none", VersionType::None),
];

/// The one of a closed list that the value names.
pub(super) fn choose<T: Copy>(method: Method, value: &str, known: &[(&str, T)]) -> Result<T, Refusal> {
    if let Some((_, choice)) = known.iter().find(|(name, _)| *name == value) {
        return Ok(*choice);
    }
    let method = method.name();
    let names = || known.iter().map(|(name, _)| *name);
    let problem = Diagnostic::error("unknown-selector-value", format!("`{value}` is not a value of `{method}:`"))
        .suggest(value, names());
    let is_helped = problem.help.is_some();
    let list = names().collect::<Vec<_>>().join(", ");
    Err(Box::new(if is_helped { problem } else { problem.help(format!("use one of {list}")) }))
}

fn choice<T: Copy>(criterion: &Criterion, value: &str, known: &[(&str, T)]) -> Result<T, Refusal> {
    choose(criterion.method, value, known).map_err(|problem| at(problem, criterion))
}

/// `package.source.table`, `source.table` or `source`: at most `most` parts.
fn dotted(criterion: &Criterion, value: &str, most: usize) -> Result<Vec<String>, Refusal> {
    let parts: Vec<_> = value.split('.').map(str::to_string).collect();
    if parts.len() <= most {
        return Ok(parts);
    }
    let method = criterion.method.name();
    let problem = Diagnostic::error("invalid-selector", format!("`{value}` has more parts than `{method}:` takes"));
    let form = match most {
        3 => "write `source`, `source.table` or `package.source.table`".to_string(),
        _ => format!("write `{method}:name` or `{method}:package.name`"),
    };
    Err(at(Box::new(problem.help(form)), criterion))
}

fn no_state(criterion: &Criterion) -> Refusal {
    let method = criterion.method.name();
    let problem = Diagnostic::error("no-state", format!("`{method}:` needs an earlier run to compare with"))
        .help("pass the folder of its artifacts: `--state path/to/artifacts`");
    at(Box::new(problem), criterion)
}

fn at(problem: Box<Diagnostic>, criterion: &Criterion) -> Box<Diagnostic> {
    if problem.labels.is_empty() { Box::new(problem.at(criterion.span.clone(), "")) } else { problem }
}

/// The name alone, a dotted path from the package or below it, or either with wildcards.
fn is_fqn_match(resource: Resource<'_>, value: &str) -> bool {
    let fqn = resource.fqn();
    let is_versioned = resource.is_versioned();
    is_selected(fqn, value, is_versioned) || fqn.len() > 1 && is_selected(&fqn[1..], value, is_versioned)
}

fn is_selected(fqn: &[String], value: &str, is_versioned: bool) -> bool {
    let parts: Vec<&str> = value.split('.').collect();
    let leaf = match (is_versioned, fqn) {
        // The last part of a versioned model is its version: `dim` and `dim.v2` and `dim_v2` all name it.
        (true, [.., name, version]) => {
            let written = parts[parts.len().saturating_sub(2)..].join("_");
            if name == value || written == format!("{name}_{version}") {
                return true;
            }
            name
        }
        (_, [.., name]) if name == value => return true,
        (_, [.., name]) => name,
        (_, []) => return false,
    };
    // Dots in names count as separators too.
    let flat: Vec<&str> = fqn.iter().flat_map(|part| part.split('.')).collect();
    if flat.len() < parts.len() {
        return false;
    }
    for (index, part) in parts.iter().enumerate() {
        if part.contains(['*', '?', '[', ']']) {
            let rest = flat[index..].join(".");
            let is_bare = parts.len() == 1;
            return matches(&parts[index..].join("."), &rest) || is_bare && matches(value, leaf);
        }
        if flat[index] != *part {
            return false;
        }
    }
    true
}

fn is_group_match(resource: Resource<'_>, value: &str) -> bool {
    let has_groups = match resource {
        Resource::Node(_) => true,
        Resource::Other(other) => other.resource_type == "metric",
        Resource::Source(_) | Resource::UnitTest(_) | Resource::Exposure(_) => false,
    };
    has_groups && resource.config().text("group").is_some_and(|group| matches(value, group))
}

/// The file, a folder above it, or the yml that describes it (but not a folder above that yml).
fn is_path_match(resource: Resource<'_>, value: &str) -> bool {
    let described_in = match resource {
        Resource::Node(node) => node.patch_path.as_deref().and_then(|path| path.split_once("://")),
        Resource::Source(_) | Resource::UnitTest(_) | Resource::Exposure(_) | Resource::Other(_) => None,
    };
    matches_path(value, resource.original_file_path())
        || described_in.is_some_and(|(_, path)| matches_file(value, path))
}

fn is_file_match(resource: Resource<'_>, value: &str) -> bool {
    let path = resource.original_file_path();
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    matches(value, name) || matches(value, stem)
}

/// Sources are configurable too; other resources are not asked.
fn is_config_match(resource: Resource<'_>, criterion: &Criterion) -> bool {
    match resource {
        Resource::Node(_) | Resource::Source(_) => {}
        Resource::UnitTest(_) | Resource::Exposure(_) | Resource::Other(_) => return false,
    }
    let Some((first, rest)) = criterion.arguments.split_first() else { return false };
    let values = &resource.config().values;
    let found = values.get(first).or_else(|| values.get(&first.replace('_', "-")));
    let found = rest.iter().try_fold(found, |value, key| Some(value?.get(key)));
    let Some(Some(found)) = found else { return false };
    let is_severity = criterion.arguments == ["severity"];
    let is_equal = |found: &Json| is_config_value(found, &criterion.value, is_severity);
    match found {
        Json::Array(items) => items.iter().any(is_equal),
        found => is_equal(found),
    }
}

fn is_config_value(found: &Json, wanted: &Json, ignores_case: bool) -> bool {
    match (found, wanted) {
        (Json::Bool(found), Json::String(wanted)) => wanted.eq_ignore_ascii_case(if *found { "true" } else { "false" }),
        (Json::String(found), Json::String(wanted)) if ignores_case => found.eq_ignore_ascii_case(wanted),
        (found, wanted) => found == wanted,
    }
}

fn is_test_name_match(resource: Resource<'_>, value: &str) -> bool {
    match resource {
        Resource::Node(Node { kind: NodeKind::DataTest(test), .. }) => {
            test.generic.as_ref().is_some_and(|scope| matches(value, &scope.name))
        }
        Resource::UnitTest(test) => matches(value, &test.name),
        Resource::Node(_) | Resource::Source(_) | Resource::Exposure(_) | Resource::Other(_) => false,
    }
}

fn is_test_type_match(resource: Resource<'_>, kind: TestType) -> bool {
    match resource {
        Resource::Node(Node { kind: NodeKind::DataTest(test), .. }) => match kind {
            TestType::Generic => test.generic.is_some(),
            TestType::Singular => test.generic.is_none(),
            TestType::Data => true,
            TestType::Unit => false,
        },
        Resource::UnitTest(_) => matches!(kind, TestType::Unit),
        Resource::Node(_) | Resource::Source(_) | Resource::Exposure(_) | Resource::Other(_) => false,
    }
}

fn is_version_match(resource: Resource<'_>, kind: VersionType) -> bool {
    let Resource::Node(Node { kind: NodeKind::Model(model), .. }) = resource else { return false };
    let order = match (&model.version, &model.latest_version) {
        (Some(version), Some(latest)) => Some(compare_versions(version, latest)),
        (None, _) | (_, None) => None,
    };
    match kind {
        VersionType::Latest => model.version.is_some() && model.version == model.latest_version,
        VersionType::Prerelease => order == Some(std::cmp::Ordering::Greater),
        VersionType::Old => order == Some(std::cmp::Ordering::Less),
        VersionType::None => model.version.is_none(),
    }
}

/// Numbers as numbers, everything else as texts.
fn compare_versions(a: &Json, b: &Json) -> std::cmp::Ordering {
    let text = |version: &Json| version.as_str().map_or_else(|| version.to_string(), str::to_string);
    let (a, b) = (text(a), text(b));
    match (a.parse::<f64>(), b.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        (Err(_), _) | (_, Err(_)) => a.cmp(&b),
    }
}

fn is_dotted_match(method: Method, resource: Resource<'_>, parts: &[String]) -> bool {
    let is_kind = match (method, resource) {
        (Method::Source, Resource::Source(_))
        | (Method::Exposure, Resource::Exposure(_))
        | (Method::UnitTest, Resource::UnitTest(_)) => true,
        (Method::Metric | Method::SemanticModel | Method::SavedQuery, Resource::Other(other)) => {
            other.resource_type == method.name()
        }
        (_, _) => false,
    };
    if !is_kind {
        return false;
    }
    let package = resource.package_name();
    match (resource, parts) {
        (Resource::Source(table), [source]) => matches(source, &table.source_name),
        (Resource::Source(table), [source, name]) => matches(source, &table.source_name) && matches(name, &table.name),
        (Resource::Source(table), [package_name, source, name]) => {
            matches(package_name, package) && matches(source, &table.source_name) && matches(name, &table.name)
        }
        (_, [name]) => matches(name, resource.name()),
        (_, [package_name, name]) => matches(package_name, package) && matches(name, resource.name()),
        (_, _) => false,
    }
}
