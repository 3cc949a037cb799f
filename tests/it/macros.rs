//! The built-in macro library as a whole: nothing of dbt's is missing, nothing is said twice, every file explains itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names and arguments of every macro in dbt-adapters 1.24, dbt-duckdb 1.11 and dbt-bigquery 1.12, one a line; where
/// two of them define the same name, the arguments of the first.
const DBT_MACROS: &str = include_str!("macros_of_dbt.txt");

#[test]
fn every_macro_of_dbts_packages_exists_with_its_arguments() {
    let ours = library();
    let mut wrong = Vec::new();
    for line in DBT_MACROS.lines() {
        let (name, arguments) = line.trim_end_matches(')').split_once('(').expect("lines are written name(arguments)");
        let expected: Vec<&str> = arguments.split(", ").filter(|argument| !argument.is_empty()).collect();
        match ours.get(name) {
            None => wrong.push(format!("{name}: missing")),
            // More arguments may follow, so that one macro serves both warehouses.
            Some(found) if !found.arguments.iter().map(String::as_str).take(expected.len()).eq(expected.clone()) => {
                wrong.push(format!("{name}: takes {:?}, dbt's takes {expected:?}", found.arguments));
            }
            Some(_) => {}
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_macro_file_opens_with_what_its_macro_does() {
    let silent: Vec<String> = files()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("{#\n"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert!(silent.is_empty(), "these open without a comment: {silent:#?}");
}

#[test]
fn a_macro_is_defined_in_one_place() {
    let mut places: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (path, text) in files() {
        for definition in definitions(&text) {
            places.entry(definition.name).or_default().push(path.clone());
        }
    }
    places.retain(|_, files| files.len() > 1);
    assert!(places.is_empty(), "{places:#?}");
}

struct Definition {
    name: String,
    arguments: Vec<String>,
}

fn library() -> BTreeMap<String, Definition> {
    let all = files().into_iter().flat_map(|(_, text)| definitions(&text));
    all.map(|definition| (definition.name.clone(), definition)).collect()
}

fn files() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("macros");
    let entries = walkdir::WalkDir::new(&root).sort_by_file_name().into_iter().map(|entry| entry.expect("readable"));
    let sql = entries.filter(|entry| entry.path().extension().is_some_and(|extension| extension == "sql"));
    sql.map(|entry| {
        let text = std::fs::read_to_string(entry.path()).expect("macro files are UTF-8");
        (entry.path().strip_prefix(&root).expect("listed below the root").to_path_buf(), text)
    })
    .collect()
}

/// The macros a file defines, read as text: opening tags stand at the start of a line.
fn definitions(text: &str) -> Vec<Definition> {
    let mut found = Vec::new();
    for (kind, prefix) in [("macro", ""), ("test", "test_"), ("materialization", "materialization_")] {
        for opening in [format!("\n{{% {kind} "), format!("\n{{%- {kind} ")] {
            for (start, _) in text.match_indices(&opening) {
                let rest = &text[start + opening.len()..];
                let tag = &rest[..rest.find("%}").expect("tags are closed")];
                found.push(match kind {
                    "materialization" => materialization(tag),
                    _ => callable(prefix, tag),
                });
            }
        }
    }
    found
}

/// `table, adapter='duckdb', supported_languages=['sql']` is `materialization_table_duckdb`.
fn materialization(tag: &str) -> Definition {
    let mut parts = tag.split(',').map(str::trim);
    let name = parts.next().expect("a materialization has a name");
    let adapter = parts.next().expect("a materialization says for which adapter");
    let adapter = adapter.trim_start_matches("adapter=").trim_matches('\'');
    Definition { name: format!("materialization_{name}_{adapter}"), arguments: Vec::new() }
}

/// `name(a, b=[1, 2], c='x')` takes a, b and c.
fn callable(prefix: &str, tag: &str) -> Definition {
    let (name, arguments) = tag.split_once('(').expect("a macro has brackets");
    let inside = &arguments[..arguments.rfind(')').expect("brackets are closed")];
    let mut depth = 0_usize;
    let mut quote = None;
    let top_level = inside.split(|letter| {
        match (quote, letter) {
            (Some(open), _) => quote = if letter == open { None } else { Some(open) },
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) => {}
        }
        letter == ',' && depth == 0 && quote.is_none()
    });
    let names = top_level.map(|argument| argument.split('=').next().unwrap_or_default().trim().to_string());
    Definition { name: format!("{prefix}{}", name.trim()), arguments: names.filter(|name| !name.is_empty()).collect() }
}
