//! Tests of `array.rs`.

use std::io::Write;
use std::os::unix::fs::FileExt;

use ndarray::{Axis, Slice, s};
use proptest::prelude::*;

use super::read::largest_box;
use super::*;
use crate::io::npy::ElementKind;
use crate::io::{Distribution, ErrorKind, npz};
use crate::scalar::{C64, Scalar};
use crate::with_dtype;

const KINDS: [(&str, ElementKind); 13] = [
    ("b1", ElementKind::Bool),
    ("i1", ElementKind::Int8),
    ("i2", ElementKind::Int16),
    ("i4", ElementKind::Int32),
    ("i8", ElementKind::Int64),
    ("u1", ElementKind::UInt8),
    ("u2", ElementKind::UInt16),
    ("u4", ElementKind::UInt32),
    ("u8", ElementKind::UInt64),
    ("f4", ElementKind::Float32),
    ("f8", ElementKind::Float64),
    ("c8", ElementKind::Complex64),
    ("c16", ElementKind::Complex128),
];

/// The value of element `i` that every type here can hold.
fn value(kind: ElementKind, i: usize) -> C128 {
    match kind {
        ElementKind::Bool => C128::from((i % 3 == 1) as u8 as f64),
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

/// One element by hand.
fn bytes_of(kind: ElementKind, big: bool, v: C128) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = match kind {
        ElementKind::Bool => vec![vec![v.re as u8]],
        ElementKind::Int8 => vec![(v.re as i8).to_le_bytes().to_vec()],
        ElementKind::Int16 => vec![(v.re as i16).to_le_bytes().to_vec()],
        ElementKind::Int32 => vec![(v.re as i32).to_le_bytes().to_vec()],
        ElementKind::Int64 => vec![(v.re as i64).to_le_bytes().to_vec()],
        ElementKind::UInt8 => vec![(v.re as u8).to_le_bytes().to_vec()],
        ElementKind::UInt16 => vec![(v.re as u16).to_le_bytes().to_vec()],
        ElementKind::UInt32 => vec![(v.re as u32).to_le_bytes().to_vec()],
        ElementKind::UInt64 => vec![(v.re as u64).to_le_bytes().to_vec()],
        ElementKind::Float32 => vec![(v.re as f32).to_le_bytes().to_vec()],
        ElementKind::Float64 => vec![v.re.to_le_bytes().to_vec()],
        ElementKind::Complex64 => {
            [v.re, v.im].iter().map(|p| (*p as f32).to_le_bytes().to_vec()).collect()
        }
        ElementKind::Complex128 => [v.re, v.im].iter().map(|p| p.to_le_bytes().to_vec()).collect(),
    };
    if big {
        parts.iter_mut().for_each(|p| p.reverse());
    }
    parts.concat()
}

fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let text = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes.extend(data);
    bytes
}

/// A file of `i * i` style values on (5, 4, 6), and what is in it.
fn file(
    kind: ElementKind,
    code: &str,
    big: bool,
    fortran: bool,
) -> (tempfile::NamedTempFile, ArrayD<C128>) {
    let n = 5 * 4 * 6;
    let expected =
        ArrayD::from_shape_vec(IxDyn(&[5, 4, 6]), (0..n).map(|i| value(kind, i)).collect())
            .unwrap();
    let in_file =
        if fortran { expected.t().as_standard_layout().into_owned() } else { expected.clone() };
    let data: Vec<u8> = in_file.iter().flat_map(|&v| bytes_of(kind, big, v)).collect();
    let order = if kind.size() == 1 {
        "|"
    } else if big {
        ">"
    } else {
        "<"
    };
    let mut f = tempfile::Builder::new().suffix(".npy").tempfile().unwrap();
    f.write_all(&npy(&format!("{order}{code}"), fortran, "(5, 4, 6)", &data)).unwrap();
    (f, expected)
}

fn all_of(array: &Array) -> ArrayD<C128> {
    let dims = array.ty().dims.clone();
    let b = IndexBox::whole(&dims);
    with_dtype!(array.ty().dtype, T => {
        let mut out = ArrayD::<T>::default(IxDyn(&dims));
        array.read_box(&b, T::erase_mut(out.view_mut())).unwrap();
        out.mapv(|v| v.to_c128())
    })
}

/// Reads a box into a view that is neither contiguous nor in C order.
fn box_of(array: &Array, b: &IndexBox) -> ArrayD<C128> {
    let dims = b.dims();
    let reversed: Vec<usize> = dims.iter().rev().map(|n| n * 2).collect();
    with_dtype!(array.ty().dtype, T => {
        let mut out = ArrayD::<T>::default(IxDyn(&reversed));
        let mut view = out.view_mut().reversed_axes();
        for axis in 0..dims.len() {
            view.slice_axis_inplace(Axis(axis), Slice::new(0, None, 2));
            view.invert_axis(Axis(axis));
        }
        array.read_box(b, T::erase_mut(view.view_mut())).unwrap();
        view.mapv(|v| v.to_c128())
    })
}

fn cut(mut a: ArrayD<C128>, b: &IndexBox) -> ArrayD<C128> {
    for (axis, r) in b.0.iter().enumerate() {
        a.slice_axis_inplace(Axis(axis), r.clone().into());
    }
    a
}

#[test]
fn every_type_byte_order_and_axis_order_is_read() {
    let b = IndexBox(vec![1..4, 0..3, 2..6]);
    for (code, kind) in KINDS {
        for (big, fortran) in [(false, false), (false, true), (true, false), (true, true)] {
            let (f, expected) = file(kind, code, big, fortran);
            let array = Array::open(f.path(), None).unwrap();
            assert_eq!(array.ty(), &ArrayType::new([5, 4, 6], kind.dtype()));
            assert_eq!(array.is_fortran(), fortran);
            assert_eq!(all_of(&array), expected, "{code} big {big} fortran {fortran}");
            assert_eq!(box_of(&array, &b), cut(expected.clone(), &b), "{code} {big} {fortran}");
            let mut stream = std::fs::File::open(f.path()).unwrap();
            let piped = Array::from_reader(&mut stream, "-").unwrap();
            assert_eq!(box_of(&piped, &b), cut(expected.clone(), &b), "{code} {big} {fortran}");
            let to = if kind.dtype().is_complex() { DType::Complex64 } else { DType::Float32 };
            let single = array.clone().cast(to).unwrap();
            assert_eq!(all_of(&single), expected, "{code}");
            assert_eq!(array.cast(DType::Complex128).unwrap().read::<C128>().unwrap(), expected);
        }
    }
}

#[test]
fn extremes_of_integers_survive() {
    for (descr, bytes, expected) in [
        ("<i8", i64::MIN.to_le_bytes().to_vec(), i64::MIN as f64),
        (">i8", (-2_i64).to_be_bytes().to_vec(), -2.0),
        ("<u8", u64::MAX.to_le_bytes().to_vec(), u64::MAX as f64),
        ("|i1", vec![0x80], -128.0),
        ("|u1", vec![0x80], 128.0),
        (">i2", vec![0xff, 0xfe], -2.0),
        ("|b1", vec![7], 1.0),
    ] {
        let bytes = npy(descr, false, "()", &bytes);
        let array = Array::from_reader(&mut &bytes[..], "-").unwrap();
        assert_eq!(array.read::<f64>().unwrap()[[]], expected, "{descr}");
    }
}

#[test]
fn files_of_another_library_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.npy");
    let a =
        ndarray::Array3::from_shape_fn((7, 3, 2), |(i, j, k)| C64::new(i as f32, (j * k) as f32));
    ndarray_npy::write_npy(&path, &a).unwrap();
    assert_eq!(Array::open(&path, None).unwrap().read::<C64>().unwrap(), a.clone().into_dyn());
    ndarray_npy::write_npy(&path, &a.t()).unwrap();
    let array = Array::open(&path, None).unwrap();
    assert!(array.is_fortran());
    assert_eq!(array.read::<C64>().unwrap(), a.reversed_axes().into_dyn());
}

fn counted(dims: &[usize]) -> (Array, ArrayD<C128>) {
    let n = dims.iter().product();
    let values: Vec<C128> = (0..n).map(|i| C128::new(i as f64, -(i as f64))).collect();
    let expected = ArrayD::from_shape_vec(IxDyn(dims), values.clone()).unwrap();
    (Array::values(dims, values, DType::Complex128).unwrap(), expected)
}

#[test]
fn slices_are_numpys() {
    let (a, e) = counted(&[5, 4, 6]);
    let check = |slice: &str, expected: ndarray::ArrayViewD<'_, C128>| {
        let sliced = a.clone().slice(slice).unwrap();
        assert_eq!(sliced.ty().dims, expected.shape(), "{slice}");
        assert_eq!(all_of(&sliced), expected, "{slice}");
    };
    check("1:, ::2, -1", e.slice(s![1.., ..;2, -1]).into_dyn());
    check("..., 2", e.slice(s![.., .., 2]).into_dyn());
    check("3", e.slice(s![3, .., ..]).into_dyn());
    check("[-2, ...]", e.slice(s![-2, .., ..]).into_dyn());
    check("::-1, ::-2", e.slice(s![..;-1, ..;-2, ..]).into_dyn());
    check("1:4:2, 1:100, -100:3", e.slice(s![1..4;2, 1.., ..3]).into_dyn());
    check("4:1:-2,", e.slice(s![2..5;-2, .., ..]).into_dyn());
    check("2:2", e.slice(s![2..2, .., ..]).into_dyn());
    check("3:1", e.slice(s![3..3, .., ..]).into_dyn());
    check(
        "None, :, 0, np.newaxis",
        e.slice(s![ndarray::NewAxis, .., 0, ndarray::NewAxis, ..]).into_dyn(),
    );
    check("..., :, :, :", e.view());
    check("1, 2, 3", e.slice(s![1, 2, 3]).into_dyn());
    check("::9223372036854775807", e.slice(s![..1, .., ..]).into_dyn());
    check("::-9223372036854775808", e.slice(s![4.., .., ..]).into_dyn());
    for (slice, part) in [
        ("5", "index 5 of the slice \"5\" is outside axis 0, whose length is 5"),
        (":, -5", "outside axis 1, whose length is 4"),
        ("0, 0, 0, 0", "has 4 indices for an array of 3 axes, (5, 4, 6)"),
        ("::0", "step of 0"),
        ("1:2:3:4", "too many \":\""),
        ("..., ...", "more than one"),
        ("a:", "has \"a\" where an integer is expected"),
        ("", "where an integer is expected"),
        ("1,,2", "where an integer is expected"),
    ] {
        let error = a.clone().named("d").slice(slice).unwrap_err();
        assert!(
            error.to_string().starts_with("d: ") && error.to_string().contains(part),
            "{error}"
        );
        assert_eq!(error.kind(), ErrorKind::Input);
    }
}

#[test]
fn axes_move_and_dims_change_as_in_numpy() {
    let (a, e) = counted(&[5, 4, 6]);
    let t = a.clone().transpose(&[2, 0, -2]).unwrap();
    assert_eq!(all_of(&t), e.view().permuted_axes(IxDyn(&[2, 0, 1])));
    // A view that strides cannot reshape, then another slice on top.
    let r = t.clone().reshape(&[-1, 8]).unwrap();
    let flat: Vec<C128> = e.view().permuted_axes(IxDyn(&[2, 0, 1])).iter().copied().collect();
    let expected = ArrayD::from_shape_vec(IxDyn(&[15, 8]), flat).unwrap();
    assert_eq!(all_of(&r), expected);
    let s = r.slice("::-3, 1::2").unwrap();
    assert_eq!(all_of(&s), expected.slice(s![..;-3, 1..;2]).into_dyn());
    // One that they can, in part.
    let sliced = a.clone().slice("::2").unwrap();
    assert!(sliced.0.layout.reshape(&[3, 2, 12]).is_some());
    let expected = e.slice(s![..;2, .., ..]).to_shape((3, 2, 12)).unwrap().into_owned().into_dyn();
    assert_eq!(all_of(&sliced.reshape(&[3, 2, -1]).unwrap()), expected);
    let one = a.clone().reshape(&[1, 120, 1]).unwrap().reshape(&[120]).unwrap();
    assert_eq!(all_of(&one), e.to_shape(120).unwrap().into_owned().into_dyn());
    assert_eq!(all_of(&a.clone().slice("0,0,0").unwrap().reshape(&[1, 1]).unwrap()).len(), 1);
    for (reshape, part) in [
        (&[7, -1][..], "does not fit (5, 4, 6), 120 elements"),
        (&[-1, -1], "one -1"),
        (&[-2, 60], "one -1"),
        (&[0, -1], "does not fit"),
        (&[isize::MAX, isize::MAX], "does not fit"),
    ] {
        let error = a.clone().reshape(reshape).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    for axes in [&[0, 1][..], &[0, 1, 1], &[0, 1, 3], &[0, 1, -4], &[0, 1, 2, 0]] {
        let error = a.clone().transpose(axes).unwrap_err();
        assert!(error.to_string().contains("must name each of the 3 axes"), "{error}");
    }
}

proptest! {
    #[test]
    fn random_boxes_of_random_views_are_those_of_the_whole(
        fortran in any::<bool>(),
        source in 0_usize..3,
        slices in proptest::collection::vec((-8_i64..8, -8_i64..8, prop_oneof![-3_i64..0, 1_i64..4]), 3),
        order in Just(vec![0_isize, 1, 2]).prop_shuffle(),
        reshape in any::<bool>(),
        corners in proptest::collection::vec((0.0..1.0, 0.0..1.0), 3),
    ) {
        let (f, _) = file(ElementKind::Complex64, "c8", true, fortran);
        let array = match source {
            0 => Array::open(f.path(), None).unwrap(),
            1 => Array::from_reader(&mut std::fs::File::open(f.path()).unwrap(), "-").unwrap(),
            _ => Array::generated(
                Generator::Random { seed: 1, distribution: Distribution::Normal },
                [5, 4, 6],
                DType::Complex64,
            ).unwrap(),
        };
        let mut expected = all_of(&array);
        let text: Vec<String> = slices.iter().map(|(a, b, c)| format!("{a}:{b}:{c}")).collect();
        let mut array = array.slice(&text.join(",")).unwrap();
        for (axis, &(a, b, step)) in slices.iter().enumerate() {
            // Python's own loop, element by element.
            let n = expected.len_of(Axis(axis)) as i64;
            let clip = |i: i64| {
                let i = if i < 0 { i + n } else { i };
                if step > 0 { i.clamp(0, n) } else { i.clamp(-1, n - 1) }
            };
            let (mut i, stop) = (clip(a), clip(b));
            let mut picked = Vec::new();
            while (step > 0 && i < stop) || (step < 0 && i > stop) {
                picked.push(i as usize);
                i += step;
            }
            expected = expected.select(Axis(axis), &picked);
        }
        array = array.transpose(&order).unwrap().conj();
        let axes: Vec<usize> = order.iter().map(|&a| a as usize).collect();
        expected = expected.permuted_axes(axes).mapv(|v| v.conj());
        if reshape && !expected.is_empty() {
            let (d0, d1, d2) = (expected.shape()[0], expected.shape()[1], expected.shape()[2]);
            array = array.reshape(&[d2 as isize, -1]).unwrap();
            let flat: Vec<C128> = expected.iter().copied().collect();
            expected = ArrayD::from_shape_vec(IxDyn(&[d2, d0 * d1]), flat).unwrap();
        }
        prop_assert_eq!(&array.ty().dims, expected.shape());
        let b = IndexBox(expected.shape().iter().zip(&corners).map(|(&n, &(p, q))| {
            let (p, q) = ((p * n as f64) as usize, (q * (n + 1) as f64) as usize);
            p.min(q)..p.max(q).min(n)
        }).collect());
        prop_assert_eq!(box_of(&array, &b), cut(expected, &b));
    }
}

#[test]
fn large_arrays_are_read_by_every_path() {
    // Larger than the buffer, with long rows, short rows, gaps that are read and that are
    // jumped over.
    let dims = [3, 700, 900];
    let n = dims.iter().product::<usize>();
    let mut f = tempfile::NamedTempFile::new().unwrap();
    let data: Vec<u8> = (0..n).flat_map(|i| (i as f64).to_le_bytes()).collect();
    f.write_all(&npy("<f8", false, "(3, 700, 900)", &data)).unwrap();
    let whole = ArrayD::from_shape_fn(IxDyn(&dims), |i| ((i[0] * 700 + i[1]) * 900 + i[2]) as f64);
    let array = Array::open(f.path(), None).unwrap();
    assert_eq!(array.read::<f64>().unwrap(), whole);
    assert_eq!(array.read::<f32>().unwrap(), whole.mapv(|v| v as f32));
    for (slice, part) in [
        (":, 1:699, 3", whole.slice(s![.., 1..699, 3]).into_dyn()),
        (":, ::500, :10", whole.slice(s![.., ..;500, ..10]).into_dyn()),
        (":, ::-1, 1:899", whole.slice(s![.., ..;-1, 1..899]).into_dyn()),
        ("1:, 100:600", whole.slice(s![1.., 100..600, ..]).into_dyn()),
    ] {
        let sliced = array.clone().slice(slice).unwrap();
        assert_eq!(sliced.read::<f64>().unwrap(), part, "{slice}");
        assert_eq!(
            sliced.cast(DType::Complex64).unwrap().read::<C128>().unwrap(),
            part.mapv(|v| C128::from(v as f32 as f64)),
            "{slice}"
        );
    }
    let t = array.clone().transpose(&[2, 1, 0]).unwrap();
    assert_eq!(t.read::<f64>().unwrap(), whole.t());
    let r = t.reshape(&[-1]).unwrap();
    assert!(r.read::<f64>().unwrap().iter().eq(whole.t().iter()));
}

#[test]
fn parts_casts_and_conjugates_compose() {
    let z = C128::new(0.1, 0.7);
    let a = Array::values([1], vec![z], DType::Complex128).unwrap().named("d");
    let first = |a: Array| all_of(&a)[[0]];
    assert_eq!(first(a.clone().part(Part::Real)), C128::from(0.1));
    assert_eq!(first(a.clone().part(Part::Imag)), C128::from(0.7));
    assert_eq!(first(a.clone().conj().part(Part::Imag)), C128::from(-0.7));
    assert_eq!(first(a.clone().conj().conj()), z);
    assert_eq!(first(a.clone().part(Part::Imag).part(Part::Imag)), C128::from(0.0));
    let im = a.clone().part(Part::Imag).cast(DType::Complex128).unwrap();
    assert_eq!(first(im.clone().part(Part::Real)), C128::from(0.7));
    assert_eq!(first(im.clone().part(Part::Imag)), C128::from(0.0));
    assert_eq!(first(im.conj()), C128::from(0.7));
    let single = a.clone().cast(DType::Complex64).unwrap();
    assert_eq!(single.clone().part(Part::Real).ty().dtype, DType::Float32);
    let rounded = C128::new(0.1_f32 as f64, 0.7_f32 as f64);
    assert_eq!(first(single.clone().cast(DType::Complex128).unwrap()), rounded);
    let error = a.clone().cast(DType::Float64).unwrap_err();
    assert_eq!(
        error.to_string(),
        "d: it is complex128 and cannot be cast to float64 without losing its imaginary part; choose part = \"real\" or part = \"imag\""
    );
    assert!(a.same_as(&a.clone()));
    assert!(!a.same_as(&a.clone().conj()));
}

#[test]
fn only_what_lies_as_in_memory_can_be_mapped() {
    let (f, expected) = file(ElementKind::Float64, "f8", false, false);
    // This hand-made header has no padding, so its data may lie off the alignment.
    let array = Array::open(f.path(), None).unwrap();
    let aligned = npy("<f8", false, "(5, 4, 6)", &[]).len().is_multiple_of(8);
    assert_eq!(array.is_mappable(), aligned);
    let out =
        crate::io::NpyOutput::create(f.path(), ArrayType::new([5, 4, 6], DType::Float64)).unwrap();
    let real = expected.mapv(|v| v.re);
    out.write_box(&IndexBox::whole(&[5, 4, 6]), f64::erase(real.view())).unwrap();
    out.commit().unwrap();
    let array = Array::open(f.path(), None).unwrap();
    let place = array.mappable().unwrap().unwrap();
    assert_eq!((place.path, place.offset), (f.path(), 128));
    let rows = array.clone().slice("2:4").unwrap();
    assert_eq!(rows.mappable().unwrap().unwrap().offset, 128 + 2 * 24 * 8);
    let mut eight = [0; 8];
    rows.mappable()
        .unwrap()
        .unwrap()
        .file
        .read_exact_at(&mut eight, rows.mappable().unwrap().unwrap().offset)
        .unwrap();
    assert_eq!(f64::from_le_bytes(eight), real[[2, 0, 0]]);
    assert!(!array.clone().slice(":, 1:").unwrap().is_mappable());
    assert!(!array.clone().slice("::-1").unwrap().is_mappable());
    assert!(!array.clone().transpose(&[0, 2, 1]).unwrap().is_mappable());
    assert!(!array.clone().cast(DType::Float32).unwrap().is_mappable());
    assert!(!array.part(Part::Imag).is_mappable());
    for (big, fortran) in [(true, false), (false, true)] {
        let (f, _) = file(ElementKind::Float64, "f8", big, fortran);
        assert!(!Array::open(f.path(), None).unwrap().is_mappable());
    }
    let (f, _) = file(ElementKind::Int64, "i8", false, false);
    assert!(!Array::open(f.path(), None).unwrap().is_mappable());
}

#[test]
fn wrong_files_are_refused_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let data = write("data.npy", &npy("<f8", false, "(3,)", &[0; 24]));
    let refused = |path: &Path, key: Option<&str>, part: &str| {
        let error = Array::open(path, key).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input, "{error}");
        assert!(error.to_string().contains(part), "{error}");
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
    };
    refused(&dir.path().join("dat.npy"), None, "no such file; did you mean data.npy?");
    refused(&dir.path().join("nowhere/x.npy"), None, "no such file");
    refused(dir.path(), None, "it is a folder");
    refused(&data, Some("k"), "is one .npy array and has no member \"k\"");
    refused(&write("empty.npy", b""), None, "it is empty");
    refused(&write("short.npy", &npy("<f8", false, "(4,)", &[0; 24])), None, "is truncated");
    refused(
        &write("huge.npy", &npy("<f8", false, "(1000000000000,)", &[0; 24])),
        None,
        "promises 8000000000",
    );
    refused(&write("bad.npz", b"PK\x03\x04 and nothing"), None, "damaged or truncated");
    let error = Array::from_reader(
        &mut &npy("<f8", false, "(1000000000000,)", &[0; 24])[..],
        "standard input",
    )
    .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("ended after 24 bytes of data; its header promises 8000000000000"),
        "{error}"
    );
    assert!(Array::values([2], vec![], DType::Float64).is_err());
    assert!(
        Array::generated(Generator::Full(C128::default()), [1 << 40, 1 << 40], DType::Float64)
            .is_err()
    );
}

#[test]
fn one_stream_can_carry_several_arrays() {
    let bytes =
        [npy("<f8", false, "(1,)", &1.5_f64.to_le_bytes()), npy("|u1", false, "(2,)", &[3, 4])]
            .concat();
    let mut stream = &bytes[..];
    assert_eq!(Array::from_reader(&mut stream, "-").unwrap().read::<f64>().unwrap()[[0]], 1.5);
    assert_eq!(Array::from_reader(&mut stream, "-").unwrap().read::<f64>().unwrap()[[1]], 4.0);
    assert!(Array::from_reader(&mut stream, "-").is_err());
}

#[test]
fn a_file_that_changes_after_it_was_opened_is_an_error() {
    let (f, _) = file(ElementKind::Float64, "f8", false, false);
    let array = Array::open(f.path(), None).unwrap().named("d");
    f.as_file().set_len(200).unwrap();
    let error = array.read::<f64>().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Run);
    assert!(error.to_string().starts_with("d: cannot read"), "{error}");
    assert!(error.to_string().contains("changed after it was opened"), "{error}");
}

#[test]
fn arrays_without_elements_and_without_axes_are_read() {
    for (shape, dims) in [("(0, 3)", vec![0, 3]), ("()", vec![])] {
        let bytes = npy("<f8", false, shape, &2.5_f64.to_le_bytes());
        let mut f = tempfile::NamedTempFile::new().unwrap();
        f.write_all(&bytes).unwrap();
        let read = Array::open(f.path(), None).unwrap().read::<f64>().unwrap();
        assert_eq!(read.shape(), dims);
        assert!(read.iter().all(|&v| v == 2.5));
        let empty = Array::open(f.path(), None)
            .unwrap()
            .reshape(&dims.iter().map(|&n| n as isize).rev().collect::<Vec<_>>())
            .unwrap();
        assert_eq!(empty.read::<f64>().unwrap().len(), read.len());
    }
}

#[test]
fn boxes_of_consecutive_elements_cover_them() {
    for start in 0..60 {
        for most in 1..=60 - start {
            let b = largest_box(&[3, 4, 5], start, most);
            assert!(!b.is_empty() && b.len() <= most);
            let corner = b.start();
            assert_eq!((corner[0] * 4 + corner[1]) * 5 + corner[2], start);
            // One piece in C order: only the first axis longer than one may be cut.
            let first = b.dims().iter().position(|&n| n > 1).unwrap_or(2);
            assert!((first + 1..3).all(|a| b.0[a] == (0..[3, 4, 5][a])));
        }
    }
}

#[test]
fn members_of_archives_are_found_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("in.npz");
    let a = ndarray::Array2::from_shape_fn((40, 30), |(i, j)| (i * 30 + j) as f32);
    let b = ndarray::Array1::from_elem(3, 2.5_f64);
    for compressed in [false, true] {
        let f = std::fs::File::create(&path).unwrap();
        let method = if compressed {
            zip::CompressionMethod::Deflated
        } else {
            zip::CompressionMethod::Stored
        };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        let mut zip = zip::ZipWriter::new(f);
        for (name, bytes) in [("data.npy", to_bytes(&a)), ("wavelet.npy", to_bytes(&b))] {
            zip.start_file(name, options).unwrap();
            zip.write_all(&bytes).unwrap();
        }
        zip.finish().unwrap();
        let array = Array::open(&path, Some("data")).unwrap();
        assert_eq!(array.name(), format!("{}[data]", path.display()));
        assert_eq!(array.held_bytes(), if compressed { 4800 } else { 0 });
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| assert_eq!(array.read::<f32>().unwrap(), a.clone().into_dyn()));
            }
        });
        let part = array.slice("3:30:2, ::-1").unwrap();
        assert_eq!(part.read::<f32>().unwrap(), a.slice(s![3..30;2, ..;-1]).into_dyn());
        assert_eq!(
            Array::open(&path, Some("wavelet.npy")).unwrap().read::<f64>().unwrap()[[2]],
            2.5
        );
        assert_eq!(npz::members(&path).unwrap(), ["data", "wavelet"]);
        let error = Array::open(&path, Some("wavelets")).unwrap_err();
        assert!(
            error.to_string().ends_with("has no member \"wavelets\"; it holds \"data\", \"wavelet\"; did you mean \"wavelet\"?"),
            "{error}"
        );
        let error = Array::open(&path, None).unwrap_err();
        assert!(
            error.to_string().ends_with("it holds \"data\", \"wavelet\"; name one with `key`"),
            "{error}"
        );
        // The method of the first member stands in its own header and in the directory.
        let mut other = std::fs::read(&path).unwrap();
        let entry = other.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
        for (method, words) in [(12, "bzip2"), (14, "LZMA"), (77, "an unknown method")] {
            (other[8], other[entry + 10]) = (method, method);
            std::fs::write(dir.path().join("other.npz"), &other).unwrap();
            let error = Array::open(&dir.path().join("other.npz"), Some("data")).unwrap_err();
            assert!(
                error.to_string().contains(&format!("compressed by {words}; save it")),
                "{error}"
            );
        }
        // A cut or flipped byte anywhere is an error or leaves headers right, never a panic.
        let bytes = std::fs::read(&path).unwrap();
        let broken = dir.path().join("broken.npz");
        for at in (0..bytes.len()).step_by(7) {
            let mut other = bytes.clone();
            other[at] ^= 0x5a;
            std::fs::write(&broken, &other).unwrap();
            for key in ["data", "wavelet"] {
                if let Ok(array) = Array::open(&broken, Some(key)) {
                    let read = array.read::<f64>();
                    if key == "data"
                        && let Ok(values) = read
                    {
                        // The checksum is verified, so what is read is right.
                        if values.len() == a.len() {
                            assert!(values.iter().eq(a.mapv(f64::from).iter()), "byte {at}");
                        }
                    }
                }
            }
            std::fs::write(&broken, &bytes[..at]).unwrap();
            assert!(Array::open(&broken, Some("data")).is_err());
        }
    }
}

fn to_bytes<T: ndarray_npy::WritableElement, D: ndarray::Dimension>(
    a: &ndarray::Array<T, D>,
) -> Vec<u8> {
    let mut bytes = Vec::new();
    ndarray_npy::WriteNpyExt::write_npy(a, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_stack_is_read_from_its_parts_box_by_box() {
    let ty = ArrayType::new([3, 5], DType::Complex64);
    let values = |k: usize| -> Vec<C128> {
        (0..15).map(|i| C128::new((i * k) as f64, i as f64 - k as f64)).collect()
    };
    let part = |k: usize| match k % 3 {
        0 => Array::values([3, 5], values(k), ty.dtype).unwrap(),
        1 => Array::values([5, 3], values(k), ty.dtype).unwrap().transpose(&[1, 0]).unwrap(),
        _ => Array::values([3, 5], values(k), DType::Complex128)
            .unwrap()
            .conj()
            .cast(ty.dtype)
            .unwrap(),
    };
    let parts: Vec<Array> = (0..7).map(part).collect();
    let stack = Array::stacked(parts.clone()).unwrap();
    assert_eq!(*stack.ty(), ArrayType::new([7, 3, 5], ty.dtype));
    assert_eq!(stack.kept_bytes(), 7 * 15 * size_of::<C128>());
    let truth: Vec<ArrayD<C64>> = parts.iter().map(|p| p.read().unwrap()).collect();
    for ranges in [[0..7, 0..3, 0..5], [2..6, 0..3, 0..5], [1..5, 1..3, 2..4], [6..7, 2..3, 4..5]] {
        let b = IndexBox(ranges.to_vec());
        let mut out = ArrayD::<C64>::default(IxDyn(&b.dims()));
        stack.read_box(&b, Viewed::erase_mut(out.view_mut())).unwrap();
        for (i, found) in out.indexed_iter() {
            let at: Vec<usize> = (1..3).map(|a| i[a] + b.0[a].start).collect();
            assert_eq!(*found, truth[i[0] + b.0[0].start][IxDyn(&at)], "{b} at {i:?}");
        }
    }
    let other = Array::values([5, 3], values(0), ty.dtype).unwrap();
    assert!(Array::stacked(vec![parts[0].clone(), other]).is_err());
}
