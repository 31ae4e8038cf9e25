//! Tests of `output.rs`.

use ndarray::{Array3, ArrayD, Slice};

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use super::*;
use crate::io::ErrorKind;
use crate::scalar::{C64, C128};

fn listing(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(dir)
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn boxes_written_from_many_threads_make_the_array() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.npy");
    let a = Array3::from_shape_fn((7, 5, 6), |(i, j, k)| (i * 30 + j * 6 + k) as f64).into_dyn();
    for chunk in [[7, 5, 6], [2, 5, 6], [3, 2, 6], [1, 1, 1], [7, 2, 4]] {
        let out = NpyOutput::create(&path, ArrayType::new([7, 5, 6], DType::Float64)).unwrap();
        let joined = NpyOutput::join(out.part(), out.ty().clone()).unwrap();
        let grid = crate::space::Grid::new(&[7, 5, 6], &chunk);
        std::thread::scope(|scope| {
            for k in 0..grid.len() {
                let (out, a) = (if k % 2 == 0 { &out } else { &joined }, &a);
                let b = grid.chunk_box(k);
                scope.spawn(move || {
                    out.write_box(&b, f64::erase(a.view()).boxed(&b)).unwrap();
                });
            }
        });
        joined.sync().unwrap();
        drop(joined);
        assert!(out.part().exists());
        let hash = out.sha256().unwrap();
        out.commit().unwrap();
        let read: ArrayD<f64> = ndarray_npy::read_npy(&path).unwrap();
        assert_eq!(read, a);
        assert_eq!(listing(dir.path()), ["m.npy"]);
        assert_eq!(sha256(&path).unwrap(), hash);
        let data: &[u8] = &std::fs::read(&path).unwrap()[128..];
        assert_eq!(hash, format!("{:x}", HexOf(Sha256::digest(data).to_vec())));
    }
}

struct HexOf(Vec<u8>);
impl std::fmt::LowerHex for HexOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

#[test]
fn any_view_of_any_type_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("m.npy");
    // Large enough for several pieces of the buffer.
    let a = Array3::from_shape_fn((300, 40, 35), |(i, j, k)| (i * 1400 + j * 35 + k) as f64 / 3.0);
    let view = a.view().into_dyn().permuted_axes(vec![2, 0, 1]);
    let mut view = view.clone();
    view.invert_axis(Axis(1));
    view.slice_axis_inplace(Axis(2), Slice::new(0, None, 3));
    let dims = view.shape().to_vec();
    let out = NpyOutput::create(&path, ArrayType::new(dims.clone(), DType::Complex64)).unwrap();
    out.write_box(&IndexBox::whole(&dims), f64::erase(view.view())).unwrap();
    out.commit().unwrap();
    let read: ArrayD<C64> = ndarray_npy::read_npy(&path).unwrap();
    assert_eq!(read, view.mapv(|v| C64::new(v as f32, 0.0)));
}

#[test]
fn what_a_narrower_type_cannot_hold_is_told_with_its_place() {
    let dir = tempfile::tempdir().unwrap();
    let a = ArrayD::from_shape_fn(vec![40, 30], |i| match (i[0], i[1]) {
        (7, 3) => -1e300,
        (7, 4) | (39, 29) => 1e39,
        (1, 1) | (20, 5) => 1e-50,
        (2, 2) => f64::INFINITY,
        (3, 3) => f64::NAN,
        _ => 1.0,
    });
    let whole = IndexBox::whole(&[40, 30]);
    let write = |dtype: DType, b: &IndexBox| {
        let ty = ArrayType::new([40, 30], dtype);
        let out = NpyOutput::create(&dir.path().join("m.npy"), ty).unwrap();
        out.write_box(b, f64::erase(a.view()).boxed(b)).unwrap()
    };
    let lost = Some((7 * 30 + 3, C128::from(-1e300)));
    assert_eq!(write(DType::Float32, &whole), Narrowed { lost, vanished: 2, not_finite: 2 });
    assert_eq!(write(DType::Complex64, &whole), Narrowed { lost, vanished: 2, not_finite: 2 });
    let wide = Narrowed { not_finite: 2, ..Narrowed::default() };
    assert_eq!(write(DType::Float64, &whole), wide);
    // Parts of it, in any order.
    let parts = [IndexBox(vec![7..40, 4..30]), IndexBox(vec![0..40, 0..4])];
    let all = parts.map(|b| write(DType::Float32, &b));
    assert_eq!(all[0].lost, Some((7 * 30 + 4, C128::from(1e39))));
    assert_eq!(all[0].and(all[1]), Narrowed { lost, vanished: 2, not_finite: 2 });
    assert_eq!(all[1].and(all[0]), Narrowed { lost, vanished: 2, not_finite: 2 });
}

#[test]
fn nothing_changes_until_all_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let (npy, csv) = (dir.path().join("m.npy"), dir.path().join("h.csv"));
    std::fs::write(&npy, "old").unwrap();
    let ty = ArrayType::new([2], DType::Complex128);
    drop(NpyOutput::create(&npy, ty.clone()).unwrap());
    assert_eq!(std::fs::read(&npy).unwrap(), b"old");
    assert_eq!(listing(dir.path()), ["m.npy"]);

    let out = NpyOutput::create(&npy, ty).unwrap();
    let z = ndarray::arr1(&[C128::new(1.0, 2.0), C128::new(3.0, 4.0)]).into_dyn();
    out.write_box(&IndexBox::whole(&[2]), C128::erase(z.view())).unwrap();
    let mut text = TextOutput::create(&csv).unwrap();
    text.write("iteration,residual\n").unwrap();
    text.write("1,0.5\n").unwrap();
    assert_eq!(std::fs::read(&npy).unwrap(), b"old");
    assert!(!csv.exists());
    commit_all(vec![out.into(), text.into()]).unwrap();
    assert_eq!(std::fs::read_to_string(&csv).unwrap(), "iteration,residual\n1,0.5\n");
    let read: ArrayD<C128> = ndarray_npy::read_npy(&npy).unwrap();
    assert_eq!(read, z);
    assert_eq!(listing(dir.path()), ["h.csv", "m.npy"]);
}

#[test]
fn wrong_places_are_refused_before_any_work() {
    let dir = tempfile::tempdir().unwrap();
    let ty = ArrayType::new([2], DType::Float64);
    for (path, part) in [
        (dir.path().join("nowhere/m.npy"), "there is no folder"),
        (dir.path().to_path_buf(), "it is a folder"),
        (PathBuf::from("/dev/null"), "not a regular file"),
        (PathBuf::from("/"), "does not name a file"),
    ] {
        let error = NpyOutput::create(&path, ty.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(error.to_string().contains(part), "{error}");
    }
    let huge = ArrayType::new([1 << 40, 1 << 40], DType::Float64);
    assert!(NpyOutput::create(&dir.path().join("m.npy"), huge).is_err());
    assert_eq!(listing(dir.path()), Vec::<String>::new());
    let out = NpyOutput::create(&dir.path().join("m.npy"), ty).unwrap();
    let error = NpyOutput::join(out.part(), ArrayType::new([3], DType::Float64)).unwrap_err();
    assert!(error.to_string().contains("began it as (2,) float64"), "{error}");
}

#[test]
fn a_link_stays_a_link_and_new_files_obey_the_umask() {
    let dir = tempfile::tempdir().unwrap();
    let (file, link) = (dir.path().join("file.txt"), dir.path().join("link.txt"));
    std::fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let mut out = TextOutput::create(&link).unwrap();
    out.write("new").unwrap();
    out.commit().unwrap();
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "new");
    let plain = dir.path().join("plain.txt");
    std::fs::write(&plain, "").unwrap();
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode();
    assert_eq!(mode(&file), mode(&plain));
}

#[test]
fn boxes_follow_each_other_in_c_order() {
    for dims in [vec![], vec![7], vec![3, 4], vec![2, 1, 5], vec![2, 3, 4, 5], vec![3, 0]] {
        for most in [1, 2, 5, 7, 20, 1000] {
            let strides = strides(&dims);
            let mut next = 0;
            for b in boxes(&dims, most) {
                let at: usize = b.start().iter().zip(&strides).map(|(i, s)| i * s).sum();
                assert_eq!(at, next, "{dims:?} {most}");
                assert!((1..=most).contains(&b.len()), "{dims:?} {most} {b}");
                next += b.len();
            }
            assert_eq!(next, dims.iter().product::<usize>());
        }
    }
}
