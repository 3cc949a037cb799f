//! What packages.yml and dependencies.yml ask for: entries read, rendered and checked, each with its place.

use std::path::Path;

use crate::diagnostic::{Diagnostic, nearest};
use crate::manifest::{Json, JsonMap};
use crate::project::render::Render;
use crate::project::yaml::{Yaml, YamlFile, YamlKind};
use crate::project::{YamlRenderer, YamlScope, keys, locate, read};
use crate::source::Span;

pub(crate) const PACKAGES_FILE: &str = "packages.yml";
pub(crate) const DEPENDENCIES_FILE: &str = "dependencies.yml";

/// Where a package comes from: the key that an entry begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PackageKind {
    Hub,
    Git,
    Private,
    Local,
    Tarball,
}

impl PackageKind {
    const ALL: [Self; 5] = [Self::Local, Self::Hub, Self::Git, Self::Tarball, Self::Private];

    pub fn key(self) -> &'static str {
        match self {
            Self::Hub => "package",
            Self::Git => "git",
            Self::Private => "private",
            Self::Local => "local",
            Self::Tarball => "tarball",
        }
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Hub => "hub packages",
            Self::Git => "git packages",
            Self::Private => "private packages",
            Self::Local => "local packages",
            Self::Tarball => "tarballs",
        }
    }

    /// Keys that may stand beside it. Source: dbt-core 1.12, `contracts/project.py`; dbt's documentation writes
    /// `install-prerelease` and `warn-unpinned` with dashes, its code knows one spelling of each.
    fn other_keys(self) -> &'static [&'static str] {
        match self {
            Self::Hub => &["version", "install_prerelease", "install-prerelease", "name", "unrendered"],
            Self::Git => &["revision", "warn-unpinned", "warn_unpinned", "subdirectory", "name", "unrendered"],
            Self::Private => {
                &["provider", "revision", "warn-unpinned", "warn_unpinned", "subdirectory", "name", "unrendered"]
            }
            Self::Local | Self::Tarball => &["name", "unrendered"],
        }
    }
}

/// One entry of a list of packages.
#[derive(Clone, Debug)]
pub struct DeclaredPackage {
    pub kind: PackageKind,
    /// What stands under the kind's key: a name on the hub, an address, a path.
    pub place: String,
    pub rendered: JsonMap,
    /// The entry before its Jinja was rendered.
    pub written: JsonMap,
    /// Where the kind's value stands.
    pub declared_at: Span,
    /// Where `version` or `revision` stands; else the kind's value.
    pub version_at: Span,
}

impl DeclaredPackage {
    pub fn text(&self, key: &str) -> Option<&str> {
        self.rendered.get(key)?.as_str()
    }

    /// A flag under either spelling of its key.
    pub fn flag(&self, keys: [&str; 2]) -> Option<bool> {
        keys.iter().find_map(|key| self.rendered.get(*key)?.as_bool())
    }
}

/// Reads lists of packages.
pub struct PackageReader<'a> {
    pub renderer: &'a dyn YamlRenderer,
    /// Secrets may be read, whatever it says: addresses hold tokens.
    pub scope: YamlScope<'a>,
    /// Whether Jinja is rendered at all: what the hub says is plain data.
    pub is_rendering: bool,
    pub problems: Vec<Diagnostic>,
}

impl<'a> PackageReader<'a> {
    pub fn new(renderer: &'a dyn YamlRenderer, scope: YamlScope<'a>) -> Self {
        let scope = YamlScope { may_read_secrets: true, ..scope };
        Self { renderer, scope, is_rendering: true, problems: Vec::new() }
    }

    /// What the package at `root` asks for; its files are shown relative to `project`.
    pub fn of_folder(&mut self, root: &Path, project: &Path) -> Vec<DeclaredPackage> {
        let files = self.files(root, project);
        self.of_files(&files)
    }

    /// The files of the package at `root` that may ask for others, as far as they are there and can be read.
    pub fn files(&mut self, root: &Path, project: &Path) -> Vec<YamlFile> {
        [PACKAGES_FILE, DEPENDENCIES_FILE].iter().filter_map(|name| self.file(&root.join(name), project)).collect()
    }

    /// What the packages.yml and the dependencies.yml of one package ask for.
    pub fn of_files(&mut self, files: &[YamlFile]) -> Vec<DeclaredPackage> {
        let lists: Vec<(&YamlFile, &Yaml)> =
            files.iter().filter_map(|file| Some((file, file.root.get("packages")?))).collect();
        if let [(first, one), (second, other)] = lists.as_slice() {
            let problem =
                Diagnostic::error("conflicting-keys", "packages are listed in both packages.yml and dependencies.yml");
            let problem = problem.at(first.span(one), "here").at(second.span(other), "and here");
            self.problems.push(problem.help("move them all into one of the two"));
        }
        for file in files.iter().filter(|file| file.file.path.ends_with(PACKAGES_FILE)) {
            if let Some((key, _)) = file.root.entries().iter().find(|(key, _)| key.as_str() == Some("projects")) {
                let problem = Diagnostic::error("misplaced-key", "`projects` cannot stand in packages.yml");
                let problem = problem.at(file.span(key), "not read here");
                self.problems.push(problem.help("move it into dependencies.yml"));
            }
        }
        lists.into_iter().flat_map(|(file, list)| self.of_list(file, list)).collect()
    }

    pub fn of_list(&mut self, file: &YamlFile, list: &Yaml) -> Vec<DeclaredPackage> {
        match &list.kind {
            YamlKind::List(entries) => entries.iter().filter_map(|entry| self.entry(file, entry)).collect(),
            YamlKind::Null => Vec::new(),
            _ => {
                let problem = Diagnostic::error("wrong-type", "`packages` must be a list");
                let problem = problem.at(file.span(list), "not a list");
                self.problems.push(problem.help("begin each package with `- package:`, `- git:` or `- local:`"));
                Vec::new()
            }
        }
    }

    fn file(&mut self, path: &Path, project: &Path) -> Option<YamlFile> {
        if !path.is_file() {
            return None;
        }
        match read::yaml(&locate::shown(path, project), path) {
            Ok(file) => {
                self.problems.extend(file.warnings.iter().cloned());
                self.problems.extend(keys::check_packages(&file));
                Some(file)
            }
            Err(problem) => {
                self.problems.push(*problem);
                None
            }
        }
    }

    fn entry(&mut self, file: &YamlFile, entry: &Yaml) -> Option<DeclaredPackage> {
        let mut kinds = PackageKind::ALL.into_iter().filter_map(|kind| Some((kind, entry.get(kind.key())?)));
        let Some((kind, value)) = kinds.next() else {
            let problem =
                Diagnostic::error("wrong-type", "a package needs one of `package`, `git`, `local`, `tarball`");
            let problem = problem.at(file.span(entry), "does not say what it is");
            self.problems.push(problem.help("write `- package: dbt-labs/dbt_utils` with a `version` below it"));
            return None;
        };
        let declared_at = file.span(value);
        if let Some((other, second)) = kinds.next() {
            let message = format!("a package cannot be both `{}` and `{}`", kind.key(), other.key());
            let problem = Diagnostic::error("conflicting-keys", message);
            let problem = problem.at(declared_at, "this").at(file.span(second), "and this");
            self.problems.push(problem.help("keep one, or make them two entries"));
            return None;
        }
        let Json::Object(written) = entry.to_json() else { return None };
        let before = self.problems.len();
        let Json::Object(rendered) = self.rendered(file, entry) else { return None };
        if self.problems.len() > before {
            return None;
        }
        let place = match rendered.get(kind.key()) {
            Some(Json::String(text)) if !text.trim().is_empty() => text.clone(),
            _ => {
                let problem = Diagnostic::error("wrong-type", format!("`{}` of a package must be a text", kind.key()));
                self.problems.push(problem.at(declared_at, "not a text"));
                return None;
            }
        };
        let version = ["version", "revision"].iter().find_map(|key| entry.get(key));
        let version_at = version.map_or_else(|| declared_at.clone(), |version| file.span(version));
        let declared = DeclaredPackage { kind, place, rendered, written, declared_at, version_at };
        self.check(file, entry, &declared);
        let is_sound = !self.problems[before..].iter().any(Diagnostic::is_error);
        is_sound.then_some(declared)
    }

    /// dependencies.yml is not rendered. Source: dbt-core 1.12, `DbtProjectYamlRenderer.render_packages`.
    fn rendered(&mut self, file: &YamlFile, entry: &Yaml) -> Json {
        if !self.is_rendering || file.file.path.ends_with(DEPENDENCIES_FILE) {
            return entry.to_json();
        }
        let mut render = Render::new(self.renderer, self.scope, file);
        let rendered = render.all(entry);
        self.problems.append(&mut render.problems);
        rendered
    }

    fn check(&mut self, file: &YamlFile, entry: &Yaml, declared: &DeclaredPackage) {
        let kind = declared.kind;
        for (key, value) in entry.entries() {
            let Some(name) = key.as_str() else { continue };
            let belongs_to = |other: &PackageKind| other.other_keys().contains(&name);
            if name == kind.key() || kind.other_keys().contains(&name) {
                self.check_type(file, name, value, declared);
            } else if let Some(other) = PackageKind::ALL.iter().find(|other| belongs_to(other)) {
                let message = format!("`{name}` is a key of {}, not of {}", other.noun(), kind.noun());
                let problem = Diagnostic::error("misplaced-key", message).at(file.span(key), "not read here");
                let near = match (kind, name) {
                    (PackageKind::Git | PackageKind::Private, "version") => Some("revision"),
                    (PackageKind::Hub, "revision") => Some("version"),
                    _ => nearest(name, kind.other_keys().iter().copied()),
                };
                self.problems.push(match near {
                    Some(near) => problem.help(format!("did you mean `{near}`?")),
                    None => problem.help("remove it"),
                });
            }
        }
        let needed = match kind {
            PackageKind::Hub => Some("version"),
            PackageKind::Tarball => Some("name"),
            PackageKind::Git | PackageKind::Private | PackageKind::Local => None,
        };
        if let Some(needed) = needed.filter(|key| is_missing(declared.rendered.get(*key))) {
            let problem = Diagnostic::error("missing-key", format!("package `{}` has no `{needed}`", declared.place));
            let problem = problem.at(declared.declared_at.clone(), format!("needs a `{needed}` below it"));
            self.problems.push(match kind {
                PackageKind::Tarball => problem.help("write `name: ` and the name of the package's own project"),
                _ => problem.help("write `version: [\">=1.0.0\", \"<2.0.0\"]`, or one exact version"),
            });
        }
        if kind == PackageKind::Hub && !declared.place.contains('/') {
            let problem = Diagnostic::error("wrong-name", format!("`{}` is no name of the hub", declared.place));
            let problem = problem.at(declared.declared_at.clone(), "no namespace");
            self.problems.push(problem.help(format!("write it with its namespace: `dbt-labs/{}`", declared.place)));
        }
    }

    fn check_type(&mut self, file: &YamlFile, key: &str, value: &Yaml, declared: &DeclaredPackage) {
        let Some(rendered) = declared.rendered.get(key) else { return };
        let is_version = |value: &Json| value.is_string() || value.is_number();
        let (is_right, wanted) = match key {
            "version" => (
                is_version(rendered) || rendered.as_array().is_some_and(|list| list.iter().all(is_version)),
                "a version, or a list of versions and ranges",
            ),
            "revision" => (is_version(rendered), "a tag, a branch or a commit"),
            "warn-unpinned" | "warn_unpinned" | "install_prerelease" | "install-prerelease" => {
                (rendered.is_boolean(), "true or false")
            }
            "unrendered" => (true, ""),
            _ => (rendered.is_string(), "a text"),
        };
        // A key without a value counts as not written; those that are needed are asked for.
        if !is_right && !rendered.is_null() {
            let problem = Diagnostic::error("wrong-type", format!("`{key}` of a package must be {wanted}"));
            self.problems.push(problem.at(file.span(value), "something else"));
        }
    }
}

fn is_missing(value: Option<&Json>) -> bool {
    match value {
        None | Some(Json::Null) => true,
        Some(Json::String(text)) => text.is_empty(),
        Some(Json::Array(list)) => list.is_empty(),
        Some(Json::Bool(_) | Json::Number(_) | Json::Object(_)) => false,
    }
}
