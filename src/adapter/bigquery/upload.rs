//! Google's two ways of sending a file: whole with its metadata (multipart), or in parts that survive a
//! broken connection (resumable). The same for Cloud Storage objects and for BigQuery load jobs.
//!
//! Source: Cloud Storage documentation, "Resumable uploads" and "Uploads and downloads".

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use md5::{Digest, Md5};

use super::clock::Signal;
use super::error::ApiError;
use super::transport::{Body, Call, Reply, Retry, Transport};
use crate::manifest::Json;

/// Files up to this size go whole: one request, and preconditions that every emulator honours too.
pub const WHOLE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Length of one part; a multiple of 256 KiB, as the protocol asks.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Sessions started anew after the server forgot one.
const SESSIONS_MAX: u32 = 3;

/// What is sent.
#[derive(Clone, Copy)]
pub enum Content<'a> {
    Bytes(&'a [u8]),
    File(&'a Path),
}

/// A content that was looked at once: its length and checksum are known.
pub struct Measured<'a> {
    content: Content<'a>,
    pub length: u64,
    /// As the APIs write it: base 64.
    pub md5: String,
}

impl<'a> Measured<'a> {
    /// # Errors
    /// The file cannot be read.
    pub fn new(content: Content<'a>) -> std::io::Result<Self> {
        let mut hasher = Md5::new();
        let length = match content {
            Content::Bytes(bytes) => {
                hasher.update(bytes);
                bytes.len() as u64
            }
            Content::File(path) => {
                let mut file = File::open(path)?;
                let mut part = vec![0; 256 * 1024];
                let mut length = 0;
                loop {
                    match file.read(&mut part)? {
                        0 => break length,
                        count => {
                            hasher.update(&part[..count]);
                            length += count as u64;
                        }
                    }
                }
            }
        };
        let md5 = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, hasher.finalize());
        Ok(Self { content, length, md5 })
    }

    fn part(&self, offset: u64, length: usize) -> std::io::Result<Vec<u8>> {
        match self.content {
            Content::Bytes(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let end = start.saturating_add(length).min(bytes.len());
                Ok(bytes[start..end].to_vec())
            }
            Content::File(path) => {
                let mut file = File::open(path)?;
                file.seek(SeekFrom::Start(offset))?;
                let mut part = Vec::with_capacity(length);
                file.take(length as u64).read_to_end(&mut part)?;
                Ok(part)
            }
        }
    }
}

/// Sends metadata and content in one request.
///
/// # Errors
/// What the last try ended with.
pub fn send_whole(
    transport: &Transport,
    call: Call<'_>,
    metadata: &Json,
    content: &Measured<'_>,
    retry: Retry,
) -> Result<Reply, ApiError> {
    let bytes = content.part(0, usize::try_from(content.length).unwrap_or(usize::MAX)).map_err(unreadable)?;
    // The checksum makes the boundary one that the content cannot hold by accident.
    let boundary = format!("tamis_{}", content.md5.replace(['/', '+', '='], "_"));
    let mut body = Vec::with_capacity(bytes.len() + 512);
    body.extend_from_slice(
        format!("--{boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n{metadata}\r\n").as_bytes(),
    );
    body.extend_from_slice(format!("--{boundary}\r\nContent-Type: application/octet-stream\r\n\r\n").as_bytes());
    body.extend_from_slice(&bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    let content_type = format!("multipart/related; boundary={boundary}");
    let call = Call { body: Body::Bytes { content_type: &content_type, bytes: &body }, ..call }
        .query("uploadType", "multipart")
        .timeout(Duration::from_secs(300));
    transport.send_retrying(&call, retry, &Signal::default())
}

/// Sends content in parts; a part that was lost is sent again from where the server got to.
///
/// # Errors
/// What the last try ended with; a file that changed or cannot be read.
pub fn send_in_parts(
    transport: &Transport,
    call: &Call<'_>,
    metadata: &Json,
    content: &Measured<'_>,
    retry: Retry,
) -> Result<Reply, ApiError> {
    let start = Call { body: Body::Json(metadata), ..call.clone() }
        .query("uploadType", "resumable")
        .header("x-upload-content-type", "application/octet-stream")
        .header("x-upload-content-length", content.length.to_string());
    let mut sessions = 0;
    loop {
        sessions += 1;
        let opened = transport.send_retrying(&start, retry, &Signal::default())?;
        let address = opened.header("location").ok_or_else(|| ApiError {
            message: "an upload was started, but the server named no place to send it to".to_string(),
            status: Some(opened.status),
            ..ApiError::default()
        })?;
        match send_parts(transport, address, content, retry) {
            // The session is gone: documented for 404 and 410.
            Err(error) if matches!(error.status, Some(404 | 410)) && sessions < SESSIONS_MAX => {}
            other => return other,
        }
    }
}

fn send_parts(transport: &Transport, address: &str, content: &Measured<'_>, retry: Retry) -> Result<Reply, ApiError> {
    let total = content.length;
    let mut offset = 0;
    let mut failures = 0;
    loop {
        let part = content.part(offset, PART_BYTES).map_err(unreadable)?;
        if part.is_empty() && offset < total {
            return Err(unreadable(std::io::Error::other("the file got shorter while it was sent")));
        }
        let end = offset + part.len() as u64;
        // "bytes */0" is how an empty file is said to be complete.
        let range =
            if part.is_empty() { format!("bytes */{total}") } else { format!("bytes {offset}-{}/{total}", end - 1) };
        let put = Call::new("PUT", address)
            .header("content-range", range)
            .body(Body::Bytes { content_type: "application/octet-stream", bytes: &part })
            .timeout(Duration::from_secs(300));
        match transport.send(&put) {
            Ok(reply) if reply.status == 308 => {
                let reached = next_offset(&reply);
                failures = if reached > offset { 0 } else { failures + 1 };
                offset = reached;
            }
            Ok(reply) => return Ok(reply),
            Err(error) if error.is_retryable() => {
                failures += 1;
                if failures > retry.retries {
                    return Err(error);
                }
                let wait = transport.backoff(Duration::from_secs(30)).wait(failures, error.retry_after);
                transport.clock().pause(wait, &Signal::default());
                match ask_progress(transport, address, total, retry)? {
                    Progress::Complete(reply) => return Ok(reply),
                    Progress::At(reached) => offset = reached,
                }
            }
            Err(error) => return Err(error),
        }
        if failures > retry.retries.max(3) {
            return Err(ApiError {
                message: "an upload makes no progress".to_string(),
                status: Some(503),
                ..ApiError::default()
            });
        }
    }
}

enum Progress {
    Complete(Reply),
    At(u64),
}

fn ask_progress(transport: &Transport, address: &str, total: u64, retry: Retry) -> Result<Progress, ApiError> {
    let ask = Call::new("PUT", address).header("content-range", format!("bytes */{total}"));
    let reply = transport.send_retrying(&ask, retry, &Signal::default())?;
    Ok(if reply.status == 308 { Progress::At(next_offset(&reply)) } else { Progress::Complete(reply) })
}

/// `Range: bytes=0-42` means that 43 bytes have arrived; without it, none.
fn next_offset(reply: &Reply) -> u64 {
    let last =
        reply.header("range").and_then(|range| range.rsplit('-').next()).and_then(|last| last.trim().parse().ok());
    last.map_or(0, |last: u64| last + 1)
}

fn unreadable(error: std::io::Error) -> ApiError {
    // A status keeps it from being tried again: the file, not the network, is at fault.
    ApiError {
        status: Some(400),
        reason: Some("unreadable".to_string()),
        message: error.to_string(),
        ..ApiError::default()
    }
}
