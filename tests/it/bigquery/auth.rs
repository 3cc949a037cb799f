//! Who we are: every method of a profile, and what is said when its credentials cannot be used.

use std::path::PathBuf;
use std::sync::Arc;

use insta::assert_snapshot;
use tamis::adapter::Adapter;
use tamis::adapter::bigquery::BigQuery;
use tamis::adapter::bigquery::clock::Clock;
use tamis::adapter::bigquery::settings::Environment;

use super::*;
use crate::support::fake_bigquery::invocation;

/// A key made for this test; no account has it.
const KEY: &str = include_str!("test_key.pem");

fn open(fake: &Fake, keys: Value, environment: &Environment) -> Result<Arc<dyn Adapter>, AdapterError> {
    let clock = Arc::clone(&fake.clock) as Arc<dyn Clock>;
    BigQuery::open_with(&fake.target(keys), &invocation(), environment, clock)
}

fn refusal(keys: Value, environment: &Environment) -> String {
    let Err(error) = open(&Fake::start(), keys, environment) else { panic!("these credentials cannot be used") };
    told(&error)
}

/// The token that a statement was sent with.
fn bearer(fake: &Fake, adapter: &dyn Adapter) -> String {
    fake.finishes_jobs(json!({}));
    execute(&mut *adapter.connect().expect("a connection"), "select 1").expect("done");
    let sent = fake.requests().into_iter().rfind(|request| request.path.ends_with("/jobs")).expect("a job was sent");
    sent.header("authorization").unwrap_or_default().to_string()
}

fn account(fake: &Fake) -> Value {
    json!({"type": "service_account", "project_id": "shop", "private_key_id": "1", "private_key": KEY,
        "client_email": "runner@shop.example", "token_uri": format!("{}/token", fake.address)})
}

#[test]
fn a_given_token_is_sent_as_it_is() {
    let fake = Fake::start();
    let adapter = open(&fake, json!({}), &Environment::default()).expect("a token is enough");
    assert_eq!(bearer(&fake, &*adapter), "Bearer top-secret-token");
}

#[test]
fn a_refresh_token_is_exchanged_once_and_kept() {
    let fake = Fake::start();
    fake.once("POST", "/token", Reply::json(200, json!({"access_token": "fresh", "expires_in": 3600})));
    let keys = json!({"token": null, "refresh_token": "r", "client_id": "c", "client_secret": "s", "token_uri": format!("{}/token", fake.address)});
    let adapter = open(&fake, keys, &Environment::default()).expect("all keys are there");
    assert_eq!(bearer(&fake, &*adapter), "Bearer fresh");
    execute(&mut *adapter.connect().expect("a connection"), "select 2").expect("done");
    let form = String::from_utf8_lossy(&fake.request("POST /token").body).into_owned();
    assert_eq!(form, "grant_type=refresh_token&refresh_token=r&client_id=c&client_secret=s");
}

#[test]
fn a_refused_token_is_renewed_once() {
    let fake = Fake::start();
    fake.once("POST", "/token", Reply::json(200, json!({"access_token": "old", "expires_in": 3600})));
    fake.once("POST", "/token", Reply::json(200, json!({"access_token": "new", "expires_in": 3600})));
    fake.once("POST", "/jobs", Reply::error(401, "authError", "Invalid Credentials"));
    let keys = json!({"token": null, "refresh_token": "r", "client_id": "c", "client_secret": "s", "token_uri": format!("{}/token", fake.address)});
    let adapter = open(&fake, keys, &Environment::default()).expect("all keys are there");
    assert_eq!(bearer(&fake, &*adapter), "Bearer new");
}

#[test]
fn a_service_accounts_key_signs_for_a_token_from_file_json_and_base_64() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key.json");
    for method in ["file", "json", "base64"] {
        let fake = Fake::start();
        let key = account(&fake);
        let keys = match method {
            "file" => {
                std::fs::write(&path, key.to_string()).expect("written");
                json!({"method": "service-account", "keyfile": path.display().to_string()})
            }
            "json" => json!({"method": "service-account-json", "keyfile_json": key}),
            _ => {
                use base64::Engine as _;
                let text = base64::engine::general_purpose::STANDARD.encode(key.to_string());
                json!({"method": "service-account-json", "keyfile_json": text})
            }
        };
        fake.once(
            "POST",
            "/token",
            Reply::json(200, json!({"access_token": "signed", "expires_in": 3600, "token_type": "Bearer"})),
        );
        let adapter = open(&fake, keys, &Environment::default()).expect("a usable key");
        assert_eq!(bearer(&fake, &*adapter), "Bearer signed", "{method}");
        assert!(String::from_utf8_lossy(&fake.request("POST /token").body).contains("assertion="));
    }
}

#[test]
fn default_credentials_are_a_users_file_a_key_or_the_metadata_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("adc.json");
    let fake = Fake::start();
    let user = json!({"type": "authorized_user", "refresh_token": "r", "client_id": "c", "client_secret": "s", "token_uri": format!("{}/token", fake.address)});
    std::fs::write(&path, user.to_string()).expect("written");
    let environment = Environment { credentials_file: Some(path.clone()), ..Environment::default() };
    fake.once("POST", "/token", Reply::json(200, json!({"access_token": "user", "expires_in": 3600})));
    let adapter = open(&fake, json!({"method": "oauth"}), &environment).expect("a usable file");
    assert_eq!(bearer(&fake, &*adapter), "Bearer user");

    let fake = Fake::start();
    let host = fake.address.trim_start_matches("http://").to_string();
    let environment = Environment {
        credentials_file: Some(folder.path().join("none.json")),
        metadata_host: Some(host),
        ..Environment::default()
    };
    fake.once(
        "GET",
        "/computeMetadata/v1/instance/service-accounts/default/token",
        Reply::json(200, json!({"access_token": "machine", "expires_in": 3600, "token_type": "Bearer"})),
    );
    let adapter = open(&fake, json!({"method": "oauth"}), &environment).expect("asked later");
    assert_eq!(bearer(&fake, &*adapter), "Bearer machine");
    assert_eq!(fake.request("/computeMetadata/").header("metadata-flavor"), Some("Google"));
}

#[test]
fn an_emulator_needs_no_credentials() {
    let fake = Fake::start();
    let host = fake.address.trim_start_matches("http://").to_string();
    let environment = Environment { bigquery_host: Some(host), ..Environment::default() };
    let adapter = open(&fake, json!({"method": "oauth", "api_endpoint": null}), &environment).expect("no credentials");
    assert_eq!(bearer(&fake, &*adapter), "Bearer emulator");
}

#[test]
fn unusable_credentials_name_the_key_of_the_profile() {
    let none = Environment::default();
    assert_snapshot!(refusal(json!({"method": "service-account"}), &none), @"
    Connection: method `service-account` needs `keyfile`
    help: add `keyfile` to the target in profiles.yml
    ");
    assert_snapshot!(refusal(json!({"method": "service-account", "keyfile": "/no/such/key.json"}), &none), @"
    Connection: cannot read `/no/such/key.json`, named by `keyfile`: no such file or directory
    help: point `keyfile` to the JSON file of a service account's key
    ");
    assert_snapshot!(refusal(json!({"method": "service-account-json", "keyfile_json": {"private_key": "x"}}), &none), @"
    Connection: `keyfile_json` cannot be used: `client_email` is missing
    help: use the JSON file that Google Cloud makes for a service account, unchanged
    ");
    let broken = json!({"method": "service-account-json", "keyfile_json": {"private_key": "very-secret", "client_email": "a", "token_uri": "b"}});
    assert_snapshot!(refusal(broken, &none), @r#"
    Connection: `private_key` in `keyfile_json` is not a PEM key
    help: download the key file again; in YAML, write its line breaks as `\n` inside double quotes
    "#);
    assert_snapshot!(refusal(json!({"token": null}), &none), @"
    Connection: method `oauth-secrets` needs a `token` or a `refresh_token`
    help: add `token`, or `refresh_token`, `client_id` and `client_secret`, to the target in profiles.yml
    ");
    assert_snapshot!(refusal(json!({"method": "magic"}), &none), @"
    Connection: `method: magic` is not known
    help: use `oauth`, `oauth-secrets`, `service-account` or `service-account-json`
    ");
    let named =
        Environment { credentials_file: Some(PathBuf::from("/no/adc.json")), is_credentials_file_named: true, ..none };
    assert_snapshot!(refusal(json!({"method": "oauth"}), &named), @"
    Connection: cannot read `/no/adc.json`, named by `GOOGLE_APPLICATION_CREDENTIALS`: no such file or directory
    help: point `GOOGLE_APPLICATION_CREDENTIALS` to the JSON file of a service account's key
    ");
}

#[test]
fn a_token_server_that_refuses_is_quoted_without_secrets() {
    let fake = Fake::start();
    fake.always(
        "POST",
        "/token",
        Reply::json(400, json!({"error": "invalid_grant", "error_description": "Token has been expired or revoked."})),
    );
    let keys = json!({"token": null, "refresh_token": "secret-r", "client_id": "c", "client_secret": "secret-s", "token_uri": format!("{}/token", fake.address)});
    let adapter = open(&fake, keys, &Environment::default()).expect("all keys are there");
    let error = execute(&mut *adapter.connect().expect("a connection"), "select 1").expect_err("no token");
    assert_snapshot!(told(&error), @"
    Connection: the token server refused: Token has been expired or revoked.
    help: log in again (`gcloud auth application-default login`), or check the secrets of the target
    ");
}

#[test]
fn secrets_are_in_no_error() {
    let replies = [
        Reply::error(401, "authError", "Request had invalid authentication credentials."),
        Reply::error(403, "accessDenied", "no"),
        Reply::text(500, "<html>oops</html>"),
        Reply::lost(),
        Reply::text(400, ""),
    ];
    for reply in replies {
        let fake = Fake::start();
        fake.always("POST", "/jobs", reply.clone());
        fake.always("GET", "/", reply);
        let mut connection = fake.connection(json!({}));
        for error in [
            execute(&mut *connection, "select 1").expect_err("refused"),
            connection.relations(&dataset()).expect_err("refused"),
            connection.describe(&relation("t")).expect_err("refused"),
        ] {
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        }
        assert!(
            fake.requests()
                .iter()
                .all(|sent| !sent.path.contains("secret")
                    && sent.query.iter().all(|(_, value)| !value.contains("secret")))
        );
    }
    let nowhere = json!({"api_endpoint": "http://127.0.0.1:1", "job_retries": 0});
    let error = execute(&mut *Fake::start().connection(nowhere), "select 1").expect_err("nobody there");
    assert_snapshot!(told(&error), @"
    Connection: cannot reach `127.0.0.1:1`: connection refused
    help: check the network, the proxy settings and `api_endpoint` of the profile
    ");
}
