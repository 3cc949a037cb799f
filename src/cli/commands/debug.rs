//! `debug`: checks the project, the profile and the connection.

use super::Context;
use crate::session::{Exit, check};

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    context.print(super::super::version());
    if context.switch("config-dir")? {
        let folder = context.settings.load.profiles_dir.clone();
        let folder = folder.unwrap_or_else(|| context.project_dir().to_path_buf());
        context.print(folder.display().to_string());
        return Ok(Exit::Fine);
    }
    let is_connection_only = context.switch("connection")?;
    check(&context.settings, is_connection_only, context.reporter)?;
    context.print("all checks passed");
    Ok(Exit::Fine)
}
