//! Which warnings are errors, and which are not told at all: `--strict`, `--warn-error`, `--warn-error-options`.

use super::Flags;
use super::warnings::{CODES, DBT_NAMES, DBT_NAMES_WITHOUT_CODE};
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::{Event, EventSender};
use crate::manifest::{Json, JsonMap};

/// What `--warn-error-options` may hold; the last two are dbt's older names of the first two.
const OPTIONS: [&str; 5] = ["error", "warn", "silence", "include", "exclude"];
const EVERYTHING: [&str; 2] = ["all", "*"];
/// Every warning of dbt about something that will go.
const DEPRECATIONS: &str = "Deprecations";

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
    codes: Vec<&'static str>,
}

impl Judge {
    pub fn new(flags: &Flags) -> Self {
        let list = |keys: &[&str]| {
            let options = flags.warn_error_options.as_ref();
            let names = keys.iter().find_map(|key| options.and_then(|options| options.get(key)));
            names.map(Rule::of).unwrap_or_default()
        };
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

    /// Tells a warning of a node at work.
    ///
    /// # Errors
    /// It is to be an error: the node fails by it.
    pub fn warn(&self, problem: Diagnostic, events: &EventSender) -> Result<(), Box<Diagnostic>> {
        match self.of_any(problem) {
            Some(problem) if problem.is_error() => return Err(Box::new(problem)),
            Some(problem) => events.send(Event::Diagnosed(Box::new(problem))),
            None => {}
        }
        Ok(())
    }

    /// A code named on one side wins over "all" on the other.
    pub fn is_error(&self, code: &str) -> bool {
        let is_named = self.errors.codes.contains(&code);
        is_named || (self.errors.is_all && !self.warnings.means(code))
    }
}

impl Rule {
    fn of(written: &Json) -> Self {
        let is_all = names(written).any(|name| EVERYTHING.contains(&name));
        Self { is_all, codes: names(written).flat_map(codes_of).collect() }
    }

    fn means(&self, code: &str) -> bool {
        self.is_all || self.codes.contains(&code)
    }
}

fn names(written: &Json) -> impl Iterator<Item = &str> {
    let list = written.as_array().map(Vec::as_slice).unwrap_or_default();
    written.as_str().into_iter().chain(list.iter().filter_map(Json::as_str))
}

/// Our codes that a name means: a code itself, or the name of an event of dbt.
fn codes_of(name: &str) -> impl Iterator<Item = &'static str> {
    let is_meant = move |dbt: &str| dbt == name || (name == DEPRECATIONS && dbt.ends_with("Deprecation"));
    let of_dbt = DBT_NAMES.iter().filter(move |(dbt, _)| is_meant(dbt)).map(|(_, code)| *code);
    CODES.iter().copied().filter(move |code| *code == name).chain(of_dbt)
}

/// What makes no sense in `--warn-error-options`.
pub fn check_options(options: &JsonMap) -> Option<Diagnostic> {
    let known = || {
        let of_dbt = DBT_NAMES.iter().map(|(name, _)| *name).chain(DBT_NAMES_WITHOUT_CODE);
        CODES.into_iter().chain(of_dbt).chain(EVERYTHING).chain([DEPRECATIONS])
    };
    let wrong = |message: String| Diagnostic::error("bad-flag", format!("`--warn-error-options`: {message}"));
    options.iter().find_map(|(key, written)| {
        if !OPTIONS.contains(&key.as_str()) {
            let problem = wrong(format!("unknown key `{key}`")).suggest(key, OPTIONS);
            let is_helped = problem.help.is_some();
            return Some(if is_helped { problem } else { problem.help("use `error`, `warn` and `silence`") });
        }
        let is_list = written.as_array().is_some_and(|items| items.iter().all(Json::is_string));
        if !is_list && !written.is_string() && !written.is_null() {
            let problem = wrong(format!("`{key}` must be a list of names"));
            return Some(problem.help(format!("write `{key}: [test-warned]` or `{key}: all`")));
        }
        let unknown = names(written).find(|name| !known().any(|known| known == *name))?;
        let problem = wrong(format!("there is no warning `{unknown}`")).suggest(unknown, known());
        let is_helped = problem.help.is_some();
        Some(if is_helped { problem } else { problem.help("name a code as it is printed: `warning[unknown-key]`") })
    })
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
        let some = options(
            serde_json::json!({ "error": "all", "warn": ["CustomKeyInObjectDeprecation"], "silence": ["NothingToDo"] }),
        );
        assert_eq!(judged(&some, "unknown-key"), "warning");
        assert_eq!(judged(&some, "unused-argument"), "error");
        assert_eq!(judged(&some, "nothing-selected"), "silent");
        let deprecations = options(serde_json::json!({ "error": ["Deprecations"] }));
        assert_eq!([judged(&deprecations, "unknown-key"), judged(&deprecations, "test-warned")], ["error", "warning"]);
        let one = options(serde_json::json!({ "error": ["unknown-key"] }));
        assert_eq!([judged(&one, "unknown-key"), judged(&one, "unused-entry")], ["error", "warning"]);
    }

    #[test]
    fn strict_is_about_the_project_only() {
        let judge = Judge::new(&Flags { is_strict: true, ..Flags::default() });
        let warning = || Diagnostic::warning("unknown-key", "");
        assert!(judge.of_project(warning()).unwrap().is_error());
        assert!(!judge.of_any(warning()).unwrap().is_error());
    }
}
