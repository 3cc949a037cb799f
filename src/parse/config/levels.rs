//! Where configs are written, in the order they go over each other: defaults, dbt_project.yml of the package,
//! properties, the file itself, and dbt_project.yml of the root project for what belongs to a package.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use super::ConfigProblem;
use super::defaults::defaults;
use super::finish::finish;
use super::merge::{merge_level, normalized};
use crate::manifest::{Json, JsonMap};
use crate::parse::kind::ResourceKind;
use crate::relation::AdapterKind;

/// dbt_project.yml of every package, ready to be asked for the config of a node.
pub(crate) struct ConfigLevels<'a> {
    adapter: AdapterKind,
    /// The root project first, as in `Project::packages`.
    packages: Vec<PackageLevels<'a>>,
    /// Most resources of a folder have the same config from dbt_project.yml: merged and finished once.
    shared: RwLock<HashMap<SharedKey, Shared>>,
}

struct PackageLevels<'a> {
    rendered: &'a JsonMap,
    unrendered: JsonMap,
}

/// The kind, the package whose dbt_project.yml is read, and the addresses of the deepest sections that match.
type SharedKey = (ResourceKind, usize, usize, usize);

#[derive(Clone)]
struct Shared {
    merged: Arc<JsonMap>,
    finished: Arc<JsonMap>,
    /// Told once for the whole project by [`ConfigLevels::problems`].
    problems: Arc<[ConfigProblem]>,
}

/// What a node's config is made of beside dbt_project.yml.
pub(crate) struct ConfigRequest<'a> {
    pub kind: ResourceKind,
    /// Package whose dbt_project.yml is the lower one: the node's, or that of the properties file describing it.
    pub package: usize,
    pub fqn: &'a [String],
    /// `config:` of the properties.
    pub patch: &'a JsonMap,
    /// `config(…)` of the file itself.
    pub call: &'a JsonMap,
}

/// A node's config.
#[derive(Clone)]
pub(crate) struct Resolved {
    pub config: Arc<JsonMap>,
    /// As merged, where a null still stands for "none" (a test with `schema: null` lies in the target's schema).
    pub merged: Arc<JsonMap>,
    pub problems: Vec<ConfigProblem>,
}

const ROOT: usize = 0;

impl<'a> ConfigLevels<'a> {
    /// `packages`: dbt_project.yml of each, rendered and as written; the root project first.
    pub(crate) fn new(adapter: AdapterKind, packages: impl IntoIterator<Item = (&'a JsonMap, JsonMap)>) -> Self {
        let packages =
            packages.into_iter().map(|(rendered, unrendered)| PackageLevels { rendered, unrendered }).collect();
        Self { adapter, packages, shared: RwLock::default() }
    }

    pub(crate) fn resolve(&self, request: &ConfigRequest<'_>) -> Resolved {
        let over = if request.package == ROOT { Vec::new() } else { self.matching(ROOT, request.kind, request.fqn) };
        let below = self.matching(request.package, request.kind, request.fqn);
        if request.patch.is_empty() && request.call.is_empty() {
            let shared = self.shared(request, &below, &over);
            return Resolved { config: shared.finished, merged: shared.merged, problems: Vec::new() };
        }
        let shared = self.shared(request, &below, &[]);
        let mut merged = JsonMap::clone(&shared.merged);
        for level in [request.patch, request.call] {
            if !level.is_empty() {
                merge_level(request.kind, &mut merged, &normalized(self.adapter, level.clone()));
            }
        }
        for level in &over {
            merge_level(request.kind, &mut merged, &self.entries(level));
        }
        let mut config = merged.clone();
        let mut problems = finish(request.kind, &mut config);
        problems.retain(|problem| !shared.problems.contains(problem));
        if !over.is_empty() {
            let told = self.shared(request, &below, &over).problems;
            problems.retain(|problem| !told.contains(problem));
        }
        Resolved { config: Arc::new(config), merged: Arc::new(merged), problems }
    }

    /// Config values as written: later levels replace earlier ones, nothing is joined.
    pub(crate) fn unrendered(&self, request: &ConfigRequest<'_>) -> JsonMap {
        let mut result = JsonMap::new();
        // dbt looks for a function's unrendered config among those of models.
        let kind = if request.kind == ResourceKind::Function { ResourceKind::Model } else { request.kind };
        let mut put = |level: JsonMap| result.extend(aliased(self.adapter, level));
        for level in self.matching_unrendered(request.package, kind, request.fqn) {
            put(entries(level));
        }
        put(request.patch.clone());
        put(request.call.clone());
        if request.package != ROOT {
            for level in self.matching_unrendered(ROOT, kind, request.fqn) {
                put(entries(level));
            }
        }
        result
    }

    /// Problems of dbt_project.yml's own values, each once: `(package, problem)`.
    pub(crate) fn problems(&self, kinds: &[ResourceKind]) -> Vec<(usize, ConfigProblem)> {
        let mut found: Vec<(usize, ConfigProblem)> = Vec::new();
        for (index, package) in self.packages.iter().enumerate() {
            for &kind in kinds {
                let Some(section) = section(package.rendered, kind) else { continue };
                self.walk(section, &mut |level| {
                    let mut merged = defaults(kind).clone();
                    merge_level(kind, &mut merged, &self.entries(level));
                    for problem in finish(kind, &mut merged) {
                        if !found.contains(&(index, problem.clone())) {
                            found.push((index, problem));
                        }
                    }
                });
            }
        }
        found
    }

    fn walk(&self, level: &JsonMap, visit: &mut impl FnMut(&JsonMap)) {
        visit(level);
        for (key, value) in level {
            if let (false, Json::Object(deeper)) = (key.starts_with('+'), value) {
                self.walk(deeper, visit);
            }
        }
    }

    fn shared(&self, request: &ConfigRequest<'_>, below: &[&JsonMap], over: &[&JsonMap]) -> Shared {
        let address = |levels: &[&JsonMap]| levels.last().map_or(0, |level| std::ptr::from_ref(*level) as usize);
        let key = (request.kind, request.package, address(below), address(over));
        if let Some(shared) = self.shared.read().ok().and_then(|shared| shared.get(&key).cloned()) {
            return shared;
        }
        let mut merged = defaults(request.kind).clone();
        for level in below.iter().chain(over) {
            merge_level(request.kind, &mut merged, &self.entries(level));
        }
        let mut finished = merged.clone();
        let problems = finish(request.kind, &mut finished).into();
        let shared = Shared { merged: Arc::new(merged), finished: Arc::new(finished), problems };
        if let Ok(mut all) = self.shared.write() {
            all.insert(key, shared.clone());
        }
        shared
    }

    fn matching(&self, package: usize, kind: ResourceKind, fqn: &[String]) -> Vec<&JsonMap> {
        matching(self.packages[package].rendered, kind, fqn)
    }

    fn matching_unrendered(&self, package: usize, kind: ResourceKind, fqn: &[String]) -> Vec<&JsonMap> {
        // What was not rendered is found by the spelling with `_` alone.
        // Source: dbt-core 1.12, `UnrenderedConfig.get_config_dict`.
        match kind {
            ResourceKind::SemanticModel | ResourceKind::SavedQuery
                if !self.packages[package].unrendered.contains_key(kind.project_sections()[0]) =>
            {
                Vec::new()
            }
            _ => matching(&self.packages[package].unrendered, kind, fqn),
        }
    }

    fn entries(&self, level: &JsonMap) -> JsonMap {
        normalized(self.adapter, entries(level))
    }
}

fn section(project: &JsonMap, kind: ResourceKind) -> Option<&JsonMap> {
    kind.project_sections().iter().find_map(|name| project.get(*name)).and_then(Json::as_object)
}

/// The section of a kind, and the maps one reaches in it by walking down an fqn.
fn matching<'m>(project: &'m JsonMap, kind: ResourceKind, fqn: &[String]) -> Vec<&'m JsonMap> {
    let mut levels = Vec::new();
    let mut level = section(project, kind);
    let mut names = fqn.iter();
    while let Some(map) = level {
        levels.push(map);
        level = names.next().and_then(|name| map.get(name)).and_then(Json::as_object);
    }
    levels
}

/// Keys set at a level: those with a `+`, and those whose value is no map (a map is a deeper level).
fn entries(level: &JsonMap) -> JsonMap {
    level
        .iter()
        .filter_map(|(key, value)| match key.strip_prefix('+') {
            Some(name) => Some((name.trim().to_string(), value.clone())),
            None => (!value.is_object()).then(|| (key.clone(), value.clone())),
        })
        .collect()
}

fn aliased(adapter: AdapterKind, mut level: JsonMap) -> JsonMap {
    let names: &[(&str, &str)] = match adapter {
        AdapterKind::DuckDb => &[],
        AdapterKind::BigQuery => &[("project", "database"), ("dataset", "schema")],
    };
    for (written, meant) in names {
        if let Some(value) = level.shift_remove(*written) {
            level.entry(*meant).or_insert(value);
        }
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Json) -> JsonMap {
        value.as_object().cloned().unwrap_or_default()
    }

    /// The asked keys of a node's config.
    fn asked(projects: &[Json], package: usize, fqn: &[&str], patch: Json, call: Json, keys: &[&str]) -> String {
        let projects: Vec<_> = projects.iter().cloned().map(object).collect();
        let levels = ConfigLevels::new(AdapterKind::DuckDb, projects.iter().map(|project| (project, project.clone())));
        let fqn: Vec<_> = fqn.iter().map(|name| (*name).to_string()).collect();
        let (patch, call) = (object(patch), object(call));
        let request = ConfigRequest { kind: ResourceKind::Model, package, fqn: &fqn, patch: &patch, call: &call };
        let config = levels.resolve(&request).config;
        keys.iter().map(|key| format!("{key}={}", config[*key])).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn deeper_folders_go_over_outer_ones() {
        let project = json!({"models": {
            "+materialized": "table",
            "shop": {"tags": "all", "staging": {"+materialized": "view", "+tags": ["stg"], "orders": {"+alias": "o"}}},
        }});
        let keys = ["materialized", "tags", "alias"];
        insta::assert_snapshot!(
            asked(std::slice::from_ref(&project), 0, &["shop", "staging", "orders"], json!({}), json!({}), &keys),
            @r#"materialized="view" tags=["all","stg"] alias="o""#
        );
        insta::assert_snapshot!(
            asked(&[project], 0, &["shop", "marts", "orders"], json!({}), json!({}), &keys),
            @r#"materialized="table" tags=["all"] alias=null"#
        );
    }

    #[test]
    fn the_file_goes_over_properties_and_those_over_the_project() {
        let project = json!({"models": {"shop": {"+materialized": "table", "+meta": {"a": 1, "b": 1, "c": 1}}}});
        insta::assert_snapshot!(
            asked(
                &[project], 0, &["shop", "orders"],
                json!({"materialized": "view", "meta": {"b": 2, "c": 2}}), json!({"materialized": "ephemeral", "meta": {"c": 3}}),
                &["materialized", "meta"],
            ),
            @r#"materialized="ephemeral" meta={"a":1,"b":2,"c":3}"#
        );
    }

    #[test]
    fn the_root_project_has_the_last_word_on_a_package() {
        let root = json!({"models": {"dep": {"+materialized": "table"}}});
        let dep = json!({"models": {"dep": {"+materialized": "view", "+alias": "x"}}});
        insta::assert_snapshot!(
            asked(&[root, dep], 1, &["dep", "orders"], json!({}), json!({"materialized": "ephemeral"}), &["materialized", "alias"]),
            @r#"materialized="table" alias="x""#
        );
    }
}
