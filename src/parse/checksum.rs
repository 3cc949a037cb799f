//! dbt's checksums: SHA-256 of a file's text, with white space levelled.
//!
//! Source: dbt-core, `artifacts/resources/base.py`, `FileHash`.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Seeds above this size are told apart by their path instead.
/// Source: dbt-core, flag `maximum_seed_size_mib`, default 1.
const SEED_HASHED_BYTES_MAX: u64 = 1024 * 1024;

/// Of a file's text: runs of white space count as one blank, so that only words make a difference.
/// Source: dbt-core, `parser/read_files.py`, `normalize_file_contents`.
pub(crate) fn of_text(text: &str) -> String {
    let mut hash = Sha256::new();
    for (index, word) in text.split_whitespace().enumerate() {
        if index > 0 {
            hash.update(b" ");
        }
        hash.update(word.as_bytes());
    }
    hexadecimal(&hash.finalize())
}

/// Of a seed's file; its path, where the file is too big to be read for that.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn of_seed(absolute: &Path, original_file_path: &str, bytes_max: Option<u64>) -> io::Result<String> {
    let most = bytes_max.unwrap_or(SEED_HASHED_BYTES_MAX);
    if most != 0 && std::fs::metadata(absolute)?.len() > most {
        return Ok(original_file_path.to_string());
    }
    let bytes = std::fs::read(absolute)?;
    let text = String::from_utf8_lossy(&bytes);
    // Python reads text files with their line ends made equal.
    let text = text.trim().replace("\r\n", "\n").replace('\r', "\n");
    Ok(hexadecimal(&Sha256::digest(text.as_bytes())))
}

fn hexadecimal(digest: &[u8]) -> String {
    let mut out = String::with_capacity(64);
    for byte in digest {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_count() {
        let plain = of_text("select 1 from x");
        assert_eq!(plain, of_text("\n\n select 1\r\nfrom  x \n"));
        assert_ne!(plain, of_text("select 1 from y"));
        insta::assert_snapshot!(of_text("select 1"), @"822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f");
    }
}
