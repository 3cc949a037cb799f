//! Which warnings are errors, and which are not told at all: `--strict`, `--warn-error`, `--warn-error-options`.

use crate::diagnostic::{Diagnostic, Severity};
use crate::manifest::Json;
use crate::project::Flags;

/// dbt's names for what we warn of, beside those that our codes spell in words.
/// Source: dbt-core 1.12, event names of `dbt.events.types`.
const DBT_NAMES: [(&str, &str); 3] = [
    ("NoNodesForSelectionCriteria", "nothing-selected"),
    ("NothingToDo", "nothing-selected"),
    ("NoNodesSelected", "nothing-selected"),
];

/// The rules of one call.
#[derive(Clone, Debug, Default)]
pub struct Judge {
    is_strict: bool,
    errors: Rule,
    warnings: Rule,
    silenced: Rule,
}

/// Which codes a list of names means.
#[derive(Clone, Debug, Default)]
struct Rule {
    is_all: bool,
    codes: Vec<String>,
}

impl Judge {
    pub fn new(flags: &Flags) -> Self {
        let list = |keys: &[&str]| {
            let options = flags.warn_error_options.as_ref();
            let names = keys.iter().find_map(|key| options.and_then(|options| options.get(key)));
            names.map(Rule::of).unwrap_or_default()
        };
        // dbt's older spellings of the same lists.
        let mut errors = list(&["error", "include"]);
        errors.is_all |= flags.warn_error;
        Self { is_strict: flags.is_strict, errors, warnings: list(&["warn", "exclude"]), silenced: list(&["silence"]) }
    }

    /// A problem found while the project was read; `None`: it is not told.
    pub fn of_project(&self, problem: Diagnostic) -> Option<Diagnostic> {
        let problem = self.of_any(problem)?;
        let severity = if self.is_strict { Severity::Error } else { problem.severity };
        Some(Diagnostic { severity, ..problem })
    }

    pub fn of_any(&self, problem: Diagnostic) -> Option<Diagnostic> {
        match problem.severity {
            Severity::Error => Some(problem),
            Severity::Warning if self.silenced.means(problem.code) => None,
            Severity::Warning if self.is_error(problem.code) => {
                Some(Diagnostic { severity: Severity::Error, ..problem })
            }
            Severity::Warning => Some(problem),
        }
    }

    /// A code named on one side wins over "all" on the other.
    fn is_error(&self, code: &str) -> bool {
        let is_named = self.errors.codes.iter().any(|known| known == code);
        is_named || (self.errors.is_all && !self.warnings.means(code))
    }
}

impl Rule {
    fn of(names: &Json) -> Self {
        let names: Vec<&str> = match names {
            Json::String(name) => vec![name],
            Json::Array(names) => names.iter().filter_map(Json::as_str).collect(),
            _ => Vec::new(),
        };
        let is_all = names.iter().any(|name| matches!(*name, "all" | "*"));
        Self { is_all, codes: names.into_iter().map(code_of).collect() }
    }

    fn means(&self, code: &str) -> bool {
        self.is_all || self.codes.iter().any(|known| known == code)
    }
}

/// Our code for one of dbt's event names; codes themselves may be written too.
fn code_of(name: &str) -> String {
    if let Some((_, code)) = DBT_NAMES.iter().find(|(known, _)| *known == name) {
        return (*code).to_string();
    }
    let mut code = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !code.is_empty() {
            code.push('-');
        }
        code.extend(letter.to_lowercase());
    }
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(flags: &Flags, code: &'static str) -> &'static str {
        match Judge::new(flags).of_any(Diagnostic::warning(code, "")) {
            None => "silent",
            Some(problem) if problem.is_error() => "error",
            Some(_) => "warning",
        }
    }

    fn options(options: Json) -> Flags {
        Flags { warn_error_options: Some(options), ..Flags::default() }
    }

    #[test]
    fn warnings_become_errors_when_asked() {
        assert_eq!(judged(&Flags::default(), "unknown-key"), "warning");
        assert_eq!(judged(&Flags { warn_error: true, ..Flags::default() }, "unknown-key"), "error");
        let some = options(serde_json::json!({ "error": "all", "warn": ["UnknownKey"], "silence": ["NothingToDo"] }));
        assert_eq!(judged(&some, "unknown-key"), "warning");
        assert_eq!(judged(&some, "unused-argument"), "error");
        assert_eq!(judged(&some, "nothing-selected"), "silent");
        let one = options(serde_json::json!({ "error": ["unknown-key"] }));
        assert_eq!([judged(&one, "unknown-key"), judged(&one, "other")], ["error", "warning"]);
    }

    #[test]
    fn strict_is_about_the_project_only() {
        let judge = Judge::new(&Flags { is_strict: true, ..Flags::default() });
        let warning = || Diagnostic::warning("unknown-key", "");
        assert!(judge.of_project(warning()).unwrap().is_error());
        assert!(!judge.of_any(warning()).unwrap().is_error());
    }
}
