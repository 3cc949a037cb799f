//! The example project: its SQL for both warehouses as pictures, and its rows on both, held against each other.
//!
//! Its statements for BigQuery are rendered without a network. Its rows on BigQuery want the emulator
//! (`dev/test`); without one the last test says that it is skipped.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use insta::{assert_snapshot, with_settings};
use serde_json::Value;
use tempfile::TempDir;

use crate::binary::{Call, Ran, tamis};

/// Each model, and the relations of the project that are not models.
const MODELS: [&str; 7] = [
    "stg_crime",
    "stg_unemp",
    "fact_crimes",
    "crimes_per_hour",
    "crimes_per_month",
    "crimes_per_type",
    "crimes_per_victim_group",
];
const SEEDS: [&str; 2] = ["police_areas", "victim_descents"];

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The project in a folder of its own, on one of its targets.
struct Example {
    folder: TempDir,
    target: &'static str,
    environment: BTreeMap<&'static str, String>,
}

impl Example {
    fn on(target: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy(&repository().join("project"), folder.path());
        Self { folder, target, environment: BTreeMap::new() }
    }

    /// On the emulator, in datasets of its own; `None`, with a word about it, when there is no emulator.
    #[cfg(feature = "bigquery")]
    fn on_emulator() -> Option<Self> {
        let mut example = Self::on("prod");
        for name in ["BIGQUERY_EMULATOR_HOST", "STORAGE_EMULATOR_HOST"] {
            let Ok(host) = std::env::var(name) else {
                eprintln!("skipped: no BigQuery emulator ({name}; dev/test starts one)");
                return None;
            };
            example.environment.insert(name, host);
        }
        let unique = uuid::Uuid::new_v4().simple().to_string();
        example.environment.insert("TF_VAR_dataset", format!("example_{}", &unique[..8]));
        Some(example)
    }

    fn call(&self, arguments: &[&str]) -> Call {
        let arguments = [arguments, &["--target", self.target]].concat();
        let call = tamis(&arguments).within(&self.folder);
        self.environment.iter().fold(call, |call, (name, value)| call.env(name, value))
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        let ran = self.call(arguments).run();
        assert_eq!(ran.code, 0, "{arguments:?} on {}\n{}{}", self.target, ran.stdout, ran.stderr);
        ran
    }

    fn ingest_and_build(&self) -> String {
        self.run(&["ingest"]);
        let told = self.run(&["build"]).stderr;
        told.lines().last().unwrap_or_default().split_once(": ").expect("the summary has counts").1.to_string()
    }

    /// Rows of a query, each as one text, sorted.
    fn rows(&self, sql: &str) -> Vec<String> {
        let ran = self.run(&["--quiet", "show", "--limit", "-1", "--output", "json", "--inline", sql]);
        let shown: Value = serde_json::from_str(&ran.stdout).expect("`--output json` prints JSON");
        let mut rows: Vec<String> = shown["show"].as_array().expect("a list").iter().map(Value::to_string).collect();
        rows.sort();
        rows
    }

    fn count(&self, relation: &str) -> String {
        self.rows(&format!("select count(*) as n from {relation}")).concat()
    }

    /// Files below a folder of `target`, by their names without `.sql`.
    fn sql(&self, below: &str) -> BTreeMap<String, String> {
        let mut files = Vec::new();
        list(&self.folder.path().join("target").join(below).join("la_crimes/models"), &mut files);
        let models = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "sql"));
        models
            .filter(|path| !path.components().any(|part| part.as_os_str().to_string_lossy().ends_with(".yml")))
            .map(|path| {
                let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
                (name, fs::read_to_string(&path).expect("just written"))
            })
            .collect()
    }
}

fn list(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { list(&path, into) } else { into.push(path) }
    }
}

/// What a run leaves behind stays where it is.
fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("the example is there").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let is_made = ["target", "logs", "lake"].iter().any(|made| name == *made);
        if is_made || path.extension().is_some_and(|extension| extension == "duckdb" || extension == "wal") {
            continue;
        }
        let to = to.join(&name);
        if path.is_dir() {
            fs::create_dir_all(&to).expect("a folder");
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).expect("a file");
        }
    }
}

/// Compiled SQL and the statement of a first build, of each model, in `tests/it/snapshots/`.
fn assert_pictures(target: &'static str) {
    let example = Example::on(target);
    example.run(&["compile"]);
    let (compiled, statements) = (example.sql("compiled"), example.sql("run"));
    assert_eq!(compiled.len(), MODELS.len());
    // A file each for data tests too: generic ones below the yml that declares them.
    let mut files = Vec::new();
    list(&example.folder.path().join("target/compiled"), &mut files);
    assert_eq!(files.len(), MODELS.len() + 78);
    for model in MODELS {
        let picture = format!("{}\n\n======== first build ========\n{}", compiled[model], statements[model]);
        with_settings!({prepend_module_to_snapshot => false, omit_expression => true}, {
            assert_snapshot!(format!("example_{target}_{model}"), picture);
        });
    }
}

#[test]
fn every_model_compiles_to_duckdb_sql() {
    assert_pictures("dev");
}

#[test]
fn every_model_compiles_to_bigquery_sql_without_a_network() {
    assert_pictures("prod");
}

#[test]
fn the_sample_becomes_a_tested_warehouse_on_duckdb() {
    let example = Example::on("dev");
    assert_snapshot!(example.ingest_and_build(), @"90 ok, 1 warning, 1 no-op");
    assert_snapshot!(example.count("'lake/crimes/load_id=*/*.parquet'"), @r#"{"n":23490}"#);
    assert_snapshot!(example.count("{{ source('staging', 'crime_victim') }}"), @r#"{"n":18759}"#);
    assert_snapshot!(example.count("{{ source('staging', 'unemp_rate') }}"), @r#"{"n":13}"#);
    assert_snapshot!(example.count("{{ ref('fact_crimes') }}"), @r#"{"n":18759}"#);
    // What people want to know, answered from the marts.
    let hours = "select crime_time, sum(crimes) as crimes from {{ ref('crimes_per_hour') }} group by 1 \
                 order by 2 desc limit 3";
    assert_snapshot!(example.rows(hours).join("\n"), @r#"
    {"crime_time":12,"crimes":1341}
    {"crime_time":17,"crimes":1175}
    {"crime_time":18,"crimes":1222}
    "#);
    let groups = "select victim_sex, victim_descent, sum(crimes) as crimes from {{ ref('crimes_per_victim_group') }} \
                  group by 1, 2 order by 3 desc limit 3";
    assert_snapshot!(example.rows(groups).join("\n"), @r#"
    {"victim_sex":"Female","victim_descent":"White","crimes":3636}
    {"victim_sex":"Male","victim_descent":"Latin","crimes":2590}
    {"victim_sex":"Male","victim_descent":"White","crimes":4575}
    "#);
    let weapons = "select sum(crimes) as crimes, sum(crimes_with_weapon) as with_weapon \
                   from {{ ref('crimes_per_type') }}";
    assert_snapshot!(example.rows(weapons).join("\n"), @r#"{"crimes":18759,"with_weapon":5101}"#);
}

#[test]
fn a_second_run_gives_the_same_and_a_test_run_is_small() {
    let example = Example::on("dev");
    let first = example.ingest_and_build();
    let rows = example.rows("select * from {{ ref('crimes_per_month') }}");
    assert_eq!(example.ingest_and_build(), first);
    assert_eq!(example.rows("select * from {{ ref('crimes_per_month') }}"), rows);

    example.run(&["build", "--vars", "is_test_run: true"]);
    assert_snapshot!(example.count("{{ ref('fact_crimes') }}"), @r#"{"n":100}"#);
}

#[cfg(feature = "bigquery")]
#[test]
fn both_warehouses_hold_the_same_rows() {
    let Some(prod) = Example::on_emulator() else { return };
    let dev = Example::on("dev");
    assert_eq!(prod.ingest_and_build(), dev.ingest_and_build());
    assert_snapshot!(prod.count("{{ source('staging', 'crime_victim') }}"), @r#"{"n":18759}"#);
    assert_snapshot!(prod.count("{{ ref('fact_crimes') }}"), @r#"{"n":18759}"#);
    for model in MODELS.iter().chain(&SEEDS) {
        let all = format!("select * from {{{{ ref('{model}') }}}}");
        let (on_dev, on_prod) = (dev.rows(&all), prod.rows(&all));
        assert_eq!(on_dev.len(), on_prod.len(), "rows of {model}");
        let first = on_dev.iter().zip(&on_prod).find(|(one, other)| one != other);
        assert_eq!(first, None, "first row of {model} that differs");
    }
    assert_snapshot!(layout(&prod, "core", "fact_crimes"), @r#"
    partitioned by {"field":"crime_date","type":"MONTH"}
    clustered by {"fields":["area"]}
    "#);
    assert_snapshot!(layout(&prod, "raw", "crime_victim"), @r#"
    partitioned by {"field":"date_occ","type":"MONTH"}
    clustered by {"fields":["area_name"]}
    "#);
}

/// How BigQuery says over REST that a table is laid out.
#[cfg(feature = "bigquery")]
fn layout(example: &Example, layer: &str, table: &str) -> String {
    let (host, dataset) = (&example.environment["BIGQUERY_EMULATOR_HOST"], &example.environment["TF_VAR_dataset"]);
    let address = format!("{host}/bigquery/v2/projects/tamis-test/datasets/{dataset}_{layer}/tables/{table}");
    let answer = ureq::get(&address).call().expect("the table is there").into_body().read_to_string().expect("text");
    let facts: Value = serde_json::from_str(&answer).expect("JSON");
    format!("partitioned by {}\nclustered by {}", facts["timePartitioning"], facts["clustering"])
}

/// Name and default of each `env_var('TF_VAR_…')` in a file of the project.
fn shared_variables(path: &str) -> BTreeMap<String, String> {
    let text = fs::read_to_string(repository().join(path)).expect("the file is there");
    let calls = text.split("env_var('TF_VAR_").skip(1);
    calls
        .filter_map(|call| {
            let mut texts = call.split('\'');
            Some((texts.next()?.to_string(), texts.nth(1)?.to_string()))
        })
        .collect()
}

#[test]
fn terraform_and_the_profile_share_their_variables() {
    let mut shared = shared_variables("project/profiles.yml");
    shared.extend(shared_variables("project/models/staging/ingest.yml"));
    let variables = fs::read_to_string(repository().join("terraform/variables.tf")).expect("the file is there");
    let job = fs::read_to_string(repository().join("terraform/schedule.tf")).expect("the file is there");
    assert_eq!(shared.keys().collect::<Vec<_>>(), ["bucket", "dataset", "location", "project"]);
    for (name, default) in shared {
        let declared = variables.split("\nvariable \"").find(|block| block.starts_with(&format!("{name}\"")));
        let declared = declared.unwrap_or_else(|| panic!("terraform declares no variable `{name}`"));
        // Names of projects and buckets are one's own: terraform wants them, the profile's default is the emulator's.
        if let Some((_, rest)) = declared.split_once("default     = \"") {
            assert_eq!(rest.split('"').next(), Some(default.as_str()), "default of `{name}`");
        }
        assert!(job.contains(&format!("name  = \"TF_VAR_{name}\"")), "the scheduled job is not told `{name}`");
    }
}
