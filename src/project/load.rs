//! Opens a project: dbt_project.yml, the target, packages, and every file of every package.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::locate::{self, PROJECT_FILE};
use super::options::LoadOptions;
use super::packages::{self, PackageRoot};
use super::profile::Wanted;
use super::project_check;
use super::project_file::ProjectFile;
use super::walk::{Lists, Reader, Walk};
use super::yaml::{Yaml, YamlFile, YamlKind};
use super::{Invocation, Package, PackageFiles, Project, YamlRenderer, YamlScope, keys, read, vars};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};
use crate::source::Span;

const SELECTORS_FILE: &str = "selectors.yml";

impl Project {
    /// Reads everything a project consists of. Never needs the network.
    ///
    /// The second half of the answer are warnings: keys nobody knows, folders that are not there.
    ///
    /// # Errors
    /// Every problem found, warnings among them; at least one is an error.
    pub fn load(
        options: &LoadOptions,
        renderer: &dyn YamlRenderer,
        invocation: Arc<Invocation>,
    ) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        Survey::of(options, renderer, invocation)?.read()
    }
}

/// A project whose settings are known, and which files it consists of; those are not yet read.
pub struct Survey {
    project: Project,
    /// Of each package, with whether its keys are checked.
    lists: Vec<(Lists, bool)>,
    /// What was found up to here.
    pub problems: Vec<Diagnostic>,
}

impl Survey {
    /// # Errors
    /// As [`Project::load`], where there is nothing to go on with.
    pub fn of(
        options: &LoadOptions,
        renderer: &dyn YamlRenderer,
        invocation: Arc<Invocation>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut load = Load { options, renderer, problems: Vec::new(), lists: Vec::new() };
        match load.project(invocation) {
            Some(project) => Ok(Self { project, lists: load.lists, problems: load.problems }),
            None => Err(load.problems),
        }
    }

    /// The project without its files.
    pub fn settings(&self) -> &Project {
        &self.project
    }

    /// Where every file lies that [`Self::read`] would read, package by package; some more than once.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        self.lists.iter().flat_map(|(lists, _)| lists.all()).map(|found| found.absolute.as_path())
    }

    /// The project with all of its macros and docs blocks, and of its other files only the wanted ones.
    ///
    /// # Errors
    /// As [`Project::load`].
    pub fn read_only(&self, is_wanted: impl Fn(&Path) -> bool) -> Result<(Project, Vec<Diagnostic>), Vec<Diagnostic>> {
        let lists = self.lists.iter().map(|(lists, checks_keys)| (lists.only(&is_wanted), *checks_keys)).collect();
        Self { project: self.project.clone(), lists, problems: Vec::new() }.read()
    }

    /// # Errors
    /// As [`Project::load`].
    pub fn read(self) -> Result<(Project, Vec<Diagnostic>), Vec<Diagnostic>> {
        let Self { mut project, lists, mut problems } = self;
        let root = project.root.clone();
        for (package, (lists, checks_keys)) in project.packages.iter_mut().zip(lists) {
            package.files = Reader { project_dir: &root, checks_keys }.read(lists, &mut problems);
        }
        let is_sound = |problems: &[Diagnostic]| !problems.iter().any(Diagnostic::is_error);
        // With a package missing, everything said of it would look unused.
        if is_sound(&problems)
            && let Some((first, others)) = project.packages.split_first()
        {
            problems.extend(keys::unused_config_paths(first, others));
        }
        if is_sound(&problems) { Ok((project, problems)) } else { Err(problems) }
    }
}

struct Load<'a> {
    options: &'a LoadOptions,
    renderer: &'a dyn YamlRenderer,
    problems: Vec<Diagnostic>,
    lists: Vec<(Lists, bool)>,
}

impl Load<'_> {
    fn project(&mut self, invocation: Arc<Invocation>) -> Option<Project> {
        let root = match locate::project_dir(self.options) {
            Ok(root) => root,
            Err(problem) => {
                self.problems.push(*problem);
                return None;
            }
        };
        let yaml = self.yaml(PROJECT_FILE, &root.join(PROJECT_FILE))?;
        if !matches!(yaml.root.kind, YamlKind::Map(_)) {
            self.problems.push(project_check::not_a_map(&yaml));
            return None;
        }
        self.problems.extend(keys::check_project(&yaml));
        let vars_file = vars::from_file(&root, &mut self.problems);
        let wanted = Wanted { options: self.options, project_dir: &root, project: &yaml, renderer: self.renderer };
        let target = wanted.target(&mut self.problems)?;

        let mut known_vars = vars_file.as_ref().map(|(_, vars)| vars.clone()).unwrap_or_default();
        known_vars.extend(self.options.vars.clone());
        let name = yaml.root.get("name").and_then(Yaml::as_str).unwrap_or_default().to_string();
        let scope = YamlScope {
            vars: &known_vars,
            target: Some(&target.context),
            may_read_secrets: false,
            project_name: Some(&name),
            invocation: Some(&invocation),
        };
        let mut file = ProjectFile::new(yaml, self.renderer, scope, &mut self.problems)?;
        if let Some((yaml, vars)) = vars_file {
            self.problems.extend(vars::only_one_place(&file.yaml, &yaml));
            file.config.insert("vars".to_string(), Json::Object(vars));
        }
        if self.options.checks_version {
            file.check_version(&mut self.problems);
        }
        let problems = project_check::missing_folders(&file, &root);
        self.problems.extend(problems);

        let dispatch = file.dispatch();
        let target_path = self.target_path(&root, &file);
        let packages = self.packages(&root, file, scope);
        let selectors = self.selectors(&root);
        let cli_vars = self.options.vars.clone();
        Some(Project { root, packages, target, cli_vars, invocation, dispatch, selectors, target_path })
    }

    /// The project itself and everything it uses.
    fn packages(&mut self, root: &Path, file: ProjectFile, scope: YamlScope<'_>) -> Vec<Package> {
        let install_path =
            file.config.get("packages-install-path").and_then(Json::as_str).unwrap_or_default().to_string();
        let roots = packages::find(root, &install_path, self.renderer, scope, &mut self.problems);
        let mut packages = vec![self.package(root, root, file, true)];
        let mut locals = std::collections::BTreeSet::new();
        for package in roots {
            let shown = locate::shown(&package.root.join(PROJECT_FILE), root);
            let Some(yaml) = self.yaml(&shown, &package.root.join(PROJECT_FILE)) else { continue };
            // A package sees neither `--vars` nor vars.yml in its own dbt_project.yml, as in dbt.
            let nothing = JsonMap::new();
            let name = yaml.root.get("name").and_then(Yaml::as_str).unwrap_or_default().to_string();
            let scope = YamlScope { vars: &nothing, project_name: Some(&name), ..scope };
            let before = self.problems.len();
            let Some(file) = ProjectFile::new(yaml, self.renderer, scope, &mut self.problems) else { continue };
            if self.options.checks_version {
                file.check_version(&mut self.problems);
            }
            if !package.is_local {
                // What is odd in an installed package is for its authors to mend.
                let mine = self.problems.split_off(before);
                self.problems.extend(mine.into_iter().filter(Diagnostic::is_error));
            }
            // `deps` copies local packages to the installed ones; the one somebody works on counts.
            if !package.is_local && locals.contains(&file.name) {
                continue;
            }
            if package.is_local {
                locals.insert(file.name.clone());
            }
            if self.is_first_of_its_name(&packages, &file, &package) {
                let mut loaded = self.package(root, &package.root, file, package.is_local);
                loaded.root = package.link.unwrap_or(loaded.root);
                packages.push(loaded);
            }
        }
        packages
    }

    fn package(&mut self, project_dir: &Path, root: &Path, file: ProjectFile, checks_keys: bool) -> Package {
        let lists = Walk { project_dir, root, file: &file }.lists(&mut self.problems);
        self.lists.push((lists, checks_keys));
        let ProjectFile { yaml, config, name } = file;
        Package { name, root: root.to_path_buf(), yaml, config, files: PackageFiles::default() }
    }

    fn is_first_of_its_name(&mut self, packages: &[Package], file: &ProjectFile, package: &PackageRoot) -> bool {
        let Some(other) = packages.iter().find(|other| other.name == file.name) else { return true };
        let problem = Diagnostic::error("duplicate-package", format!("two packages are named `{}`", file.name));
        let problem = problem.at(file.span_of("name"), "this one");
        let other_name = other.yaml.root.get("name").map(|name| other.yaml.span(name));
        let problem = problem.at(other_name.unwrap_or_else(|| Span::start_of(&other.yaml.file)), "and this one");
        let problem = match &package.declared_at {
            Some(span) => problem.at(span.clone(), "asked for here"),
            None => problem,
        };
        self.problems.push(problem.help("rename one of them, or remove the package that is not used"));
        false
    }

    fn selectors(&mut self, root: &Path) -> Option<YamlFile> {
        let path = root.join(SELECTORS_FILE);
        path.is_file().then(|| self.yaml(SELECTORS_FILE, &path)).flatten()
    }

    /// Source: dbt-core 1.12: the flag, its variable, then the project's own key.
    fn target_path(&self, root: &Path, file: &ProjectFile) -> PathBuf {
        let asked = self.options.target_path.clone();
        let asked = asked.or_else(|| self.options.variable("DBT_TARGET_PATH").map(PathBuf::from));
        let own = file.config.get("target-path").and_then(Json::as_str).map(PathBuf::from);
        root.join(asked.or(own).unwrap_or_else(|| PathBuf::from("target")))
    }

    fn yaml(&mut self, shown: &str, path: &Path) -> Option<YamlFile> {
        match read::yaml(shown, path) {
            Ok(yaml) => {
                self.problems.extend(yaml.warnings.iter().cloned());
                Some(yaml)
            }
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }
}
