//! Members of a .npz archive.
//!
//! A stored member is read in place, like a .npy file that begins further on. Before that it is read
//! once from end to end, to verify its checksum. A deflated member cannot be entered at random, so it is decompressed
//! whole, once, at its first read.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use zip::result::ZipError;
use zip::{CompressionMethod, ZipArchive};

use super::error::{Error, Result, os_words};
use super::npy::{self, Header};
use super::sparse::is_sparse;

/// Where a member's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberPlace {
    /// Uncompressed, from this byte of the archive, and by number in it.
    Stored { offset: u64, index: usize },
    /// Deflated, by number in the archive.
    Deflated { index: usize },
}

/// One member, found and its header read.
pub(crate) struct Member {
    /// What [`members`] calls it.
    pub(crate) key: String,
    pub(crate) place: MemberPlace,
    pub(crate) header: Header,
}

/// The names that `key` can take for a .npz file, in the archive's order.
pub fn members(path: &Path) -> Result<Vec<String>> {
    let name = path.display().to_string();
    let file = super::array::open_file(path, &name)?;
    Ok(keys(&archive(&file, &name)?))
}

/// A member by key. Without a key, the only member of the archive.
pub(crate) fn find(file: &File, name: &str, key: Option<&str>) -> Result<Member> {
    let mut zip = archive(file, name)?;
    let keys = keys(&zip);
    let index = match key {
        Some(key) => keys
            .iter()
            .position(|k| k == key || key.strip_suffix(".npy") == Some(k))
            .ok_or_else(|| missing_key(name, key, &keys))?,
        None if keys.len() == 1 => 0,
        // Of a sparse matrix, its values.
        None if is_sparse(&keys) => keys.iter().position(|k| k == "data").unwrap_or(0),
        None => {
            return Err(Error::input(format!("cannot read {name}: it holds {}", listed(&keys)))
                .help("name one with `key`"));
        }
    };
    let key = keys[index].clone();
    let name = &member_name(name, &key);
    let entry = zip.by_index_raw(index).map_err(|e| damaged(name, &e))?;
    let (size, compression, offset) = (entry.size(), entry.compression(), entry.data_start());
    if entry.encrypted() {
        return Err(Error::input(format!("cannot read {name}: it is encrypted"))
            .help("save it with np.savez"));
    }
    drop(entry);
    let place = match (compression, offset) {
        (CompressionMethod::Stored, Some(offset)) => MemberPlace::Stored { offset, index },
        (CompressionMethod::Deflated, _) => MemberPlace::Deflated { index },
        (other, _) => {
            return Err(Error::input(format!(
                "cannot read {name}: it is compressed by {}",
                called(other)
            ))
            .help("save it with np.savez or np.savez_compressed"));
        }
    };
    let mut content = zip.by_index(index).map_err(|e| damaged(name, &e))?;
    let header = Header::read(&mut content, name)?;
    header.check_length(size, name)?;
    if let MemberPlace::Stored { offset, .. } = place {
        let length = file.metadata().map_or(0, |m| m.len());
        header.check_length(length.saturating_sub(offset), name)?;
    }
    Ok(Member { key, place, header })
}

/// What a method of compression is called.
fn called(method: CompressionMethod) -> String {
    let known = [
        (CompressionMethod::DEFLATE64, "Deflate64"),
        (CompressionMethod::BZIP2, "bzip2"),
        (CompressionMethod::LZMA, "LZMA"),
        (CompressionMethod::ZSTD, "Zstandard"),
        (CompressionMethod::XZ, "xz"),
        (CompressionMethod::PPMD, "PPMd"),
    ];
    let found = known.into_iter().find(|(known, _)| *known == method);
    found.map_or("an unknown method".into(), |(_, name)| name.into())
}

/// Bytes that are read at a time.
const PIECE: usize = 1 << 20;

/// Reads a stored member from end to end; an error if it does not have its checksum.
pub(crate) fn verify(file: &File, name: &str, index: usize) -> Result<()> {
    let mut zip = archive(file, name)?;
    let mut content = zip.by_index(index).map_err(|e| damaged(name, &e))?;
    let mut piece = vec![0; PIECE];
    loop {
        match content.read(&mut piece) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) if e.raw_os_error().is_some() => {
                return Err(Error::run(format!("cannot read {name}: {}", os_words(&e))));
            }
            Err(_) => {
                return Err(Error::run(format!(
                    "cannot read {name}: its data do not match the archive's checksum, so the file is damaged"
                ))
                .help("write the file again"));
            }
        }
    }
}

/// The data of a deflated member, without its header.
pub(crate) fn inflate(file: &File, name: &str, index: usize, expected: &Header) -> Result<Vec<u8>> {
    let mut zip = archive(file, name)?;
    let mut content = zip.by_index(index).map_err(|e| damaged(name, &e))?;
    if Header::read(&mut content, name)? != *expected {
        return Err(changed(name));
    }
    let promised = expected.data_bytes();
    // The buffer grows with what is really there, never with what is claimed. Reading past the
    // promised bytes makes the archive's checksum count, and meets its end.
    let mut data = Vec::new();
    let got = (&mut content).take(promised).read_to_end(&mut data).map_err(|e| undone(name, &e))?;
    if (got as u64) < promised {
        return Err(Error::run(format!(
            "cannot read {name}: it holds {got} bytes of data, its header promises {promised}"
        ))
        .help("write the file again"));
    }
    let mut beyond = [0; 256];
    while content.read(&mut beyond).map_err(|e| undone(name, &e))? > 0 {}
    data.shrink_to_fit();
    Ok(data)
}

/// The first bytes of a member that has few.
pub(crate) fn small(file: &File, name: &str, key: &str) -> Result<Vec<u8>> {
    const MOST: u64 = 1024;
    let mut zip = archive(file, name)?;
    let index = keys(&zip).iter().position(|k| k == key).unwrap_or(0);
    let name = &member_name(name, key);
    let mut member = Vec::new();
    let content = zip.by_index(index).map_err(|e| damaged(name, &e))?;
    content.take(MOST).read_to_end(&mut member).map_err(|e| undone(name, &e))?;
    Ok(member)
}

/// What messages call a member: `inputs.npz[d]`.
pub(crate) fn member_name(name: &str, key: &str) -> String {
    format!("{name}[{key}]")
}

pub(crate) fn changed(name: &str) -> Error {
    Error::run(format!("cannot read {name}: the file changed after it was opened"))
        .help("run again when nothing writes to it")
}

fn keys(zip: &ZipArchive<BufReader<Positioned<'_>>>) -> Vec<String> {
    zip.file_names_raw()
        .map(|raw| {
            let name = String::from_utf8_lossy(raw);
            name.strip_suffix(".npy").unwrap_or(&name).to_string()
        })
        .collect()
}

fn archive<'a>(file: &'a File, name: &str) -> Result<ZipArchive<BufReader<Positioned<'a>>>> {
    let mut start = [0; 8];
    let got = file.read_at(&mut start, 0).unwrap_or(0);
    if !start[..got].starts_with(b"PK") {
        if start[..got].starts_with(&npy::MAGIC[..got.min(6)]) {
            return Err(Error::input(format!("{name} is one .npy array and has no members")));
        }
        return Err(Error::input(format!("cannot read {name}: it is not a .npz archive")));
    }
    ZipArchive::new(BufReader::new(Positioned { file, at: 0 })).map_err(|e| damaged(name, &e))
}

fn damaged(name: &str, error: &ZipError) -> Error {
    if let ZipError::Io(e) = error
        && e.raw_os_error().is_some()
    {
        return Error::input(format!("cannot read {name}: {}", os_words(e)));
    }
    Error::input(format!("cannot read {name}: the archive is damaged or truncated"))
        .help("write the file again")
}

/// What went wrong while a member was decompressed.
fn undone(name: &str, error: &std::io::Error) -> Error {
    if error.raw_os_error().is_some() {
        return Error::run(format!("cannot read {name}: {}", os_words(error)));
    }
    Error::run(format!(
        "cannot decompress {name}: its data are damaged or truncated, or do not match the archive's checksum"
    ))
    .help("write the file again")
}

fn missing_key(name: &str, key: &str, keys: &[String]) -> Error {
    let nearest = keys
        .iter()
        .map(|k| (strsim::jaro_winkler(k, key), k))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, k)| format!("; did you mean \"{k}\"?"));
    Error::input(format!("{name} has no member \"{key}\""))
        .help(format!("it holds {}{}", listed(keys), nearest.unwrap_or_default()))
        .of_member()
}

fn listed(keys: &[String]) -> String {
    const MOST: usize = 20;
    if keys.is_empty() {
        return "nothing".to_string();
    }
    let mut list: Vec<String> = keys.iter().take(MOST).map(|k| format!("\"{k}\"")).collect();
    if keys.len() > MOST {
        list.push(format!("{} more", keys.len() - MOST));
    }
    list.join(", ")
}

/// Reads a file from its own place, so that readers which share the file do not disturb each
/// other.
pub(crate) struct Positioned<'a> {
    pub(crate) file: &'a File,
    pub(crate) at: u64,
}

impl Read for Positioned<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let got = self.file.read_at(buffer, self.at)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for Positioned<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
        };
        self.at = at.ok_or(std::io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
