//! Tests of Zarr folders, read and written, on stores that Python wrote: `tests/golden/zarr`.

use std::path::{Path, PathBuf};

use ndarray::ArrayD;
use tempfile::TempDir;

use crate::io::npy::ElementKind;
use crate::io::{Array, ErrorKind, Generator, NpyOutput, Part, compare, members, summarize};
use crate::scalar::{C128, DType};
use crate::space::{ArrayType, IndexBox};
use crate::view::Viewed;

/// All stores, unpacked.
struct Stores(TempDir);

impl Stores {
    fn new() -> Stores {
        let folder = tempfile::tempdir().unwrap();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/zarr/stores.zip");
        zip::ZipArchive::new(std::fs::File::open(path).unwrap()).unwrap().extract(&folder).unwrap();
        Stores(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn open(&self, name: &str) -> Array {
        Array::open(&self.path(name), None).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// The message of a refusal, with the folder's name shortened.
    fn refused(&self, name: &str, inside: Option<&str>) -> String {
        let error = Array::open(&self.path(name), inside).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        error.to_string().replace(&format!("{}/", self.0.path().display()), "")
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path(file)).unwrap();
        assert!(text.contains(from), "{file} has {from}");
        std::fs::write(self.path(file), text.replace(from, to)).unwrap();
    }
}

/// `value` of `make.py`.
fn value(kind: ElementKind, i: usize) -> C128 {
    match kind {
        ElementKind::Bool => C128::from(f64::from(u8::from(i % 3 == 1))),
        ElementKind::UInt8 | ElementKind::UInt16 | ElementKind::UInt32 | ElementKind::UInt64 => {
            C128::from((i % 251) as f64)
        }
        ElementKind::Complex64 | ElementKind::Complex128 => {
            C128::new(i as f64 - 7.5, 0.25 * i as f64)
        }
        ElementKind::Float32 | ElementKind::Float64 => C128::from(i as f64 - 7.5),
        _ => C128::from((i % 120) as f64 - 60.0),
    }
}

fn values(kind: ElementKind, dims: &[usize]) -> ArrayD<C128> {
    let all = (0..dims.iter().product()).map(|i| value(kind, i)).collect();
    ArrayD::from_shape_vec(dims, all).unwrap()
}

#[test]
fn every_way_to_store_an_array_is_read() {
    let stores = Stores::new();
    for name in [
        "v2_none",
        "v2_gzip",
        "v2_zlib",
        "v2_zstd",
        "v2_blosc",
        "v2_blosc_zstd",
        "v2_complex",
        "v2_fortran",
        "v2_big_f8",
        "v2_big_c16",
        "v2_big_i2",
        "v2_big_f4",
        "v2_nested",
        "v2_scalar",
        "v2_marchenko",
        "v3_none",
        "v3_gzip",
        "v3_zstd",
        "v3_blosc",
        "v3_crc32c",
        "v3_complex",
        "v3_big",
        "v3_transposed",
        "v3_sharded",
    ] {
        let array = stores.open(&format!("{name}.zarr"));
        let kind = array.stored_type().unwrap().kind;
        let found = array.read::<C128>().unwrap();
        assert_eq!(found, values(kind, &array.ty().dims), "{name}");
    }
}

#[test]
fn every_numeric_type_is_read_and_groups_hold_arrays_by_path() {
    let stores = Stores::new();
    for (store, count) in [("v2_types.zarr", 14), ("v3_types.zarr", 13)] {
        let path = stores.path(store);
        let names = members(&path).unwrap().unwrap();
        assert_eq!(names.len(), count, "{names:?}");
        let mut kinds: Vec<ElementKind> = Vec::new();
        for name in &names {
            let array = Array::open(&path, Some(name)).unwrap();
            let kind = array.stored_type().unwrap().kind;
            assert_eq!(array.ty().dtype, kind.dtype());
            assert!(array.name().ends_with(&format!("{store}/{name}")), "{}", array.name());
            assert_eq!(array.read::<C128>().unwrap(), values(kind, &[5, 6]), "{name}");
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        assert_eq!(kinds.len(), 13);
    }
    assert!(Array::open(&stores.path("v2_types.zarr"), Some("/deep/down/f8/")).is_ok());
    // A group of one array needs no path.
    assert_eq!(stores.open("v2_types.zarr/deep").read::<C128>().unwrap()[[0, 0]].re, -7.5);
    assert_eq!(members(&stores.path("v2_none.zarr")).unwrap(), None);
}

#[test]
fn chunks_that_are_missing_are_the_fill_value() {
    let stores = Stores::new();
    for (name, fill) in
        [("v2_fill", -2.5), ("v3_fill", -2.5), ("v2_nan", f64::NAN), ("v2_no_fill", 0.0)]
    {
        let found = stores.open(&format!("{name}.zarr")).read::<f64>().unwrap();
        for ((i, x), at) in found.iter().enumerate().zip(ndarray::indices((5, 6))) {
            let written = at.0 < 3 && at.1 < 4;
            let wanted = if written { i as f64 - 7.5 } else { fill };
            assert!(*x == wanted || (x.is_nan() && wanted.is_nan()), "{name} {at:?}: {x}");
        }
    }
    let shards = stores.open("v3_sharded_fill.zarr").read::<f64>().unwrap();
    assert_eq!((shards[[1, 2]], shards[[1, 3]], shards[[7, 5]]), (8.0 - 7.5, 1.5, 1.5));
    // As the seed's own .zarray has it: a real fill value of a complex array.
    stores.replace("v2_marchenko.zarr/.zarray", "[\n    0.0,\n    0.0\n  ]", "0.25");
    std::fs::remove_file(stores.path("v2_marchenko.zarr/1.0.0")).unwrap();
    let found = stores.open("v2_marchenko.zarr").read::<C128>().unwrap();
    assert_eq!(found[[4, 4, 4]], value(ElementKind::Complex64, 124));
    assert_eq!((found[[5, 0, 0]], found[[9, 4, 4]]), (C128::from(0.25), C128::from(0.25)));
    assert_eq!(found[[10, 0, 0]], value(ElementKind::Complex64, 250));
}

#[test]
fn missing_chunks_are_counted_in_files_and_in_shards() {
    let stores = Stores::new();
    let counted = |name: &str| stores.open(name).missing_chunks().map(|m| m.to_string());
    for name in ["v2_none", "v2_nested", "v2_scalar", "v2_marchenko", "v3_none", "v3_sharded"] {
        assert_eq!(counted(&format!("{name}.zarr")), None, "{name}");
    }
    // Of 5 x 6 in chunks of 3 x 4, the first was written.
    for (name, fill) in
        [("v2_fill", "-2.5"), ("v3_fill", "-2.5"), ("v2_nan", "NaN"), ("v2_no_fill", "0")]
    {
        let words = format!("3 of 4 chunks are missing, and read as {fill}");
        assert_eq!(counted(&format!("{name}.zarr")), Some(words), "{name}");
    }
    // What a shard does not have it says itself; a shard that is not there says nothing.
    std::fs::remove_file(stores.path("v3_sharded.zarr/c/0/0")).unwrap();
    assert!(counted("v3_sharded.zarr").unwrap().contains("shards is missing"));
    // Layers above a folder know of it.
    let reshaped = stores.open("v2_fill.zarr").slice("::-1").unwrap().reshape(&[30]).unwrap();
    assert_eq!(reshaped.missing_chunks().map(|m| m.missing), Some(3));
    std::fs::remove_file(stores.path("v2_marchenko.zarr/1.0.0")).unwrap();
    assert!(counted("v2_marchenko.zarr").unwrap().starts_with("1 of "));
    std::fs::remove_file(stores.path("v2_scalar.zarr/0")).unwrap();
    assert_eq!(counted("v2_scalar.zarr").unwrap(), "1 of 1 chunk is missing, and read as 0");
}

#[test]
fn nested_folders_are_known_without_their_key() {
    let stores = Stores::new();
    let whole = stores.open("v2_nested.zarr").read::<C128>().unwrap();
    stores.replace("v2_nested.zarr/.zarray", "\"dimension_separator\": \"/\",", "");
    let array = stores.open("v2_nested.zarr");
    assert_eq!(array.read::<C128>().unwrap(), whole);
    assert_eq!(array.missing_chunks(), None);
}

/// All that can be done to an array, against the same done to .npy-like bytes in memory.
#[test]
fn slices_transposes_and_reshapes_are_those_of_any_array() {
    let stores = Stores::new();
    type Change = fn(Array) -> Array;
    let changes: [Change; 14] = [
        |a| a,
        |a| a.slice("1:4, ::2, 3").unwrap(),
        |a| a.slice("::-1, 4:0:-3, None, 1:").unwrap(),
        |a| a.slice("-1").unwrap(),
        |a| a.slice("3, 2, 1").unwrap(),
        |a| a.slice("2:3").unwrap().transpose(&[2, 1, 0]).unwrap(),
        |a| a.transpose(&[1, 2, 0]).unwrap().slice("::-2, 1:").unwrap(),
        |a| a.reshape(&[20, 25]).unwrap(),
        |a| a.reshape(&[4, 5, 5, 5]).unwrap(),
        |a| a.slice(":, 1:").unwrap().reshape(&[-1]).unwrap(),
        |a| a.transpose(&[2, 0, 1]).unwrap().reshape(&[10, 50]).unwrap().slice("3:9").unwrap(),
        |a| a.part(Part::Imag).slice("7").unwrap(),
        |a| a.conj().slice(":, 4").unwrap(),
        |a| a.cast(DType::Complex128).unwrap().part(Part::Real).reshape(&[1, 20, 1, 25]).unwrap(),
    ];
    for (name, dims) in [("v2_marchenko.zarr", [20, 5, 5])] {
        let zarr = stores.open(name);
        let all = values(ElementKind::Complex64, &dims).into_raw_vec_and_offset().0;
        let plain = Array::values(dims, all, DType::Complex64).unwrap();
        for (k, change) in changes.iter().enumerate() {
            let (a, b) = (change(zarr.clone()), change(plain.clone()));
            assert_eq!(a.ty(), b.ty(), "change {k}");
            let whole = b.read::<C128>().unwrap();
            assert_eq!(a.read::<C128>().unwrap(), whole, "change {k}");
            // Boxes of every place, in parts.
            let dims = a.ty().dims.clone();
            for b in crate::io::output::boxes(&dims, 7) {
                let part = crate::scalar::C128::default();
                let mut out = ArrayD::from_elem(b.dims(), part);
                let double = a.clone().cast(DType::Complex128).unwrap();
                double.read_box(&b, C128::erase_mut(out.view_mut())).unwrap();
                let wanted = whole.slice_each_axis(|x| b.0[x.axis.index()].clone().into());
                assert_eq!(out, wanted, "change {k}, box {b}");
            }
        }
    }
}

#[test]
fn pieces_cover_a_box_once_and_none_goes_beyond_a_chunk() {
    let stores = Stores::new();
    let array = stores.open("v2_none.zarr").slice("::-1, 1:").unwrap();
    let b = IndexBox(vec![1..5, 0..4]);
    let pieces = array.pieces(&b).unwrap();
    // Rows 3, 2, 1, 0 of chunks of 3 rows; columns 1 to 4 of chunks of 4.
    let wanted = [[1..2, 0..3], [1..2, 3..4], [2..5, 0..3], [2..5, 3..4]];
    assert_eq!(pieces, wanted.map(|r| IndexBox(r.to_vec())));
    assert_eq!(stores.open("v3_sharded.zarr").pieces(&IndexBox::whole(&[8, 6])).unwrap().len(), 8);
    let plain = Array::generated(Generator::Full(C128::from(1.0)), [5, 6], DType::Float64).unwrap();
    assert!(plain.pieces(&b).is_none());
}

#[test]
fn a_chunk_that_is_kept_is_not_read_again() {
    let stores = Stores::new();
    let array = stores.open("v2_zstd.zarr");
    assert_eq!(array.held_bytes(), 4 * 3 * 4 * 8);
    let read = |ranges: [std::ops::Range<usize>; 2]| {
        let b = IndexBox(ranges.to_vec());
        let mut out = ArrayD::<f64>::zeros(b.dims());
        array.read_box(&b, f64::erase_mut(out.view_mut())).map(|()| out)
    };
    read([0..2, 0..2]).unwrap();
    read([3..5, 4..6]).unwrap();
    for chunk in ["0.0", "1.1"] {
        std::fs::write(stores.path(&format!("v2_zstd.zarr/{chunk}")), "nonsense").unwrap();
    }
    // Of the first chunk a part was read, so it is kept; the last was read whole.
    assert_eq!(read([2..3, 3..4]).unwrap()[[0, 0]], 15.0 - 7.5);
    let error = read([3..5, 4..6]).unwrap_err();
    assert!(error.to_string().contains("its chunk [1, 1] is damaged or truncated"), "{error}");
    assert_eq!(error.kind(), ErrorKind::Run);
}

#[test]
fn many_threads_may_read_one_array() {
    let stores = Stores::new();
    let array = stores.open("v3_sharded.zarr");
    let whole = values(ElementKind::Float64, &[8, 6]);
    std::thread::scope(|scope| {
        for k in 0..8 {
            let (array, whole) = (&array, &whole);
            scope.spawn(move || {
                for round in 0..20 {
                    let (i, j) = ((k + round) % 8, round % 6);
                    let mut out = ArrayD::<f64>::zeros(vec![8 - i, 6 - j]);
                    let b = IndexBox(vec![i..8, j..6]);
                    array.read_box(&b, f64::erase_mut(out.view_mut())).unwrap();
                    assert_eq!(out[[0, 0]], whole[[i, j]].re);
                }
            });
        }
    });
}

#[test]
fn chunks_are_the_plans_unless_they_are_tiny() {
    let folder = tempfile::tempdir().unwrap();
    let write = |dims: &[usize]| {
        let path = folder.path().join(format!("{}.zarr", dims[0]));
        NpyOutput::create(&path, ArrayType::new(dims, DType::Float64)).unwrap().commit().unwrap();
        Array::open(&path, None).unwrap()
    };
    assert_eq!(write(&[100, 10]).chunks(), None);
    let large = write(&[500, 101, 101]);
    assert_eq!(large.chunks(), Some(&[50, 101, 101][..]));
    assert_eq!(large.slice("::2").unwrap().chunks(), None);
}

#[test]
fn what_is_written_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let dims = [3, 460, 400];
    for dtype in [DType::Float32, DType::Float64, DType::Complex64, DType::Complex128] {
        let path = folder.path().join("out.zarr");
        let ramp = Generator::Arange { start: -7.5, step: 0.25 };
        let array = Array::generated(ramp, dims, dtype).unwrap();
        let output = NpyOutput::create(&path, ArrayType::new(dims, dtype)).unwrap();
        // Boxes that do not fit the chunks.
        for b in crate::io::output::boxes(&dims, 150_001) {
            crate::with_dtype!(dtype, T => {
                let mut part = ArrayD::<T>::default(b.dims());
                array.read_box(&b, T::erase_mut(part.view_mut())).unwrap();
                output.write_box(&b, T::erase(part.view())).unwrap();
            });
        }
        let hash = output.sha256().unwrap();
        output.commit().unwrap();
        let back = Array::open(&path, None).unwrap();
        assert_eq!(back.ty(), array.ty());
        assert_eq!(compare(&back, &array).unwrap().max_abs, 0.0);
        // The hash is that of the same array as .npy.
        let plain = NpyOutput::create(&folder.path().join("out.npy"), back.ty().clone()).unwrap();
        let whole = IndexBox::whole(&dims);
        crate::with_dtype!(dtype, T => {
            plain.write_box(&whole, T::erase(back.read::<T>().unwrap().view())).unwrap();
        });
        assert_eq!(plain.sha256().unwrap(), hash);
        let s = summarize(&back).unwrap();
        assert!(s.storage.unwrap().starts_with("Zarr version 3, chunks ("));
    }
    let names: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().collect();
    assert_eq!(names.len(), 1, "nothing else is left: {names:?}");
}

#[test]
fn only_a_zarr_array_is_replaced_and_only_at_the_end() {
    let stores = Stores::new();
    let ty = ArrayType::new([2], DType::Float64);
    let create = |name: &str| NpyOutput::create(&stores.path(name), ty.clone());
    let output = create("v2_none.zarr").unwrap();
    assert_eq!(stores.open("v2_none.zarr").ty().dims, [5, 6]);
    drop(output);
    assert_eq!(stores.open("v2_none.zarr").ty().dims, [5, 6]);
    create("v2_none.zarr").unwrap().commit().unwrap();
    let replaced = stores.open("v2_none.zarr");
    assert_eq!(replaced.read::<f64>().unwrap().into_raw_vec_and_offset().0, [0.0, 0.0]);
    assert!(!stores.path("v2_none.zarr/.zarray").exists());

    std::fs::create_dir(stores.path("mine.zarr")).unwrap();
    std::fs::write(stores.path("file.zarr"), "text").unwrap();
    for (name, words) in [
        ("mine.zarr", "it is a folder that is not a Zarr array"),
        ("v2_types.zarr", "it is a folder that is not a Zarr array"),
        ("file.zarr", "a Zarr array is a folder, and this is a file"),
        ("nowhere/out.zarr", "there is no folder"),
    ] {
        let error = create(name).unwrap_err();
        assert!(error.to_string().contains(words), "{name}: {error}");
    }
    // A link stays one.
    std::os::unix::fs::symlink(stores.path("v2_gzip.zarr"), stores.path("link.zarr")).unwrap();
    create("link.zarr").unwrap().commit().unwrap();
    assert!(stores.path("link.zarr").is_symlink());
    assert_eq!(stores.open("v2_gzip.zarr").ty().dims, [2]);
}

#[test]
fn a_wrong_store_is_refused_with_its_reason() {
    let stores = Stores::new();
    std::fs::create_dir(stores.path("empty.zarr")).unwrap();
    std::fs::create_dir(stores.path("broken.zarr")).unwrap();
    std::fs::write(stores.path("broken.zarr/zarr.json"), "{").unwrap();
    let of = |name: &str, inside| stores.refused(name, inside);
    assert_eq!(
        of("empty.zarr", None),
        "cannot read empty.zarr: it is a folder, but not a Zarr array: it has no .zarray or zarr.json; name a .npy or .npz file, or a Zarr folder"
    );
    assert!(of("broken.zarr", None).contains("its zarr.json is damaged"));
    assert!(of("v2_blosk.zarr", None).ends_with("no such folder; did you mean v2_blosc.zarr?"));
    let group = of("v2_types.zarr", None);
    assert!(
        group.starts_with("cannot read v2_types.zarr: it is a Zarr group of \"b1\", \"c16\", ")
            && group.ends_with("\"u8\"; name one with `path`"),
        "{group}"
    );
    let near = of("v2_types.zarr", Some("deep/f8"));
    assert!(near.starts_with("v2_types.zarr has no array \"deep/f8\"; it holds \"b1\""), "{near}");
    assert!(near.ends_with("did you mean \"deep/down/f8\"?"), "{near}");
    assert!(of("v2_types.zarr", Some("../v2_none.zarr")).contains("has no array"));
    assert_eq!(
        of("v2_none.zarr", Some("a")),
        "v2_none.zarr is one Zarr array and has no array \"a\"; leave out `path`"
    );
    assert!(of("bad_type.zarr", None).contains("its elements are of type float16; booleans, "));
    for (name, codec) in [("bad_codec.zarr", "bz2"), ("bad_codec_v2.zarr", "lz4")] {
        let message = of(name, None);
        assert!(message.contains(&format!("its codecs are {codec}, and bytes")), "{message}");
    }
    stores.replace("v2_none.zarr/.zarray", "5,\n    6", "5000000000000, 6000000000000");
    assert!(of("v2_none.zarr", None).contains("larger than any memory"));
    stores.replace("v2_gzip.zarr/.zarray", "3,\n    4", "3,\n    0");
    assert!(of("v2_gzip.zarr", None).contains("its .zarray is damaged: its chunks do not fit"));
    stores.replace("v2_zlib.zarr/.zarray", "<f8", "<U5");
    assert!(of("v2_zlib.zarr", None).contains("its elements are of type <U5"));
}

#[test]
fn a_damaged_chunk_is_named() {
    for (name, chunk) in [
        ("v2_none", "0.1"),
        ("v2_gzip", "0.1"),
        ("v2_zlib", "0.1"),
        ("v2_zstd", "0.1"),
        ("v2_blosc", "0.1"),
        ("v3_crc32c", "c/0/1"),
        ("v3_sharded", "c/0/0"),
    ] {
        let stores = Stores::new();
        let file = stores.path(&format!("{name}.zarr/{chunk}"));
        let bytes = std::fs::read(&file).unwrap();
        for damaged in [&bytes[..bytes.len() / 2], &bytes[..0], b"other"] {
            std::fs::write(&file, damaged).unwrap();
            let error = stores.open(&format!("{name}.zarr")).read::<f64>().unwrap_err();
            let index = if name == "v3_sharded" { "[0, 0]" } else { "[0, 1]" };
            let words = format!("its chunk {index} is damaged or truncated (");
            assert!(error.to_string().contains(&words), "{name}: {error}");
            assert_eq!(error.kind(), ErrorKind::Run);
        }
    }
}
