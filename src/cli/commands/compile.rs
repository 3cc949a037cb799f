//! `compile`: models, tests and analyses as SQL, under target/compiled and, for what was asked for, on stdout.

use serde_json::json;

use super::Context;
use crate::graph::{Command, Selection};
use crate::plan::Plan;
use crate::session::{Exit, Session};

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let is_json = context.choice("output")?.as_deref() == Some("json");
    let inline = context.values.text("inline");
    let mut session = Session::open(&context.settings, context.reporter)?;
    let (plan, selection) = match &inline {
        Some(sql) => session.plan_inline(Command::Compile, sql, context.reporter)?,
        None => {
            let planned = planned(&session, context);
            if planned.is_err() {
                session.write_manifest(context.reporter)?;
            }
            planned?
        }
    };
    let run = session.run(&plan, &selection, None, context.interrupt, context.reporter);
    // A run that comes to its end has written the manifest, with what was compiled.
    if run.is_err() && inline.is_none() {
        session.write_manifest(context.reporter)?;
    }
    let run = run?;
    let asked = context.settings.asked.select.clone();
    for result in &run.results {
        // Source: dbt-core 1.12, `CompileTask.task_end_messages`: nodes that were named are printed.
        let is_asked = inline.is_some() || asked.iter().any(|word| word.contains(&result.node.name));
        let Some(code) = result.compiled_code.as_deref().filter(|_| is_asked) else { continue };
        let name = &result.node.name;
        match (is_json, inline.is_some()) {
            (true, true) => context.print(pretty(&json!({ "compiled": code }))),
            (true, false) => context.print(pretty(&json!({ "node": name, "compiled": code }))),
            (false, _) => context.print(code),
        }
    }
    Ok(run.exit.unable_if_failed())
}

fn planned(session: &Session, context: &mut Context<'_>) -> Result<(Plan, Selection), Exit> {
    let selection = session.select(Command::Compile, context.reporter)?;
    Ok((session.plan(Command::Compile, &selection, context.reporter)?, selection))
}

/// As dbt prints it: by two spaces.
pub fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}")
}
