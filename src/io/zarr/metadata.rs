//! The metadata of a Zarr array, versions 2 and 3: what pylopsd needs of it, checked.
//!
//! Dims and element types are read as those of .npy are, so that a hostile or unknown one is refused in
//! the same words.

use std::path::Path;

use serde_json::Value as Json;

use super::codecs::Codecs;
use super::missing::is_nested;
use super::refused;
use crate::io::error::Result;
use crate::io::npy::{Kind, StoredType, checked_len, swap_bytes};
use crate::space::show_dims;

/// Keys of version 3; another is refused unless it says that it may be left out.
const KEYS: [&str; 11] = [
    "zarr_format",
    "node_type",
    "shape",
    "data_type",
    "chunk_grid",
    "chunk_key_encoding",
    "fill_value",
    "codecs",
    "attributes",
    "dimension_names",
    "storage_transformers",
];

/// What the metadata says.
#[derive(Debug)]
pub(super) struct Metadata {
    /// 2 or 3.
    version: u8,
    json: Json,
    pub(super) dims: Vec<usize>,
    pub(super) stored: StoredType,
    /// Lengths of the chunks that are files.
    pub(super) chunk: Vec<usize>,
    pub(super) keys: Keys,
}

/// Names of the chunks that are files.
#[derive(Clone, Debug)]
pub(super) struct Keys {
    /// Whether they begin with `c`, as in version 3.
    begun: bool,
    separator: &'static str,
}

impl Keys {
    /// Of version 2; old writers of nested folders do not say so.
    fn of_v2(json: &Json, folder: &Path, axes: usize) -> Option<Keys> {
        let separator = match json.get("dimension_separator") {
            Some(said) => separator(said)?,
            None if axes > 1 && is_nested(folder, axes) => "/",
            None => ".",
        };
        Some(Keys { begun: false, separator })
    }

    /// Of version 3.
    fn of_v3(json: &Json) -> Option<Keys> {
        let begun = match json.as_str().or(json["name"].as_str())? {
            "default" => true,
            "v2" => false,
            _ => return None,
        };
        let separator = match json["configuration"].get("separator") {
            Some(said) => separator(said)?,
            None if begun => "/",
            None => ".",
        };
        Some(Keys { begun, separator })
    }

    /// The path of a chunk in its folder.
    pub(super) fn path(&self, index: &[u64]) -> String {
        let numbers = index.iter().map(u64::to_string);
        let parts: Vec<String> =
            self.begun.then(|| "c".to_string()).into_iter().chain(numbers).collect();
        if parts.is_empty() { "0".to_string() } else { parts.join(self.separator) }
    }
}

fn separator(json: &Json) -> Option<&'static str> {
    ["/", "."].into_iter().find(|s| json == s)
}

impl Metadata {
    /// Reads and checks the metadata of an array's folder.
    pub(super) fn read(folder: &Path, name: &str) -> Result<Metadata> {
        let (version, file) = match folder.join("zarr.json").is_file() {
            true => (3, "zarr.json"),
            false => (2, ".zarray"),
        };
        let damaged =
            |what: &str| refused(name, format!("its {file} is damaged: {what}; write it again"));
        let text = std::fs::read_to_string(folder.join(file)).map_err(|e| {
            refused(name, format!("its {file} cannot be read: {}", crate::io::error::os_words(&e)))
        })?;
        let json: Json = serde_json::from_str(&text).map_err(|e| damaged(&e.to_string()))?;
        let lengths = |value: Option<&Json>| -> Option<Vec<u64>> {
            value?.as_array()?.iter().map(Json::as_u64).collect()
        };
        let dims =
            lengths(json.get("shape")).ok_or_else(|| damaged("`shape` is no list of lengths"))?;
        let too_large = || refused(name, format!("its shape {dims:?} is larger than any memory"));
        let dims: Option<Vec<usize>> = dims.iter().map(|&n| usize::try_from(n).ok()).collect();
        let dims = dims.filter(|d| checked_len(d, 16).is_some()).ok_or_else(too_large)?;
        let (stored, chunk) = if version == 3 {
            let grid = &json["chunk_grid"];
            if grid["name"] != "regular" {
                let what =
                    format!("its chunk grid is {}; only regular ones are read", grid["name"]);
                return Err(refused(name, what));
            }
            (type_v3(&json["data_type"], name)?, lengths(grid["configuration"].get("chunk_shape")))
        } else {
            (type_v2(&json["dtype"], name)?, lengths(json.get("chunks")))
        };
        let lengths = |c: Vec<u64>| c.iter().map(|&n| usize::try_from(n).ok()).collect();
        let chunk: Option<Vec<usize>> = chunk.and_then(lengths);
        let chunk =
            chunk.filter(|c| c.len() == dims.len() && !c.contains(&0)).ok_or_else(|| {
                damaged(&format!("its chunks do not fit its shape {}", show_dims(&dims)))
            })?;
        let keys = match version {
            3 => Keys::of_v3(&json["chunk_key_encoding"]),
            _ => Keys::of_v2(&json, folder, dims.len()),
        };
        let keys = keys.ok_or_else(|| damaged("it does not say how chunks are named"))?;
        Ok(Metadata { version, json, dims, stored, chunk, keys })
    }

    /// What chunks went through.
    pub(super) fn codecs_of(&self, name: &str) -> Result<Codecs> {
        let codecs = match self.version {
            3 => self
                .nothing_else()
                .and_then(|()| Codecs::of_v3(&self.json["codecs"], self.stored.kind, &self.chunk)),
            _ => Codecs::of_v2(&self.json, self.dims.len(), self.stored.big_endian),
        };
        codecs.map_err(|e| {
            refused(
                name,
                format!(
                    "{e}; its codecs are {}, and bytes, transpose, blosc, gzip, zlib, zstd, crc32c and \
                     sharding_indexed are known",
                    self.codecs().join(", ")
                ),
            )
        })
    }

    /// That version 3 asks for nothing that is unknown here.
    fn nothing_else(&self) -> std::result::Result<(), String> {
        let changes = self.json["storage_transformers"].as_array();
        let other = self.json.as_object().into_iter().flatten().find(|(key, value)| {
            !KEYS.contains(&key.as_str()) && value["must_understand"] != Json::Bool(false)
        });
        match other {
            _ if changes.is_some_and(|list| !list.is_empty()) => {
                Err("it has storage transformers, which are unknown".into())
            }
            Some((key, _)) => Err(format!("its key \"{key}\" is unknown")),
            None => Ok(()),
        }
    }

    /// The value of chunks that are missing, as this machine's bytes.
    pub(super) fn fill(&self, name: &str) -> Result<Vec<u8>> {
        let said = &self.json["fill_value"];
        let zero = Json::from(0);
        let said = if self.version == 2 && said.is_null() { &zero } else { said };
        let kind = self.stored.kind;
        let bytes = match said.as_array().map(Vec::as_slice) {
            Some([re, im]) if kind.dtype().is_complex() => {
                part(re, kind).zip(part(im, kind)).map(|(re, im)| [re, im].concat())
            }
            Some(_) => None,
            // Old writers give complex arrays a real fill value.
            None => part(said, kind).map(|mut bytes| {
                bytes.resize(kind.size(), 0);
                bytes
            }),
        };
        let mut bytes = bytes.ok_or_else(|| refused(name, format!("its fill value is {said}")))?;
        if cfg!(target_endian = "big") {
            swap_bytes(&mut bytes, kind.component_size());
        }
        Ok(bytes)
    }

    /// Version, chunks and codecs for people; `chunk` are the parts that are decoded one by one.
    pub(super) fn words(&self, chunk: &[usize]) -> String {
        let shards = match self.chunk == chunk {
            true => String::new(),
            false => format!(" in shards {}", show_dims(&self.chunk)),
        };
        let codecs: Vec<String> = self
            .codecs()
            .into_iter()
            .filter(|c| !["bytes", "transpose"].contains(&c.as_str()))
            .collect();
        let codecs = if codecs.is_empty() { "uncompressed".to_string() } else { codecs.join(", ") };
        format!("Zarr version {}, chunks {}{shards}, {codecs}", self.version, show_dims(chunk))
    }

    /// Names of the codecs, those inside shards among them.
    fn codecs(&self) -> Vec<String> {
        fn named(list: &Json, key: &str, names: &mut Vec<String>) {
            for codec in list.as_array().into_iter().flatten() {
                names.extend(codec.as_str().or(codec[key].as_str()).map(str::to_string));
                named(&codec["configuration"]["codecs"], key, names);
            }
        }
        let mut names = Vec::new();
        if self.version == 3 {
            named(&self.json["codecs"], "name", &mut names);
        } else {
            named(&self.json["filters"], "id", &mut names);
            names.extend(self.json["compressor"]["id"].as_str().map(str::to_string));
        }
        names
    }
}

/// A number of a fill value, or a part of a complex one, least byte first.
fn part(json: &Json, kind: Kind) -> Option<Vec<u8>> {
    let bits = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    let number = || match json.as_str() {
        None => json.as_f64(),
        Some("NaN") => Some(f64::NAN),
        Some("Infinity") => Some(f64::INFINITY),
        Some("-Infinity") => Some(f64::NEG_INFINITY),
        Some(text) if kind.component_size() == 4 => {
            Some(f64::from(f32::from_bits(u32::try_from(bits(text)?).ok()?)))
        }
        Some(text) => Some(f64::from_bits(bits(text)?)),
    };
    let whole = || {
        let integer = json.as_i64().map(i128::from).or(json.as_u64().map(i128::from));
        integer.or(json.as_bool().map(i128::from)).or(json.as_f64().map(|n| n as i128))
    };
    Some(match kind {
        Kind::Float32 | Kind::Complex64 => (number()? as f32).to_le_bytes().to_vec(),
        Kind::Float64 | Kind::Complex128 => number()?.to_le_bytes().to_vec(),
        _ => whole()?.to_le_bytes()[..kind.size()].to_vec(),
    })
}

/// A NumPy type string, `"<f4"`.
fn type_v2(dtype: &Json, name: &str) -> Result<StoredType> {
    let found = dtype.as_str().and_then(StoredType::from_descr);
    found.ok_or_else(|| unknown_type(dtype, name))
}

/// A name, `"float32"`, or `{ name = "float32" }`. The byte order is the codecs' affair.
fn type_v3(data_type: &Json, name: &str) -> Result<StoredType> {
    let found = data_type.as_str().or(data_type["name"].as_str()).and_then(Kind::named);
    let kind = found.ok_or_else(|| unknown_type(data_type, name))?;
    Ok(StoredType { kind, big_endian: false })
}

fn unknown_type(found: &Json, name: &str) -> crate::io::Error {
    let shown = found.as_str().map_or_else(|| found.to_string(), str::to_string);
    refused(
        name,
        format!(
            "its elements are of type {shown}; booleans, integers, float32, float64, complex64 and \
             complex128 are read"
        ),
    )
}
