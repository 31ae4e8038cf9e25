//! The metadata of a Zarr array, versions 2 and 3: what pylopsd needs of it, checked.
//!
//! `zarrs` builds the codecs. Dims and element types are read here, as for .npy, so that a hostile
//! or unknown one is refused in the same words.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value as Json, json};
use zarrs::array::{Array, ArrayMetadata};
use zarrs::filesystem::FilesystemStore;
use zarrs::metadata::v2::ArrayMetadataV2;

use super::missing::is_nested;
use super::refused;
use crate::io::error::Result;
use crate::io::npy::{ElementKind, StoredType, checked_len};
use crate::space::show_dims;

/// What the metadata says, beside what `zarrs` makes of it.
#[derive(Debug)]
pub(super) struct Metadata {
    /// 2 or 3.
    version: u8,
    json: Json,
    pub(super) dims: Vec<usize>,
    pub(super) stored: StoredType,
    /// Lengths of the chunks that are files.
    pub(super) chunk: Vec<u64>,
}

impl Metadata {
    /// Reads and checks the metadata of an array's folder.
    pub(super) fn read(folder: &Path, name: &str) -> Result<Metadata> {
        let (version, file) = match folder.join("zarr.json").is_file() {
            true => (3, "zarr.json"),
            false => (2, ".zarray"),
        };
        let damaged = |what: &str| {
            refused(name, format!("its {file} is damaged: {what}")).help("write it again")
        };
        let text = std::fs::read_to_string(folder.join(file)).map_err(|e| {
            refused(name, format!("its {file} cannot be read: {}", crate::io::error::os_words(&e)))
        })?;
        let mut json: Json = serde_json::from_str(&text).map_err(|e| damaged(&e.to_string()))?;
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
                    format!("its chunk grid is {}, and only regular ones are read", grid["name"]);
                return Err(refused(name, what));
            }
            (type_v3(&json["data_type"], name)?, lengths(grid["configuration"].get("chunk_shape")))
        } else {
            (type_v2(&json["dtype"], name)?, lengths(json.get("chunks")))
        };
        let chunk =
            chunk.filter(|c| c.len() == dims.len() && !c.contains(&0)).ok_or_else(|| {
                damaged(&format!("its chunks do not fit its shape {}", show_dims(&dims)))
            })?;
        // Old writers of nested folders do not say so.
        let silent = version == 2 && json.get("dimension_separator").is_none();
        if silent && dims.len() > 1 && is_nested(folder, dims.len()) {
            json["dimension_separator"] = json!("/");
        }
        Ok(Metadata { version, json, dims, stored, chunk })
    }

    /// The array as `zarrs` reads it.
    pub(super) fn open(&self, folder: &Path, name: &str) -> Result<Array<FilesystemStore>> {
        let store = FilesystemStore::new(folder).map_err(|e| refused(name, e))?;
        let store = Arc::new(store);
        let array = if self.version == 3 {
            Array::open(store, "/")
        } else {
            let mut json = self.json.clone();
            // Old writers give complex arrays a real fill value.
            if self.stored.kind.dtype().is_complex() && !json["fill_value"].is_array() {
                let real = json["fill_value"].take();
                json["fill_value"] =
                    if real.is_null() { json!([0.0, 0.0]) } else { json!([real, 0.0]) };
            }
            let metadata: ArrayMetadataV2 = serde_json::from_value(json).map_err(|e| {
                refused(name, format!("its .zarray is damaged: {e}")).help("write it again")
            })?;
            Array::new_with_metadata(store, "/", ArrayMetadata::V2(metadata))
        };
        array.map_err(|e| {
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

    /// Version, chunks and codecs for people; `chunk` are the parts that are decoded one by one.
    pub(super) fn words(&self, chunk: &[usize]) -> String {
        let of_files: Vec<usize> = self.chunk.iter().map(|&n| n as usize).collect();
        let shards = match of_files == chunk {
            true => String::new(),
            false => format!(" in shards {}", show_dims(&of_files)),
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

/// A NumPy type string, `"<f4"`.
fn type_v2(dtype: &Json, name: &str) -> Result<StoredType> {
    let found = dtype.as_str().and_then(StoredType::from_descr);
    found.ok_or_else(|| unknown_type(dtype, name))
}

/// A name, `"float32"`, or `{ name = "float32" }`. The byte order is the codecs' affair.
fn type_v3(data_type: &Json, name: &str) -> Result<StoredType> {
    let found = data_type.as_str().or(data_type["name"].as_str()).and_then(ElementKind::named);
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
