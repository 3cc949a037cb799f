//! Where another run's relations are: read from the manifest that `--state` points at, for `--defer` and `clone`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Exit, Session, Teller};
use crate::artifacts;
use crate::diagnostic::Diagnostic;
use crate::jinja::Deferral;
use crate::manifest::{Json, UniqueId};
use crate::relation::{Quoting, Relation};
use crate::report::Reporter;

impl Session {
    /// Nothing where neither the command nor a flag asks for it.
    ///
    /// # Errors
    /// There is no such manifest; it was told.
    pub(super) fn deferral(&self, reporter: &mut Reporter) -> Result<Arc<Deferral>, Exit> {
        let asked = &self.settings.deferral;
        let clones = self.settings.invocation.command == "clone";
        if !asked.is_on && !clones {
            return Ok(Arc::default());
        }
        let mut teller = Teller { judge: &self.judge, reporter, has_error: false };
        let relations = self.other_relations(clones);
        let relations = teller.either(relations.map_err(|problem| vec![*problem]))?;
        Ok(Arc::new(Deferral { relations, is_for_refs: asked.is_on, is_favored: asked.favors_state }))
    }

    fn other_relations(&self, clones: bool) -> Result<BTreeMap<UniqueId, Relation>, Box<Diagnostic>> {
        let asked = &self.settings.deferral;
        let Some(folder) = asked.state.as_ref().or(self.settings.state.as_ref()) else {
            let who = if clones { "`clone`" } else { "`--defer`" };
            let problem = Diagnostic::error("no-state", format!("{who} needs an earlier run to look into"));
            return Err(Box::new(problem.help("add `--state FOLDER`, with the manifest.json of that run")));
        };
        let Some(manifest) = artifacts::previous::manifest(folder)? else {
            let problem = Diagnostic::error("no-state", format!("there is no manifest.json in `{}`", folder.display()));
            return Err(Box::new(problem.help("point `--state` at the target folder of an earlier run")));
        };
        let map = |name: &str| manifest.get(name).and_then(Json::as_object).into_iter().flatten();
        let known = map("nodes").chain(map("functions")).filter_map(|(id, node)| {
            let (id, _) = self.manifest.nodes.get_key_value(id.as_str())?;
            Some((id.clone(), self.other_relation(node)?))
        });
        Ok(known.collect())
    }

    /// Source: dbt-core 1.12, `Manifest.merge_from_artifact`: what can be referred to and is something in a warehouse.
    fn other_relation(&self, node: &Json) -> Option<Relation> {
        let text = |key: &str| node.get(key).and_then(Json::as_str);
        let config = node.get("config");
        let is_ephemeral = config.and_then(|config| config.get("materialized")?.as_str()) == Some("ephemeral");
        if is_ephemeral || !matches!(text("resource_type")?, "model" | "seed" | "snapshot" | "function") {
            return None;
        }
        let written = config.and_then(|config| config.get("quoting"));
        let is_function = text("resource_type") == Some("function");
        let usual = if is_function { Quoting::ALL } else { self.project.quoting() };
        let is_quoted = |part: &str, usual| written.and_then(|quoting| quoting.get(part)?.as_bool()).unwrap_or(usual);
        let quoting = Quoting {
            database: is_quoted("database", usual.database),
            schema: is_quoted("schema", usual.schema),
            identifier: is_quoted("identifier", usual.identifier),
        };
        let quote = self.project.target.kind.quote();
        Some(Relation::new(text("database"), text("schema")?, text("alias")?, quoting, quote))
    }
}
