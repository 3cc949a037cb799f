//! A manifest built by hand: just enough of each resource for the graph, the plan and the artifacts.

use std::sync::Arc;

use serde_json::json;
use tamis::diagnostic::Diagnostic;
use tamis::manifest::{
    Access, DataTest, DependsOn, Exposure, Fixture, FixtureFormat, Freshness, FreshnessThreshold, HookFacts, Json,
    JsonMap, Macro, Manifest, ModelFacts, Node, NodeConfig, NodeKind, RefCall, SeedFacts, SourceCall, SourceTable,
    TestScope, UniqueId, UnitTest,
};
use tamis::source::{SourceFile, Span};

#[derive(Default)]
pub struct Built {
    pub manifest: Manifest,
}

/// An empty project `shop`.
pub fn built() -> Built {
    Built { manifest: Manifest { project_name: "shop".to_string(), ..Manifest::default() } }
}

pub fn object(value: Json) -> JsonMap {
    match value {
        Json::Object(map) => map,
        other => panic!("not an object: {other}"),
    }
}

impl Built {
    /// `path` below `models/`, such as `staging/stg_a.sql`; what it reads is taken from the text.
    pub fn model(self, path: &str, sql: &str) -> Self {
        self.model_with(path, sql, json!({}))
    }

    pub fn model_with(mut self, path: &str, sql: &str, config: Json) -> Self {
        let facts = ModelFacts {
            access: match config.get("access").and_then(Json::as_str) {
                Some("public") => Access::Public,
                Some("private") => Access::Private,
                _ => Access::Protected,
            },
            version: config.get("v").cloned(),
            latest_version: config.get("latest").cloned(),
            deprecation_date: None,
            constraints: Vec::new(),
            time_spine: None,
        };
        let node = node(&format!("models/{path}"), sql, config, NodeKind::Model(facts));
        self.add(node);
        self
    }

    pub fn seed(mut self, name: &str) -> Self {
        let kind = NodeKind::Seed(SeedFacts { root_path: ".".to_string() });
        self.add(node(&format!("seeds/{name}.csv"), "", json!({"materialized": "seed"}), kind));
        self
    }

    pub fn snapshot(mut self, name: &str, sql: &str) -> Self {
        let config = json!({"materialized": "snapshot"});
        self.add(node(&format!("snapshots/{name}.sql"), sql, config, NodeKind::Snapshot));
        self
    }

    pub fn analysis(mut self, name: &str, sql: &str) -> Self {
        self.add(node(&format!("analyses/{name}.sql"), sql, json!({}), NodeKind::Analysis));
        self
    }

    pub fn singular_test(mut self, name: &str, sql: &str) -> Self {
        let kind = NodeKind::DataTest(DataTest { generic: None });
        self.add(node(&format!("tests/{name}.sql"), sql, json!({"materialized": "test", "severity": "ERROR"}), kind));
        self
    }

    /// A generic test named `<test>_<on>`; `reads` are further models it reads.
    pub fn generic_test(mut self, test: &str, on: &str, reads: &[&str]) -> Self {
        let name = format!("{test}_{on}");
        let file = SourceFile::in_memory("models/schema.yml", "");
        let scope = TestScope {
            name: test.to_string(),
            namespace: None,
            kwargs: object(json!({"column_name": "id", "model": format!("{{{{ get_where_subquery(ref('{on}')) }}}}")})),
            column_name: Some("id".to_string()),
            attached_node: Some(self.id_of(on)),
            file_key_name: Some(format!("models.{on}")),
            span: Span::start_of(&file),
        };
        let kind = NodeKind::DataTest(DataTest { generic: Some(scope) });
        let sql: Vec<_> = std::iter::once(&on).chain(reads).map(|read| format!("{{{{ ref('{read}') }}}}")).collect();
        let config = json!({"materialized": "test", "severity": "ERROR", "tags": []});
        let mut node = node(&format!("models/{name}.sql"), &sql.join(" "), config, kind);
        node.unique_id = UniqueId::from(format!("test.shop.{name}.0123456789"));
        node.original_file_path = "models/schema.yml".to_string();
        node.path = format!("{name}.sql");
        node.fqn = vec!["shop".to_string(), name];
        node.relation_name = None;
        node.checksum = String::new();
        self.add(node);
        self
    }

    pub fn unit_test(mut self, name: &str, model: &str) -> Self {
        let file = SourceFile::in_memory("models/schema.yml", "");
        let fixture = Fixture {
            input: String::new(),
            format: FixtureFormat::Dict,
            rows: json!([{"id": 1}]),
            fixture: None,
            span: Span::start_of(&file),
        };
        let test = UnitTest {
            unique_id: UniqueId::from(format!("unit_test.shop.{model}.{name}")),
            name: name.to_string(),
            package_name: "shop".to_string(),
            model: model.to_string(),
            path: "schema.yml".to_string(),
            original_file_path: "models/schema.yml".to_string(),
            fqn: vec!["shop".to_string(), model.to_string(), name.to_string()],
            description: String::new(),
            given: vec![Fixture { input: "ref('x')".to_string(), ..fixture.clone() }],
            expect: fixture,
            overrides: JsonMap::new(),
            versions: None,
            version: None,
            config: NodeConfig::new(object(json!({"tags": ["logic"], "meta": {}, "enabled": true}))),
            depends_on: DependsOn { nodes: vec![self.id_of(model)], macros: Vec::new() },
            schema: "main".to_string(),
            created_at: 0.0,
            checksum: Some("c0ffee".to_string()),
            span: Span::start_of(&file),
        };
        self.manifest.unit_tests.insert(test.unique_id.clone(), Arc::new(test));
        self
    }

    pub fn source(mut self, source: &str, table: &str) -> Self {
        let file = SourceFile::in_memory("models/sources.yml", "");
        let table = SourceTable {
            unique_id: UniqueId::from(format!("source.shop.{source}.{table}")),
            package_name: "shop".to_string(),
            source_name: source.to_string(),
            name: table.to_string(),
            identifier: table.to_string(),
            database: Some("db".to_string()),
            schema: source.to_string(),
            relation_name: format!("\"db\".\"{source}\".\"{table}\""),
            path: "models/sources.yml".to_string(),
            original_file_path: "models/sources.yml".to_string(),
            fqn: ["shop", source, table].map(str::to_string).to_vec(),
            source_description: String::new(),
            description: String::new(),
            doc_blocks: Vec::new(),
            loader: String::new(),
            columns: Default::default(),
            config: NodeConfig::new(object(json!({"enabled": true}))),
            unrendered_config: JsonMap::new(),
            quoting: object(json!({"database": null, "schema": null, "identifier": null, "column": null})),
            meta: JsonMap::new(),
            source_meta: JsonMap::new(),
            tags: vec!["raw".to_string()],
            freshness: None,
            loaded_at_field: None,
            loaded_at_query: None,
            external: None,
            patch_path: None,
            unrendered_database: None,
            unrendered_schema: None,
            created_at: 0.0,
            span: Span::start_of(&file),
        };
        self.manifest.sources.insert(table.unique_id.clone(), Arc::new(table));
        self
    }

    /// Gives a source a freshness threshold.
    pub fn watched(mut self, source: &str, table: &str) -> Self {
        let id = UniqueId::from(format!("source.shop.{source}.{table}"));
        let table = self.manifest.sources.get_mut(&id).expect("the source was added");
        let warn_after = Some(FreshnessThreshold { count: 1, period: "day".to_string() });
        Arc::make_mut(table).freshness = Some(Freshness { warn_after, ..Freshness::default() });
        self
    }

    pub fn exposure(mut self, name: &str, sql: &str) -> Self {
        let file = SourceFile::in_memory("models/exposures.yml", sql);
        let (refs, sources) = calls(&file);
        let exposure = Exposure {
            unique_id: UniqueId::from(format!("exposure.shop.{name}")),
            name: name.to_string(),
            package_name: "shop".to_string(),
            kind: "dashboard".to_string(),
            label: None,
            owner: object(json!({"email": null, "name": "o"})),
            maturity: None,
            url: None,
            description: String::new(),
            path: "exposures.yml".to_string(),
            original_file_path: "models/exposures.yml".to_string(),
            fqn: vec!["shop".to_string(), name.to_string()],
            config: NodeConfig::new(object(json!({"enabled": true, "tags": [], "meta": {}}))),
            unrendered_config: JsonMap::new(),
            meta: JsonMap::new(),
            tags: Vec::new(),
            depends_on: DependsOn { nodes: self.read_ids(&refs, &sources), macros: Vec::new() },
            refs,
            sources,
            metrics: Vec::new(),
            created_at: 0.0,
            span: Span::start_of(&file),
        };
        self.manifest.exposures.insert(exposure.unique_id.clone(), Arc::new(exposure));
        self
    }

    pub fn hook(mut self, is_start: bool, index: usize, sql: &str) -> Self {
        let moment = if is_start { "start" } else { "end" };
        let kind = NodeKind::Hook(HookFacts { is_start, index });
        let mut node = node(&format!("hooks/shop-on-run-{moment}-{index}.sql"), sql, json!({}), kind);
        node.tags = vec![format!("on-run-{moment}")];
        node.relation_name = None;
        self.add(node);
        self
    }

    /// A macro of the project; `is_built_in` ones come with the tool.
    pub fn macro_(mut self, name: &str, text: &str, calls: &[&str], is_built_in: bool) -> Self {
        let absolute = if is_built_in { "" } else { "/shop/macros/x.sql" };
        let file = SourceFile::new(format!("macros/{name}.sql"), absolute, text);
        let macro_ = Macro {
            unique_id: UniqueId::from(format!("macro.shop.{name}")),
            name: name.to_string(),
            package_name: "shop".to_string(),
            path: format!("macros/{name}.sql"),
            original_file_path: format!("macros/{name}.sql"),
            block: Span::new(&file, 0..text.len()),
            name_span: Span::start_of(&file),
            file,
            signature: Vec::new(),
            argument_spans: Vec::new(),
            depends_on: calls.iter().map(|name| UniqueId::from(format!("macro.shop.{name}"))).collect(),
            description: String::new(),
            meta: JsonMap::new(),
            docs: object(json!({"show": true, "node_color": null})),
            patch_path: None,
            arguments: Vec::new(),
            config: object(json!({"meta": {}, "docs": {"show": true, "node_color": null}})),
            created_at: 0.0,
            supported_languages: None,
        };
        self.manifest.macros.insert(macro_.unique_id.clone(), Arc::new(macro_));
        self
    }

    /// Changes the node of that name.
    pub fn change(mut self, name: &str, change: impl FnOnce(&mut Node)) -> Self {
        let id = self.id_of(name);
        let node = self.manifest.nodes.get_mut(&id).expect("the node was added");
        change(Arc::make_mut(node));
        self
    }

    fn add(&mut self, mut node: Node) {
        node.depends_on.nodes = self.read_ids(&node.refs, &node.sources);
        self.manifest.nodes.insert(node.unique_id.clone(), Arc::new(node));
    }

    fn read_ids(&self, refs: &[RefCall], sources: &[SourceCall]) -> Vec<UniqueId> {
        let refs = refs.iter().map(|call| self.id_of(&call.name));
        let sources = sources.iter().map(|call| UniqueId::from(format!("source.shop.{}.{}", call.source, call.table)));
        refs.chain(sources).collect()
    }

    /// Of a node that is there, else of a model that is still to come.
    fn id_of(&self, name: &str) -> UniqueId {
        let known = self.manifest.nodes.values().find(|node| node.name == name);
        known.map_or_else(|| UniqueId::from(format!("model.shop.{name}")), |node| node.unique_id.clone())
    }
}

fn node(path: &str, text: &str, config: Json, kind: NodeKind) -> Node {
    let file = SourceFile::new(path, format!("/shop/{path}"), text);
    let (folder, below) = path.split_once('/').expect("a path has a folder");
    let stem = below.rsplit_once('.').map_or(below, |(stem, _)| stem);
    let mut parts: Vec<String> = stem.split('/').map(str::to_string).collect();
    let name = parts.pop().expect("a path has a name");
    let (refs, sources) = calls(&file);
    let mut config = object(config);
    let version = config.remove("v").map(|version| version.to_string());
    config.remove("latest");
    config.entry("materialized").or_insert_with(|| json!("view"));
    let materialized = config["materialized"].as_str().unwrap_or_default().to_string();
    let (name, last) = match (&version, name.rsplit_once("_v")) {
        (Some(version), Some((name, _))) => (name.to_string(), vec![name.to_string(), format!("v{version}")]),
        _ => (name.clone(), vec![name]),
    };
    let kind_name = kind.resource_type();
    let id = last.join(".");
    let fqn = std::iter::once("shop".to_string()).chain(parts).chain(last).collect();
    let has_relation = matches!(folder, "models" | "seeds" | "snapshots") && materialized != "ephemeral";
    Node {
        unique_id: UniqueId::from(format!("{kind_name}.shop.{id}")),
        name: name.clone(),
        package_name: "shop".to_string(),
        path: below.to_string(),
        original_file_path: path.to_string(),
        fqn,
        alias: name.clone(),
        database: Some("db".to_string()),
        schema: "main".to_string(),
        relation_name: has_relation.then(|| format!("\"db\".\"main\".\"{}\"", id.replace('.', "_"))),
        code: Span::new(&file, 0..text.len()),
        file,
        unrendered_config: config.clone(),
        description: String::new(),
        columns: Default::default(),
        meta: JsonMap::new(),
        tags: NodeConfig::new(config.clone()).tags(),
        doc_blocks: Vec::new(),
        config: NodeConfig::new(config),
        patch_path: None,
        patch_span: None,
        refs,
        sources,
        metrics: Vec::new(),
        functions: Vec::new(),
        depends_on: DependsOn::default(),
        checksum: "abc".to_string(),
        docs: object(json!({"show": true, "node_color": null})).into(),
        group: None,
        created_at: 0.0,
        kind,
    }
}

/// `ref('x')` and `source('a', 'b')` as they stand in the text.
fn calls(file: &Arc<SourceFile>) -> (Vec<RefCall>, Vec<SourceCall>) {
    let arguments = |function: &str| -> Vec<(String, Span)> {
        let opening = format!("{function}(");
        let starts = file.text.match_indices(&opening).map(|(at, _)| at + opening.len());
        starts
            .map(|start| {
                let end = start + file.text[start..].find(')').expect("a call is closed");
                (file.text[start..end].to_string(), Span::new(file, start..end))
            })
            .collect()
    };
    let unquoted = |text: &str| text.trim().trim_matches('\'').to_string();
    let refs = arguments("ref").into_iter().map(|(name, span)| RefCall {
        package: None,
        name: unquoted(&name),
        version: None,
        span: Some(span),
    });
    let sources = arguments("source").into_iter().map(|(both, span)| {
        let (source, table) = both.split_once(',').expect("a source has two parts");
        SourceCall { source: unquoted(source), table: unquoted(table), span: Some(span) }
    });
    (refs.collect(), sources.collect())
}

/// A problem as plain text, one line a fact.
pub fn told(problem: &Diagnostic) -> String {
    let severity = if problem.is_error() { "error" } else { "warning" };
    let mut lines = vec![format!("{severity}[{}]: {}", problem.code, problem.message)];
    for label in &problem.labels {
        lines.push(format!(" --> {} {:?} {}", label.span, label.span.text(), label.text).trim_end().to_string());
    }
    lines.extend(problem.notes.iter().map(|note| format!("note: {note}")));
    lines.extend(problem.help.iter().map(|help| format!("help: {help}")));
    lines.join("\n")
}
