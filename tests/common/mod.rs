//! A temporary folder with a problem file and its arrays, and the program run on it.
#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod dense;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::time::Duration;

use assert_cmd::Command;
use ndarray::{ArrayD, IxDyn};
use ndarray_npy::{ReadNpyExt, WriteNpyExt};
use num_complex::Complex;
use serde::Deserialize;
use tempfile::TempDir;

/// No case takes longer than a second; a program that hangs is stopped.
const PATIENCE: Duration = Duration::from_secs(30);

/// A solve that does not end by itself while a test runs: the spectrum of `h` has a double zero, so that
/// iterations stay far above what rounding leaves.
pub(crate) const LONG: &str = r#"
[arrays]
d = { random = { shape = 2000000, seed = 1 } }
h = { values = [0.5, 1.0, 0.5] }

[operators]
A = { type = "Convolve1D", dims = 2000000, h = "h", offset = 1 }

[solve]
operator = "A"
data     = "d"
solver   = "cgls"
niter    = 1000000000
tol      = 0.0

[outputs]
model = "m.npy"
"#;

/// The launcher of the MPI that the program is linked with, and whether that is MPICH's.
#[cfg(feature = "mpi")]
pub(crate) fn launcher() -> (std::process::Command, bool) {
    use std::process::Command;
    let linked = Command::new("ldd").arg(env!("CARGO_BIN_EXE_pylopsd")).output().unwrap();
    let mpich = String::from_utf8_lossy(&linked.stdout).contains("libmpich");
    let named = if mpich { "mpirun.mpich" } else { "mpirun.openmpi" };
    let there = Command::new(named).arg("--version").output().is_ok();
    let mut launcher = Command::new(if there { named } else { "mpirun" });
    launcher.env("OMPI_ALLOW_RUN_AS_ROOT", "1").env("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1");
    if !mpich {
        launcher.arg("--oversubscribe");
    }
    (launcher, mpich)
}

/// An array of a golden file: its values row by row, complex ones as real and imaginary parts in turn.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub(crate) struct Stored {
    pub(crate) dims: Vec<usize>,
    pub(crate) dtype: String,
    pub(crate) values: Vec<f64>,
}

impl Stored {
    pub(crate) fn new(dims: &[usize], dtype: &str, values: &[f64]) -> Self {
        let stored = Self { dims: dims.into(), dtype: dtype.into(), values: values.into() };
        let parts = if dtype.starts_with("complex") { 2 } else { 1 };
        assert_eq!(stored.values.len(), dims.iter().product::<usize>() * parts);
        stored
    }

    /// The same values in single precision.
    pub(crate) fn single(mut self) -> Self {
        self.dtype = single(&self.dtype);
        self
    }

    /// The distance from `want` in the 2-norm, relative to `want`.
    pub(crate) fn distance(&self, want: &Self) -> f64 {
        let norm = |v: &mut dyn Iterator<Item = f64>| v.map(|a| a * a).sum::<f64>().sqrt();
        let off = norm(&mut self.values.iter().zip(&want.values).map(|(a, b)| a - b));
        let size = norm(&mut want.values.iter().copied());
        if off == 0.0 { 0.0 } else { off / size }
    }

    pub(crate) fn write(&self, path: &Path) {
        let (v, file) = (&self.values, File::create(path).unwrap());
        let single = |a: f64| {
            #[allow(clippy::cast_possible_truncation, reason = "single precision is meant")]
            let a = a as f32;
            a
        };
        match self.dtype.as_str() {
            "float64" => self.shaped(v.clone()).write_npy(file),
            "float32" => self.shaped(v.iter().map(|&a| single(a)).collect()).write_npy(file),
            "complex128" => self
                .shaped(v.chunks_exact(2).map(|c| Complex::new(c[0], c[1])).collect())
                .write_npy(file),
            "complex64" => self
                .shaped(
                    v.chunks_exact(2).map(|c| Complex::new(single(c[0]), single(c[1]))).collect(),
                )
                .write_npy(file),
            "int64" => {
                #[allow(clippy::cast_possible_truncation, reason = "whole numbers")]
                let whole = v.iter().map(|&a| a as i64).collect();
                self.shaped(whole).write_npy(file)
            }
            other => panic!("a golden file has no arrays of {other}"),
        }
        .unwrap();
    }

    fn shaped<A>(&self, values: Vec<A>) -> ArrayD<A> {
        ArrayD::from_shape_vec(IxDyn(&self.dims), values).unwrap()
    }

    /// Reads a file that must hold `dtype`.
    pub(crate) fn read(path: &Path, dtype: &str) -> Result<Self, String> {
        fn read<A>(path: &Path) -> Result<(Vec<usize>, Vec<A>), String>
        where
            A: ndarray_npy::ReadableElement + Clone,
        {
            let file = File::open(path).map_err(|e| format!("no output: {e}"))?;
            let array = ArrayD::<A>::read_npy(file).map_err(|e| e.to_string())?;
            Ok((array.shape().to_vec(), array.iter().cloned().collect()))
        }
        let (dims, values) = match dtype {
            "float64" => read::<f64>(path)?,
            "float32" => {
                let (dims, values) = read::<f32>(path)?;
                (dims, values.into_iter().map(f64::from).collect())
            }
            "complex128" => {
                let (dims, values) = read::<Complex<f64>>(path)?;
                (dims, values.into_iter().flat_map(|c| [c.re, c.im]).collect())
            }
            "complex64" => {
                let (dims, values) = read::<Complex<f32>>(path)?;
                (dims, values.into_iter().flat_map(|c| [c.re.into(), c.im.into()]).collect())
            }
            other => panic!("no operator's output is {other}"),
        };
        Ok(Self { dims, dtype: dtype.into(), values })
    }
}

/// `float64` and `complex128` made single, wherever they stand in a text.
pub(crate) fn single(text: &str) -> String {
    text.replace("float64", "float32").replace("complex128", "complex64")
}

/// A problem on its way to a file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Problem {
    pub(crate) dtype: String,
    pub(crate) params: BTreeMap<String, f64>,
    pub(crate) arrays: Vec<(String, Stored)>,
    /// Names, and tables or expressions as TOML.
    pub(crate) operators: Vec<(String, String)>,
    /// Whatever follows.
    pub(crate) rest: String,
}

impl Problem {
    fn text(&self) -> String {
        let mut text = format!("dtype = \"{}\"\n", self.dtype);
        if !self.params.is_empty() {
            text.push_str("\n[params]\n");
            for (name, value) in &self.params {
                writeln!(text, "{name} = {value:?}").unwrap();
            }
        }
        text.push_str("\n[arrays]\n");
        for (name, _) in &self.arrays {
            writeln!(text, "{name} = {{ file = \"{name}.npy\" }}").unwrap();
        }
        text.push_str("\n[operators]\n");
        for (name, operator) in &self.operators {
            writeln!(text, "{name} = {operator}").unwrap();
        }
        text.push('\n');
        text.push_str(&self.rest);
        text
    }

    /// Puts the problem and its arrays into a folder of their own.
    pub(crate) fn folder(&self) -> Folder {
        let folder = Folder { dir: TempDir::with_prefix("pylopsd-").unwrap(), text: self.text() };
        std::fs::write(folder.dir.path().join("problem.toml"), &folder.text).unwrap();
        for (name, array) in &self.arrays {
            folder.write(&format!("{name}.npy"), array);
        }
        folder
    }
}

/// A temporary folder with `problem.toml`.
pub(crate) struct Folder {
    dir: TempDir,
    /// What `problem.toml` says.
    pub(crate) text: String,
}

impl Folder {
    pub(crate) fn write(&self, file: &str, array: &Stored) {
        array.write(&self.dir.path().join(file));
    }

    pub(crate) fn read(&self, file: &str, dtype: &str) -> Result<Stored, String> {
        Stored::read(&self.dir.path().join(file), dtype)
    }

    pub(crate) fn write_text(&self, file: &str, text: &str) {
        std::fs::write(self.dir.path().join(file), text).unwrap();
    }

    /// Runs the program in the folder; its standard output, or what went wrong.
    pub(crate) fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let output = Command::new(env!("CARGO_BIN_EXE_pylopsd"))
            .current_dir(self.dir.path())
            .args(arguments)
            .timeout(PATIENCE)
            .output()
            .map_err(|e| e.to_string())?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_string();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        let said = text(&output.stderr);
        let end = match output.status.code() {
            Some(code) => format!("exit code {code}"),
            None => format!("killed, or stopped after {} s", PATIENCE.as_secs()),
        };
        Err(format!("{end}: {said}"))
    }
}

/// What a run of the program left.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Ran {
    /// Standard output as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.stdout)
            .unwrap_or_else(|e| panic!("{e}:\n{}{}", self.text(), self.stderr))
    }

    /// Exit code, standard output and standard error are these; times and memory are left out.
    #[track_caller]
    pub(crate) fn is(&self, code: i32, stdout: &str, stderr: &str) {
        let text = self.text();
        let steady = |l: &&str| !l.starts_with("  time ") && !l.starts_with("  memory ");
        let lines: Vec<&str> = text.lines().filter(steady).collect();
        let found = format!("{}\n--\n{}", lines.join("\n"), self.stderr.trim_end());
        let wanted = format!("{}\n--\n{}", stdout.trim_matches('\n'), stderr.trim_matches('\n'));
        assert!(found == wanted, "found:\n{found}\n\nwanted:\n{wanted}");
        assert_eq!(self.code, Some(code), "{found}");
    }
}

impl Folder {
    /// A folder with this problem file alone.
    pub(crate) fn of(problem: &str) -> Self {
        let folder =
            Folder { dir: TempDir::with_prefix("pylopsd-").unwrap(), text: problem.into() };
        folder.put("problem.toml", problem.as_bytes());
        folder
    }

    /// Writes a file.
    pub(crate) fn put(&self, file: &str, bytes: &[u8]) {
        std::fs::write(self.dir.path().join(file), bytes).unwrap();
    }

    /// Runs the program again on so many thread-ranks: a complaint if a file that the first run left has
    /// other bits now.
    pub(crate) fn differs_on(
        &self,
        ranks: &str,
        arguments: &[&str],
        files: &[&str],
    ) -> Vec<String> {
        let bits = || files.iter().map(|f| self.bytes(f)).collect::<Vec<_>>();
        let one = bits();
        files.iter().for_each(|f| std::fs::remove_file(self.dir.path().join(f)).unwrap());
        let again =
            self.run(&[arguments, &["--quiet", "--threads", "1", "--ranks", ranks]].concat());
        match again {
            Err(said) => vec![format!("on {ranks} ranks: {said}")],
            Ok(_) if bits() != one => vec![format!("other bits on {ranks} ranks than on one")],
            Ok(_) => vec![],
        }
    }

    /// Solves a file with all its operators in small chunks, on one process and on 2 and 3 thread-ranks: a
    /// complaint if an output has other bits on these.
    pub(crate) fn solve_shared(&self, file: &str, outputs: &[&str]) -> Vec<String> {
        let check = match self.run(&["check", file, "--json"]) {
            Ok(text) => serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            Err(said) => return vec![said],
        };
        let mut dice = Dice::new(&self.text);
        let mut chunks = |dims: &serde_json::Value| {
            let dims: Vec<usize> = Vec::deserialize(dims).unwrap();
            dims.into_iter().map(|n| 1 + dice.below(n.div_ceil(3))).collect::<Vec<_>>()
        };
        let mut arguments = vec!["solve".to_string(), file.to_string()];
        for op in check["operators"].as_array().unwrap() {
            let text = |key: &str| op[key].as_str().unwrap();
            // Those of a type have chunks, those of an expression have not.
            if text("definition").chars().all(char::is_alphanumeric) {
                let (model, data) = (chunks(&op["dims"]), chunks(&op["dimsd"]));
                let chunks = format!("{{ model = {model:?}, data = {data:?} }}");
                arguments.push(format!("--set=operators.{}.chunks={chunks}", text("name")));
            }
        }
        let run = |arguments: &[String]| {
            let words = arguments.iter().map(String::as_str);
            self.run(&words.chain(["--quiet", "--threads", "2"]).collect::<Vec<_>>())
        };
        // What nothing uses cannot be set.
        if let Err(said) = run(&arguments)
            && said.contains("setting it changes nothing")
        {
            let named =
                |argument: &String| argument.split('=').nth(1).unwrap_or("none").to_string();
            arguments.retain(|argument| !said.contains(&named(argument)));
        }
        if let Err(said) = run(&arguments) {
            return vec![format!("in chunks: {said}")];
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let on = |ranks| self.differs_on(ranks, &arguments, outputs);
        [on("2"), on("3")].concat()
    }

    /// A file's bytes.
    #[track_caller]
    pub(crate) fn bytes(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.dir.path().join(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    /// Everything in the folder with its bytes, hidden files too.
    pub(crate) fn all(&self) -> BTreeMap<String, Vec<u8>> {
        let entries = std::fs::read_dir(self.dir.path()).unwrap().map(|e| e.unwrap());
        let files = entries.filter(|e| e.path().is_file());
        files
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .map(|name| (name.clone(), self.bytes(&name)))
            .collect()
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Runs the program in the folder, with these words as arguments.
    pub(crate) fn ran(&self, arguments: &str) -> Ran {
        self.ran_with(&arguments.split_whitespace().collect::<Vec<_>>(), &[])
    }

    /// Runs the program in the folder with standard input.
    pub(crate) fn ran_with(&self, arguments: &[&str], stdin: &[u8]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_pylopsd"))
            .current_dir(self.dir.path())
            .args(arguments)
            .write_stdin(stdin)
            .timeout(PATIENCE)
            .output()
            .unwrap();
        Ran {
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A .npy file of numbers, as the program writes it.
pub(crate) fn npy(values: &[f64]) -> Vec<u8> {
    let n = values.len();
    let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({n},), }}");
    let data: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    with_header(&header, &data)
}

/// A .npy file with this header, whatever it says, and these data.
pub(crate) fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend(118_u16.to_le_bytes());
    bytes.extend(format!("{header:<117}\n").bytes());
    bytes.extend(data);
    bytes
}

/// Small random numbers that a name decides (splitmix64 on its FNV-1a hash).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(name: &str) -> Self {
        let hash = |h: u64, b: u8| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, hash))
    }

    /// Dice that a number decides.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Any whole number.
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..n`.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.number() % n as u64).unwrap()
    }

    /// A chunk length for each axis: `1..=n`, or -1 for the whole axis.
    pub(crate) fn chunks(&mut self, dims: &[usize]) -> String {
        let one = |&n: &usize| match self.below(n + 1) {
            0 => "-1".to_string(),
            length => length.to_string(),
        };
        format!("[{}]", dims.iter().map(one).collect::<Vec<_>>().join(", "))
    }
}

/// Runs `check` on every case, two at a time, and returns all its complaints in the order of the cases.
///
/// With `GOLDEN=text` only the cases whose name contains the text.
pub(crate) fn each<C: Sync>(
    cases: &[C],
    name: impl Fn(&C) -> &str + Send + Sync,
    check: impl Fn(&C) -> Vec<String> + Send + Sync,
) -> Vec<String> {
    use rayon::prelude::*;
    let wanted = std::env::var("GOLDEN").unwrap_or_default();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.install(|| {
        let cases = cases.par_iter().filter(|case| name(case).contains(&wanted));
        cases.flat_map_iter(check).collect()
    })
}
