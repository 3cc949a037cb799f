//! `init`: a new project that runs as it stands, on DuckDB, without an account.

use std::fs;
use std::io;
use std::path::Path;

use super::Context;
use crate::diagnostic::Diagnostic;
use crate::session::Exit;

/// Files of a new project; `__name__` stands for its name.
const STARTER: [(&str, &str); 8] = [
    ("dbt_project.yml", include_str!("../starter/dbt_project.yml")),
    ("profiles.yml", include_str!("../starter/profiles.yml")),
    (".gitignore", include_str!("../starter/gitignore")),
    ("README.md", include_str!("../starter/README.md")),
    ("seeds/raw_orders.csv", include_str!("../starter/raw_orders.csv")),
    ("models/staging/stg_orders.sql", include_str!("../starter/stg_orders.sql")),
    ("models/marts/orders_per_day.sql", include_str!("../starter/orders_per_day.sql")),
    ("models/schema.yml", include_str!("../starter/schema.yml")),
];

pub fn run(context: &mut Context<'_>) -> Result<Exit, Exit> {
    let Some(name) = context.values.positional("project_name").into_iter().next() else {
        let problem = Diagnostic::error("no-project-name", "a new project needs a name");
        context.tell(problem.help("run `tamis init my_project`"));
        return Err(Exit::Unable);
    };
    if let Some(problem) = bad_name(&name) {
        context.tell(problem);
        return Err(Exit::Unable);
    }
    let skips_profile = context.switch("skip-profile-setup")?;
    let folder = Path::new(&name);
    if folder.exists() {
        let problem = Diagnostic::error("folder-exists", format!("there is something named `{name}` here already"));
        context.tell(problem.help("choose another name; nothing was changed"));
        return Err(Exit::Unable);
    }
    if let Err((file, error)) = write(folder, &name, skips_profile) {
        context.tell(Diagnostic::error("cannot-write", format!("cannot write `{file}`: {error}")));
        return Err(Exit::Unable);
    }
    context.talk(format!("made `{name}`: a seed, two models and their tests"));
    context.talk(format!("now run: cd {name} && tamis build"));
    Ok(Exit::Fine)
}

/// Source: dbt-core 1.12, names of projects are letters, digits and underscores, not beginning with a digit.
fn bad_name(name: &str) -> Option<Diagnostic> {
    let is_good = name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        && !name.starts_with(|letter: char| letter.is_ascii_digit())
        && !name.is_empty();
    (!is_good).then(|| {
        Diagnostic::error("bad-project-name", format!("`{name}` cannot be the name of a project"))
            .help("use letters, digits and underscores, not beginning with a digit")
    })
}

fn write(folder: &Path, name: &str, skips_profile: bool) -> Result<(), (String, io::Error)> {
    for (file, text) in STARTER {
        if skips_profile && file == "profiles.yml" {
            continue;
        }
        let path = folder.join(file);
        let text = text.replace("__name__", name);
        let parent = path.parent().unwrap_or(folder);
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
        written.map_err(|error| (path.display().to_string(), error))?;
    }
    Ok(())
}
