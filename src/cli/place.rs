//! Where the project is, and what its dbt_project.yml says about flags, before anything else is known.
//!
//! Reads leniently: what is wrong with the file is `project`'s to say.

use std::path::{Path, PathBuf};

use super::values::Values;
use crate::manifest::{Json, JsonMap};
use crate::project::yaml::YamlFile;
use crate::source::SourceFile;

pub struct Place {
    /// The project's folder, or where it should have been.
    pub folder: PathBuf,
    /// dbt_project.yml, unrendered; empty where there is none.
    pub file: JsonMap,
    /// Its `flags:`.
    pub flags: JsonMap,
    is_project: bool,
}

impl Place {
    pub fn project_dir(&self) -> Option<&Path> {
        self.is_project.then_some(self.folder.as_path())
    }
}

/// `--project-dir`, `DBT_PROJECT_DIR`, this folder, or the nearest one above it that has a dbt_project.yml.
/// Source: dbt-core 1.12, `default_project_dir`.
pub fn find(values: &Values<'_>) -> Place {
    let here = std::env::current_dir().unwrap_or_default();
    let folder = match values.text("project-dir") {
        Some(folder) => here.join(folder),
        None => here.ancestors().find(|folder| has_project(folder)).unwrap_or(&here).to_path_buf(),
    };
    let is_project = has_project(&folder);
    let file = SourceFile::read("dbt_project.yml", &folder.join("dbt_project.yml")).ok();
    let file = file.and_then(|file| YamlFile::parse(&file).ok()).and_then(|yaml| match yaml.root.to_json() {
        Json::Object(file) => Some(file),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => None,
    });
    let file = file.unwrap_or_default();
    let flags = file.get("flags").and_then(Json::as_object).cloned().unwrap_or_default();
    Place { folder, file, flags, is_project }
}

fn has_project(folder: &Path) -> bool {
    folder.join("dbt_project.yml").is_file()
}
