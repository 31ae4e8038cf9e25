//! Places that must not be written, or cannot be; files that a test lacks.

use crate::common::npy;
use crate::{PROBLEM, folder, refused};

#[test]
fn no_command_writes_over_what_it_reads() {
    let folder = folder("niter    = 5", "niter    = 6");
    std::os::unix::fs::symlink("d.npy", folder.path().join("link.npy")).unwrap();
    std::fs::hard_link(folder.path().join("d.npy"), folder.path().join("hard.npy")).unwrap();
    std::fs::create_dir(folder.path().join("out")).unwrap();
    std::os::unix::fs::symlink("..", folder.path().join("out/up")).unwrap();
    folder.put("in.npy", &npy(&[1.0, 2.0, 3.0, 4.0]));
    for (arguments, what) in [
        ("--input in.npy --output in.npy", "--output would overwrite --input"),
        ("--input in.npy --output ./out/../in.npy", "--output would overwrite --input"),
        ("--input ./out/up/in.npy --output in.npy", "--output would overwrite --input"),
        ("--input in.npy --output d.npy", "--output would overwrite array `d`"),
        ("--input in.npy --output link.npy", "--output would overwrite array `d`"),
        ("--input in.npy --output hard.npy", "--output would overwrite array `d`"),
        ("--input in.npy --output d.npy --out-dir out/up", "--output would overwrite array `d`"),
        ("--input in.npy --output problem.toml", "--output would overwrite the problem file"),
    ] {
        refused(&folder, &format!("apply problem.toml {arguments}"), 2, &[what]);
    }
    for (path, what) in [
        ("hard.npy", "output `model` would overwrite array `d`"),
        ("out/up/d.npy", "output `model` would overwrite array `d`"),
        ("link.npy", "output `model` would overwrite array `d`"),
    ] {
        refused(&folder, &format!("solve problem.toml --set outputs.model={path}"), 2, &[what]);
    }
    for (path, what) in [
        ("problem.toml", "--output would overwrite the problem file"),
        ("d.npy", "--output would overwrite array `d`"),
        ("m.npy", "--output would overwrite output `model`"),
    ] {
        let words = format!("submit problem.toml --scheduler slurm --time 1h -o {path}");
        refused(&folder, &words, 2, &[what]);
    }
    refused(&folder, "test problem.toml --junit problem.toml", 2, &["--junit would overwrite"]);
    refused(&folder, "test problem.toml --junit d.npy", 2, &["--junit would overwrite array `d`"]);
    let ran = folder.ran("test problem.toml --out-dir kept --junit kept/problem/m.npy");
    assert_eq!(ran.code, Some(2), "there is no folder yet: {}", ran.stderr);
    std::fs::create_dir_all(folder.path().join("kept/problem")).unwrap();
    let ran = folder.ran("test problem.toml --out-dir kept --junit kept/problem/m.npy");
    assert_eq!(ran.code, Some(2), "{}", ran.text());
    assert!(ran.text().contains("would overwrite the results of --junit"), "{}", ran.text());
    // Outputs of tests go into a folder of the file's name, which may be that of its inputs.
    std::fs::create_dir(folder.path().join("own")).unwrap();
    for file in ["problem.toml", "d.npy", "x.npy"] {
        let (from, to) = (folder.path().join(file), folder.path().join("own").join(file));
        std::fs::copy(from, to).unwrap();
    }
    std::fs::rename(folder.path().join("own/problem.toml"), folder.path().join("own/own.toml"))
        .unwrap();
    let ran = folder.ran("test own/own.toml --out-dir . --set outputs.model=sub/../d.npy");
    assert_ne!(ran.code, Some(0), "{}", ran.text());
    std::fs::create_dir(folder.path().join("own/sub")).unwrap();
    let ran = folder.ran("test own/own.toml --out-dir . --set outputs.model=sub/d.npy");
    assert!(ran.text().contains("output `model` would overwrite array `d`"), "{}", ran.text());
    assert_eq!(folder.bytes("own/d.npy"), folder.bytes("d.npy"));
}

#[test]
fn tests_of_one_name_keep_their_outputs_apart() {
    let folder = folder("niter    = 5", "niter    = 6");
    for (k, name) in ["a", "b"].iter().enumerate() {
        let inside = folder.path().join(name);
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("problem.toml"), PROBLEM).unwrap();
        std::fs::write(inside.join("x.npy"), npy(&[1.0; 4])).unwrap();
        std::fs::write(inside.join("d.npy"), npy(&[k as f64 + 1.0; 4])).unwrap();
    }
    assert_eq!(folder.ran("test a b --out-dir kept").code, Some(0));
    assert_eq!(folder.bytes("kept/a/problem/m.npy"), npy(&[1.0; 4]));
    assert_eq!(folder.bytes("kept/b/problem/m.npy"), npy(&[2.0; 4]));
}

#[test]
#[cfg(feature = "zarr")]
fn no_command_puts_a_file_into_a_zarr_folder() {
    let folder = folder("niter    = 5", "niter    = 6");
    let group = folder.path().join("g.zarr");
    std::fs::create_dir_all(group.join("sub")).unwrap();
    std::fs::write(group.join("zarr.json"), r#"{"zarr_format": 3, "node_type": "group"}"#).unwrap();
    std::os::unix::fs::symlink("g.zarr/sub", folder.path().join("way")).unwrap();
    for path in ["g.zarr/m.npy", "g.zarr/sub/m.npy", "way/m.npy", "g.zarr/m.zarr"] {
        let words = ["inside the Zarr folder", "g.zarr"];
        refused(&folder, &format!("solve problem.toml --set outputs.model={path}"), 2, &words);
        refused(&folder, &format!("apply problem.toml --input x.npy --output {path}"), 2, &words);
        refused(
            &folder,
            &format!("submit problem.toml --scheduler pbs --time 1h -o {path}"),
            2,
            &words,
        );
        refused(&folder, &format!("test problem.toml --junit {path}"), 2, &words);
    }
    refused(
        &folder,
        "apply problem.toml --input x.npy --output m.npy --out-dir way",
        2,
        &["inside the Zarr folder"],
    );
    assert_eq!(std::fs::read_dir(&group).unwrap().count(), 2, "nothing has come into the group");
    // A Zarr folder of one's own is replaced.
    for _ in 0..2 {
        let ran = folder.ran("solve problem.toml --set outputs.model=m.zarr");
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    }
}

#[test]
#[cfg(target_os = "linux")]
fn check_says_where_nothing_can_be_written() {
    // Not even root can make a file there.
    let folder = folder("\"m.npy\"", "\"/proc/m.npy\"");
    refused(
        &folder,
        "check problem.toml",
        2,
        &["cannot create a file in /proc", "problem.toml:16:9"],
    );
    // A file that is only looked at, or whose outputs go elsewhere, may lie there.
    assert_eq!(folder.ran("plan problem.toml").code, Some(0));
    assert_eq!(folder.ran("test problem.toml").code, Some(0));
}

#[test]
fn a_test_whose_public_file_is_not_there_is_skipped_and_failures_are_repeated() {
    let folder = folder("niter    = 5", "niter    = 6");
    let public = "[fetch]\n\"x.npy\" = \"https://example.org/x.npy\"\n";
    folder.put("public.toml", format!("{public}{PROBLEM}").as_bytes());
    folder.put(
        "fails.toml",
        format!("{PROBLEM}[[expect]]\nquantity = \"iterations\"\nmin = 99\n").as_bytes(),
    );
    let ran = folder.ran("test public.toml");
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.text().contains("public.toml ... ok"), "{}", ran.text());
    folder.put("there.npy", &folder.bytes("x.npy"));
    std::fs::remove_file(folder.path().join("x.npy")).unwrap();
    let ran = folder.ran("test public.toml --junit r.xml");
    assert_eq!(ran.code, Some(0), "{}{}", ran.text(), ran.stderr);
    let words =
        "public.toml ... skipped: x.npy is missing; fetch it from https://example.org/x.npy\n";
    assert!(ran.text().contains(words), "{}", ran.text());
    assert!(ran.text().contains("1 file, none failed, 1 skipped, in "), "{}", ran.text());
    let xml = String::from_utf8(folder.bytes("r.xml")).unwrap();
    assert!(
        xml.contains("skipped=\"1\"") && xml.contains("<skipped message=\"x.npy is missing"),
        "{xml}"
    );
    let found = folder.ran("test public.toml --json").json();
    assert_eq!((found["passed"].as_i64(), found["skipped"].as_i64()), (Some(0), Some(1)));
    assert!(found["files"][0]["skipped"].as_str().unwrap().contains("x.npy is missing"));
    // A run says where it is to be had; a file that is not declared is a failure, as before.
    let ran = folder.ran("solve public.toml");
    assert_eq!(ran.code, Some(2));
    assert!(ran.stderr.contains("help: fetch it from https://example.org/x.npy"), "{}", ran.stderr);
    let ran = folder.ran("test problem.toml public.toml fails.toml --set arrays.x.slice=:");
    assert_ne!(ran.code, Some(0));
    let end = "\nfailures:\n    problem.toml\n    fails.toml\n\n3 files, 2 FAILED, 1 skipped, in ";
    assert!(ran.text().contains(end), "{}", ran.text());
}
