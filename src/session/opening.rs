//! Opens a project, and parses it: anew, or where nothing changed from memory.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use super::memory::{self, Memory, Seen};
use super::told::Files;
use super::{Exit, Session, Settings, Teller};
use crate::artifacts;
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::graph::{Graph, Selectors};
use crate::jinja::{Engine, YamlEngine};
use crate::manifest::{Manifest, NodeKind};
use crate::parse::parse;
use crate::project::{Judge, Survey, YamlRenderer, YamlScope};
use crate::report::Reporter;

impl Session {
    /// Opens the front half. All of a project's problems are told, not only the first.
    ///
    /// # Errors
    /// The project cannot be worked with; how the call ends then.
    pub fn open(settings: &Settings, reporter: &mut Reporter) -> Result<Self, Exit> {
        Opening::begin(settings, reporter)?.finish(reporter)
    }

    /// Says what is wrong with a project, and writes its manifest; gives what it holds, as [`Session::found`] does.
    ///
    /// # Errors
    /// As [`Session::open`], or manifest.json cannot be written.
    pub fn parse(settings: &Settings, reporter: &mut Reporter) -> Result<Vec<(String, usize)>, Exit> {
        let mut opening = Opening::begin(settings, reporter)?;
        if !settings.uses_memory {
            let session = opening.finish(reporter)?;
            session.write_manifest(reporter)?;
            return Ok(session.found());
        }
        let files = memory::look(&opening.survey);
        if let Some(found) = opening.recall(&files, reporter)? {
            return Ok(found);
        }
        let session = opening.finish(reporter)?;
        let memory = thread::scope(|scope| {
            let memory = scope.spawn(|| session.memory(files));
            session.write_manifest(reporter)?;
            Ok(memory.join().unwrap_or_else(|panic| resume_unwind(panic)))
        })?;
        if let Some(memory) = memory {
            memory.keep(&session.settings, &session.project);
        }
        Ok(session.found())
    }

    /// What this parse said, for the next call; what the texts came to is kept already.
    fn memory(&self, files: Vec<Seen>) -> Option<Memory> {
        if has_dates(&self.manifest) {
            return None;
        }
        let memory = Memory::of(&self.settings, &self.project, files, &self.warnings, self.found())?;
        memory.keep_texts(self);
        Some(memory)
    }
}

/// A project that was looked over.
struct Opening<'s> {
    settings: &'s Settings,
    judge: Judge,
    yaml_engine: YamlEngine,
    survey: Survey,
}

impl<'s> Opening<'s> {
    fn begin(settings: &'s Settings, reporter: &mut Reporter) -> Result<Self, Exit> {
        let judge = Judge::new(&settings.invocation.flags);
        let yaml_engine = YamlEngine::new();
        let survey = Survey::of(&settings.load, &yaml_engine, Arc::clone(&settings.invocation));
        let survey = Teller { judge: &judge, reporter, has_error: false }.either(survey)?;
        Ok(Self { settings, judge, yaml_engine, survey })
    }

    /// Reads, parses, and puts in order.
    fn finish(self, reporter: &mut Reporter) -> Result<Session, Exit> {
        let Self { settings, judge, yaml_engine, survey } = self;
        let mut teller = Teller { judge: &judge, reporter, has_error: false };
        // What the survey says it says at every call.
        let told_by_survey = survey.problems.len();
        let (project, problems) = teller.either(survey.read())?;
        let mut warnings = problems[told_by_survey..].to_vec();
        teller.tell_all(problems);
        let mut tell = |teller: &mut Teller<'_>, problems: Vec<Diagnostic>| {
            warnings.extend(problems.iter().cloned());
            teller.tell_all(problems);
        };
        let project = Arc::new(project);
        let (engine, problems) = Engine::new(&project);
        tell(&mut teller, problems);
        let (mut manifest, problems) = parse(&project, &engine);
        tell(&mut teller, problems);
        let selectors = match &project.selectors {
            Some(yaml) => {
                let target = Some(&project.target.context);
                let scope = YamlScope {
                    vars: &project.cli_vars,
                    target,
                    may_read_secrets: false,
                    project_name: Some(project.name()),
                    invocation: Some(&project.invocation),
                };
                let (selectors, problems) = Selectors::read(yaml, &|text| yaml_engine.render(text, &scope));
                tell(&mut teller, problems);
                selectors
            }
            None => Selectors::default(),
        };
        manifest.selectors = selectors.to_json();
        let graph = teller.either(Graph::new(&manifest).map_err(|problem| vec![*problem]))?;
        teller.end()?;
        let manifest = Arc::new(manifest);
        let settings = settings.clone();
        Ok(Session { project, engine, manifest, graph, selectors, settings, judge, warnings })
    }

    /// What the last parse found, told again, where nothing changed since but perhaps texts.
    fn recall(&mut self, files: &[Seen], reporter: &mut Reporter) -> Result<Option<Vec<(String, usize)>>, Exit> {
        if self.survey.problems.iter().any(Diagnostic::is_error) {
            return Ok(None);
        }
        let Some((mut memory, edited)) = memory::recall(self.settings, &self.survey, files) else { return Ok(None) };
        let mut texts = Files::default();
        let told: Option<Vec<Diagnostic>> = memory.told.iter().map(|told| told.problem(&mut texts)).collect();
        let Some(told) = told else { return Ok(None) };
        let is_whole = match edited.as_slice() {
            [] => memory.renew_manifest(self.settings, self.survey.settings()),
            edited => memory.take_in(self.settings, &self.survey, files, edited),
        };
        if !is_whole {
            return Ok(None);
        }
        let own = std::mem::take(&mut self.survey.problems);
        let project = self.survey.settings();
        let mut teller = Teller { judge: &self.judge, reporter, has_error: false };
        teller.tell_all(own);
        teller.tell_all(told);
        teller.end()?;
        if self.settings.writes_json {
            let path = artifacts::manifest::path(&project.target_path).display().to_string();
            reporter.tell(&Event::ArtifactWritten { path });
        }
        let found = memory.found.clone();
        memory.seen_again(files.to_vec());
        memory.keep(self.settings, project);
        Ok(Some(found))
    }
}

/// Whether something in it is told of or not by today's date.
fn has_dates(manifest: &Manifest) -> bool {
    manifest.nodes.values().any(|node| match &node.kind {
        NodeKind::Model(model) => model.deprecation_date.is_some(),
        NodeKind::Seed(_)
        | NodeKind::Snapshot
        | NodeKind::DataTest(_)
        | NodeKind::Analysis
        | NodeKind::Hook(_)
        | NodeKind::Function(_) => false,
    })
}
