//! The language room from outside: what a text refers to, what it renders to, and where its errors point.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use chrono::DateTime;
use tamis::adapter::{
    Adapter, AdapterError, Answer, Cell, Connection, LoadRequest, Session, Statement, Table, Warehouse,
};
use tamis::event::EventSender;
use tamis::jinja::{CaptureRequest, Captured, Engine, NameKind, RunScope};
use tamis::manifest::{Json, JsonMap, Manifest};
use tamis::project::yaml::{Yaml, YamlFile, YamlKind};
use tamis::project::{Flags, Invocation, Package, PackageFile, PackageFiles, Project, Target};
use tamis::relation::{AdapterKind, Column, Relation, SchemaName};
use tamis::source::{SourceFile, Span};

/// A project that has only macros.
fn project(macros: &[(&str, &str)]) -> Project {
    let file = |path: &str, text: &str| PackageFile {
        file: SourceFile::in_memory(path, text),
        path: path.to_string(),
        original_file_path: path.to_string(),
    };
    let empty = SourceFile::in_memory("dbt_project.yml", "");
    let vars = serde_json::json!({"vars": {"limit": 100}});
    let package = Package {
        name: "shop".to_string(),
        root: PathBuf::new(),
        yaml: YamlFile { file: empty, root: Yaml { start: 0, end: 0, kind: YamlKind::Null }, warnings: Vec::new() },
        config: vars.as_object().cloned().unwrap_or_default(),
        files: PackageFiles {
            macros: macros.iter().map(|(path, text)| file(path, text)).collect(),
            ..PackageFiles::default()
        },
    };
    let invocation = Invocation {
        id: "00000000-0000-4000-8000-000000000000".to_string(),
        started_at: DateTime::from_timestamp(1_700_000_000, 0).expect("a time"),
        command: "run".to_string(),
        flags: Flags::default(),
        args: JsonMap::new(),
    };
    let context = serde_json::json!({"name": "dev", "schema": "main"});
    Project {
        root: PathBuf::new(),
        packages: vec![package],
        target: Target {
            profile_name: "shop".to_string(),
            name: "dev".to_string(),
            kind: AdapterKind::DuckDb,
            database: "shop".to_string(),
            schema: "main".to_string(),
            threads: 1,
            settings: JsonMap::new(),
            context: context.as_object().cloned().unwrap_or_default(),
        },
        cli_vars: JsonMap::new(),
        invocation: Arc::new(invocation),
        dispatch: Vec::new(),
        selectors: None,
        target_path: PathBuf::new(),
    }
}

fn engine(macros: &[(&str, &str)]) -> (Project, Arc<Engine>) {
    let project = project(macros);
    let (engine, problems) = Engine::new(&project);
    assert!(problems.is_empty(), "{problems:#?}");
    (project, engine)
}

fn capture(macros: &[(&str, &str)], text: &str) -> Result<Captured, String> {
    let (project, engine) = engine(macros);
    let file = SourceFile::in_memory("models/a.sql", text);
    let (model, config) = (JsonMap::new(), JsonMap::new());
    let request = CaptureRequest {
        code: &Span::new(&file, 0..text.len()),
        package: "shop",
        vars: &project.vars_for("shop"),
        model: &model,
        config: &config,
        is_model: true,
    };
    engine.capture(&request).map_err(|problem| picture(&problem))
}

fn picture(problem: &tamis::diagnostic::Diagnostic) -> String {
    let places: Vec<String> =
        problem.labels.iter().map(|label| format!("{} `{}`", label.span, label.span.text())).collect();
    let trace: Vec<String> =
        problem.trace.iter().map(|call| format!("\n  in macro {} at {}", call.name, call.span)).collect();
    let help = problem.help.as_ref().map_or(String::new(), |help| format!("\nhelp: {help}"));
    format!("error[{}]: {}\n --> {}{}{help}", problem.code, problem.message, places.join(", "), trace.concat())
}

/// Answers every query with one row, and remembers what was asked.
struct OneRow {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Adapter for OneRow {
    fn kind(&self) -> AdapterKind {
        AdapterKind::DuckDb
    }

    fn connect(&self) -> Result<Box<dyn Connection>, AdapterError> {
        Ok(Box::new(OneRowConnection { asked: Arc::clone(&self.asked) }))
    }

    fn cancel(&self) {}
}

struct OneRowConnection {
    asked: Arc<Mutex<Vec<String>>>,
}

impl Connection for OneRowConnection {
    fn execute(&mut self, statement: &Statement<'_>) -> Result<Answer, AdapterError> {
        self.asked.lock().expect("no test panicked").push(statement.sql.trim().to_string());
        let table = Table {
            columns: vec!["id".to_string(), "name".to_string()],
            types: vec!["BIGINT".to_string(), "VARCHAR".to_string()],
            rows: vec![vec![Cell::Int(7), Cell::Text("x".to_string())]],
        };
        Ok(Answer { table, ..Answer::default() })
    }

    fn schemas(&mut self, _: Option<&str>) -> Result<Vec<String>, AdapterError> {
        Ok(Vec::new())
    }

    fn relations(&mut self, _: &SchemaName) -> Result<Vec<Relation>, AdapterError> {
        Ok(Vec::new())
    }

    fn columns(&mut self, _: &Relation) -> Result<Vec<Column>, AdapterError> {
        Ok(Vec::new())
    }

    fn load(&mut self, _: &LoadRequest) -> Result<Answer, AdapterError> {
        Ok(Answer::default())
    }
}

fn render(macros: &[(&str, &str)], text: &str) -> Result<String, String> {
    let (project, engine) = engine(macros);
    let file = SourceFile::in_memory("models/a.sql", text);
    let warehouse = Warehouse::new(Arc::new(OneRow { asked: Arc::default() }));
    let scope = RunScope {
        project: Arc::new(project),
        manifest: Arc::new(Manifest { project_name: "shop".to_string(), ..Manifest::default() }),
        session: Session::new(warehouse, EventSender::silent()),
        events: EventSender::silent(),
        node: None,
        source: None,
        package: "shop".to_string(),
        code: Span::new(&file, 0..text.len()),
        compiled: None,
        seed_loader: None,
        replacements: Arc::default(),
        deferral: Arc::default(),
        overrides: None,
        called_macros: Arc::default(),
        selected: Arc::default(),
        results: None,
    };
    engine.compile(&scope).map(|rendered| rendered.text).map_err(|problem| picture(&problem))
}

#[test]
fn macros_call_each_other_and_return_typed_values() {
    let macros = [
        (
            "macros/a.sql",
            "{% macro six() %}{{ return(6) }}{% endmacro %}{% macro up(x) %}{{ shout(x) }}!{% endmacro %}",
        ),
        ("macros/b.sql", "{% macro shout(x) %}{{ x | upper }}{% endmacro %}"),
        (
            "macros/c.sql",
            "{% macro fact(n) %}{% if n <= 1 %}{{ return(1) }}{% endif %}{{ return(n * fact(n - 1)) }}{% endmacro %}",
        ),
    ];
    assert_eq!(
        render(&macros, "{{ six() + 1 }} {{ up('a') }} {{ fact(5) }} {{ shop.up(x='b') }}").as_deref(),
        Ok("7 A! 120 B!")
    );
}

#[test]
fn call_blocks_varargs_and_kwargs_work_as_in_jinja2() {
    let macros = [(
        "macros/a.sql",
        "{% macro wrap(tag) %}<{{ tag }}>{{ caller() }}</{{ tag }}>{% endmacro %}
         {%- macro all(first) %}{{ first }}|{{ varargs }}|{{ kwargs }}{% endmacro %}",
    )];
    assert_eq!(render(&macros, "{% call wrap('b') %}x{{ 1 + 1 }}{% endcall %}").as_deref(), Ok("<b>x2</b>"));
    assert_eq!(render(&macros, "{{ all(1, 2, three=3) }}").as_deref(), Ok("1|[2]|{'three': 3}"));
}

#[test]
fn every_line_end_is_read_as_one() {
    let macros = [("m", "{% macro\r\n two(x) %}\r\n{{ x }}\r\n2{% endmacro %}")];
    let text = "{% if\r\n true %}a\r\nb\rc{% endif %}{{ \"d\r\ne\" }}{{ two(\r\n[1\r\n]) }}";
    assert_eq!(render(&macros, text).as_deref(), Ok("a\nb\ncd\ne\n[1]\n2"));
}

#[test]
fn a_turn_of_a_loop_can_change_the_condition_of_the_next() {
    let text =
        "{% set seen = [] %}{% for x in [1, 2, 1] if x not in seen %}{% do seen.append(x) %}{{ x }} {% endfor %}";
    assert_eq!(render(&[], text).as_deref(), Ok("1 2 "));
    assert_eq!(render(&[], "{% for x in [1, 2] if x > 1 %}{{ loop.length }}{% endfor %}").as_deref(), Ok("1"));
}

#[test]
fn macros_are_compared_as_objects() {
    let macros = [
        ("one", "{% macro one() %}1{% endmacro %}"),
        ("all", "{% macro all() %}{{ return([shop.one]) }}{% endmacro %}"),
    ];
    let by_name = "{{ one == one }} {{ one in [one] }} {% set a = shop.one %}{{ a == a }} {{ [a] == [a] }}";
    assert_eq!(render(&macros, by_name).as_deref(), Ok("True True True True"));
    let by_package = "{{ shop.one == shop.one }} {{ one == shop.one }} {{ shop.one in shop.all() }}";
    assert_eq!(render(&macros, by_package).as_deref(), Ok("False False False"));
}

#[test]
fn a_loop_over_letters_knows_the_last_one() {
    let text = "{% for x in 'aé' + 'b' %}{{ x }}{{ ',' if not loop.last }}{% endfor %}";
    assert_eq!(render(&[], text).as_deref(), Ok("a,é,b"));
    assert_eq!(render(&[], "{% for x in nothing %}{{ loop.last }}{% endfor %}").as_deref(), Ok(""));
    assert_eq!(
        render(&[], "{% for k, v in {'a': 1}.items() %}{{ k }}{{ v }}{{ loop.last }}{% endfor %}").as_deref(),
        Ok("a1True")
    );
}

#[test]
fn lists_and_dicts_can_be_changed() {
    let text = "{% set xs = ['a'] %}{% do xs.append('b') %}{% set d = {} %}{% do d.update({'k': xs}) %}{{ xs | join('-') }} {{ d }} {{ d.k[-1] }}";
    assert_eq!(render(&[], text).as_deref(), Ok("a-b {'k': ['a', 'b']} b"));
}

#[test]
fn built_in_macros_are_found_and_a_project_may_override_them() {
    assert_eq!(render(&[], "{{ dbt.type_string() }}").map(|text| text.trim().to_lowercase()).as_deref(), Ok("text"));
    let macros = [(
        "macros/a.sql",
        "{% macro default__type_string() %}mine{% endmacro %}{% macro duckdb__type_string() %}ours{% endmacro %}",
    )];
    assert_eq!(render(&macros, "{{ dbt.type_string() }}").as_deref(), Ok("ours"));
}

#[test]
fn run_query_gives_a_table() {
    let text = "{% set t = run_query('select 1') %}{{ t.columns[0].values() }} {{ t.rows[0].values() }} {{ t.rows[0].keys() }} {{ t.rows[0]['name'] }} {% for row in t %}{{ row[0] }}{% endfor %} {{ t.rename({'id': 'n'}).column_names }} {{ t.rename(['a', 'b']).rows[0].b }}";
    assert_eq!(render(&[], text).as_deref(), Ok("(7,) (7, 'x') ('id', 'name') x 7 ('n', 'name') x"));
}

#[test]
fn dates_know_time_zones() {
    let text = "{{ run_started_at.strftime('%Y-%m-%d %H:%M') }} {{ run_started_at.astimezone(modules.pytz.timezone('America/Los_Angeles')) }}";
    assert_eq!(render(&[], text).as_deref(), Ok("2023-11-14 22:13 2023-11-14 14:13:20-08:00"));
}

#[test]
fn references_inside_macros_are_captured() {
    let macros = [("macros/a.sql", "{% macro from_orders(x) %}{{ ref(x) }}{{ config(tags=['t']) }}{% endmacro %}")];
    let captured = capture(&macros, "select * from {{ from_orders('orders') }}, {{ source('raw', 'items') }}")
        .expect("it renders");
    assert_eq!(captured.refs[0].name, "orders");
    assert_eq!(captured.sources[0].span.as_ref().map(|span| span.text()), Some("source('raw', 'items')"));
    assert_eq!(captured.configs[0]["tags"], serde_json::json!(["t"]));
    assert_eq!(captured.macros.iter().map(|id| id.to_string()).collect::<Vec<_>>(), ["macro.shop.from_orders"]);
}

#[test]
fn errors_point_into_the_file_they_were_made_in() {
    let macros = [(
        "macros/a.sql",
        "{% macro outer(x) %}\n  {{ inner(x) }}\n{% endmacro %}\n{% macro inner(x) %}{{ x.nope() }}{% endmacro %}",
    )];
    insta::assert_snapshot!(render(&macros, "select\n  {{ outer('a') }}").expect_err("inner is wrong"), @r"
    error[unknown-method]: string has no method named nope
     --> macros/a.sql:4:25 `.nope()`
      in macro outer at models/a.sql:2:6
      in macro inner at macros/a.sql:2:6
    ");
    insta::assert_snapshot!(render(&[], "select {{ undefined_thing() }}").expect_err("nothing defines it"), @r"
    error[undefined]: `undefined_thing` is not defined
     --> models/a.sql:1:11 `undefined_thing()`
    help: check the spelling; a macro of a package must be written `package.macro`, and its package be installed
    ");
    insta::assert_snapshot!(render(&[], "select {{ undefined_thing.part }}").expect_err("nothing defines it"), @r"
    error[undefined]: `undefined_thing.part` is not defined
     --> models/a.sql:1:11 `undefined_thing.part`
    help: check the spelling; a macro of a package must be written `package.macro`, and its package be installed
    ");
    insta::assert_snapshot!(render(&[], "select {% if %}").expect_err("not Jinja"), @r"
    error[jinja-syntax]: this is not valid Jinja: unexpected end of block
     --> models/a.sql:1:14 `%}`
    ");
    insta::assert_snapshot!(render(&[], "{{ exceptions.raise_compiler_error('no good') }}").expect_err("it is raised"), @r"
    error[compiler-error]: no good
     --> models/a.sql:1:14 `.raise_compiler_error('no good')`
    ");
}

#[test]
fn what_is_undefined_prints_nothing_and_counts_as_nothing() {
    let text = "[{{ nothing }}{{ model.nothing }}{{ 'a' if false }}{{ 'b' ~ nothing }}{{ nothing | length }}\
                {{ nothing | default('c') }}{{ nothing is defined }}{% for x in nothing %}x{% endfor %}{{ 'd' in nothing }}]";
    insta::assert_snapshot!(render(&[], text).expect("dbt prints these"), @"[b0cFalseFalse]");
}

#[test]
fn naming_macros_follow_the_project() {
    let (_, engine) = engine(&[]);
    let node = JsonMap::from_iter([("name".to_string(), Json::from("orders"))]);
    assert_eq!(engine.generate_name(NameKind::Schema, Some("core"), &node, "shop").as_deref(), Ok("main_core"));
    assert_eq!(engine.generate_name(NameKind::Alias, None, &node, "shop").as_deref(), Ok("orders"));
    let own = [(
        "macros/n.sql",
        "{% macro generate_schema_name(custom, node) %} {{ custom or target.schema }} {% endmacro %}",
    )];
    let (_, engine) = self::engine(&own);
    assert_eq!(engine.generate_name(NameKind::Schema, Some("core"), &node, "shop").as_deref(), Ok("core"));
}

#[test]
fn endless_recursion_is_an_error() {
    let macros = [("macros/a.sql", "{% macro again() %}{{ again() }}{% endmacro %}")];
    assert!(render(&macros, "{{ again() }}").is_err());
}

#[test]
fn packages_look_at_the_project_through_ref() {
    let text = "{% set c = builtins.ref.config %}{{ c.project_name }} {{ c.dependencies['shop'].project_name }} \
                {{ c.args.some_behavior_flag is false }} {{ c.vars }}";
    insta::assert_snapshot!(render(&[], text).expect("dbt renders this"), @"shop shop False {'limit': 100}");
}

#[test]
fn filters_and_methods_are_pythons() {
    let text = "{{ 'hello world foo bar' | truncate(9) }} {{ 'a b' | wordcount }} {{ 'abc' | center(7) }}| {{ '<b>x</b>' | striptags }}
{{ [{'a': 1, 'b': 2}] | groupby('a') }} {{ {'b': '<', 'a': 2} | tojson }} {{ '5.7' | int }} {{ '0x1f' | int(base=16) }}
{% set part = [1, 2, 3][:2] %}{% do part.append(9) %}{{ part }} {{ 'abc'[:2] }} {% set s = [2, 1] | sort %}{% do s.append(3) %}{{ s }}
{% do part.append(4) if 'x' in 'xyz' and +1 %}{{ part | join('-') }} {{ 'Ab Cd'.istitle() }} {{ 'a\tb'.expandtabs(4) }} {{ dict([('k', 1)], l=2) }}";
    insta::assert_snapshot!(render(&[], text).expect("Jinja2 renders these"), @r#"
    hello... 2   abc  | x
    [(1, [{'a': 1, 'b': 2}])] {"a": 2, "b": "\u003c"} 5 31
    [1, 2, 9] ab [1, 2, 3]
    1-2-9-4 True a   b {'k': 1, 'l': 2}
    "#);
}

#[test]
fn what_is_handed_over_undefined_takes_no_default() {
    let macros = [(
        "macros/a.sql",
        "{% macro shown(a, b='default') %}<{{ a }}|{{ b }}|{{ b is defined }}|{{ b | default('none given') }}>{% endmacro %}",
    )];
    assert_eq!(
        render(&macros, "{% set d = {} %}{{ shown(1) }}{{ shown(1, d.gone) }}{{ shown(1, b=d['gone']) }}"),
        Ok("<1|default|True|default><1||False|none given><1||False|none given>".to_string())
    );
}

#[test]
fn a_block_at_the_end_of_a_yaml_text_keeps_its_line_end() {
    assert_eq!(
        render(&[], "{{ fromyaml('a: |\n  x\n\n') }} {{ fromyaml('a: |\n  x') }}"),
        Ok(r"{'a': 'x\n'} {'a': 'x'}".to_string())
    );
}

#[test]
fn two_thousand_operands_are_one_expression() {
    let chain = |first: &str, link: &str| render(&[], &format!("{{{{ {first}{} }}}}", link.repeat(1_998)));
    assert_eq!(chain("1", " + 1"), Ok("1999".to_string()));
    assert_eq!(chain("1", " - 1"), Ok("-1997".to_string()));
    assert_eq!(chain("'a'", " ~ 1").map(|text| text.len()), Ok(1_999));
    assert_eq!(chain("'a'", " + 'b'").map(|text| text.len()), Ok(1_999));
    assert_eq!(chain("4", " // 1"), Ok("4".to_string()));
    assert_eq!(chain("1", " * 1"), Ok("1".to_string()));
    assert_eq!(chain("true", " and true"), Ok("True".to_string()));
    assert_eq!(chain("false", " or false"), Ok("False".to_string()));
    let lists = render(&[], &format!("{{{{ []{} }}}}", " + [1]".repeat(1_500)));
    assert_eq!(lists.map(|text| text.matches('1').count()), Ok(1_500));
    assert_eq!(render(&[], &format!("{{{{ {}1 }}}}", "1 + ".repeat(20_000))), Ok("20001".to_string()));
}

#[test]
fn an_error_in_a_long_chain_is_told_as_in_a_short_one() {
    let sum = |count: usize| render(&[], &format!("{{{{ 1{} + [] }}}}", " + 1".repeat(count))).unwrap_err();
    let without_place = |text: String| text.lines().next().unwrap_or_default().to_string();
    assert_eq!(without_place(sum(1)), without_place(sum(100)));
}
