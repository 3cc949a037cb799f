//! Opens a local file as a stream of bytes: counted, hashed, and unpacked when it is gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::pipeline::hex;

const BUFFER_BYTES: usize = 1 << 18;
const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];

/// What went through so far, and its digest at the end. Cheap to clone.
#[derive(Clone, Default)]
pub struct Meter {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    bytes: u64,
    digest: Sha256,
}

impl Meter {
    /// Bytes of the file itself, packed as it may be.
    pub fn bytes(&self) -> u64 {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).bytes
    }

    /// SHA-256 of the bytes that went through.
    pub fn sha256(&self) -> String {
        hex(&self.seen.lock().unwrap_or_else(PoisonError::into_inner).digest.clone().finalize())
    }

    fn note(&self, bytes: &[u8]) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.bytes += bytes.len() as u64;
        seen.digest.update(bytes);
    }
}

struct Metered<R> {
    input: R,
    meter: Meter,
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.input.read(into)?;
        self.meter.note(&into[..count]);
        Ok(count)
    }
}

/// Opens a file; gzip is known by its first bytes, not by its name, and may be wrapped twice (a `.gz` file that was
/// sent with a gzip encoding).
///
/// # Errors
/// The file cannot be opened or read.
pub fn open(path: &Path) -> io::Result<(Box<dyn Read>, Meter)> {
    let meter = Meter::default();
    let file = Metered { input: File::open(path)?, meter: meter.clone() };
    Ok((unpacked(Box::new(file), 2)?, meter))
}

fn unpacked(input: Box<dyn Read>, layers_max: usize) -> io::Result<Box<dyn Read>> {
    let mut input = BufReader::with_capacity(BUFFER_BYTES, input);
    if layers_max > 0 && input.fill_buf()?.starts_with(&GZIP_MAGIC) {
        return unpacked(Box::new(MultiGzDecoder::new(input)), layers_max - 1);
    }
    Ok(Box::new(input))
}

/// Whether the file's first bytes say that it is gzip.
///
/// # Errors
/// The file cannot be read.
pub fn is_gzip(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(GZIP_MAGIC.len() as u64).read_to_end(&mut start)?;
    Ok(start == GZIP_MAGIC)
}

/// SHA-256 of a file.
///
/// # Errors
/// The file cannot be read.
pub fn sha256_of(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut digest = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hex(&digest.finalize())),
            count => digest.update(&buffer[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).expect("writing to memory");
        encoder.finish().expect("writing to memory")
    }

    fn read(bytes: &[u8]) -> io::Result<(String, u64)> {
        let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
        file.write_all(bytes).expect("writable");
        let (mut input, meter) = open(file.path())?;
        let mut text = String::new();
        input.read_to_string(&mut text)?;
        assert_eq!(meter.sha256(), sha256_of(file.path()).expect("readable"));
        Ok((text, meter.bytes()))
    }

    #[test]
    fn gzip_is_unpacked_whole_or_not_at_all() {
        assert_eq!(read(b"a,b\n").expect("plain"), ("a,b\n".to_string(), 4));
        let packed = gzip(b"a,b\n");
        assert_eq!(read(&packed).expect("gzip").0, "a,b\n");
        assert_eq!(read(&gzip(&packed)).expect("gzip in gzip").0, "a,b\n");
        assert_eq!(read(&[packed.clone(), gzip(b"1,2\n")].concat()).expect("two members").0, "a,b\n1,2\n");
        let cut = read(&packed[..packed.len() - 3]).unwrap_err();
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
        let garbage = read(&[packed, b"and then some garbage".to_vec()].concat()).unwrap_err();
        assert_eq!(garbage.kind(), io::ErrorKind::InvalidInput);
    }
}
