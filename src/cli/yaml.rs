//! YAML typed on the command line: `--vars '{name: value}'`.

use crate::diagnostic::Diagnostic;
use crate::manifest::{Json, JsonMap};
use crate::project::yaml::YamlFile;
use crate::source::{SourceFile, Span};

/// The map that is the value of `flag`; an empty text is an empty map.
///
/// # Errors
/// It is not YAML, or not a map; the problem points into what was typed.
pub fn map(flag: &str, text: &str) -> Result<JsonMap, Box<Diagnostic>> {
    let file = SourceFile::in_memory(flag, text);
    let yaml = YamlFile::parse(&file).map_err(|problem| Box::new(Diagnostic { code: "bad-flag", ..*problem }))?;
    match yaml.root.to_json() {
        Json::Object(map) => Ok(map),
        Json::Null => Ok(JsonMap::new()),
        Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
            let problem = Diagnostic::error("bad-flag", format!("`{flag}` needs a map"));
            let problem = problem.at(Span::new(&file, 0..text.len()), "not a map");
            Err(Box::new(problem.help(format!("write it as {flag} '{{name: value}}'"))))
        }
    }
}
