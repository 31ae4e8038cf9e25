//! Files of other programs: named when they are met, with a line of Python that makes .npy of them.

use std::path::Path;

/// A format, the endings that its files have, and what converts one.
struct Foreign {
    what: &'static str,
    endings: &'static [&'static str],
    /// The array in Python, with `IN` in place of the path.
    python: &'static str,
}

const SEGY: Foreign = Foreign {
    what: "a SEG-Y file",
    endings: &["segy", "sgy"],
    python: "segyio.tools.collect(segyio.open(\"IN\", ignore_geometry=True).trace[:])",
};
const MATLAB: Foreign = Foreign {
    what: "a MATLAB file",
    endings: &["mat"],
    python: "scipy.io.loadmat(\"IN\")[\"NAME\"]",
};
const HDF5: Foreign = Foreign {
    what: "an HDF5 file",
    endings: &["h5", "hdf5", "he5"],
    python: "h5py.File(\"IN\")[\"NAME\"][()]",
};
const NETCDF: Foreign = Foreign {
    what: "a NetCDF file",
    endings: &["cdf", "nc", "netcdf"],
    python: "scipy.io.netcdf_file(\"IN\", mmap=False).variables[\"NAME\"][:]",
};
const NETCDF5: Foreign = Foreign {
    what: "a NetCDF file",
    endings: &[],
    python: "netCDF4.Dataset(\"IN\")[\"NAME\"][:].data",
};
const SEISMIC_UNIX: Foreign = Foreign {
    what: "a Seismic Unix file",
    endings: &["su"],
    python: "segyio.tools.collect(segyio.su.open(\"IN\", ignore_geometry=True).trace[:])",
};
const IMAGE: Foreign = Foreign {
    what: "an image",
    endings: &["bmp", "gif", "jpeg", "jpg", "png", "tif", "tiff"],
    python: "np.asarray(PIL.Image.open(\"IN\"), float)",
};
const CSV: Foreign = Foreign {
    what: "a text file",
    endings: &["csv"],
    python: "np.loadtxt(\"IN\", delimiter=\",\")",
};
const TEXT: Foreign =
    Foreign { what: "a text file", endings: &["dat", "tsv", "txt"], python: "np.loadtxt(\"IN\")" };
const RAW: Foreign = Foreign {
    what: "raw binary, which records neither type nor dims",
    endings: &["bin", "f32", "f64", "raw"],
    python: "np.fromfile(\"IN\", \"<f4\").reshape(DIMS)",
};
const PICKLE: Foreign = Foreign {
    what: "a pickle",
    endings: &["pickle", "pkl"],
    python: "np.load(\"IN\", allow_pickle=True)",
};

/// Magic bytes at the start of files; MATLAB's newest are HDF5 behind a block of text.
const MAGIC: [(&[u8], &Foreign); 11] = [
    (b"\x89HDF\r\n\x1a\n", &HDF5),
    (b"CDF\x01", &NETCDF),
    (b"CDF\x02", &NETCDF),
    (b"CDF\x05", &NETCDF5),
    (b"MATLAB 5.0", &MATLAB),
    (b"MATLAB 7.3", &HDF5),
    (b"\x89PNG\r\n\x1a\n", &IMAGE),
    (b"\xff\xd8\xff", &IMAGE),
    (b"GIF8", &IMAGE),
    (b"II*\0", &IMAGE),
    (b"MM\0*", &IMAGE),
];

/// Magic bytes of compressed files: by what, and what undoes it.
const COMPRESSED: [(&[u8], &str, &str); 4] = [
    (b"\x1f\x8b", "gzip", "gunzip"),
    (b"BZh", "bzip2", "bunzip2"),
    (b"\xfd7zXZ\0", "xz", "unxz"),
    (b"\x28\xb5\x2f\xfd", "zstd", "unzstd"),
];

/// Whether this begins a SEG-Y file's textual header in EBCDIC: its first card, `C 1` or `C01`, or
/// one that is blank.
fn is_card(start: &[u8]) -> bool {
    let first = matches!(start, [0xc3, 0x40 | 0xf0, 0xf1 | 0x40, ..]);
    let blank = start.len() >= 16 && start[1..16].iter().all(|&b| b == 0x40);
    first || (blank && matches!(start[0], 0xc3 | 0x40))
}

/// Whether the start of a file is text, the last character of which may be cut.
fn is_text(start: &[u8]) -> bool {
    let plain = start.iter().all(|&b| !b.is_ascii_control() || b.is_ascii_whitespace());
    plain && std::str::from_utf8(start).map_or_else(|e| e.error_len().is_none(), |_| true)
}

fn by_magic(start: &[u8]) -> Option<&'static Foreign> {
    let card = start.starts_with(b"C 1 ") || start.starts_with(b"C01 ") || is_card(start);
    let found = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, f)| *f);
    found.or(card.then_some(&SEGY))
}

/// What a file of another program is, and how to convert it to .npy; judged by its first bytes, else by
/// its ending.
pub(super) fn advice(path: &Path, start: &[u8]) -> Option<(String, String)> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    if let Some((_, by, undo)) = COMPRESSED.iter().find(|(magic, ..)| start.starts_with(magic)) {
        let name = path.display();
        let help = format!("decompress it first, for example with `{undo} {name}`");
        return Some((format!("compressed by {by}"), help));
    }
    let all = [&SEGY, &SEISMIC_UNIX, &MATLAB, &HDF5, &NETCDF, &IMAGE, &CSV, &TEXT, &RAW, &PICKLE];
    let by_ending = all.into_iter().find(|f| f.endings.contains(&ending.as_str()));
    // These endings say little: the bytes decide.
    let by_ending = by_ending.map(|named| match (named.what, is_text(start)) {
        (what, false) if what == TEXT.what => &RAW,
        (what, true) if what == RAW.what => &TEXT,
        _ => named,
    });
    let found = by_magic(start).or(by_ending)?;
    // The newest files of MATLAB and NetCDF are HDF5.
    let what = match by_ending {
        Some(named) if found.what == HDF5.what => named.what,
        _ => found.what,
    };
    let python = found.python.replace("IN", &path.display().to_string());
    let mut to = path.with_extension("npy");
    if to == path {
        // What is converted stays.
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        to.set_file_name(format!("{stem}_array.npy"));
    }
    let help = format!("convert it in Python: np.save(\"{}\", {python})", to.display());
    Some((what.to_string(), help))
}

/// What a file that begins so is, if it is an array's.
pub fn format_of(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(b"\x93NUMPY") {
        return Some("a .npy array");
    }
    if start.starts_with(b"PK\x03\x04") {
        return Some("an .npz or zip archive");
    }
    if let Some((_, by, _)) = COMPRESSED.iter().find(|(magic, ..)| start.starts_with(magic)) {
        return Some(match *by {
            "gzip" => "a file compressed by gzip",
            _ => "a compressed file",
        });
    }
    by_magic(start).filter(|f| f.what != SEGY.what || start[0] == 0xc3).map(|f| f.what)
}
