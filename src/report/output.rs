//! A stream that lines are written to: secrets are blotted out, and a reader that has gone is no error.

use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;

use anstream::AutoStream;

/// Values that must never be shown: those of `DBT_ENV_SECRET*` variables.
#[derive(Clone, Default)]
pub struct Secrets {
    values: Arc<Vec<String>>,
}

impl Secrets {
    /// Blank values are no secrets: blotting them out would garble everything.
    pub fn new(values: impl IntoIterator<Item = String>) -> Self {
        let mut values: Vec<_> = values.into_iter().filter(|value| !value.trim().is_empty()).collect();
        // The longest first, so that a secret within another leaves no remains of it.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { values: Arc::new(values) }
    }

    pub fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut scrubbed = Cow::Borrowed(text);
        for value in self.values.iter() {
            if scrubbed.contains(value.as_str()) {
                scrubbed = Cow::Owned(scrubbed.replace(value.as_str(), "*****"));
            }
        }
        scrubbed
    }
}

pub struct Output {
    stream: Box<dyn Write + Send>,
    secrets: Secrets,
    /// Lines that are not written yet.
    pending: String,
    is_open: bool,
}

impl Output {
    pub fn new(stream: Box<dyn Write + Send>, secrets: Secrets) -> Self {
        Self { stream, secrets, pending: String::new(), is_open: true }
    }

    // Colors are decided above; old consoles of Windows get them in their own way.
    pub fn stdout(secrets: Secrets) -> Self {
        Self::new(Box::new(AutoStream::always(io::stdout())), secrets)
    }

    pub fn stderr(secrets: Secrets) -> Self {
        Self::new(Box::new(AutoStream::always(io::stderr())), secrets)
    }

    /// Takes a line, to be written with the next [`Self::flush`].
    pub fn line(&mut self, text: &str) {
        self.pending.push_str(&self.secrets.scrub(text));
        self.pending.push('\n');
    }

    /// Writes what was taken, and lets it be seen. After the reader has gone, lines go nowhere.
    pub fn flush(&mut self) {
        if self.is_open && !self.pending.is_empty() {
            let written = self.stream.write_all(self.pending.as_bytes()).and_then(|()| self.stream.flush());
            self.is_open = written.is_ok();
        }
        self.pending.clear();
    }

    /// Whether lines wait for the next flush.
    pub fn is_pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Whether someone still reads.
    pub fn is_open(&self) -> bool {
        self.is_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blotted_out_whole() {
        let secrets = Secrets::new(["abc".to_string(), "abcdef".to_string(), " ".to_string()]);
        assert_eq!(secrets.scrub("token abcdef and abc"), "token ***** and *****");
    }

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let mut output = Output::new(Box::new(Gone), Secrets::default());
        output.line("a");
        output.flush();
        assert!(!output.is_open());
    }
}
