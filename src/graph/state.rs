//! An earlier run, and what has changed since: `state:`, `result:`, `source_status:`.
//!
//! Compares what was written, not what it rendered to, so that another target or another environment is not a
//! change. Source: dbt-core 1.12, `same_contents` of each resource; "State selection" in its documentation.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Method;
use super::method::choose;
use super::resource::Resource;
use crate::diagnostic::Diagnostic;
use crate::event::NodeStatus;
use crate::manifest::contract::contract_checksum;
use crate::manifest::shape;
use crate::manifest::{Json, JsonMap, Manifest, Node, NodeKind, UniqueId};

/// Artifacts of an earlier run. Each may be missing; what asks for it then says so.
#[derive(Clone, Debug, Default)]
pub struct PreviousState {
    /// The folder they were read from, as typed.
    pub folder: String,
    /// manifest.json as it stands: ours or dbt's, v4 or later.
    pub manifest: Option<Json>,
    /// Statuses of run_results.json by unique id.
    pub results: Option<BTreeMap<String, String>>,
    /// `max_loaded_at` of sources.json by unique id; `None` where the check failed.
    pub sources: Option<BTreeMap<String, Option<String>>>,
    /// The same of the current target folder.
    pub current_sources: Option<BTreeMap<String, Option<String>>>,
}

impl PreviousState {
    /// A resource as the earlier manifest has it.
    pub fn resource(&self, id: &str) -> Option<&JsonMap> {
        const MAPS: [&str; 8] =
            ["nodes", "sources", "exposures", "unit_tests", "metrics", "semantic_models", "saved_queries", "functions"];
        let manifest = self.manifest.as_ref()?;
        MAPS.iter().find_map(|map| manifest.get(map)?.get(id)?.as_object())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    New,
    Old,
    Modified,
    Unmodified,
    Body,
    Configs,
    Relation,
    PersistedDescriptions,
    Macros,
    Contract,
}

const CHANGES: [(&str, Change); 10] = [
    ("new", Change::New),
    ("old", Change::Old),
    ("modified", Change::Modified),
    ("unmodified", Change::Unmodified),
    ("modified.body", Change::Body),
    ("modified.configs", Change::Configs),
    ("modified.relation", Change::Relation),
    ("modified.persisted_descriptions", Change::PersistedDescriptions),
    ("modified.macros", Change::Macros),
    ("modified.contract", Change::Contract),
];

const STATUSES: [NodeStatus; 9] = [
    NodeStatus::Success,
    NodeStatus::Error,
    NodeStatus::Skipped,
    NodeStatus::PartialSuccess,
    NodeStatus::Pass,
    NodeStatus::Fail,
    NodeStatus::Warn,
    NodeStatus::RuntimeError,
    NodeStatus::NoOp,
];

/// One question about an earlier run, prepared.
pub(super) enum Comparison<'a> {
    State {
        state: &'a PreviousState,
        change: Change,
        changed_macros: HashSet<UniqueId>,
    },
    /// Ids that the earlier run gave the wanted answer for.
    Ids(HashSet<&'a str>),
}

impl<'a> Comparison<'a> {
    /// # Errors
    /// The value is not known, or the artifact it needs is missing.
    pub fn new(
        manifest: &Manifest,
        state: &'a PreviousState,
        method: Method,
        value: &str,
    ) -> Result<Self, Box<Diagnostic>> {
        match method {
            Method::Result => {
                let names = STATUSES.map(NodeStatus::name);
                let status = choose(method, value, names.map(|name| (name, name)).as_slice())?;
                let results = state.results.as_ref().ok_or_else(|| missing(state, method, "run_results.json"))?;
                let ids = results.iter().filter(|(_, found)| *found == status).map(|(id, _)| id.as_str());
                Ok(Self::Ids(ids.collect()))
            }
            Method::SourceStatus => {
                choose(method, value, &[("fresher", ())])?;
                let earlier = state.sources.as_ref().ok_or_else(|| missing(state, method, "sources.json"))?;
                let current = state.current_sources.as_ref();
                let current = current.ok_or_else(|| {
                    let problem = Diagnostic::error("no-state", "`source_status:` compares with a fresh sources.json");
                    Box::new(problem.help("run `source freshness` first"))
                })?;
                Ok(Self::Ids(fresher(earlier, current)))
            }
            _ => {
                let change = choose(method, value, &CHANGES)?;
                if state.manifest.is_none() {
                    return Err(missing(state, method, "manifest.json"));
                }
                Ok(Self::State { state, change, changed_macros: changed_macros(manifest, state) })
            }
        }
    }

    pub fn is_match(&self, id: &UniqueId, resource: Resource<'_>) -> bool {
        let (state, change, changed_macros) = match self {
            Self::Ids(ids) => return ids.contains(&**id),
            Self::State { state, change, changed_macros } => (state, change, changed_macros),
        };
        let old = state.resource(id);
        let has_changed_macro = || macros_of(resource).iter().any(|macro_| changed_macros.contains(macro_));
        match change {
            Change::New => old.is_none(),
            Change::Old => old.is_some(),
            Change::Modified => has_changed_macro() || is_changed(resource, old),
            Change::Unmodified => !has_changed_macro() && !is_changed(resource, old),
            Change::Macros => has_changed_macro(),
            Change::Body | Change::Configs | Change::Relation | Change::PersistedDescriptions | Change::Contract => {
                is_changed_in(*change, resource, old)
            }
        }
    }

    /// A contract that readers relied on was broken: an error for versioned models, else a warning.
    pub fn breaking_change(&self, node: &Node) -> Option<Diagnostic> {
        let Self::State { state, change: Change::Modified | Change::Unmodified | Change::Contract, .. } = self else {
            return None;
        };
        let NodeKind::Model(model) = &node.kind else { return None };
        let breaks = contract_breaks(node, state.resource(&node.unique_id)?);
        if breaks.is_empty() {
            return None;
        }
        let message = format!("the contract of `{}` was broken since the earlier run", node.name);
        let problem = match &model.version {
            Some(_) => Diagnostic::error("contract-broken", message),
            None => Diagnostic::warning("contract-broken", message),
        };
        let span = node.patch_span.clone().unwrap_or_else(|| node.code.clone());
        let problem = breaks.into_iter().fold(problem.at(span, ""), Diagnostic::note);
        Some(problem.help("restore the contract, or publish the change as a new version of the model"))
    }
}

fn missing(state: &PreviousState, method: Method, file: &str) -> Box<Diagnostic> {
    let message = format!("`{}:` needs {file}, which `{}` does not hold", method.name(), state.folder);
    Box::new(Diagnostic::error("no-state", message).help("point `--state` at the target folder of an earlier run"))
}

/// Sources loaded since, or checked for the first time; those whose check failed on either side are left out.
fn fresher<'a>(
    earlier: &'a BTreeMap<String, Option<String>>,
    current: &'a BTreeMap<String, Option<String>>,
) -> HashSet<&'a str> {
    let is_fresher = |id: &str, loaded_at: &str| match earlier.get(id) {
        None => true,
        Some(None) => false,
        Some(Some(before)) => loaded_at > before.as_str(),
    };
    let checked = current.iter().filter_map(|(id, loaded_at)| Some((id.as_str(), loaded_at.as_deref()?)));
    checked.filter(|(id, loaded_at)| is_fresher(id, loaded_at)).map(|(id, _)| id).collect()
}

/// Macros with another text than before, new ones, and all that call them.
///
/// Built-in macros are left out: another version of the tool is not a change of the project.
fn changed_macros(manifest: &Manifest, state: &PreviousState) -> HashSet<UniqueId> {
    let earlier = state.manifest.as_ref().and_then(|manifest| manifest.get("macros"));
    let mut callers: HashMap<&UniqueId, Vec<&UniqueId>> = HashMap::new();
    let mut found = Vec::new();
    for (id, macro_) in &manifest.macros {
        for called in &macro_.depends_on {
            callers.entry(called).or_default().push(id);
        }
        let is_built_in = macro_.file.absolute.as_os_str().is_empty();
        let before = earlier.and_then(|macros| macros.get(&**id)?.get("macro_sql")?.as_str());
        if !is_built_in && before.map(normal_code) != Some(normal_code(macro_.block.text())) {
            found.push(id);
        }
    }
    let mut changed: HashSet<UniqueId> = found.iter().map(|id| (*id).clone()).collect();
    while let Some(id) = found.pop() {
        for caller in callers.get(id).into_iter().flatten() {
            if changed.insert((*caller).clone()) {
                found.push(caller);
            }
        }
    }
    changed
}

fn macros_of<'a>(resource: Resource<'a>) -> &'a [UniqueId] {
    match resource {
        Resource::Node(node) => &node.depends_on.macros,
        Resource::UnitTest(test) => &test.depends_on.macros,
        Resource::Exposure(exposure) => &exposure.depends_on.macros,
        Resource::Other(other) => &other.depends_on.macros,
        Resource::Source(_) => &[],
    }
}

/// Line endings and white space at the ends of lines mean nothing.
fn normal_code(code: &str) -> Vec<&str> {
    code.trim().lines().map(str::trim_end).collect()
}

/// Whether the resource itself says something else than before.
fn is_changed(resource: Resource<'_>, old: Option<&JsonMap>) -> bool {
    match (resource, old) {
        // New nodes and unit tests are changes; other new resources are only new.
        (Resource::Node(_) | Resource::UnitTest(_), None) => true,
        (Resource::Source(_) | Resource::Exposure(_) | Resource::Other(_), None) => false,
        (Resource::Node(node), Some(old)) => is_node_changed(node, old),
        (Resource::UnitTest(test), Some(old)) => text(old, "checksum") != test.checksum.as_deref(),
        (Resource::Source(table), Some(old)) => {
            let new = shape::source_json(table);
            differ(&new, old, &["identifier", "fqn", "quoting", "freshness", "loaded_at_field", "external"])
                || config_differs(&table.unrendered_config, old, ConfigKeys::Node)
        }
        (Resource::Exposure(exposure), Some(old)) => {
            let new = shape::exposure_json(exposure);
            differ(&new, old, &["fqn", "type", "owner", "maturity", "url", "description", "label"])
                || dependencies(&new) != dependencies(old)
                || config_differs(&exposure.unrendered_config, old, ConfigKeys::Node)
        }
        (Resource::Other(other), Some(old)) => {
            const IGNORED: [&str; 6] = ["created_at", "tags", "metadata", "unrendered_config", "config", "path"];
            let new = shape::other_json(other);
            new.iter().any(|(key, value)| !IGNORED.contains(&key.as_str()) && !is_same(Some(value), old.get(key)))
        }
    }
}

fn is_node_changed(node: &Node, old: &JsonMap) -> bool {
    let resource = Resource::Node(node);
    let has = |change| is_changed_in(change, resource, Some(old));
    let fqn = || old.get("fqn") != Some(&Json::from(node.fqn.clone()));
    match &node.kind {
        NodeKind::DataTest(test) if test.generic.is_some() => has(Change::Configs) || fqn(),
        NodeKind::Model(_)
        | NodeKind::Seed(_)
        | NodeKind::Snapshot
        | NodeKind::DataTest(_)
        | NodeKind::Analysis
        | NodeKind::Hook(_)
        | NodeKind::Function(_) => {
            has(Change::Body)
                || has(Change::Configs)
                || has(Change::PersistedDescriptions)
                || fqn()
                || has(Change::Relation)
                || has(Change::Contract)
                || is_seen_otherwise(node, old)
                || is_called_otherwise(node, old)
        }
    }
}

/// What readers of a model rely on besides its rows.
fn is_seen_otherwise(node: &Node, old: &JsonMap) -> bool {
    let NodeKind::Model(model) = &node.kind else { return false };
    !is_same(model.latest_version.as_ref(), old.get("latest_version"))
        || text(old, "access") != Some(model.access.name())
        || text(old, "deprecation_date") != model.deprecation_date.as_deref()
}

/// The signature of a function; words that describe it do not count.
/// Source: dbt-core 1.12, `FunctionNode.same_contents`.
fn is_called_otherwise(node: &Node, old: &JsonMap) -> bool {
    if !matches!(node.kind, NodeKind::Function(_)) {
        return false;
    }
    let new = shape::node_json(node);
    let overloads = |json: &JsonMap| {
        let list = json.get("overloads").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let keys = ["defined_in", "arguments", "returns", "raw_body"];
        let overload = |overload: &Json| keys.map(|key| overload.get(key).cloned().unwrap_or_default());
        list.iter().map(overload).collect::<Vec<_>>()
    };
    differ(&new, old, &["arguments", "returns"]) || overloads(&new) != overloads(old)
}

/// One aspect; resources that do not have it never changed in it.
fn is_changed_in(change: Change, resource: Resource<'_>, old: Option<&JsonMap>) -> bool {
    match (change, resource, old) {
        (Change::Configs | Change::Relation, Resource::Source(_), None)
        | (Change::Configs, Resource::Exposure(_), None)
        | (_, Resource::Node(_), None) => true,
        (_, _, None) => false,
        (Change::Body, Resource::Node(node), Some(old)) => match &node.kind {
            NodeKind::Seed(_) => {
                old.get("checksum").and_then(|checksum| checksum.get("checksum")) != Some(&Json::from(&*node.checksum))
            }
            NodeKind::Model(_)
            | NodeKind::Snapshot
            | NodeKind::DataTest(_)
            | NodeKind::Analysis
            | NodeKind::Hook(_)
            | NodeKind::Function(_) => {
                let before = text(old, "raw_code").or_else(|| text(old, "raw_sql")).unwrap_or_default();
                normal_code(before) != normal_code(node.raw_code())
            }
        },
        (Change::Configs, Resource::Node(node), Some(old)) => {
            let keys = if matches!(node.kind, NodeKind::DataTest(_)) { ConfigKeys::Test } else { ConfigKeys::Node };
            config_differs(&node.unrendered_config, old, keys)
        }
        (Change::Configs, Resource::Source(table), Some(old)) => {
            config_differs(&table.unrendered_config, old, ConfigKeys::Node)
        }
        (Change::Configs, Resource::Exposure(exposure), Some(old)) => {
            config_differs(&exposure.unrendered_config, old, ConfigKeys::Node)
        }
        (Change::Relation, Resource::Node(node), Some(old)) => {
            let before = old.get("unrendered_config");
            ["database", "schema", "alias"]
                .iter()
                .any(|key| !is_same(node.unrendered_config.get(*key), before.and_then(|before| before.get(key))))
        }
        (Change::Relation, Resource::Source(table), Some(old)) => text(old, "identifier") != Some(&*table.identifier),
        (Change::PersistedDescriptions, Resource::Node(node), Some(old)) => is_persisted_text_changed(node, old),
        (Change::Contract, Resource::Node(node), Some(old)) => is_contract_changed(node, old),
        (_, _, Some(_)) => false,
    }
}

#[derive(Clone, Copy)]
enum ConfigKeys {
    /// All but names, tags and groups.
    Node,
    /// Those that decide whether a test fails.
    Test,
}

fn config_differs(new: &JsonMap, old: &JsonMap, keys: ConfigKeys) -> bool {
    const NOT_COMPARED: [&str; 5] = ["alias", "schema", "database", "tags", "group"];
    const OF_TESTS: [&str; 9] = [
        "severity",
        "where",
        "limit",
        "fail_calc",
        "warn_if",
        "error_if",
        "store_failures",
        "store_failures_as",
        "sql_header",
    ];
    let empty = JsonMap::new();
    let old = old.get("unrendered_config").and_then(Json::as_object).unwrap_or(&empty);
    let is_compared = |key: &str| match keys {
        ConfigKeys::Node => !NOT_COMPARED.contains(&key),
        ConfigKeys::Test => OF_TESTS.contains(&key),
    };
    let mut names = new.keys().chain(old.keys()).map(String::as_str).filter(|key| is_compared(key));
    names.any(|key| !is_same(new.get(key), old.get(key)))
}

fn is_persisted_text_changed(node: &Node, old: &JsonMap) -> bool {
    let persists = |what: &str| {
        node.config.get("persist_docs").and_then(|docs| docs.get(what)).and_then(Json::as_bool) == Some(true)
    };
    if persists("relation") && text(old, "description").unwrap_or_default() != node.description {
        return true;
    }
    if !persists("columns") {
        return false;
    }
    let empty = JsonMap::new();
    let before = old.get("columns").and_then(Json::as_object).unwrap_or(&empty);
    let before: BTreeMap<&str, &str> = before
        .iter()
        .map(|(name, column)| (name.as_str(), column.get("description").and_then(Json::as_str).unwrap_or_default()))
        .collect();
    let now: BTreeMap<&str, &str> =
        node.columns.iter().map(|(name, column)| (name.as_str(), column.description.as_str())).collect();
    before != now
}

fn is_contract_changed(node: &Node, old: &JsonMap) -> bool {
    let before = old.get("contract");
    let was_enforced = before.and_then(|contract| contract.get("enforced")).and_then(Json::as_bool) == Some(true);
    let checksum = contract_checksum(node);
    match (was_enforced, checksum) {
        (false, None) => false,
        (true, Some(checksum)) => {
            before.and_then(|contract| contract.get("checksum")).and_then(Json::as_str) != Some(&checksum)
        }
        (true, None) | (false, Some(_)) => true,
    }
}

/// What readers lose: an enforced contract dropped, columns gone, types that hold something else.
fn contract_breaks(node: &Node, old: &JsonMap) -> Vec<String> {
    let mut breaks = Vec::new();
    let was_enforced = old.get("contract").and_then(|contract| contract.get("enforced")).and_then(Json::as_bool);
    if was_enforced != Some(true) {
        return breaks;
    }
    if contract_checksum(node).is_none() {
        breaks.push("the contract is no longer enforced".to_string());
    }
    let empty = JsonMap::new();
    for (name, column) in old.get("columns").and_then(Json::as_object).unwrap_or(&empty) {
        let before = column.get("data_type").and_then(Json::as_str);
        match node.columns.get(name).map(|column| column.data_type.as_deref()) {
            None => breaks.push(format!("column `{name}` was removed")),
            Some(now) if base_type(now) != base_type(before) => {
                let shown = |data_type: Option<&str>| data_type.unwrap_or("no type").to_string();
                breaks.push(format!("column `{name}` changed from {} to {}", shown(before), shown(now)));
            }
            Some(_) => {}
        }
    }
    breaks
}

/// `VARCHAR(10)` and `varchar` hold the same kind of thing.
fn base_type(data_type: Option<&str>) -> Option<String> {
    data_type.map(|data_type| data_type.split('(').next().unwrap_or_default().trim().to_lowercase())
}

fn text<'a>(map: &'a JsonMap, key: &str) -> Option<&'a str> {
    map.get(key).and_then(Json::as_str)
}

fn differ(new: &JsonMap, old: &JsonMap, keys: &[&str]) -> bool {
    keys.iter().any(|key| !is_same(new.get(*key), old.get(*key)))
}

/// A null says as little as nothing at all.
fn is_same(a: Option<&Json>, b: Option<&Json>) -> bool {
    a.filter(|value| !value.is_null()) == b.filter(|value| !value.is_null())
}

fn dependencies(shape: &JsonMap) -> HashSet<&str> {
    let nodes = shape.get("depends_on").and_then(|depends_on| depends_on.get("nodes")).and_then(Json::as_array);
    nodes.into_iter().flatten().filter_map(Json::as_str).collect()
}
