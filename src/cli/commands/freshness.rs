//! `source freshness`: asks how old the sources are, and writes sources.json.

use super::Context;
use crate::graph::Command;
use crate::manifest::Json;
use crate::session::{Exit, Session};

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let session = Session::open(&context.settings, context.reporter)?;
    session.write_manifest(context.reporter)?;
    let selection = session.select(Command::SourceFreshness, context.reporter)?;
    let mut plan = session.plan(Command::SourceFreshness, &selection, context.reporter)?;
    // Source: dbt-core 1.12, the behavior flag of this name, which is on by default.
    if context.values.project.get("source_freshness_run_project_hooks") == Some(&Json::Bool(false)) {
        plan.on_run_start.clear();
        plan.on_run_end.clear();
    }
    Ok(session.run(&plan, &selection, None, context.interrupt, context.reporter)?.exit)
}
