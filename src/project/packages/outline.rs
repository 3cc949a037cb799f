//! The little that is needed of a project to bring its packages: no profile, no target.

use std::path::{Path, PathBuf};

use super::lexically_clean;
use crate::diagnostic::Diagnostic;
use crate::manifest::Json;
use crate::project::locate::{self, PROJECT_FILE};
use crate::project::render::Render;
use crate::project::yaml::{Yaml, YamlFile};
use crate::project::{Invocation, LoadOptions, YamlRenderer, YamlScope, read};
use crate::source::Span;

const INSTALL_PATH: &str = "packages-install-path";
/// Source: dbt-core 1.12, `Project.packages_install_path`.
const INSTALL_PATH_DEFAULT: &str = "dbt_packages";

pub struct ProjectOutline {
    pub root: PathBuf,
    pub name: String,
    pub named_at: Span,
    /// Where packages are installed, absolute.
    pub install_path: PathBuf,
}

impl ProjectOutline {
    /// # Errors
    /// There is no project, or its dbt_project.yml cannot be read, or says nothing that can be used.
    pub fn read(
        options: &LoadOptions,
        renderer: &dyn YamlRenderer,
        invocation: &Invocation,
    ) -> Result<Self, Box<Diagnostic>> {
        let root = locate::project_dir(options)?;
        let yaml = read::yaml(PROJECT_FILE, &root.join(PROJECT_FILE))?;
        let (name, named_at) = name(&yaml)?;
        let install_path = match yaml.root.get(INSTALL_PATH) {
            Some(path) => {
                let scope = YamlScope {
                    vars: &options.vars,
                    target: None,
                    may_read_secrets: false,
                    project_name: Some(&name),
                    invocation: Some(invocation),
                };
                rendered(Render::new(renderer, scope, &yaml), path)?
            }
            None => INSTALL_PATH_DEFAULT.to_string(),
        };
        let install_path = lexically_clean(&root.join(install_path));
        if root.starts_with(&install_path) {
            let span = yaml.root.get(INSTALL_PATH).map_or_else(|| named_at.clone(), |path| yaml.span(path));
            let problem = Diagnostic::error("protected-folder", "packages cannot be installed over the project itself");
            let problem = problem.at(span, "holds the project");
            return Err(Box::new(problem.help("name a folder below the project: `dbt_packages`")));
        }
        Ok(Self { root, name, named_at, install_path })
    }
}

/// The name that the package at `root` gives itself; its file is shown as `shown`.
///
/// # Errors
/// It has no dbt_project.yml that can be read, or no name in it.
pub fn package_name(shown: &str, root: &Path) -> Result<String, Box<Diagnostic>> {
    let yaml = read::yaml(shown, &root.join(PROJECT_FILE))?;
    name(&yaml).map(|(name, _)| name)
}

/// Names are never rendered. Source: dbt-core 1.12, `PartialProject.project_name`.
fn name(yaml: &YamlFile) -> Result<(String, Span), Box<Diagnostic>> {
    let written = yaml.root.get("name");
    match written.and_then(|name| Some((name.as_str()?, yaml.span(name)))) {
        Some((name, span)) => Ok((name.to_string(), span)),
        None => {
            let problem = Diagnostic::error("missing-key", format!("`{}` has no `name`", yaml.file.path));
            let span = written.map_or_else(|| Span::start_of(&yaml.file), |name| yaml.span(name));
            Err(Box::new(problem.at(span, "").help("add `name: ` and a name of letters, digits and underscores")))
        }
    }
}

fn rendered(mut render: Render<'_>, value: &Yaml) -> Result<String, Box<Diagnostic>> {
    let rendered = render.all(value);
    match (render.problems.pop(), rendered) {
        (Some(problem), _) => Err(Box::new(problem)),
        (None, Json::String(path)) => Ok(path),
        (None, _) => {
            let problem = Diagnostic::error("wrong-type", format!("`{INSTALL_PATH}` must be a text"));
            Err(Box::new(problem.at(render.file.span(value), "not a path")))
        }
    }
}
