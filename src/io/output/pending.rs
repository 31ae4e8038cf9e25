//! A file beside its place, until it is whole.

use std::fs::{File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::io::array::Array;
use crate::io::error::{Error, Result, os_words};
use crate::io::temporary::{JoinedFile, TemporaryFile, TemporaryFolder};
use crate::io::zarr;

/// A file that replaces another when it is whole.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) file: File,
    pub(super) temporary: PathBuf,
    /// Removes the temporary file when dropped; not there in a process that only joined.
    pub(super) owner: Option<TemporaryFile>,
    pub(super) _joined: Option<JoinedFile>,
    pub(super) target: PathBuf,
    /// The target as the user wrote it.
    pub(super) name: String,
    /// Whether it becomes a Zarr folder.
    pub(super) zarr: bool,
}

impl Pending {
    pub(super) fn create(path: &Path, zarr: bool) -> Result<Pending> {
        let Target { path: target, folder, name } = Target::of(path, zarr)?;
        let prefix = beside(target.file_name().unwrap_or_default());
        let temporary = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(".partial")
            // As for any new file; the process's umask takes its share.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(&folder)
            .map_err(|e| no_file(&name, &folder, &e))?;
        let (file, owner) = temporary.into_parts();
        let temporary = owner.to_path_buf();
        let owner = Some(TemporaryFile::new(owner));
        Ok(Pending { file, temporary, owner, _joined: None, target, name, zarr })
    }

    pub(super) fn failed(&self, error: &std::io::Error) -> Error {
        Error::run(format!("cannot write {}: {}", self.name, os_words(error)))
    }

    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(|e| self.failed(&e))
    }

    #[track_caller]
    pub(super) fn rename(mut self) -> Result<()> {
        let owner = self.owner.take().unwrap_or_else(|| {
            unreachable!("{}: the process that created an output commits it", self.name)
        });
        owner.persist(&self.target).map_err(|e| self.failed(&e.error))
    }

    /// For a Zarr output, the folder that takes its place, beside it.
    pub(super) fn folder(&self) -> Result<Option<TemporaryFolder>> {
        if !self.zarr {
            return Ok(None);
        }
        let folder = TemporaryFolder::from(self.folder_beside(".partial")?);
        let array = Array::open(&self.temporary, None)?;
        zarr::write(&array, folder.path(), &self.name)?;
        Ok(Some(folder))
    }

    fn folder_beside(&self, suffix: &str) -> Result<tempfile::TempDir> {
        let parent = self.target.parent().filter(|p| !p.as_os_str().is_empty());
        let prefix = beside(self.target.file_name().unwrap_or_default());
        let made = tempfile::Builder::new()
            .prefix(&prefix)
            .suffix(suffix)
            .permissions(Permissions::from_mode(0o777))
            .tempdir_in(parent.unwrap_or(Path::new(".")));
        made.map_err(|e| self.failed(&e))
    }

    /// Puts a complete folder in the target's place; an old one goes when the new one is there.
    pub(super) fn replace(&self, folder: TemporaryFolder) -> Result<()> {
        let failed = |e: std::io::Error| self.failed(&e);
        // What a failure in between leaves there is the user's.
        let old = self.folder_beside(".old")?;
        let parked = old.path().join("zarr");
        // A folder cannot be renamed onto one that is not empty.
        let there = self.target.is_dir();
        if there {
            std::fs::rename(&self.target, &parked).map_err(failed)?;
        }
        if let Err(e) = std::fs::rename(folder.path(), &self.target) {
            if there && std::fs::rename(&parked, &self.target).is_err() {
                return Err(Error::run(format!(
                    "cannot write {}: {}; the previous contents are in {}",
                    self.name,
                    os_words(&e),
                    old.keep().join("zarr").display()
                )));
            }
            return Err(failed(e));
        }
        // It is at its place, and no longer temporary.
        folder.keep();
        Ok(())
    }
}

/// What the names of temporary files beside a file begin with.
fn beside(file_name: &std::ffi::OsStr) -> String {
    format!(".{}.", file_name.to_string_lossy())
}

/// A place that an output may take.
struct Target {
    /// Where links lead.
    path: PathBuf,
    folder: PathBuf,
    /// As the user wrote it.
    name: String,
}

impl Target {
    fn of(path: &Path, zarr: bool) -> Result<Target> {
        let name = path.display().to_string();
        let wrong = |what: &str| Error::input(format!("cannot write {name}: {what}"));
        if zarr {
            zarr::can_write(&name)?;
        }
        // A link stays a link: the file that it names is replaced.
        let target = match path.is_symlink().then(|| path.canonicalize()) {
            Some(Ok(target)) => target,
            Some(Err(_)) if path.starts_with("/dev") || path.starts_with("/proc") => {
                return Err(wrong("it is a stream").help("use \"-\" for standard output"));
            }
            Some(Err(e)) => return Err(wrong(&format!("it is a broken link: {}", os_words(&e)))),
            None => path.to_path_buf(),
        };
        let folder = match (target.parent(), target.file_name()) {
            (Some(folder), Some(_)) if folder.as_os_str().is_empty() => PathBuf::from("."),
            (Some(folder), Some(_)) => folder.to_path_buf(),
            _ => return Err(wrong("it does not name a file")),
        };
        match target.metadata() {
            Ok(meta) if zarr => check_replaceable(&target, &name, meta.is_dir())?,
            Ok(meta) if meta.is_dir() => return Err(wrong("it is a folder")),
            Ok(meta) if !meta.is_file() => {
                return Err(wrong("it is not a regular file").help("use \"-\" for standard output"));
            }
            _ => {}
        }
        if !folder.is_dir() {
            let what = format!("there is no folder {}", folder.display());
            return Err(wrong(&what).help("create it first"));
        }
        Ok(Target { path: target, folder, name })
    }
}

fn no_file(name: &str, folder: &Path, error: &std::io::Error) -> Error {
    Error::input(format!(
        "cannot write {name}: cannot create a file in {}: {}",
        folder.display(),
        os_words(error)
    ))
}

/// An error if no output can be written to a path. Nothing is left there.
pub fn check_writable(path: &Path) -> Result<()> {
    let target = Target::of(path, zarr::is_named(path))?;
    let made = tempfile::tempfile_in(&target.folder);
    made.map(drop).map_err(|e| no_file(&target.name, &target.folder, &e))
}

/// An error if a place is taken by anything that a Zarr array should not replace.
fn check_replaceable(target: &Path, name: &str, is_folder: bool) -> Result<()> {
    if !is_folder {
        return Err(Error::input(format!(
            "cannot write {name}: a Zarr array is a folder, and this is a file"
        ))
        .help("remove it first, or choose another path"));
    }
    if !zarr::is_array(target) {
        return Err(Error::input(format!(
            "cannot write {name}: it is a folder that is not a Zarr array"
        ))
        .help("remove it first, or choose another path"));
    }
    Ok(())
}

/// Paths of streams, wherever they lead.
const STREAMS: [&str; 5] = ["/dev/fd", "/dev/stderr", "/dev/stdin", "/dev/stdout", "/proc/self/fd"];

/// Refuses a path that names a stream, or by its last `/` a folder where a file is written.
pub fn check_file(path: &Path) -> Result<()> {
    let name = path.display().to_string();
    if STREAMS.iter().any(|stream| path.starts_with(stream)) {
        return Err(Error::input(format!("cannot write {name}: it is a stream"))
            .help("use \"-\" for standard output"));
    }
    if name.ends_with('/') && !zarr::is_named(path) {
        return Err(Error::input(format!(
            "cannot write {name}: a path that ends in `/` is a folder"
        ))
        .help("leave out the `/`"));
    }
    Ok(())
}

/// Refuses a path whose ending says another format than what is written: .npy or .zarr for arrays,
/// .csv for text. What is there and is no file, such as /dev/null, takes anything.
pub fn check_ending(path: &Path, text: bool) -> Result<()> {
    let known: &[&str] = if text { &["csv"] } else { &["npy", "zarr"] };
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    let device = path.metadata().is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
    if known.iter().any(|k| ending.eq_ignore_ascii_case(k)) || device {
        return Ok(());
    }
    let name = path.display();
    let (what, kinds, to) = match text {
        true => ("text", ".csv", "csv"),
        false => ("an array", ".npy or .zarr", "npy"),
    };
    let inner = path.file_stem().map(Path::new).and_then(Path::extension);
    let inner = inner.and_then(|e| e.to_str()).filter(|e| known.contains(e));
    // The ending before that of a compression is the one.
    let other = match inner {
        Some(_) => path.with_extension(""),
        None => path.with_extension(to),
    };
    let other = other.display();
    let help = match ending.to_ascii_lowercase().as_str() {
        "csv" | "txt" | "dat" if !text => {
            format!("write {other}, then in Python: np.savetxt(\"{name}\", np.load(\"{other}\"))")
        }
        "npz" | "mat" | "h5" | "hdf5" | "sgy" | "segy" | "png" | "tif" | "tiff" => {
            format!("write {other}, and convert it")
        }
        _ => format!("write {other}"),
    };
    Err(Error::input(format!("cannot write {name}: {what} is written as {kinds}")).help(help))
}

/// An error if no array can be written to a path that names a Zarr folder; nothing for other paths.
pub fn check_zarr(path: &Path) -> Result<()> {
    let name = path.display().to_string();
    match path.metadata() {
        _ if !zarr::is_named(path) => Ok(()),
        Ok(meta) => {
            zarr::can_write(&name).and_then(|()| check_replaceable(path, &name, meta.is_dir()))
        }
        Err(_) => zarr::can_write(&name),
    }
}
