//! YAML typed on the command line: `--vars '{name: value}'`.

use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};
use crate::source::{SourceFile, Span};

/// The map that is the value of `flag`; an empty text is an empty map.
///
/// # Errors
/// It is not YAML, or not a map; the problem points into what was typed.
pub fn map(flag: &str, text: &str) -> Result<JsonMap, Box<Diagnostic>> {
    let file = SourceFile::in_memory(flag, text);
    match serde_yaml::from_str::<Json>(text) {
        Ok(Json::Object(map)) => Ok(map),
        Ok(Json::Null) => Ok(JsonMap::new()),
        Ok(_) => {
            let problem = Diagnostic::error("bad-flag", format!("`{flag}` needs a map"));
            let problem = problem.at(Span::new(&file, 0..text.len()), "not a map");
            Err(Box::new(problem.help(format!("write it as {flag} '{{name: value}}'"))))
        }
        Err(error) => {
            let at = error.location().map_or(0, |location| location.index());
            let problem = Diagnostic::error("bad-flag", format!("`{flag}` is not YAML: {error}"));
            Err(Box::new(problem.at(Span::new(&file, at..at), "")))
        }
    }
}
