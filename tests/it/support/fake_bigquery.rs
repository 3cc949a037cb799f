//! A stand-in for BigQuery and Cloud Storage on this machine: answers as scripted, remembers every request.
//!
//! Rules are tried in the order they were given; each answers once unless it is made to answer always.
//! A request that no rule expects gets a 501 that names it, so a test fails with the request it forgot.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tamis::adapter::bigquery::BigQuery;
use tamis::adapter::bigquery::clock::{Clock, Signal};
use tamis::adapter::bigquery::settings::Environment;
use tamis::adapter::bigquery::storage::Bucket;
use tamis::adapter::{Adapter, AdapterError, Connection};
use tamis::project::{Flags, Invocation, Target};
use tamis::relation::AdapterKind;

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Decoded pairs of the query, in their order.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Recorded {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `POST /bigquery/v2/projects/shop/jobs`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// What a rule answers.
#[derive(Clone)]
pub struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    is_dropped: bool,
}

impl Reply {
    pub fn json(status: u16, body: Value) -> Self {
        Self::text(status, &body.to_string()).header("content-type", "application/json")
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self { status, headers: Vec::new(), body: body.as_bytes().to_vec(), is_dropped: false }
    }

    /// Google's form of an error.
    pub fn error(status: u16, reason: &str, message: &str) -> Self {
        Self::json(
            status,
            json!({"error": {"code": status, "message": message, "errors": [{"reason": reason, "message": message}]}}),
        )
    }

    /// The request is read, and the connection closed without a word.
    pub fn lost() -> Self {
        Self { is_dropped: true, ..Self::text(0, "") }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_string(), value.to_string()));
        self
    }
}

type Respond = Box<dyn FnMut(&Recorded) -> Reply + Send>;

struct Rule {
    method: String,
    /// Part of the path.
    path: String,
    respond: Respond,
    is_always: bool,
    is_used: bool,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    requests: Vec<Recorded>,
}

/// The server; its thread ends with the process.
pub struct Fake {
    pub address: String,
    state: Arc<Mutex<State>>,
    pub clock: Arc<TestClock>,
}

impl Fake {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || serve(&stream, &state));
            }
        });
        Self { address, state, clock: Arc::new(TestClock::default()) }
    }

    /// Answers the next request of this method whose path contains `path`.
    pub fn once(&self, method: &str, path: &str, reply: Reply) -> &Self {
        self.rule(method, path, false, Box::new(move |_| reply.clone()))
    }

    /// Answers every such request that no earlier rule takes.
    pub fn always(&self, method: &str, path: &str, reply: Reply) -> &Self {
        self.rule(method, path, true, Box::new(move |_| reply.clone()))
    }

    /// Answers every such request with what `respond` makes of it.
    pub fn respond(&self, method: &str, path: &str, respond: impl FnMut(&Recorded) -> Reply + Send + 'static) -> &Self {
        self.rule(method, path, true, Box::new(respond))
    }

    fn rule(&self, method: &str, path: &str, is_always: bool, respond: Respond) -> &Self {
        let rule = Rule { method: method.into(), path: path.into(), respond, is_always, is_used: false };
        self.state().rules.push(rule);
        self
    }

    pub fn requests(&self) -> Vec<Recorded> {
        self.state().requests.clone()
    }

    /// Requests as lines: `GET /bigquery/v2/…`, the fixed beginning and job ids left out.
    pub fn lines(&self) -> Vec<String> {
        let short = |line: String| {
            let line = line.replace("/bigquery/v2/projects/shop", "");
            line.split('/')
                .map(|part| if part.starts_with("tamis_") { "JOB" } else { part })
                .collect::<Vec<_>>()
                .join("/")
        };
        self.requests().iter().map(|request| short(request.line())).collect()
    }

    /// The only request whose line contains `part`.
    pub fn request(&self, part: &str) -> Recorded {
        let found: Vec<_> = self.requests().into_iter().filter(|request| request.line().contains(part)).collect();
        assert_eq!(found.len(), 1, "requests with `{part}`: {:#?}", self.lines());
        found.into_iter().next().expect("one")
    }

    /// Every job that is inserted is done at once, with these statistics of its query.
    pub fn finishes_jobs(&self, statistics: Value) -> &Self {
        self.respond("POST", "/jobs", move |request| Reply::json(200, done_job(&request.json(), &statistics)))
    }

    /// A target that points here; `keys` are laid over it.
    pub fn target(&self, keys: Value) -> Target {
        let mut settings = json!({"type": "bigquery", "method": "oauth-secrets", "token": "top-secret-token",
            "project": "shop", "dataset": "core", "location": "EU", "api_endpoint": self.address});
        for (key, value) in keys.as_object().into_iter().flatten() {
            settings[key] = value.clone();
        }
        let settings = settings.as_object().cloned().expect("an object");
        Target {
            profile_name: "shop".into(),
            name: "prod".into(),
            kind: AdapterKind::BigQuery,
            database: "shop".into(),
            schema: "core".into(),
            threads: 1,
            settings,
            context: Default::default(),
        }
    }

    pub fn adapter(&self, keys: Value) -> Arc<dyn Adapter> {
        self.try_adapter(keys).expect("the target can be used")
    }

    pub fn try_adapter(&self, keys: Value) -> Result<Arc<dyn Adapter>, AdapterError> {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        BigQuery::open_with(&self.target(keys), &invocation(), &Environment::default(), clock)
    }

    pub fn connection(&self, keys: Value) -> Box<dyn Connection> {
        self.adapter(keys).connect().expect("a connection costs nothing")
    }

    pub fn bucket(&self) -> Bucket {
        let environment = Environment { storage_host: Some(self.address.clone()), ..Environment::default() };
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Bucket::open_with("gs://lake", &self.target(json!({})), &invocation(), &environment, clock)
            .expect("an emulator")
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test panics while it holds this")
    }
}

pub fn invocation() -> Invocation {
    Invocation {
        id: "11111111-2222-4333-8444-555555555555".into(),
        started_at: chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("in range"),
        command: "run".into(),
        flags: Flags::default(),
        args: Default::default(),
    }
}

/// The resource of a finished job, made from its request.
pub fn done_job(request: &Value, query_statistics: &Value) -> Value {
    let mut job = request.clone();
    job["status"] = json!({"state": "DONE"});
    job["statistics"] = json!({"query": query_statistics});
    job
}

/// Time that passes only when somebody waits.
#[derive(Default)]
pub struct TestClock {
    waits: Mutex<Vec<Duration>>,
    skipped: Mutex<Duration>,
}

impl TestClock {
    pub fn waits(&self) -> Vec<Duration> {
        self.waits.lock().expect("never poisoned").clone()
    }

    /// Lets time pass: for answers that a server holds back.
    pub fn advance(&self, by: Duration) {
        *self.skipped.lock().expect("never poisoned") += by;
    }
}

impl Clock for TestClock {
    fn now(&self) -> Duration {
        let waited: Duration = self.waits.lock().expect("never poisoned").iter().sum();
        waited + *self.skipped.lock().expect("never poisoned")
    }

    fn pause(&self, duration: Duration, stop: &Signal) {
        if !stop.is_raised() {
            self.waits.lock().expect("never poisoned").push(duration);
        }
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let Ok(writer) = stream.try_clone() else { return };
    let (mut reader, mut writer) = (BufReader::new(stream), writer);
    while let Some(request) = read_request(&mut reader) {
        let reply = {
            let mut state = state.lock().expect("no test panics while it holds this");
            state.requests.push(request.clone());
            let matches = |rule: &&mut Rule| {
                (rule.is_always || !rule.is_used) && rule.method == request.method && request.path.contains(&rule.path)
            };
            match state.rules.iter_mut().find(matches) {
                Some(rule) => {
                    rule.is_used = true;
                    (rule.respond)(&request)
                }
                None => Reply::error(501, "notImplemented", &format!("the test expects no `{}`", request.line())),
            }
        };
        if reply.is_dropped {
            return;
        }
        let mut head = format!("HTTP/1.1 {} Status\r\ncontent-length: {}\r\n", reply.status, reply.body.len());
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        if writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(&reply.body)).is_err() {
            return;
        }
    }
}

fn read_request(reader: &mut BufReader<&TcpStream>) -> Option<Recorded> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    let mut words = line.split_whitespace();
    let (method, address) = (words.next()?.to_string(), words.next()?.to_string());
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_lowercase(), value.trim().to_string())),
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = address.split_once('?').unwrap_or((&address, ""));
    let query = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_string(), decode(value)))
        .collect();
    Some(Recorded { method, path: path.to_string(), query, headers, body })
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let code = (*first == b'%').then(|| std::str::from_utf8(tail.get(..2)?).ok()).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
