//! `show`: runs a node's query, or one that was typed, and prints its first rows.

use serde_json::json;

use super::Context;
use super::compile::pretty;
use crate::diagnostic::Diagnostic;
use crate::graph::Command;
use crate::report::{json_rows, text_table};
use crate::session::{Exit, Session};

/// Rows shown where nothing else is asked for. Source: dbt-core 1.12, `show --limit`.
pub const SHOWN_ROWS: i64 = 5;

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let is_json = context.choice("output")?.as_deref() == Some("json");
    let limit = context.number("limit")?.unwrap_or(SHOWN_ROWS);
    let limit = usize::try_from(limit).ok();
    let inline = context.values.text("inline").or_else(|| context.values.text("inline-direct"));
    let asked = &context.settings.asked;
    if inline.is_none() && asked.select.is_empty() && asked.selector.is_none() {
        let problem = Diagnostic::error("nothing-to-show", "`show` needs to know what to show");
        context.tell(problem.help("add `--select model` or `--inline 'select …'`"));
        return Err(Exit::Unable);
    }
    let mut session = Session::open(&context.settings, context.reporter)?;
    let (plan, selection) = match &inline {
        Some(sql) => session.plan_inline(Command::Show, sql, context.reporter)?,
        None => {
            let selection = session.select(Command::Show, context.reporter)?;
            (session.plan(Command::Show, &selection, context.reporter)?, selection)
        }
    };
    let run = session.run(&plan, &selection, limit, context.interrupt, context.reporter)?;
    let is_one = run.shown.len() == 1;
    for (id, table) in &run.shown {
        let name = session.manifest.node(id).map_or(&**id, |node| &node.name);
        match (is_json, inline.is_some()) {
            (true, true) => context.print(pretty(&json!({ "show": json_rows(table) }))),
            (true, false) => context.print(pretty(&json!({ "node": name, "show": json_rows(table) }))),
            (false, _) if is_one => context.print(text_table(table)),
            (false, _) => context.print(format!("{name}:\n{}", text_table(table))),
        }
    }
    Ok(run.exit.unable_if_failed())
}
