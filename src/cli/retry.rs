//! `retry`: from what run_results.json tells of the former run to the call that does the rest of it.
//!
//! Source: dbt-core 1.12, `dbt.task.retry`.

use std::ffi::OsString;
use std::path::PathBuf;

use super::arguments::{self, Arguments};
use super::flags::{Effect, FLAGS, Flag, GROUPS, Kind, find};
use super::place::Place;
use super::values::Values;
use crate::artifacts;
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap, UniqueId};

/// Commands that can be taken up again.
const REPEATED: [&str; 9] =
    ["build", "clone", "compile", "generate", "run", "run-operation", "seed", "snapshot", "test"];

/// Flags of the former run that are asked for anew, or not at all.
const NOT_REPEATED: [&str; 9] = [
    "log-path",
    "profiles-dir",
    "project-dir",
    "defer-state",
    "target-path",
    "warn-error",
    "models",
    "show",
    // Where this call looks for the former run, and where that one looked for its own.
    "state",
];

/// A former run, as it is called again.
pub struct Again {
    pub arguments: Arguments,
    /// Nodes that did not come out well.
    pub ids: Vec<UniqueId>,
}

/// `line` is this call as typed: what it sets wins over the former run.
///
/// # Errors
/// There is no former run, or it cannot be repeated.
pub fn again(line: &[OsString], values: &Values<'_>, place: &Place) -> Result<Again, Box<Diagnostic>> {
    let folder = folder(values, place);
    let Some(results) = artifacts::previous::run_results(&folder)? else {
        let problem =
            Diagnostic::error("no-former-run", format!("there is no run_results.json in `{}`", shown(&folder)));
        return Err(Box::new(problem.help("run something first, or point `--state` at the folder of a former run")));
    };
    let args = results.get("args").and_then(Json::as_object).cloned().unwrap_or_default();
    let command = args.get("which").and_then(Json::as_str).unwrap_or_default();
    let Some(command) = REPEATED.iter().find(|known| **known == command) else {
        let problem =
            Diagnostic::error("no-former-run", format!("the former run was `{command}`, which is not repeated"));
        return Err(Box::new(problem.help(format!("`retry` repeats {}", REPEATED.join(", ")))));
    };
    let warnings_too = values.switch("warn-error")?.unwrap_or_default();
    let mut words: Vec<OsString> = vec!["tamis".into()];
    words.extend(GROUPS.iter().filter(|(_, behind, _)| behind == command).map(|(word, _, _)| (*word).into()));
    words.push((*command).into());
    words.extend(args.get("macro").and_then(Json::as_str).map(Into::into));
    words.extend(former_words(command, &args).into_iter().map(Into::into));
    words.extend(typed_words(command, line));
    let arguments = arguments::read(words).map_err(|error| {
        let said = error.to_string();
        let said = said.lines().next().unwrap_or_default().trim_start_matches("error: ").to_string();
        Box::new(Diagnostic::error("no-former-run", format!("the former run cannot be called again: {said}")))
    })?;
    Ok(Again { arguments, ids: ids(&results, warnings_too) })
}

/// The folder of the former run's results.
fn folder(values: &Values<'_>, place: &Place) -> PathBuf {
    let written = || place.file.get("target-path").and_then(Json::as_str).map(str::to_string);
    let folder = values.text("state").or_else(|| values.text("target-path")).or_else(written);
    place.folder.join(folder.unwrap_or_else(|| "target".to_string()))
}

fn shown(folder: &std::path::Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    folder.strip_prefix(&here).unwrap_or(folder).display().to_string()
}

/// Hooks run with the command anyway.
fn ids(results: &Json, warnings_too: bool) -> Vec<UniqueId> {
    let results = results.get("results").and_then(Json::as_array).into_iter().flatten();
    let text = |result: &Json, key: &str| result.get(key).and_then(Json::as_str).map(str::to_string);
    let bad = results.filter_map(|result| {
        let is_bad = match text(result, "status")?.as_str() {
            "error" | "fail" | "skipped" | "runtime error" | "partial success" => true,
            "warn" => warnings_too,
            _ => false,
        };
        text(result, "unique_id").filter(|id| is_bad && !id.starts_with("operation.")).map(UniqueId::from)
    });
    bad.collect()
}

/// The former run's flags, as they would be typed.
fn former_words(command: &str, args: &JsonMap) -> Vec<String> {
    let repeated = FLAGS
        .iter()
        .filter(|flag| flag.is_of(command) && flag.effect == Effect::Real && !NOT_REPEATED.contains(&flag.name));
    repeated.filter_map(|flag| Some(words(flag, args.get(&flag.key())?))).flatten().collect()
}

fn words(flag: &Flag, value: &Json) -> Vec<String> {
    let name = format!("--{}", flag.name);
    match (flag.kind, value) {
        (Kind::Switch | Kind::Pair, Json::Bool(true)) => vec![name],
        (Kind::Pair, Json::Bool(false)) => vec![format!("--no-{}", flag.name)],
        (Kind::Switch | Kind::Pair, _) | (Kind::Text(_) | Kind::Choice(_) | Kind::List(_), Json::Null) => Vec::new(),
        (Kind::Text(_) | Kind::Choice(_), Json::String(text)) => vec![format!("{name}={text}")],
        (Kind::Text(_) | Kind::Choice(_), other) => vec![format!("{name}={other}")],
        (Kind::List(_), Json::Array(items)) => {
            items.iter().filter_map(Json::as_str).map(|item| format!("{name}={item}")).collect()
        }
        (Kind::List(_), other) => other.as_str().map(|item| format!("{name}={item}")).into_iter().collect(),
    }
}

/// What was typed after `retry`, without what the former command does not know.
fn typed_words(command: &str, line: &[OsString]) -> Vec<OsString> {
    let mut kept = Vec::new();
    let mut words = line.iter().skip(1);
    let mut was_named = false;
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let is_unknown = text == "--full-refresh" && find(command, "full-refresh").is_none();
        if text == "--state" {
            words.next();
        } else if text == "retry" && !was_named {
            was_named = true;
        } else if !is_unknown && !text.starts_with("--state=") {
            kept.push(word.clone());
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn flags_of_the_former_run_are_typed_again() {
        let args = json!({
            "select": ["a+", "tag:x"], "exclude": [], "full_refresh": true, "fail_fast": false, "vars": {"day": 1},
            "threads": "2", "state": "old", "which": "run", "printer_width": 80, "partial_parse": true, "selector": null,
        });
        insta::assert_snapshot!(former_words("run", args.as_object().unwrap()).join(" "), @r#"--threads=2 --vars={"day":1} --no-fail-fast --partial-parse --printer-width=80 --select=a+ --select=tag:x --full-refresh"#);
    }

    #[test]
    fn what_is_typed_now_is_kept() {
        let line = ["tamis", "--debug", "retry", "--state", "old", "--vars", "{a: retry}", "--full-refresh"];
        let typed = |command| {
            let words = typed_words(command, &line.map(OsString::from));
            words.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(typed("run"), "--debug --vars {a: retry} --full-refresh");
        assert_eq!(typed("test"), "--debug --vars {a: retry}");
    }

    #[test]
    fn what_went_wrong_is_done_again_and_hooks_are_not() {
        let result = |id: &str, status: &str| json!({"unique_id": id, "status": status});
        let results = json!({"results": [
            result("model.a", "success"), result("model.b", "error"), result("model.c", "skipped"),
            result("test.d", "warn"), result("operation.e", "error"),
        ]});
        assert_eq!(ids(&results, false), ["model.b", "model.c"].map(UniqueId::from));
        assert_eq!(ids(&results, true), ["model.b", "model.c", "test.d"].map(UniqueId::from));
    }
}
