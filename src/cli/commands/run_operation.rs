//! `run-operation`: calls a macro, or runs SQL, on the target's warehouse.

use super::super::yaml;
use super::Context;
use crate::diagnostic::Diagnostic;
use crate::session::{Exit, Operation, Session};

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    if context.settings.asked.again.as_ref().is_some_and(Vec::is_empty) {
        context.tell(Diagnostic::warning("nothing-selected", "the former run left nothing to do again"));
        return Ok(Exit::Fine);
    }
    let name = context.values.positional("macro").into_iter().next();
    let sql = context.values.text("sql");
    let arguments = context.values.text("args").map(|text| yaml::map("--args", &text)).transpose();
    let arguments = context.told(arguments)?.unwrap_or_default();
    let operation = match (&name, &sql) {
        (Some(name), None) => Operation::Macro { name, arguments: &arguments },
        (None, Some(sql)) => Operation::Sql(sql),
        (None, None) | (Some(_), Some(_)) => {
            let problem = Diagnostic::error("bad-operation", "`run-operation` needs either a macro or `--sql`");
            context.tell(problem.help("run `tamis run-operation my_macro --args '{name: value}'`"));
            return Err(Exit::Unable);
        }
    };
    let session = Session::open(&context.settings, context.reporter)?;
    session.operate(&operation, context.interrupt, context.reporter)
}
