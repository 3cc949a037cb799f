//! What the inputs are given to, and what is said of them.

use std::fs;
use std::sync::Arc;

use tamis::adapter::replay::Script;
use tamis::diagnostic::Diagnostic;
use tamis::graph::{Command, Criteria, Graph, IndirectSelection, Selectors};
use tamis::jinja::{CaptureRequest, Engine, YamlEngine};
use tamis::manifest::JsonMap;
use tamis::project::yaml::YamlFile;
use tamis::project::{Flags, LoadOptions, Project};
use tamis::relation::AdapterKind::DuckDb;
use tamis::report::{Style, draw};
use tamis::source::{SourceFile, Span};
use tempfile::TempDir;

use crate::built::{Built, built};
use crate::support::engine::Bench;
use crate::support::project::invocation;

#[derive(Clone, Copy, Debug)]
pub enum Target {
    /// A file of YAML.
    Yaml,
    /// A text with Jinja, parsed and run.
    Jinja,
    /// Words behind `--select`.
    Selector,
    /// Several files, as `=== path` begins each, read as a project.
    Project,
}

/// What the targets work on; made once.
pub struct World {
    bench: Bench,
    built: Built,
    graph: Graph,
    selectors: Selectors,
    folder: TempDir,
}

impl World {
    pub fn new() -> Self {
        let built = built()
            .source("raw", "orders")
            .seed("codes")
            .model("staging/a.sql", "select * from {{ source('raw', 'orders') }}")
            .model("b.sql", "select * from {{ ref('a') }} join {{ ref('codes') }}")
            .model("c.sql", "select * from {{ ref('b') }}");
        let graph = Graph::new(&built.manifest).expect("nothing reads from itself");
        Self {
            bench: Bench::new(DuckDb, Flags::default(), Script::new(), Default::default()),
            graph,
            built,
            selectors: Selectors::default(),
            folder: TempDir::new().expect("a temporary folder"),
        }
    }
}

impl Target {
    pub const ALL: [Self; 4] = [Self::Yaml, Self::Jinja, Self::Selector, Self::Project];

    pub fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Jinja => "jinja",
            Self::Selector => "selector",
            Self::Project => "project",
        }
    }

    /// Inputs of each kind in turn: a project takes as long as many of the others.
    pub fn share(self) -> usize {
        match self {
            Self::Yaml | Self::Jinja => 20,
            Self::Selector => 10,
            Self::Project => 1,
        }
    }

    pub fn short_count(self) -> usize {
        self.share() * 20
    }

    /// Words that its grammar knows.
    pub fn words(self) -> &'static [&'static str] {
        match self {
            Self::Yaml => &[
                "- ",
                ": ",
                "\n",
                "\n  ",
                "&a ",
                "*a",
                "<<: *a",
                "[",
                "]",
                "{",
                "}",
                "|\n",
                ">-\n",
                "'",
                "\"",
                "#",
                "!!str ",
                "!!int ",
                "? ",
                "---\n",
                "...\n",
                "%YAML 1.2\n",
                "null",
                "yes",
                "2024-01-01",
                "12:30:45",
                "0o17",
                ".inf",
                "{{ x }}",
            ],
            Self::Jinja => &[
                "{{ ",
                " }}",
                "{% ",
                " %}",
                "{# ",
                " #}",
                "{%- ",
                " -%}",
                "for x in y",
                "endfor",
                "if x",
                "elif",
                "else",
                "endif",
                "set x = ",
                "endset",
                "macro m(a, b=1)",
                "endmacro",
                "call m()",
                "endcall",
                "do ",
                "raw",
                "endraw",
                "filter upper",
                "ref('a')",
                "source('a', 'b')",
                "config(x=1)",
                "var('x', 1)",
                "this",
                "loop.index",
                "| ",
                "~",
                "**",
                "//",
                "%",
                " is defined",
                " not in ",
                "[1:2]",
                "[-1]",
                ".append(1)",
                ".items()",
                "range(9)",
                "namespace(a=1)",
                "return(1)",
                "'%s' % 1",
                "'{:>9}'.format(1)",
                "adapter.dispatch('x')()",
                "modules.datetime.datetime.now()",
                "modules.re.match('a','b')",
                "fromjson('{')",
                "tojson",
                "run_query('select 1')",
                "zip([1],[2])",
                "* 1000",
                ".strftime('%Y')",
                "statement('a')",
            ],
            Self::Selector => &[
                "+",
                "@",
                "1+",
                "+2",
                "*",
                "?",
                "[a-z]",
                ",",
                " ",
                "tag:",
                "path:",
                "source:",
                "config.materialized:",
                "fqn:",
                "package:",
                "resource_type:",
                "test_name:",
                "state:modified",
                "result:error",
                "version:latest",
                "file:",
                "exposure:",
                "unit_test:",
                "a",
                "b",
                "staging",
                ".",
                "/",
                "..",
                "**",
                "\\",
                "{a,b}",
            ],
            Self::Project => &[
                "\n=== models/schema.yml\n",
                "\n=== models/x.sql\n",
                "\n=== macros/m.sql\n",
                "\n=== dbt_project.yml\n",
                "\n=== selectors.yml\n",
                "\n=== snapshots/s.yml\n",
                "\n=== models/d.md\n",
                "models:\n  - name: x\n",
                "columns:\n",
                "data_tests: [unique]\n",
                "versions: [{v: 1}]\n",
                "sources:\n",
                "config: {enabled: false}\n",
                "{{ ref('x') }}",
                "{% macro m() %}{% endmacro %}",
                "{% test t(model) %}{% endtest %}",
                "{% snapshot s %}{% endsnapshot %}",
                "{% docs d %}{% enddocs %}",
                "unit_tests:\n",
                "exposures:\n",
                "semantic_models:\n",
                "metrics:\n",
                "groups:\n",
                "+tags: a\n",
            ],
        }
    }

    /// Gives it the text; what was said is drawn too, since that is where places are counted.
    pub fn run(self, world: &World, text: &str) -> String {
        match self {
            Self::Yaml => yaml(text),
            Self::Jinja => jinja(world, text),
            Self::Selector => selector(world, text),
            Self::Project => project(world, text),
        }
    }
}

fn said(problems: &[Diagnostic]) -> String {
    for problem in problems {
        let _ = draw(problem, Style::PLAIN);
    }
    problems.iter().map(|problem| format!("{}: {}", problem.code, problem.message)).collect::<Vec<_>>().join("; ")
}

fn yaml(text: &str) -> String {
    match YamlFile::parse(&SourceFile::in_memory("models/schema.yml", text)) {
        Ok(yaml) => {
            let _ = yaml.root.to_json().to_string();
            said(&yaml.warnings)
        }
        Err(problem) => said(&[*problem]),
    }
}

fn jinja(world: &World, text: &str) -> String {
    let file = SourceFile::in_memory("models/x.sql", text);
    let code = Span::new(&file, 0..file.text.len());
    let (vars, nothing) = (Arc::default(), JsonMap::new());
    let request =
        CaptureRequest { code: &code, package: "shop", vars: &vars, model: &nothing, config: &nothing, is_model: true };
    let captured = match world.bench.engine.capture(&request) {
        Ok(captured) => format!("{} refs", captured.refs.len().min(3)),
        Err(problem) => said(&[*problem]),
    };
    let scope = tamis::jinja::RunScope { code, ..world.bench.scope.clone() };
    let rendered = match world.bench.engine.compile(&scope) {
        Ok(rendered) => format!("{} origins", rendered.origins.len().min(8)),
        Err(problem) => said(&[*problem]),
    };
    format!("{captured} / {rendered}")
}

fn selector(world: &World, text: &str) -> String {
    let words = [text.to_string()];
    let criteria = Criteria {
        select: &words,
        indirect: IndirectSelection::Eager,
        ..Criteria::everything(Command::List, &world.selectors)
    };
    match world.graph.select(&world.built.manifest, &criteria) {
        Ok((selection, warnings)) => format!("{} selected, {}", selection.len(), said(&warnings)),
        Err(problem) => said(&[*problem]),
    }
}

fn project(world: &World, text: &str) -> String {
    let root = world.folder.path().join("shop");
    let _ = fs::remove_dir_all(&root);
    let mut files = vec![
        ("dbt_project.yml".to_string(), "name: shop\nprofile: shop\n".to_string()),
        ("profiles.yml".to_string(), "shop: {outputs: {default: {type: duckdb, path: shop.duckdb}}}\n".to_string()),
    ];
    for part in text.split("=== ").skip(1) {
        let (path, content) = part.split_once('\n').unwrap_or((part, ""));
        // Nothing outside of the folder, and no names that a file system refuses.
        let path: String =
            path.chars().filter(|letter| letter.is_ascii_alphanumeric() || "._/".contains(*letter)).collect();
        let path =
            path.split('/').filter(|part| !part.is_empty() && !part.starts_with('.')).collect::<Vec<_>>().join("/");
        files.push((path, content.to_string()));
    }
    for (path, content) in files {
        let path = root.join(path);
        let made = path.parent().map_or(Ok(()), fs::create_dir_all);
        // A file may stand where a folder is wanted; then this part is left out.
        let _ = made.and_then(|()| fs::write(&path, content));
    }
    let yaml_engine = YamlEngine::new();
    let options = LoadOptions::new(&root);
    let (project, mut problems) = match Project::load(&options, &yaml_engine, Arc::new(invocation(Flags::default()))) {
        Ok(loaded) => loaded,
        Err(problems) => return said(&problems),
    };
    let (engine, found) = Engine::new(&project);
    problems.extend(found);
    let (manifest, found) = tamis::parse::parse(&project, &engine);
    problems.extend(found);
    if let Some(yaml) = &project.selectors {
        let (_, found) = Selectors::read(yaml, &|text| Ok(serde_json::Value::from(text)));
        problems.extend(found);
    }
    if let Err(problem) = Graph::new(&manifest) {
        problems.push(*problem);
    }
    said(&problems)
}
