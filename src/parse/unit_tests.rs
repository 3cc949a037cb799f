//! Unit tests: their rows, the model they test, and the versions of it.
//!
//! Source: dbt-core 1.12, `parser/unit_tests.py`.

use std::path::Path;

use super::calls::{Target, target};
use super::config::ConfigRequest;
use super::draft::{below_first_folder, config_problem, fqn_prefix, stem};
use super::kind::ResourceKind;
use super::lookup::{Lookup, Resolution};
use super::properties::{Entry, invalid};
use super::scope::Scope;
use crate::diagnostic::Diagnostic;
use crate::manifest::{
    DependsOn, Fixture, FixtureFormat, Json, JsonMap, Node, NodeConfig, NodeKind, UniqueId, UnitTest, python,
    unit_test_checksum,
};
use crate::project::yaml::Yaml;
use crate::source::Span;

/// A unit test that knows its rows, but not yet its model.
pub(crate) fn unit_test(
    scope: &Scope<'_>,
    entry: &Entry<'_>,
    seeds: &[&Node],
    problems: &mut Vec<Diagnostic>,
) -> Option<UnitTest> {
    let package = scope.package(entry.package).name.clone();
    let Some(model) = entry.text("model").map(str::to_string) else {
        problems.push(
            invalid(format!("unit test `{}` names no model", entry.name))
                .at(entry.name_span(), "a `model` is missing")
                .help("add `model: the_model_under_test`"),
        );
        return None;
    };
    let file = &entry.file.original_file_path;
    let relative = below_first_folder(file);
    let mut fqn = fqn_prefix(&package, relative);
    fqn.extend([model.clone(), entry.name.clone()]);
    let patch = entry.data.get("config").and_then(Json::as_object).cloned().unwrap_or_default();
    let empty = JsonMap::new();
    let request =
        ConfigRequest { kind: ResourceKind::UnitTest, package: entry.package, fqn: &fqn, patch: &patch, call: &empty };
    let resolved = scope.configs.resolve(&request);
    let subject = format!("unit test `{}`", entry.name);
    let places = [entry.span(entry.yaml)];
    problems.extend(resolved.problems.iter().map(|problem| config_problem(problem, &subject, &places)));

    let mut rows = Rows { scope, entry, seeds, problems };
    let given = rows.given();
    let expect = rows.expect();
    let overrides = overrides(entry);
    let mut test = UnitTest {
        unique_id: UniqueId::new(format!("unit_test.{package}.{model}.{}", entry.name)),
        name: entry.name.clone(),
        model,
        path: entry.file.path.clone(),
        original_file_path: file.clone(),
        fqn,
        description: entry.text("description").unwrap_or_default().to_string(),
        given,
        expect: expect?,
        overrides,
        versions: entry.data.get("versions").filter(|versions| versions.is_object()).map(versions_json),
        version: None,
        config: NodeConfig::new(resolved.config),
        depends_on: DependsOn::default(),
        schema: String::new(),
        created_at: scope.created_at,
        checksum: None,
        span: entry.name_span(),
        package_name: package,
    };
    test.checksum = Some(unit_test_checksum(&test));
    Some(test)
}

fn versions_json(written: &Json) -> Json {
    let value = |key: &str| written.get(key).cloned().unwrap_or(Json::Null);
    Json::Object(JsonMap::from_iter([
        ("include".to_string(), value("include")),
        ("exclude".to_string(), value("exclude")),
    ]))
}

fn overrides(entry: &Entry<'_>) -> JsonMap {
    let Some(written) = entry.data.get("overrides").and_then(Json::as_object) else { return JsonMap::new() };
    let object = |key: &str| written.get(key).filter(|value| value.is_object()).cloned();
    let empty = || Json::Object(JsonMap::new());
    ["macros", "vars", "env_vars"].into_iter().map(|key| (key.to_string(), object(key).unwrap_or_else(empty))).collect()
}

struct Rows<'r, 'a> {
    scope: &'r Scope<'a>,
    entry: &'r Entry<'a>,
    seeds: &'r [&'r Node],
    problems: &'r mut Vec<Diagnostic>,
}

impl Rows<'_, '_> {
    fn given(&mut self) -> Vec<Fixture> {
        let entry = self.entry;
        let places = entry.yaml.get("given").map(Yaml::items).unwrap_or_default();
        let written = entry.data.get("given").and_then(Json::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut given = Vec::new();
        for (input, place) in written.iter().zip(places) {
            let Some(map) = input.as_object() else {
                self.complain(place, "has an input that is not a map", "write `- input: ref('…')` and `rows:`");
                continue;
            };
            let Some(name) = map.get("input").and_then(Json::as_str) else {
                self.complain(place, "has rows with no `input`", "add `input: ref('…')`");
                continue;
            };
            given.extend(self.fixture(map, place, name.to_string()));
        }
        given
    }

    fn expect(&mut self) -> Option<Fixture> {
        let entry = self.entry;
        let (Some(written), Some(place)) = (entry.data.get("expect"), entry.yaml.get("expect")) else {
            self.complain(
                entry.yaml.get("name").unwrap_or(entry.yaml),
                "expects nothing",
                "add `expect:` with `rows:`",
            );
            return None;
        };
        match written {
            Json::Object(map) => self.fixture(map, place, String::new()),
            // A bare list of rows is not dbt's, but there is one thing it can mean.
            Json::Array(_) => {
                let map = JsonMap::from_iter([("rows".to_string(), written.clone())]);
                self.fixture(&map, place, String::new())
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
                self.complain(place, "has an `expect` that is not a map", "write `expect:` with `rows:` below it");
                None
            }
        }
    }

    fn fixture(&mut self, map: &JsonMap, place: &Yaml, input: String) -> Option<Fixture> {
        let text = |key: &str| map.get(key).and_then(Json::as_str);
        let format = match text("format") {
            None | Some("dict") => FixtureFormat::Dict,
            Some("csv") => FixtureFormat::Csv,
            Some("sql") => FixtureFormat::Sql,
            Some(other) => {
                let problem = invalid(format!("unit test `{}` has rows of format `{other}`", self.entry.name))
                    .at(self.entry.span(place.get("format").unwrap_or(place)), "one of `dict`, `csv`, `sql`")
                    .suggest(other, ["dict", "csv", "sql"]);
                self.problems.push(problem);
                return None;
            }
        };
        let fixture = text("fixture").map(str::to_string);
        let written = map.get("rows").filter(|rows| !rows.is_null());
        let rows = match (format, &fixture, written) {
            (FixtureFormat::Csv | FixtureFormat::Sql, Some(name), _) => self.fixture_file(name, format, place)?,
            (FixtureFormat::Dict, None, None) => self.seed_rows(&input, place)?,
            (FixtureFormat::Dict, _, Some(Json::Array(rows))) => Json::Array(rows.clone()),
            (FixtureFormat::Csv, None, Some(Json::String(text))) => {
                self.warn_of_ragged_rows(text, place);
                csv_rows(text)
            }
            (FixtureFormat::Sql, None, Some(Json::String(sql))) => Json::from(sql.as_str()),
            (FixtureFormat::Dict, _, _) => {
                let what = "has `dict` rows that are not a list of maps";
                self.complain(place.get("rows").unwrap_or(place), what, "write each row as `- {column: value}`");
                return None;
            }
            (FixtureFormat::Csv | FixtureFormat::Sql, None, _) => {
                let what = format!("has {} rows that are not a text", format.name());
                self.complain(
                    place.get("rows").unwrap_or(place),
                    &what,
                    "write them below `rows: |`, or name a `fixture:`",
                );
                return None;
            }
        };
        let rows = if format == FixtureFormat::Sql { rows } else { full_row_first(rows) };
        Some(Fixture { input, format, rows, fixture, span: self.entry.span(place) })
    }

    /// dbt fills what is missing in a row with nulls, and so do we; but hardly anyone means it.
    fn warn_of_ragged_rows(&mut self, text: &str, place: &Yaml) {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let columns = reader.headers().map_or(0, csv::StringRecord::len);
        let ragged = reader.records().map_while(Result::ok).find(|record| record.len() != columns);
        let Some(record) = ragged else { return };
        let line = record.position().and_then(|at| text.lines().nth(at.line() as usize - 1)).unwrap_or_default().trim();
        let span = self.entry.span(place);
        let found = span.text().find(line).filter(|_| !line.is_empty());
        let span = found.map_or_else(
            || span.clone(),
            |at| {
                let start = span.start as usize + at;
                Span::new(&span.file, start..start + line.len())
            },
        );
        let message =
            format!("a row of unit test `{}` has {} values for {columns} columns", self.entry.name, record.len());
        let problem = Diagnostic::warning("ragged-rows", message).at(span, "values that are missing are null");
        self.problems.push(problem.help("write a value for each column; nothing between two commas is a null"));
    }

    /// Rows of a file under tests/fixtures.
    fn fixture_file(&mut self, name: &str, format: FixtureFormat, place: &Yaml) -> Option<Json> {
        let files = &self.scope.package(self.entry.package).files.fixtures;
        let Some(file) = files.iter().find(|file| stem(&file.path) == name) else {
            let problem = Diagnostic::error(
                "unknown-fixture",
                format!("unit test `{}` uses the fixture `{name}`, which does not exist", self.entry.name),
            )
            .at(self.entry.span(place.get("fixture").unwrap_or(place)), "no file in tests/fixtures has this name")
            .suggest(name, files.iter().map(|file| stem(&file.path)));
            self.problems.push(problem);
            return None;
        };
        Some(match format {
            FixtureFormat::Sql => Json::from(file.file.text.trim()),
            FixtureFormat::Csv | FixtureFormat::Dict => csv_rows(file.file.text.trim()),
        })
    }

    /// Without rows, a seed gives its own.
    fn seed_rows(&mut self, input: &str, place: &Yaml) -> Option<Json> {
        let seed = match target(input) {
            Some(Target::Ref { name, package, .. }) => self
                .seeds
                .iter()
                .find(|seed| seed.name == name && package.as_ref().is_none_or(|package| seed.package_name == *package)),
            Some(Target::Source { .. }) | None => None,
        };
        let Some(seed) = seed else {
            self.complain(
                place,
                &format!("gives no rows for `{input}`"),
                "add `rows:`; only a seed has rows of its own",
            );
            return None;
        };
        match std::fs::read_to_string(Path::new(&seed.file.absolute)) {
            Ok(text) => Some(csv_rows_as_text(&text, false)),
            Err(error) => {
                self.complain(
                    place,
                    &format!("needs `{}`, which cannot be read: {error}", seed.original_file_path),
                    "add `rows:`",
                );
                None
            }
        }
    }

    fn complain(&mut self, place: &Yaml, what: &str, help: &str) {
        let problem = invalid(format!("unit test `{}` {what}", self.entry.name))
            .at(self.entry.span(place), "in this test")
            .help(help);
        self.problems.push(problem);
    }
}

fn csv_rows(text: &str) -> Json {
    csv_rows_as_text(text, true)
}

/// Rows of a CSV as maps of texts; an empty cell is a null.
fn csv_rows_as_text(text: &str, has_nulls: bool) -> Json {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\n').as_bytes());
    let header = reader.headers().cloned().unwrap_or_default();
    let rows = reader.records().map_while(Result::ok).map(|record| {
        let cells = header.iter().enumerate().map(|(index, name)| {
            let cell = match record.get(index) {
                Some("") if has_nulls => Json::Null,
                Some(cell) => Json::from(cell),
                None => Json::Null,
            };
            (name.to_string(), cell)
        });
        Json::Object(cells.collect())
    });
    rows.collect()
}

/// A row without nulls goes to the top, since the first row decides the types of columns in some warehouses.
fn full_row_first(mut rows: Json) -> Json {
    if let Json::Array(items) = &mut rows {
        let is_full = |row: &Json| row.as_object().is_some_and(|row| row.values().all(|value| !value.is_null()));
        if let Some(full) = items.iter().position(is_full) {
            items.swap(0, full);
        }
    }
    rows
}

/// What a unit test turned out to test.
pub(crate) enum Tested {
    /// One test, or one for each version of the model.
    Enabled(Vec<UnitTest>),
    /// Its model, or it itself, is switched off.
    Disabled(Box<UnitTest>),
    Broken(Box<Diagnostic>),
}

/// Finds the model of a unit test.
pub(crate) fn with_model(lookup: &Lookup, package: usize, nodes: &NodeIndex<'_>, mut test: UnitTest) -> Tested {
    let (name, version) = match test.model.split_once(char::is_whitespace) {
        Some((name, version)) => (name.to_string(), Some(Json::from(version.trim()))),
        None => (test.model.clone(), None),
    };
    let id = match lookup.node(package, Some(package), &name, version.as_ref()) {
        Resolution::Found(id) => id,
        Resolution::Disabled(_) => return Tested::Disabled(Box::new(test)),
        Resolution::Ambiguous(_) | Resolution::Missing => {
            return Tested::Broken(Box::new(
                Diagnostic::error(
                    "unknown-model",
                    format!("unit test `{}` tests model `{}`, which does not exist", test.name, test.model),
                )
                .at(model_span(&test), "no model has this name")
                .suggest(&name, lookup.node_names()),
            ));
        }
    };
    if !test.config.is_enabled() {
        return Tested::Disabled(Box::new(test));
    }
    let Some(node) = nodes.get(&id) else { return Tested::Disabled(Box::new(test)) };
    test.schema.clone_from(&node.schema);
    if let Some(problem) = incremental_problem(&test, node) {
        return Tested::Broken(Box::new(problem));
    }
    let NodeKind::Model(facts) = &node.kind else {
        let message =
            format!("unit test `{}` tests `{}`, which is a {}", test.name, test.model, node.kind.resource_type());
        return Tested::Broken(Box::new(
            Diagnostic::error("unknown-model", message).at(model_span(&test), "only models can be tested"),
        ));
    };
    if facts.version.is_none() {
        test.depends_on.nodes = vec![id];
        return Tested::Enabled(vec![test]);
    }
    let versions = nodes.versions_of(node).iter().filter(|(version, _)| is_tested(test.versions.as_ref(), version));
    let tests: Vec<_> = versions
        .map(|&(version, id)| {
            let mut twin = test.clone();
            let label = python::text(version);
            twin.unique_id =
                UniqueId::new(format!("unit_test.{}.{}.{}_v{label}", test.package_name, test.model, test.name));
            twin.depends_on.nodes = vec![id.clone()];
            twin.version = Some(version.clone());
            twin
        })
        .collect();
    if tests.is_empty() {
        let message = format!("unit test `{}` names versions of `{}` that do not exist", test.name, test.model);
        return Tested::Broken(Box::new(
            Diagnostic::error("unknown-model", message).at(test.span.clone(), "no version is left to test"),
        ));
    }
    Tested::Enabled(tests)
}

fn is_tested(rule: Option<&Json>, version: &Json) -> bool {
    let list = |key: &str| rule.and_then(|rule| rule.get(key)).and_then(Json::as_array).filter(|list| !list.is_empty());
    let has = |list: &Vec<Json>| list.iter().any(|item| super::versions::is_same(item, version));
    match (list("exclude"), list("include")) {
        (Some(excluded), _) => !has(excluded),
        (None, Some(included)) => has(included),
        (None, None) => true,
    }
}

fn model_span(test: &UnitTest) -> Span {
    let file = &test.span.file;
    let after = test.span.end as usize;
    match file.text.get(after..).and_then(|rest| rest.find(test.model.as_str())) {
        Some(at) => Span::new(file, after + at..after + at + test.model.len()),
        None => test.span.clone(),
    }
}

/// A model that asks `is_incremental()` must be told the answer, and, if it is yes, what `this` holds.
fn incremental_problem(test: &UnitTest, model: &Node) -> Option<Diagnostic> {
    if !model.depends_on.macros.iter().any(|id| id.ends_with(".is_incremental")) {
        return None;
    }
    let answer = test.overrides.get("macros").and_then(|macros| macros.get("is_incremental")).and_then(Json::as_bool);
    let has_this = test.given.iter().any(|given| given.input.trim() == "this");
    match answer {
        None => Some(
            Diagnostic::error(
                "incremental-unit-test",
                format!("unit test `{}` does not say whether `{}` runs incrementally", test.name, model.name),
            )
            .at(test.span.clone(), "the model asks `is_incremental()`")
            .help("add `overrides: {macros: {is_incremental: false}}`"),
        ),
        Some(true) if !has_this => Some(
            Diagnostic::error(
                "incremental-unit-test",
                format!("unit test `{}` runs `{}` incrementally on nothing", test.name, model.name),
            )
            .at(test.span.clone(), "without the rows that are already there")
            .help("add `- input: this` with `rows:` to `given:`"),
        ),
        Some(_) => None,
    }
}

/// Nodes by id, and the versions of models.
pub(crate) struct NodeIndex<'n> {
    nodes: std::collections::HashMap<&'n UniqueId, &'n Node>,
    versions: std::collections::BTreeMap<(&'n str, &'n str), Vec<(&'n Json, &'n UniqueId)>>,
}

impl<'n> NodeIndex<'n> {
    pub(crate) fn new(nodes: impl IntoIterator<Item = &'n Node>) -> Self {
        let mut index = Self { nodes: std::collections::HashMap::new(), versions: std::collections::BTreeMap::new() };
        for node in nodes.into_iter().filter(|node| node.config.is_enabled()) {
            index.nodes.insert(&node.unique_id, node);
            if let NodeKind::Model(facts) = &node.kind
                && let Some(version) = &facts.version
            {
                let key = (node.package_name.as_str(), node.name.as_str());
                index.versions.entry(key).or_default().push((version, &node.unique_id));
            }
        }
        index
    }

    pub(crate) fn get(&self, id: &UniqueId) -> Option<&'n Node> {
        self.nodes.get(id).copied()
    }

    fn versions_of<'i>(&'i self, node: &'i Node) -> &'i [(&'n Json, &'n UniqueId)] {
        let found = self.versions.get(&(node.package_name.as_str(), node.name.as_str()));
        found.map(Vec::as_slice).unwrap_or_default()
    }
}
