//! Opens arrays: files, members, folders, and streams.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::OnceLock;

use super::Array;
use super::base::{Checksum, Origin, Stamp};
use crate::io::error::{Error, Result, os_words};
use crate::io::foreign;
use crate::io::npy::{Header, MAGIC};
use crate::io::npz::{self, MemberPlace, Positioned};
use crate::io::zarr;
use crate::space::show_dims;

impl Array {
    /// Opens a .npy file, a member of a .npz file by key, a Zarr folder, or an array in a Zarr group
    /// by its path; reads headers only. The key may be left out when there is one member. A pipe is
    /// read whole, like standard input.
    pub fn open(path: &Path, key: Option<&str>) -> Result<Array> {
        if path.is_dir() {
            return Ok(Array::zarr(zarr::open(path, key)?));
        }
        let name = path.display().to_string();
        let mut file = open_file(path, &name)?;
        let meta = file.metadata().map_err(|e| {
            Error::run(format!("cannot read the metadata of {name}: {}", os_words(&e)))
        })?;
        let no_key = |key: Option<&str>| match key {
            Some(key) => {
                Err(Error::input(format!("{name} is one .npy array and has no member \"{key}\""))
                    .help("leave out `key`")
                    .of_member())
            }
            None => Ok(()),
        };
        if !meta.is_file() {
            no_key(key)?;
            return Array::from_reader(&mut file, &name);
        }
        let mut magic = [0; 16];
        let got = file.read_at(&mut magic, 0).unwrap_or(0);
        if !magic.starts_with(b"PK")
            && !magic.starts_with(MAGIC)
            && got > 0
            && let Some((what, help)) = foreign::advice(path, &magic[..got])
        {
            return Err(Error::input(format!("cannot read {name}: it is {what}")).help(help));
        }
        let stamp = Stamp { length: meta.len(), modified: meta.modified().ok() };
        let path = path.to_path_buf();
        let (name, header, source) = if got >= 4 && magic.starts_with(b"PK") {
            let member = npz::find(&file, &name, key)?;
            let name = npz::member_name(&name, &member.key);
            let source = match member.place {
                MemberPlace::Stored { offset, index } => {
                    let offset = offset + member.header.data_offset;
                    let checksum = Some(Checksum { index, verified: OnceLock::new() });
                    Origin::File { offset, file, path, stamp, checksum }
                }
                MemberPlace::Deflated { index } => Origin::Inflated {
                    file,
                    index,
                    header: member.header.clone(),
                    data: OnceLock::new(),
                },
            };
            (name, member.header, source)
        } else {
            let header = Header::read(&mut Positioned { file: &file, at: 0 }, &name)?;
            header.check_length(meta.len(), &name)?;
            no_key(key)?;
            let offset = header.data_offset;
            (name, header, Origin::File { file, path, offset, stamp, checksum: None })
        };
        Ok(Array::stored(name, &header, source))
    }

    /// Reads a .npy stream to the end of its array, and no further. Memory grows with the bytes
    /// that come, not with what the header claims.
    pub fn from_reader(from: &mut dyn Read, name: &str) -> Result<Array> {
        let header = Header::read(from, name)?;
        let promised = header.data_bytes();
        let mut data = Vec::new();
        let got = from
            .take(promised)
            .read_to_end(&mut data)
            .map_err(|e| Error::run(format!("cannot read {name}: {}", os_words(&e))))?;
        if (got as u64) < promised {
            return Err(Error::input(format!(
                "cannot read {name}: it ended after {got} bytes of data; its header promises {promised} ({} {})",
                show_dims(&header.dims),
                header.dtype
            ))
            .help("did the program that writes it fail?"));
        }
        data.shrink_to_fit();
        Ok(Array::stored(name.to_string(), &header, Origin::Bytes(data)))
    }
}

/// Opens a file for reading; the error says why it cannot.
pub(crate) fn open_file(path: &Path, name: &str) -> Result<File> {
    let file = File::open(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => {
            let what = if zarr::is_named(path) { "folder" } else { "file" };
            let error = Error::input(format!("cannot open {name}: no such {what}"));
            match nearest_file(path) {
                Some(near) => error.help(format!("did you mean {near}?")),
                None => error,
            }
        }
        _ => Error::input(format!("cannot open {name}: {}", os_words(&e))),
    })?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        return Err(Error::input(format!("cannot read {name}: it is a folder"))
            .help("name a .npy or .npz file"));
    }
    Ok(file)
}

fn nearest_file(path: &Path) -> Option<String> {
    let wanted = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .take(1000)
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|n| [".npy", ".npz", ".zarr"].iter().any(|end| n.ends_with(end)))
        .collect();
    names.sort();
    // One letter of two says nothing.
    let stem = path.file_stem().and_then(|s| s.to_str()).unwrap_or("");
    if stem.chars().count() < 3 {
        return None;
    }
    let likeness = |n: &str| strsim::jaro_winkler(n, wanted);
    names
        .into_iter()
        .filter(|n| likeness(n) > 0.85)
        .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))
}
