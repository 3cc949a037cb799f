//! The house has one direction: a room imports only from rooms before it, and every page opens with what it owns.

use std::fs;
use std::path::{Path, PathBuf};

/// In order; `lib.rs` and `main.rs` stand outside of the rooms.
const ROOMS: [&str; 20] = [
    "source",
    "diagnostic",
    "relation",
    "manifest",
    "event",
    "project",
    "adapter",
    "sql",
    "jinja",
    "parse",
    "graph",
    "plan",
    "execute",
    "ingest",
    "deps",
    "artifacts",
    "site",
    "report",
    "session",
    "cli",
];

/// Past this a page holds two ideas.
const LINES_MAX: usize = 800;

#[test]
fn a_room_imports_only_from_rooms_before_it() {
    let mut turned_back = Vec::new();
    for (path, text) in pages() {
        let Some(room) = room_of(&path) else { continue };
        for (line, imported) in rooms_named_in(&text) {
            if position(imported) > position(room) {
                turned_back.push(format!("{path}:{line}: `{room}` looks forward to `{imported}`"));
            }
        }
    }
    assert!(turned_back.is_empty(), "\n{}\n", turned_back.join("\n"));
}

#[test]
fn every_room_stands_in_the_order() {
    let unknown: Vec<_> = pages().filter_map(|(path, _)| is_unknown(&path).then_some(path)).collect();
    assert!(unknown.is_empty(), "rooms that ROOMS does not list: {unknown:?}");
}

#[test]
fn every_warning_can_be_named_by_its_code() {
    let mut unknown = Vec::new();
    for (path, text) in pages() {
        for call in text.split("Diagnostic::warning(").skip(1) {
            let Some((code, _)) = call.trim_start().strip_prefix('"').and_then(|call| call.split_once('"')) else {
                continue;
            };
            if !tamis::project::WARNING_CODES.contains(&code) {
                unknown.push(format!("{path}: `{code}`"));
            }
        }
    }
    assert!(unknown.is_empty(), "codes that WARNING_CODES does not list: {unknown:?}");
}

#[test]
fn every_page_opens_with_what_it_owns_and_is_not_too_long() {
    let mut faults = Vec::new();
    for (path, text) in pages() {
        if !text.starts_with("//!") {
            faults.push(format!("{path}: does not open with what it owns (`//!`)"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            faults.push(format!("{path}: {lines} lines, more than {LINES_MAX}"));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// Every file of `src/`, as `src/room/page.rs`, with its text; sorted.
fn pages() -> impl Iterator<Item = (String, String)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    list(&root.join("src"), &mut files);
    files.sort();
    files.into_iter().map(move |file| {
        let text = fs::read_to_string(&file).unwrap();
        (file.strip_prefix(&root).unwrap().display().to_string().replace('\\', "/"), text)
    })
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn name_of(path: &str) -> &str {
    let name = path.trim_start_matches("src/").split('/').next().unwrap();
    name.trim_end_matches(".rs")
}

fn room_of(path: &str) -> Option<&'static str> {
    ROOMS.into_iter().find(|room| *room == name_of(path))
}

fn is_unknown(path: &str) -> bool {
    room_of(path).is_none() && !matches!(name_of(path), "lib" | "main")
}

fn position(room: &str) -> usize {
    ROOMS.iter().position(|known| *known == room).unwrap()
}

/// Rooms that a text reaches for, with the line: `crate::adapter::Session`, `use crate::{event, manifest::Json};`.
fn rooms_named_in(text: &str) -> Vec<(usize, &'static str)> {
    let code: Vec<_> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut named = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let line = code[..at].matches('\n').count() + 1;
        let rest = &code[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list.split(';').next().unwrap_or_default().split(['{', '}', ',']).map(str::trim).collect(),
            None => vec![rest],
        };
        for name in names {
            let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(name.len());
            named.extend(ROOMS.into_iter().find(|room| *room == &name[..end]).map(|room| (line, room)));
        }
    }
    named
}

#[test]
fn imports_are_found_in_every_spelling() {
    assert_eq!(rooms_named_in("use crate::adapter::Session;"), [(1, "adapter")]);
    assert_eq!(
        rooms_named_in("\nuse crate::{\n    event,\n    manifest::{Json, Node},\n};"),
        [(2, "event"), (2, "manifest")]
    );
    assert_eq!(rooms_named_in("fn a(x: &crate::plan::Plan) // crate::cli"), [(1, "plan")]);
    assert!(rooms_named_in("use std::io;").is_empty());
}
