//! SQL that was typed instead of a node: `show --inline`, `compile --inline`.

use std::sync::Arc;

use super::{Exit, Session};
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::graph::{Command, Selection};
use crate::jinja::{CaptureRequest, Captured};
use crate::manifest::{DependsOn, JsonMap, Node, NodeConfig, NodeKind, UniqueId};
use crate::plan::{Action, Plan, Step};
use crate::report::Reporter;
use crate::source::{SourceFile, Span};

/// dbt's name for it.
pub const INLINE_NAME: &str = "inline_query";

impl Session {
    /// Takes `sql` in as a node of the project, and plans it alone.
    ///
    /// # Errors
    /// Its Jinja is wrong, or it refers to something that is not there.
    pub fn plan_inline(
        &mut self,
        command: Command,
        sql: &str,
        reporter: &mut Reporter,
    ) -> Result<(Plan, Selection), Exit> {
        let node = self.inline_node(sql).map_err(|problem| {
            reporter.tell(&Event::Diagnosed(problem));
            Exit::Unable
        })?;
        let id = node.unique_id.clone();
        let manifest = Arc::get_mut(&mut self.manifest).expect("nobody shares the manifest before the run");
        manifest.add_node(node);
        let step = Step {
            id: id.clone(),
            action: if command == Command::Show { Action::Show } else { Action::Compile },
            prerequisites: Vec::new(),
            dependents: Vec::new(),
            remaining_path_length: 1,
            is_failure_tolerated: false,
        };
        let plan = Plan { command, on_run_start: Vec::new(), steps: vec![step], on_run_end: Vec::new() };
        Ok((plan, [id].into_iter().collect()))
    }

    fn inline_node(&self, sql: &str) -> Result<Node, Box<Diagnostic>> {
        let package = self.project.name();
        let file = SourceFile::in_memory("--inline", sql);
        let code = Span::new(&file, 0..sql.len());
        let nothing = JsonMap::new();
        let captured = self.engine.capture(&CaptureRequest {
            code: &code,
            package,
            vars: &self.project.vars_for(package),
            model: &nothing,
            config: &nothing,
            is_model: false,
        })?;
        let depends_on = DependsOn { nodes: self.parents(&captured, &code)?, macros: captured.macros.clone() };
        let target = &self.project.target;
        Ok(Node {
            unique_id: UniqueId::from(format!("sql_operation.{package}.{INLINE_NAME}")),
            name: INLINE_NAME.to_string(),
            package_name: package.to_string(),
            path: format!("sql/{INLINE_NAME}"),
            original_file_path: format!("sql/{INLINE_NAME}"),
            fqn: vec![package.to_string(), "sql".to_string(), INLINE_NAME.to_string()],
            alias: INLINE_NAME.to_string(),
            database: Some(target.database.clone()),
            schema: target.schema.clone(),
            relation_name: None,
            file: Arc::clone(&file),
            code,
            config: NodeConfig::new(captured.configs.into_iter().flatten().collect::<JsonMap>()),
            unrendered_config: JsonMap::new(),
            description: String::new(),
            columns: indexmap::IndexMap::new(),
            meta: JsonMap::new(),
            tags: Vec::new(),
            doc_blocks: Vec::new(),
            patch_path: None,
            patch_span: None,
            refs: captured.refs,
            functions: captured.functions,
            sources: captured.sources,
            metrics: captured.metrics,
            depends_on,
            checksum: String::new(),
            docs: Arc::default(),
            group: None,
            created_at: self.settings.invocation.started_at.timestamp_micros() as f64 / 1e6,
            kind: NodeKind::Analysis,
        })
    }

    fn parents(&self, captured: &Captured, code: &Span) -> Result<Vec<UniqueId>, Box<Diagnostic>> {
        let package = self.project.name();
        let mut parents = Vec::new();
        for call in &captured.refs {
            let found = self.manifest.find_ref(&call.name, call.package.as_deref(), call.version.as_ref(), package);
            let Some(node) = found else {
                let message = format!("the inline query refers to `{}`, which does not exist", call.name);
                let span = call.span.clone().unwrap_or_else(|| code.clone());
                let problem = Diagnostic::error("unresolved-ref", message);
                let problem = problem.at(span, "no model, seed or snapshot has this name");
                return Err(Box::new(
                    problem.suggest(&call.name, self.manifest.nodes.values().map(|node| &*node.name)),
                ));
            };
            parents.push(node.unique_id.clone());
        }
        for call in &captured.functions {
            let Some(node) = self.manifest.find_function(&call.name, call.package.as_deref(), package) else {
                let message = format!("the inline query calls the function `{}`, which does not exist", call.name);
                let span = call.span.clone().unwrap_or_else(|| code.clone());
                let problem = Diagnostic::error("unresolved-function", message).at(span, "no function has this name");
                let functions = self.manifest.nodes.values().filter(|node| matches!(node.kind, NodeKind::Function(_)));
                return Err(Box::new(problem.suggest(&call.name, functions.map(|node| &*node.name))));
            };
            parents.push(node.unique_id.clone());
        }
        for call in &captured.sources {
            let Some(table) = self.manifest.find_source(&call.source, &call.table, package) else {
                let name = format!("{}.{}", call.source, call.table);
                let message = format!("the inline query reads the source `{name}`, which does not exist");
                let span = call.span.clone().unwrap_or_else(|| code.clone());
                let known: Vec<_> = self
                    .manifest
                    .sources
                    .values()
                    .map(|table| format!("{}.{}", table.source_name, table.name))
                    .collect();
                let problem = Diagnostic::error("unresolved-source", message).at(span, "no yml declares it");
                return Err(Box::new(problem.suggest(&name, known.iter().map(String::as_str))));
            };
            parents.push(table.unique_id.clone());
        }
        Ok(parents)
    }
}
