//! Finds the input of a pipeline and brings it to local files.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::bytes;
use super::fetch::{self, Client, Progress};
use super::lake::LakeManifest;
use super::pipeline::{Format, Pipeline, Place, hex};
use super::run::IngestContext;
use crate::diagnostic::Diagnostic;

/// The input as local files, and what is known of it before it is read.
pub struct Input {
    pub files: Vec<PathBuf>,
    /// Where it came from, as the manifest shows it.
    pub from: String,
    pub bytes: u64,
    /// Known beforehand for files of the lake only.
    pub sha256: Option<String>,
}

impl Input {
    /// # Errors
    /// There is no such file, the download failed, or the lake has no load to read.
    pub fn find(
        pipeline: &Pipeline,
        all: &[Pipeline],
        context: &IngestContext<'_>,
        progress: Progress<'_>,
    ) -> Result<Self, Box<Diagnostic>> {
        let stage = context.stage(pipeline);
        let client = || Client::new(context.pause.clone(), context.project.invocation.id.clone());
        let path = match &pipeline.from.place {
            Place::Pipeline(upstream) => return from_lake(pipeline, upstream, all, context),
            Place::Path(path) => context.project.root.join(path),
            Place::Url(url) => fetch::download(&client(), url, &stage, progress)?.path,
            Place::Socrata(socrata) => {
                let token = std::env::var(&socrata.app_token_env).ok().filter(|token| !token.is_empty());
                fetch::download_pages(&client(), socrata, token.as_deref(), &stage, progress)?.path
            }
        };
        let size = fs::metadata(&path).and_then(|facts| {
            if facts.is_dir() { Err(std::io::Error::other("it is a folder")) } else { Ok(facts.len()) }
        });
        let bytes = size.map_err(|error| {
            let problem =
                |why: &str| Diagnostic::error("missing-input", format!("cannot read {}: {why}", path.display()));
            Box::new(match error.kind() {
                std::io::ErrorKind::NotFound => problem("there is no such file")
                    .help("correct `from`, whose path begins at the project's folder, or put the file there"),
                std::io::ErrorKind::PermissionDenied => problem("permission denied"),
                _ => problem(&error.to_string()),
            })
        })?;
        let path = match pipeline.from.format {
            Format::Csv { .. } => path,
            Format::Parquet => plain_parquet(path, &stage)?,
        };
        Ok(Self { files: vec![path], from: fetch::shown_url(&pipeline.origin()), bytes, sha256: None })
    }

    /// Digest of the whole input.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn sha256(&self) -> std::io::Result<String> {
        match (&self.sha256, self.files.as_slice()) {
            (Some(sha256), _) => Ok(sha256.clone()),
            (None, [file]) => bytes::sha256_of(file),
            (None, files) => {
                let digests = files.iter().map(|file| bytes::sha256_of(file)).collect::<Result<String, _>>()?;
                Ok(hex(&Sha256::digest(digests)))
            }
        }
    }
}

/// Parquet is read here and there, which gzip does not allow: a packed file is unpacked into the stage first.
fn plain_parquet(path: PathBuf, stage: &Path) -> Result<PathBuf, Box<Diagnostic>> {
    let is_packed = bytes::is_gzip(&path).map_err(|error| {
        Box::new(Diagnostic::error("unreadable-input", format!("cannot read {}: {error}", path.display())))
    })?;
    if !is_packed {
        return Ok(path);
    }
    let to = stage.join("unpacked.parquet");
    let unpacked = fs::create_dir_all(stage).and_then(|()| {
        let (mut input, _) = bytes::open(&path)?;
        std::io::copy(&mut input, &mut fs::File::create(&to)?)
    });
    match unpacked {
        Ok(_) => Ok(to),
        Err(error) => {
            let message = format!("cannot unpack {}: {error}", path.display());
            Err(Box::new(Diagnostic::error("broken-input", message).help("fetch the file again")))
        }
    }
}

/// The current load of the pipeline that is read from.
fn from_lake(
    pipeline: &Pipeline,
    upstream: &str,
    all: &[Pipeline],
    context: &IngestContext<'_>,
) -> Result<Input, Box<Diagnostic>> {
    let Some(writer) = all.iter().find(|other| other.name == upstream) else {
        return Err(Box::new(Diagnostic::error("unknown-pipeline", format!("there is no pipeline `{upstream}`"))));
    };
    let run_it = format!("run it first: `tamis ingest {upstream}`");
    let lake = context.lake_of(writer)?;
    let Some(manifest) = LakeManifest::read(&*lake, &writer.into.lake_span)? else {
        let message = format!("`{upstream}` has not put anything into the lake yet");
        return Err(Box::new(Diagnostic::error("empty-lake", message).help(run_it)));
    };
    if manifest.schema_hash != writer.schema_hash() {
        let message = format!("the columns of `{upstream}` were changed since it last filled the lake");
        return Err(Box::new(Diagnostic::error("stale-lake", message).help(run_it)));
    }
    let scratch = context.stage(pipeline).join("input");
    let open = |name: &str| {
        lake.open(name, &scratch).map_err(|error| {
            let message = format!("cannot read {}: {error}", lake.address(name));
            Box::new(Diagnostic::error("broken-lake", message))
        })
    };
    let files = manifest.files.iter().map(|file| open(&file.name)).collect::<Result<_, _>>()?;
    let digests: String = manifest.files.iter().map(|file| file.sha256.as_str()).collect();
    Ok(Input {
        files,
        from: format!("{upstream} load {}", manifest.load_id),
        bytes: manifest.files.iter().map(|file| file.bytes).sum(),
        sha256: Some(hex(&Sha256::digest(digests))),
    })
}
