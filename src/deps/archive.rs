//! Unpacks the archive of a package: whole, inside its folder, or not at all.

use std::fs::{self, File};
use std::io;
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use tar::{Archive, EntryType};

use crate::project::packages::PROJECT_FILE;

/// Why an archive is not unpacked.
#[derive(Debug)]
pub(super) enum Broken {
    /// It ends too early, or is no gzipped tar at all: fetching it again may help.
    Cut(String),
    /// An entry would be written, or points, outside of the package.
    Escapes(String),
    /// It is sound, and not a package.
    NoPackage(String),
    Unwritable(io::Error),
}

/// Reads an archive to its end.
///
/// # Errors
/// `Cut`, or `Unwritable` when the file itself cannot be read.
pub(super) fn check(file: &Path) -> Result<(), Broken> {
    let mut archive = open(file)?;
    let mut count = 0;
    for entry in archive.entries().map_err(cut)? {
        io::copy(&mut entry.map_err(cut)?, &mut io::sink()).map_err(cut)?;
        count += 1;
    }
    if count == 0 {
        return Err(Broken::Cut("it is empty".to_string()));
    }
    // Whatever follows the last entry still belongs to gzip's checksum.
    io::copy(&mut archive.into_inner(), &mut io::sink()).map_err(cut)?;
    Ok(())
}

/// Unpacks below `into`, which is empty; the one folder of the package that was in it.
///
/// # Errors
/// What is wrong with it; `into` is then worth nothing.
pub(super) fn unpack(file: &Path, into: &Path) -> Result<PathBuf, Broken> {
    let mut archive = open(file)?;
    // Links are made last: so no file can be written through one.
    let mut links = Vec::new();
    for entry in archive.entries().map_err(cut)? {
        let mut entry = entry.map_err(cut)?;
        let kind = entry.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader | EntryType::XHeader) {
            continue;
        }
        let path = entry.path().map_err(cut)?.into_owned();
        let Some(inside) = inside(&path) else {
            return Err(Broken::Escapes(format!("its entry `{}` lies outside of the package", path.display())));
        };
        let target = into.join(&inside);
        match kind {
            EntryType::Directory => fs::create_dir_all(&target).map_err(Broken::Unwritable)?,
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                make_parent(&target)?;
                let mut written = File::create(&target).map_err(Broken::Unwritable)?;
                io::copy(&mut entry, &mut written).map_err(cut)?;
            }
            EntryType::Symlink | EntryType::Link => {
                let to = entry.link_name().map_err(cut)?.unwrap_or_default().into_owned();
                links.push((inside, to, kind));
            }
            _ => return Err(Broken::Escapes(format!("its entry `{}` is neither file nor folder", path.display()))),
        }
    }
    // Hard links become copies, and a copy must not be made through a symbolic link either.
    links.sort_by_key(|(_, _, kind)| *kind == EntryType::Symlink);
    for (link, to, kind) in links {
        make_link(into, &link, &to, kind)?;
    }
    refuse_escaping_links(into)?;
    only_package(into)
}

/// Refuses links that lead out of `folder`, wherever they come from.
pub(super) fn refuse_escaping_links(folder: &Path) -> Result<(), Broken> {
    let root = folder.canonicalize().map_err(Broken::Unwritable)?;
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.map_err(|error| Broken::Unwritable(error.into()))?;
        if !entry.path_is_symlink() {
            continue;
        }
        // A link to nothing is harmless as long as what it names would lie inside.
        let leads_to = entry.path().canonicalize().or_else(|_| {
            let to = fs::read_link(entry.path())?;
            Ok::<_, io::Error>(lexically(&entry.path().parent().unwrap_or(folder).join(to)))
        });
        let is_inside = leads_to.is_ok_and(|to| to.starts_with(&root) || to.starts_with(folder));
        if !is_inside {
            let shown = entry.path().strip_prefix(folder).unwrap_or(entry.path()).display().to_string();
            return Err(Broken::Escapes(format!("its link `{shown}` leads out of the package")));
        }
    }
    Ok(())
}

fn open(file: &Path) -> Result<Archive<MultiGzDecoder<io::BufReader<File>>>, Broken> {
    let file = File::open(file).map_err(Broken::Unwritable)?;
    Ok(Archive::new(MultiGzDecoder::new(io::BufReader::new(file))))
}

fn cut(error: io::Error) -> Broken {
    Broken::Cut(match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".to_string(),
        _ => error.to_string(),
    })
}

/// The path below the folder it is unpacked to; `None` when it leads elsewhere.
fn inside(path: &Path) -> Option<PathBuf> {
    let mut inside = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => inside.push(name),
            Component::Prefix(_) | Component::RootDir | Component::ParentDir => return None,
        }
    }
    Some(inside)
}

fn lexically(path: &Path) -> PathBuf {
    crate::project::packages::lexically_clean(path)
}

fn make_parent(path: &Path) -> Result<(), Broken> {
    path.parent().map_or(Ok(()), fs::create_dir_all).map_err(Broken::Unwritable)
}

/// What a symbolic link says is relative to itself, what a hard link says to the archive.
fn make_link(into: &Path, link: &Path, to: &Path, kind: EntryType) -> Result<(), Broken> {
    let place = into.join(link);
    make_parent(&place)?;
    let escapes = || Broken::Escapes(format!("its link `{}` leads out of the package", link.display()));
    let target = match kind {
        EntryType::Link => into.join(inside(to).ok_or_else(escapes)?),
        _ => lexically(&place.parent().unwrap_or(into).join(to)),
    };
    if !target.starts_with(into) {
        return Err(escapes());
    }
    if kind == EntryType::Link {
        return fs::copy(&target, &place).map(drop).map_err(|_| escapes());
    }
    link_or_copy(to, &target, &place).map_err(Broken::Unwritable)
}

/// A symbolic link at `place` that says `to`; a copy of `target` where links cannot be made.
pub(super) fn link_or_copy(to: &Path, target: &Path, place: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        let _ = target;
        std::os::unix::fs::symlink(to, place)
    }
    #[cfg(windows)]
    {
        let linked = match target.is_dir() {
            true => std::os::windows::fs::symlink_dir(to, place),
            false => std::os::windows::fs::symlink_file(to, place),
        };
        linked.or_else(|_| copy_tree(target, place))
    }
}

/// Copies a folder and all below it; links are followed.
pub(super) fn copy_tree(from: &Path, to: &Path) -> io::Result<()> {
    for entry in walkdir::WalkDir::new(from).follow_links(true) {
        let entry = entry?;
        let place = to.join(entry.path().strip_prefix(from).unwrap_or(entry.path()));
        if entry.file_type().is_dir() {
            fs::create_dir_all(&place)?;
        } else {
            fs::copy(entry.path(), &place)?;
        }
    }
    Ok(())
}

fn only_package(into: &Path) -> Result<PathBuf, Broken> {
    let entries = fs::read_dir(into).map_err(Broken::Unwritable)?;
    let folders: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    match folders.as_slice() {
        [folder] if folder.join(PROJECT_FILE).is_file() => Ok(folder.clone()),
        [_] => Err(Broken::NoPackage(format!("there is no `{PROJECT_FILE}` in it"))),
        _ => Err(Broken::NoPackage("a package's archive holds one folder, with everything below it".to_string())),
    }
}
