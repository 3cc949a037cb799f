//! `run`, `test`, `build`, `seed`, `snapshot`: what was selected is done on the warehouse.

use super::Context;
use crate::graph::Command;
use crate::report::text_table;
use crate::session::{Exit, Session};

pub fn run(context: &mut Context<'_>, command: Command) -> Result<Exit, Exit> {
    let shows_seeds = context.switch("show")?;
    let session = Session::open(&context.settings, context.reporter)?;
    session.write_manifest(context.reporter)?;
    let selection = session.select(command, context.reporter)?;
    let plan = session.plan(command, &selection, context.reporter)?;
    let run = session.run(&plan, &selection, None, context.interrupt, context.reporter)?;
    if shows_seeds {
        for (name, table) in session.first_rows_of_seeds(&run, context.reporter)? {
            context.print(format!("{name}:\n{}", text_table(&table)));
        }
    }
    Ok(run.exit)
}
