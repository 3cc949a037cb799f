//! `docs generate`: compiles the project, and writes what it holds and what the warehouse holds of it.

use super::Context;
use crate::graph::{Command, Selection};
use crate::session::{Exit, Session};

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let compiles = context.told(context.values.switch("compile"))?.unwrap_or(true);
    let is_empty = context.switch("empty-catalog")?;
    let session = Session::open(&context.settings, context.reporter)?;
    let mut selected = None;
    if compiles {
        let selection = session.select(Command::DocsGenerate, context.reporter)?;
        let plan = session.plan(Command::DocsGenerate, &selection, context.reporter)?;
        let exit = session.run(&plan, &selection, None, context.interrupt, context.reporter)?.exit;
        if exit != Exit::Fine {
            return Ok(exit.unable_if_failed());
        }
        let sources = session.select_sources(context.reporter)?;
        selected = Some(selection.iter().chain(sources.iter()).cloned().collect());
    }
    let selected = if is_empty { Some(Selection::default()) } else { selected };
    session.write_catalog(selected.as_ref(), context.interrupt, context.reporter)
}
