//! Runs a data test and gives its verdict.

use std::sync::Arc;

use super::compile::compile;
use super::runner::{Done, Work, write_below};
use crate::adapter::Table;
use crate::diagnostic::Diagnostic;
use crate::event::NodeStatus;
use crate::jinja::response_fields;
use crate::manifest::{Json, JsonMap, Node, NodeKind};
use crate::project::{Judge, Project};

/// The code of a test that failed, but only warns.
const WARNED: &str = "test-warned";

/// Whether failing rows are kept in a relation.
pub(super) fn stores_failures(node: &Node, project: &Project) -> bool {
    let stored_as = node.config.text("store_failures_as");
    match stored_as {
        Some("ephemeral") => false,
        Some(_) => true,
        None => node.config.flag("store_failures").unwrap_or(project.invocation.flags.store_failures),
    }
}

pub(super) fn run(work: &Work<'_>, node: &Arc<Node>) -> Done {
    let compiled = work.timed("compile", || {
        let compiled = compile(work, node)?;
        let path = compiled_path(node);
        let path = write_below(work.runner, "compiled", &node.package_name, &path, &compiled.rendered.text)?;
        Ok::<_, Box<Diagnostic>>((compiled, path))
    });
    let (compiled, path) = match compiled {
        Ok(compiled) => compiled,
        Err(problem) => return Done::failed(NodeStatus::Error, problem),
    };
    let base = Done::compiled(&compiled.rendered, Some(path.clone()));
    let mut scope = work.scope(node);
    scope.compiled = Some(Arc::clone(&compiled.rendered));
    let called = work.timed("execute", || {
        let found = work.runner.engine.materialization("test", &node.package_name);
        let found =
            found.ok_or_else(|| Box::new(Diagnostic::error("internal", "there is no materialization `test`")))?;
        let called = work.runner.engine.call(&scope, &found.unique_id, &JsonMap::new())?;
        if let Some(written) = &called.written {
            write_below(work.runner, "run", &node.package_name, &compiled_path(node), written)?;
        }
        Ok::<_, Box<Diagnostic>>(called)
    });
    let verdict = called.and_then(|called| {
        let answer = called.statements.get("main").cloned().unwrap_or_default();
        let verdict = Verdict::read(&answer.table, node)?;
        Ok((verdict, response_fields(&answer.response)))
    });
    match verdict {
        Ok((verdict, response)) => {
            let judge = work.judge();
            let (status, message) = verdict.judge(node, &judge);
            let problem = matches!(status, NodeStatus::Fail | NodeStatus::Warn)
                .then(|| failure(node, status, message.as_deref(), &path));
            let problem = problem.and_then(|problem| judge.of_any(problem).map(Box::new));
            Done {
                status: Some(status),
                message,
                failures: Some(verdict.failures),
                adapter_response: response,
                problem,
                ..base
            }
        }
        Err(mut problem) => {
            problem.notes.push(format!("compiled code at {path}"));
            if let Some(span) = node.declaration() {
                problem.or_at(span, "in this test");
            }
            Done {
                status: Some(NodeStatus::Error),
                message: Some(problem.message.clone()),
                problem: Some(problem),
                ..base
            }
        }
    }
}

/// Generic tests lie below the folder of their yml, hooks below that of dbt_project.yml, snapshots below their file, which
/// may hold several; as dbt writes them.
pub(super) fn compiled_path(node: &Node) -> String {
    match &node.kind {
        NodeKind::DataTest(test) if test.generic.is_some() => format!("{}/{}", node.original_file_path, node.path),
        NodeKind::Hook(_) => format!("{}/{}", node.original_file_path, node.path),
        NodeKind::Snapshot => format!("{}/{}.sql", node.original_file_path, node.name),
        NodeKind::DataTest(_) | NodeKind::Model(_) | NodeKind::Seed(_) | NodeKind::Analysis | NodeKind::Function(_) => {
            node.original_file_path.clone()
        }
    }
}

/// What a test's query answers: one row of figures.
struct Verdict {
    failures: i64,
    should_warn: bool,
    should_error: bool,
}

impl Verdict {
    fn read(table: &Table, node: &Node) -> Result<Self, Box<Diagnostic>> {
        let wrong =
            |what: &str| {
                let problem = Diagnostic::error(
                    "test-result",
                    format!("test `{}` gave {what}, where one row with its figures is expected", node.name),
                );
                Box::new(problem.help(
                    "check `fail_calc`, `warn_if` and `error_if`, and whether the project overrides `get_test_sql`",
                ))
            };
        let [row] = table.rows.as_slice() else { return Err(wrong(&format!("{} rows", table.rows.len()))) };
        let cell = |name: &str| table.column(name).and_then(|at| row.get(at));
        // An empty `fail_calc`, such as sum() over no rows, is null: no failures.
        let failures = cell("failures").ok_or_else(|| wrong("no column `failures`"))?;
        let failures = match failures {
            crate::adapter::Cell::Null => 0,
            other => other.as_i64().ok_or_else(|| wrong("a `failures` that is not a whole number"))?,
        };
        let flag = |name: &str| {
            let cell = cell(name).ok_or_else(|| wrong(&format!("no column `{name}`")))?;
            Ok::<bool, Box<Diagnostic>>(match cell {
                crate::adapter::Cell::Bool(value) => *value,
                other => other.as_i64().is_some_and(|value| value != 0) || other.text().eq_ignore_ascii_case("true"),
            })
        };
        Ok(Self { failures, should_warn: flag("should_warn")?, should_error: flag("should_error")? })
    }

    fn judge(&self, node: &Node, judge: &Judge) -> (NodeStatus, Option<String>) {
        let is_error = node.config.text("severity").is_none_or(|severity| severity.eq_ignore_ascii_case("error"));
        let count = format!("Got {} result{}", self.failures, if self.failures == 1 { "" } else { "s" });
        let threshold = |key: &str| node.config.get(key).map_or_else(|| "!= 0".to_string(), as_text);
        if is_error && self.should_error {
            (NodeStatus::Fail, Some(format!("{count}, configured to fail if {}", threshold("error_if"))))
        } else if self.should_warn {
            let (status, verb) =
                if judge.is_error(WARNED) { (NodeStatus::Fail, "fail") } else { (NodeStatus::Warn, "warn") };
            (status, Some(format!("{count}, configured to {verb} if {}", threshold("warn_if"))))
        } else {
            (NodeStatus::Pass, None)
        }
    }
}

fn as_text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn failure(node: &Node, status: NodeStatus, message: Option<&str>, path: &str) -> Diagnostic {
    let message = message.unwrap_or_default();
    let mut text = format!("test `{}`: ", node.name);
    let mut letters = message.chars();
    text.extend(letters.next().map(|first| first.to_ascii_lowercase()));
    text.extend(letters);
    let problem = if status == NodeStatus::Warn {
        Diagnostic::warning(WARNED, text)
    } else {
        Diagnostic::error("test-failed", text)
    };
    problem.at(node.declared_at(), "").note(format!("compiled code at {path}"))
}
