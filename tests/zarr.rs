//! Zarr folders through the program: read, written, compared, expected; and the mistakes in naming them.
#![cfg(feature = "zarr")]

mod common;

use common::{Folder, Stored};

const PROBLEM: &str = r#"
dtype = "float32"

[arrays]
G = { file = "G.npy" }
d = { file = "d.npy", slice = "::-1" }

[operators]
F = { type = "Fredholm1", G = "G", nz = 3 }

[solve]
operator = "F"
data     = "d"
solver   = "cgls"
niter    = 5
damp     = 0.1

[outputs]
model     = "m.npy"
predicted = "p.npy"
"#;

/// The problem with its arrays, as .npy and as .zarr; `keep.toml` is the identity of the data.
fn folder() -> Folder {
    let folder = Folder::of(PROBLEM);
    let values =
        |n: usize| (0..n).map(|i| ((i * 37) % 101) as f64 / 25.0 - 2.0).collect::<Vec<_>>();
    folder.write("G.npy", &Stored::new(&[12, 5, 4], "float32", &values(240)));
    folder.write("d.npy", &Stored::new(&[12, 5, 3], "float32", &values(180)));
    for (name, dims) in [("G", "[12, 5, 4]"), ("d", "[12, 5, 3]")] {
        let keep = format!(
            "dtype = \"float32\"\n[operators]\nI = {{ type = \"Roll\", dims = {dims}, shift = 0 }}\n"
        );
        folder.put("keep.toml", keep.as_bytes());
        let ran =
            folder.ran(&format!("apply keep.toml --input {name}.npy --output {name}.zarr --quiet"));
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
    folder
}

#[test]
fn a_folder_and_a_file_of_the_same_array_are_the_same() {
    let folder = folder();
    for name in ["G", "d"] {
        let compared = folder.ran(&format!("compare {name}.zarr {name}.npy --rtol 0"));
        assert!(compared.text().starts_with("identical"), "{}{}", compared.text(), compared.stderr);
    }
    let info = folder.ran("info d.zarr");
    assert!(
        info.text().starts_with(
            "d.zarr\n  shape      (12, 5, 3)\n  dtype      float32\n  order      C\n  \
             stored as  Zarr version 3, chunks (12, 5, 3), blosc\n  size       720 B\n"
        ),
        "{}",
        info.text()
    );
    assert_eq!(
        folder.ran("info d.zarr --json").json()["arrays"][0]["storage"],
        "Zarr version 3, chunks (12, 5, 3), blosc"
    );
}

#[test]
fn a_solve_from_and_to_folders_has_the_bits_of_one_with_files() {
    let folder = folder();
    let wanted = folder.ran("solve problem.toml --json").json();
    let text = PROBLEM
        .replace("G.npy", "G.zarr")
        .replace("d.npy", "d.zarr")
        .replace("\"m.npy\"", "\"m.zarr\"")
        .replace("\"p.npy\"", "{ path = \"p.zarr\", dtype = \"float64\" }");
    let text = format!(
        "{text}\n[[expect]]\noutput = \"predicted\"\nfile = \"before.zarr\"\nrtol = 1e-6\n"
    );
    folder.put("zarr.toml", text.as_bytes());
    folder.run(&["apply", "keep.toml", "--input", "p.npy", "--output", "before.zarr"]).unwrap();
    for options in ["", "--threads 1 --ranks 3"] {
        let found = folder.ran(&format!("solve zarr.toml --json {options}"));
        assert_eq!(found.code, Some(0), "{}{}", found.text(), found.stderr);
        let found = found.json();
        // The hash is that of the array's bytes, in either form.
        assert_eq!(found["outputs"][0]["sha256"], wanted["outputs"][0]["sha256"]);
        assert_eq!(found["outputs"][1]["dtype"], "float64");
        assert_eq!(found["solver"]["cost"], wanted["solver"]["cost"]);
        let compared = folder.ran("compare m.zarr m.npy --rtol 0");
        assert!(compared.text().starts_with("identical"), "{}", compared.text());
    }
    // A failed expectation.
    let text = text.replace("before.zarr", "d.zarr");
    folder.put("zarr.toml", text.as_bytes());
    assert_eq!(folder.ran("solve zarr.toml").code, Some(3));
}

#[test]
fn an_output_never_takes_the_place_of_what_it_was_made_from() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("mine.zarr")).unwrap();
    for (path, words) in [
        ("d.zarr", "output `model` would overwrite array `d`"),
        ("mine.zarr", "it is a folder that is not a Zarr array"),
        ("nowhere/m.zarr", "there is no folder nowhere"),
    ] {
        let text = PROBLEM.replace("d.npy", "d.zarr").replace("\"m.npy\"", &format!("\"{path}\""));
        folder.put("zarr.toml", text.as_bytes());
        let ran = folder.ran("solve zarr.toml");
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
    }
    folder.put(
        "zarr.toml",
        PROBLEM.replace("predicted = \"p.npy\"", "history = \"h.zarr\"").as_bytes(),
    );
    let ran = folder.ran("solve zarr.toml");
    assert!(ran.stderr.contains("output `history` is text"), "{}", ran.stderr);
}

#[test]
fn groups_keys_and_paths_are_told_apart() {
    let folder = folder();
    let group = folder.path().join("all.zarr");
    std::fs::create_dir_all(group.join("in")).unwrap();
    for path in ["zarr.json", "in/zarr.json"] {
        std::fs::write(group.join(path), r#"{"zarr_format": 3, "node_type": "group"}"#).unwrap();
    }
    for (name, place) in [("G.zarr", "G"), ("d.zarr", "in/d")] {
        std::fs::rename(folder.path().join(name), group.join(place)).unwrap();
    }
    let solve = |arrays: &str| {
        let text = PROBLEM.replace("file = \"G.npy\"", arrays);
        folder.put("zarr.toml", text.as_bytes());
        folder.ran("solve zarr.toml --quiet")
    };
    assert_eq!(solve("file = \"all.zarr\", path = \"G\"").code, Some(0));
    solve("file = \"all.zarr\", path = \"g\"").is(
        2,
        "",
        r#"
error: all.zarr has no array "g"
 --> zarr.toml:5:33
  |
5 | G = { file = "all.zarr", path = "g" }
  |                                 ^^^ array `G` is read from this file
  |
  = help: it holds "G", "in/d"

error: zarr.toml has 1 mistake; nothing was run
"#,
    );
    solve("file = \"all.zarr\", key = \"G\"").is(
        2,
        "",
        r#"
error: all.zarr is a folder and has no `key`
 --> zarr.toml:5:32
  |
5 | G = { file = "all.zarr", key = "G" }
  |                                ^^^ `key` is for .npz files
  |
  = help: use `path` for an array in a Zarr group

error: zarr.toml has 1 mistake; nothing was run
"#,
    );
    assert!(
        solve("file = \"G.npy\", path = \"G\"")
            .stderr
            .contains("G.npy is a file and has no `path`")
    );
    // `info` shows all of a group.
    let info = folder.ran("info all.zarr");
    assert!(info.text().contains("all.zarr/G\n") && info.text().contains("all.zarr/in/d\n"));
    assert_eq!(folder.ran("compare all.zarr d.npy --key in/d").code, Some(0));
}
