//! Project → manifest: what the texts refer to, what the properties say of them, and how the two come together.
//!
//! ```text
//! texts ─▶ drafts ─┐
//!                  ├─▶ nodes ─▶ tests ─▶ references resolved ─▶ manifest
//! ymls ─▶ entries ─┘
//! ```
//!
//! Nothing is run and nothing is asked of a warehouse. All problems are gathered; a manifest comes out all the same.

mod assemble;
mod blocks;
mod calls;
mod checks;
mod checksum;
mod collect;
mod columns;
mod config;
mod declared_tests;
mod docs;
mod draft;
mod exposures;
mod freshness;
mod functions;
mod generic_test;
mod kind;
mod lookup;
mod macros;
mod matching;
mod node;
mod others;
mod patch;
mod properties;
mod python_model;
mod resolve;
mod scope;
mod semantic;
mod sources;
mod test_call;
mod test_macros;
mod test_names;
mod test_parts;
mod texts;
mod unit_tests;
mod versions;
mod yml_snapshots;

pub use test_call::test_call;
pub use texts::TextNow;

use crate::diagnostic::Diagnostic;
use crate::jinja::Engine;
use crate::manifest::Manifest;
use crate::project::Project;

/// Reads the project into its manifest. The manifest is whole even where there are errors, so that every problem
/// of a project shows at once.
pub fn parse(project: &Project, engine: &Engine) -> (Manifest, Vec<Diagnostic>) {
    assemble::parse(&scope::Scope::new(project, engine))
}

/// The same of a part of a project, whose problems nobody is shown: names that were meant are not looked for.
pub fn parse_part(project: &Project, engine: &Engine) -> (Manifest, Vec<Diagnostic>) {
    let mut scope = scope::Scope::new(project, engine);
    scope.is_part = true;
    assemble::parse(&scope)
}

/// Reads the texts alone, and the macros: what an edit of some of them came to. Complaints about macros come apart.
pub fn read_texts(project: &Project, engine: &Engine) -> (Vec<TextNow>, Vec<Diagnostic>) {
    let scope = scope::Scope::new(project, engine);
    let mut about_macros = Vec::new();
    macros::macros(&scope, &[], &mut about_macros);
    (texts::read(&scope), about_macros)
}
