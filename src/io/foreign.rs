//! Files of other programs: named when they are met, with a line of Python that makes .npy of them.

use std::path::Path;

/// A format, the endings that its files have, and what converts one.
struct Foreign {
    what: &'static str,
    endings: &'static [&'static str],
    /// The array in Python; `IN` stands for the path.
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
    endings: &["h5", "hdf5", "he5", "nc"],
    python: "h5py.File(\"IN\")[\"NAME\"][()]",
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
const PICKLE: Foreign = Foreign {
    what: "a pickle",
    endings: &["pickle", "pkl"],
    python: "np.load(\"IN\", allow_pickle=True)",
};

/// Magic bytes at the start of files; MATLAB's newest are HDF5 behind a block of text.
const MAGIC: [(&[u8], &Foreign); 10] = [
    (b"\x89HDF\r\n\x1a\n", &HDF5),
    (b"CDF\x01", &HDF5),
    (b"MATLAB 5.0", &MATLAB),
    (b"MATLAB 7.3", &HDF5),
    (b"\x89PNG\r\n\x1a\n", &IMAGE),
    (b"\xff\xd8\xff", &IMAGE),
    (b"GIF8", &IMAGE),
    (b"II*\0", &IMAGE),
    (b"MM\0*", &IMAGE),
    // The first card of a SEG-Y file's textual header, in EBCDIC.
    (b"\xc3\x40\xf1\x40", &SEGY),
];

fn by_magic(start: &[u8]) -> Option<&'static Foreign> {
    let card = start.starts_with(b"C 1 ") || start.starts_with(b"C01 ");
    let found = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, f)| *f);
    found.or(card.then_some(&SEGY))
}

/// What a file that begins so is, and how to make .npy of it; by its ending if its bytes do not say.
pub(super) fn advice(path: &Path, start: &[u8]) -> Option<String> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or("").to_ascii_lowercase();
    let all = [&SEGY, &MATLAB, &HDF5, &IMAGE, &CSV, &TEXT, &PICKLE];
    let by_ending = all.into_iter().find(|f| f.endings.contains(&ending.as_str()));
    let found = by_magic(start).or(by_ending)?;
    // MATLAB's newest files are HDF5.
    let what = by_ending.map_or(found.what, |named| named.what);
    let python = found.python.replace("IN", &path.display().to_string());
    let to = path.with_extension("npy");
    Some(format!(
        "it is {what}; make a .npy of it in Python: np.save(\"{}\", {python})",
        to.display()
    ))
}

/// What a file that begins so is, if it is an array's.
pub fn format_of(start: &[u8]) -> Option<&'static str> {
    if start.starts_with(b"\x93NUMPY") {
        return Some("a .npy array");
    }
    if start.starts_with(b"PK\x03\x04") {
        return Some("an .npz or zip archive");
    }
    by_magic(start).filter(|f| f.what != SEGY.what || start[0] == 0xc3).map(|f| f.what)
}
