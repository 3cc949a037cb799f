//! Downloads from a server in process that cuts, throttles, redirects and changes its mind.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use insta::assert_snapshot;

use super::fixture::World;

/// What the server does with a request.
enum Reply {
    /// Status line and headers, then the body as it stands; the connection is closed afterwards.
    Raw { head: String, body: Vec<u8> },
    /// Answers nothing at all.
    HangUp,
}

/// Answers with the replies of its script, in order, and remembers what was asked.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(script: Vec<Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("bound"));
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&asked);
        let mut script: VecDeque<Reply> = script.into();
        thread::spawn(move || {
            while let Some(reply) = script.pop_front() {
                let Ok((stream, _)) = listener.accept() else { return };
                answer(stream, reply, &log);
            }
        });
        Self { address, asked }
    }

    /// Request lines with the headers that matter here.
    fn asked(&self) -> String {
        self.asked.lock().expect("not poisoned").join("\n")
    }
}

fn answer(mut stream: TcpStream, reply: Reply, log: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().expect("a second handle")).lines();
    let mut request = lines.next().and_then(Result::ok).unwrap_or_default();
    for line in lines.map_while(Result::ok).take_while(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if ["range", "if-range", "if-none-match", "if-modified-since", "x-app-token"].contains(&name.as_str()) {
            request.push_str(&format!(" [{line}]"));
        }
    }
    log.lock().expect("not poisoned").push(request);
    if let Reply::Raw { head, body } = reply {
        let _ = stream.write_all(format!("HTTP/1.1 {head}\r\nConnection: close\r\n\r\n").as_bytes());
        let _ = stream.write_all(&body);
    }
}

fn ok(headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Raw { head: format!("200 OK{headers}\r\nContent-Length: {length}"), body: body.into() }
}

fn status(head: &str) -> Reply {
    Reply::Raw { head: format!("{head}\r\nContent-Length: 0"), body: Vec::new() }
}

const ROWS: &str = "id,sold_on\n1,2020-01-01\n2,2020-01-02\n3,2020-01-03\n";

fn world(place: &str) -> World {
    World::new(format!(
        "
ingest:
  - name: items
    from: {place}
    columns: [{{name: id, type: bigint}}, {{name: sold_on, type: date}}]
    into: {{table: staging.items}}
"
    ))
}

fn run(world: &mut World, server: &Server) -> String {
    let outcome = world.run(None);
    let port = server.address.rsplit(':').next().unwrap_or_default().to_string();
    format!("{}asked:\n{}", outcome.shown(), server.asked()).replace(&port, "<port>")
}

fn url(server: &Server) -> World {
    world(&format!("{{url: '{}/rows.csv?token=secret'}}", server.address))
}

#[test]
fn a_file_is_fetched_once_and_asked_about_afterwards() {
    let changed = ROWS.replace('3', "4");
    let server = Server::start(vec![
        ok("\r\nETag: \"one\"", ROWS),
        status("304 Not Modified"),
        ok("\r\nETag: \"two\"", &changed),
    ]);
    let mut world = url(&server);
    assert_snapshot!(run(&mut world, &server), @r"
    items → staging.items: read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    ");
    assert_snapshot!(run(&mut world, &server), @r#"
    items → staging.items (unchanged): read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1 [if-none-match: "one"]
    "#);
    assert_snapshot!(run(&mut world, &server), @r#"
    items → staging.items: read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1 [if-none-match: "one"]
    GET /rows.csv?token=secret HTTP/1.1 [if-none-match: "one"]
    "#);
    assert_snapshot!(world.query("select max(id) from staging.items"), @"4");
}

#[test]
fn throttling_and_faults_of_the_server_are_waited_out() {
    let server = Server::start(vec![
        status("429 Too Many Requests\r\nRetry-After: 7"),
        Reply::HangUp,
        status("503 Service Unavailable"),
        ok("", ROWS),
    ]);
    let mut world = url(&server);
    assert_snapshot!(run(&mut world, &server), @r"
    items → staging.items: read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    ");
    let pauses = world.pauses.lock().expect("not poisoned").clone();
    assert_eq!(pauses[0].as_secs(), 7);
    assert_eq!(pauses.len(), 3);
    assert!(pauses[1].as_millis() <= 2_000 && pauses[2].as_millis() <= 4_000, "{pauses:?}");
}

#[test]
fn a_body_that_was_cut_is_continued_only_behind_a_strong_etag() {
    let cut = |etag: &str| Reply::Raw {
        head: format!("200 OK\r\nETag: {etag}\r\nContent-Length: {}", ROWS.len()),
        body: ROWS.as_bytes()[..20].to_vec(),
    };
    let rest = Reply::Raw {
        head: format!(
            "206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 20-{}/{}\r\nContent-Length: {}",
            ROWS.len() - 1,
            ROWS.len(),
            ROWS.len() - 20
        ),
        body: ROWS.as_bytes()[20..].to_vec(),
    };
    let server = Server::start(vec![cut("\"a\""), rest]);
    assert_snapshot!(run(&mut url(&server), &server), @r#"
    items → staging.items: read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1 [range: bytes=20-] [if-range: "a"]
    "#);
    let server = Server::start(vec![cut("W/\"a\""), ok("", ROWS)]);
    assert_snapshot!(run(&mut url(&server), &server), @r"
    items → staging.items: read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    ");
    // The file changed in between: the server answers with the whole new one.
    let server = Server::start(vec![cut("\"a\""), ok("\r\nETag: \"b\"", ROWS)]);
    assert_snapshot!(run(&mut url(&server), &server), @r#"
    items → staging.items: read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1 [range: bytes=20-] [if-range: "a"]
    "#);
}

#[test]
fn a_part_at_the_wrong_place_is_thrown_away() {
    let cut = Reply::Raw {
        head: format!("200 OK\r\nETag: \"a\"\r\nContent-Length: {}", ROWS.len()),
        body: ROWS.as_bytes()[..20].to_vec(),
    };
    let wrong = Reply::Raw {
        head: "206 Partial Content\r\nETag: \"a\"\r\nContent-Range: bytes 0-3/9\r\nContent-Length: 4".into(),
        body: b"id,s".to_vec(),
    };
    let server = Server::start(vec![cut, wrong, ok("", ROWS)]);
    assert_snapshot!(run(&mut url(&server), &server), @r#"
    items → staging.items: read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1 [range: bytes=20-] [if-range: "a"]
    GET /rows.csv?token=secret HTTP/1.1
    "#);
}

#[test]
fn a_body_in_chunks_is_whole_when_the_last_chunk_came() {
    let chunk = format!("{:x}\r\n{ROWS}\r\n", ROWS.len());
    let head = "200 OK\r\nTransfer-Encoding: chunked".to_string();
    let cut = Reply::Raw { head: head.clone(), body: chunk.clone().into_bytes() };
    let whole = Reply::Raw { head, body: format!("{chunk}0\r\n\r\n").into_bytes() };
    let server = Server::start(vec![cut, whole]);
    assert_snapshot!(run(&mut url(&server), &server), @r"
    items → staging.items: read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    ");
}

#[test]
fn a_body_whose_end_cannot_be_proved_is_refused() {
    let server = Server::start(vec![Reply::Raw { head: "200 OK".into(), body: ROWS.into() }]);
    assert_snapshot!(run(&mut url(&server), &server), @r"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[unproven-download]: http://127.0.0.1:<port>/rows.csv sends no length and no chunks: a cut cannot be told from the end
      --> models/staging/sources.yml:4:17 'http://127.0.0.1:<port>/rows.csv?token=secret': read here
      help: download the file by other means, and use `path:`
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    ");
}

#[test]
fn what_no_repeat_can_mend_is_not_repeated() {
    let server = Server::start(vec![status("404 Not Found")]);
    let shown = run(&mut url(&server), &server);
    assert_snapshot!(shown, @r"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[fetch-refused]: cannot fetch http://127.0.0.1:<port>/rows.csv: the server answered 404
      --> models/staging/sources.yml:4:17 'http://127.0.0.1:<port>/rows.csv?token=secret': read here
      help: the data has moved: look for its new address
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    ");
    let server = Server::start(vec![status("403 Forbidden")]);
    let shown = run(&mut url(&server), &server);
    assert_snapshot!(shown, @r"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[fetch-refused]: cannot fetch http://127.0.0.1:<port>/rows.csv: the server answered 403
      --> models/staging/sources.yml:4:17 'http://127.0.0.1:<port>/rows.csv?token=secret': read here
      help: it wants credentials: an app token, or another address
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    ");
}

#[test]
fn a_server_that_stays_away_is_given_up_on() {
    let server = Server::start((0..6).map(|_| status("502 Bad Gateway")).collect());
    let mut world = url(&server);
    assert_snapshot!(run(&mut world, &server), @r"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[fetch-failed]: cannot fetch http://127.0.0.1:<port>/rows.csv: the server answered 502
      --> models/staging/sources.yml:4:17 'http://127.0.0.1:<port>/rows.csv?token=secret': read here
      note: tried 6 times
      help: check the address and the network; what was loaded before is untouched
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    GET /rows.csv?token=secret HTTP/1.1
    ");
    assert_eq!(world.pauses.lock().expect("not poisoned").len(), 5);
}

#[test]
fn redirects_are_followed() {
    let server = Server::start(vec![status("302 Found\r\nLocation: /moved.csv"), ok("", ROWS)]);
    assert_snapshot!(run(&mut url(&server), &server), @r"
    items → staging.items: read 3 loaded 3 quarantined 0
    asked:
    GET /rows.csv?token=secret HTTP/1.1
    GET /moved.csv HTTP/1.1
    ");
}

#[test]
fn a_resource_is_read_page_by_page_and_counted() {
    let page = |from: usize, to: usize| -> String {
        let rows: Vec<_> = (from..to).map(|id| format!("\"{id}\",\"2020-01-0{id}\"\n")).collect();
        format!("\"id\",\"sold_on\"\n{}", rows.concat())
    };
    let script = |counted: &str| {
        vec![
            ok("", &format!("\"count\"\n\"{counted}\"\n")),
            ok("", &page(1, 3)),
            status("429 Too Many Requests\r\nRetry-After: 1"),
            ok("", &page(3, 5)),
            ok("", &page(5, 6)),
        ]
    };
    let place = |server: &Server| {
        world(&format!("{{socrata: '{}/resource/items.csv', page_rows: 2, where: \"id > '0'\"}}", server.address))
    };
    let server = Server::start(script("5"));
    assert_snapshot!(run(&mut place(&server), &server), @r"
    items → staging.items: read 5 loaded 5 quarantined 0
    asked:
    GET /resource/items.csv?$select=count(*)&$where=id%20%3E%20%270%27 HTTP/1.1
    GET /resource/items.csv?$order=:id&$limit=2&$offset=0&$where=id%20%3E%20%270%27 HTTP/1.1
    GET /resource/items.csv?$order=:id&$limit=2&$offset=2&$where=id%20%3E%20%270%27 HTTP/1.1
    GET /resource/items.csv?$order=:id&$limit=2&$offset=2&$where=id%20%3E%20%270%27 HTTP/1.1
    GET /resource/items.csv?$order=:id&$limit=2&$offset=4&$where=id%20%3E%20%270%27 HTTP/1.1
    ");
    let server = Server::start(script("6"));
    assert_snapshot!(run(&mut place(&server), &server), @r"
    items → staging.items: read 0 loaded 0 quarantined 0
    error[incomplete-download]: http://127.0.0.1:<port>/resource/items.csv counts 6 rows, but its pages held 5
      --> models/staging/sources.yml:4:21 'http://127.0.0.1:<port>/resource/items.csv': read here
      help: rows were added or removed while the pages were read: run it again
    asked:
    GET /resource/items.csv?$select=count(*)&$where=id%20%3E%20%270%27 HTTP/1.1
    GET /resource/items.csv?$order=:id&$limit=2&$offset=0&$where=id%20%3E%20%270%27 HTTP/1.1
    GET /resource/items.csv?$order=:id&$limit=2&$offset=2&$where=id%20%3E%20%270%27 HTTP/1.1
    GET /resource/items.csv?$order=:id&$limit=2&$offset=2&$where=id%20%3E%20%270%27 HTTP/1.1
    GET /resource/items.csv?$order=:id&$limit=2&$offset=4&$where=id%20%3E%20%270%27 HTTP/1.1
    ");
}
