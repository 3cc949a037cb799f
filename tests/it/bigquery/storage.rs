//! The bucket: uploads that break on the way, conditions, and what absence means.

use std::sync::{Arc, Mutex};

use insta::assert_snapshot;
use tamis::adapter::ErrorKind;
use tamis::adapter::bigquery::storage::{Content, Existence, Precondition, Put};

use super::*;

const MIB: usize = 1024 * 1024;
/// MD5 of `{}`, in base 64.
const MD5: &str = "mZFLkyvTelC5g8XnyQrpOw==";

fn object(generation: i64, md5: &str, size: usize) -> Value {
    json!({"name": "m.json", "generation": generation.to_string(), "size": size.to_string(), "md5Hash": md5})
}

#[test]
fn a_small_object_goes_whole_with_its_checksum_and_condition() {
    let fake = Fake::start();
    fake.once("POST", "/upload/storage/v1/b/lake/o", Reply::json(200, object(7, MD5, 2)));
    let put = fake.bucket().put("raw/m.json", Content::Bytes(b"{}"), Precondition::Generation(6)).expect("put");
    let Put::Done(done) = put else { panic!("the condition held") };
    assert_eq!((done.generation, done.size), (7, 2));
    let sent = fake.request("/upload/");
    assert_eq!((sent.parameter("uploadType"), sent.parameter("ifGenerationMatch")), (Some("multipart"), Some("6")));
    assert_eq!(sent.parameter("name"), Some("raw/m.json"));
    assert!(String::from_utf8_lossy(&sent.body).contains(&format!(r#"{{"name":"raw/m.json","md5Hash":"{MD5}"}}"#)));
}

#[test]
fn a_failed_condition_is_a_conflict_unless_the_object_is_our_own() {
    let fake = Fake::start();
    fake.once("POST", "/upload/", Reply::error(412, "conditionNotMet", "At least one precondition failed"));
    fake.once("GET", "/o/m.json", Reply::json(200, object(7, "other", 2)));
    let bucket = fake.bucket();
    assert_eq!(bucket.put("m.json", Content::Bytes(b"{}"), Precondition::Absent).expect("asked"), Put::Conflict);

    // The first answer is lost, the second try meets the object that the first one wrote.
    fake.once("POST", "/upload/", Reply::lost());
    fake.once("POST", "/upload/", Reply::error(412, "conditionNotMet", "At least one precondition failed"));
    fake.once("GET", "/o/m.json", Reply::json(200, object(8, MD5, 2)));
    let put = bucket.put("m.json", Content::Bytes(b"{}"), Precondition::Absent).expect("asked");
    assert!(matches!(put, Put::Done(done) if done.generation == 8));
}

#[test]
fn an_object_that_arrived_differently_is_an_error() {
    let fake = Fake::start();
    fake.once("POST", "/upload/", Reply::json(200, object(7, "different", 2)));
    let error = fake.bucket().put("m.json", Content::Bytes(b"{}"), Precondition::Any).expect_err("not what was sent");
    assert_snapshot!(told(&error), @"Transient: `gs://lake/m.json` arrived with another checksum than it was sent with");
}

/// A resumable session that keeps half of the first part, breaks, tells how far it got, and takes the rest.
#[test]
fn a_big_object_goes_in_parts_and_goes_on_where_it_broke() {
    let fake = Fake::start();
    let content: Vec<u8> = (0..20 * MIB).map(|index| (index / 1000) as u8).collect();
    let session = format!("{}/session?upload_id=secret-session", fake.address);
    fake.once("POST", "/upload/", Reply::text(200, "").header("location", &session));
    let stored = Arc::new(Mutex::new(Vec::<u8>::new()));
    let (kept, total) = (Arc::clone(&stored), content.len());
    let mut puts = 0;
    fake.respond("PUT", "/session", move |request| {
        puts += 1;
        let mut kept = kept.lock().expect("never poisoned");
        let range = request.header("content-range").unwrap_or_default().to_string();
        let is_question = range.starts_with("bytes */");
        if !is_question {
            let start: usize =
                range["bytes ".len()..].split('-').next().and_then(|start| start.parse().ok()).expect("a range");
            assert_eq!(start, kept.len(), "the next part follows the last");
        }
        match (puts, is_question) {
            (1, false) => {
                kept.extend(&request.body[..4 * MIB]);
                return Reply::error(503, "backendError", "half of it");
            }
            (_, false) => kept.extend(&request.body),
            (_, true) => {}
        }
        match kept.len() == total {
            true => Reply::json(200, json!({"name": "big", "generation": "1", "size": total.to_string()})),
            false => Reply::text(308, "").header("range", &format!("bytes=0-{}", kept.len() - 1)),
        }
    });
    let put = fake.bucket().put("big", Content::Bytes(&content), Precondition::Any).expect("in the end");
    assert!(matches!(put, Put::Done(_)));
    assert!(*stored.lock().expect("never poisoned") == content, "every byte once, in order");
    assert_eq!(fake.request("POST /upload/").header("x-upload-content-length"), Some("20971520"));
}

#[test]
fn a_session_that_is_gone_is_opened_again_and_its_address_is_never_told() {
    let fake = Fake::start();
    let content = vec![1; 9 * MIB];
    let session = format!("{}/session?upload_id=secret-session", fake.address);
    fake.always("POST", "/upload/", Reply::text(200, "").header("location", &session));
    fake.always("PUT", "/session", Reply::text(410, "gone"));
    let error = fake.bucket().put("big", Content::Bytes(&content), Precondition::Any).expect_err("never");
    assert_snapshot!(told(&error), @"Database: cannot write `gs://lake/big`: HTTP 410: gone");
    assert_eq!(fake.lines().iter().filter(|line| line.starts_with("POST")).count(), 3);
}

#[test]
fn absence_is_an_answer_and_a_missing_bucket_or_permission_is_not() {
    let fake = Fake::start();
    fake.once("GET", "/o/", Reply::text(404, "No such object: lake/a"));
    fake.once("GET", "/o/", Reply::error(404, "notFound", "Not Found"));
    fake.once("GET", "/o/", Reply::error(404, "notFound", "The specified bucket does not exist."));
    fake.once(
        "GET",
        "/o/",
        Reply::error(
            403,
            "forbidden",
            "x does not have storage.objects.get access to the Google Cloud Storage object.",
        ),
    );
    let bucket = fake.bucket();
    assert_eq!(bucket.get("a").expect("an answer"), None);
    assert_eq!(bucket.exists("a").expect("an answer"), Existence::Absent);
    assert_snapshot!(told(&bucket.exists("a").expect_err("no bucket")), @"
    NotFound: cannot look at `gs://lake/a`: The specified bucket does not exist.
    help: create the bucket `lake` (terraform/ does), or name another
    ");
    let denied = bucket.exists("a").expect_err("denied");
    assert_snapshot!(told(&denied), @"
    Denied: cannot look at `gs://lake/a`: x does not have storage.objects.get access to the Google Cloud Storage object.
    help: grant a role with `storage.objects.get` to the account that this target uses
    ");
    assert_eq!(denied.kind, ErrorKind::Denied);
}

#[test]
fn objects_are_listed_page_by_page_by_name() {
    let fake = Fake::start();
    let item = |name: &str| json!({"name": name, "size": "1", "generation": "1"});
    fake.once(
        "GET",
        "/b/lake/o",
        Reply::json(200, json!({"items": [item("raw/b"), item("raw/c")], "nextPageToken": "2"})),
    );
    fake.once("GET", "/b/lake/o", Reply::json(200, json!({"items": [item("raw/a")]})));
    let names: Vec<_> = fake.bucket().list("raw/").expect("listed").into_iter().map(|object| object.name).collect();
    assert_eq!(names, ["raw/a", "raw/b", "raw/c"]);
    assert_eq!(fake.requests()[1].parameter("pageToken"), Some("2"));
    assert_eq!(fake.requests()[0].parameter("prefix"), Some("raw/"));
}

#[test]
fn removing_twice_is_fine_and_a_changed_object_stays() {
    let fake = Fake::start();
    fake.once("DELETE", "/o/a%2Fb", Reply::text(204, ""));
    fake.once("DELETE", "/o/a%2Fb", Reply::error(404, "notFound", "No such object: lake/a/b"));
    fake.once("DELETE", "/o/a%2Fb", Reply::error(412, "conditionNotMet", "changed"));
    let bucket = fake.bucket();
    assert!(bucket.delete("a/b", Precondition::Any).expect("removed"));
    assert!(bucket.delete("a/b", Precondition::Any).expect("was not there"));
    assert!(!bucket.delete("a/b", Precondition::Generation(1)).expect("an answer"));
}
