//! A project, a hub in the process, and a cache, all gone after the test.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use tamis::deps::{Addition, Order, run};
use tamis::event::{Event, EventSender};
use tamis::jinja::YamlEngine;
use tamis::project::{Flags, Invocation, LoadOptions};
use tamis::report::{Style, draw};
use tempfile::TempDir;

use crate::binary::{folder, write};

/// Answers by path; remembers what was asked.
pub struct Server {
    pub address: String,
    files: Arc<Mutex<BTreeMap<String, Vec<u8>>>>,
    asked: Arc<Mutex<Vec<String>>>,
    /// Hangs up on everyone.
    is_down: Arc<AtomicBool>,
}

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: format!("http://{}", listener.local_addr().unwrap()),
            files: Arc::default(),
            asked: Arc::default(),
            is_down: Arc::default(),
        };
        let (files, asked) = (Arc::clone(&server.files), Arc::clone(&server.asked));
        let is_down = Arc::clone(&server.is_down);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if !is_down.load(Ordering::SeqCst) {
                    answer(stream, &files, &asked);
                }
            }
        });
        server
    }

    pub fn serve(&self, path: &str, body: impl Into<Vec<u8>>) {
        self.files.lock().unwrap().insert(path.to_string(), body.into());
    }

    /// Paths asked for since the last time, sorted: downloads run side by side.
    pub fn asked(&self) -> String {
        let mut asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.sort();
        asked.join(" ")
    }

    pub fn go_down(&self) {
        self.is_down.store(true, Ordering::SeqCst);
    }
}

fn answer(mut stream: TcpStream, files: &Mutex<BTreeMap<String, Vec<u8>>>, asked: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let request = lines.next().and_then(Result::ok).unwrap_or_default();
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
    let path = request.split(' ').nth(1).unwrap_or_default().to_string();
    let body = files.lock().unwrap().get(&path).cloned();
    asked.lock().unwrap().push(path);
    let status = if body.is_some() { "200 OK" } else { "404 Not Found" };
    let body = body.unwrap_or_default();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

/// A gzipped tar of files with their texts.
pub fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = builder();
    for (path, text) in files {
        let mut header = header(text.len());
        builder.append_data(&mut header, path, text.as_bytes()).unwrap();
    }
    packed(builder)
}

pub fn builder() -> tar::Builder<GzEncoder<Vec<u8>>> {
    tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()))
}

pub fn header(bytes: usize) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes as u64);
    header.set_mode(0o644);
    header
}

pub fn packed(builder: tar::Builder<GzEncoder<Vec<u8>>>) -> Vec<u8> {
    builder.into_inner().unwrap().finish().unwrap()
}

/// A project `shop` that asks for packages.
pub struct World {
    pub project: TempDir,
    pub cache: TempDir,
    pub hub: Server,
    releases: BTreeMap<String, Vec<(String, serde_json::Value)>>,
}

/// What is asked of `deps` beside installing.
#[derive(Default)]
pub struct Asked<'a> {
    pub add: Option<(&'a str, &'static str)>,
    pub upgrade: bool,
    pub lock: bool,
    pub no_version_check: bool,
}

impl World {
    pub fn new(packages: &str) -> Self {
        let project = folder(&[("dbt_project.yml", "name: shop\nprofile: shop\n")]);
        let world =
            Self { project, cache: TempDir::new().unwrap(), hub: Server::start(), releases: BTreeMap::default() };
        world.packages(packages);
        world
    }

    pub fn packages(&self, text: &str) {
        self.file("packages.yml", text);
    }

    pub fn file(&self, path: &str, text: &str) {
        write(self.project.path(), path, &text.replace("HUB", &self.hub.address));
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|_| "(none)".to_string())
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.project.path().join(path)
    }

    /// A version of a package on the hub, and its archive.
    pub fn release(&mut self, package: &str, version: &str, more: serde_json::Value) {
        let name = package.rsplit('/').next().unwrap();
        let archive_path = format!("/{package}/{version}.tar.gz");
        let mut facts = serde_json::json!({
            "name": name, "version": version, "packages": [], "require_dbt_version": [],
            "downloads": {"tarball": format!("{}{archive_path}", self.hub.address)},
        });
        let facts_map = facts.as_object_mut().unwrap();
        facts_map.extend(more.as_object().cloned().unwrap_or_default());
        let project_file = (format!("{name}-{version}/dbt_project.yml"), format!("name: {name}\nversion: {version}\n"));
        self.hub.serve(&archive_path, archive(&[(project_file.0.as_str(), project_file.1.as_str())]));
        self.releases.entry(package.to_string()).or_default().push((version.to_string(), facts));
        let versions: serde_json::Map<_, _> = self.releases[package].iter().cloned().collect();
        let answer = serde_json::json!({"name": name, "namespace": "acme", "versions": versions});
        self.hub.serve(&format!("/api/v1/{package}.json"), answer.to_string());
        let index: Vec<&String> = self.releases.keys().collect();
        self.hub.serve("/api/v1/index.json", serde_json::to_vec(&index).unwrap());
    }

    pub fn deps(&self) -> String {
        self.deps_as(&Asked::default())
    }

    /// Everything that is told, and the packages that lie in dbt_packages/ afterwards.
    pub fn deps_as(&self, asked: &Asked<'_>) -> String {
        let mut options = LoadOptions::new(self.project.path());
        options.checks_version = !asked.no_version_check;
        let pairs = [
            ("TAMIS_CACHE", self.cache.path().display().to_string()),
            ("DBT_PACKAGE_HUB_URL", format!("{}/", self.hub.address)),
        ];
        options.environment = pairs.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
        let told: Arc<Mutex<String>> = Arc::default();
        let events = {
            let told = Arc::clone(&told);
            EventSender::through(move |event| {
                if let Event::Log { message, .. } = event {
                    told.lock().unwrap().push_str(&format!("{message}\n"));
                }
            })
        };
        let invocation = Invocation {
            id: "call".to_string(),
            started_at: chrono::DateTime::UNIX_EPOCH,
            command: "deps".to_string(),
            flags: Flags::default(),
            args: Default::default(),
        };
        let done = run(&Order {
            options: &options,
            renderer: &YamlEngine::new(),
            add: asked.add.map(|(text, key)| Addition::parse(text, key)),
            is_upgrade: asked.upgrade,
            locks_only: asked.lock,
            pause: Arc::new(|_| {}),
            invocation: &invocation,
            events,
        });
        let mut told = told.lock().unwrap().clone();
        for problem in done.unwrap_or_else(|problems| problems) {
            told.push_str(&draw(&problem, Style::PLAIN));
            told.push('\n');
        }
        told.push_str(&format!("there: {}", self.installed()));
        self.without_places(&told)
    }

    pub fn without_places(&self, text: &str) -> String {
        text.replace(&self.hub.address, "HUB").replace(&self.project.path().display().to_string(), "[project]")
    }

    /// Names and versions of what lies in dbt_packages/, and what should not lie beside it.
    fn installed(&self) -> String {
        let names = |folder: &Path| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            let mut names: Vec<String> =
                entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            names
        };
        let left = names(self.project.path()).into_iter().filter(|name| name.starts_with(".tamis"));
        let packages = self.path("dbt_packages");
        let installed = names(&packages).into_iter().map(|name| {
            let text = fs::read_to_string(packages.join(&name).join("dbt_project.yml")).unwrap_or_default();
            let version = text.lines().find_map(|line| line.strip_prefix("version: "));
            version.map_or_else(|| name.clone(), |version| format!("{name} {version}"))
        });
        installed.chain(left).collect::<Vec<_>>().join(", ")
    }
}
