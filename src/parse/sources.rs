//! Raw tables: `sources:` entries, the overrides of a package's sources, and the tests declared on them.
//!
//! Source: dbt-core 1.12, `parser/sources.py`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rayon::prelude::*;

use super::columns::{ColumnTests, TestEntry, columns, split, tests, texts};
use super::config::ConfigRequest;
use super::draft::{config_problem, fqn_prefix};
use super::freshness;
use super::kind::ResourceKind;
use super::properties::{Entry, invalid};
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap, NodeConfig, SourceTable, UniqueId};
use crate::project::yaml::{Yaml, YamlKind};
use crate::relation::AdapterKind;
use crate::source::Span;

/// A raw table, and the tests that stand on it.
pub(crate) struct DeclaredSource {
    pub table: SourceTable,
    pub is_enabled: bool,
    pub package: usize,
    pub columns: Vec<ColumnTests>,
    pub tests: Vec<TestEntry>,
    /// Tags of the source and of the table, which their tests have too.
    pub test_tags: Vec<String>,
    pub quote_columns: Option<bool>,
}

/// A `sources:` entry that changes those of another package.
pub(crate) struct Override<'a, 'e> {
    entry: &'e Entry<'a>,
    package: String,
}

/// Tables of all entries, overrides taken into account.
pub(crate) fn sources(scope: &Scope<'_>, entries: &[&Entry<'_>]) -> (Vec<DeclaredSource>, Vec<Diagnostic>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let mut overrides: BTreeMap<(String, String), Override<'_, '_>> = BTreeMap::new();
    for entry in entries {
        let Some(package) = entry.text("overrides") else { continue };
        let key = (package.to_string(), entry.name.clone());
        if let Some(first) = overrides.get(&key) {
            problems.push(
                Diagnostic::error(
                    "described-twice",
                    format!("source `{}` of `{package}` is overridden twice", entry.name),
                )
                .at(entry.name_span(), "again here")
                .at(first.entry.name_span(), "first here"),
            );
            continue;
        }
        overrides.insert(key, Override { entry, package: package.to_string() });
    }
    let key = |entry: &Entry<'_>| (scope.package(entry.package).name.clone(), entry.name.clone());
    let declaring = || entries.iter().filter(|entry| entry.text("overrides").is_none());
    let declared: Vec<_> = declaring()
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|entry| tables_of(scope, entry, overrides.get(&key(entry))))
        .collect();
    for (tables, complaints) in declared {
        found.extend(tables);
        problems.extend(complaints);
    }
    for (overridden, over) in &overrides {
        if !declaring().any(|entry| key(entry) == *overridden) {
            let known = entries.iter().filter(|entry| scope.package(entry.package).name == over.package);
            problems.push(
                Diagnostic::warning(
                    "unmatched-patch",
                    format!("package `{}` has no source `{}` to override", over.package, overridden.1),
                )
                .at(over.entry.name_span(), "overrides nothing")
                .suggest(&overridden.1, known.map(|entry| entry.name.as_str())),
            );
        }
    }
    (found, problems)
}

fn tables_of(
    scope: &Scope<'_>,
    entry: &Entry<'_>,
    over: Option<&Override<'_, '_>>,
) -> (Vec<DeclaredSource>, Vec<Diagnostic>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    let mut source = translated(scope, &entry.data);
    let mut over_tables: &[Json] = &[];
    let over_data;
    if let Some(over) = over {
        over_data = translated(scope, &over.entry.data);
        over_tables = over_data.get("tables").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let kept = |key: &&String| !matches!(key.as_str(), "name" | "overrides" | "tables");
        source
            .to_mut()
            .extend(over_data.iter().filter(|(key, _)| kept(key)).map(|(key, value)| (key.clone(), value.clone())));
    }
    let (list, places) = match (entry.data.get("tables"), entry.yaml.get("tables")) {
        (Some(Json::Array(list)), Some(places)) => (list, places.items()),
        (None | Some(Json::Null), _) | (_, None) => return (found, problems),
        (Some(_), Some(place)) => {
            problems.push(
                invalid(format!("`tables` of source `{}` is not a list", entry.name))
                    .at(entry.span(place), "this is not a list"),
            );
            return (found, problems);
        }
    };
    for (table, yaml) in list.iter().zip(places) {
        let (Some(map), Some(name)) = (table.as_object(), table_name(table)) else {
            problems.push(
                invalid(format!("a table of source `{}` has no name", entry.name))
                    .at(entry.span(yaml), "a `name` is missing")
                    .help("write `- name: the_table`"),
            );
            continue;
        };
        let mut map = translated(scope, map);
        let table_over = over_tables.iter().find(|over| table_name(over).as_deref() == Some(&name));
        if let Some(Json::Object(patch)) = table_over {
            map.to_mut().extend(patch.iter().map(|(key, value)| (key.clone(), value.clone())));
        }
        let written = Written { entry, source: &source, table: &map, name, yaml };
        found.push(written.declare(scope, &mut problems));
    }
    (found, problems)
}

fn table_name(table: &Json) -> Option<String> {
    match table.get("name")? {
        Json::String(name) if !name.is_empty() => Some(name.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// BigQuery's words for database and schema.
fn translated<'m>(scope: &Scope<'_>, map: &'m JsonMap) -> Cow<'m, JsonMap> {
    let mut map = Cow::Borrowed(map);
    if scope.project.target.kind == AdapterKind::BigQuery {
        for (written, meant) in [("project", "database"), ("dataset", "schema")] {
            if map.contains_key(written)
                && let Some(value) = map.to_mut().shift_remove(written)
            {
                map.to_mut().entry(meant).or_insert(value);
            }
        }
    }
    map
}

/// One table as written, with the source it belongs to.
struct Written<'w, 'a> {
    entry: &'w Entry<'a>,
    source: &'w JsonMap,
    table: &'w JsonMap,
    name: String,
    yaml: &'w Yaml,
}

impl Written<'_, '_> {
    fn declare(self, scope: &Scope<'_>, problems: &mut Vec<Diagnostic>) -> DeclaredSource {
        let entry = self.entry;
        let package = scope.package(entry.package).name.as_str();
        let mut fqn = fqn_prefix(package, &entry.file.path);
        fqn.extend([entry.name.clone(), self.name.clone()]);
        let patch = self.config(problems);
        let empty = JsonMap::new();
        let request = ConfigRequest {
            kind: ResourceKind::Source,
            package: entry.package,
            fqn: &fqn,
            patch: &patch,
            call: &empty,
        };
        let resolved = scope.configs.resolve(&request);
        let unrendered_config = scope.configs.unrendered(&request);
        let place = entry.span(self.yaml.get("name").unwrap_or(self.yaml));
        let subject = format!("source `{}.{}`", entry.name, self.name);
        let places = [entry.span(self.yaml), entry.span(entry.yaml)];
        problems.extend(resolved.problems.iter().map(|problem| config_problem(problem, &subject, &places)));
        let config = NodeConfig::new(resolved.config);

        let text = |map: &JsonMap, key: &str| map.get(key).and_then(Json::as_str).map(str::to_string);
        let database = text(self.source, "database")
            .filter(|database| !database.is_empty())
            .or_else(|| Some(scope.project.target.database.clone()));
        let schema = text(self.source, "schema").unwrap_or_else(|| entry.name.clone());
        let identifier = text(self.table, "identifier").unwrap_or_else(|| self.name.clone());
        let quoting = self.quoting();
        let nothing = Yaml { start: self.yaml.start, end: self.yaml.start, kind: YamlKind::Null };
        let column_list = self.table.get("columns").unwrap_or(&Json::Null);
        let columns = columns(entry, column_list, self.yaml.get("columns").unwrap_or(&nothing), problems);
        let (by_name, columns) = split(columns);
        let mut source_meta = object(self.source.get("meta"));
        source_meta.extend(object(nested(self.source, "config", "meta")));
        let table = SourceTable {
            unique_id: UniqueId::new(format!("source.{package}.{}.{}", entry.name, self.name)),
            package_name: package.to_string(),
            source_name: entry.name.clone(),
            name: self.name.clone(),
            relation_name: String::new(),
            path: entry.file.original_file_path.clone(),
            original_file_path: entry.file.original_file_path.clone(),
            fqn,
            source_description: text(self.source, "description").unwrap_or_default(),
            description: text(self.table, "description").unwrap_or_default(),
            doc_blocks: Vec::new(),
            loader: text(self.source, "loader").unwrap_or_default(),
            columns: by_name,
            unrendered_config,
            meta: object(config.get("meta")),
            source_meta,
            tags: texts(config.get("tags")),
            freshness: config.get("freshness").map(freshness::from_json),
            loaded_at_field: config.text("loaded_at_field").map(str::to_string),
            loaded_at_query: config.text("loaded_at_query").map(str::to_string),
            external: self.table.get("external").filter(|value| !value.is_null()).cloned(),
            patch_path: None,
            unrendered_database: entry.yaml.get("database").and_then(Yaml::as_str).map(str::to_string),
            unrendered_schema: entry.yaml.get("schema").and_then(Yaml::as_str).map(str::to_string),
            created_at: scope.created_at,
            span: place.clone(),
            database,
            schema,
            identifier,
            quoting,
            config,
        };
        let mut declared = DeclaredSource {
            is_enabled: table.config.is_enabled(),
            package: entry.package,
            tests: tests(entry, self.table, self.yaml, problems).unwrap_or_default(),
            test_tags: texts(self.source.get("tags")).into_iter().chain(texts(self.table.get("tags"))).collect(),
            quote_columns: self
                .table
                .get("quote_columns")
                .and_then(Json::as_bool)
                .or_else(|| table.quoting.get("column").and_then(Json::as_bool)),
            columns,
            table,
        };
        declared.table.relation_name = relation_name(scope, &declared.table);
        self.check_loaded_at(&place, problems);
        declared
    }

    /// What the source and the table say, in the order of precedence.
    fn config(&self, problems: &mut Vec<Diagnostic>) -> JsonMap {
        let of = |map: &JsonMap| object(map.get("config"));
        let mut config = of(self.source);
        config.extend(of(self.table));
        let levels = [
            self.source.get("freshness"),
            nested(self.source, "config", "freshness"),
            self.table.get("freshness"),
            nested(self.table, "config", "freshness"),
        ];
        match freshness::merged(levels) {
            freshness::Merged::Thresholds(value) => {
                config.insert("freshness".to_string(), value);
            }
            freshness::Merged::Switched => {
                config.insert("freshness".to_string(), Json::Null);
            }
            freshness::Merged::Unset => {
                config.shift_remove("freshness");
            }
        }
        for wrong in levels.into_iter().flatten().filter_map(freshness::complaint) {
            let place = self.yaml.get("freshness").or_else(|| self.entry.yaml.get("freshness")).unwrap_or(self.yaml);
            problems.push(
                invalid(format!("`freshness` of source `{}.{}` {wrong}", self.entry.name, self.name))
                    .at(self.entry.span(place), "set here")
                    .help("write `warn_after: {count: 1, period: day}`"),
            );
        }
        let (field, query) = self.loaded_at();
        config.insert("loaded_at_field".to_string(), field);
        config.insert("loaded_at_query".to_string(), query);
        let mut meta = object(self.source.get("meta"));
        for level in
            [nested(self.source, "config", "meta"), self.table.get("meta"), nested(self.table, "config", "meta")]
        {
            meta.extend(object(level));
        }
        config.insert("meta".to_string(), Json::Object(meta));
        let mut tags = texts(self.source.get("tags"));
        for level in
            [nested(self.source, "config", "tags"), self.table.get("tags"), nested(self.table, "config", "tags")]
        {
            tags.extend(texts(level));
        }
        tags.sort();
        tags.dedup();
        config.insert("tags".to_string(), tags.into());
        config
    }

    /// The table's own field or query, where it has one (an explicit null is one), else the source's.
    fn loaded_at(&self) -> (Json, Json) {
        let find = |map: &JsonMap, key: &str| {
            let value = map.get(key).filter(|value| !value.is_null() && value.as_str() != Some(""));
            value.or_else(|| nested(map, "config", key).filter(|value| !value.is_null())).cloned()
        };
        let has_own_field = self.table.contains_key("loaded_at_field")
            || nested(self.table, "config", "loaded_at_field").is_some_and(|value| !value.is_null());
        let own_field = find(self.table, "loaded_at_field");
        let field = if has_own_field { own_field } else { find(self.source, "loaded_at_field") };
        let query = match find(self.table, "loaded_at_query") {
            Some(query) => Some(query),
            None if has_own_field => None,
            None => find(self.source, "loaded_at_query"),
        };
        (field.unwrap_or(Json::Null), query.unwrap_or(Json::Null))
    }

    fn check_loaded_at(&self, place: &Span, problems: &mut Vec<Diagnostic>) {
        let has = |map: &JsonMap, key: &str| {
            map.get(key).or_else(|| nested(map, "config", key)).is_some_and(|value| !value.is_null())
        };
        for (map, subject) in [(self.table, "table"), (self.source, "source")] {
            if has(map, "loaded_at_field") && has(map, "loaded_at_query") {
                problems.push(
                    invalid(format!(
                        "`{}.{}` has both a `loaded_at_field` and a `loaded_at_query` at its {subject}",
                        self.entry.name, self.name
                    ))
                    .at(place.clone(), "keep one of them"),
                );
            }
        }
    }

    fn quoting(&self) -> JsonMap {
        let of = |map: &JsonMap, key: &str| {
            map.get("quoting").and_then(|quoting| quoting.get(key)).filter(|value| !value.is_null()).cloned()
        };
        ["database", "schema", "identifier", "column"]
            .into_iter()
            .map(|key| (key.to_string(), of(self.table, key).or_else(|| of(self.source, key)).unwrap_or(Json::Null)))
            .collect()
    }
}

/// The table's name in SQL. On DuckDB `external_location` puts a file or a function in its place.
/// Source: dbt-duckdb 1.11, `DuckDBRelation.create_from_source`.
fn relation_name(scope: &Scope<'_>, table: &SourceTable) -> String {
    let setting = |key: &str| table.config.get(key).or_else(|| table.meta.get(key));
    if scope.project.target.kind == AdapterKind::DuckDb
        && setting("plugin").is_none()
        && let Some(location) = setting("external_location").and_then(Json::as_str)
    {
        let mut filled = location.to_string();
        let database = table.database.as_deref().unwrap_or_default();
        let known = [
            ("name", table.name.as_str()),
            ("identifier", &table.identifier),
            ("schema", &table.schema),
            ("database", database),
        ];
        for (key, value) in known {
            filled = filled.replace(&format!("{{{key}}}"), value);
        }
        for (key, value) in &table.meta {
            if let Some(value) = value.as_str() {
                filled = filled.replace(&format!("{{{key}}}"), value);
            }
        }
        let is_ready = filled.contains('(') || filled.starts_with('\'');
        return if is_ready { filled } else { format!("'{filled}'") };
    }
    scope.relation_name(table.database.as_deref(), &table.schema, &table.identifier, &table.quoting)
}

fn nested<'m>(map: &'m JsonMap, outer: &str, key: &str) -> Option<&'m Json> {
    map.get(outer).and_then(|inner| inner.get(key))
}

fn object(value: Option<&Json>) -> JsonMap {
    value.and_then(Json::as_object).cloned().unwrap_or_default()
}
