//! `list`: the selected resources on stdout, one a line, for people and for pipes.

use super::Context;
use crate::artifacts::listing;
use crate::graph::Command;
use crate::session::{Exit, Session};

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let output = context.choice("output")?;
    let keys = context.values.list("output-keys");
    let session = Session::open(&context.settings, context.reporter)?;
    session.write_manifest(context.reporter)?;
    let selection = session.select(Command::List, context.reporter)?;
    for id in selection.iter() {
        let line = match output.as_deref() {
            Some("name") => listing::name(&session.manifest, id),
            Some("path") => listing::path(&session.manifest, id),
            Some("json") => listing::json_line(&session.manifest, id, &keys),
            Some(_) | None => listing::selector(&session.manifest, id),
        };
        context.print(line);
    }
    Ok(Exit::Fine)
}
