//! What PyLops', SciPy's, NumPy's and Python's words bring: names that have another name here, files of
//! other programs, what nothing uses, and mistakes that are said once.

mod common;

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
fn names_of_pylops_and_scipy_have_their_name_here() {
    for (from, to, help) in [
        ("niter ", "iter_lim ", "`iter_lim` is `niter` here"),
        ("niter ", "maxiter ", "`maxiter` is `niter` here"),
        ("niter ", "model = \"m.npy\"\nniter ", "`model` stands in `[outputs]`"),
        (
            "niter ",
            "epsRs = [1.0]\nniter ",
            "each of `epsRs` is `epsilon` of its `[[solve.regularization]]`",
        ),
        (
            "niter ",
            "Regs = [\"D\"]\nniter ",
            "each of `Regs` is `operator` of a `[[solve.regularization]]`",
        ),
        ("dims = 3", "dims = 3, dir = 0", "`dir` is `axis` here"),
        ("dims = 3", "dims = 3, dtype = \"float\"", "Python's `float` is `float64`"),
        ("dims = 3", "dims = 3, dtype = \"complex\"", "Python's `complex` is `complex128`"),
        ("dims = 3", "dims = 3, dtype = \"np.float32\"", "NumPy's `np.float32` is `float32`"),
        ("dims = 3", "dims = 3, dtype = \"<f4\"", "NumPy's `<f4` is `float32`"),
        (
            "dims = 3",
            "dims = 3, dtype = \"int64\"",
            "whole numbers are read as floats: `float32` or `float64`",
        ),
        (
            "\"Identity\", N = 3",
            "\"Demigration\", z = 3",
            "`Demigration` is the operator `Kirchhoff` here",
        ),
    ] {
        let said = said(from, to);
        assert_eq!(helps(&said), [help], "{said}");
        assert!(said.contains("has 1 mistake"), "{said}");
    }
}

#[test]
fn what_is_not_there_yet_is_said_by_name() {
    says(
        "\"Identity\", N = 3",
        "\"Radon2D\", taxis = [0]",
        r#"
error: operator `Radon2D` is not supported in this version yet
 --> problem.toml:8:14
  |
8 | A = { type = "Radon2D", taxis = [0] }
  |              ^^^^^^^^^ PyLops has it, this program does not
  |
  = help: README.md lists what is not there yet

error: problem.toml has 1 mistake; nothing was run"#,
    );
    let fista = said("\"cgls\"", "\"fista\"\neps = 0.1");
    assert!(fista.contains("solver `fista` is not supported in this version yet"), "{fista}");
    assert!(fista.contains("has 1 mistake"), "{fista}");
    let folder = Folder::of(PROBLEM);
    for (command, name, listed) in [
        ("ops", "DCT", "Sliding2D"),
        ("ops", "SeismicInterpolation", "PrestackInversion"),
        ("solvers", "omp", "splitbregman"),
    ] {
        let list = folder.ran(command).text();
        let last = list.split("Not there yet: ").nth(1).unwrap();
        assert!(last.contains(name) && last.contains(listed), "{list}");
        let ran = folder.ran(&format!("{command} {name}"));
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(&format!("`{name}` is not supported in this version yet")));
    }
}

#[test]
fn keys_that_say_how_pylops_runs_are_ignored_with_a_warning() {
    let text = PROBLEM.replace("dims = 3", "dims = 3, engine = \"numba\", todask = [true, true]");
    let folder = Folder::of(&text.replace("niter ", "show = true\nniter "));
    folder.ran("check problem.toml --quiet").is(0, &folder.ran("check problem.toml").text(), "");
    folder.ran("check problem.toml --deny-warnings").is(
        2,
        "",
        r#"
error: `engine` is ignored
 --> problem.toml:9:43
  |
9 | D = { type = "FirstDerivative", dims = 3, engine = "numba", todask = [true, true] }
  |                                           ^^^^^^ says how PyLops runs the operator
  |
  = help: leave it out: engines, threads and copies are the plan's business

error: `todask` is ignored
 --> problem.toml:9:61
  |
9 | D = { type = "FirstDerivative", dims = 3, engine = "numba", todask = [true, true] }
  |                                                             ^^^^^^ says how PyLops runs the operator
  |
  = help: leave it out: engines, threads and copies are the plan's business

error: `show` is ignored
  --> problem.toml:15:1
   |
15 | show = true
   | ^^^^ says how PyLops runs the solver
   |
   = help: leave it out: engines, threads and copies are the plan's business

error: problem.toml has 3 mistakes; nothing was run"#,
    );
}

#[test]
fn python_is_told_in_the_words_of_toml() {
    for (from, to, message, help) in [
        ("N = 3", "N = (3,)", "a tuple is a list here", "write `[3]`"),
        ("N = 3", "N = (3, 4)", "a tuple is a list here", "write `[3, 4]`"),
        ("N = 3", "N = 3, M = None", "TOML has no value for nothing", "leave the key out"),
        (
            "dims = 3",
            "dims = 3, edge = True",
            "TOML writes `true` and `false` small",
            "write `true`",
        ),
        (
            "[1.0, 2.0, 3.0]",
            "[1.0 2.0 3.0]",
            "a comma is missing in a list",
            "write `1.0, 2.0, 3.0`",
        ),
        ("[1.0, 2.0, 3.0]", "[1.0, 2.0, 3.0", "a list is not closed", "close it with `]`"),
        (
            "[1.0, 2.0, 3.0] }",
            "[1.0] # }",
            "`#` begins a comment, up to the end of the line",
            "behind the `}`",
        ),
        ("= 5", "= 5.", "TOML writes this number otherwise", "write `5.0`"),
        ("= 5", "= .5", "TOML writes this number otherwise", "write `0.5`"),
        ("= 5", "= 1e-3j", "a complex number is a string here", "write `\"1e-3j\"`"),
        ("= 5", "= 10**2", "a computation is no value", "write the number itself"),
        ("= 5", "= np.pi", "a name of Python is no value", "write the number itself"),
        ("\"cgls\"", "cgls", "a string without quotes", "write `\"cgls\"`"),
        ("\"m.npy\"", "C:\\m.npy", "a string without quotes", "write `'C:\\m.npy'`"),
        ("\"m.npy\"", "f\"m.npy\"", "a string has no letters before its quote", "leave `f` out"),
        (
            "{ type = \"Identity\", N = 3 }",
            "Identity(3)",
            "a Python call is no value",
            "an operator is a table",
        ),
        (
            "type = \"Identity\"",
            "type: \"Identity\"",
            "`:` between a key and its value",
            "TOML writes `key = value`",
        ),
        ("= \"d\"", "= \"d", "a string is not closed", "close it"),
        ("[params]", "import pylops\n[params]", "a problem file is TOML, not Python", "`specs/`"),
        ("[params]", "// a comment\n[params]", "a comment begins with `#`", "write `# ...`"),
    ] {
        let said = said(from, to);
        assert!(said.starts_with(&format!("error: {message}\n")), "{to}\n{said}");
        assert!(helps(&said).len() == 1 && helps(&said)[0].contains(help), "{to}\n{said}");
    }
    says(
        "N = 3",
        "N = (3,)",
        r#"
error: a tuple is a list here
 --> problem.toml:8:30
  |
8 | A = { type = "Identity", N = (3,) }
  |                              ^^^^ TOML has no `(...)`
  |
  = help: write `[3]`

error: problem.toml has 1 mistake; nothing was run"#,
    );
    let ran = Folder::of("{ \"operators\": {} }").ran("check problem.toml");
    assert!(ran.stderr.starts_with("error: a problem file is TOML, not JSON"), "{}", ran.stderr);
}

#[test]
fn files_that_are_no_utf_8_are_said_to_be_so() {
    let folder = Folder::of("");
    let text = "title = \"é\"\n";
    let both = |start: &[u8], bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        start.iter().copied().chain(text.encode_utf16().flat_map(bytes)).collect()
    };
    let convert = |from: &str| format!("save it as UTF-8, or `iconv -f {from} -t UTF-8 OLD > NEW`");
    let wide = format!("it is UTF-16; {}", convert("UTF-16"));
    for (bytes, words) in [
        (both(&[0xff, 0xfe], u16::to_le_bytes), wide.clone()),
        (both(&[0xfe, 0xff], u16::to_be_bytes), wide.clone()),
        (both(&[], u16::to_le_bytes), wide),
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
fn a_file_that_describes_nothing_is_no_problem() {
    for text in ["", "# a comment\n", "title = \"a\"\n"] {
        for command in ["check", "solve", "plan", "apply", "dottest", "test"] {
            let ran = Folder::of(text).ran(&format!("{command} problem.toml"));
            assert_eq!(ran.code, Some(2), "{command} {text:?}");
            let all = format!("{}{}", ran.text(), ran.stderr);
            assert!(
                all.contains("the problem file describes nothing"),
                "{command} {text:?}\n{all}"
            );
        }
    }
}

#[test]
fn set_reaches_what_the_file_has() {
    let folder = Folder::of(PROBLEM);
    folder.ran("check problem.toml --set params.epss=1").is(
        2,
        "",
        r#"
error: the file has no parameter `epss`
 |
 | --set params.epss=1
 |              ^^^^ nothing of `[params]`
 |
 = help: did you mean `eps`?

error: the command line has 1 mistake; nothing was run"#,
    );
    for (set, what) in [
        ("arrays.e.values=[1]", "array `e`"),
        ("operators.DD.dims=4", "operator `DD`"),
        ("solves.psf.niter=3", "solve `psf`"),
    ] {
        let ran = folder.ran(&format!("check problem.toml --set {set}"));
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(&format!("the file has no {what}")), "{}", ran.stderr);
    }
    for set in [
        "params.eps=1",
        "solve.damp=0.1",
        "run.threads=1",
        "outputs.history=h.csv",
        "dtype=float32",
    ] {
        assert_eq!(folder.ran(&format!("check problem.toml --set {set}")).code, Some(0), "{set}");
    }
}

#[test]
fn what_nothing_uses_is_warned_of() {
    let mut text = PROBLEM.replace("eps = 0.5\n", "eps = 0.5\nextra = 2.0\nextra2 = 2.0\n");
    text = text.replace("[operators]\n", "spare = { values = [1.0] }\n\n[operators]\nT = { type = \"MatrixMult\", A = [[1.0]] }\nU = \"extra2 * T\"\n");
    let folder = Folder::of(&text);
    let expected = r#"
warning: nothing uses parameter `extra`
 --> problem.toml:3:1
  |
3 | extra = 2.0
  | ^^^^^ only named in `[params]`

warning: nothing uses array `spare`
 --> problem.toml:9:1
  |
9 | spare = { values = [1.0] }
  | ^^^^^ only named in `[arrays]`

warning: nothing uses operator `U`
  --> problem.toml:13:1
   |
13 | U = "extra2 * T"
   | ^ only named in `[operators]`
"#;
    for command in ["check", "plan"] {
        let ran = folder.ran(&format!("{command} problem.toml"));
        assert_eq!((ran.code, ran.stderr.trim()), (Some(0), expected.trim()), "{command}");
    }
    assert_eq!(folder.ran("check problem.toml --deny-warnings").code, Some(2));
    assert_eq!(folder.ran("solve problem.toml --quiet").stderr, "");
    // One operator is worked on, whatever else the file has.
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0]));
    for command in ["dottest problem.toml", "apply problem.toml --operator D --input x.npy"] {
        let ran = folder.ran(command);
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{command}");
    }
}

#[test]
fn what_anything_uses_is_not_warned_of() {
    let clean = |text: &str| {
        let ran = Folder::of(text).ran("check problem.toml --deny-warnings");
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{text}");
    };
    clean(PROBLEM);
    // Operators for `apply` and `dottest`, with params for `--operator`.
    clean("[params]\neps = 1\n[operators]\nA = { type = \"Identity\", N = 3 }\nB = \"A.H\"\n");
    clean("[arrays]\nd = { values = [1] }\n");
    // Through outputs, arrays that are made, further solves, and the dot test of all operators.
    let more = format!(
        "{PROBLEM}x = {{ path = \"x.npy\", apply = {{ operator = \"B\", to = \"psf\", add = \"e\" }} }}\n\
         [solves.psf]\noperator = \"C\"\ndata = \"f\"\n"
    );
    let more = more.replace(
        "[operators]\n",
        "e = { values = [1.0, 1.0, 1.0] }\ng = { values = [1.0, 1.0, 1.0] }\n\
         f = { apply = { operator = \"F\", to = \"g\" } }\n\n[operators]\nB = \"2 * A\"\nC = \"3 * A\"\nF = \"4 * A\"\n",
    );
    clean(&more);
    let unused = PROBLEM.replace("[solve]\n", "Z = \"2 * A\"\n\n[solve]\n");
    clean(&format!("{unused}[[expect]]\nquantity = \"dottest\"\nmax = 1e-9\n"));
}

#[test]
fn a_forgotten_solve_header_is_one_mistake() {
    says(
        "[solve]\n",
        "",
        r#"
error: `[solve]` is missing
  --> problem.toml:11:1
   |
11 | operator = "A"
   | ^^^^^^^^ `operator`, `data`, `solver`, `niter` are keys of `[solve]`, not of `[operators]`
   |
   = help: write `[solve]` on the line above

error: problem.toml has 1 mistake; nothing was run"#,
    );
    let solve = "[solve]\noperator = \"A\"\ndata     = \"d\"\nsolver   = \"cgls\"\nniter    = 5\n";
    assert!(PROBLEM.contains(solve));
    let keys = &solve["[solve]\n".len()..];
    let text = PROBLEM.replace(solve, "");
    for (above, place) in [("[params]", "a problem file"), ("[operators]", "[arrays]")] {
        let said = said(PROBLEM, &text.replace(above, &format!("{keys}\n{above}")));
        assert!(said.starts_with("error: `[solve]` is missing\n"), "{place}\n{said}");
        assert!(said.contains("has 1 mistake"), "{place}\n{said}");
    }
    // Its other mistakes are said as its own.
    let said = said(solve, &keys.replace("niter ", "nitre "));
    assert!(said.contains("not a key of solver `cgls`"), "{said}");
    assert!(said.contains("has 2 mistakes"), "{said}");
}

#[test]
fn what_follows_from_a_mistake_is_not_said() {
    let application = r#"[arrays]
G = { fil = "G.npy" }
d = { zeros = { shap = [3] } }
w = { values = [1, [2]] }
t = { taper = 3 }
[application]
type = "MDD"
G    = "G"
d    = "d"
wav  = "w"
[solve]
solver = "lsqr"
[outputs]
minv = "minv.npy"
madj = "madj.npy"
"#;
    let ran = Folder::of(application).ran("check problem.toml");
    let all = ran.stderr;
    let first: Vec<&str> = all.lines().filter(|line| line.starts_with("error")).collect();
    assert_eq!(
        first,
        [
            "error: unknown key `fil`",
            "error: unknown key `shap`",
            "error: the list of `values` is ragged",
            "error: wrong value of `taper`",
            "error: problem.toml has 4 mistakes; nothing was run",
        ],
        "{all}"
    );
    for (from, to, message) in [
        ("operator = \"A\"", "operatr = \"A\"", "unknown key `operatr`"),
        ("dims = 3", "dim = 3", "unknown key `dim`"),
        ("[1.0, 2.0, 3.0]", "[1.0, \"a\"]", "wrong value of `values`"),
        ("{ type = \"Identity\", N = 3 }", "\"B @ \"", "an operand is missing"),
    ] {
        let said = said(from, to);
        assert!(said.starts_with(&format!("error: {message}\n")), "{said}");
        assert!(said.contains("has 1 mistake"), "{said}");
    }
}

#[test]
fn files_of_other_programs_are_named() {
    let folder = Folder::of("");
    let line = |what: &str, python: &str| {
        format!("error: cannot read {what}; make a .npy of it in Python: np.save(\"{python})")
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
            line("c.npy: it is an HDF5 file", "c.npy\", h5py.File(\"c.npy\")[\"NAME\"][()]"),
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
    ] {
        folder.put(name, bytes);
        folder.ran(&format!("info {name}")).is(2, "", &expected);
        let text = format!("[arrays]\nx = {{ file = \"{name}\" }}\n");
        folder.put("problem.toml", text.as_bytes());
        let said = folder.ran("check problem.toml").stderr;
        assert!(helps(&said)[0].starts_with("make a .npy of it in Python: np.save("), "{said}");
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
fn spikes_need_no_wavelet_and_lists_stand_in_place() {
    let text = r#"[arrays]
d = { values = [1, 1, 1] }
e = { linear2d = { ox = 0, dx = 1, nx = 2, ot = 0, dt = 1, nt = 4, v = 1, t0 = 1, theta = 0, amp = 2, spikes = true } }
y = { apply = { operator = "A", to = [1, 2, 3], add = ["1j", 0, 0] } }
[operators]
A = { type = "Identity", N = 3 }
E = { type = "MatrixMult", A = "e" }
[outputs]
z = { path = "z.npy", apply = { operator = "2 * A", to = [1, 2, 3], plus = [1.0, 1.0, 1.0] } }
y = { path = "y.npy", apply = { to = "y" } }
e = { path = "e.npy", apply = { operator = "E", to = [1, 1, 1, 1] } }
s = { path = "s.npy", apply = { operator = "A", to = "sol" } }
[solve]
operator = "A"
data = "d"
[solves.sol]
operator = "A"
data = [4, 5, 6]
"#;
    let folder = Folder::of(text);
    let ran = folder.ran("solve problem.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let read = |name: &str, dtype: &str| read(&folder, name, dtype);
    assert_eq!(read("z.npy", "float64"), [4.0, 6.0, 8.0]);
    assert_eq!(read("y.npy", "complex128"), [1.0, 1.0, 2.0, 0.0, 3.0, 0.0]);
    assert_eq!(read("e.npy", "float64"), [2.0, 2.0]);
    let found = read("s.npy", "float64");
    let near = found.iter().zip([4.0, 5.0, 6.0]).all(|(a, b): (&f64, f64)| (a - b).abs() < 1e-12);
    assert!(found.len() == 3 && near, "{found:?}");
    let said = Folder::of(&text.replace("data = [4, 5, 6]", "data = [4, 5]"))
        .ran("check problem.toml")
        .stderr;
    assert!(said.starts_with("error: this list does not fit the data of `A`\n"), "{said}");
}

#[test]
fn booleans_are_a_mask_and_whole_numbers_have_no_precision() {
    let text = r#"dtype = "float32"
[arrays]
mask = { file = "mask.npy" }
m    = { file = "int8.npy" }
far  = { file = "int64.npy" }
[operators]
R = { type = "Restriction", dims = 5, iava = "mask" }
M = { type = "MatrixMult", A = "m" }
F = { type = "Restriction", dims = 20000000, iava = "far" }
D = { type = "Diagonal", diag = "mask" }
V = { type = "VStack", ops = ["D", "M"] }
"#;
    let folder = Folder::of(text);
    folder.put("mask.npy", &bytes_of("|b1", "(5,)", &[0, 1, 0, 1, 1]));
    folder.put("int8.npy", &bytes_of("|i1", "(2, 5)", &[1, 2, 3, 4, 5, 6, 7, 8, 9, 255]));
    // Beyond what single precision can count.
    let far: Vec<u8> = [16_777_217_i64, 19_999_999].iter().flat_map(|k| k.to_le_bytes()).collect();
    folder.put("int64.npy", &bytes_of("<i8", "(2,)", &far));
    let check = folder.ran("check problem.toml --json").json();
    let operators = check["operators"].as_array().unwrap().clone();
    for operator in &operators {
        assert_eq!(
            (&operator["dtype"], &operator["dtype_data"]),
            (&"float32".into(), &"float32".into()),
            "{operator}"
        );
    }
    assert_eq!(operators[0]["dimsd"], serde_json::json!([3]));
    folder.put("x.npy", &npy(&[1.0, 2.0, 3.0, 4.0, 5.0]));
    folder.ran("apply problem.toml --operator R --input x.npy --output y.npy");
    assert_eq!(read(&folder, "y.npy", "float32"), [2.0, 4.0, 5.0]);
    folder.ran("apply problem.toml --operator M --input x.npy --output y.npy");
    assert_eq!(read(&folder, "y.npy", "float32"), [55.0, 75.0]);
    folder.put("y.npy", &npy(&[1.0, 2.0]));
    folder.ran("apply problem.toml --operator F --adjoint --input y.npy --output far_x.npy");
    let x = read(&folder, "far_x.npy", "float32");
    let there: Vec<(usize, f64)> = x.into_iter().enumerate().filter(|(_, v)| *v != 0.0).collect();
    assert_eq!(there, [(16_777_217, 1.0), (19_999_999, 2.0)]);
    for (mask, words) in [
        (&[0, 1, 1][..], "expected a mask of 5 booleans, one for each sample of the axis, found 3"),
        (&[0; 5], "the mask is false everywhere"),
    ] {
        folder.put("mask.npy", &bytes_of("|b1", &format!("({},)", mask.len()), mask));
        let ran = folder.ran("check problem.toml");
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
}
