//! Jobs: what is sent, and what happens when the way there or back is bad.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::time::Duration;

use insta::assert_snapshot;
use tamis::adapter::{Cell, Disposition, ErrorKind, LoadRequest, LoadSource};

use super::*;

/// A body as it was sent, its id left out.
fn body(fake: &Fake) -> String {
    let mut body = fake.request("POST /bigquery/v2/projects/shop/jobs").json();
    assert!(body["jobReference"]["jobId"].as_str().is_some_and(|id| id.starts_with("tamis_")));
    body["jobReference"]["jobId"] = "JOB".into();
    serde_json::to_string_pretty(&body).expect("JSON")
}

fn capped() -> Value {
    json!({"maximum_bytes_billed": 1_000_000, "job_execution_timeout_seconds": 300, "priority": "batch", "reservation": "projects/r"})
}

#[test]
fn a_query_carries_caps_labels_timeout_and_location() {
    let fake = Fake::start();
    fake.finishes_jobs(json!({"statementType": "CREATE_VIEW", "totalBytesProcessed": "0"}));
    let answer = execute(&mut *fake.connection(capped()), "create view v as select 1").expect("done");
    assert_eq!(answer.response.message, "CREATE VIEW (0 processed)");
    assert_eq!(answer.response.location.as_deref(), Some("EU"));
    assert_snapshot!(body(&fake), @r#"
    {
      "configuration": {
        "dryRun": false,
        "jobTimeoutMs": "300000",
        "query": {
          "maximumBytesBilled": "1000000",
          "priority": "BATCH",
          "query": "create view v as select 1",
          "useLegacySql": false
        },
        "labels": {
          "dbt_invocation_id": "11111111-2222-4333-8444-555555555555"
        },
        "reservation": "projects/r"
      },
      "jobReference": {
        "jobId": "JOB",
        "location": "EU",
        "projectId": "shop"
      }
    }
    "#);
}

#[test]
fn a_node_overrides_the_caps_of_the_target() {
    let fake = Fake::start();
    fake.finishes_jobs(json!({}));
    let context = JobContext {
        labels: BTreeMap::from([("Team Name".to_string(), "A/B".to_string())]),
        maximum_bytes_billed: Some(7),
        timeout_seconds: Some(5),
        priority: Some("interactive".into()),
        reservation: Some("projects/own".into()),
        ..context()
    };
    run(&mut *fake.connection(capped()), "select 1", Fetch::Nothing, &context).expect("done");
    let sent = fake.request("/jobs").json()["configuration"].clone();
    assert_eq!((&sent["jobTimeoutMs"], &sent["reservation"]), (&json!("5000"), &json!("projects/own")));
    assert_eq!(
        (&sent["query"]["maximumBytesBilled"], &sent["query"]["priority"]),
        (&json!("7"), &json!("INTERACTIVE"))
    );
    assert_eq!(sent["labels"]["team_name"], "a_b");
}

fn load_request(from: LoadSource) -> LoadRequest {
    let partition_by = json!({"field": "crime_date", "data_type": "date", "granularity": "month"});
    LoadRequest {
        into: relation("crimes"),
        from,
        columns: vec![column("dr_no", "INT64"), column("crime_date", "DATE"), column("area", "STRING")],
        disposition: Disposition::Replace,
        partition_by: partition_by.as_object().cloned(),
        cluster_by: vec!["area".into()],
        labels: BTreeMap::new(),
        description: None,
        together_with: Vec::new(),
        job: context(),
    }
}

#[test]
fn a_load_from_the_bucket_carries_schema_partition_cluster_and_caps() {
    let fake = Fake::start();
    fake.finishes_jobs(json!({}));
    let request = LoadRequest {
        labels: BTreeMap::from([("team".into(), "data".into())]),
        ..load_request(LoadSource::Parquet(vec!["gs://lake/a.parquet".into()]))
    };
    fake.always("GET", "/tables/crimes", Reply::json(200, json!({"etag": "e", "labels": {"team": "data"}})));
    fake.connection(capped()).load(&request).expect("loaded");
    assert_snapshot!(body(&fake), @r#"
    {
      "configuration": {
        "jobTimeoutMs": "300000",
        "load": {
          "autodetect": false,
          "clustering": {
            "fields": [
              "area"
            ]
          },
          "createDisposition": "CREATE_IF_NEEDED",
          "destinationTable": {
            "datasetId": "core",
            "projectId": "shop",
            "tableId": "crimes"
          },
          "sourceFormat": "PARQUET",
          "sourceUris": [
            "gs://lake/a.parquet"
          ],
          "writeDisposition": "WRITE_TRUNCATE",
          "schema": {
            "fields": [
              {
                "name": "dr_no",
                "mode": "NULLABLE",
                "type": "INT64"
              },
              {
                "name": "crime_date",
                "mode": "NULLABLE",
                "type": "DATE"
              },
              {
                "name": "area",
                "mode": "NULLABLE",
                "type": "STRING"
              }
            ]
          },
          "parquetOptions": {
            "enableListInference": true
          },
          "timePartitioning": {
            "type": "MONTH",
            "field": "crime_date"
          },
          "destinationTableProperties": {
            "labels": {
              "team": "data"
            }
          }
        },
        "labels": {
          "dbt_invocation_id": "11111111-2222-4333-8444-555555555555"
        },
        "reservation": "projects/r"
      },
      "jobReference": {
        "jobId": "JOB",
        "location": "EU",
        "projectId": "shop"
      }
    }
    "#);
}

#[test]
fn a_copy_carries_labels_and_timeout_too() {
    let fake = Fake::start();
    fake.finishes_jobs(json!({}));
    let mut connection = fake.connection(capped());
    connection.copy(&[relation("tmp$202401")], &relation("crimes$202401"), &context(), false).expect("copied");
    let sent = fake.request("/jobs").json()["configuration"].clone();
    assert_eq!((&sent["jobTimeoutMs"], &sent["reservation"]), (&json!("300000"), &json!("projects/r")));
    assert_eq!(sent["labels"]["dbt_invocation_id"], "11111111-2222-4333-8444-555555555555");
    assert_eq!(sent["copy"]["writeDisposition"], "WRITE_TRUNCATE");
    assert_eq!(sent["copy"]["destinationTable"]["tableId"], "crimes$202401");
    assert_eq!(sent["copy"]["sourceTables"][0]["tableId"], "tmp$202401");
}

#[test]
fn a_local_csv_is_uploaded_with_its_job_in_one_request() {
    let fake = Fake::start();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("seed.csv");
    std::fs::write(&path, "dr_no,crime_date,area\n1,2020-01-01,Central\n").expect("written");
    fake.once("POST", "/upload/bigquery/v2/projects/shop/jobs", Reply::json(200, job("DONE", json!({}))));
    let request = LoadRequest {
        partition_by: None,
        cluster_by: Vec::new(),
        ..load_request(LoadSource::Csv { path, delimiter: ';' })
    };
    fake.connection(json!({})).load(&request).expect("loaded");
    let sent = fake.request("/upload/");
    assert_eq!(sent.parameter("uploadType"), Some("multipart"));
    let text = String::from_utf8_lossy(&sent.body).into_owned();
    assert!(text.contains("1,2020-01-01,Central"), "{text}");
    for part in [
        r#""fieldDelimiter":";""#,
        r#""skipLeadingRows":1"#,
        r#""allowQuotedNewlines":true"#,
        r#""dbt_invocation_id""#,
        r#""jobTimeoutMs":"86400000""#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

#[test]
fn several_local_files_meet_in_a_table_of_their_own_first() {
    let fake = Fake::start();
    let folder = tempfile::tempdir().expect("a folder");
    let paths: Vec<_> = ["a", "b"].iter().map(|name| folder.path().join(name)).collect();
    paths.iter().for_each(|path| std::fs::write(path, path.display().to_string()).expect("written"));
    fake.always("POST", "/upload/", Reply::json(200, job("DONE", json!({}))));
    fake.finishes_jobs(json!({}));
    fake.always("DELETE", "/tables/crimes__load_", Reply::text(204, ""));
    let files = paths.iter().map(|path| path.display().to_string()).collect();
    fake.connection(json!({})).load(&load_request(LoadSource::Parquet(files))).expect("loaded");
    let lines: Vec<_> =
        fake.lines().into_iter().map(|line| line.split("__load_").next().unwrap_or_default().to_string()).collect();
    assert_eq!(lines, ["POST /upload/jobs", "POST /upload/jobs", "POST /jobs", "DELETE /datasets/core/tables/crimes"]);
    let uploads: Vec<_> = fake
        .requests()
        .iter()
        .take(2)
        .map(|sent| String::from_utf8_lossy(&sent.body).contains("WRITE_TRUNCATE"))
        .collect();
    assert_eq!(uploads, [true, false]);
    assert_eq!(fake.request("POST /bigquery").json()["configuration"]["copy"]["destinationTable"]["tableId"], "crimes");
}

#[test]
fn statements_of_a_load_run_after_it_as_one_script_and_their_failure_says_so() {
    let fake = Fake::start();
    fake.once("POST", "/jobs", Reply::json(200, job("DONE", json!({}))));
    fake.once("POST", "/jobs", Reply::json(200, failed("invalidQuery", "no such column at [1:1]", json!({}))));
    let mut request = load_request(LoadSource::Parquet(vec!["gs://lake/a".into()]));
    request.together_with = vec!["insert into l values (1);".into(), "delete from m".into()];
    let error = fake.connection(json!({})).load(&request).expect_err("the script failed");
    assert_snapshot!(told(&error), @"Database: `shop`.`core`.`crimes` was loaded, but the statements after the load failed: no such column at [1:1]");
    let script = fake.requests()[1].json()["configuration"]["query"]["query"].clone();
    assert_eq!(script, "insert into l values (1);\ndelete from m;");
}

#[test]
fn the_same_statement_gets_the_same_id_in_every_run_and_its_own_when_it_runs_twice() {
    let ids = |times: usize| {
        let fake = Fake::start();
        fake.finishes_jobs(json!({}));
        let mut connection = fake.connection(json!({}));
        (0..times).for_each(|_| drop(execute(&mut *connection, "insert into t values (1)").expect("done")));
        fake.requests().iter().map(|sent| sent.json()["jobReference"]["jobId"].to_string()).collect::<Vec<_>>()
    };
    let twice = ids(2);
    assert_eq!(ids(1)[0], twice[0]);
    assert_ne!(twice[0], twice[1]);
}

#[test]
fn a_lost_answer_is_asked_for_again_under_the_same_id_and_attached_to() {
    let fake = Fake::start();
    fake.once("POST", "/jobs", Reply::lost());
    fake.respond("POST", "/jobs", |request| {
        let id = request.json()["jobReference"]["jobId"].as_str().unwrap_or_default().to_string();
        Reply::error(409, "duplicate", &format!("Already Exists: Job shop:asia-east1.{id}"))
    });
    let merge = json!({"statementType": "MERGE", "numDmlAffectedRows": "3"});
    fake.once("GET", "/jobs/tamis_", Reply::json(200, job("DONE", merge)));
    let answer = execute(&mut *fake.connection(json!({"location": null})), "merge into t …").expect("attached");
    assert_eq!(answer.response.rows_affected, Some(3));
    assert_eq!(fake.lines(), ["POST /jobs", "POST /jobs", "GET /jobs/JOB"]);
    let requests = fake.requests();
    assert_eq!(requests[0].json()["jobReference"]["jobId"], requests[1].json()["jobReference"]["jobId"]);
    assert_eq!(requests[2].parameter("location"), Some("asia-east1"));
}

#[test]
fn a_lost_answer_without_retries_is_settled_by_a_look() {
    let fake = Fake::start();
    fake.once("POST", "/jobs", Reply::lost());
    fake.once("GET", "/jobs/tamis_", Reply::json(200, job("DONE", json!({"statementType": "INSERT"}))));
    let mut connection = fake.connection(json!({"job_retries": 0}));
    execute(&mut *connection, "insert into t values (1)").expect("the job was there");

    fake.once("POST", "/jobs", Reply::lost());
    fake.once("GET", "/jobs/tamis_", Reply::error(404, "notFound", "Not found: Job"));
    let error = execute(&mut *connection, "insert into t values (2)").expect_err("the job was never there");
    assert_eq!(error.kind, ErrorKind::Connection, "{error}");
}

#[test]
fn a_page_of_html_is_a_502_and_tried_again() {
    let fake = Fake::start();
    fake.once("POST", "/jobs", Reply::text(502, "<html><body>Bad Gateway</body></html>"));
    fake.finishes_jobs(json!({}));
    execute(&mut *fake.connection(json!({})), "select 1").expect("the second try");
    assert_eq!(fake.clock.waits().len(), 1);

    let fake = Fake::start();
    fake.always("POST", "/jobs", Reply::text(502, "<html><body>Bad Gateway</body></html>"));
    fake.always("GET", "/jobs/", Reply::error(404, "notFound", "Not found: Job"));
    let error = execute(&mut *fake.connection(json!({})), "select 1").expect_err("never well");
    assert_snapshot!(told(&error), @"Transient: HTTP 502: Bad Gateway");
    assert_eq!(fake.lines(), ["POST /jobs", "POST /jobs", "GET /jobs/JOB"]);
}

#[test]
fn a_server_that_asks_to_wait_is_waited_for() {
    let fake = Fake::start();
    fake.once("POST", "/jobs", Reply::error(429, "rateLimitExceeded", "slow down").header("retry-after", "17"));
    fake.finishes_jobs(json!({}));
    execute(&mut *fake.connection(json!({})), "select 1").expect("the second try");
    assert!(fake.clock.waits()[0] >= Duration::from_secs(17), "{:?}", fake.clock.waits());
}

#[test]
fn what_cannot_pass_by_itself_is_not_tried_again() {
    let fake = Fake::start();
    fake.always(
        "POST",
        "/jobs",
        Reply::error(
            403,
            "accessDenied",
            "Access Denied: Project shop: User does not have bigquery.jobs.create permission in project shop.",
        ),
    );
    let error = execute(&mut *fake.connection(json!({})), "select 1").expect_err("denied");
    assert_snapshot!(told(&error), @"
    Denied: Access Denied: Project shop: User does not have bigquery.jobs.create permission in project shop.
    help: grant a role with `bigquery.jobs.create` to the account that this target uses
    ");
    assert_eq!(fake.lines(), ["POST /jobs"]);
}

#[test]
fn a_slow_job_is_polled_where_it_runs() {
    let fake = Fake::start();
    let mut inserted = job("RUNNING", json!({}));
    inserted["jobReference"]["location"] = "asia-east1".into();
    fake.once("POST", "/jobs", Reply::json(200, inserted));
    fake.once("GET", "/queries/", Reply::json(200, json!({"jobComplete": false})));
    fake.once("GET", "/queries/", Reply::error(503, "backendError", "later"));
    fake.once("GET", "/jobs/", Reply::json(200, job("RUNNING", json!({}))));
    fake.once("GET", "/queries/", Reply::json(200, json!({"jobComplete": true, "totalRows": "2"})));
    fake.once("GET", "/jobs/", Reply::json(200, job("DONE", json!({"statementType": "SELECT"}))));
    let answer = execute(&mut *fake.connection(json!({"location": null})), "select 1").expect("done in the end");
    assert_eq!(answer.response.message, "SELECT (2.0 rows)");
    assert_eq!(
        fake.lines(),
        ["POST /jobs", "GET /queries/JOB", "GET /queries/JOB", "GET /jobs/JOB", "GET /queries/JOB", "GET /jobs/JOB"]
    );
    let locations: Vec<_> =
        fake.requests().iter().skip(1).map(|sent| sent.parameter("location").map(str::to_string)).collect();
    assert!(locations.iter().all(|location| location.as_deref() == Some("asia-east1")), "{locations:?}");
}

#[test]
fn loads_and_copies_are_polled_by_their_job() {
    let fake = Fake::start();
    fake.once("POST", "/jobs", Reply::json(200, job("PENDING", json!({}))));
    fake.once("GET", "/jobs/", Reply::json(200, job("RUNNING", json!({}))));
    fake.once("GET", "/jobs/", Reply::json(200, job("DONE", json!({}))));
    fake.connection(json!({})).copy(&[relation("a")], &relation("b"), &context(), true).expect("copied");
    assert_eq!(fake.lines(), ["POST /jobs", "GET /jobs/JOB", "GET /jobs/JOB"]);
}

#[test]
fn a_job_past_its_time_is_cancelled_where_it_runs_and_that_is_confirmed() {
    let fake = Fake::start();
    fake.once("POST", "/jobs", Reply::json(200, job("RUNNING", json!({}))));
    let clock = std::sync::Arc::clone(&fake.clock);
    fake.respond("GET", "/queries/", move |_| {
        clock.advance(Duration::from_secs(10));
        Reply::json(200, json!({"jobComplete": false}))
    });
    fake.once("POST", "/cancel", Reply::json(200, json!({})));
    fake.once("GET", "/jobs/", Reply::json(200, job("RUNNING", json!({}))));
    fake.once("GET", "/jobs/", Reply::json(200, failed("stopped", "Job execution was cancelled", json!({}))));
    let error =
        execute(&mut *fake.connection(json!({"job_execution_timeout_seconds": 20})), "select 1").expect_err("too slow");
    assert_snapshot!(told(&error), @"
    Database: the job ran longer than 20 s and was cancelled
    help: raise `job_execution_timeout_seconds` of the target, or make the statement cheaper
    ");
    assert_eq!(fake.request("/cancel").parameter("location"), Some("EU"));
}

#[test]
fn cancelling_stops_every_running_job_and_later_ones_run() {
    let fake = Fake::start();
    let (polled, first_poll) = mpsc::channel();
    fake.once("POST", "/jobs", Reply::json(200, job("RUNNING", json!({}))));
    fake.respond("GET", "/queries/", move |_| {
        let _ = polled.send(());
        Reply::json(200, json!({"jobComplete": false}))
    });
    fake.always("POST", "/cancel", Reply::json(200, json!({})));
    fake.always("GET", "/jobs/", Reply::json(200, failed("stopped", "Job execution was cancelled", json!({}))));
    let adapter = fake.adapter(json!({}));
    let mut connection = adapter.connect().expect("a connection");
    let worker = std::thread::spawn(move || (execute(&mut *connection, "select 1"), connection));
    first_poll.recv().expect("the job is being waited for");
    adapter.cancel();
    let (ended, mut connection) = worker.join().expect("no panic");
    assert_snapshot!(told(&ended.expect_err("cancelled")), @"Cancelled: the job was cancelled");
    assert!(fake.lines().contains(&"POST /jobs/JOB/cancel".to_string()));

    fake.finishes_jobs(json!({}));
    execute(&mut *connection, "select 2").expect("later jobs run");
}

#[test]
fn a_job_that_failed_for_a_moment_runs_again_under_a_new_id() {
    let fake = Fake::start();
    fake.once(
        "POST",
        "/jobs",
        Reply::json(200, failed("jobBackendError", "try again", json!({"statementType": "MERGE"}))),
    );
    fake.finishes_jobs(json!({"statementType": "MERGE"}));
    execute(&mut *fake.connection(json!({})), "merge into t …").expect("the second job");
    let ids: Vec<_> = fake.requests().iter().map(|sent| sent.json()["jobReference"]["jobId"].to_string()).collect();
    assert_eq!(ids.len(), 2);
    assert_ne!(ids[0], ids[1]);
}

#[test]
fn a_script_that_changed_something_is_not_run_again() {
    let fake = Fake::start();
    let script = json!({"statementType": "SCRIPT"});
    fake.once("POST", "/jobs", Reply::json(200, failed("internalError", "an internal error", script)));
    let mut child = job("DONE", json!({"statementType": "MERGE"}));
    child["statistics"]["startTime"] = "1".into();
    let select = job("DONE", json!({"statementType": "SELECT"}));
    fake.once("GET", "/jobs", Reply::json(200, json!({"jobs": [select, child]})));
    let error = execute(&mut *fake.connection(json!({})), "merge into t …; select 1").expect_err("not again");
    assert_snapshot!(told(&error), @"
    Transient: an internal error
    help: the script had already done: MERGE; it was not run again
    ");
    assert_eq!(fake.lines(), ["POST /jobs", "GET /jobs"]);
    assert_eq!(fake.requests()[1].parameter("parentJobId"), Some("tamis_x"));
}

#[test]
fn a_script_that_changed_nothing_is_run_again() {
    let fake = Fake::start();
    fake.once(
        "POST",
        "/jobs",
        Reply::json(200, failed("internalError", "an internal error", json!({"statementType": "SCRIPT"}))),
    );
    fake.once(
        "GET",
        "/jobs",
        Reply::json(200, json!({"jobs": [failed("internalError", "it", json!({"statementType": "MERGE"}))]})),
    );
    fake.finishes_jobs(json!({"statementType": "SCRIPT"}));
    let answer = execute(&mut *fake.connection(json!({})), "select 1; merge into t …").expect("the second job");
    assert_eq!(answer.response.message, "SCRIPT");
}

#[test]
fn rows_come_page_by_page_until_there_are_enough() {
    let fake = Fake::start();
    fake.finishes_jobs(json!({"statementType": "SELECT"}));
    let page = |from: u32, token: Value| {
        let rows: Vec<_> = (from..from + 2).map(|n| json!({"f": [{"v": n.to_string()}]})).collect();
        json!({"jobComplete": true, "totalRows": "6", "schema": {"fields": [{"name": "n", "type": "INTEGER"}]}, "rows": rows, "pageToken": token})
    };
    fake.once("GET", "/queries/", Reply::json(200, page(1, json!("second"))));
    fake.once("GET", "/queries/", Reply::json(200, page(3, json!("third"))));
    let answer =
        run(&mut *fake.connection(json!({})), "select n", Fetch::Rows { limit: Some(3) }, &context()).expect("rows");
    assert_eq!(answer.table.rows, [[Cell::Int(1)], [Cell::Int(2)], [Cell::Int(3)]]);
    assert_eq!((answer.table.types, answer.response.rows_affected), (vec!["INT64".to_string()], Some(6)));
    let asked: Vec<_> = fake
        .requests()
        .iter()
        .skip(1)
        .map(|sent| (sent.parameter("maxResults").map(str::to_string), sent.parameter("pageToken").map(str::to_string)))
        .collect();
    assert_eq!(asked, [(Some("3".into()), None), (Some("1".into()), Some("second".into()))]);
    assert_eq!(fake.requests()[1].parameter("formatOptions.useInt64Timestamp"), Some("true"));
}

#[test]
fn a_new_tables_rows_are_counted_and_a_failed_count_is_no_failure() {
    let fake = Fake::start();
    let target = json!({"projectId": "shop", "datasetId": "core", "tableId": "t"});
    fake.finishes_jobs(
        json!({"statementType": "CREATE_TABLE_AS_SELECT", "ddlTargetTable": target, "totalBytesProcessed": "2048"}),
    );
    fake.once("GET", "/datasets/core/tables/t", Reply::json(200, json!({"numRows": "12345"})));
    fake.once("GET", "/datasets/core/tables/t", Reply::error(403, "accessDenied", "no"));
    let mut connection = fake.connection(json!({}));
    let mut message = || execute(&mut *connection, "create table t as select 1").expect("made").response.message;
    assert_eq!(message(), "CREATE TABLE (12.3k rows, 2.0 KiB processed)");
    assert_eq!(message(), "CREATE TABLE (2.0 KiB processed)");
}

#[test]
fn errors_of_a_query_point_into_it() {
    let fake = Fake::start();
    fake.once("POST", "/jobs", Reply::json(200, failed("invalidQuery", "Unrecognized name: nope at [2:3]", json!({}))));
    fake.once(
        "POST",
        "/jobs",
        Reply::json(200, failed("bytesBilledLimitExceeded", "Query exceeded limit for bytes billed: 1.", json!({}))),
    );
    fake.once(
        "POST",
        "/jobs",
        Reply::error(404, "notFound", "Not found: Dataset shop:nope was not found in location EU"),
    );
    let mut connection = fake.connection(json!({}));
    let error = execute(&mut *connection, "select 1,\n  nope").expect_err("refused");
    assert_eq!((error.kind, error.offset), (ErrorKind::Database, Some(12)));
    assert_snapshot!(told(&execute(&mut *connection, "select 1").expect_err("refused")), @"
    Database: Query exceeded limit for bytes billed: 1.
    help: read less (partition filters, fewer columns), or raise `maximum_bytes_billed`
    ");
    assert_snapshot!(told(&execute(&mut *connection, "select 2").expect_err("refused")), @"
    NotFound: Not found: Dataset shop:nope was not found in location EU
    help: check the name, and that `location` of the target is where the dataset is
    ");
}
