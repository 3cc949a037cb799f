//! Makes a node in the warehouse by its materialization's macro; or only compiles it, or shows its rows.

use std::sync::{Arc, Mutex, PoisonError};

use super::compile::{Compiled, compile};
use super::data_test::compiled_path;
use super::runner::{Done, Work, write_below};
use super::seed::{place_of, read_seed};
use crate::adapter::replay::Replay;
use crate::adapter::{Adapter, Answer, ErrorKind, Fetch, Session, Warehouse};
use crate::diagnostic::Diagnostic;
use crate::event::{Event, EventSender, NodeStatus};
use crate::jinja::{Called, Rendered, RunScope, SeedLoader, response_fields, warehouse_diagnostic};
use crate::manifest::{FunctionFacts, Json, JsonMap, Node, NodeKind};
use crate::project::Judge;
use crate::relation::Relation;
use crate::source::Span;

/// Compiles a node and makes it.
pub(super) fn run(work: &Work<'_>, node: &Arc<Node>) -> Done {
    let compiled = match work.timed("compile", || compile_and_write(work, node)) {
        Ok(compiled) => compiled,
        Err(problem) => return Done::failed(NodeStatus::Error, problem),
    };
    let (compiled, path) = compiled;
    let made = work.timed("execute", || match without_returns(node) {
        Some(problem) => Err(Box::new(problem)),
        None => materialize(work, node, &compiled),
    });
    let base = match node.kind {
        NodeKind::Seed(_) => Done::default(),
        _ => Done::compiled(&compiled.rendered, path),
    };
    match made {
        Ok(called) => {
            let answer = called.statements.get("main").or_else(|| called.statements.get("load_seed"));
            let response = answer.map(|answer| response_fields(&answer.response)).unwrap_or_default();
            let message =
                response.get("_message").and_then(Json::as_str).filter(|message| !message.is_empty()).unwrap_or("OK");
            Done { message: Some(message.to_string()), adapter_response: response, ..base }
        }
        Err(problem) => Done { ..with_problem(base, problem) },
    }
}

/// A function that no yml describes.
fn without_returns(node: &Node) -> Option<Diagnostic> {
    let NodeKind::Function(FunctionFacts { returns: None, .. }) = &node.kind else { return None };
    let problem = Diagnostic::error("invalid-properties", format!("no yml says what function `{}` returns", node.name));
    let problem = problem.at(node.place(), "this function");
    Some(problem.help(format!("add `functions: [{{name: {}, returns: {{data_type: …}}}}]` to a yml", node.name)))
}

fn with_problem(done: Done, problem: Box<Diagnostic>) -> Done {
    let mut problem = problem;
    if let Some(path) = &done.compiled_path {
        problem.notes.push(format!("compiled code at {path}"));
    }
    Done { status: Some(NodeStatus::Error), message: Some(problem.message.clone()), problem: Some(problem), ..done }
}

fn compile_and_write(work: &Work<'_>, node: &Arc<Node>) -> Result<(Compiled, Option<String>), Box<Diagnostic>> {
    if let NodeKind::Seed(_) = node.kind {
        return Ok((Compiled { rendered: Arc::default() }, None));
    }
    let compiled = compile(work, node)?;
    let path = write_below(work.runner, "compiled", &node.package_name, &compiled_path(node), &compiled.rendered.text)?;
    Ok((compiled, Some(path)))
}

/// Calls the materialization's macro; its statement goes below `target/run`.
fn materialize(work: &Work<'_>, node: &Arc<Node>, compiled: &Compiled) -> Result<Called, Box<Diagnostic>> {
    let called = call_materialization(work, work.session, work.events, node, compiled)?;
    if let Some(written) = &called.written {
        write_below(work.runner, "run", &node.package_name, &compiled_path(node), written)?;
    }
    finish(work, &called)?;
    Ok(called)
}

/// What was made stays, and is known to be there.
fn finish(work: &Work<'_>, called: &Called) -> Result<(), Box<Diagnostic>> {
    work.session.commit().map_err(|error| Box::new(warehouse_diagnostic(&error, None, None)))?;
    for relation in &called.relations {
        work.session.warehouse().cache.add(relation);
    }
    Ok(())
}

fn call_materialization(
    work: &Work<'_>,
    session: &Arc<Session>,
    events: &EventSender,
    node: &Arc<Node>,
    compiled: &Compiled,
) -> Result<Called, Box<Diagnostic>> {
    let name = node.config.text("materialized").unwrap_or("view");
    call_named(work, session, events, node, compiled, name)
}

fn call_named(
    work: &Work<'_>,
    session: &Arc<Session>,
    events: &EventSender,
    node: &Arc<Node>,
    compiled: &Compiled,
    name: &str,
) -> Result<Called, Box<Diagnostic>> {
    let Some(found) = work.runner.engine.materialization(name, &node.package_name) else {
        return Err(Box::new(
            Diagnostic::error(
                "unknown-materialization",
                format!("`materialized: {name}` is not a materialization that is known here"),
            )
            .suggest(name, ["view", "table", "incremental", "ephemeral", "seed", "snapshot", "materialized_view"]),
        ));
    };
    let mut scope = work.runner.scope(session, events, Some(node), &node.package_name, node.code.clone());
    scope.compiled = Some(Arc::clone(&compiled.rendered));
    scope.seed_loader = matches!(node.kind, NodeKind::Seed(_)).then(|| Arc::new(SeedFile) as Arc<dyn SeedLoader>);
    work.runner.engine.call(&scope, &found.unique_id, &JsonMap::new())
}

/// Makes a node as a copy of where the earlier run has it.
///
/// Source: dbt-core 1.12, `dbt.task.clone`.
pub(super) fn clone(work: &Work<'_>, node: &Arc<Node>) -> Done {
    let other = work.runner.deferral.relations.get(&node.unique_id);
    let text = other.map(|other| format!("select * from {other}")).unwrap_or_default();
    let compiled = Compiled { rendered: Arc::new(Rendered { text, ..Rendered::default() }) };
    let made = work.timed("execute", || call_named(work, work.session, work.events, node, &compiled, "clone"));
    let made = made.and_then(|called| {
        finish(work, &called)?;
        Ok(called)
    });
    match made {
        Ok(called) => match called.statements.get("main") {
            Some(answer) => {
                let response = response_fields(&answer.response);
                let message = response.get("_message").and_then(Json::as_str).unwrap_or("OK").to_string();
                Done { message: Some(message), adapter_response: response, ..Done::default() }
            }
            None => Done { message: Some("No-op".to_string()), ..Done::default() },
        },
        Err(problem) => Done::failed(NodeStatus::Error, problem),
    }
}

/// Fills a seed's table from its CSV file.
struct SeedFile;

impl SeedLoader for SeedFile {
    fn load(&self, scope: &RunScope, relation: &Relation) -> Result<Answer, Box<Diagnostic>> {
        let Some(node) = &scope.node else {
            return Err(Box::new(Diagnostic::error("internal", "a seed is loaded outside of a seed")));
        };
        let config = &node.config;
        let delimiter = config.text("delimiter").unwrap_or(",");
        let types = config.get("column_types").and_then(Json::as_object).cloned().unwrap_or_default();
        let kind = scope.project.target.kind;
        let root = match &node.kind {
            NodeKind::Seed(facts) => std::path::PathBuf::from(&facts.root_path),
            NodeKind::Model(_)
            | NodeKind::Snapshot
            | NodeKind::DataTest(_)
            | NodeKind::Analysis
            | NodeKind::Hook(_)
            | NodeKind::Function(_) => scope.project.root.clone(),
        };
        let root = if root.is_absolute() { root } else { scope.project.root.join(root) };
        let seed = read_seed(&root.join(&node.original_file_path), &node.original_file_path, delimiter, &types, kind)?;
        for warning in &seed.warnings {
            Judge::new(&scope.project.invocation.flags).warn(warning.clone(), &scope.events)?;
        }
        let mut request = seed.load_request(relation.clone(), scope.session.next_job());
        request.description = Some(node.description.clone()).filter(|text| !text.is_empty() && persists_docs(node));
        let mut answer = scope.session.load(&request).map_err(|error| {
            let problem = warehouse_diagnostic(&error, None, None);
            let cell = error.cell.as_ref();
            let place = cell
                .and_then(|(row, column)| place_of(&seed.path, &node.original_file_path, seed.delimiter, *row, column));
            Box::new(match place {
                Some(place) => problem.at(place, "this value"),
                None => problem,
            })
        })?;
        let rows = answer.response.rows_affected.unwrap_or(seed.row_count as i64);
        answer.response.rows_affected = Some(rows);
        answer.response.code.get_or_insert_with(|| "INSERT".to_string());
        answer.response.message = format!("INSERT {rows}");
        Ok(answer)
    }
}

fn persists_docs(node: &Node) -> bool {
    node.config.get("persist_docs").and_then(|docs| docs.get("relation")).and_then(Json::as_bool).unwrap_or(false)
}

/// `compile`: the SQL, and the statements that would make the node in an empty warehouse.
pub(super) fn compile_only(work: &Work<'_>, node: &Arc<Node>) -> Done {
    let compiled = work.timed("compile", || compile_and_write(work, node)).or_else(|problem| {
        // Without a way to the warehouse, look-ups are answered as for an empty one, and that is said.
        if problem.code != "connection" {
            return Err(problem);
        }
        let warning = Diagnostic::warning(
            "compiled-offline",
            format!("`{}` asks the warehouse, which cannot be reached: compiled as for an empty one", node.name),
        );
        work.judge().warn(warning.note(problem.message), work.events)?;
        let session = dry_session(work).0;
        let called_macros = Arc::clone(&work.called_macros);
        let timing = Mutex::default();
        let offline = Work { runner: work.runner, session: &session, events: work.events, timing, called_macros };
        compile_and_write(&offline, node)
    });
    let (compiled, path) = match compiled {
        Ok(compiled) => compiled,
        Err(problem) => return Done::failed(NodeStatus::Error, problem),
    };
    if makes_a_relation(node)
        && let Some(problem) = write_statements(work, node, &compiled).err()
    {
        work.events.send(Event::Diagnosed(problem));
    }
    Done::compiled(&compiled.rendered, path)
}

fn makes_a_relation(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Model(_) | NodeKind::Snapshot | NodeKind::Function(_)) && !node.is_ephemeral()
}

/// Statements of the first build go below `target/run`, found on a warehouse that only records.
fn write_statements(work: &Work<'_>, node: &Arc<Node>, compiled: &Compiled) -> Result<(), Box<Diagnostic>> {
    let (session, recorder) = dry_session(work);
    session.start_job(work.runner.job(node));
    let called = call_materialization(work, &session, &EventSender::silent(), node, compiled);
    let statements = recorder.recorded();
    if let Err(mut problem) = called {
        // Macros that read what they made cannot be followed here; the compiled SQL itself is right.
        if statements.is_empty() {
            problem.severity = crate::diagnostic::Severity::Warning;
            return Err(problem);
        }
    }
    let text: Vec<String> = statements
        .iter()
        .map(|sql| sql.trim().trim_end_matches(';').to_string())
        .filter(|sql| !sql.is_empty())
        .collect();
    write_below(work.runner, "run", &node.package_name, &compiled_path(node), &format!("{};\n", text.join(";\n\n")))?;
    Ok(())
}

fn dry_session(work: &Work<'_>) -> (Arc<Session>, Arc<Replay>) {
    let recorder = Replay::dry(work.runner.project.target.kind);
    let warehouse = Warehouse::new(Arc::clone(&recorder) as Arc<dyn Adapter>);
    (Session::new(warehouse, EventSender::silent()), recorder)
}

/// `show`: the first rows of the compiled query, as `get_show_sql` asks for them.
pub(super) fn show(work: &Work<'_>, node: &Arc<Node>) -> Done {
    let (mut compiled, path) = match work.timed("compile", || compile_and_write(work, node)) {
        Ok(compiled) => compiled,
        Err(problem) => return Done::failed(NodeStatus::Error, problem),
    };
    if let NodeKind::Seed(_) = node.kind {
        let name = node.relation_name.as_deref().unwrap_or(&node.alias);
        compiled.rendered = Arc::new(Rendered::from_text(format!("select * from {name}")));
    }
    let sql = match show_sql(work, node, &compiled) {
        Ok(sql) => sql,
        Err(problem) => return Done::failed(NodeStatus::Error, problem),
    };
    let shown = work.timed("execute", || {
        let fetch = Fetch::Rows { limit: work.runner.show_limit };
        work.session.execute(&sql, fetch).map_err(|error| {
            let problem = warehouse_diagnostic(&error, Some(&sql), Some(&compiled.rendered));
            let is_syntax = problem.message.to_lowercase().contains("syntax error");
            Box::new(match own_limit(node).filter(|_| is_syntax) {
                Some(limit) => Diagnostic { labels: Vec::new(), ..problem }
                    .at(limit, "`show` adds another limit behind this one")
                    .help("remove the limit and say `--limit` how many rows to show, or keep it and say `--limit -1`"),
                None if error.kind == ErrorKind::Database && !is_syntax => {
                    problem.note("`show` reads from the relations of its parents: build them first")
                }
                None => problem,
            })
        })
    });
    let base = Done { compiled_code: Some(Arc::from(sql.as_str())), ..Done::compiled(&compiled.rendered, path) };
    match shown {
        Ok(answer) => {
            let mut shown = work.runner.shown.lock().unwrap_or_else(PoisonError::into_inner);
            shown.push((node.unique_id.clone(), answer.table));
            Done { adapter_response: response_fields(&answer.response), ..base }
        }
        Err(problem) => with_problem(base, problem),
    }
}

/// The last `limit` of a query, where nothing but its number follows.
fn own_limit(node: &Node) -> Option<Span> {
    let code = node.code.text();
    let at = code.to_ascii_lowercase().rfind("limit")?;
    let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let is_last = !code[at + "limit".len()..].contains(['(', ')', '\'']) && !code[..at].ends_with(is_of_word);
    let start = node.code.start as usize + at;
    is_last.then(|| Span::new(&node.file, start..start + "limit".len()))
}

/// By the macro `get_show_sql`, which a project may override.
fn show_sql(work: &Work<'_>, node: &Arc<Node>, compiled: &Compiled) -> Result<String, Box<Diagnostic>> {
    let text = compiled.rendered.text.trim().trim_end_matches(';');
    let arguments = JsonMap::from_iter([
        ("compiled_code".to_string(), text.into()),
        ("sql_header".to_string(), node.config.get("sql_header").cloned().unwrap_or_default()),
        ("limit".to_string(), work.runner.show_limit.map_or(Json::Null, Json::from)),
    ]);
    let called = work.runner.engine.call(&work.scope(node), "get_show_sql", &arguments)?;
    Ok(called.value.as_str().unwrap_or_default().trim().to_string())
}
