//! After an edit: where what a file means is as it was, or only what it says of its own resources is another, nothing
//! else of the project need be read again.
//!
//! The edited texts, and those that call an edited macro, are read anew. Where they come to what they came to, only
//! texts in manifest.json are exchanged; a part of the project whose files mean something else is parsed anew
//! ([`Anew`]). As soon as the rest could see a difference, or there is anything to say, the whole project is parsed.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::anew::Anew;
use super::kept::{Given, Kept, Properties, Text, digest_of_macros, macro_files, properties};
use super::{Memory, Seen, contents};
use crate::artifacts::Metadata;
use crate::artifacts::manifest::{Mend, mend, path as manifest_path};
use crate::diagnostic::Diagnostic;
use crate::jinja::{self, Engine};
use crate::manifest::Macro;
use crate::parse::{TextNow, read_texts};
use crate::project::yaml::YamlFile;
use crate::project::{Project, Survey};
use crate::session::Settings;

/// Takes in edits of the files with these indexes. `None`: the project must be parsed as a whole.
pub(super) fn take_in(
    memory: &mut Memory,
    settings: &Settings,
    survey: &Survey,
    files: &[Seen],
    edited: &[usize],
) -> Option<()> {
    let target_path = &survey.settings().target_path;
    let mut kept = Kept::read(target_path, memory)?;
    // Of a config that nobody knows is told until a macro asks for it.
    let has_macros = edited.iter().any(|index| kept.macro_files.contains_key(index));
    if has_macros && memory.told.iter().any(|told| told.code == "unknown-key") {
        return None;
    }
    let again = kept.to_be_read(edited, files)?;
    let paths: HashSet<&Path> = again.iter().chain(edited).map(|index| files[*index].path.as_path()).collect();
    let (project, problems) = survey.read_only(|path| paths.contains(path)).ok()?;
    let (engine, more) = Engine::new(&project);
    let (texts, about_macros) = read_texts(&project, &engine);
    let by_path: HashMap<&Path, &TextNow> = texts.iter().map(|text| (text.read.path.as_path(), text)).collect();
    let macro_files = macro_files(&engine);
    let now = Now { project: &project, macro_files: &macro_files, texts: &by_path, files };
    let speaks = |problem: &Diagnostic| {
        problem.is_error() || problem.labels.iter().any(|label| paths.contains(label.span.file.absolute.as_path()))
    };
    let is_quiet = !problems.iter().chain(&more).chain(&about_macros).any(speaks);
    let changed = kept.changed(&again, edited, &now).filter(|_| is_quiet)?;
    // Without a manifest.json nobody would see that something reads from itself.
    let may_mend = match settings.writes_json {
        true => memory.has_manifests(target_path),
        false => changed.is_empty(),
    };
    if !may_mend {
        return None;
    }
    let anew = match changed.is_empty() {
        true => None,
        false => Some(Anew::parse(survey, &engine, memory, &kept, (&changed, &project))?),
    };
    let accounted: HashSet<usize> = anew.iter().flat_map(|anew| &anew.files).copied().collect();
    let paths_of = |index: &usize| files[*index].path.as_path();
    let silent: HashSet<&Path> = paths.into_iter().chain(accounted.iter().map(paths_of)).collect();
    if memory.told.iter().any(|told| told.speaks_of(&silent)) {
        return None;
    }
    let knows_variables = jinja::variables_read().iter().all(|name| memory.variables.contains(name));
    if jinja::asked_the_time() || !knows_variables {
        return None;
    }
    let read = contents(&project);
    let is_as_read = |(path, digest): (&PathBuf, &String)| read.get(path).is_none_or(|other| other == digest);
    if !anew.iter().flat_map(|anew| &anew.contents).all(is_as_read) {
        return None;
    }
    if settings.writes_json {
        let others: Vec<usize> = edited.iter().filter(|index| !accounted.contains(index)).copied().collect();
        let mut mends = kept.mends(&others, &now);
        mends.extend(anew.iter().flat_map(Anew::mends));
        let path = manifest_path(target_path);
        if !mend(&path, &Metadata::of(&project), mends).ok()? {
            return None;
        }
    }
    for index in edited {
        memory.files[*index].contents = read.get(&files[*index].path).cloned();
    }
    if let Some(anew) = anew {
        memory.count_tests(anew.tests());
        kept.take_in(anew, &changed, &now);
        kept.write(target_path).ok()?;
    }
    Some(())
}

impl Memory {
    /// There are so many data tests more, or fewer.
    fn count_tests(&mut self, more: isize) {
        if let Some((_, count)) = self.found.iter_mut().find(|(noun, _)| noun == "data test") {
            *count = count.saturating_add_signed(more);
        }
    }
}

/// The edited files as they are now.
struct Now<'a> {
    project: &'a Project,
    macro_files: &'a HashMap<PathBuf, Vec<&'a Arc<Macro>>>,
    texts: &'a HashMap<&'a Path, &'a TextNow>,
    files: &'a [Seen],
}

impl Now<'_> {
    fn text(&self, index: usize) -> Option<&TextNow> {
        self.texts.get(self.files[index].path.as_path()).copied()
    }

    fn macros(&self, index: usize) -> &[&Arc<Macro>] {
        self.macro_files.get(&self.files[index].path).map(Vec::as_slice).unwrap_or_default()
    }

    fn yaml(&self, index: usize) -> Option<&YamlFile> {
        let path = self.files[index].path.as_path();
        properties(self.project).find(|(other, _)| *other == path).map(|(_, yaml)| yaml)
    }
}

impl Kept {
    /// Texts that call a macro of an edited file, and the edited texts. `None`: more depends on one of the files.
    fn to_be_read(&self, edited: &[usize], files: &[Seen]) -> Option<Vec<usize>> {
        let mut macros: HashSet<usize> = HashSet::new();
        for index in edited {
            let is_text = self.texts.contains_key(index) || self.is_only_of_nodes(*index, &files[*index].path);
            let kinds = [is_text, self.macro_files.contains_key(index), self.properties.contains_key(index)];
            if kinds.into_iter().filter(|is_kind| *is_kind).count() != 1 {
                return None;
            }
            macros.extend(self.macro_files.get(index).iter().flat_map(|file| &file.macros));
        }
        if macros.iter().any(|number| self.shared_macros.contains(number)) {
            return None;
        }
        let is_touched =
            |index: &usize, text: &Text| edited.contains(index) || text.macros.iter().any(|it| macros.contains(it));
        Some(self.texts.iter().filter(|(index, text)| is_touched(index, text)).map(|(index, _)| *index).collect())
    }

    /// Whether a file holds snapshots or a Python model, of which no more is kept than that. Not seeds: their rows may
    /// be those of a unit test.
    fn is_only_of_nodes(&self, index: usize, path: &Path) -> bool {
        let is_python = path.extension().is_some_and(|ending| ending == "py");
        // Of functions nothing is read but with the whole project.
        let of_file = |given: &&Given| given.file == Some(index) && !given.is_function();
        let mut given = self.given.iter().filter(of_file);
        given.any(|given| is_python || given.id.starts_with("snapshot."))
    }

    /// The files that mean something else than they did. `None`: it cannot be told, or others would see it.
    fn changed(&self, again: &[usize], edited: &[usize], now: &Now<'_>) -> Option<HashSet<usize>> {
        let mut changed = HashSet::new();
        for index in again {
            if !self.is_same_text(*index, now.text(*index)?)? {
                changed.insert(*index);
            }
        }
        for index in edited.iter().filter(|index| !self.texts.contains_key(index)) {
            if let Some(file) = self.macro_files.get(index) {
                if digest_of_macros(now.macros(*index)) != file.digest {
                    return None;
                }
            } else if let Some(then) = self.properties.get(index) {
                let properties = Properties::of(now.yaml(*index)?);
                if properties.rest != then.rest {
                    return None;
                }
                changed.extend((properties != *then).then_some(*index));
            } else {
                changed.insert(*index);
            }
        }
        Some(changed)
    }

    /// `None`: there is or was something to say of it.
    fn is_same_text(&self, index: usize, now: &TextNow) -> Option<bool> {
        let then = self.texts.get(&index)?;
        let (digest, digest_then) = (now.read.digest.filter(|_| now.problems.is_empty())?, then.digest?);
        let called = then.macros.iter().map(|number| self.macros[*number].as_str());
        Some(digest == digest_then && now.read.macros.iter().map(|id| &**id).eq(called))
    }

    /// What is another in manifest.json of files that mean what they meant.
    fn mends<'n>(&'n self, edited: &[usize], now: &'n Now<'_>) -> Vec<Mend<'n>> {
        let mut mends = Vec::new();
        for index in edited {
            if let (Some(kept), Some(text)) = (self.texts.get(index), now.text(*index)) {
                mends.push(Mend::Text { id: &kept.id, raw_code: text.code.text().trim(), checksum: &text.checksum });
            }
            for found in now.macros(*index) {
                mends.push(Mend::Macro { found });
            }
        }
        mends
    }

    fn take_in(&mut self, anew: Anew, changed: &HashSet<usize>, now: &Now<'_>) {
        let numbers: HashMap<&str, usize> =
            self.macros.iter().enumerate().map(|(number, id)| (id.as_str(), number)).collect();
        self.shared_macros.extend(anew.shared_macros.iter().filter_map(|id| numbers.get(id.as_str())));
        for index in changed {
            if let (Some(then), Some(text)) = (self.texts.get_mut(index), now.text(*index)) {
                then.digest = text.read.digest;
                then.macros = text.read.macros.iter().filter_map(|id| numbers.get(&**id).copied()).collect();
            }
            if let (Some(then), Some(yaml)) = (self.properties.get_mut(index), now.yaml(*index)) {
                *then = Properties::of(yaml);
            }
        }
        anew.put_into(self);
    }
}
