//! Brings the rooms together: opens a project once, and runs what a command plans on its warehouse.

mod attend;
mod catalog;
mod check;
mod deferral;
mod deps;
mod freshness;
mod ingest;
mod inline;
mod memory;
mod opening;
mod operation;
mod run;
mod seeds;
mod settings;
mod told;
mod warehouse;

pub use check::check;
pub use deps::{Parcel, bring};
pub use operation::Operation;
pub use run::Run;
pub use settings::{Asked, DeferralAsked, Exit, Settings};

use std::path::Path;
use std::sync::Arc;

use crate::adapter::Warehouse;
use crate::artifacts::manifest::Compiled;
use crate::artifacts::{self, Metadata};
use crate::diagnostic::Diagnostic;
use crate::event::{Event, RunResult};
use crate::graph::{Command, Criteria, Graph, IndirectSelection, Selection, Selectors};
use crate::jinja::Engine;
use crate::manifest::shape::CompiledCode;
use crate::manifest::{Manifest, UniqueId};
use crate::plan::Plan;
use crate::project::{Judge, Project};
use crate::report::Reporter;

/// A project that was read, understood and put in order.
pub struct Session {
    pub project: Arc<Project>,
    pub engine: Arc<Engine>,
    pub manifest: Arc<Manifest>,
    pub graph: Graph,
    selectors: Selectors,
    settings: Settings,
    judge: Judge,
    /// Warnings of the project, as they were before they were judged.
    warnings: Vec<Diagnostic>,
}

impl Session {
    /// The nodes that the call means.
    ///
    /// # Errors
    /// The criteria make no sense, or match nothing where something was demanded.
    pub fn select(&self, command: Command, reporter: &mut Reporter) -> Result<Selection, Exit> {
        let asked = &self.settings.asked;
        if let Some(again) = &asked.again {
            return Ok(self.again(again, reporter));
        }
        self.select_as(command, asked, reporter)
    }

    fn select_as(&self, command: Command, asked: &Asked, reporter: &mut Reporter) -> Result<Selection, Exit> {
        // Who asks to see a model does not ask to see its tests.
        let usual = if command == Command::Show { IndirectSelection::Empty } else { IndirectSelection::default() };
        let indirect = asked.indirect.as_deref().and_then(IndirectSelection::from_name).unwrap_or(usual);
        let mut teller = Teller { judge: &self.judge, reporter, has_error: false };
        let state = self.settings.state.as_ref();
        let state = state.map(|folder| artifacts::previous::read(folder, &self.project.target_path)).transpose();
        let state = teller.either(state.map_err(|problem| vec![*problem]))?;
        let criteria = Criteria {
            select: &asked.select,
            exclude: &asked.exclude,
            selector: asked.selector.as_deref(),
            indirect,
            resource_types: &asked.resource_types,
            exclude_resource_types: &asked.exclude_resource_types,
            state: state.as_ref(),
            ..Criteria::everything(command, &self.selectors)
        };
        let selected = self.graph.select(&self.manifest, &criteria).map_err(|problem| vec![*problem]);
        let (selection, warnings) = teller.either(selected)?;
        // What does not match was named already; that nothing is left need not be said again.
        let was_named = !warnings.is_empty();
        for warning in warnings {
            teller.tell(self.judge.of_any(warning));
        }
        if selection.is_empty() && (asked.must_match || !was_named) {
            teller.tell(self.judge.of_any(nothing_selected(asked)));
        }
        teller.end()?;
        Ok(selection)
    }

    /// What `retry` takes up: nodes of the former run that are still there.
    fn again(&self, ids: &[UniqueId], reporter: &mut Reporter) -> Selection {
        let selection: Selection = ids.iter().filter(|id| self.graph.position(id).is_some()).cloned().collect();
        if selection.is_empty() {
            let problem = Diagnostic::warning("nothing-selected", "the former run left nothing to do again");
            reporter.tell(&Event::Diagnosed(Box::new(problem)));
        }
        selection
    }

    /// Sources that the call means: `docs generate` shows them beside the nodes.
    ///
    /// # Errors
    /// As [`Self::select`].
    pub fn select_sources(&self, reporter: &mut Reporter) -> Result<Selection, Exit> {
        let sources = Asked { resource_types: vec!["source".to_string()], ..self.settings.asked.clone() };
        self.select_as(Command::List, &sources, reporter)
    }

    /// The steps of a selection.
    ///
    /// # Errors
    /// They cannot be done together.
    pub fn plan(&self, command: Command, selection: &Selection, reporter: &mut Reporter) -> Result<Plan, Exit> {
        let mut teller = Teller { judge: &self.judge, reporter, has_error: false };
        teller.either(Plan::new(command, &self.manifest, &self.graph, selection))
    }

    /// # Errors
    /// The target's settings make no sense.
    pub fn open_warehouse(&self, reporter: &mut Reporter) -> Result<Arc<Warehouse>, Exit> {
        let opened = warehouse::open(&self.project.target, &self.project.root, &self.settings.invocation);
        opened.map_err(|problem| {
            reporter.tell(&Event::Diagnosed(problem));
            Exit::Unable
        })
    }

    /// Writes target/manifest.json and semantic_manifest.json, unless `--no-write-json`.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_manifest(&self, reporter: &mut Reporter) -> Result<(), Exit> {
        if !self.settings.writes_json {
            return Ok(());
        }
        let written = self.make_manifest(&[]);
        self.wrote(&artifacts::manifest::path(&self.project.target_path), written, reporter)?;
        let path = artifacts::semantic_manifest::path(&self.project.target_path);
        self.wrote(&path, artifacts::semantic_manifest::write(&path, &self.manifest), reporter)
    }

    /// manifest.json, with the code of nodes that were compiled.
    fn make_manifest(&self, results: &[Arc<RunResult>]) -> std::io::Result<()> {
        let compiled: Compiled = results
            .iter()
            .filter_map(|result| {
                if result.compiled_code.is_none() && result.called_macros.is_empty() {
                    return None;
                }
                let compiled = CompiledCode {
                    code: result.compiled_code.clone(),
                    path: result.compiled_path.clone(),
                    inlined: Vec::new(),
                    overloads: result.compiled_overloads.clone(),
                    macros: result.called_macros.clone(),
                };
                Some((result.node.unique_id.clone(), compiled))
            })
            .collect();
        let path = artifacts::manifest::path(&self.project.target_path);
        artifacts::manifest::write(&path, &Metadata::of(&self.project), &self.manifest, &compiled)
    }

    /// What the project holds: nouns with their counts, in dbt's order of kinds.
    pub fn found(&self) -> Vec<(String, usize)> {
        found(&self.manifest)
    }

    fn wrote(&self, path: &Path, written: std::io::Result<()>, reporter: &mut Reporter) -> Result<(), Exit> {
        match written {
            Ok(()) => {
                reporter.tell(&Event::ArtifactWritten { path: path.display().to_string() });
                Ok(())
            }
            Err(error) => {
                let problem = Diagnostic::error("cannot-write", format!("cannot write {error}"));
                let problem =
                    problem.help("choose another folder with `--target-path`, or leave it out with `--no-write-json`");
                reporter.tell(&Event::Diagnosed(Box::new(problem)));
                Err(Exit::Unable)
            }
        }
    }
}

impl Drop for Session {
    /// A call has one session, and the process ends with it: to free a big project's small pieces one by one would
    /// take a tenth of the time it took to read it.
    fn drop(&mut self) {
        std::mem::forget((Arc::clone(&self.project), Arc::clone(&self.engine), Arc::clone(&self.manifest)));
    }
}

fn found(manifest: &Manifest) -> Vec<(String, usize)> {
    let of_kind = |kind: &str| manifest.nodes.values().filter(|node| node.kind.resource_type() == kind).count();
    let of_other = |kind: &str| manifest.others.values().filter(|other| other.resource_type == kind).count();
    let counts = [
        ("model", of_kind("model")),
        ("seed", of_kind("seed")),
        ("snapshot", of_kind("snapshot")),
        ("data test", of_kind("test")),
        ("analysis", of_kind("analysis")),
        ("source", manifest.sources.len()),
        ("exposure", manifest.exposures.len()),
        ("metric", of_other("metric")),
        ("semantic model", of_other("semantic_model")),
        ("saved query", of_other("saved_query")),
        ("function", of_kind("function")),
        ("unit test", manifest.unit_tests.len()),
    ];
    counts.into_iter().filter(|(_, count)| *count > 0).map(|(noun, count)| (noun.to_string(), count)).collect()
}

fn nothing_selected(asked: &Asked) -> Diagnostic {
    let problem = match asked.must_match {
        true => Diagnostic::error("nothing-selected", "no node was selected"),
        false => Diagnostic::warning("nothing-selected", "no node was selected"),
    };
    if asked.select.is_empty() && asked.exclude.is_empty() && asked.selector.is_none() {
        return problem;
    }
    problem.help("run `tamis list` with the same flags to see what they match")
}

/// Tells problems as they come, and remembers whether one of them is an error.
struct Teller<'a> {
    judge: &'a Judge,
    reporter: &'a mut Reporter,
    has_error: bool,
}

impl Teller<'_> {
    fn tell_all(&mut self, problems: Vec<Diagnostic>) {
        for problem in problems {
            self.tell(self.judge.of_project(problem));
        }
    }

    fn tell(&mut self, problem: Option<Diagnostic>) {
        if let Some(problem) = problem {
            self.has_error |= problem.is_error();
            self.reporter.tell(&Event::Diagnosed(Box::new(problem)));
        }
    }

    /// What was found, or the end of the call with everything told that stands against it.
    fn either<T>(&mut self, found: Result<T, Vec<Diagnostic>>) -> Result<T, Exit> {
        found.map_err(|problems| {
            self.tell_all(problems);
            Exit::Unable
        })
    }

    fn end(&self) -> Result<(), Exit> {
        if self.has_error { Err(Exit::Unable) } else { Ok(()) }
    }
}
