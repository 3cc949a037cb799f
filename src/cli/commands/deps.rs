//! `deps`: brings the packages a project asks for.

use super::Context;
use crate::deps::Addition;
use crate::diagnostic::Diagnostic;
use crate::session::{self, Exit, Parcel};

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let source = context.choice("source")?;
    let key = match source.as_deref() {
        Some("git") => "git",
        Some("local") => "local",
        Some("tarball") => "tarball",
        _ => "package",
    };
    let add = context.values.text("add-package").map(|text| Addition::parse(&text, key));
    if let Some(problem) = add.as_ref().and_then(incomplete) {
        context.tell(problem);
        return Err(Exit::Unable);
    }
    let parcel = Parcel { add, is_upgrade: context.switch("upgrade")?, locks_only: context.switch("lock")? };
    session::bring(&context.settings, parcel, context.reporter)
}

fn incomplete(addition: &Addition) -> Option<Diagnostic> {
    let needed = match addition.key {
        "package" => "a version",
        "tarball" => "the name of its project",
        _ => return None,
    };
    addition.version.is_none().then(|| {
        let name = &addition.name;
        let problem = Diagnostic::error("bad-flag", format!("`--add-package {name}` needs {needed}"));
        problem.help(match addition.key {
            "tarball" => format!("write `--add-package {name}@NAME`"),
            _ => format!("write `--add-package {name}@1.0.0`, or `'{name}@>=1.0.0,<2.0.0'`"),
        })
    })
}
