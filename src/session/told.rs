//! A warning as it is kept from one call to the next: with places in files in place of their texts.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Call, Diagnostic, Label};
use crate::project::WARNING_CODES;
use crate::source::{SourceFile, Span};

#[derive(Serialize, Deserialize)]
pub(super) struct Told {
    pub code: String,
    message: String,
    labels: Vec<(Stretch, String)>,
    trace: Vec<(String, Stretch)>,
    notes: Vec<String>,
    help: Option<String>,
}

/// A [`Span`].
#[derive(Serialize, Deserialize)]
struct Stretch {
    shown: String,
    absolute: PathBuf,
    start: u32,
    end: u32,
    /// The text, where it lies in no file.
    text: Option<String>,
}

/// Files that warnings point into, each read once.
pub(super) type Files = HashMap<PathBuf, Arc<SourceFile>>;

impl Told {
    pub fn of(problem: &Diagnostic) -> Self {
        Self {
            code: problem.code.to_string(),
            message: problem.message.clone(),
            labels: problem
                .labels
                .iter()
                .map(|label| (Stretch::of(&label.span.as_written()), label.text.clone()))
                .collect(),
            trace: problem.trace.iter().map(|call| (call.name.clone(), Stretch::of(&call.span.as_written()))).collect(),
            notes: problem.notes.clone(),
            help: problem.help.clone(),
        }
    }

    /// Whether it points into one of these files.
    pub fn speaks_of(&self, paths: &HashSet<&Path>) -> bool {
        let places = self.labels.iter().map(|(place, _)| place).chain(self.trace.iter().map(|(_, place)| place));
        places.into_iter().any(|place| paths.contains(place.absolute.as_path()))
    }

    /// The warning again; `None` where a file it points into cannot be read, or there is no such warning.
    pub fn problem(&self, files: &mut Files) -> Option<Diagnostic> {
        let code = WARNING_CODES.into_iter().find(|code| *code == self.code)?;
        let mut problem = Diagnostic::warning(code, self.message.clone());
        for (place, text) in &self.labels {
            problem.labels.push(Label { span: place.span(files)?, text: text.clone() });
        }
        for (name, place) in &self.trace {
            problem.trace.push(Call { name: name.clone(), span: place.span(files)? });
        }
        Some(Diagnostic { notes: self.notes.clone(), help: self.help.clone(), ..problem })
    }
}

impl Stretch {
    fn of(span: &Span) -> Self {
        let file = &span.file;
        let is_on_disk = !file.absolute.as_os_str().is_empty();
        Self {
            shown: file.path.clone(),
            absolute: file.absolute.clone(),
            start: span.start,
            end: span.end,
            text: (!is_on_disk).then(|| file.text.clone()),
        }
    }

    fn span(&self, files: &mut Files) -> Option<Span> {
        let range = self.start as usize..self.end as usize;
        if let Some(text) = &self.text {
            return Some(Span::new(&SourceFile::in_memory(self.shown.as_str(), text.as_str()), range));
        }
        if !files.contains_key(&self.absolute) {
            let file = SourceFile::read(self.shown.as_str(), &self.absolute).ok()?;
            files.insert(self.absolute.clone(), file);
        }
        files.get(&self.absolute).map(|file| Span::new(file, range))
    }
}
