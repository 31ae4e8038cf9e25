//! The codecs of a chunk: what its elements went through on their way to a file.
//!
//! ```text
//! elements - transpose - bytes or sharding_indexed - blosc, gzip, zlib, zstd, crc32c - file
//! ```

use std::io::Read;

use ndarray::{ArrayD, ArrayViewD, IxDyn};
use serde_json::Value as Json;

use super::blosc;
use crate::io::npy::{Kind, checked_len, swap_bytes};

type Result<T> = std::result::Result<T, String>;

/// What a chunk went through.
#[derive(Debug)]
pub(super) struct Codecs {
    /// Axis `k` of what is stored is axis `order[k]` of the chunk.
    order: Vec<usize>,
    elements: Elements,
    /// First to last.
    coders: Vec<Coder>,
}

#[derive(Debug)]
enum Elements {
    Bytes { big_endian: bool },
    Shards(Box<Shards>),
}

/// Chunks that are one file, or one chunk.
#[derive(Debug)]
pub(super) struct Shards {
    /// Lengths of the chunks.
    pub(super) chunk: Vec<usize>,
    /// How many there are along each axis.
    pub(super) counts: Vec<usize>,
    /// What each of them went through.
    pub(super) codecs: Codecs,
    index: Codecs,
    /// Whether the index is at the start of a shard, not at its end.
    first: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coder {
    Blosc,
    Crc32c,
    Gzip,
    Zlib,
    Zstd,
}

impl Codecs {
    /// Of version 2: an order of axes, a byte order, filters and a compressor.
    pub(super) fn of_v2(json: &Json, axes: usize, big_endian: bool) -> Result<Codecs> {
        let order = match json["order"].as_str() {
            Some("F") => (0..axes).rev().collect(),
            _ => (0..axes).collect(),
        };
        let filters = json["filters"].as_array().into_iter().flatten();
        let all = filters.chain(Some(&json["compressor"]).filter(|c| !c.is_null()));
        let coder = |json: &Json| {
            let name = json["id"].as_str().unwrap_or_default();
            let known = Coder::named(name).filter(|coder| *coder != Coder::Crc32c);
            known.ok_or_else(|| format!("the codec {name} is unknown"))
        };
        let coders = all.map(coder).collect::<Result<_>>()?;
        Ok(Codecs { order, elements: Elements::Bytes { big_endian }, coders })
    }

    /// Of version 3: a list of codecs, for chunks of these lengths.
    pub(super) fn of_v3(json: &Json, kind: Kind, chunk: &[usize]) -> Result<Codecs> {
        let mut order: Vec<usize> = (0..chunk.len()).collect();
        let mut elements = None;
        let mut coders = Vec::new();
        for codec in json.as_array().ok_or("`codecs` is no list")? {
            let name = codec.as_str().or(codec["name"].as_str()).unwrap_or_default();
            let options = &codec["configuration"];
            match (name, elements.is_some()) {
                ("transpose", false) => {
                    let axes = transposition(&options["order"], order.len())
                        .ok_or("the order of `transpose` does not fit the axes")?;
                    order = axes.iter().map(|&axis| order[axis]).collect();
                }
                ("bytes" | "endian", false) => {
                    let big_endian = match options["endian"].as_str() {
                        Some("little") => false,
                        Some("big") => true,
                        None if kind.component_size() == 1 => false,
                        _ => return Err("`endian` of `bytes` is not \"little\" or \"big\"".into()),
                    };
                    elements = Some(Elements::Bytes { big_endian });
                }
                ("sharding_indexed", false) => {
                    let dims: Vec<usize> = order.iter().map(|&axis| chunk[axis]).collect();
                    let shards = Shards::read(options, kind, &dims)?;
                    elements = Some(Elements::Shards(Box::new(shards)));
                }
                (name, true) if Coder::named(name).is_some() => coders.extend(Coder::named(name)),
                _ => return Err(format!("the codec {name} is unknown, or not at its place")),
            }
        }
        let elements = elements.ok_or("no codec makes bytes of elements")?;
        Ok(Codecs { order, elements, coders })
    }

    /// The shards, if chunks are these and nothing else, so that each part can be read by itself.
    pub(super) fn shards(&self) -> Option<&Shards> {
        match &self.elements {
            Elements::Shards(shards) if self.coders.is_empty() && self.order.is_sorted() => {
                Some(shards)
            }
            _ => None,
        }
    }

    /// The elements of a chunk of these dims, in C order and this machine's bytes; chunks that a shard does
    /// not have are `fill`.
    pub(super) fn decode(
        &self,
        kind: Kind,
        dims: &[usize],
        mut bytes: Vec<u8>,
        fill: &[u8],
    ) -> Result<Vec<u8>> {
        let expected = dims.iter().product::<usize>() * kind.size();
        // What compressors make longer, and indices of shards.
        let most = expected.saturating_mul(20).saturating_add(1 << 20);
        for (k, coder) in self.coders.iter().enumerate().rev() {
            bytes = coder.decode(bytes, if k == 0 && self.is_plain() { expected } else { most })?;
        }
        let stored: Vec<usize> = self.order.iter().map(|&axis| dims[axis]).collect();
        let mut bytes = match &self.elements {
            Elements::Bytes { .. } => bytes,
            Elements::Shards(shards) => shards.decode(kind, &stored, &bytes, fill)?,
        };
        if bytes.len() != expected {
            return Err(format!("it holds {} bytes, expected {expected}", bytes.len()));
        }
        if let Elements::Bytes { big_endian } = self.elements
            && big_endian != cfg!(target_endian = "big")
        {
            swap_bytes(&mut bytes, kind.component_size());
        }
        if self.order.is_sorted() {
            return Ok(bytes);
        }
        Ok(match kind.size() {
            1 => self.in_order::<1>(&stored, &bytes),
            2 => self.in_order::<2>(&stored, &bytes),
            4 => self.in_order::<4>(&stored, &bytes),
            8 => self.in_order::<8>(&stored, &bytes),
            _ => self.in_order::<16>(&stored, &bytes),
        })
    }

    fn is_plain(&self) -> bool {
        matches!(self.elements, Elements::Bytes { .. })
    }

    /// Elements of `N` bytes along the chunk's axes.
    fn in_order<const N: usize>(&self, stored: &[usize], bytes: &[u8]) -> Vec<u8> {
        let mut axes = vec![0; stored.len()];
        self.order.iter().enumerate().for_each(|(k, &axis)| axes[axis] = k);
        let elements = ArrayViewD::from_shape(IxDyn(stored), bytes.as_chunks::<N>().0);
        let elements = elements.unwrap_or_else(|e| unreachable!("a chunk has its length: {e}"));
        elements.permuted_axes(axes).iter().flatten().copied().collect()
    }
}

/// An order of axes; older writers name two of them.
fn transposition(json: &Json, axes: usize) -> Option<Vec<usize>> {
    match json.as_str() {
        Some("C") => return Some((0..axes).collect()),
        Some("F") => return Some((0..axes).rev().collect()),
        _ => {}
    }
    let order: Option<Vec<usize>> =
        json.as_array()?.iter().map(|n| usize::try_from(n.as_u64()?).ok()).collect();
    order.filter(|order| order.len() == axes && (0..axes).all(|axis| order.contains(&axis)))
}

impl Shards {
    fn read(json: &Json, kind: Kind, dims: &[usize]) -> Result<Shards> {
        let lengths = json["chunk_shape"].as_array().into_iter().flatten();
        let chunk: Option<Vec<usize>> =
            lengths.map(|n| usize::try_from(n.as_u64()?).ok().filter(|n| *n > 0)).collect();
        let fits = |chunk: &Vec<usize>| {
            chunk.len() == dims.len() && dims.iter().zip(chunk).all(|(n, c)| n.is_multiple_of(*c))
        };
        let chunk = chunk.filter(fits).ok_or("its chunks do not fit its shards")?;
        let counts: Vec<usize> = dims.iter().zip(&chunk).map(|(n, c)| n / c).collect();
        let codecs = Codecs::of_v3(&json["codecs"], kind, &chunk)?;
        let mut dims = counts.clone();
        dims.push(2);
        checked_len(&dims, 8).ok_or("its shards have more chunks than any memory holds")?;
        let index = Codecs::of_v3(&json["index_codecs"], Kind::UInt64, &dims)?;
        if !index.is_plain() || index.coders.iter().any(|coder| *coder != Coder::Crc32c) {
            return Err("the index of its shards is compressed".into());
        }
        let first = match json["index_location"].as_str() {
            Some("start") => true,
            Some("end") | None => false,
            Some(other) => return Err(format!("the index of its shards is at \"{other}\"")),
        };
        Ok(Shards { chunk, counts, codecs, index, first })
    }

    /// Where the index is in a shard of so many bytes.
    pub(super) fn index_place(&self, length: u64) -> Result<std::ops::Range<u64>> {
        let count = self.counts.iter().product::<usize>();
        let bytes = (16 * count + 4 * self.index.coders.len()) as u64;
        let start = if self.first { Some(0) } else { length.checked_sub(bytes) };
        let start = start.filter(|start| start + bytes <= length);
        start.map(|start| start..start + bytes).ok_or("it is shorter than its index".into())
    }

    /// For each chunk in C order, where it is in a shard of so many bytes, if there.
    pub(super) fn places(
        &self,
        index: Vec<u8>,
        length: u64,
    ) -> Result<Vec<Option<std::ops::Range<u64>>>> {
        let mut dims = self.counts.clone();
        dims.push(2);
        let words = self.index.decode(Kind::UInt64, &dims, index, &[])?;
        let words: Vec<u64> =
            words.as_chunks::<8>().0.iter().map(|word| u64::from_ne_bytes(*word)).collect();
        let place = |pair: &[u64; 2]| match *pair {
            [u64::MAX, u64::MAX] => Ok(None),
            [start, bytes] => {
                let end = start.checked_add(bytes).filter(|end| *end <= length);
                end.map(|end| Some(start..end)).ok_or("its index points beyond it".to_string())
            }
        };
        words.as_chunks::<2>().0.iter().map(place).collect()
    }

    /// All elements of a shard.
    fn decode(&self, kind: Kind, dims: &[usize], shard: &[u8], fill: &[u8]) -> Result<Vec<u8>> {
        let length = shard.len() as u64;
        let part =
            |place: std::ops::Range<u64>| shard[place.start as usize..place.end as usize].to_vec();
        let places = self.places(part(self.index_place(length)?), length)?;
        let with_bytes = |lengths: &[usize]| IxDyn(&[lengths, &[kind.size()]].concat());
        let mut all = ArrayD::from_shape_fn(with_bytes(dims), |at| fill[at[dims.len()]]);
        // The index runs in C order.
        for (at, place) in ndarray::indices(&self.counts[..]).into_iter().zip(places) {
            let Some(place) = place else { continue };
            let bytes = self.codecs.decode(kind, &self.chunk, part(place), fill)?;
            let values = ArrayD::from_shape_vec(with_bytes(&self.chunk), bytes)
                .map_err(|e| e.to_string())?;
            let range = |axis: usize| match self.chunk.get(axis) {
                Some(length) => at[axis] * length..(at[axis] + 1) * length,
                None => 0..kind.size(),
            };
            all.slice_each_axis_mut(|a| range(a.axis.index()).into()).assign(&values);
        }
        Ok(all.into_raw_vec_and_offset().0)
    }
}

impl Coder {
    fn named(name: &str) -> Option<Coder> {
        Some(match name {
            "blosc" | "numcodecs.blosc" => Coder::Blosc,
            "crc32c" => Coder::Crc32c,
            "gzip" | "numcodecs.gzip" => Coder::Gzip,
            "zlib" | "numcodecs.zlib" => Coder::Zlib,
            "zstd" | "numcodecs.zstd" => Coder::Zstd,
            _ => return None,
        })
    }

    /// What was encoded; of more than `most` bytes, some more than that.
    fn decode(self, mut bytes: Vec<u8>, most: usize) -> Result<Vec<u8>> {
        fn read(from: impl Read, most: usize) -> Result<Vec<u8>> {
            let mut bytes = Vec::new();
            let read = from.take(most as u64 + 1).read_to_end(&mut bytes);
            read.map(|_| bytes).map_err(|e| e.to_string())
        }
        match self {
            Coder::Blosc => {
                blosc::decode(&bytes, most).ok_or("it is no Blosc frame of its length".into())
            }
            Coder::Gzip => read(flate2::read::MultiGzDecoder::new(&bytes[..]), most),
            Coder::Zlib => read(flate2::read::ZlibDecoder::new(&bytes[..]), most),
            Coder::Zstd => zstd(&bytes, most),
            Coder::Crc32c => {
                let Some((body, sum)) = bytes.split_last_chunk::<4>() else {
                    return Err("it has no checksum".into());
                };
                if crc32c::crc32c(body) != u32::from_le_bytes(*sum) {
                    return Err("its checksum is not that of its bytes".into());
                }
                bytes.truncate(bytes.len() - 4);
                Ok(bytes)
            }
        }
    }
}

/// Frames one after the other.
fn zstd(mut bytes: &[u8], most: usize) -> Result<Vec<u8>> {
    let mut found = Vec::new();
    while !bytes.is_empty() && found.len() <= most {
        let mut frame =
            ruzstd::decoding::StreamingDecoder::new(&mut bytes).map_err(|e| e.to_string())?;
        let left = (most - found.len()) as u64 + 1;
        (&mut frame).take(left).read_to_end(&mut found).map_err(|e| e.to_string())?;
        let decoder = &frame.decoder;
        let sum = decoder.get_checksum_from_data();
        if found.len() <= most && sum.is_some() && sum != decoder.get_calculated_checksum() {
            return Err("its checksum is not that of its bytes".into());
        }
    }
    Ok(found)
}
