//! Reads the artifacts of an earlier run, ours or dbt's: what `--state` points at.
//!
//! Tolerant: a file that is not there is simply not known; one that cannot be read is an error.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use crate::diagnostic::Diagnostic;
use crate::graph::PreviousState;
use crate::manifest::Json;

/// `folder` holds the earlier artifacts, `target` those of the current project; both as people typed them.
///
/// # Errors
/// The folder is not there, or a file in it is not readable JSON.
pub fn read(folder: &Path, target: &Path) -> Result<PreviousState, Box<Diagnostic>> {
    if !folder.is_dir() {
        let message = format!("there is no folder `{}` to read an earlier run from", folder.display());
        let help = "point `--state` at a folder that holds manifest.json";
        return Err(Box::new(Diagnostic::error("no-state", message).help(help)));
    }
    let texts = |results: &Json, key: &str| -> BTreeMap<String, Option<String>> {
        let results = results.get("results").and_then(Json::as_array).into_iter().flatten();
        let text = |result: &Json, key: &str| result.get(key).and_then(Json::as_str).map(str::to_string);
        results.filter_map(|result| Some((text(result, "unique_id")?, text(result, key)))).collect()
    };
    let results = read_json(&folder.join("run_results.json"))?;
    let results = results
        .map(|results| texts(&results, "status").into_iter().filter_map(|(id, status)| Some((id, status?))).collect());
    Ok(PreviousState {
        folder: folder.display().to_string(),
        manifest: read_json(&folder.join("manifest.json"))?,
        results,
        sources: read_json(&folder.join("sources.json"))?.map(|sources| texts(&sources, "max_loaded_at")),
        current_sources: read_json(&target.join("sources.json"))?.map(|sources| texts(&sources, "max_loaded_at")),
    })
}

/// manifest.json of an earlier run; `None` where the folder has none.
///
/// # Errors
/// It is not readable JSON.
pub fn manifest(folder: &Path) -> Result<Option<Json>, Box<Diagnostic>> {
    read_json(&folder.join("manifest.json"))
}

/// run_results.json of an earlier run; `None` where the folder has none.
///
/// # Errors
/// It is not readable JSON.
pub fn run_results(folder: &Path) -> Result<Option<Json>, Box<Diagnostic>> {
    read_json(&folder.join("run_results.json"))
}

fn read_json(path: &Path) -> Result<Option<Json>, Box<Diagnostic>> {
    let refuse = |message: String| {
        let problem = Diagnostic::error("unreadable-artifact", message);
        Box::new(problem.help("write it again with the run you want to compare with"))
    };
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(refuse(format!("`{}` cannot be read: {error}", path.display()))),
    };
    match serde_json::from_slice(&bytes) {
        Ok(value @ Json::Object(_)) => Ok(Some(value)),
        Ok(_) => Err(refuse(format!("`{}` is not an artifact: it holds no object", path.display()))),
        Err(error) => Err(refuse(format!("`{}` is not JSON: {error}", path.display()))),
    }
}
