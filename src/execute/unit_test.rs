//! Runs a unit test: the model's SQL over given rows, held against the expected ones.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;

use super::compile::{compile, with_inputs};
use super::runner::{Done, Work, write_below};
use crate::adapter::{ErrorKind, Fetch, Table};
use crate::diagnostic::Diagnostic;
use crate::event::NodeStatus;
use crate::jinja::{RunScope, cte_name, node_relation, response_fields, source_relation, warehouse_diagnostic};
use crate::manifest::{ColumnFacts, Fixture, FixtureFormat, Json, JsonMap, Node, NodeConfig, UniqueId, UnitTest};
use crate::relation::{AdapterKind, Relation, RelationKind};
use crate::source::Span;

pub(super) fn run(work: &Work<'_>, test: &Arc<UnitTest>) -> Done {
    match work.timed("execute", || judge(work, test)) {
        Ok(done) => done,
        Err(mut problem) => {
            match told_value(test, &problem.message) {
                Some(span) => problem.or_at(&span, "given here"),
                None => problem.or_at(&test.span, "in this unit test"),
            }
            Done::failed(NodeStatus::Error, problem)
        }
    }
}

/// The name or value of a fixture that a message quotes.
fn told_value(test: &UnitTest, message: &str) -> Option<Span> {
    let quoted = ['\'', '"', '`'].into_iter().flat_map(|quote| message.split(quote).skip(1).step_by(2));
    let fixtures = || std::iter::once(&test.expect).chain(&test.given);
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    quoted.filter(|word| !word.trim().is_empty()).find_map(|word| {
        fixtures().find_map(|fixture| {
            let text = fixture.span.text();
            let is_whole =
                |at: &usize| !text[..*at].ends_with(is_of_word) && !text[at + word.len()..].starts_with(is_of_word);
            let at = text.match_indices(word).map(|(at, _)| at).find(is_whole)? + fixture.span.start as usize;
            Some(Span::new(&fixture.span.file, at..at + word.len()))
        })
    })
}

fn judge(work: &Work<'_>, test: &Arc<UnitTest>) -> Result<Done, Box<Diagnostic>> {
    let model = model_under_test(work, test)?;
    let inputs = inputs(work, test, &model)?;
    let node = node_for(test, &model)?;
    let mut scope = work.scope(&model);
    scope.replacements = Arc::new(inputs.relations);
    scope.overrides = Some(Arc::new(overrides(test)));
    let rendered = work.runner.engine.compile(&scope)?;
    let rendered = with_inputs(rendered, &inputs.ctes);
    let path = format!("{}/{}.sql", test.original_file_path, test.name);
    let path = write_below(work.runner, "compiled", &test.package_name, &path, &rendered.text)?;
    scope.compiled = Some(Arc::new(rendered.clone()));
    scope.node = Some(node);
    let found = work.runner.engine.materialization("unit", &test.package_name);
    let found = found.ok_or_else(|| Box::new(Diagnostic::error("internal", "there is no materialization `unit`")))?;
    let called = work.runner.engine.call(&scope, &found.unique_id, &JsonMap::new()).map_err(|mut problem| {
        problem.notes.push(format!("compiled code at {path}"));
        problem
    })?;
    let answer = called.statements.get("main").cloned().unwrap_or_default();
    let difference = Difference::between(&answer.table)?;
    let base = Done {
        compiled_code: Some(Arc::from(rendered.text.as_str())),
        compiled_path: Some(path.clone()),
        adapter_response: response_fields(&answer.response),
        failures: Some(difference.count()),
        ..Done::default()
    };
    if difference.is_empty() {
        return Ok(Done { status: Some(NodeStatus::Pass), ..base });
    }
    let problem = Diagnostic::error(
        "unit-test-failed",
        format!("unit test `{}`: the rows of `{}` differ from what is expected", test.name, test.model),
    )
    .at(test.expect.span.clone(), "")
    .note(difference.picture())
    .note(format!("compiled code at {path}"));
    Ok(Done {
        status: Some(NodeStatus::Fail),
        message: Some(format!("actual differs from expected:\n\n{}", difference.picture())),
        problem: Some(Box::new(problem)),
        ..base
    })
}

fn model_under_test(work: &Work<'_>, test: &UnitTest) -> Result<Arc<Node>, Box<Diagnostic>> {
    let models = test.depends_on.nodes.iter().filter_map(|id| work.runner.manifest.node(id));
    let mut named = models.filter(|node| node.name == test.model);
    let found = named
        .next()
        .or_else(|| work.runner.manifest.find_ref(&test.model, None, test.version.as_ref(), &test.package_name));
    found.cloned().ok_or_else(|| {
        Box::new(Diagnostic::error(
            "unresolved-ref",
            format!("unit test `{}` tests `{}`, which does not exist", test.name, test.model),
        ))
    })
}

/// In dbt a unit test of an incremental model runs its first-build SQL unless `is_incremental` is overridden.
fn overrides(test: &UnitTest) -> JsonMap {
    let mut overrides = test.overrides.clone();
    let macros = overrides.entry("macros").or_insert_with(|| Json::Object(JsonMap::new()));
    if let Json::Object(macros) = macros {
        macros.entry("is_incremental").or_insert(Json::Bool(false));
    }
    overrides
}

/// The model, dressed up for the materialization `unit`.
fn node_for(test: &UnitTest, model: &Arc<Node>) -> Result<Arc<Node>, Box<Diagnostic>> {
    let mut values = (*model.config.values).clone();
    match test.expect.format {
        FixtureFormat::Sql => {
            values.insert("expected_sql".to_string(), test.expect.rows.clone());
        }
        FixtureFormat::Dict | FixtureFormat::Csv => {
            let rows = fixture_rows(&test.expect)?;
            values.insert("expected_rows".to_string(), rows.into_iter().map(Json::Object).collect());
        }
    }
    let node = Node { name: test.name.clone(), config: NodeConfig::new(values), ..(**model).clone() };
    Ok(Arc::new(node))
}

/// Given rows, as CTEs and as what `ref` and `source` give in their place.
struct Inputs {
    ctes: Vec<(String, String)>,
    relations: BTreeMap<UniqueId, Relation>,
}

fn inputs(work: &Work<'_>, test: &Arc<UnitTest>, model: &Arc<Node>) -> Result<Inputs, Box<Diagnostic>> {
    let mut inputs = Inputs { ctes: Vec::new(), relations: BTreeMap::new() };
    for given in &test.given {
        let input = Input::find(work, test, model, given)?;
        let name = cte_name(&input.name);
        let sql = input.sql(work, given)?;
        let relation =
            Relation { kind: Some(RelationKind::Cte), identifier: Some(name.clone()), ..input.relation.clone() };
        inputs.ctes.push((name, sql));
        inputs.relations.insert(input.id, relation);
    }
    // What the model reads and the test does not give is empty in dbt's eyes an error: say which.
    // Functions are called, not read.
    let read = model.depends_on.nodes.iter().filter(|id| id.resource_type() != "function");
    for id in read {
        if !inputs.relations.contains_key(id) {
            let name = id.rsplit('.').next().unwrap_or(id);
            return Err(Box::new(
                Diagnostic::error(
                    "missing-input",
                    format!("unit test `{}` gives no rows for `{name}`, which `{}` reads", test.name, test.model),
                )
                .at(test.span.clone(), "")
                .help(format!("add it under `given:`; `rows: []` stands for an empty `{name}`")),
            ));
        }
    }
    Ok(inputs)
}

/// What a `given` entry stands in for.
struct Input {
    id: UniqueId,
    name: String,
    relation: Relation,
    /// None for a source.
    node: Option<Arc<Node>>,
    /// What `model` is while its rows are rendered: named after the input, whatever it is.
    rendered_as: Arc<Node>,
    columns: Vec<ColumnFacts>,
}

impl Input {
    fn find(work: &Work<'_>, test: &UnitTest, model: &Arc<Node>, given: &Fixture) -> Result<Self, Box<Diagnostic>> {
        let (kind, quoting) = (work.runner.project.target.kind, work.runner.project.quoting());
        let manifest = &work.runner.manifest;
        let of_node = |node: &Arc<Node>| Self {
            id: node.unique_id.clone(),
            name: node.alias.clone(),
            relation: node_relation(node, kind, quoting),
            node: Some(Arc::clone(node)),
            rendered_as: Arc::clone(node),
            columns: node.columns.values().cloned().collect(),
        };
        let unknown = || {
            Box::new(
                Diagnostic::error("unknown-input", format!("`{}` is not an input of `{}`", given.input, test.model))
                    .at(given.span.clone(), "")
                    .help("write `ref('model')`, `source('source', 'table')` or `this`"),
            )
        };
        let (function, names, version) = call(&given.input).ok_or_else(unknown)?;
        match (function, names.as_slice()) {
            ("this", []) => Ok(of_node(model)),
            ("ref", names @ ([name] | [_, name])) => {
                let package = names.get(..names.len() - 1).and_then(<[&str]>::first).copied();
                let found = manifest.find_ref(name, package, version.as_ref(), &test.package_name);
                found.map(of_node).ok_or_else(unknown)
            }
            ("source", [source, table]) => {
                let found = manifest.find_source(source, table, &test.package_name).ok_or_else(unknown)?;
                let name = format!("{}__{}", found.source_name, found.name);
                Ok(Self {
                    id: found.unique_id.clone(),
                    rendered_as: Arc::new(Node { name: name.clone(), ..(**model).clone() }),
                    name,
                    relation: source_relation(found, kind),
                    node: None,
                    columns: found.columns.values().cloned().collect(),
                })
            }
            _ => Err(unknown()),
        }
    }

    fn sql(&self, work: &Work<'_>, given: &Fixture) -> Result<String, Box<Diagnostic>> {
        if given.format == FixtureFormat::Sql {
            return Ok(given.rows.as_str().unwrap_or_default().trim().trim_end_matches(';').to_string());
        }
        let rows = fixture_rows(given)?;
        let types = self.types(work, &rows, given)?;
        let arguments = JsonMap::from_iter([
            ("rows".to_string(), rows.into_iter().map(Json::Object).collect()),
            ("column_name_to_data_types".to_string(), Json::Object(types)),
        ]);
        let scope = RunScope {
            node: Some(Arc::clone(&self.rendered_as)),
            ..work.runner.scope(work.session, work.events, None, work.runner.project.name(), given.span.clone())
        };
        let called = work.runner.engine.call(&scope, "get_fixture_sql", &arguments)?;
        Ok(called.value.as_str().unwrap_or_default().trim().to_string())
    }

    /// Types of the input's columns: the warehouse's, where it has the relation; else those of the yml; else
    /// what the given values look like, so that a unit test needs nothing built.
    fn types(&self, work: &Work<'_>, rows: &[JsonMap], given: &Fixture) -> Result<JsonMap, Box<Diagnostic>> {
        let failed = |error| Box::new(warehouse_diagnostic(&error, None, None));
        let ephemeral = self.node.as_ref().filter(|node| node.is_ephemeral());
        let found: Vec<(String, String)> = match ephemeral {
            Some(node) => {
                let compiled = compile(work, node)?;
                let sql = format!(
                    "select * from (\n{}\n) as tamis_types limit 0",
                    compiled.rendered.text.trim().trim_end_matches(';')
                );
                let answer = work.session.execute(&sql, Fetch::Rows { limit: Some(0) }).map_err(failed)?;
                answer.table.columns.into_iter().zip(answer.table.types).collect()
            }
            None => match work.session.columns(&self.relation) {
                Ok(columns) => columns.into_iter().map(|column| (column.name, column.data_type)).collect(),
                Err(error) if error.kind == ErrorKind::NotFound => Vec::new(),
                Err(error) => return Err(failed(error)),
            },
        };
        if !found.is_empty() {
            let known = |name: &str| found.iter().any(|(column, _)| column.eq_ignore_ascii_case(name));
            if let Some(stranger) = rows.iter().flat_map(JsonMap::keys).find(|name| !known(name)) {
                let names = found.iter().map(|(name, _)| name.as_str());
                return Err(Box::new(
                    Diagnostic::error("unknown-column", format!("`{}` has no column `{stranger}`", given.input))
                        .at(given.span.clone(), "")
                        .suggest(stranger, names),
                ));
            }
            return Ok(found
                .into_iter()
                .map(|(name, data_type)| (name.to_lowercase(), Json::from(data_type)))
                .collect());
        }
        let kind = work.runner.project.target.kind;
        let mut types: JsonMap = looks_of(rows, given.format == FixtureFormat::Csv)
            .into_iter()
            .map(|(name, looks)| (name, Json::from(looks.unwrap_or(Looks::Text).data_type(kind))))
            .collect();
        for column in &self.columns {
            if let Some(data_type) = &column.data_type {
                types.insert(column.name.to_lowercase(), Json::from(data_type.as_str()));
            }
        }
        Ok(types)
    }
}

/// What the values of a column look like, where nothing else tells their type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Looks {
    Boolean,
    Whole,
    Number,
    Date,
    Text,
}

impl Looks {
    /// Null tells nothing. Cells of a CSV file are all texts, so their letters are looked at.
    fn of(value: &Json, is_csv: bool) -> Option<Self> {
        Some(match value {
            Json::Null => return None,
            Json::Bool(_) => Self::Boolean,
            Json::Number(number) => {
                if number.is_f64() {
                    Self::Number
                } else {
                    Self::Whole
                }
            }
            Json::String(text) if chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok() => Self::Date,
            Json::String(text) if is_csv && text.parse::<i64>().is_ok() => Self::Whole,
            Json::String(text) if is_csv && text.parse::<f64>().is_ok() => Self::Number,
            Json::String(text) if is_csv && ["true", "false"].contains(&text.to_lowercase().as_str()) => Self::Boolean,
            Json::String(_) | Json::Array(_) | Json::Object(_) => Self::Text,
        })
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (one, other) if one == other => one,
            (Self::Whole, Self::Number) | (Self::Number, Self::Whole) => Self::Number,
            _ => Self::Text,
        }
    }

    fn data_type(self, kind: AdapterKind) -> &'static str {
        match (self, kind) {
            (Self::Boolean, AdapterKind::DuckDb) => "boolean",
            (Self::Boolean, AdapterKind::BigQuery) => "bool",
            (Self::Whole, AdapterKind::DuckDb) => "bigint",
            (Self::Whole, AdapterKind::BigQuery) => "int64",
            (Self::Number, AdapterKind::DuckDb) => "double",
            (Self::Number, AdapterKind::BigQuery) => "float64",
            (Self::Date, _) => "date",
            (Self::Text, AdapterKind::DuckDb) => "varchar",
            (Self::Text, AdapterKind::BigQuery) => "string",
        }
    }
}

/// By column, in small letters and in the order given; `None` where every value is null.
fn looks_of(rows: &[JsonMap], is_csv: bool) -> IndexMap<String, Option<Looks>> {
    let mut found = IndexMap::<String, Option<Looks>>::new();
    for (name, value) in rows.iter().flatten() {
        let column = found.entry(name.to_lowercase()).or_default();
        *column = match (*column, Looks::of(value, is_csv)) {
            (Some(before), Some(now)) => Some(before.or(now)),
            (before, now) => before.or(now),
        };
    }
    found
}

/// `ref('a', 'b', v=2)` → `ref`, its texts, and the version; `this` → `this`.
fn call(input: &str) -> Option<(&str, Vec<&str>, Option<Json>)> {
    let input = input.trim();
    if input == "this" {
        return Some(("this", Vec::new(), None));
    }
    let (function, rest) = input.split_once('(')?;
    let arguments = rest.trim_end().strip_suffix(')')?;
    let mut texts = Vec::new();
    let mut version = None;
    for argument in arguments.split(',') {
        match argument.split_once('=') {
            Some((name, value)) if ["v", "version"].contains(&name.trim()) => {
                let value = value.trim();
                version =
                    Some(value.parse::<i64>().map_or_else(|_| unquoted(value).unwrap_or(value).into(), Json::from));
            }
            Some(_) => return None,
            None => texts.push(unquoted(argument.trim())?),
        }
    }
    Some((function.trim(), texts, version))
}

fn unquoted(text: &str) -> Option<&str> {
    text.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])
}

/// Rows of a `dict` or `csv` fixture.
fn fixture_rows(fixture: &Fixture) -> Result<Vec<JsonMap>, Box<Diagnostic>> {
    let wrong = |what: String| Box::new(Diagnostic::error("unit-test-rows", what).at(fixture.span.clone(), ""));
    match (&fixture.rows, fixture.format) {
        (Json::Null, _) => Ok(Vec::new()),
        (Json::Array(rows), _) => rows
            .iter()
            .map(|row| {
                row.as_object().cloned().ok_or_else(|| wrong("each row must be a dict of column and value".to_string()))
            })
            .collect(),
        (Json::String(text), FixtureFormat::Csv) => {
            let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.trim().as_bytes());
            let header =
                reader.headers().map_err(|error| wrong(format!("the csv rows cannot be read: {error}")))?.clone();
            let mut rows = Vec::new();
            for record in reader.records() {
                let record = record.map_err(|error| wrong(format!("the csv rows cannot be read: {error}")))?;
                let cells = header.iter().zip(record.iter());
                rows.push(
                    cells
                        .map(|(name, cell)| (name.to_string(), if cell.is_empty() { Json::Null } else { cell.into() }))
                        .collect(),
                );
            }
            Ok(rows)
        }
        _ => Err(wrong(format!("`rows` do not fit `format: {}`", fixture.format.name()))),
    }
}

/// Rows that are only on one side; equal rows, however often, cancel out.
struct Difference {
    columns: Vec<String>,
    only_actual: Vec<Vec<String>>,
    only_expected: Vec<Vec<String>>,
}

impl Difference {
    fn between(table: &Table) -> Result<Self, Box<Diagnostic>> {
        let Some(origin) = table.column("actual_or_expected") else {
            return Err(Box::new(Diagnostic::error(
                "test-result",
                "the unit test's query gave no column `actual_or_expected`",
            )));
        };
        let columns: Vec<String> =
            table.columns.iter().enumerate().filter(|(at, _)| *at != origin).map(|(_, name)| name.clone()).collect();
        let mut sides: [Vec<Vec<String>>; 2] = Default::default();
        for row in &table.rows {
            let cells = row.iter().enumerate().filter(|(at, _)| *at != origin).map(|(_, cell)| match cell {
                crate::adapter::Cell::Null => "null".to_string(),
                other => other.text(),
            });
            let side = usize::from(row[origin].text() != "actual");
            sides[side].push(cells.collect());
        }
        let [mut only_actual, mut only_expected] = sides;
        only_actual.retain(|row| match only_expected.iter().position(|other| other == row) {
            Some(at) => {
                only_expected.remove(at);
                false
            }
            None => true,
        });
        only_actual.sort();
        only_expected.sort();
        Ok(Self { columns, only_actual, only_expected })
    }

    fn is_empty(&self) -> bool {
        self.only_actual.is_empty() && self.only_expected.is_empty()
    }

    fn count(&self) -> i64 {
        self.only_actual.len().max(self.only_expected.len()) as i64
    }

    /// `-` before expected rows that are missing, `+` before rows that are too many.
    fn picture(&self) -> String {
        let marked = |mark: &str, rows: &[Vec<String>]| {
            rows.iter().map(|row| [&[mark.to_string()], row.as_slice()].concat()).collect::<Vec<_>>()
        };
        let mut lines = vec![[&[" ".to_string()], self.columns.as_slice()].concat()];
        lines.extend(marked("-", &self.only_expected));
        lines.extend(marked("+", &self.only_actual));
        let widths: Vec<usize> = (0..lines[0].len())
            .map(|at| lines.iter().map(|line| line[at].chars().count()).max().unwrap_or(0))
            .collect();
        let padded = lines.iter().map(|line| {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_string()
        });
        let text = padded.collect::<Vec<_>>().join("\n");
        format!("- expected, + actual\n{text}")
    }
}
