//! Who we are: the methods of a profile turned into access tokens, kept until shortly before they expire.
//!
//! Service account keys, workload identity files and the metadata server go through `gcp-bigquery-client`'s
//! authenticators, on one private runtime that this file blocks on. A refresh token goes to the profile's own
//! `token_uri`, which those authenticators cannot be told, in one request of ours.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use base64::Engine as _;
use gcp_bigquery_client::auth::Authenticator;
use gcp_bigquery_client::error::BQError;
use gcp_bigquery_client::yup_oauth2::authenticator::{
    ApplicationDefaultCredentialsTypes, DefaultAuthenticator, ExternalAccountAuthenticator,
};
use gcp_bigquery_client::yup_oauth2::{
    ApplicationDefaultCredentialsAuthenticator, ApplicationDefaultCredentialsFlowOpts, ServiceAccountAuthenticator,
    ServiceAccountKey,
};
use serde_json::json;

use super::error::plain;
use super::settings::{Environment, Keys};
use crate::adapter::{AdapterError, ErrorKind};
use crate::manifest::{Json, JsonMap};

/// dbt's scopes: Drive is needed to read sheets behind external tables.
const SCOPES: [&str; 3] = [
    "https://www.googleapis.com/auth/bigquery",
    "https://www.googleapis.com/auth/cloud-platform",
    "https://www.googleapis.com/auth/drive",
];
const TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
/// A token this close to its end is not used any more.
const EXPIRY_MARGIN: Duration = Duration::from_secs(120);
const TOKEN_TIMEOUT: Duration = Duration::from_secs(30);

/// Where access tokens come from; shared by all connections of a run.
pub struct Tokens {
    source: Source,
    cached: Mutex<Option<Cached>>,
}

struct Cached {
    token: String,
    /// `None`: it lasts as long as we do.
    ends: Option<Instant>,
}

enum Source {
    /// An emulator asks for nothing.
    Emulator,
    /// `token` of the profile: used as it is, never renewed.
    Given(String),
    Refresh(RefreshToken),
    Google(GoogleTokens),
    Impersonated {
        account: String,
        scopes: Vec<String>,
        from: Box<Tokens>,
    },
}

struct RefreshToken {
    token: String,
    client_id: String,
    client_secret: String,
    token_uri: String,
}

impl Tokens {
    pub fn emulator() -> Arc<Self> {
        Arc::new(Self::new(Source::Emulator))
    }

    /// Application default credentials: for a bucket beside a warehouse that has no Google account.
    ///
    /// # Errors
    /// A credentials file that cannot be used.
    pub fn application_default(environment: &Environment) -> Result<Arc<Self>, AdapterError> {
        let scopes = SCOPES.map(str::to_string).to_vec();
        Ok(Arc::new(Self::new(default_source(environment, scopes)?)))
    }

    /// The method that a target of profiles.yml names. Reads key files; sends nothing yet.
    ///
    /// # Errors
    /// A missing key of the profile, or a file that cannot be used, by name.
    pub fn from_profile(settings: &JsonMap, environment: &Environment) -> Result<Arc<Self>, AdapterError> {
        let keys = Keys(settings);
        let scopes = match settings.get("scopes").and_then(Json::as_array) {
            Some(scopes) => scopes.iter().filter_map(Json::as_str).map(str::to_string).collect(),
            None => SCOPES.map(str::to_string).to_vec(),
        };
        let own = Self::new(profile_source(settings, environment, scopes.clone())?);
        Ok(Arc::new(match keys.text("impersonate_service_account") {
            Some(account) => Self::new(Source::Impersonated { account, scopes, from: Box::new(own) }),
            None => own,
        }))
    }

    fn new(source: Source) -> Self {
        Self { source, cached: Mutex::new(None) }
    }

    /// A token that can be sent now.
    ///
    /// # Errors
    /// The token server refused, or could not be reached.
    pub fn token(&self) -> Result<String, AdapterError> {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = &*cached
            && known.ends.is_none_or(|ends| ends > Instant::now())
        {
            return Ok(known.token.clone());
        }
        let fresh = self.fetch()?;
        let token = fresh.token.clone();
        *cached = Some(fresh);
        Ok(token)
    }

    /// Drops the token after a server refused it; says whether another can be had.
    pub fn forget(&self) -> bool {
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        match &self.source {
            Source::Emulator | Source::Given(_) => false,
            Source::Refresh(_) => cached.take().is_some(),
            Source::Google(google) => {
                google.renew_next();
                cached.take().is_some()
            }
            Source::Impersonated { from, .. } => {
                from.forget();
                cached.take().is_some()
            }
        }
    }

    fn fetch(&self) -> Result<Cached, AdapterError> {
        match &self.source {
            Source::Emulator => Ok(Cached { token: "emulator".to_string(), ends: None }),
            Source::Given(token) => Ok(Cached { token: token.clone(), ends: None }),
            Source::Refresh(refresh) => refresh.fetch(),
            Source::Google(google) => google.fetch(),
            Source::Impersonated { account, scopes, from } => impersonate(account, scopes, &from.token()?),
        }
    }
}

fn profile_source(settings: &JsonMap, environment: &Environment, scopes: Vec<String>) -> Result<Source, AdapterError> {
    let keys = Keys(settings);
    match keys.text("method").as_deref() {
        Some("oauth") => default_source(environment, scopes),
        Some("oauth-secrets") => match (keys.text("refresh_token"), keys.text("token")) {
            (Some(token), _) => Ok(Source::Refresh(RefreshToken {
                token,
                client_id: required(&keys, "client_id", "oauth-secrets")?,
                client_secret: required(&keys, "client_secret", "oauth-secrets")?,
                token_uri: keys.text("token_uri").unwrap_or_else(|| TOKEN_URI.to_string()),
            })),
            (None, Some(token)) => Ok(Source::Given(token)),
            (None, None) => Err(refused("method `oauth-secrets` needs a `token` or a `refresh_token`").help(
                "add `token`, or `refresh_token`, `client_id` and `client_secret`, to the target in profiles.yml",
            )),
        },
        Some("service-account") => {
            let path = required(&keys, "keyfile", "service-account")?;
            let text = read_key_file(Path::new(&expand_home(&path)), "keyfile")?;
            key_source(&text, "keyfile", scopes)
        }
        Some("service-account-json") => match settings.get("keyfile_json") {
            Some(Json::Object(key)) => key_source(&with_line_breaks(key), "keyfile_json", scopes),
            Some(Json::String(text)) => key_source(&decoded(text), "keyfile_json", scopes),
            Some(_) | None => Err(refused("method `service-account-json` needs `keyfile_json`")
                .help("add `keyfile_json` with the fields of the key file to the target in profiles.yml")),
        },
        Some(other) => Err(refused(format!("`method: {other}` is not known"))
            .help("use `oauth`, `oauth-secrets`, `service-account` or `service-account-json`")),
        None => Err(refused("the target names no `method`")
            .help("add `method: oauth` (or `service-account`, …) to the target in profiles.yml")),
    }
}

/// Application default credentials: the file if there is one, else the metadata server.
fn default_source(environment: &Environment, scopes: Vec<String>) -> Result<Source, AdapterError> {
    let Some(path) = environment.credentials_file.as_deref() else {
        return Ok(Source::Google(GoogleTokens::new(Flow::Metadata(environment.metadata_host.clone()), scopes)));
    };
    if !environment.is_credentials_file_named && !path.exists() {
        return Ok(Source::Google(GoogleTokens::new(Flow::Metadata(environment.metadata_host.clone()), scopes)));
    }
    let named = "GOOGLE_APPLICATION_CREDENTIALS";
    let text = read_key_file(path, named)?;
    let file: Json = serde_json::from_str(&text).map_err(|error| broken_key(named, &error))?;
    let field = |name: &str| {
        let value = file[name].as_str().map(str::to_string);
        value.ok_or_else(|| refused(format!("the credentials file `{}` has no `{name}`", path.display())))
    };
    match file["type"].as_str() {
        Some("authorized_user") => Ok(Source::Refresh(RefreshToken {
            token: field("refresh_token")?,
            client_id: field("client_id")?,
            client_secret: field("client_secret")?,
            token_uri: file["token_uri"].as_str().unwrap_or(TOKEN_URI).to_string(),
        })),
        Some("external_account") => Ok(Source::Google(GoogleTokens::new(Flow::External(file), scopes))),
        Some("service_account") => key_source(&text, named, scopes),
        other => Err(refused(format!(
            "the credentials file `{}` is of type `{}`, which cannot be used",
            path.display(),
            other.unwrap_or("unknown")
        ))
        .help("log in with `gcloud auth application-default login`, or use a service account's key file")),
    }
}

fn key_source(text: &str, key: &str, scopes: Vec<String>) -> Result<Source, AdapterError> {
    let account: ServiceAccountKey = serde_json::from_str(text).map_err(|error| broken_key(key, &error))?;
    if !account.private_key.contains("PRIVATE KEY") {
        return Err(refused(format!("`private_key` in `{key}` is not a PEM key"))
            .help("download the key file again; in YAML, write its line breaks as `\\n` inside double quotes"));
    }
    Ok(Source::Google(GoogleTokens::new(Flow::Key(Box::new(account)), scopes)))
}

fn required(keys: &Keys<'_>, key: &str, method: &str) -> Result<String, AdapterError> {
    keys.text(key).ok_or_else(|| {
        refused(format!("method `{method}` needs `{key}`")).help(format!("add `{key}` to the target in profiles.yml"))
    })
}

fn read_key_file(path: &Path, key: &str) -> Result<String, AdapterError> {
    std::fs::read_to_string(path).map_err(|error| {
        refused(format!("cannot read `{}`, named by `{key}`: {}", path.display(), plain(&error)))
            .help(format!("point `{key}` to the JSON file of a service account's key"))
    })
}

// A parser's complaint may quote what it met, and that may be the key: only a field's name is passed on.
fn broken_key(key: &str, error: &serde_json::Error) -> AdapterError {
    let text = error.to_string();
    let missing = text.strip_prefix("missing field ").and_then(|rest| rest.split(" at ").next());
    let why =
        missing.map_or_else(|| "it is not the JSON of a key file".to_string(), |field| format!("{field} is missing"));
    refused(format!("`{key}` cannot be used: {why}"))
        .help("use the JSON file that Google Cloud makes for a service account, unchanged")
}

fn refused(message: impl Into<String>) -> AdapterError {
    AdapterError::new(ErrorKind::Connection, message)
}

fn expand_home(path: &str) -> String {
    match (path.strip_prefix("~/"), std::env::var("HOME")) {
        (Some(rest), Ok(home)) => format!("{home}/{rest}"),
        _ => path.to_string(),
    }
}

// A key pasted into YAML or an environment variable often has `\n` as two letters.
fn with_line_breaks(key: &JsonMap) -> String {
    let mut key = key.clone();
    if let Some(Json::String(text)) = key.get_mut("private_key") {
        *text = text.replace("\\n", "\n");
    }
    Json::Object(key).to_string()
}

/// A key as text: JSON, or JSON in base 64.
fn decoded(text: &str) -> String {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| text.to_string());
    match serde_json::from_str(&text) {
        Ok(Json::Object(key)) => with_line_breaks(&key),
        _ => text,
    }
}

impl RefreshToken {
    fn fetch(&self) -> Result<Cached, AdapterError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", &self.token),
            ("client_id", &self.client_id),
            ("client_secret", &self.client_secret),
        ];
        let answer = agent().post(&self.token_uri).send_form(form);
        let body = read_token_answer(answer)?;
        let token =
            body["access_token"].as_str().ok_or_else(|| refused("the token server answered without a token"))?;
        let seconds = body["expires_in"].as_u64().unwrap_or(3600);
        Ok(Cached { token: token.to_string(), ends: Some(Instant::now() + lasting(Duration::from_secs(seconds))) })
    }
}

/// A short-lived token of another account, for which ours may ask.
/// Source: IAM Service Account Credentials API, `generateAccessToken`.
fn impersonate(account: &str, scopes: &[String], token: &str) -> Result<Cached, AdapterError> {
    let address =
        format!("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account}:generateAccessToken");
    let body = json!({"scope": scopes, "lifetime": "3600s"}).to_string();
    let request = agent()
        .post(&address)
        .header("authorization", &format!("Bearer {token}"))
        .header("content-type", "application/json");
    let answer = read_token_answer(request.send(body.as_bytes())).map_err(|error| {
        error.help(format!("grant `roles/iam.serviceAccountTokenCreator` on `{account}` to the account of this target"))
    })?;
    let token = answer["accessToken"].as_str().ok_or_else(|| refused("the token server answered without a token"))?;
    Ok(Cached { token: token.to_string(), ends: Some(Instant::now() + lasting(Duration::from_secs(3600))) })
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().http_status_as_error(false).timeout_global(Some(TOKEN_TIMEOUT)).build().into()
}

fn read_token_answer(answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Json, AdapterError> {
    // The error names hosts at most: form and headers are not in it.
    let mut answer = answer.map_err(|error| refused(format!("cannot reach the token server: {}", plain(&error))))?;
    let text = answer.body_mut().read_to_string().unwrap_or_default();
    let body: Json = serde_json::from_str(&text).unwrap_or(Json::Null);
    if answer.status().is_success() {
        return Ok(body);
    }
    let told = body["error_description"].as_str().or(body["error"]["message"].as_str()).or(body["error"].as_str());
    let told = told.map(str::to_string).unwrap_or_else(|| format!("HTTP {}", answer.status().as_u16()));
    Err(refused(format!("the token server refused: {told}"))
        .help("log in again (`gcloud auth application-default login`), or check the secrets of the target"))
}

fn lasting(length: Duration) -> Duration {
    length.saturating_sub(EXPIRY_MARGIN)
}

/// Tokens by way of `gcp-bigquery-client`.
struct GoogleTokens {
    flow: Flow,
    scopes: Vec<String>,
    state: Mutex<GoogleState>,
}

#[derive(Default)]
struct GoogleState {
    ready: Option<(tokio::runtime::Runtime, GoogleAuthenticator)>,
    must_renew: bool,
}

#[derive(Clone)]
enum Flow {
    Key(Box<ServiceAccountKey>),
    /// Workload identity federation: `external_account`.
    External(Json),
    /// The metadata server of Google's machines; a host if the environment names one.
    Metadata(Option<String>),
}

/// An [`Authenticator`] with our scopes: those of the crate's own are BigQuery's alone, and the lake needs storage.
#[derive(Clone)]
struct GoogleAuthenticator {
    inner: DefaultAuthenticator,
    scopes: Vec<String>,
}

#[async_trait]
impl Authenticator for GoogleAuthenticator {
    async fn access_token(&self) -> Result<String, BQError> {
        let token = self.inner.token(&self.scopes).await?;
        Ok(token.token().ok_or(BQError::NoToken)?.to_string())
    }
}

impl GoogleTokens {
    fn new(flow: Flow, scopes: Vec<String>) -> Self {
        Self { flow, scopes, state: Mutex::new(GoogleState::default()) }
    }

    fn renew_next(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).must_renew = true;
    }

    fn fetch(&self) -> Result<Cached, AdapterError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let must_renew = std::mem::take(&mut state.must_renew);
        let (runtime, authenticator) = match &mut state.ready {
            Some(ready) => ready,
            empty => {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .map_err(|error| refused(format!("cannot start the token client: {}", plain(&error))))?;
                let inner = runtime.block_on(self.flow.authenticator()).map_err(|error| self.flow.complain(&error))?;
                empty.insert((runtime, GoogleAuthenticator { inner, scopes: self.scopes.clone() }))
            }
        };
        let token = runtime.block_on(async {
            if must_renew {
                authenticator.inner.force_refreshed_token(&authenticator.scopes).await?;
            }
            authenticator.access_token().await
        });
        // The authenticator keeps tokens itself until a minute before their end; asking it again is cheap,
        // so what is kept here is kept for a minute only.
        match token {
            Ok(token) => Ok(Cached { token, ends: Some(Instant::now() + Duration::from_secs(30)) }),
            Err(error) => Err(self.flow.complain(&error)),
        }
    }
}

impl Flow {
    async fn authenticator(&self) -> std::io::Result<DefaultAuthenticator> {
        match self {
            Self::Key(key) => ServiceAccountAuthenticator::builder(ServiceAccountKey::clone(key)).build().await,
            Self::External(file) => {
                let secret = serde_json::from_value(file.clone()).map_err(std::io::Error::other)?;
                ExternalAccountAuthenticator::builder(secret).build().await
            }
            Self::Metadata(host) => {
                let path = "computeMetadata/v1/instance/service-accounts/default/token";
                let metadata_url = host.as_ref().map(|host| format!("http://{host}/{path}"));
                let options = ApplicationDefaultCredentialsFlowOpts { metadata_url };
                match ApplicationDefaultCredentialsAuthenticator::builder(options).await {
                    ApplicationDefaultCredentialsTypes::InstanceMetadata(builder) => builder.build().await,
                    ApplicationDefaultCredentialsTypes::ServiceAccount(builder) => builder.build().await,
                }
            }
        }
    }

    fn complain(&self, error: &dyn std::error::Error) -> AdapterError {
        match self {
            Self::Key(key) => refused(format!("no token for `{}`: {error}", key.client_email))
                .help("check that the key of `keyfile` still exists and that this machine's clock is right"),
            Self::External(_) => refused(format!("no token by workload identity: {error}"))
                .help("check the file that GOOGLE_APPLICATION_CREDENTIALS names"),
            Self::Metadata(_) => refused("no Google credentials were found")
                .help("log in with `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS"),
        }
    }
}
