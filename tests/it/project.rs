//! Reading projects: what is understood, and how each mistake is told.
#![allow(clippy::unwrap_used)] // a fixture that cannot be made is a test that failed

use std::fs;
use std::path::Path;
use std::sync::Arc;

use insta::assert_snapshot;
use tamis::diagnostic::{Diagnostic, Severity};
use tamis::manifest::{Json, JsonMap};
use tamis::project::{Flags, Invocation, LoadOptions, Project, YamlRenderer, YamlScope};

/// A project on disk, from nothing but the files a test names.
pub struct Fixture {
    dir: tempfile::TempDir,
    options: LoadOptions,
}

const PROFILES: &str = "shop:\n  target: dev\n  outputs:\n    dev: {type: duckdb, path: shop.duckdb}\n";

/// An empty folder.
pub fn nothing() -> Fixture {
    let dir = tempfile::tempdir().unwrap();
    let options = LoadOptions::new(dir.path());
    Fixture { dir, options }
}

/// The smallest project that loads.
pub fn shop() -> Fixture {
    nothing().file("dbt_project.yml", "name: shop\nprofile: shop\n").file("profiles.yml", PROFILES)
}

impl Fixture {
    pub fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        let path = self.dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub fn with(mut self, change: impl FnOnce(&mut LoadOptions)) -> Self {
        change(&mut self.options);
        self
    }

    fn variable(self, name: &str, value: &str) -> Self {
        self.with(|options| drop(options.environment.insert(name.to_string(), value.to_string())))
    }

    pub fn load(&self) -> Result<(Project, Vec<Diagnostic>), Vec<Diagnostic>> {
        let invocation = Invocation {
            id: "0".to_string(),
            started_at: chrono::DateTime::UNIX_EPOCH,
            command: "parse".to_string(),
            flags: Flags::default(),
            args: JsonMap::new(),
        };
        let environment = self.options.environment.clone().into_iter().collect();
        Project::load(&self.options, &Renderer { environment }, Arc::new(invocation))
    }

    pub fn project(&self) -> Project {
        self.load().unwrap_or_else(|problems| panic!("{}", self.pictures(&problems))).0
    }

    /// Everything that was said, warnings too.
    pub fn told(&self) -> String {
        match self.load() {
            Ok((_, warnings)) => self.pictures(&warnings),
            Err(problems) => self.pictures(&problems),
        }
    }

    pub fn pictures(&self, problems: &[Diagnostic]) -> String {
        let pictures: Vec<String> = problems.iter().map(picture).collect();
        let here = self.dir.path().to_string_lossy();
        let text = pictures.join("\n").replace(&*here, "<dir>");
        // macOS has its temporary folders behind a link.
        text.replace("/private<dir>", "<dir>")
    }
}

/// `error[code]: message`, then its places, notes and help.
fn picture(problem: &Diagnostic) -> String {
    let severity = match problem.severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let mut text = format!("{severity}[{}]: {}", problem.code, problem.message);
    for label in &problem.labels {
        let first = label.span.text().lines().next().unwrap_or_default();
        text.push_str(&format!("\n  --> {} `{first}` {}", label.span, label.text));
    }
    for note in &problem.notes {
        text.push_str(&format!("\n  note: {note}"));
    }
    if let Some(help) = &problem.help {
        text.push_str(&format!("\n  help: {help}"));
    }
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Enough Jinja for project files.
struct Renderer {
    environment: std::collections::BTreeMap<String, String>,
}

impl YamlRenderer for Renderer {
    fn render(&self, text: &str, scope: &YamlScope<'_>) -> Result<Json, String> {
        let mut jinja = minijinja::Environment::new();
        jinja.set_debug(true);
        jinja.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        let (environment, may_read_secrets) = (self.environment.clone(), scope.may_read_secrets);
        jinja.add_function("env_var", move |name: String, default: Option<String>| {
            let refuse = |why: String| minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, why);
            if name.starts_with("DBT_ENV_SECRET") && !may_read_secrets {
                return Err(refuse(format!("`{name}` is a secret")));
            }
            let value = environment.get(&name).cloned().or(default);
            value.ok_or_else(|| refuse(format!("env var `{name}` is not set")))
        });
        let vars = scope.vars.clone();
        jinja.add_function("var", move |name: String, default: Option<minijinja::Value>| {
            vars.get(&name)
                .map(|value| minijinja::Value::from(minijinja::value::Serde(value)))
                .or(default)
                .unwrap_or_default()
        });
        let context = minijinja::context! { target => minijinja::value::Serde(scope.target) };
        let told = |error: minijinja::Error| error.detail().map_or_else(|| error.to_string(), str::to_string);
        match text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}")) {
            Some(expression) if !expression.contains("{{") => {
                let value = jinja.compile_expression(expression).map_err(told)?.eval(context).map_err(told)?;
                serde_json::to_value(value).map_err(|error| error.to_string())
            }
            _ => jinja.render_str(text, context).map(Json::from).map_err(told),
        }
    }
}

fn names(files: &[tamis::project::PackageFile]) -> String {
    files.iter().map(|file| file.original_file_path.as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_smallest_project_loads_without_a_word() {
    let shop = shop();
    let (project, warnings) = shop.load().unwrap();
    assert_eq!(shop.pictures(&warnings), "");
    assert_eq!(project.name(), "shop");
    assert_eq!(project.target.database, "shop");
    assert_eq!(project.target.schema, "main");
    assert_eq!(project.target.threads, 1);
    assert_eq!(project.target_path, shop.dir.path().join("target"));
}

#[test]
fn files_are_found_by_their_folders_and_endings() {
    let shop = shop()
        .file("models/staging/stg_orders.sql", "select 1")
        .file("models/staging/schema.yml", "version: 2")
        .file("models/py.py", "def model(dbt, session): pass")
        .file("models/notes.md", "{% docs x %}y{% enddocs %}")
        .file("models/readme.txt", "")
        .file("macros/cents.sql", "")
        .file("macros/macros.yaml", "version: 2")
        .file("seeds/raw/codes.csv", "a,b\n")
        .file("tests/no_orders.sql", "select 1")
        .file("tests/generic/is_even.sql", "")
        .file("tests/fixtures/orders.csv", "a\n")
        .file("tests/fixtures/orders.sql", "select 1")
        .file("analyses/look.sql", "select 1")
        .file("snapshots/orders.sql", "")
        .file("functions/half.sql", "select 1")
        .file(".dbtignore", "*_old.sql\n")
        .file("models/stg_old.sql", "select 1");
    let project = shop.project();
    let files = &project.packages[0].files;
    assert_eq!(names(&files.models), "models/py.py models/staging/stg_orders.sql");
    assert_eq!(files.models[1].path, "staging/stg_orders.sql");
    assert_eq!(names(&files.macros), "macros/cents.sql tests/generic/is_even.sql");
    assert_eq!(names(&files.tests), "tests/no_orders.sql");
    assert_eq!(names(&files.fixtures), "tests/fixtures/orders.csv tests/fixtures/orders.sql");
    assert_eq!(names(&files.docs), "models/notes.md");
    assert_eq!(names(&files.analyses), "analyses/look.sql");
    assert_eq!(names(&files.snapshots), "snapshots/orders.sql");
    assert_eq!(names(&files.functions), "functions/half.sql");
    assert_eq!(files.seeds[0].original_file_path, "seeds/raw/codes.csv");
    let properties: Vec<&str> = files.properties.iter().map(|file| file.original_file_path.as_str()).collect();
    assert_eq!(properties, ["macros/macros.yaml", "models/staging/schema.yml"]);
}

#[test]
fn the_project_is_found_from_a_folder_inside_it() {
    let shop = shop().file("models/a.sql", "select 1");
    let inside = shop.dir.path().join("models");
    let shop = shop.with(|options| options.working_dir = inside);
    assert_eq!(shop.project().root, shop.dir.path());
}

#[test]
fn values_are_rendered_but_hooks_and_vars_are_not() {
    let text = "name: shop\nprofile: \"{{ env_var('PROFILE', 'shop') }}\"\n\
        models:\n  +enabled: \"{{ target.name == 'dev' }}\"\n  +post-hook: \"grant to {{ this }}\"\n\
        on-run-start: \"{{ log('hello') }}\"\nvars: {a: \"{{ b }}\"}\nseeds:\n";
    let config = shop().file("dbt_project.yml", text).project().packages[0].config.clone();
    assert_eq!(config["models"].to_string(), r#"{"+enabled":true,"+post-hook":"grant to {{ this }}"}"#);
    assert_eq!(config["on-run-start"].to_string(), r#"["{{ log('hello') }}"]"#);
    assert_eq!(config["on-run-end"].to_string(), "[]");
    assert_eq!(config["vars"].to_string(), r#"{"a":"{{ b }}"}"#);
    assert_eq!(config["seeds"].to_string(), "{}");
    assert_eq!(config["model-paths"].to_string(), r#"["models"]"#);
}

#[test]
fn vars_of_the_call_win_then_those_for_a_package_then_global_ones_then_the_package_s_own() {
    let shop = shop()
        .file(
            "dbt_project.yml",
            "name: shop\nprofile: shop\nvars:\n  a: root\n  b: root\n  c: root\n  tools: {b: scoped, c: scoped}\n",
        )
        .file("dbt_packages/tools/dbt_project.yml", "name: tools\nvars: {a: own, d: own, tools: {e: own scoped}}\n")
        .with(|options| options.vars = JsonMap::from_iter([("c".to_string(), Json::from("called"))]));
    let project = shop.project();
    let tools = project.vars_for("tools");
    let seen = ["a", "b", "c", "d", "e"].map(|name| tools[name].as_str().unwrap().to_string());
    assert_eq!(seen.join(", "), "root, scoped, called, own, own scoped");
    let root = project.vars_for("shop");
    assert_eq!(["a", "b", "c"].map(|name| root[name].as_str().unwrap()).join(", "), "root, root, called");
    assert!(!root.contains_key("d"));
}

#[test]
fn vars_may_be_kept_in_a_file_of_their_own_but_not_in_both() {
    let shop = shop().file("vars.yml", "vars:\n  a: 1\n");
    assert_eq!(shop.project().vars_for("shop")["a"], Json::from(1));
    let shop = shop.file("dbt_project.yml", "name: shop\nprofile: shop\nvars: {b: 2}\n");
    assert_snapshot!(shop.told(), @"
    error[conflicting-keys]: vars are defined in both dbt_project.yml and vars.yml
      --> dbt_project.yml:3:7 `{b: 2}` here
      --> vars.yml:2:3 `a: 1` and here
      help: move them all into one of the two
    ");
}

#[test]
fn target_shows_dbt_s_connection_keys_and_no_secrets() {
    let shop = shop().file(
        "profiles.yml",
        "shop:\n  target: prod\n  outputs:\n    prod:\n      type: bigquery\n      method: oauth-secrets\n      project: acme\n      dataset: core\n      threads: \"{{ env_var('THREADS') }}\"\n      token: \"{{ env_var('DBT_ENV_SECRET_TOKEN') }}\"\n      retries: 3\n",
    );
    let shop = shop.variable("THREADS", "8").variable("DBT_ENV_SECRET_TOKEN", "hush");
    let target = shop.project().target;
    assert_eq!((target.threads, target.database.as_str(), target.schema.as_str()), (8, "acme", "core"));
    assert_eq!(target.settings["token"], Json::from("hush"));
    assert_snapshot!(serde_json::to_string_pretty(&target.context).unwrap(), @r#"
    {
      "method": "oauth-secrets",
      "database": "acme",
      "execution_project": "acme",
      "schema": "core",
      "location": null,
      "priority": null,
      "maximum_bytes_billed": null,
      "reservation": null,
      "impersonate_service_account": null,
      "job_retry_deadline_seconds": null,
      "job_retries": 3,
      "job_creation_timeout_seconds": null,
      "job_execution_timeout_seconds": null,
      "job_link_info_level_log": false,
      "client_id": null,
      "token_uri": null,
      "compute_region": null,
      "dataproc_cluster_name": null,
      "gcs_bucket": null,
      "dataproc_batch": null,
      "project": "acme",
      "dataset": "core",
      "retries": 3,
      "timeout_seconds": null,
      "dataproc_region": null,
      "type": "bigquery",
      "threads": 8,
      "name": "prod",
      "target_name": "prod",
      "profile_name": "shop"
    }
    "#);
}

#[test]
fn local_packages_need_no_installation_and_bring_their_own() {
    let shop = shop()
        .file("packages.yml", "packages:\n  - local: tools\n")
        .file("tools/dbt_project.yml", "name: tools\n")
        .file("tools/packages.yml", "packages:\n  - local: ../more\n")
        .file("tools/macros/a.sql", "")
        .file("more/dbt_project.yml", "name: more\n")
        .file("dbt_packages/tools/dbt_project.yml", "name: tools\n");
    let project = shop.project();
    let found: Vec<&str> = project.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(found, ["shop", "tools", "more"]);
    let file = &project.packages[1].files.macros[0];
    assert_eq!((file.file.path.as_str(), file.original_file_path.as_str()), ("tools/macros/a.sql", "macros/a.sql"));
}

#[test]
fn flags_choose_target_threads_and_folders() {
    let profiles = "shop:\n  outputs:\n    default: {type: duckdb}\n    big: {type: duckdb, schema: s, threads: 4}\n";
    let shop =
        shop().file("profiles.yml", profiles).file("dbt_project.yml", "name: shop\nprofile: shop\ntarget-path: out\n");
    assert_eq!((shop.project().target.name.as_str(), shop.project().target.database.as_str()), ("default", "memory"));
    assert_eq!(shop.project().target_path, shop.dir.path().join("out"));
    let shop = shop.variable("DBT_TARGET_PATH", "elsewhere").with(|options| options.target = Some("big".to_string()));
    assert_eq!(shop.project().target.threads, 4);
    assert_eq!(shop.project().target_path, shop.dir.path().join("elsewhere"));
    let shop = shop.with(|options| options.threads = Some(2));
    assert_eq!(shop.project().target.threads, 2);
}

#[test]
fn profiles_are_looked_for_where_dbt_looks() {
    let home = nothing().file(".dbt/profiles.yml", PROFILES);
    let shop = nothing().file("dbt_project.yml", "name: shop\nprofile: shop\n");
    let shop = shop.variable("HOME", &home.dir.path().to_string_lossy());
    assert_eq!(shop.project().target.name, "dev");
    let other = PROFILES.replace("dev", "ci");
    let shop = shop.file("ci/profiles.yml", &other).variable("DBT_PROFILES_DIR", "ci");
    assert_eq!(shop.project().target.name, "ci");
    let shop = shop.with(|options| options.profiles_dir = Some("nowhere".into()));
    assert_snapshot!(shop.told(), @"
    error[no-profiles]: there is no `profiles.yml` in `<dir>/nowhere`
      help: correct the folder named by `--profiles-dir`
    ");
}

#[test]
fn a_missing_project_is_told_with_what_to_do() {
    assert_snapshot!(nothing().told(), @"
    error[no-project]: there is no `dbt_project.yml` in `<dir>`, nor in any folder above
      help: go to a project, name one with `--project-dir`, or start one with `tamis init`
    ");
    assert_snapshot!(shop().with(|options| options.project_dir = Some("shopp".into())).told(), @"
    error[no-project]: there is no `dbt_project.yml` in `<dir>/shopp`
      help: correct the folder named by `--project-dir`
    ");
    assert_snapshot!(nothing().variable("DBT_PROJECT_DIR", "x").told(), @"
    error[no-project]: there is no `dbt_project.yml` in `<dir>/x`
      help: correct the folder named by `DBT_PROJECT_DIR`
    ");
}

#[test]
fn a_broken_dbt_project_yml_is_pointed_at() {
    let with = |text: &str| shop().file("dbt_project.yml", text).told();
    assert_snapshot!(with(""), @"
    error[wrong-type]: `dbt_project.yml` must be a map of keys to values
      --> dbt_project.yml:1:1 `` not a map
      help: begin with `name: my_project`; a space belongs behind each colon
    ");
    assert_snapshot!(with("name:shop\n"), @"
    error[wrong-type]: `dbt_project.yml` must be a map of keys to values
      --> dbt_project.yml:1:1 `name:shop` not a map
      help: begin with `name: my_project`; a space belongs behind each colon
    ");
    assert_snapshot!(with("name: shop\n\tprofile: shop\n"), @"
    error[yaml-syntax]: a tab is used for indentation
      --> dbt_project.yml:2:1 `	` YAML allows only spaces here
      help: replace the tab with spaces
    ");
    assert_snapshot!(with("profile: shop\n"), @"
    error[missing-key]: `dbt_project.yml` has no `name`
      --> dbt_project.yml:1:1 ``
      help: add a line `name: my_project`
    ");
    assert_snapshot!(with("name: my-shop 2\nprofile: shop\n"), @"
    error[bad-name]: `my-shop 2` cannot be the name of a project
      --> dbt_project.yml:1:7 `my-shop 2` letters, digits and underscores only, no digit first
      help: write `name: my_shop_2`
    ");
    assert_snapshot!(with("name: config\nprofile: shop\n"), @"
    error[bad-name]: `config` cannot be the name of a project
      --> dbt_project.yml:1:7 `config` a reserved word of Jinja
      help: write `name: config_project`
    ");
    assert_snapshot!(with("name: shop\n"), @"
    error[no-profile]: the project does not say which profile it uses
      --> dbt_project.yml:1:1 ``
      help: add `profile: my_profile` to dbt_project.yml, or use `--profile`
    ");
    assert_snapshot!(with("name: shop\nprofile: shop\nmodel-paths: models\nmodels: [a]\nversion: {}\n"), @r#"
    error[wrong-type]: `model-paths` must be a list of texts
      --> dbt_project.yml:3:14 `models` this is a text
      help: write `model-paths: ["models"]`
    error[wrong-type]: `models` must be a map
      --> dbt_project.yml:4:9 `[a]` this is a list
      help: write `models:` and its keys below it, indented
    error[wrong-type]: `version` must be a version
      --> dbt_project.yml:5:10 `{}` this is a map
      help: write `version: "1.0.0"`
    "#);
    assert_snapshot!(with("name: shop\nprofile: shop\nconfig-version: 1\nrestrict-access: 3\ndispatch: [{macro_namespace: a}]\n"), @"
    error[wrong-type]: `restrict-access` must be true or false
      --> dbt_project.yml:4:18 `3` this is a number
      help: write `restrict-access: true`
    error[wrong-type]: `config-version` must be 2
      --> dbt_project.yml:3:17 `1` this is a number
      help: write `config-version: 2`, or remove the line
    error[wrong-type]: a rule of `dispatch` needs `macro_namespace` and `search_order`
      --> dbt_project.yml:5:12 `{macro_namespace: a}` one of them is missing or of another type
      help: write `{macro_namespace: dbt_utils, search_order: [my_project, dbt_utils]}`
    ");
    assert_snapshot!(with("name: shop\nprofile: shop\nname: shop2\n"), @"
    warning[duplicate-key]: key `name` is given twice; the last one counts
      --> dbt_project.yml:3:1 `name` given again here
      --> dbt_project.yml:1:1 `name` this value is not used
      help: remove one of the two
    ");
    assert_snapshot!(with("name: shop\nprofile: shop\nsource-paths: [m]\n"), @"
    warning[retired-key]: `source-paths` is the old name of `model-paths`
      --> dbt_project.yml:3:1 `source-paths` still read, for now
      help: write `model-paths`
    ");
    assert_snapshot!(with("name: shop\nprofile: shop\ntests: {}\ndata_tests: {}\n"), @"
    error[conflicting-keys]: `tests` and `data_tests` mean the same
      --> dbt_project.yml:3:1 `tests` given here
      --> dbt_project.yml:4:1 `data_tests` and here
      help: keep `data_tests` and move the configs of `tests` into it
    ");
    assert_snapshot!(with("name: shop\nprofile: shop\nmodels: {+enabled: \"{{ nope.x }}\"}\n"), @r#"
    error[yaml-jinja]: cannot render this value: `nope` is undefined
      --> dbt_project.yml:3:20 `"{{ nope.x }}"` the Jinja in this value failed
    "#);
    assert_snapshot!(with("name: shop\nprofile: shop\nmodels: {+schema: {{ target.schema }}}\n"), @r#"
    error[yaml-syntax]: a value that starts with Jinja must be in quotes
      --> dbt_project.yml:3:19 `{{ target.schema }}` YAML reads `{` as the start of a map
      help: put quotes round the whole value: "{{ target.schema }}"
    "#);
    assert_snapshot!(with("name: shop\nprofile: shop\nmodel-paths: [\"modles\"]\n"), @r#"
    warning[missing-folder]: `model-paths` names `modles`, which does not exist
      --> dbt_project.yml:3:15 `"modles"` no such folder
    "#);
}

#[test]
fn another_version_of_dbt_is_refused_unless_nobody_checks() {
    let shop =
        shop().file("dbt_project.yml", "name: shop\nprofile: shop\nrequire-dbt-version: [\">=1.0.0\", \"<1.8.0\"]\n");
    assert_snapshot!(shop.told(), @r#"
    error[wrong-version]: `shop` requires another version of dbt than 1.12.6
      --> dbt_project.yml:3:22 `[">=1.0.0", "<1.8.0"]` dbt 1.12.6 is followed here
      help: widen the range, or run with `--no-version-check`
    "#);
    let shop = shop.with(|options| options.checks_version = false);
    assert_eq!(shop.told(), "");
    let shop = shop.with(|options| options.checks_version = true);
    assert_snapshot!(shop.file("dbt_project.yml", "name: shop\nprofile: shop\nrequire-dbt-version: \">=1.8\"\n").told(), @r#"
    error[wrong-version]: `>=1.8` is not a range of versions
      --> dbt_project.yml:3:22 `">=1.8"` cannot be understood
      help: write a list such as [">=1.3.0", "<3.0.0"]
    "#);
}

#[test]
fn a_broken_profile_is_pointed_at() {
    let with = |text: &str| shop().file("profiles.yml", text).told();
    assert_snapshot!(with(""), @"
    error[no-profile]: there is no profile `shop` in `profiles.yml`
      --> dbt_project.yml:2:10 `shop` named here
      --> profiles.yml:1:1 `` looked for here
      help: add a profile `shop:` with `target` and `outputs`
    ");
    assert_snapshot!(with("shpo:\n  outputs: {}\n"), @"
    error[no-profile]: there is no profile `shop` in `profiles.yml`
      --> dbt_project.yml:2:10 `shop` named here
      --> profiles.yml:1:1 `` looked for here
      help: did you mean `shpo`?
    ");
    assert_snapshot!(with("shop:\n"), @"
    error[no-profile]: profile `shop` is empty
      --> profiles.yml:1:1 `shop` nothing below it
    ");
    assert_snapshot!(with("shop:\n  target: dev\n"), @"
    error[no-target]: profile `shop` has no `outputs`
      --> profiles.yml:1:1 `shop` its targets are missing
      help: add `outputs:` with a target below it, such as `dev: {type: duckdb}`
    ");
    assert_snapshot!(with("shop:\n  target: prd\n  outputs: {dev: {type: duckdb}, prod: {type: duckdb}}\n"), @"
    error[no-target]: profile `shop` has no target `prd`
      --> profiles.yml:2:11 `prd` looked for here
      note: its targets: `dev`, `prod`
      help: did you mean `prod`?
    ");
    assert_snapshot!(with("shop:\n  outputs: {dev: {type: duckdb}}\n"), @"
    error[no-target]: profile `shop` has no target `default`
      --> profiles.yml:1:1 `shop` looked for here
      note: its targets: `dev`
      help: say which one is meant with `target:` in the profile, or with `--target`
    ");
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: {path: x}}\n"), @"
    error[missing-key]: target `dev` has no `type`
      --> profiles.yml:3:18 `{path: x}` which warehouse is it?
      help: add `type: duckdb` or `type: bigquery`
    ");
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: {type: postgres}}\n"), @"
    error[unknown-adapter]: no adapter is named `postgres`
      --> profiles.yml:3:25 `postgres` not a warehouse that can be used
      help: Tamis runs on `duckdb` and `bigquery`; choose such a target with `--target`
    ");
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: {type: duckbd}}\n"), @"
    error[unknown-adapter]: no adapter is named `duckbd`
      --> profiles.yml:3:25 `duckbd` not a warehouse that can be used
      help: did you mean `duckdb`?
    ");
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: {type: duckdb, pth: x, threads: many, extensions: parquet}}\n"), @"
    warning[unknown-key]: unknown key `pth` in target `dev`
      --> profiles.yml:3:33 `pth` not a setting of this warehouse
      help: did you mean `path`?
    error[wrong-type]: `threads` must be a whole number, 0 or more
      --> profiles.yml:3:50 `many` this is a text
    error[wrong-type]: `extensions` must be a list
      --> profiles.yml:3:68 `parquet` this is a text
    ");
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: {type: duckdb, path: a/crimes.duckdb, database: crime}}\n"), @"
    error[conflicting-keys]: `database` is `crime`, but the file `a/crimes.duckdb` is the catalog `crimes`
      --> profiles.yml:3:66 `crime` DuckDB names a catalog after its file
      help: remove `database`, or write `database: crimes`
    ");
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: \"{{ env_var('DEV') }}\"}\n"), @r#"
    error[wrong-type]: target `dev` must be a map of settings
      --> profiles.yml:3:18 `"{{ env_var('DEV') }}"` not a map
      help: begin it with `type: duckdb` or `type: bigquery`
    "#);
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: {type: duckdb, path: \"{{ env_var('CRIMES_DB') }}\"}}\n"), @r#"
    error[yaml-jinja]: cannot render this value: env var `CRIMES_DB` is not set
      --> profiles.yml:3:39 `"{{ env_var('CRIMES_DB') }}"` the Jinja in this value failed
    "#);
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: {type: bigquery}}\n"), @"
    error[missing-key]: target `dev` has no `method`
      --> profiles.yml:3:18 `{type: bigquery}` `method` is missing here
      help: add `method: oauth`, or another way to log in
    error[missing-key]: target `dev` has no `project`
      --> profiles.yml:3:18 `{type: bigquery}` `project` is missing here
      help: add `project: <your Google Cloud project>`, or set GOOGLE_CLOUD_PROJECT
    error[missing-key]: target `dev` has no `dataset`
      --> profiles.yml:3:18 `{type: bigquery}` `dataset` is missing here
      help: add `dataset: <name>`: where models are built
    ");
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: {type: bigquery, method: service-acount, project: p, dataset: d, priority: batched, maximum_bytes_billed: lots}}\n"), @"
    error[wrong-type]: `method` must be one of `oauth`, `oauth-secrets`, `service-account`, `service-account-json`, `external-oauth-wif`
      --> profiles.yml:3:43 `service-acount` none of these
      help: did you mean `service-account`?
    error[wrong-type]: `priority` must be one of `interactive`, `batch`
      --> profiles.yml:3:93 `batched` none of these
      help: did you mean `batch`?
    error[wrong-type]: `maximum_bytes_billed` must be a whole number, 0 or more
      --> profiles.yml:3:124 `lots` this is a text
    ");
    assert_snapshot!(with("shop:\n  target: dev\n  outputs: {dev: {type: bigquery, method: service-account, project: p, dataset: d}}\n"), @"
    error[missing-key]: target `dev` has no `keyfile`
      --> profiles.yml:3:18 `{type: bigquery, method: service-account, project: p, dataset: d}` `keyfile` is missing here
      help: add `keyfile`, which `method: service-account` needs
    ");
}

#[test]
fn packages_that_are_missing_or_named_alike_are_pointed_at() {
    let shop = || shop().file("dbt_packages/dbt_utils/dbt_project.yml", "name: dbt_utils\n");
    let declared = "packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.3.0\n  - git: https://github.com/acme/tools.git\n    revision: main\n";
    assert_snapshot!(shop().file("packages.yml", declared).told(), @"
    error[missing-package]: package `tools` is not installed
      --> packages.yml:4:10 `https://github.com/acme/tools.git` asked for here
      help: run `tamis deps`
    ");
    assert_snapshot!(shop().file("packages.yml", "packages:\n  - local: ../gone\n  - version: 1\n").told(), @"
    error[wrong-type]: a package needs one of `package`, `git`, `local`, `tarball`
      --> packages.yml:3:5 `version: 1` does not say what it is
      help: write `- package: dbt-labs/dbt_utils` with a `version` below it
    error[missing-package]: there is no package at `../gone`
      --> packages.yml:2:12 `../gone` no `dbt_project.yml` there
      help: correct the path; it is taken from the project's folder
    ");
    assert_snapshot!(shop().file("packages.yml", "packages: []\n").file("dependencies.yml", "packages: []\n").told(), @"
    error[conflicting-keys]: packages are listed in both packages.yml and dependencies.yml
      --> packages.yml:1:11 `[]` here
      --> dependencies.yml:1:11 `[]` and here
      help: move them all into one of the two
    ");
    assert_snapshot!(shop().file("dbt_packages/other/dbt_project.yml", "name: dbt_utils\n").told(), @"
    error[duplicate-package]: two packages are named `dbt_utils`
      --> dbt_packages/other/dbt_project.yml:1:7 `dbt_utils` this one
      --> dbt_packages/dbt_utils/dbt_project.yml:1:7 `dbt_utils` and this one
      help: rename one of them, or remove the package that is not used
    ");
    assert_snapshot!(shop().file("dbt_packages/empty/x.sql", "").told(), @"
    error[missing-package]: `dbt_packages/empty` has no `dbt_project.yml`
      help: remove the folder, or run `tamis deps` again
    ");
}

#[test]
fn files_that_cannot_be_read_are_pointed_at() {
    assert_snapshot!(shop().file("models/latin.sql", b"select 'caf\xe9' as name\n").told(), @"
    error[not-utf8]: `models/latin.sql` is not UTF-8 text
      --> models/latin.sql:1:12 `�` the byte 0xe9 cannot stand here
      help: save the file with the encoding UTF-8
    ");
    assert_snapshot!(shop().file("models/a.yml", "models:\n  - name: a\n   description: b\n").file("models/b.yml", "a: [\n").told(), @"
    error[yaml-syntax]: the indentation does not fit the lines above
      --> models/a.yml:3:4 `description: b` 3 spaces; the line above has 2
      help: align the line with its neighbours of the same level
    error[yaml-syntax]: `[` is not closed
      --> models/b.yml:1:4 `[` opened here
      help: close it with `]`
    ");
}

#[cfg(unix)]
#[test]
fn a_link_to_its_own_folder_is_told_and_a_dangling_one_passed_by() {
    let shop = shop().file("models/a.sql", "select 1");
    let models = shop.dir.path().join("models");
    std::os::unix::fs::symlink("gone.sql", models.join(".#a.sql")).unwrap();
    assert_eq!(names(&shop.project().packages[0].files.models), "models/a.sql");
    std::os::unix::fs::symlink(&models, models.join("again")).unwrap();
    assert_snapshot!(shop.told(), @"
    error[symlink-loop]: `models/again` links back to `models`, which it lies in
      --> models/again:1:1 ``
      help: remove the link, or add `models/again/` to .dbtignore
    ");
}

#[test]
fn a_long_way_down_is_refused_and_not_fallen_into() {
    let deep = |text: String| shop().file("models/deep.yml", text).told();
    assert!(Path::new("/").exists());
    assert_snapshot!(deep("- ".repeat(5000)), @"
    error[yaml-syntax]: values are nested deeper than 128 levels
      --> models/deep.yml:1:257 `-` the level that is one too many
      help: nest less deeply
    ");
    assert_snapshot!(deep(format!("meta: {}", "{a: ".repeat(300))), @"
    error[yaml-syntax]: values are nested deeper than 128 levels
      --> models/deep.yml:1:515 `{` the level that is one too many
      help: nest less deeply
    ");
}
