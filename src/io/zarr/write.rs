//! Writing a Zarr folder of version 3, from an array that is complete.

use std::fs::File;
use std::path::Path;

use ndarray::{ArrayD, IxDyn};
use serde_json::{Value as Json, json};

use super::blosc;
use crate::io::array::Array;
use crate::io::error::{Error, Result, os_words};
use crate::space::{Grid, IndexBox, strides};
use crate::with_dtype;

/// Bytes of a chunk, about: large enough to compress well, small enough to be read in parts.
const CHUNK_BYTES: usize = 4 << 20;

/// The order of this machine's bytes.
const ENDIAN: &str = if cfg!(target_endian = "big") { "big" } else { "little" };

/// Chunk lengths for an array that is written: runs of the first axes, all of the others.
fn chunk_lengths(dims: &[usize], size: usize) -> Vec<usize> {
    let own = strides(dims);
    let most = CHUNK_BYTES / size;
    let cut = (0..dims.len()).find(|&axis| own[axis] <= most).unwrap_or(0);
    (0..dims.len())
        .map(|axis| match axis.cmp(&cut) {
            std::cmp::Ordering::Less => 1,
            std::cmp::Ordering::Equal => {
                // Chunks of equal length, as far as that goes.
                let per = (most / own[axis].max(1)).max(1);
                dims[axis].div_ceil(dims[axis].div_ceil(per).max(1)).max(1)
            }
            std::cmp::Ordering::Greater => dims[axis].max(1),
        })
        .collect()
}

fn metadata(dims: &[usize], chunk: &[usize], dtype: &str, size: usize, complex: bool) -> Json {
    json!({
        "zarr_format": 3,
        "node_type": "array",
        "shape": dims,
        "data_type": dtype,
        "chunk_grid": { "name": "regular", "configuration": { "chunk_shape": chunk } },
        "chunk_key_encoding": { "name": "default", "configuration": { "separator": "/" } },
        "fill_value": if complex { json!([0.0, 0.0]) } else { json!(0.0) },
        "codecs": [
            { "name": "bytes", "configuration": { "endian": ENDIAN } },
            { "name": "blosc", "configuration": {
                "cname": "lz4", "clevel": 5, "shuffle": "shuffle", "typesize": size, "blocksize": 0,
            } },
        ],
        "attributes": {},
    })
}

/// Writes an array into an empty folder, and waits until it is on disk. `name` is the place that the
/// folder will take.
pub(crate) fn write(array: &Array, folder: &Path, name: &str) -> Result<()> {
    let ty = array.ty();
    let size = ty.dtype.size();
    let chunk = chunk_lengths(&ty.dims, size);
    let system = |e: std::io::Error| Error::run(format!("cannot write {name}: {}", os_words(&e)));
    let json = metadata(&ty.dims, &chunk, ty.dtype.name(), size, ty.dtype.is_complex());
    std::fs::write(folder.join("zarr.json"), format!("{json:#}\n")).map_err(system)?;
    let grid = Grid::new(&ty.dims, &chunk);
    for number in 0..grid.len() {
        let b = grid.chunk_box(number);
        let mut path = folder.join("c");
        path.extend(b.0.iter().zip(&chunk).map(|(r, &c)| (r.start / c).to_string()));
        let bytes = with_dtype!(ty.dtype, T => {
            // The last chunk of an axis is as long as the others, with zeros behind the array.
            let mut values = ArrayD::<T>::default(IxDyn(&chunk));
            let inside = IndexBox::whole(&b.dims());
            let part = values.slice_each_axis_mut(|a| inside.0[a.axis.index()].clone().into());
            array.read_box(&b, <T as crate::view::Viewed>::erase_mut(part))?;
            let values = values.as_slice().unwrap_or_else(|| unreachable!("a new array is in order"));
            bytemuck::cast_slice::<T, u8>(values).to_vec()
        });
        // Zeros alone are the fill value, which needs no chunk.
        if bytes.iter().any(|byte| *byte != 0) {
            std::fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(system)?;
            std::fs::write(&path, blosc::encode(&bytes, size)).map_err(system)?;
        }
    }
    sync(folder).map_err(system)
}

/// Waits until a folder and all that is in it are on disk.
fn sync(folder: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type()?.is_dir() {
            true => sync(&entry.path())?,
            false => File::open(entry.path())?.sync_all()?,
        }
    }
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_runs_of_the_first_axes() {
        assert_eq!(chunk_lengths(&[], 8), [] as [usize; 0]);
        assert_eq!(chunk_lengths(&[14], 8), [14]);
        assert_eq!(chunk_lengths(&[1 << 20], 8), [1 << 19]);
        assert_eq!(chunk_lengths(&[500, 101, 101], 8), [50, 101, 101]);
        assert_eq!(chunk_lengths(&[3, 2000, 2000], 8), [1, 250, 2000]);
        assert_eq!(chunk_lengths(&[2, 1 << 30], 16), [1, 1 << 18]);
    }
}
