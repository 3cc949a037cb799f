//! Listings and changes of metadata: absent, refused and concurrent.

use insta::assert_snapshot;
use tamis::adapter::ErrorKind;

use super::*;

#[test]
fn a_refused_listing_is_an_error_and_nothing_else_is_asked() {
    let fake = Fake::start();
    fake.always("GET", "/tables", Reply::error(403, "accessDenied", "Access Denied: Dataset shop:core: Permission bigquery.tables.list denied on dataset shop:core (or it may not exist)."));
    let error = fake.connection(json!({})).relations(&dataset()).expect_err("not an empty list");
    assert_snapshot!(told(&error), @"
    Denied: cannot list the tables of shop.core: Access Denied: Dataset shop:core: Permission bigquery.tables.list denied on dataset shop:core (or it may not exist).
    help: grant a role with `bigquery.tables.list` to the account that this target uses
    ");
    assert_eq!(fake.lines(), ["GET /datasets/core/tables"]);
}

#[test]
fn an_absent_dataset_is_empty_and_an_absent_project_is_an_error() {
    let fake = Fake::start();
    fake.once("GET", "/tables", Reply::error(404, "notFound", "Not found: Dataset shop:core"));
    fake.once("GET", "/tables", Reply::error(404, "notFound", "Not found: Project shop"));
    fake.once("GET", "/tables", Reply::text(200, "<html>log in to the network</html>"));
    let mut connection = fake.connection(json!({}));
    assert_eq!(connection.relations(&dataset()).expect("an answer"), []);
    assert_eq!(connection.relations(&dataset()).expect_err("nothing is known").kind, ErrorKind::NotFound);
    connection.relations(&dataset()).expect_err("not a listing");
}

#[test]
fn listings_come_page_by_page() {
    let fake = Fake::start();
    let table = |name: &str, kind: &str| json!({"type": kind, "tableReference": {"projectId": "shop", "datasetId": "core", "tableId": name}});
    fake.once(
        "GET",
        "/tables",
        Reply::json(200, json!({"tables": [table("a", "TABLE"), table("b", "VIEW")], "nextPageToken": "2"})),
    );
    fake.once(
        "GET",
        "/tables",
        Reply::json(200, json!({"tables": [table("c", "MATERIALIZED_VIEW"), table("d", "EXTERNAL")]})),
    );
    fake.once("GET", "/datasets", Reply::json(200, json!({"datasets": [{"datasetReference": {"datasetId": "core"}}]})));
    let mut connection = fake.connection(json!({}));
    let found = connection.relations(&dataset()).expect("listed");
    let found: Vec<_> = found.iter().map(|one| format!("{one} {}", one.kind.map_or("?", |kind| kind.name()))).collect();
    assert_snapshot!(found.join("\n"), @"
    `shop`.`core`.`a` table
    `shop`.`core`.`b` view
    `shop`.`core`.`c` materialized_view
    `shop`.`core`.`d` external
    ");
    assert_eq!(fake.requests()[1].parameter("pageToken"), Some("2"));
    assert_eq!(connection.schemas(None).expect("listed"), ["core"]);
}

#[test]
fn a_listing_that_fails_for_a_moment_is_tried_again() {
    let fake = Fake::start();
    fake.once("GET", "/tables", Reply::error(503, "backendError", "later"));
    fake.once("GET", "/tables", Reply::lost());
    fake.once("GET", "/tables", Reply::json(200, json!({"totalItems": 0})));
    assert_eq!(fake.connection(json!({})).relations(&dataset()).expect("listed"), []);
}

#[test]
fn a_change_reads_first_and_reads_again_when_somebody_was_quicker() {
    let fake = Fake::start();
    let table = |etag: &str, description: &str| json!({"etag": etag, "schema": {"fields": [{"name": "id", "type": "INTEGER", "description": description, "policyTags": {"names": ["pii"]}}]}});
    fake.once("GET", "/tables/t", Reply::json(200, table("first", "")));
    fake.once("PATCH", "/tables/t", Reply::error(412, "conditionNotMet", "Precondition Failed"));
    fake.once("GET", "/tables/t", Reply::json(200, table("second", "")));
    fake.once("PATCH", "/tables/t", Reply::json(200, json!({})));
    fake.once("GET", "/tables/t", Reply::json(200, table("third", "the key")));
    let patch = json!({"schema": {"fields": [{"name": "id", "description": "the key"}]}});
    let patch = patch.as_object().expect("an object");
    let mut connection = fake.connection(json!({}));
    connection.patch(&relation("t"), patch).expect("changed");
    let patches: Vec<_> = fake.requests().into_iter().filter(|sent| sent.method == "PATCH").collect();
    let etags: Vec<_> = patches.iter().map(|sent| sent.header("if-match").map(str::to_string)).collect();
    assert_eq!(etags, [Some("first".to_string()), Some("second".to_string())]);
    assert_eq!(
        patches[1].json(),
        json!({"schema": {"fields": [{"name": "id", "type": "INTEGER", "description": "the key", "policyTags": {"names": ["pii"]}}]}})
    );
    connection.patch(&relation("t"), patch).expect("nothing to change");
    assert_eq!(fake.lines().len(), 5, "what is so already is not written again");
}

#[test]
fn a_dataset_is_made_once_in_the_targets_location() {
    let fake = Fake::start();
    fake.once("GET", "/datasets/core", Reply::error(404, "notFound", "Not found: Dataset shop:core"));
    fake.once("POST", "/datasets", Reply::error(409, "duplicate", "Already Exists: Dataset shop:core"));
    fake.once("GET", "/datasets/core", Reply::json(200, json!({"id": "shop:core"})));
    let mut connection = fake.connection(json!({}));
    connection.ensure_schema(&dataset()).expect("somebody else made it meanwhile");
    connection.ensure_schema(&dataset()).expect("it is there");
    let made = fake.request("POST ").json();
    assert_eq!(made, json!({"datasetReference": {"projectId": "shop", "datasetId": "core"}, "location": "EU"}));

    fake.once("GET", "/datasets/core", Reply::error(403, "accessDenied", "Access Denied: Dataset shop:core"));
    assert_eq!(connection.ensure_schema(&dataset()).expect_err("nothing is known").kind, ErrorKind::Denied);
}

#[test]
fn columns_and_facts_are_told_and_absence_is_not_found() {
    let fake = Fake::start();
    let table = json!({"type": "TABLE", "timePartitioning": {"type": "DAY"}, "schema": {"fields": [
        {"name": "id", "type": "INTEGER", "mode": "REQUIRED"}, {"name": "tags", "type": "STRING", "mode": "REPEATED"}]}});
    fake.once("GET", "/tables/t", Reply::json(200, table.clone()));
    fake.once("GET", "/tables/t", Reply::json(200, table));
    fake.once("GET", "/tables/t", Reply::error(404, "notFound", "Not found: Table shop:core.t"));
    let mut connection = fake.connection(json!({}));
    let id = tamis::relation::Column { is_nullable: false, ..column("id", "INT64") };
    assert_eq!(connection.columns(&relation("t")).expect("told"), [id, column("tags", "ARRAY<STRING>")]);
    assert_eq!(connection.describe(&relation("t")).expect("told")["timePartitioning"]["type"], "DAY");
    assert_eq!(connection.columns(&relation("t")).expect_err("gone").kind, ErrorKind::NotFound);
}
