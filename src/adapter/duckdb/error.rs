//! DuckDB's errors as ours: the line that matters, the byte it points at, what to do.

use ::duckdb::Error as RawError;
use serde_json::Value as Json;

use crate::adapter::{AdapterError, ErrorKind};
use crate::diagnostic::nearest;
use crate::relation::Relation;

/// An error as DuckDB tells it with `errors_as_json`.
struct Told {
    /// `Catalog`, `Binder`, `Conversion`, …; empty when DuckDB sent plain text.
    kind: String,
    message: String,
    details: Json,
}

impl Told {
    fn new(error: &RawError) -> Self {
        let text = match error {
            RawError::DuckDBFailure(_, Some(text)) => text.clone(),
            other => other.to_string(),
        };
        // Parser errors come as `Parser Error: {…}`.
        let json = text.find('{').and_then(|start| serde_json::from_str::<Json>(&text[start..]).ok());
        let field = |name: &str| json.as_ref().and_then(|json| json.get(name)).and_then(Json::as_str);
        match (field("exception_type"), field("exception_message")) {
            (Some(kind), Some(message)) => {
                Self { kind: kind.to_string(), message: message.to_string(), details: json.unwrap_or(Json::Null) }
            }
            _ => Self { kind: String::new(), message: text, details: Json::Null },
        }
    }

    fn detail(&self, name: &str) -> Option<&str> {
        self.details.get(name).and_then(Json::as_str)
    }

    /// `Catalog Error: Table with name nope does not exist!`
    fn line(&self) -> String {
        let essential = essential(&self.message);
        match self.kind.as_str() {
            "" => essential,
            kind => format!("{kind} Error: {essential}"),
        }
    }

    /// DuckDB 1.x tells `position`, 2.0 `location`, as text or number.
    fn offset(&self, sql: &str) -> Option<usize> {
        let value = self.details.get("position").or_else(|| self.details.get("location"))?;
        let digits: String = match value {
            Json::String(text) => text.chars().take_while(char::is_ascii_digit).collect(),
            Json::Number(number) => number.to_string(),
            Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => return None,
        };
        let offset: usize = digits.parse().ok()?;
        self.is_ours(sql, offset).then_some(offset.min(sql.len()))
    }

    /// An error inside a view or a macro is told with its place in *that* text. Such a place does not begin a word
    /// of ours, or the name that is complained about does not stand there.
    fn is_ours(&self, sql: &str, offset: usize) -> bool {
        if offset >= sql.len() {
            return self.kind == "Parser";
        }
        let (Some(before), Some(after)) = (sql.get(..offset), sql.get(offset..)) else { return false };
        let is_inside_word = before.ends_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            && after.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        if is_inside_word {
            return false;
        }
        match self.detail("name") {
            None => true,
            Some(name) => {
                // `"database"."schema"."name"` begins where the first part does.
                let mut near = after.len().min(name.len() + 300);
                while !after.is_char_boundary(near) {
                    near -= 1;
                }
                after[..near].to_lowercase().contains(&name.to_lowercase())
            }
        }
    }

    fn error_kind(&self) -> ErrorKind {
        match self.kind.as_str() {
            "INTERRUPT" => ErrorKind::Cancelled,
            "Permission" => ErrorKind::Denied,
            "HTTP" | "Connection" => ErrorKind::Connection,
            "Not implemented" => ErrorKind::Unsupported,
            _ => ErrorKind::Database,
        }
    }

    fn help(&self) -> Option<String> {
        if self.message.contains("No space left on device") {
            return Some("free some space on the disk; the table is as it was before".to_string());
        }
        if self.kind == "Out of Memory" {
            return Some(
                "raise `memory_limit` under `settings` in profiles.yml, or run with fewer threads".to_string(),
            );
        }
        if self.message.contains("write-write conflict") {
            return Some("something else is changing the same relation or schema just now; run again".to_string());
        }
        if self.message.contains("Variant columns is not supported") {
            return Some("cast the column to VARCHAR or JSON".to_string());
        }
        let candidates = outer_parts(self.detail("candidates")?);
        let name = self.detail("name").unwrap_or_default();
        match self.detail("error_subtype") {
            Some("NO_MATCHING_FUNCTION") => {
                let forms: Vec<_> = candidates.iter().take(4).map(|form| format!("`{form}`")).collect();
                Some(format!("cast the arguments; known forms are {}", forms.join(", ")))
            }
            Some("COLUMN_NOT_FOUND") => match nearest(name, candidates.iter().copied()) {
                Some(near) => Some(format!("did you mean `{near}`?")),
                None => {
                    let columns: Vec<_> = candidates.iter().take(12).map(|column| format!("`{column}`")).collect();
                    Some(format!("candidates are {}", columns.join(", ")))
                }
            },
            // DuckDB's guess is often one of its own system tables.
            _ => nearest(name, candidates.iter().copied()).map(|near| format!("did you mean `{near}`?")),
        }
    }
}

/// An error of a statement, with its place in `sql`.
pub(super) fn of_statement(error: &RawError, sql: &str) -> AdapterError {
    let told = Told::new(error);
    AdapterError { offset: told.offset(sql), help: told.help(), ..AdapterError::new(told.error_kind(), told.line()) }
}

/// Whether the error says that a value could not be converted to a type.
pub(super) fn is_conversion(error: &RawError) -> bool {
    Told::new(error).kind == "Conversion"
}

/// Whether `error` says that `relation`, its schema or its database does not exist: the error of a view that reads
/// something missing names something else.
pub(super) fn is_missing(error: &RawError, relation: &Relation) -> bool {
    let told = Told::new(error);
    let names = |part: &Option<String>, name: &str| part.as_deref().is_some_and(|part| part.eq_ignore_ascii_case(name));
    let says = |what: &str, part: &Option<String>| {
        let part = part.as_deref().unwrap_or_default().to_lowercase();
        told.message.to_lowercase().contains(&format!("{what} \"{part}\" does not exist"))
    };
    told.detail("name").is_some_and(|name| names(&relation.identifier, name))
        || (says("because schema", &relation.schema)
            && told
                .message
                .to_lowercase()
                .contains(&format!(".{}\"", relation.identifier.as_deref().unwrap_or_default().to_lowercase())))
        || says("catalog", &relation.database)
}

/// Whether another transaction changes the same thing just now.
pub(super) fn is_conflict(error: &RawError) -> bool {
    let message = Told::new(error).message.to_lowercase();
    message.contains("write-write conflict") || message.contains("conflict on create")
}

/// Whether another process holds the database file.
pub(super) fn is_lock(error: &RawError) -> bool {
    Told::new(error).message.contains("Could not set lock on file")
}

/// An error of opening the database file.
pub(super) fn of_open(error: &RawError, path: &str) -> AdapterError {
    let message = Told::new(error).message;
    let problem = |message: String, help: &str| AdapterError::new(ErrorKind::Connection, message).help(help);
    if message.contains("Could not set lock on file") {
        let holder = between(&message, "held in ", ". See").or_else(|| between(&message, "held in ", "."));
        let holder = holder.map(|holder| format!(" by {holder}")).unwrap_or_default();
        return problem(
            format!("the database file `{path}` is locked{holder}"),
            "close the program that has it open, or set another `path` in profiles.yml",
        );
    }
    if message.contains("not a valid DuckDB database file") {
        return problem(
            format!("`{path}` is not a DuckDB database"),
            "set `path` in profiles.yml to a database file, or to a name that does not exist yet",
        );
    }
    if message.contains("database file with version number") {
        return problem(
            format!("the database file `{path}` was written by another version of DuckDB"),
            "remove the file to have it built anew, or set another `path` in profiles.yml",
        );
    }
    if message.contains("Permission denied") || message.contains("Read-only file system") {
        return problem(
            format!("the database file `{path}` cannot be opened for writing"),
            "check its permissions and those of its folder, or set another `path` in profiles.yml",
        );
    }
    AdapterError::new(ErrorKind::Connection, format!("cannot open the database `{path}`: {}", essential(&message)))
}

/// An error of something the profile asks for: an extension, a setting, an attached database.
pub(super) fn of_setting(error: &RawError, about: &str) -> AdapterError {
    let told = Told::new(error);
    let message = format!("{about} of the target in profiles.yml: {}", essential(&told.message));
    let error = AdapterError::new(ErrorKind::Connection, message);
    let unknown = told.detail("name").filter(|_| told.message.contains("unrecognized configuration parameter"));
    match unknown.and_then(|name| nearest(name, told.detail("candidates")?.split(',').map(str::trim))) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error,
    }
}

/// Lines that follow are advice; ours stands in `help`.
const ADVICE: [&str; 7] =
    ["Did you mean", "Candidate", "Possible fixes", "Possible solutions", "LINE ", "Install it", "Use try("];

/// The lines of a message that say what is wrong, as one.
fn essential(message: &str) -> String {
    let lines = message
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty() && !ADVICE.iter().any(|advice| line.starts_with(advice)));
    lines.collect::<Vec<_>>().join("; ")
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    Some(rest.split_once(end)?.0)
}
/// Parts between commas, but not those between arguments: `f(A, B) -> C, g(A) -> B` has two.
fn outer_parts(list: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    let parts = list.split(|c: char| {
        depth += match c {
            '(' | '[' => 1,
            ')' | ']' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    });
    parts.map(str::trim).collect()
}
