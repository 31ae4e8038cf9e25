//! What PyLops', SciPy's, NumPy's and Python's words bring: names that have another name here, files of
//! other programs, what nothing uses, and mistakes that are said once.

#[path = "../common/mod.rs"]
mod common;

mod arrays;
mod cascades;
mod names;
mod params;
mod python;
mod unused;

use common::{Folder, Stored, npy, with_header};

/// A right problem.
const PROBLEM: &str = r#"[params]
eps = 0.5

[arrays]
d = { values = [1.0, 2.0, 3.0] }

[operators]
A = { type = "Identity", N = 3 }
D = { type = "FirstDerivative", dims = 3 }

[solve]
operator = "A"
data     = "d"
solver   = "cgls"
niter    = 5

[[solve.regularization]]
operator = "eps * D"

[outputs]
model = "m.npy"
"#;

/// What is said about the problem with `from` replaced, without the last line.
#[track_caller]
fn said(from: &str, to: &str) -> String {
    assert!(PROBLEM.contains(from), "{from}");
    let ran = Folder::of(&PROBLEM.replace(from, to)).ran("check problem.toml");
    assert_eq!(ran.code, Some(2), "{to}\n{}{}", ran.text(), ran.stderr);
    ran.stderr
}

/// All that is said about the problem with `from` replaced.
#[track_caller]
fn says(from: &str, to: &str, expected: &str) {
    let expected = expected.trim_start();
    assert_eq!(said(from, to).trim_end(), expected.trim_end());
}

/// The help of each mistake.
fn helps(said: &str) -> Vec<&str> {
    said.lines().filter_map(|line| line.trim_start().strip_prefix("= help: ")).collect()
}

/// A .npy file of bytes with this descriptor.
fn bytes_of(descr: &str, shape: &str, bytes: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    with_header(&header, bytes)
}

/// The values of an output.
fn read(folder: &Folder, name: &str, dtype: &str) -> Vec<f64> {
    Stored::read(&folder.path().join(name), dtype).unwrap().values
}

#[test]
fn files_that_are_no_utf_8_are_said_to_be_so() {
    let folder = Folder::of("");
    let text = "title = \"é\"\n";
    let both = |start: &[u8], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        start.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect()
    };
    let convert = |from: &str| format!("save it as UTF-8, or `iconv -f {from} -t UTF-8 OLD > NEW`");
    let wide = |order: &str| format!("it is UTF-16; {}", convert(&format!("UTF-16{order}")));
    for (bytes, words) in [
        (both(&[0xff, 0xfe], u16::to_le_bytes), wide("")),
        (both(&[0xfe, 0xff], u16::to_be_bytes), wide("")),
        (both(&[], u16::to_le_bytes), wide("LE")),
        (both(&[], u16::to_be_bytes), wide("BE")),
        (
            b"# one\ntitle = \"\xe9\"\n".to_vec(),
            format!(
                "byte 0xe9 at line 2, column 10 is not UTF-8; if the file is Latin-1, {}",
                convert("LATIN1")
            ),
        ),
        (npy(&[1.0]), "it is a .npy array, not a problem file".into()),
        (b"\x89HDF\r\n\x1a\n\0\0".to_vec(), "it is an HDF5 file, not a problem file".into()),
        ((0..=255).collect(), "it is not text".into()),
    ] {
        folder.put("problem.toml", &bytes);
        let expected = format!("error: cannot read problem file problem.toml: {words}");
        folder.ran("check problem.toml").is(2, "", &expected);
        folder.ran("solve problem.toml").is(2, "", &expected);
    }
    // A mark of the order of bytes is no harm.
    folder.put("problem.toml", format!("\u{feff}{PROBLEM}").as_bytes());
    assert_eq!(folder.ran("check problem.toml").code, Some(0));
}

#[test]
fn files_of_other_programs_are_named() {
    let folder = Folder::of("");
    let line = |what: &str, python: &str| {
        format!("error: cannot read {what}; convert it in Python: np.save(\"{python})")
    };
    for (name, bytes, expected) in [
        (
            "a.sgy",
            &b"C 1 CLIENT"[..],
            line(
                "a.sgy: it is a SEG-Y file",
                "a.npy\", segyio.tools.collect(segyio.open(\"a.sgy\", ignore_geometry=True).trace[:])",
            ),
        ),
        (
            "b.mat",
            b"MATLAB 5.0 MAT-file",
            line("b.mat: it is a MATLAB file", "b.npy\", scipy.io.loadmat(\"b.mat\")[\"NAME\"]"),
        ),
        (
            "c.npy",
            b"\x89HDF\r\n\x1a\n",
            line("c.npy: it is an HDF5 file", "c_array.npy\", h5py.File(\"c.npy\")[\"NAME\"][()]"),
        ),
        (
            "e.tif",
            b"II*\0",
            line("e.tif: it is an image", "e.npy\", np.asarray(PIL.Image.open(\"e.tif\"), float)"),
        ),
        (
            "f.csv",
            b"1,2",
            line("f.csv: it is a text file", "f.npy\", np.loadtxt(\"f.csv\", delimiter=\",\")"),
        ),
        (
            "g.dat",
            &[0, 0, 0x80, 0x3f, 0, 0, 0, 0x40],
            line(
                "g.dat: it is raw binary, which records neither type nor dims",
                "g.npy\", np.fromfile(\"g.dat\", \"<f4\").reshape(DIMS)",
            ),
        ),
        (
            "h.bin",
            &[0xcd, 0xcc, 0xcc, 0x3d, 0xcd, 0xcc, 0xcc, 0x3d],
            line(
                "h.bin: it is raw binary, which records neither type nor dims",
                "h.npy\", np.fromfile(\"h.bin\", \"<f4\").reshape(DIMS)",
            ),
        ),
        (
            "i.dat",
            "0.5 1.5 µm: é".as_bytes(),
            line("i.dat: it is a text file", "i.npy\", np.loadtxt(\"i.dat\")"),
        ),
    ] {
        folder.put(name, bytes);
        folder.ran(&format!("info {name}")).is(2, "", &expected);
        let text = format!("[arrays]\nx = {{ file = \"{name}\" }}\n");
        folder.put("problem.toml", text.as_bytes());
        let said = folder.ran("check problem.toml").stderr;
        assert!(helps(&said)[0].starts_with("convert it in Python: np.save("), "{said}");
    }
}

#[test]
fn outputs_have_endings_that_are_written() {
    says(
        "\"m.npy\"",
        "\"m.csv\"",
        r#"
error: cannot write m.csv: an array is written as .npy or .zarr
  --> problem.toml:21:9
   |
21 | model = "m.csv"
   |         ^^^^^^^ expected another ending
   |
   = help: write m.npy, then in Python: np.savetxt("m.csv", np.load("m.npy"))

error: problem.toml has 1 mistake; nothing was run"#,
    );
    for (output, kinds) in [
        ("model = \"m\"", ".npy or .zarr; write m.npy"),
        ("model = \"m.npy.gz\"", ".npy or .zarr; write m.npy"),
        ("model = \"m.zarr.zip\"", ".npy or .zarr; write m.zarr"),
        ("model = \"m.h5\"", ".npy or .zarr; write m.npy, and convert it"),
        ("model = \"m.npy\"\nhistory = \"h.txt\"", ".csv; write h.csv"),
    ] {
        let said = said("model = \"m.npy\"", output).replace("\n   |", "");
        let (kinds, help) = kinds.split_once("; ").unwrap();
        assert!(said.contains(&format!("is written as {kinds}")), "{said}");
        assert_eq!(helps(&said), [help], "{said}");
    }
    let folder = Folder::of(PROBLEM);
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0]));
    let before = folder.all();
    folder.ran("apply problem.toml --operator D --input x.npy --output y.csv").is(
        2,
        "",
        "error: cannot write y.csv: an array is written as .npy or .zarr; write y.npy, then in Python: \
         np.savetxt(\"y.csv\", np.load(\"y.npy\"))",
    );
    assert_eq!(folder.all(), before);
    folder.ran("apply problem.toml --operator D --input x.npy --output /dev/null").is(
        2,
        "",
        "error: cannot write /dev/null: it is not a regular file; use \"-\" for standard output",
    );
}

#[test]
fn an_output_is_a_file() {
    let folder = Folder::of(PROBLEM);
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0]));
    let before = folder.all();
    let apply = "apply problem.toml --operator D --input x.npy --output";
    for (path, words) in [
        (
            "m.npy/",
            ["cannot write m.npy/: a path that ends in `/` is a folder", "leave out the `/`"],
        ),
        (
            "/dev/stdout",
            ["cannot write /dev/stdout: it is a stream", "use \"-\" for standard output"],
        ),
        ("/dev/fd/1", ["cannot write /dev/fd/1: it is a stream", "use \"-\" for standard output"]),
    ] {
        let solve = format!("solve problem.toml --set outputs.model={path}");
        for command in [solve.replace("solve", "check"), solve, format!("{apply} {path}")] {
            // Standard output is a file here.
            let out = std::fs::File::create(folder.path().join("out")).unwrap();
            let ran = std::process::Command::new(env!("CARGO_BIN_EXE_pylopsd"))
                .current_dir(folder.path())
                .args(command.split(' '))
                .stdout(out)
                .output()
                .unwrap();
            let said = String::from_utf8_lossy(&ran.stderr);
            assert_eq!(ran.status.code(), Some(2), "{command}\n{said}");
            assert!(words.iter().all(|word| said.contains(word)), "{command}\n{said}");
            std::fs::remove_file(folder.path().join("out")).unwrap();
            assert_eq!(folder.all(), before);
        }
    }
}
