//! The engine: one minijinja environment, all macros, and the renders that parse and execute ask for.

use std::collections::{BTreeSet, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use minijinja::value::{Value, ValueKind, merge_maps};
use minijinja::{Environment, Error, UndefinedBehavior};

use super::errors::{Source, diagnostic, lex_diagnostic};
use super::handle::{LOADER, LOADER_NAME, MacroHandle, PRELUDE, install, register, returned};
use super::library::MacroLibrary;
use super::rewrite::{Rewritten, lex, plain_blanks, rewrite, rewrite_lexed};
use super::scope::{Mode, ProjectFacts, Run, Scope};
use super::table_object::TableObject;
use super::values::{lock, python_str, to_json};
use super::{Argument, Called, CaptureRequest, Captured, NameKind, Rendered, RunScope, methods, plain, silent};
use crate::diagnostic::Diagnostic;
use crate::manifest::{JsonMap, Macro, UniqueId};
use crate::project::{Project, has_jinja, without_last_newline};
use crate::source::{SourceFile, Span};

/// Macros of all packages, the built-in ones included, ready to be called.
pub struct Engine {
    /// Where texts are parsed: what is undefined then is silent.
    parsing: Environment<'static>,
    running: Environment<'static>,
    pub(super) library: Arc<MacroLibrary>,
    facts: Arc<ProjectFacts>,
    vars: Mutex<std::collections::HashMap<String, Arc<JsonMap>>>,
    /// Macros that ran to name nodes.
    naming: Mutex<BTreeSet<UniqueId>>,
    /// Names that every template has: `range`, `namespace`.
    globals: HashSet<String>,
    /// What `graph` shows while running.
    pub(super) graph: OnceLock<Value>,
    this: Weak<Engine>,
}

/// The name errors carry when they happened in the text being rendered.
const TEXT: &str = "<text>";

/// Deepest nesting of macro calls and includes; a macro that calls itself for ever ends here.
const RECURSION_MAX: usize = 400;

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<engine of {}>", self.facts.project_name)
    }
}

impl Engine {
    /// Reads every macro block of the project's packages and of the built-in library. A macro file that does not
    /// parse is reported among the problems, and its macros are missing.
    pub fn new(project: &Project) -> (Arc<Self>, Vec<Diagnostic>) {
        let (library, problems) = MacroLibrary::new(project);
        let library = Arc::new(library);
        let vars = project.packages.iter().map(|package| (package.name.clone(), project.vars_for(&package.name)));
        let vars = vars.collect();
        let mut parsing = environment(&library);
        silent::silence(&mut parsing);
        silent::know_undefined(&mut parsing);
        let mut running = environment(&library);
        running.set_undefined_behavior(UndefinedBehavior::Lenient);
        silent::know_undefined(&mut running);
        let globals = running.globals().map(|(name, _)| name.to_string()).collect();
        let facts = ProjectFacts::new(project);
        let engine = Arc::new_cyclic(|this| Self {
            parsing,
            running,
            library,
            facts,
            vars: Mutex::new(vars),
            naming: Mutex::default(),
            globals,
            graph: OnceLock::new(),
            this: Weak::clone(this),
        });
        (engine, problems)
    }

    /// Every macro, ordered by unique id: `macro.package.name`.
    pub fn macros(&self) -> impl Iterator<Item = &Arc<Macro>> {
        self.library.macros()
    }

    /// The macro a generic test name means, as seen from `package`: `test_unique`.
    pub fn generic_test(&self, name: &str, namespace: Option<&str>, package: &str) -> Option<&Arc<Macro>> {
        self.library.generic_test(name, namespace, package).map(|entry| &entry.facts)
    }

    /// The macro dbt takes a bare name for where it only reads it: any package's will do.
    pub fn find_macro_by_name(&self, name: &str, package: &str) -> Option<&Arc<Macro>> {
        self.library.by_resolver(name, package).map(|entry| &entry.facts)
    }

    /// What a bare macro name means to a text of `package`.
    pub fn find_macro(&self, name: &str, package: &str) -> Option<&Arc<Macro>> {
        let entry = match name.split_once('.') {
            Some((package, name)) => self.library.in_package(package, name),
            None => self.library.resolve(name, package),
        };
        entry.map(|entry| &entry.facts)
    }

    /// The macro of a materialization, as the node of `package` means it.
    pub fn materialization(&self, name: &str, package: &str) -> Option<&Arc<Macro>> {
        self.library.materialization(name, package).map(|entry| &entry.facts)
    }

    /// What a text refers to and configures, found by rendering it with `execute` false, or without rendering
    /// where it uses nothing but plain `ref`, `source`, `config`, `var`.
    ///
    /// # Errors
    /// The Jinja is wrong, or a macro raised a compiler error.
    pub fn capture(&self, request: &CaptureRequest<'_>) -> Result<Captured, Box<Diagnostic>> {
        let text = request.code.text();
        let hides_a_name = |name: &str| self.library.of_project(name, request.package).is_some();
        if let Some(captured) = plain::capture(request.code, request.vars, &hides_a_name, request.is_model) {
            return Ok(captured);
        }
        let text = plain_blanks(text);
        let lexemes = lex(&text).map_err(|error| lex_diagnostic(request.code, &error))?;
        let rewritten = rewrite_lexed(&text, &lexemes);
        let mut scope = self.scope(request.package, request.vars, Mode::Parse(Mutex::default()));
        scope.model = request.model.clone().into();
        scope.config = Arc::new(request.config.clone());
        let scope = Arc::new(scope);
        self.render(&scope, request.code, &rewritten)?;
        let mut captured = scope.take_captured();
        plain::place(&mut captured, request.code, &lexemes);
        if request.package == self.facts.project_name {
            captured.warnings = silent::unknown_names(&scope, request.code, &lexemes, || {
                let template = self.parsing.template_from_str(&rewritten.text);
                template.map(|template| template.undeclared_variables(false)).unwrap_or_default()
            });
        }
        Ok(captured)
    }

    /// `generate_schema_name`, `generate_alias_name`, `generate_database_name`: the macro of the node's own package if
    /// it has one, else the root project's. `node` is what the macro sees as its argument, in manifest.json's shape.
    /// Source: dbt-core 1.12, `RelationUpdate`.
    ///
    /// # Errors
    /// The macro failed, or gave no text.
    pub fn generate_name(
        &self,
        kind: NameKind,
        custom: Option<&str>,
        node: &JsonMap,
        package: &str,
    ) -> Result<String, Box<Diagnostic>> {
        let name = match kind {
            NameKind::Database => "generate_database_name",
            NameKind::Schema => "generate_schema_name",
            NameKind::Alias => "generate_alias_name",
        };
        let found = self.library.of_project(name, package);
        let overrides_default = || {
            let dispatched = self.library.dispatch(name, Some("dbt"), &self.facts.project_name).ok();
            dispatched.filter(|entry| !self.library.is_built_in_package(&entry.facts.package_name))
        };
        let Some(entry) = found.or_else(overrides_default) else {
            return Ok(self.default_name(kind, custom, node));
        };
        let custom = custom.map_or_else(|| Value::from(()), Value::from);
        let arguments = [custom, super::values::from_map(node)];
        let vars = self.vars_of(&entry.facts.package_name);
        let mut scope = self.scope(&entry.facts.package_name.clone(), &vars, Mode::Parse(Mutex::default()));
        scope.model = node.clone().into();
        let scope = Arc::new(scope);
        let value = self.call_value(&scope, MacroHandle::value(&scope, entry), &arguments)?;
        lock(&self.naming).extend(scope.take_captured().entered);
        Ok(python_str(&value).trim().to_string())
    }

    /// The macros that ran whenever [`Self::generate_name`] was asked.
    pub fn naming_macros(&self) -> BTreeSet<UniqueId> {
        lock(&self.naming).clone()
    }

    /// What the built-in naming macros give, without rendering them: every node asks three times.
    fn default_name(&self, kind: NameKind, custom: Option<&str>, node: &JsonMap) -> String {
        let custom = custom.map(str::trim).filter(|custom| !custom.is_empty());
        match kind {
            NameKind::Database => custom.unwrap_or(&self.facts.database).to_string(),
            NameKind::Schema => match custom {
                Some(custom) => format!("{}_{custom}", self.facts.schema),
                None => self.facts.schema.clone(),
            },
            NameKind::Alias => {
                let text = |key: &str| {
                    node.get(key)
                        .filter(|value| !value.is_null())
                        .map(|value| python_str(&super::values::from_json(value)))
                };
                match (custom, text("version")) {
                    (Some(custom), _) => custom.to_string(),
                    (None, Some(version)) => {
                        format!("{}_v{}", text("name").unwrap_or_default(), version.replace('.', "_"))
                    }
                    (None, None) => text("name").unwrap_or_default(),
                }
            }
        }
    }

    /// Renders a node's code for the warehouse. Ephemeral parents are not yet inlined.
    ///
    /// # Errors
    /// The Jinja is wrong, a macro raised, or the warehouse refused a query of the template.
    pub fn compile(&self, scope: &RunScope) -> Result<Rendered, Box<Diagnostic>> {
        let code = scope.code.clone();
        let text = code.text();
        if !has_jinja(text) {
            let text = without_last_newline(text);
            let span = Span::new(&code.file, code.start as usize..code.start as usize + text.len());
            return Ok(Rendered { origins: vec![(0..text.len(), span)], ..Rendered::from_text(text.to_string()) });
        }
        let rewritten = rewritten(&code)?;
        let scope = self.run_scope(scope);
        self.render(&scope, &code, &rewritten)
    }

    /// Renders a text that `return(…)` may leave, as if it were the body of a macro with these arguments.
    ///
    /// # Errors
    /// As [`Self::compile`].
    pub fn evaluate(&self, scope: &RunScope, arguments: &JsonMap) -> Result<String, Box<Diagnostic>> {
        let code = scope.code.clone();
        let rewritten = rewritten(&code)?;
        let scope = self.run_scope(scope);
        let text = format!("{PRELUDE}{}", rewritten.text);
        let source = Source { name: TEXT, code: &code, rewritten: &rewritten, shift: PRELUDE.len() };
        let failed = |error: Error| diagnostic(&error, &source, &self.library);
        let template = self.environment(&scope).template_from_named_str(TEXT, &text).map_err(failed)?;
        let names = merge_maps([super::values::from_map(arguments), Value::from_dyn_object(scope)]);
        template.render(names).or_else(|error| match returned(&error) {
            Some(value) => Ok(python_str(&value)),
            None => Err(failed(error)),
        })
    }

    /// Calls a macro by name (package-qualified or not) with named arguments.
    ///
    /// # Errors
    /// As [`Self::compile`]; `unknown-macro` when there is no such macro.
    pub fn call(&self, scope: &RunScope, name: &str, arguments: &JsonMap) -> Result<Called, Box<Diagnostic>> {
        let entry = match name.split_once('.') {
            Some((package, name)) => self.library.in_package(package, name),
            None => self.library.resolve(name, &scope.package),
        };
        let entry = entry.or_else(|| self.library.by_id(name));
        let Some(entry) = entry else {
            let known = self.library.macros().map(|found| found.name.as_str());
            let problem =
                Diagnostic::error("unknown-macro", format!("there is no macro `{name}`")).suggest(name, known);
            return Err(Box::new(if problem.help.is_some() {
                problem
            } else {
                self.list_macros(problem, &scope.package)
            }));
        };
        let run_scope = self.run_scope(scope);
        let named = arguments.iter().map(|(key, value)| (key.as_str(), super::values::from_json(value)));
        let arguments: Vec<Value> = if arguments.is_empty() {
            Vec::new()
        } else {
            vec![Value::from(minijinja::value::Kwargs::from_iter(named))]
        };
        let value = self.call_value(&run_scope, MacroHandle::value(&run_scope, entry), &arguments)?;
        Ok(called(&run_scope, &value))
    }

    /// Names the first few macros that are there, where none is near.
    fn list_macros(&self, problem: Diagnostic, package: &str) -> Diagnostic {
        let mut known: Vec<&str> = self.library.names_in(package).filter(|name| !name.starts_with("test_")).collect();
        known.sort_unstable();
        let shown: Vec<String> = known.iter().take(8).map(|name| format!("`{name}`")).collect();
        match known.len() {
            0 => problem.help("the project has no macros; those of packages are called `package.macro`"),
            count if count > shown.len() => problem.help(format!("the project has {}, …", shown.join(", "))),
            _ => problem.help(format!("the project has {}", shown.join(", "))),
        }
    }

    /// Calls a macro with relations among its arguments, each by its name: `create_schema`, `get_catalog`.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub fn call_with(
        &self,
        scope: &RunScope,
        name: &str,
        arguments: Vec<(&str, Argument)>,
    ) -> Result<Called, Box<Diagnostic>> {
        let entry = self
            .library
            .resolve(name, &scope.package)
            .ok_or_else(|| Box::new(Diagnostic::error("unknown-macro", format!("there is no macro `{name}`"))))?;
        let run_scope = self.run_scope(scope);
        let named = arguments.into_iter().map(|(name, argument)| (name, argument.value()));
        let arguments = [Value::from(minijinja::value::Kwargs::from_iter(named))];
        let value = self.call_value(&run_scope, MacroHandle::value(&run_scope, entry), &arguments)?;
        Ok(called(&run_scope, &value))
    }

    /// A text as a template of its own in the context of a running render.
    pub(super) fn render_text(&self, scope: &Arc<Scope>, text: &str) -> Result<String, Box<Diagnostic>> {
        let file = SourceFile::in_memory("<render>", text);
        let code = Span::new(&file, 0..file.text.len());
        let rewritten = rewritten(&code)?;
        self.render(scope, &code, &rewritten).map(|rendered| rendered.text)
    }

    fn environment(&self, scope: &Scope) -> &Environment<'_> {
        if scope.is_execute() { &self.running } else { &self.parsing }
    }

    /// Whether every template has this name.
    pub(super) fn has_global(&self, name: &str) -> bool {
        self.globals.contains(name)
    }

    fn vars_of(&self, package: &str) -> Arc<JsonMap> {
        let vars = lock(&self.vars);
        vars.get(package).or_else(|| vars.get(&self.facts.project_name)).cloned().unwrap_or_default()
    }

    fn scope(&self, package: &str, vars: &Arc<JsonMap>, mode: Mode) -> Scope {
        let engine = self.this.upgrade().expect("the engine is alive while one of its methods runs");
        Scope::new(&engine, &self.facts, package, vars, mode)
    }

    fn run_scope(&self, run: &RunScope) -> Arc<Scope> {
        let vars = self.vars_of(&run.package);
        let mode =
            Mode::Run(Box::new(Run { scope: run.clone(), statements: Mutex::default(), written: Mutex::default() }));
        let mut scope = self.scope(&run.package, &vars, mode);
        if let Some(node) = &run.node {
            scope.config = Arc::clone(&node.config.values);
        }
        Arc::new(scope)
    }

    /// Renders rewritten code in a scope.
    fn render(&self, scope: &Arc<Scope>, code: &Span, rewritten: &Rewritten) -> Result<Rendered, Box<Diagnostic>> {
        let text = format!("{PRELUDE}{}", rewritten.text);
        let source = Source { name: TEXT, code, rewritten, shift: PRELUDE.len() };
        let failed = |error: Error| diagnostic(&error, &source, &self.library);
        let template = self.environment(scope).template_from_named_str(TEXT, &text).map_err(failed)?;
        let context = Value::from_dyn_object(Arc::clone(scope));
        if !scope.is_execute() {
            let rendered = template.render(context).map_err(failed)?;
            return Ok(Rendered::from_text(rendered));
        }
        let (rendered, spans) = template.render_with_spans(context).map_err(failed)?;
        let base = code.start as usize;
        let original = |offset: usize| base + rewritten.original(offset.saturating_sub(PRELUDE.len()));
        let origins = spans.iter().filter(|span| span.name() == TEXT).map(|span| {
            let from = span.source_range();
            (span.output_range(), Span::new(&code.file, original(from.start)..original(from.end)))
        });
        let origins = origins.collect();
        Ok(Rendered { text: rendered, origins, ..Rendered::default() })
    }

    /// Calls a handle in a render of its own.
    fn call_value(&self, scope: &Arc<Scope>, handle: Value, arguments: &[Value]) -> Result<Value, Box<Diagnostic>> {
        let file = SourceFile::in_memory("<call>", "");
        let code = Span::start_of(&file);
        let rewritten = Rewritten::default();
        let source = Source { name: TEXT, code: &code, rewritten: &rewritten, shift: PRELUDE.len() };
        let failed = |error: Error| diagnostic(&error, &source, &self.library);
        let template = self.environment(scope).template_from_named_str(TEXT, PRELUDE).map_err(failed)?;
        let context = Value::from_dyn_object(Arc::clone(scope));
        let mut captured = template.render_captured(context).map_err(failed)?;
        captured.with_state_mut(|state| handle.call(state, arguments)).map_err(failed)
    }
}

fn rewritten(code: &Span) -> Result<Rewritten, Box<Diagnostic>> {
    rewrite(code.text()).map_err(|error| lex_diagnostic(code, &error))
}

/// Relations and statements of a macro call, next to its value.
fn called(scope: &Scope, value: &Value) -> Called {
    let table = value.downcast_object_ref::<TableObject>().map(|table| table.table().clone());
    let mut called = Called { value: to_json(value), table, ..Called::default() };
    if value.kind() == ValueKind::Map
        && let Ok(relations) = value.get_attr("relations")
    {
        let relations = relations.try_iter().into_iter().flatten();
        called.relations =
            relations.filter_map(|relation| super::relation_object::relation_argument(&relation).ok()).collect();
    }
    if let Some(run) = scope.run() {
        let statements = lock(&run.statements);
        called.written = lock(&run.written).take();
        called.statements = statements.iter().map(|(name, stored)| (name.clone(), stored.answer.clone())).collect();
    }
    called
}

fn environment(library: &Arc<MacroLibrary>) -> Environment<'static> {
    let mut environment = methods::environment();
    environment.set_recursion_limit(RECURSION_MAX);
    environment.set_formatter(|out, _, value| {
        // What is undefined prints nothing, as in Jinja2.
        if silent::is_undefined(value) {
            return Ok(());
        }
        match value.as_str() {
            Some(text) => out.write_str(text).map_err(Error::from),
            None => out.write_str(&python_str(value)).map_err(Error::from),
        }
    });
    // Jinja2 has no such function, and a project may call a macro so.
    environment.remove_global("debug");
    environment.add_function("__install", install);
    environment.add_function("__register", register);
    let library = Arc::clone(library);
    environment.set_loader(move |name| -> Result<Option<String>, Error> {
        if name == LOADER_NAME {
            return Ok(Some(LOADER.to_string()));
        }
        let Some(entry) = library.by_id(name) else { return Ok(None) };
        match entry.template() {
            Ok(rewritten) => Ok(Some(rewritten.text)),
            Err(problem) => Err(super::errors::Raised::error(*problem)),
        }
    });
    environment
}
