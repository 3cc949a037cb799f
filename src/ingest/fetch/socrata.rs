//! Reads a Socrata resource page by page into one CSV file.
//!
//! Always says `$limit` (the default of 1,000 is a silent cut) and `$order=:id` (there is no order otherwise), and
//! holds the number of rows against the portal's own count.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use super::http::{Client, Try, copy_body, has_provable_end};
use super::{Fetched, Progress, io_problem, shown_url};
use crate::diagnostic::Diagnostic;
use crate::ingest::bytes;
use crate::ingest::csv::Records;
use crate::ingest::pipeline::Socrata;

/// Downloads every page. `app_token` is sent as `X-App-Token`.
///
/// # Errors
/// As a download; also when the rows are not as many as the portal counts.
pub fn download_pages(
    client: &Client,
    resource: &Socrata,
    app_token: Option<&str>,
    folder: &Path,
    progress: Progress<'_>,
) -> Result<Fetched, Box<Diagnostic>> {
    fs::create_dir_all(folder).map_err(|error| io_problem("make", folder, &error))?;
    let pages = Pages { client, resource, app_token, page: folder.join("page"), progress };
    let wanted = pages.count()?;
    let (part, file) = (folder.join("source.part"), folder.join("source"));
    let found = pages.collect(&part)?;
    if found != wanted {
        let message = format!("{} counts {wanted} rows, but its pages held {found}", shown_url(&resource.url));
        return Err(Box::new(
            Diagnostic::error("incomplete-download", message)
                .help("rows were added or removed while the pages were read: run it again"),
        ));
    }
    fs::rename(&part, &file).map_err(|error| io_problem("finish", &part, &error))?;
    let _ = fs::remove_file(&pages.page);
    // The record of a plain download does not speak of this file.
    let _ = fs::remove_file(folder.join("source.json"));
    Ok(Fetched { path: file })
}

struct Pages<'a> {
    client: &'a Client,
    resource: &'a Socrata,
    app_token: Option<&'a str>,
    /// The page that is being read.
    page: PathBuf,
    progress: Progress<'a>,
}

impl Pages<'_> {
    fn count(&self) -> Result<u64, Box<Diagnostic>> {
        self.fetch(&[("$select", "count(*)")])?;
        let text = self.read_page()?;
        let number = text.lines().nth(1).map(|line| line.trim().trim_matches('"'));
        number.and_then(|number| number.parse().ok()).ok_or_else(|| {
            let message = format!("{} did not answer how many rows it has", shown_url(&self.resource.url));
            Box::new(Diagnostic::error("fetch-failed", message).help("the address must end in `.csv`"))
        })
    }

    fn collect(&self, into: &Path) -> Result<u64, Box<Diagnostic>> {
        let failed = |error: std::io::Error| io_problem("write", into, &error);
        let mut output = BufWriter::new(File::create(into).map_err(failed)?);
        let mut header: Option<String> = None;
        let (mut rows, mut total_bytes) = (0, 0);
        loop {
            let (limit, offset) = (self.resource.page_rows.to_string(), rows.to_string());
            self.fetch(&[("$order", ":id"), ("$limit", &limit), ("$offset", &offset)])?;
            let text = self.read_page()?;
            let (first, body) = text.split_once('\n').unwrap_or((&text, ""));
            match &header {
                None => {
                    writeln!(output, "{}", first.trim_end_matches('\r')).map_err(failed)?;
                    header = Some(first.to_string());
                }
                Some(header) if header == first => {}
                Some(_) => {
                    let message = format!("{} changed its columns between two pages", shown_url(&self.resource.url));
                    return Err(Box::new(Diagnostic::error("incomplete-download", message).help("run it again")));
                }
            }
            let found = count_records(body);
            output.write_all(body.as_bytes()).map_err(failed)?;
            if !body.is_empty() && !body.ends_with('\n') {
                output.write_all(b"\n").map_err(failed)?;
            }
            rows += found;
            total_bytes += text.len() as u64;
            (self.progress)(total_bytes, None);
            if found < self.resource.page_rows {
                break;
            }
        }
        let file = output.into_inner().map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        Ok(rows)
    }

    /// Brings one answer into the page file, whole.
    fn fetch(&self, query: &[(&str, &str)]) -> Result<(), Box<Diagnostic>> {
        let filter = self.resource.filter.as_deref().map(|filter| ("$where", filter));
        let query = query.iter().copied().chain(filter);
        let query: Vec<_> = query.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
        let joint = if self.resource.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{joint}{}", self.resource.url, query.join("&"));
        let token = || self.app_token.map(|token| ("X-App-Token", token.to_string())).into_iter().collect();
        self.client.get(&url, token, |mut answer| {
            let written = File::create(&self.page).and_then(|file| {
                let mut file = BufWriter::new(file);
                let copied = copy_body(&mut answer.body, |chunk| file.write_all(chunk))?;
                file.flush().map(|()| copied)
            });
            let again = |why| Try::Again { why, retry_after: None };
            match written {
                Err(error) => Try::Never(io_problem("write", &self.page, &error)),
                Ok(Err(why)) => again(why),
                Ok(Ok(count)) if answer.length.is_some_and(|length| length != count) => {
                    again(format!("the body was cut short after {count} bytes"))
                }
                Ok(Ok(_)) if !has_provable_end(&answer) => {
                    again("the answer has no length and no chunks: a cut cannot be told from the end".to_string())
                }
                Ok(Ok(_)) => Try::Done(()),
            }
        })
    }

    fn read_page(&self) -> Result<String, Box<Diagnostic>> {
        let mut text = Vec::new();
        bytes::open(&self.page)
            .and_then(|(mut input, _)| input.read_to_end(&mut text))
            .map_err(|error| io_problem("read", &self.page, &error))?;
        // What is not UTF-8 is found again, row by row, when the file is typed; a page must not hide it.
        String::from_utf8(text)
            .map_err(|_| Box::new(Diagnostic::error("broken-input", "the portal sent a page that is not UTF-8 text")))
    }
}

fn count_records(text: &str) -> u64 {
    let mut records = Records::new(text.as_bytes(), b',');
    let mut count = 0;
    while let Ok(Some(_)) = records.next() {
        count += 1;
    }
    count
}

/// Percent-encoding of a query's value.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'*' | b'(' | b')' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
