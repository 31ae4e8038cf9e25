//! Damaged and incomplete inputs, and what comes on standard input.

use std::io::Write as _;
use std::path::Path;

use crate::common::{Folder, npy};
use crate::{PROBLEM, folder, refused};

/// An .npz of a stored member `d` of so many float64, with a byte of its data changed.
fn damaged_npz(n: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .with_alignment(64);
    zip.start_file("d.npy", stored).unwrap();
    zip.write_all(&npy(&vec![1.5; n])).unwrap();
    let mut bytes = zip.finish().unwrap().into_inner();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x01;
    bytes
}

#[test]
fn a_damaged_stored_member_is_refused_however_it_is_read() {
    let text = r#"
[arrays]
d = { file = "in.npz", key = "d" }
y = { file = "y.npy" }
[operators]
A = { type = "Diagonal", diag = "d" }
[solve]
operator = "A"
data     = "y"
solver   = "cgls"
niter    = 2
[outputs]
model = "m.npy"
"#;
    let n = 2_000_000;
    let folder = Folder::of(text);
    folder.put("in.npz", &damaged_npz(n));
    folder.put("y.npy", &npy(&vec![1.0; n]));
    // As the operator's array in memory and mapped from its file, as data, and as an input.
    for options in ["", "--memory 85MB", "--memory 20MB", "--ranks 2"] {
        let words = ["in.npz[d]", "checksum"];
        refused(&folder, &format!("solve problem.toml {options}"), 1, &words);
    }
    folder.put(
        "data.toml",
        text.replace("data     = \"y\"", "data     = \"d\"")
            .replace("diag = \"d\"", "diag = \"y\"")
            .as_bytes(),
    );
    refused(&folder, "solve data.toml", 1, &["in.npz[d]", "checksum"]);
    let words = "apply data.toml --input in.npz --key d --output z.npy";
    refused(&folder, words, 1, &["in.npz[d]", "checksum"]);
    refused(&folder, "info in.npz", 1, &["in.npz[d]", "checksum"]);
    // Headers alone are read without a word.
    assert_eq!(folder.ran("check problem.toml").code, Some(0));
}

/// A Zarr array of version 2, 4 x 6 of float64 in chunks of 2 x 3, with these chunks.
#[cfg(feature = "zarr")]
fn zarr_v2(folder: &Path, separator: Option<&str>, chunks: &[&str]) {
    std::fs::create_dir_all(folder).unwrap();
    let key = separator.map_or(String::new(), |s| format!(", \"dimension_separator\": \"{s}\""));
    let json = format!(
        "{{\"zarr_format\": 2, \"shape\": [4, 6], \"chunks\": [2, 3], \"dtype\": \"<f8\", \
         \"compressor\": null, \"fill_value\": 0.0, \"order\": \"C\", \"filters\": null{key}}}"
    );
    std::fs::write(folder.join(".zarray"), json).unwrap();
    for name in chunks {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, [1.0_f64; 6].iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())
            .unwrap();
    }
}

#[test]
#[cfg(feature = "zarr")]
fn missing_chunks_are_counted_and_old_nested_folders_are_read() {
    let text = r#"
[arrays]
d = { file = "d.zarr" }
[operators]
A = { type = "Roll", dims = [4, 6], shift = 0 }
[solve]
operator = "A"
data     = "d"
solver   = "cgls"
niter    = 2
[outputs]
model = "m.npy"
"#;
    let folder = Folder::of(text);
    let path = folder.path().join("d.zarr");
    zarr_v2(&path, None, &["0.0", "1.1", "0.1", "9.9", "0.0.0", "notes.txt"]);
    let ran = folder.ran("solve problem.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let words = "warning: array `d`: 1 of 4 chunks is missing, and read as 0";
    assert!(
        ran.stderr.contains(words) && ran.stderr.contains("problem.toml:3:14"),
        "{}",
        ran.stderr
    );
    let ran = folder.ran("check problem.toml --deny-warnings");
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    // Of what is read alone: chunks are (2, 3), and 1.0 is the one that is missing.
    for (slice, missing) in [
        (":2", None),
        ("1::-1", None),
        (":, 3:", None),
        ("2:", Some("1 of 2 chunks")),
        ("3, :2", Some("1 of 1 chunk ")),
        ("::3", Some("1 of 4 chunks")),
    ] {
        let sliced = text.replace("\"d.zarr\"", &format!("\"d.zarr\", slice = \"{slice}\""));
        let some = sliced.split("[operators]").next().unwrap();
        folder.put("some.toml", some.as_bytes());
        let ran = folder.ran("check some.toml");
        match missing {
            None => assert!(!ran.stderr.contains("missing"), "{slice}: {}", ran.stderr),
            Some(words) => assert!(ran.stderr.contains(words), "{slice}: {}", ran.stderr),
        }
    }
    assert!(folder.ran("apply problem.toml --input d.zarr").stderr.contains("1 of 4 chunks"));
    let compared = folder.ran("compare d.zarr d.zarr");
    assert!(compared.stderr.contains("warning: d.zarr: 1 of 4 chunks"), "{}", compared.stderr);
    let info = folder.ran("info d.zarr").text();
    assert!(info.contains("1 of 4 chunks is missing"), "{info}");
    // A folder as old NestedDirectoryStores wrote it, without a word on how its chunks are named.
    std::fs::remove_dir_all(&path).unwrap();
    zarr_v2(&path, None, &["0/0", "0/1", "1/0", "1/1"]);
    let ran = folder.ran("solve problem.toml");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""));
    let info = folder.ran("info d.zarr --json").json();
    assert_eq!(info["arrays"][0]["min"], 1.0);
    std::fs::remove_file(path.join("1/0")).unwrap();
    assert!(folder.ran("check problem.toml").stderr.contains("1 of 4 chunks"));
    // A key that says otherwise is believed, and what it does not find is missing.
    std::fs::remove_dir_all(&path).unwrap();
    zarr_v2(&path, Some("."), &["0/0", "0/1", "1/0", "1/1"]);
    assert!(folder.ran("check problem.toml").stderr.contains("4 of 4 chunks"));
}

#[test]
fn a_problem_file_comes_on_standard_input() {
    let folder = folder("niter    = 5", "niter    = 6");
    let solve = |arguments: &[&str], text: &str| folder.ran_with(arguments, text.as_bytes());
    let ran = solve(&["solve", "-"], PROBLEM);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_eq!(folder.bytes("m.npy"), npy(&[2.0, 4.0, 6.0, 8.0]), "beside the current folder");
    for command in ["check", "plan", "dottest", "graph", "test"] {
        let ran = solve(&[command, "-"], PROBLEM);
        assert_eq!(ran.code, Some(0), "{command}: {}{}", ran.text(), ran.stderr);
    }
    let ran = solve(&["solve", "-"], &PROBLEM.replace("niter ", "nitre "));
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("--> standard input:13:1"), "{}", ran.stderr);
    // Standard input is one thing.
    let ran = solve(&["solve", "-"], &PROBLEM.replace("x.npy", "-"));
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("the problem file comes from it"), "{}", ran.stderr);
    let ran = solve(&["apply", "-", "--input", "-"], PROBLEM);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("standard input"), "{}", ran.stderr);
    let words = ["submit", "-", "--scheduler", "slurm", "--time", "1h"];
    let ran = solve(&words, PROBLEM);
    assert_eq!(ran.code, Some(2), "{}", ran.text());
    assert!(ran.stderr.contains("standard input"), "{}", ran.stderr);
    let ran = solve(&["solve", "-", "--hosts", "a:2"], PROBLEM);
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("standard input"), "{}", ran.stderr);
}
