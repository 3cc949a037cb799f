//! Downloads one address to one file: resumed where the server lets us be sure, skipped when nothing changed.

use std::fs::{self, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::http::{Answer, Client, Try, copy_body, has_provable_end, header};
use super::{Fetched, Progress, io_problem, shown_url};
use crate::diagnostic::Diagnostic;
use crate::ingest::bytes::{is_gzip, sha256_of};

const PROGRESS_BYTES: u64 = 1 << 20;

/// What is known of a file that was downloaded, or of the part of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    url: String,
    etag: Option<String>,
    last_modified: Option<String>,
    bytes: u64,
    /// Empty for a part.
    sha256: String,
}

/// Downloads `url` into `folder`.
///
/// # Errors
/// The network or the disk refuses; a file that was downloaded before stays as it was.
pub fn download(client: &Client, url: &str, folder: &Path, progress: Progress<'_>) -> Result<Fetched, Box<Diagnostic>> {
    fs::create_dir_all(folder).map_err(|error| io_problem("make", folder, &error))?;
    let place = Place { folder };
    let whole = place.whole(url);
    let is_new = client.get(
        url,
        || place.headers(url, whole.as_ref()),
        |answer| match place.receive(url, answer, whole.is_some(), progress) {
            Ok(attempt) => attempt,
            Err(problem) => Try::Never(problem),
        },
    )?;
    if is_new {
        place.finish()?;
    }
    Ok(Fetched { path: place.file() })
}

struct Place<'a> {
    folder: &'a Path,
}

impl Place<'_> {
    fn file(&self) -> PathBuf {
        self.folder.join("source")
    }

    fn record(&self) -> PathBuf {
        self.folder.join("source.json")
    }

    fn part(&self) -> PathBuf {
        self.folder.join("source.part")
    }

    fn part_record(&self) -> PathBuf {
        self.folder.join("source.part.json")
    }

    /// The file of an earlier run, if it is still what was written then.
    fn whole(&self, url: &str) -> Option<Record> {
        let record = read_record(&self.record()).filter(|record| record.url == url)?;
        let is_same = sha256_of(&self.file()).is_ok_and(|sha256| sha256 == record.sha256);
        (is_same && (record.etag.is_some() || record.last_modified.is_some())).then_some(record)
    }

    /// The part an earlier try left, if the server can go on behind it: that takes a strong validator.
    fn resumable(&self, url: &str) -> Option<(Record, u64)> {
        let record = read_record(&self.part_record()).filter(|record| record.url == url)?;
        let is_strong = record.etag.as_ref().is_some_and(|etag| !etag.starts_with("W/"));
        let bytes = fs::metadata(self.part()).ok()?.len();
        (is_strong && bytes > 0).then_some((record, bytes))
    }

    fn headers(&self, url: &str, whole: Option<&Record>) -> Vec<(&'static str, String)> {
        if let Some((record, bytes)) = self.resumable(url) {
            let etag = record.etag.unwrap_or_default();
            return vec![("Range", format!("bytes={bytes}-")), ("If-Range", etag)];
        }
        match whole {
            Some(Record { etag: Some(etag), .. }) => vec![("If-None-Match", etag.clone())],
            Some(Record { last_modified: Some(time), .. }) => vec![("If-Modified-Since", time.clone())],
            Some(_) | None => Vec::new(),
        }
    }

    /// `Done(true)`: the part is whole. `Done(false)`: the file of the earlier run is still right.
    fn receive(
        &self,
        url: &str,
        mut answer: Answer,
        has_whole: bool,
        progress: Progress<'_>,
    ) -> Result<Try<bool>, Box<Diagnostic>> {
        let again = |why: &str| Try::Again { why: why.to_string(), retry_after: None };
        let start = match answer.status {
            304 if has_whole => return Ok(Try::Done(false)),
            206 => match self.resumable(url) {
                Some((record, bytes)) if continues(&answer, &record, bytes) => bytes,
                Some(_) | None => {
                    self.drop_part();
                    return Ok(again("the server went on at another place than asked"));
                }
            },
            200 => 0,
            _ => {
                self.drop_part();
                return Ok(again("the server could not go on where the download had stopped"));
            }
        };
        if start == 0 {
            self.begin_part(url, &answer)?;
        }
        let path = self.part();
        let unwritable = |error: std::io::Error| io_problem("write", &path, &error);
        let file = OpenOptions::new().create(true).append(true).open(&path).map_err(unwritable)?;
        let mut file = BufWriter::new(file);
        let total = answer.length.map(|length| start + length);
        let (mut bytes, mut told) = (start, start);
        let copied = copy_body(&mut answer.body, |chunk| {
            bytes += chunk.len() as u64;
            if bytes - told >= PROGRESS_BYTES {
                told = bytes;
                progress(bytes, total);
            }
            file.write_all(chunk)
        });
        let copied = copied.and_then(|copied| file.flush().map(|()| copied)).map_err(unwritable)?;
        progress(bytes, total);
        let cut = match copied {
            Err(why) => Some(why),
            Ok(_) if total.is_some_and(|total| total != bytes) => {
                Some(format!("the body was cut short: {bytes} of {} bytes came", total.unwrap_or_default()))
            }
            Ok(_) => None,
        };
        if let Some(why) = cut {
            if self.resumable(url).is_none() {
                self.drop_part();
            }
            return Ok(again(&why));
        }
        // Without a length or chunks a cut looks like an end; only gzip then proves its own.
        if !has_provable_end(&answer) && !is_gzip(&path).unwrap_or(false) {
            self.drop_part();
            return Ok(Try::Never(Box::new(
                Diagnostic::error(
                    "unproven-download",
                    format!("{} sends no length and no chunks: a cut cannot be told from the end", shown_url(url)),
                )
                .help("download the file by other means, and use `path:`"),
            )));
        }
        Ok(Try::Done(true))
    }

    fn begin_part(&self, url: &str, answer: &Answer) -> Result<(), Box<Diagnostic>> {
        self.drop_part();
        let record = Record {
            url: url.to_string(),
            etag: header(&answer.headers, "etag").map(str::to_string),
            last_modified: header(&answer.headers, "last-modified").map(str::to_string),
            bytes: 0,
            sha256: String::new(),
        };
        write_record(&self.part_record(), &record)
    }

    fn drop_part(&self) {
        let _ = fs::remove_file(self.part());
        let _ = fs::remove_file(self.part_record());
    }

    /// The part becomes the file; the record follows, so that it never speaks of another file.
    fn finish(&self) -> Result<(), Box<Diagnostic>> {
        let (part, file) = (self.part(), self.file());
        let failed = |error: std::io::Error| io_problem("finish", &part, &error);
        let mut record = read_record(&self.part_record()).unwrap_or_default();
        let handle = File::open(&part).map_err(failed)?;
        handle.sync_all().map_err(failed)?;
        record.bytes = handle.metadata().map_err(failed)?.len();
        record.sha256 = sha256_of(&part).map_err(failed)?;
        let _ = fs::remove_file(self.record());
        fs::rename(&part, &file).map_err(failed)?;
        write_record(&self.record(), &record)?;
        let _ = fs::remove_file(self.part_record());
        Ok(())
    }
}

/// Whether a 206 goes on exactly behind the part we have, of the same file.
fn continues(answer: &Answer, record: &Record, bytes: u64) -> bool {
    let is_same = match header(&answer.headers, "etag") {
        Some(etag) => record.etag.as_deref() == Some(etag),
        None => true,
    };
    let begins =
        header(&answer.headers, "content-range").is_some_and(|text| text.starts_with(&format!("bytes {bytes}-")));
    is_same && begins
}

fn read_record(path: &Path) -> Option<Record> {
    fs::read_to_string(path).ok().and_then(|text| serde_json::from_str(&text).ok())
}

fn write_record(path: &Path, record: &Record) -> Result<(), Box<Diagnostic>> {
    let text = serde_json::to_string_pretty(record).expect("a record is plain data");
    fs::write(path, text).map_err(|error| io_problem("write", path, &error))
}
