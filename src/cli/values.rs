//! What each flag is set to: the command line, then the environment, then `flags:` of dbt_project.yml.

use std::collections::BTreeMap;

use super::arguments::{Arguments, denied};
use super::flags::{Effect, FLAGS, Flag, Kind, find};
use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};

/// Variables of the environment.
pub type Environment = BTreeMap<String, String>;

/// The sources of settings, the strongest first.
pub struct Values<'a> {
    pub arguments: &'a Arguments,
    pub environment: &'a Environment,
    /// `flags:` of dbt_project.yml.
    pub project: &'a JsonMap,
}

impl Values<'_> {
    /// A flag that is on or off; `None` when nothing says so.
    ///
    /// # Errors
    /// A variable or the project sets it to something else.
    pub fn switch(&self, name: &'static str) -> Result<Option<bool>, Box<Diagnostic>> {
        let Some(flag) = self.flag(name) else { return Ok(None) };
        if self.is_typed(flag.name) {
            return Ok(Some(true));
        }
        if flag.kind == Kind::Pair && self.is_typed(denied(flag.name)) {
            return Ok(Some(false));
        }
        if let Some((variable, text)) = self.variable(flag) {
            return truth(text).map(Some).ok_or_else(|| not_a_truth(&variable, text));
        }
        match self.project.get(&flag.key()) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::Bool(value)) => Ok(Some(*value)),
            Some(other) => match other.as_str().and_then(truth) {
                Some(value) => Ok(Some(value)),
                None => Err(not_a_truth(&format!("flags.{} of dbt_project.yml", flag.key()), &other.to_string())),
            },
        }
    }

    pub fn text(&self, name: &'static str) -> Option<String> {
        let flag = self.flag(name)?;
        if let Some(text) = self.arguments.matches.get_one::<String>(flag.name) {
            return Some(text.clone());
        }
        if let Some((_, text)) = self.variable(flag) {
            return Some(text.to_string());
        }
        match self.project.get(&flag.key())? {
            Json::Null => None,
            Json::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// One of the words that the flag knows, in small letters.
    ///
    /// # Errors
    /// A variable or the project sets it to another word.
    pub fn choice(&self, name: &'static str) -> Result<Option<String>, Box<Diagnostic>> {
        let Some(text) = self.text(name).map(|text| text.to_lowercase()) else { return Ok(None) };
        let Some(Flag { kind: Kind::Choice(words), .. }) = self.flag(name) else { return Ok(Some(text)) };
        if words.contains(&text.as_str()) {
            return Ok(Some(text));
        }
        let problem = Diagnostic::error("bad-flag", format!("`--{name}` cannot be `{text}`"));
        Err(Box::new(problem.help(format!("use one of {}", words.join(", ")))))
    }

    /// # Errors
    /// It is not a whole number.
    pub fn number(&self, name: &'static str) -> Result<Option<i64>, Box<Diagnostic>> {
        let Some(text) = self.text(name) else { return Ok(None) };
        let number = text.trim().parse();
        number.map(Some).map_err(|_| {
            Box::new(Diagnostic::error("bad-flag", format!("`--{name}` needs a whole number, not `{text}`")))
        })
    }

    /// Words of a list; each value may hold several, separated by spaces.
    pub fn list(&self, name: &'static str) -> Vec<String> {
        let Some(flag) = self.flag(name) else { return Vec::new() };
        let typed = self.arguments.matches.get_many::<String>(flag.name);
        let values: Vec<String> = match typed {
            Some(values) => values.cloned().collect(),
            None => self.variable(flag).map(|(_, text)| text.to_string()).into_iter().collect(),
        };
        values.iter().flat_map(|value| value.split_whitespace()).map(str::to_string).collect()
    }

    /// Words of `--select` or `--exclude`. Typed without a word, it is one empty word: `--select "$UNSET"` means
    /// nothing, not everything.
    pub fn criteria(&self, name: &'static str) -> Vec<String> {
        let words = self.list(name);
        if words.is_empty() && self.is_typed(name) { vec![String::new()] } else { words }
    }

    /// What a positional argument was set to.
    pub fn positional(&self, name: &str) -> Vec<String> {
        let values = self.arguments.matches.try_get_many::<String>(name).ok().flatten();
        values.map(|values| values.cloned().collect()).unwrap_or_default()
    }

    /// A word for each flag that was asked for and changes nothing.
    pub fn flags_without_effect(&self) -> Vec<String> {
        let of_command = FLAGS.iter().filter(|flag| flag.is_of(&self.arguments.command));
        of_command.filter_map(|flag| self.word_on(flag)).collect()
    }

    /// Only what this call asks for: a project's `flags:` were written for dbt, and once is enough.
    fn word_on(&self, flag: &Flag) -> Option<String> {
        let is_on = self.is_typed(flag.name);
        let is_denied = flag.kind == Kind::Pair && self.is_typed(denied(flag.name));
        match flag.effect {
            Effect::Real => None,
            Effect::Always(what) => {
                let asked = (is_on && !what) || (is_denied && what);
                let name = if is_denied { denied(flag.name) } else { flag.name };
                asked.then(|| format!("`--{name}` has no effect here"))
            }
            Effect::Nothing(why) => is_on.then(|| format!("`--{}` has no effect: {why}", flag.name)),
        }
    }

    fn flag(&self, name: &str) -> Option<&'static Flag> {
        find(&self.arguments.command, name)
    }

    fn is_typed(&self, name: &str) -> bool {
        let source = self.arguments.matches.try_contains_id(name).ok().filter(|is_there| *is_there);
        source.is_some() && self.arguments.matches.value_source(name) == Some(clap::parser::ValueSource::CommandLine)
    }

    /// A flag's variable and its value; an empty one counts as unset, as it does for click.
    fn variable(&self, flag: &Flag) -> Option<(String, &str)> {
        let variable = flag.variable?;
        let twin = variable.replacen("DBT_", "DBT_ENGINE_", 1);
        [twin, variable.to_string()].into_iter().find_map(|name| {
            let text = self.environment.get(&name).filter(|text| !text.is_empty())?;
            Some((name, text.as_str()))
        })
    }
}

/// Source: click, `BoolParamType`.
fn truth(text: &str) -> Option<bool> {
    match text.trim().to_lowercase().as_str() {
        "1" | "true" | "t" | "yes" | "y" | "on" => Some(true),
        "0" | "false" | "f" | "no" | "n" | "off" => Some(false),
        _ => None,
    }
}

fn not_a_truth(place: &str, text: &str) -> Box<Diagnostic> {
    Box::new(Diagnostic::error("bad-flag", format!("`{place}` is neither true nor false: `{text}`")))
}

#[cfg(test)]
mod tests {
    use super::super::arguments;
    use super::*;

    fn asked<R>(line: &str, environment: &[(&str, &str)], project: Json, ask: impl Fn(&Values<'_>) -> R) -> R {
        let arguments = arguments::read(line.split(' ').map(Into::into)).ok().unwrap();
        let environment = environment.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
        let project = project.as_object().cloned().unwrap_or_default();
        ask(&Values { arguments: &arguments, environment: &environment, project: &project })
    }

    #[test]
    fn the_command_line_wins_over_the_environment_and_that_over_the_project() {
        let quiet = |line, environment: &[(&str, &str)], project| {
            asked(line, environment, project, |values| values.switch("quiet").unwrap())
        };
        let project = || serde_json::json!({ "quiet": true });
        assert_eq!(quiet("tamis run", &[], Json::Null), None);
        assert_eq!(quiet("tamis run", &[], project()), Some(true));
        assert_eq!(quiet("tamis run", &[("DBT_QUIET", "0")], project()), Some(false));
        assert_eq!(quiet("tamis run", &[("DBT_QUIET", "0"), ("DBT_ENGINE_QUIET", "on")], project()), Some(true));
        assert_eq!(quiet("tamis --no-quiet run", &[("DBT_QUIET", "1")], project()), Some(false));
        assert_eq!(quiet("tamis run --no-quiet -q", &[], Json::Null), Some(true));
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_named() {
        let problem =
            asked("tamis run", &[("DBT_FAIL_FAST", "maybe")], Json::Null, |values| values.switch("fail-fast"));
        assert_eq!(problem.unwrap_err().message, "`DBT_FAIL_FAST` is neither true nor false: `maybe`");
        let problem =
            asked("tamis run", &[("DBT_LOG_FORMAT", "xml")], Json::Null, |values| values.choice("log-format"));
        assert_eq!(problem.unwrap_err().help.as_deref(), Some("use one of text, debug, json, default"));
        let problem = asked("tamis run --threads four", &[], Json::Null, |values| values.number("threads"));
        assert_eq!(problem.unwrap_err().message, "`--threads` needs a whole number, not `four`");
    }

    #[test]
    fn lists_are_split_at_spaces() {
        let words = asked("tamis build -s a", &[("DBT_RESOURCE_TYPES", "model test")], Json::Null, |values| {
            [values.list("select"), values.list("resource-types"), values.list("exclude")]
        });
        assert_eq!(words, [vec!["a".to_string()], vec!["model".into(), "test".into()], vec![]]);
    }

    #[test]
    fn flags_that_change_nothing_say_so_unless_that_is_what_they_ask_for() {
        let words = |line| asked(line, &[], Json::Null, |values| values.flags_without_effect().join("; "));
        assert_eq!(words("tamis run --no-macro-debugging --no-send-anonymous-usage-stats"), "");
        assert_eq!(
            words("tamis run --macro-debugging --sample 2h"),
            "`--macro-debugging` has no effect here; `--sample` has no effect: microbatch models are not supported yet"
        );
    }
}
