//! Files that are not what they should be, and places that cannot be written, in the user's words.

use crate::common::npy;
use crate::{PROBLEM, folder, refused};

#[test]
fn files_of_other_programs_are_named_and_stay() {
    let folder = folder("x.npy", "x.npy");
    let hdf5 = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\0\0\0".to_vec();
    let blank = [&[0xc3][..], &[0x40; 3199]].concat();
    for (name, bytes, words) in [
        ("fake.npy", hdf5.clone(), ["an HDF5 file", "np.save(\"fake_array.npy\""]),
        ("new.nc", hdf5, ["a NetCDF file", "h5py"]),
        ("old.nc", b"CDF\x01\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(), ["a NetCDF file", "netcdf_file"]),
        (
            "old.npy",
            b"CDF\x02\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
            ["a NetCDF file", "old_array.npy"],
        ),
        ("segy.npy", blank, ["a SEG-Y file", "segy_array.npy"]),
        ("shot.su", vec![0; 300], ["a Seismic Unix file", "segyio.su.open"]),
        (
            "x.npy.gz",
            b"\x1f\x8b\x08\0\0\0\0\0\0\x03abcdefgh".to_vec(),
            ["gzip", "decompress it first"],
        ),
    ] {
        folder.put(name, &bytes);
        let text = PROBLEM.replace("\"x.npy\"", &format!("\"{name}\""));
        folder.put("p.toml", text.as_bytes());
        refused(&folder, "check p.toml", 2, &words);
        refused(&folder, &format!("info {name}"), 2, &words);
    }
}

#[test]
fn a_problem_file_that_is_no_text_is_not_called_utf16() {
    let folder = folder("x.npy", "x.npy");
    let elf = [b"\x7fELF\x02\x01\x01\0".as_slice(), &[0; 8], &[3, 0, 62, 0, 1, 0, 0, 0], &[0; 40]]
        .concat();
    let wide = |mark: &[u8], order: fn(u32) -> [u8; 4]| -> Vec<u8> {
        mark.iter().copied().chain(PROBLEM.chars().flat_map(|c| order(c as u32))).collect()
    };
    for bytes in [
        elf,
        wide(b"", u32::to_le_bytes),
        wide(b"\xff\xfe\0\0", u32::to_le_bytes),
        wide(b"\0\0\xfe\xff", u32::to_be_bytes),
    ] {
        folder.put("p.toml", &bytes);
        refused(&folder, "check p.toml", 2, &["it is not text"]);
        assert!(!folder.ran("check p.toml").stderr.contains("UTF-16"));
    }
    for order in [u16::to_le_bytes, u16::to_be_bytes] {
        let bytes: Vec<u8> = PROBLEM.encode_utf16().flat_map(order).collect();
        folder.put("p.toml", &bytes);
        refused(&folder, "check p.toml", 2, &["it is UTF-16"]);
    }
}

#[test]
fn no_words_of_libraries_and_systems_are_passed_on() {
    let folder = folder("x = { file = \"x.npy\" }", "x = { file = \"x.npz\" }");
    let says = |arguments: &str, code: i32, words: &str| {
        let ran = folder.ran(arguments);
        assert_eq!(ran.code, Some(code), "{}", ran.stderr);
        assert!(ran.stderr.contains(words), "{}", ran.stderr);
        for foreign in ["os error", "EOCD", "Zip", "checksum\n"] {
            assert!(!ran.stderr.contains(foreign), "{}", ran.stderr);
        }
    };
    std::fs::create_dir(folder.path().join("sub")).unwrap();
    says("check sub", 2, "cannot read problem file sub: it is a folder");
    folder.put("x.npz", b"PK\x03\x04 and nothing that ends an archive");
    says("check problem.toml", 2, "the archive is damaged or truncated");
    let text =
        PROBLEM.replace("file = \"x.npy\"", "values = [1e300, 1.0, 1.0, 1.0], dtype = \"float32\"");
    folder.put("p.toml", text.as_bytes());
    says("check p.toml", 2, "error: array `x` cannot be made\n");
    says("check p.toml", 2, "its value 1e300 at [0] is beyond the largest float32");
    // Of two short names, one letter says nothing.
    folder.put("r.npy", &npy(&[1.0; 4]));
    folder.put("q.toml", PROBLEM.replace("x.npy", "z.npy").as_bytes());
    let ran = folder.ran("check q.toml");
    assert!(ran.stderr.contains("no such file") && !ran.stderr.contains("mean"), "{}", ran.stderr);
}

#[test]
#[cfg(target_os = "linux")]
fn a_stream_has_a_name_of_its_own() {
    let folder = folder("x.npy", "x.npy");
    let arguments = ["solve", "problem.toml", "--set", "outputs.model=/dev/stdout"];
    let ran = folder.ran_with(&arguments, b"");
    assert_ne!(ran.code, Some(0));
    assert!(ran.stderr.contains("use \"-\" for standard output"), "{}", ran.stderr);
}

#[test]
#[cfg(feature = "zarr")]
fn a_zarr_group_stays_as_it_was() {
    let folder = folder("[solve]", "[solve]");
    let one = PROBLEM.replace("m.npy", "a.zarr").replace("image =", "#");
    folder.put("one.toml", one.as_bytes());
    assert_eq!(folder.ran("solve one.toml").code, Some(0));
    let group = folder.path().join("g.zarr");
    std::fs::create_dir(&group).unwrap();
    std::fs::write(group.join("zarr.json"), r#"{"zarr_format": 3, "node_type": "group"}"#).unwrap();
    std::fs::rename(folder.path().join("a.zarr"), group.join("a")).unwrap();
    let before = folder.all();
    let ran = folder.ran("test problem.toml --out-dir g.zarr");
    assert_eq!(ran.code, Some(2), "{}", ran.text());
    assert!(ran.text().contains("inside the Zarr folder"), "{}", ran.text());
    assert_eq!(folder.all(), before);
    assert!(!group.join("problem").exists());
    let text = PROBLEM.replace("file = \"d.npy\"", "file = \"g.zarr\", path = \"a\"");
    folder.put("p.toml", text.as_bytes());
    for place in ["g.zarr/b.zarr", "g.zarr/m.npy"] {
        let words = ["would go inside the Zarr folder that array `d` is read from"];
        refused(&folder, &format!("check p.toml --set outputs.model={place}"), 2, &words);
    }
}
