//! What every part of parsing looks at: the project, the engine, vars, naming, and the rendering of YAML values.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use super::config::ConfigLevels;
use super::kind::ResourceKind;
use crate::diagnostic::Diagnostic;
use crate::jinja::{Engine, NameKind, YamlEngine};
use crate::manifest::{Json, JsonMap, UniqueId};
use crate::project::{Package, Project, YamlRenderer, YamlScope};
use crate::relation::{Quoting, Relation};

pub(crate) struct Scope<'a> {
    pub project: &'a Project,
    pub engine: &'a Engine,
    yaml: YamlEngine,
    pub configs: ConfigLevels<'a>,
    /// Vars as each package sees them, in the order of `Project::packages`.
    vars: Vec<Arc<JsonMap>>,
    quoting: Quoting,
    naming: Naming,
    pub where_subquery: Option<UniqueId>,
    pub created_at: f64,
    /// Whether much of what is referred to is not there, and nobody is shown what is missing.
    pub is_part: bool,
    /// Macros that had a part in more than the texts themselves.
    shared_macros: Mutex<BTreeSet<UniqueId>>,
}

/// Names a node got from the naming macros.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    pub database: Option<String>,
    pub schema: String,
    pub alias: String,
}

/// Which naming macros the project wrote for itself, under dbt's name or as an implementation of it. With the built-in
/// ones, schema and database depend on nothing but the custom value, and are asked for once per value; the alias is
/// the custom value or the name.
struct Naming {
    is_custom: [bool; 3],
    asked: RwLock<HashMap<(usize, Option<String>), String>>,
}

impl<'a> Scope<'a> {
    pub(crate) fn new(project: &'a Project, engine: &'a Engine) -> Self {
        let levels = project.packages.iter().map(|package| (&package.config, unrendered(package)));
        Self {
            project,
            engine,
            yaml: YamlEngine::new(),
            configs: ConfigLevels::new(project.target.kind, levels),
            vars: project.packages.iter().map(|package| project.vars_for(&package.name)).collect(),
            quoting: project.quoting(),
            naming: Naming::new(project, engine),
            where_subquery: where_subquery(project, engine),
            created_at: project.invocation.started_at.timestamp_millis() as f64 / 1000.0,
            is_part: false,
            shared_macros: Mutex::default(),
        }
    }

    pub(crate) fn share_macros(&self, macros: &[UniqueId]) {
        if !macros.is_empty() {
            self.shared_macros.lock().unwrap_or_else(PoisonError::into_inner).extend(macros.iter().cloned());
        }
    }

    /// Those of [`Self::share_macros`], and those that named nodes.
    pub(crate) fn shared_macros(&self) -> BTreeSet<UniqueId> {
        let mut shared = self.engine.naming_macros();
        shared.extend(self.shared_macros.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
        shared
    }

    pub(crate) fn package(&self, index: usize) -> &'a Package {
        &self.project.packages[index]
    }

    pub(crate) fn package_index(&self, name: &str) -> Option<usize> {
        self.project.packages.iter().position(|package| package.name == name)
    }

    pub(crate) fn vars(&self, package: usize) -> &Arc<JsonMap> {
        &self.vars[package]
    }

    /// A flag of dbt_project.yml's `flags:`, which dbt calls behaviour changes.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        let flags = self.package(0).config.get("flags");
        flags.and_then(|flags| flags.get(name)).and_then(Json::as_bool).unwrap_or(default)
    }

    /// Renders a text of a properties file; text without Jinja comes back as it is.
    ///
    /// # Errors
    /// The message alone.
    pub(crate) fn render(&self, text: &str, package: usize) -> Result<Json, String> {
        if !has_jinja(text) {
            return Ok(Json::from(text));
        }
        let scope = YamlScope {
            vars: &self.vars[package],
            target: Some(&self.project.target.context),
            may_read_secrets: false,
            project_name: Some(self.project.name()),
            invocation: Some(&self.project.invocation),
        };
        self.yaml.render(text, &scope)
    }

    /// Database, schema and alias of a node that is called `name`.
    ///
    /// # Errors
    /// A naming macro of the project failed.
    pub(crate) fn names(
        &self,
        kind: ResourceKind,
        merged: &JsonMap,
        (name, is_versioned): (&str, bool),
        node: &dyn Fn() -> JsonMap,
        package: &str,
    ) -> Result<Names, Box<Diagnostic>> {
        let text = |key: &str| merged.get(key).and_then(Json::as_str);
        let mut node = CachedNode { make: node, made: None };
        let database = self.name(NameKind::Database, text("database"), &mut node, package)?;
        let schema = self.name(NameKind::Schema, text("schema"), &mut node, package)?;
        let own_alias = text("alias").map(str::trim).filter(|alias| !alias.is_empty());
        let alias = match own_alias {
            Some(alias) if !self.naming.is_custom[NameKind::Alias as usize] => alias.to_string(),
            None if !self.naming.is_custom[NameKind::Alias as usize] && !is_versioned => name.trim().to_string(),
            Some(_) | None => self.name(NameKind::Alias, text("alias"), &mut node, package)?,
        };
        let mut names = Names { database: Some(database).filter(|name| !name.is_empty()), schema, alias };
        if kind == ResourceKind::Snapshot {
            let target = |key: &str| text(key).filter(|value| !value.is_empty()).map(str::to_string);
            names.database = target("target_database").or(names.database);
            names.schema = target("target_schema").unwrap_or(names.schema);
        }
        Ok(names)
    }

    fn name(
        &self,
        kind: NameKind,
        custom: Option<&str>,
        node: &mut CachedNode<'_>,
        package: &str,
    ) -> Result<String, Box<Diagnostic>> {
        let is_shared = kind != NameKind::Alias && !self.naming.is_custom[kind as usize];
        let key = (kind as usize, custom.map(str::to_string));
        if is_shared && let Some(name) = self.naming.asked.read().ok().and_then(|asked| asked.get(&key).cloned()) {
            return Ok(name);
        }
        let name = self.engine.generate_name(kind, custom, node.get(), package)?.trim().to_string();
        if is_shared && let Ok(mut asked) = self.naming.asked.write() {
            asked.insert(key, name.clone());
        }
        Ok(name)
    }

    /// The relation's name as it is written in SQL.
    pub(crate) fn relation_name(
        &self,
        database: Option<&str>,
        schema: &str,
        identifier: &str,
        quoting: &JsonMap,
    ) -> String {
        let flag = |key: &str, default: bool| quoting.get(key).and_then(Json::as_bool).unwrap_or(default);
        let quoting = Quoting {
            database: flag("database", self.quoting.database),
            schema: flag("schema", self.quoting.schema),
            identifier: flag("identifier", self.quoting.identifier),
        };
        Relation::new(database, schema, identifier, quoting, self.project.target.kind.quote()).to_string()
    }
}

/// The macro that stands round what a test reads, as dbt sees it while parsing: of macros of this name that call each
/// other, the innermost.
/// Source: dbt-core 1.12, `TestContext._build_test_namespace`, `TestMacroNamespace`.
fn where_subquery(project: &Project, engine: &Engine) -> Option<UniqueId> {
    const NAME: &str = "get_where_subquery";
    let mut found = engine.find_macro_by_name(NAME, project.name())?;
    let mut seen = vec![found.unique_id.clone()];
    let is_next = |id: &&UniqueId, seen: &[UniqueId]| id.ends_with(&format!(".{NAME}")) && !seen.contains(id);
    while let Some(next) = found.depends_on.iter().find(|id| is_next(id, &seen)) {
        seen.push(next.clone());
        found = engine.macros().find(|other| other.unique_id == *next)?;
    }
    Some(found.unique_id.clone())
}

/// A node's JSON, made when a naming macro first asks for it.
struct CachedNode<'n> {
    make: &'n dyn Fn() -> JsonMap,
    made: Option<JsonMap>,
}

impl CachedNode<'_> {
    fn get(&mut self) -> &JsonMap {
        self.made.get_or_insert_with(self.make)
    }
}

impl Naming {
    fn new(project: &Project, engine: &Engine) -> Self {
        let is_own = |name: &str| {
            let is_named = |macro_name: &str| macro_name == name || macro_name.ends_with(&format!("__{name}"));
            engine.macros().any(|found| is_named(&found.name) && project.package(&found.package_name).is_some())
        };
        let names = ["generate_database_name", "generate_schema_name", "generate_alias_name"];
        Self { is_custom: names.map(is_own), asked: RwLock::default() }
    }
}

/// Whether a text has anything for Jinja to do: an opening or a closing mark of any kind.
/// Source: dbt-core, `clients/jinja.py`, the pattern that skips rendering.
pub(crate) fn has_jinja(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, byte)| match byte {
        b'{' => matches!(bytes.get(at + 1), Some(b'{' | b'%' | b'#')),
        b'}' => at > 0 && matches!(bytes[at - 1], b'}' | b'%' | b'#'),
        _ => false,
    })
}

/// dbt_project.yml as written, for `unrendered_config`.
fn unrendered(package: &Package) -> JsonMap {
    match package.yaml.root.to_json() {
        Json::Object(map) => map,
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => JsonMap::new(),
    }
}

/// Whether a test's argument asks to be rendered: Jinja, or a bare call of one of these.
/// Source: dbt-core, `clients/jinja.py`, `add_rendered_test_kwargs`.
pub(crate) fn asks_to_be_rendered(text: &str) -> bool {
    is_bare_call(text) || has_jinja(text)
}

/// `ref('x')` and the like without braces, which a test's argument may be.
pub(crate) fn is_bare_call(text: &str) -> bool {
    let trimmed = text.trim();
    trimmed.ends_with(')')
        && ["env_var", "ref", "var", "source", "doc"]
            .iter()
            .any(|name| trimmed.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('(')))
}
