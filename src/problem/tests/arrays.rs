//! Arrays: where they come from, and what can be wrong with them.

use super::*;
use crate::problem::arrays::{Surroundings, open};
use crate::scalar::C128;

#[test]
fn files_that_cannot_be_read() {
    let mut cut = npy(&[4, 3], DType::Float32);
    cut.truncate(cut.len() - 5);
    let object = with_header("{'descr': '|O', 'fortran_order': False, 'shape': (3,), }");
    let huge = with_header(
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4000000000, 4000000000), }",
    );
    shows(
        r#"[arrays]
missing = { file = "data.npy" }
cut = { file = "cut.npy" }
object = { file = "object.npy" }
huge = { file = "huge.npy" }
empty = { file = "empty.npy" }
none = { file = "none.npy" }
"#,
        &[
            ("date.npy", npy(&[2], DType::Float64)),
            ("cut.npy", cut),
            ("object.npy", object),
            ("huge.npy", huge),
            ("empty.npy", Vec::new()),
            ("none.npy", npy(&[4, 0], DType::Float64)),
        ],
        r#"
error: cannot open DIR/data.npy: no such file
 --> DIR/problem.toml:2:20
  |
2 | missing = { file = "data.npy" }
  |                    ^^^^^^^^^^ array `missing` is read from this file
  |
  = help: did you mean date.npy?

error: cannot read DIR/cut.npy: it is truncated: it holds 171 bytes, its header promises 176 ((4, 3) float32)
 --> DIR/problem.toml:3:16
  |
3 | cut = { file = "cut.npy" }
  |                ^^^^^^^^^ array `cut` is read from this file
  |
  = help: write the file again

error: cannot read DIR/object.npy: its element type object (dtype "|O") is not supported
 --> DIR/problem.toml:4:19
  |
4 | object = { file = "object.npy" }
  |                   ^^^^^^^^^^^^ array `object` is read from this file
  |
  = help: save it with np.save(path, a.astype("float64"))

error: cannot read DIR/huge.npy: the shape in its .npy header is larger than any memory, so the file is damaged
 --> DIR/problem.toml:5:17
  |
5 | huge = { file = "huge.npy" }
  |                 ^^^^^^^^^^ array `huge` is read from this file

error: cannot read DIR/empty.npy: it is empty
 --> DIR/problem.toml:6:18
  |
6 | empty = { file = "empty.npy" }
  |                  ^^^^^^^^^^^ array `empty` is read from this file
  |
  = help: save an array with np.save

error: array `none` has no elements: its dims are (4, 0)
 --> DIR/problem.toml:7:17
  |
7 | none = { file = "none.npy" }
  |                 ^^^^^^^^^^ axis 1 has length 0: nothing to work on

error: DIR/problem.toml has 6 mistakes; nothing was run"#,
    );
}

#[test]
fn changes_that_do_not_fit() {
    shows(
        r#"dtype = "float32"
[arrays]
a = { file = "a.npy", slice = "5, :" }
b = { file = "a.npy", slice = "4:" }
c = { file = "a.npy", transpose = [0, 2, 1] }
d = { file = "a.npy", reshape = [5, -1] }
e = { values = ["1+2j", 3], dtype = "float64" }
f = { file = "a.npy", chunks = [2] }
g = { file = "a.npz", key = "b" }
h = { zeros = { shape = [3, 0] } }
"#,
        &[("a.npy", npy(&[4, 3], DType::Float32)), ("a.npz", npz())],
        r#"
error: `slice` does not fit array `a`
 --> DIR/problem.toml:3:31
  |
3 | a = { file = "a.npy", slice = "5, :" }
  |                               ^^^^^^ index 5 of the slice "5, :" is outside axis 0, whose length is 4

error: array `b` has no elements: its dims are (0, 3)
 --> DIR/problem.toml:4:31
  |
4 | b = { file = "a.npy", slice = "4:" }
  |                               ^^^^ axis 0 has length 0: nothing to work on

error: `transpose` does not fit array `c`
 --> DIR/problem.toml:5:35
  |
5 | c = { file = "a.npy", transpose = [0, 2, 1] }
  |                                   ^^^^^^^^^ transpose = [0, 2, 1] must name each of the 2 axes of (4, 3) once

error: `reshape` does not fit array `d`
 --> DIR/problem.toml:6:33
  |
6 | d = { file = "a.npy", reshape = [5, -1] }
  |                                 ^^^^^^^ reshape = [5, -1] does not fit (4, 3), 12 elements

error: array `e` is complex and cannot be cast to float64
 --> DIR/problem.toml:7:37
  |
7 | e = { values = ["1+2j", 3], dtype = "float64" }
  |                                     ^^^^^^^^^ the array is complex128
  |
  = help: choose a part: `part = "real"` or `part = "imag"`

error: `chunks` do not fit array `f`
 --> DIR/problem.toml:8:32
  |
8 | f = { file = "a.npy", chunks = [2] }
  |                                ^^^ expected one length for each axis of (4, 3), found 1

error: DIR/a.npz has no member "b"
 --> DIR/problem.toml:9:29
  |
9 | g = { file = "a.npz", key = "b" }
  |                             ^^^ array `g` is read from this file
  |
  = help: it holds "a"

error: array `h` has no elements: its dims are (3, 0)
  --> DIR/problem.toml:10:15
   |
10 | h = { zeros = { shape = [3, 0] } }
   |               ^^^^^^^^^^^^^^^^^^ axis 1 has length 0: nothing to work on

error: DIR/problem.toml has 8 mistakes; nothing was run"#,
    );
}

/// A .npz file of one member, `a`.
fn npz() -> Vec<u8> {
    let mut file = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options: zip::write::SimpleFileOptions = Default::default();
    file.start_file("a.npy", options).unwrap();
    std::io::Write::write_all(&mut file, &npy(&[2], DType::Float64)).unwrap();
    file.finish().unwrap().into_inner()
}

#[test]
fn arrays_are_changed_in_their_order() {
    let problem = problem(
        r#"dtype = "float32"
[arrays]
v = { values = [[1, 2, 3], [4, 5, 6]], slice = "::-1, 1:", transpose = [1, 0], reshape = [4] }
z = { values = ["1+2j"], part = "imag" }
c = { ones = { shape = [2] }, dtype = "complex128" }
f = { file = "f.npy", chunks = [-1, 2] }
n = { linspace = { start = 0, stop = 1, num = 3 }, slice = "..., None" }
"#,
        &[("f.npy", npy(&[4, 3], DType::Float64))],
    );
    let read = |name: &str| {
        let values = problem.array(name).unwrap().read::<C128>().unwrap();
        values.iter().map(|z| z.re).collect::<Vec<_>>()
    };
    assert_eq!(read("v"), [5.0, 2.0, 6.0, 3.0]);
    assert_eq!(read("z"), [2.0]);
    let types: Vec<String> =
        problem.arrays().map(|(name, array)| format!("{name} {}", array.ty())).collect();
    assert_eq!(
        types,
        [
            "v (4,) float32",
            "z (1,) float32",
            "c (2,) complex128",
            "f (4, 3) float64",
            "n (3, 1) float32"
        ]
    );
}

#[test]
fn standard_input_is_one_array() {
    let text =
        "[arrays]\na = { file = \"-\" }\nb = { file = \"-\" }\nc = { file = \"-\", key = \"k\" }\n";
    let document = Document::parse(SourceText::new("problem.toml", text), &[]).unwrap();
    let mut out = document.diagnostics();
    let file = |k: usize| match &document.arrays[k].1.source {
        crate::spec::ArraySource::File(source) => source.file.span.clone(),
        other => panic!("{other:?}"),
    };
    // As after `a`, without a stream to read.
    let stdin = Some(file(0));
    let mut around = Surroundings {
        folder: "".into(),
        inputs: Default::default(),
        dtype: DType::Float64,
        stdin,
        stdin_is_file: false,
        fetch: Vec::new(),
    };
    for (name, spec) in &document.arrays[1..] {
        assert!(open(name, spec, &mut around, &mut out).is_none());
    }
    is(
        &out.to_string(),
        r#"
error: standard input is read by two arrays
 --> problem.toml:3:14
  |
2 | a = { file = "-" }
  |              --- the first one reads it
3 | b = { file = "-" }
  |              ^^^ the second one

error: no array can be chosen here
 --> problem.toml:4:25
  |
4 | c = { file = "-", key = "k" }
  |                         ^^^ standard input is one .npy array

error: problem.toml has 2 mistakes; nothing was run"#,
    );
}
