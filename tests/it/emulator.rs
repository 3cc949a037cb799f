//! Against emulators of BigQuery and Cloud Storage: this SQL runs, and gives these rows.
//!
//! `tests/emulator/start.py run -- cargo test` starts both; without them these tests say that they are skipped.
//! Job fields, errors and retries are tested against our own fake in `bigquery`.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{Date32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use insta::assert_snapshot;
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use tamis::adapter::bigquery::BigQuery;
use tamis::adapter::bigquery::storage::{Bucket, Content, Existence, Precondition, Put};
use tamis::adapter::{
    Answer, Connection, Disposition, ErrorKind, Fetch, JobContext, LoadRequest, LoadSource, Statement, Table,
};
use tamis::project::{Invocation, Target};
use tamis::relation::{AdapterKind, Column, Quoting, Relation, SchemaName};

use crate::support::fake_bigquery::invocation;

struct Emulator {
    target: Target,
    invocation: Invocation,
    connection: Box<dyn Connection>,
    dataset: String,
    sequence: u64,
}

impl Emulator {
    /// A dataset of the test's own, or `None` with a word about it when there is no emulator.
    fn start(dataset: &str) -> Option<Self> {
        if std::env::var_os("BIGQUERY_EMULATOR_HOST").is_none() || std::env::var_os("STORAGE_EMULATOR_HOST").is_none() {
            eprintln!("skipped: no BigQuery emulator (tests/emulator/start.py run -- cargo test)");
            return None;
        }
        // The emulator may have been running for other tests: names are new every time.
        let unique = uuid::Uuid::new_v4().simple().to_string();
        let dataset = format!("{dataset}_{}", &unique[..8]);
        let settings = json!({"method": "oauth", "project": "tamis-test", "dataset": dataset, "location": "US"});
        let target = Target {
            profile_name: "test".into(),
            name: "prod".into(),
            kind: AdapterKind::BigQuery,
            database: "tamis-test".into(),
            schema: dataset.clone(),
            threads: 1,
            settings: settings.as_object().cloned().expect("an object"),
            context: Default::default(),
        };
        let invocation = Invocation { id: uuid::Uuid::new_v4().to_string(), ..invocation() };
        let adapter = BigQuery::open(&target, &invocation).expect("an emulator needs no credentials");
        let mut connection = adapter.connect().expect("a connection costs nothing");
        connection.ensure_schema(&schema(&dataset)).expect("the dataset is made");
        Some(Self { target, invocation, connection, dataset, sequence: 0 })
    }

    fn try_run(&mut self, sql: &str) -> Result<Answer, tamis::adapter::AdapterError> {
        let sql = sql.replace("DATASET", &self.dataset);
        let job = self.job();
        self.connection.execute(&Statement { sql: &sql, fetch: Fetch::Rows { limit: None }, job: &job })
    }

    fn run(&mut self, sql: &str) -> Answer {
        self.try_run(sql).unwrap_or_else(|error| panic!("{sql}\n{error}"))
    }

    fn rows(&mut self, sql: &str) -> String {
        text(&self.run(sql).table)
    }

    fn job(&mut self) -> JobContext {
        self.sequence += 1;
        JobContext { sequence: self.sequence, node: Some("model.test.one".into()), ..JobContext::default() }
    }

    fn relation(&self, name: &str) -> Relation {
        Relation::new(Some("tamis-test"), self.dataset.clone(), name, Quoting::ALL, '`')
    }
}

fn schema(dataset: &str) -> SchemaName {
    SchemaName { database: None, schema: dataset.to_string() }
}

fn text(table: &Table) -> String {
    let mut lines = vec![table.columns.join(" | ")];
    lines.extend(table.rows.iter().map(|row| row.iter().map(|cell| cell.text()).collect::<Vec<_>>().join(" | ")));
    lines.join("\n")
}

/// Three crimes in two months, as Parquet.
fn crimes() -> Vec<u8> {
    let schema = Arc::new(Schema::new(vec![
        Field::new("dr_no", DataType::Int64, true),
        Field::new("date_occ", DataType::Date32, true),
        Field::new("area_name", DataType::Utf8, true),
    ]));
    let columns: Vec<arrow_array::ArrayRef> = vec![
        Arc::new(Int64Array::from(vec![1, 2, 3])),
        Arc::new(Date32Array::from(vec![18_262, 18_263, 18_300])),
        Arc::new(StringArray::from(vec![Some("Central"), Some("Hollywood"), None])),
    ];
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns).expect("equal lengths");
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema, None).expect("a writer");
    writer.write(&batch).expect("written");
    writer.close().expect("closed");
    bytes
}

fn column(name: &str, data_type: &str) -> Column {
    Column { name: name.into(), data_type: data_type.into(), is_nullable: true }
}

fn load_request(into: Relation, from: LoadSource, job: JobContext) -> LoadRequest {
    let partition_by = json!({"field": "date_occ", "data_type": "date", "granularity": "month"});
    LoadRequest {
        into,
        from,
        columns: vec![column("dr_no", "INT64"), column("date_occ", "DATE"), column("area_name", "STRING")],
        disposition: Disposition::Replace,
        partition_by: partition_by.as_object().cloned(),
        cluster_by: vec!["area_name".into()],
        labels: BTreeMap::from([("team".to_string(), "data".to_string())]),
        description: Some("Crimes".into()),
        together_with: Vec::new(),
        job,
    }
}

#[test]
fn parquet_goes_through_the_bucket_into_a_partitioned_and_clustered_table() {
    let Some(mut emulator) = Emulator::start("load") else { return };
    let bucket = Bucket::open("gs://tamis-lake", &emulator.target, &emulator.invocation).expect("an emulator");
    let name = format!("{}/part-0.parquet", emulator.dataset);
    let put = bucket.put(&name, Content::Bytes(&crimes()), Precondition::Any).expect("put");
    let Put::Done(object) = put else { panic!("no condition was set") };
    assert_eq!(bucket.list(&format!("{}/", emulator.dataset)).expect("listed"), [object]);

    let from = LoadSource::Parquet(vec![bucket.address(&name)]);
    let job = emulator.job();
    let mut request = load_request(emulator.relation("crimes"), from, job);
    request.together_with =
        vec![format!("create or replace table {}._loads as select 3 as row_count", emulator.dataset)];
    let answer = emulator.connection.load(&request).expect("loaded");
    assert_eq!(answer.response.rows_affected, Some(3));
    assert_snapshot!(emulator.rows("select * from DATASET.crimes order by dr_no"), @"
    dr_no | date_occ | area_name
    1 | 2020-01-01 | Central
    2 | 2020-01-02 | Hollywood
    3 | 2020-02-08 | 
    ");
    assert_snapshot!(emulator.rows("select * from DATASET._loads"), @"
    row_count
    3
    ");

    let relation = emulator.relation("crimes");
    let facts = Value::Object(emulator.connection.describe(&relation).expect("described"));
    assert_eq!(facts["timePartitioning"]["type"], "MONTH");
    assert_eq!(facts["timePartitioning"]["field"], "date_occ");
    assert_eq!(facts["clustering"]["fields"], json!(["area_name"]));
    assert_eq!((&facts["description"], &facts["labels"]["team"]), (&json!("Crimes"), &json!("data")));

    // The same load again, by its next job, replaces the table.
    request.job = emulator.job();
    emulator.connection.load(&request).expect("loaded again");
    assert_snapshot!(emulator.rows("select count(*) as n from DATASET.crimes"), @"
    n
    3
    ");
}

#[test]
fn local_files_are_uploaded_with_their_job() {
    let Some(mut emulator) = Emulator::start("local") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let paths: Vec<_> = ["a.parquet", "b.parquet"].iter().map(|name| folder.path().join(name)).collect();
    paths.iter().for_each(|path| std::fs::write(path, crimes()).expect("written"));
    let files = paths.iter().map(|path| path.display().to_string()).collect();
    let job = emulator.job();
    let request = load_request(emulator.relation("both"), LoadSource::Parquet(files), job);
    let answer = emulator.connection.load(&request).expect("loaded");
    assert_eq!(answer.response.rows_affected, Some(6));
    assert_eq!(emulator.rows("select count(*) as n from DATASET.both"), "n\n6");
    let tables = emulator.connection.relations(&schema(&emulator.dataset)).expect("listed");
    assert_eq!(tables.len(), 1, "nothing is left beside the table: {tables:?}");

    let path = folder.path().join("seed.csv");
    std::fs::write(&path, "dr_no,date_occ,area_name\n1,2020-01-01,\"a,\nb\"\n2,,\n").expect("written");
    let job = emulator.job();
    let mut request = load_request(emulator.relation("seed"), LoadSource::Csv { path, delimiter: ',' }, job);
    request.partition_by = None;
    request.cluster_by = Vec::new();
    emulator.connection.load(&request).expect("loaded");
    assert_snapshot!(emulator.rows("select dr_no, date_occ, replace(area_name, '\\n', '/') as area from DATASET.seed order by 1"), @"
    dr_no | date_occ | area
    1 | 2020-01-01 | a,/b
    2 |  | 
    ");
}

#[test]
fn tables_views_merges_and_tests_run() {
    let Some(mut emulator) = Emulator::start("models") else { return };
    let made = emulator.run(
        "create or replace table DATASET.facts partition by date_trunc(day, month) cluster by area options(description = 'Facts') as \
         select date '2020-01-15' as day, 'Central' as area, 1 as n union all select date '2020-02-01', 'Hollywood', 2",
    );
    assert_eq!(made.response.message, "CREATE TABLE (2.0 rows, 0 processed)");
    let relation = emulator.relation("facts");
    let facts = Value::Object(emulator.connection.describe(&relation).expect("described"));
    assert_eq!(facts["timePartitioning"], json!({"type": "MONTH", "field": "day"}));
    assert_eq!((&facts["clustering"]["fields"], &facts["description"]), (&json!(["area"]), &json!("Facts")));

    let view = emulator.run("create or replace view DATASET.v as select area, n from DATASET.facts");
    assert_eq!(view.response.message, "CREATE VIEW (0 processed)");
    let merge = emulator.run(
        "merge into DATASET.facts as t using (select date '2020-02-01' as day, 'Hollywood' as area, 5 as n \
         union all select date '2020-03-01', 'Topanga', 7) as s on t.area = s.area \
         when matched then update set n = s.n when not matched then insert (day, area, n) values (day, area, n)",
    );
    assert_eq!(merge.response.message, "MERGE (2.0 rows, 0 processed)");
    let rows = emulator.run("select * from DATASET.v order by area");
    assert_eq!(
        (rows.response.message.as_str(), rows.response.rows_affected),
        ("SELECT (3.0 rows, 0 processed)", Some(3))
    );
    assert_snapshot!(text(&rows.table), @"
    area | n
    Central | 1
    Hollywood | 5
    Topanga | 7
    ");
    assert_snapshot!(emulator.rows("select count(*) as failures, count(*) != 0 as should_warn from (select area from DATASET.facts where n is null)"), @"
    failures | should_warn
    0 | false
    ");

    let kinds = emulator.connection.relations(&schema(&emulator.dataset)).expect("listed");
    let kinds: Vec<_> =
        kinds.iter().map(|found| format!("{found} {}", found.kind.map_or("?", |kind| kind.name()))).collect();
    assert_eq!(
        kinds,
        [
            format!("`tamis-test`.`{0}`.`facts` table", emulator.dataset),
            format!("`tamis-test`.`{0}`.`v` view", emulator.dataset)
        ]
    );
    let columns = emulator.connection.columns(&relation).expect("described");
    assert_eq!(columns, [column("day", "DATE"), column("area", "STRING"), column("n", "INT64")]);
    assert_eq!(emulator.connection.relations(&schema("not_there")).expect("an answer"), []);

    let copy = emulator.job();
    let into = emulator.relation("copied");
    emulator.connection.copy(&[relation], &into, &copy, false).expect("copied");
    assert_eq!(emulator.rows("select sum(n) as n from DATASET.copied"), "n\n13");
}

#[test]
fn a_script_answers_with_its_last_statement() {
    let Some(mut emulator) = Emulator::start("script") else { return };
    let answer = emulator.run("create or replace table DATASET.t as select 1 as x; insert into DATASET.t values (2); select * from DATASET.t order by x");
    assert_eq!(answer.response.code.as_deref(), Some("SCRIPT"));
    assert_eq!(text(&answer.table), "x\n1\n2");
}

#[test]
fn descriptions_are_patched_with_an_etag() {
    let Some(mut emulator) = Emulator::start("docs") else { return };
    emulator.run("create table DATASET.t (id int64 options(description = 'kept'), s struct<a string, b string>)");
    let patch = json!({"description": "a table", "schema": {"fields": [{"name": "s", "fields": [{"name": "b", "description": "b's"}]}]}});
    let relation = emulator.relation("t");
    emulator.connection.patch(&relation, patch.as_object().expect("an object")).expect("patched");
    let facts = Value::Object(emulator.connection.describe(&relation).expect("described"));
    assert_eq!(facts["description"], "a table");
    assert_eq!(facts["schema"]["fields"][0]["description"], "kept");
    assert_eq!(facts["schema"]["fields"][1]["fields"][1]["description"], "b's");
}

#[test]
fn errors_point_into_the_sql_and_missing_things_are_told() {
    let Some(mut emulator) = Emulator::start("errors") else { return };
    let error = emulator.try_run("select 1,\n  nope from (select 2 as x)").expect_err("no such column");
    assert_eq!((error.kind, error.offset), (ErrorKind::Database, Some(12)), "{error}");
    let error = emulator.try_run("select * from DATASET.nowhere").expect_err("no such table");
    assert_eq!(error.kind, ErrorKind::NotFound, "{error}");
    let nowhere = emulator.relation("nowhere");
    assert_eq!(emulator.connection.columns(&nowhere).expect_err("no such table").kind, ErrorKind::NotFound);
}

#[test]
fn objects_are_conditional_and_absence_is_an_answer() {
    let Some(emulator) = Emulator::start("lake") else { return };
    let bucket = Bucket::open("tamis-lake", &emulator.target, &emulator.invocation).expect("an emulator");
    let name = format!("{}/_manifest ü.json", emulator.dataset);
    assert_eq!(bucket.exists(&name).expect("asked"), Existence::Absent);
    assert_eq!(bucket.get(&name).expect("asked"), None);
    let Put::Done(first) = bucket.put(&name, Content::Bytes(b"{}"), Precondition::Absent).expect("put") else {
        panic!("there was none")
    };
    assert_eq!(bucket.put(&name, Content::Bytes(b"{1}"), Precondition::Absent).expect("put"), Put::Conflict);
    let next = bucket.put(&name, Content::Bytes(b"{2}"), Precondition::Generation(first.generation)).expect("put");
    assert!(matches!(next, Put::Done(_)));
    assert_eq!(bucket.get(&name).expect("read").as_deref(), Some(b"{2}".as_slice()));
    assert!(bucket.delete(&name, Precondition::Any).expect("removed"));
    assert!(bucket.delete(&name, Precondition::Any).expect("removed twice"));

    let big = vec![7; 20 * 1024 * 1024];
    let Put::Done(object) = bucket.put(&name, Content::Bytes(&big), Precondition::Any).expect("in parts") else {
        panic!("no condition was set")
    };
    assert_eq!(object.size, big.len() as u64);
    assert_eq!(bucket.get(&name).expect("read"), Some(big));

    let elsewhere = Bucket::open("no-such-bucket", &emulator.target, &emulator.invocation).expect("an emulator");
    assert_eq!(elsewhere.list("").expect_err("no bucket").kind, ErrorKind::NotFound);
}
