//! `parse`: reads the project, says what is wrong with it, and writes manifest.json.

use super::Context;
use crate::report::counted;
use crate::session::{Exit, Session};

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let found = Session::parse(&context.settings, context.reporter)?;
    let found: Vec<_> = found.into_iter().map(|(noun, count)| counted(count, &noun)).collect();
    context.talk(format!("read {}", if found.is_empty() { "an empty project".to_string() } else { found.join(", ") }));
    Ok(Exit::Fine)
}
