//! The header of the .npy format, versions 1, 2 and 3, read and written.
//!
//! The parser is our own because the crates at hand allocate what a header claims, or multiply it
//! without a check. Nothing here allocates more than the header's own bytes, and nothing recurses.

use std::fmt;
use std::io::Read;

use crate::scalar::{DType, Scalar};
use crate::space::{ArrayType, show_dims};

use super::error::{Error, Result, os_words};
use fields::parse_fields;

/// First bytes of every .npy file.
pub const MAGIC: &[u8; 6] = b"\x93NUMPY";

/// NumPy's own limit on axes.
const MAX_NDIM: usize = 64;
/// NumPy writes 128 bytes for most arrays; anything near this is not a header.
const MAX_HEADER: usize = 1 << 20;

/// Kind and width of stored elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ElementKind {
    /// `bool`
    Bool,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint8`
    UInt8,
    /// `uint16`
    UInt16,
    /// `uint32`
    UInt32,
    /// `uint64`
    UInt64,
    /// `float32`
    Float32,
    /// `float64`
    Float64,
    /// `complex64`
    Complex64,
    /// `complex128`
    Complex128,
}

impl ElementKind {
    /// Every kind that can be read, with NumPy's code and name.
    const TABLE: [(ElementKind, &'static str, &'static str); 13] = [
        (ElementKind::Bool, "b1", "bool"),
        (ElementKind::Int8, "i1", "int8"),
        (ElementKind::Int16, "i2", "int16"),
        (ElementKind::Int32, "i4", "int32"),
        (ElementKind::Int64, "i8", "int64"),
        (ElementKind::UInt8, "u1", "uint8"),
        (ElementKind::UInt16, "u2", "uint16"),
        (ElementKind::UInt32, "u4", "uint32"),
        (ElementKind::UInt64, "u8", "uint64"),
        (ElementKind::Float32, "f4", "float32"),
        (ElementKind::Float64, "f8", "float64"),
        (ElementKind::Complex64, "c8", "complex64"),
        (ElementKind::Complex128, "c16", "complex128"),
    ];

    /// NumPy's name.
    pub fn name(self) -> &'static str {
        ElementKind::TABLE.iter().find(|row| row.0 == self).map_or("?", |row| row.2)
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        match self {
            ElementKind::Bool | ElementKind::Int8 | ElementKind::UInt8 => 1,
            ElementKind::Int16 | ElementKind::UInt16 => 2,
            ElementKind::Int32 | ElementKind::UInt32 | ElementKind::Float32 => 4,
            ElementKind::Int64
            | ElementKind::UInt64
            | ElementKind::Float64
            | ElementKind::Complex64 => 8,
            ElementKind::Complex128 => 16,
        }
    }

    /// Bytes of the numbers that a byte order applies to: a complex number is two.
    pub fn component_size(self) -> usize {
        match self {
            ElementKind::Complex64 => 4,
            ElementKind::Complex128 => 8,
            _ => self.size(),
        }
    }

    /// The kind of NumPy's name.
    #[cfg(feature = "zarr")]
    pub(super) fn named(name: &str) -> Option<Self> {
        ElementKind::TABLE.iter().find(|row| row.2 == name).map(|row| row.0)
    }

    /// What it is read as: integers and booleans become `float64`.
    pub fn dtype(self) -> DType {
        match self {
            ElementKind::Float32 => DType::Float32,
            ElementKind::Complex64 => DType::Complex64,
            ElementKind::Complex128 => DType::Complex128,
            _ => DType::Float64,
        }
    }
}

/// How elements lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoredType {
    /// Kind and width.
    pub kind: ElementKind,
    /// Whether the most significant byte comes first.
    pub big_endian: bool,
}

impl StoredType {
    /// How this program writes an element type: little-endian.
    pub fn of(dtype: DType) -> Self {
        let kind = match dtype {
            DType::Float32 => ElementKind::Float32,
            DType::Float64 => ElementKind::Float64,
            DType::Complex64 => ElementKind::Complex64,
            DType::Complex128 => ElementKind::Complex128,
        };
        StoredType { kind, big_endian: false }
    }

    /// Bytes of one element.
    pub fn size(self) -> usize {
        self.kind.size()
    }

    /// What it is read as.
    pub fn dtype(self) -> DType {
        self.kind.dtype()
    }

    /// Whether bytes must be swapped to be this machine's.
    pub fn swapped(self) -> bool {
        self.kind.component_size() > 1 && self.big_endian != cfg!(target_endian = "big")
    }

    /// Whether elements are read as what they are, and not integers read as `float64`.
    pub fn is_float(self) -> bool {
        matches!(
            self.kind,
            ElementKind::Float32
                | ElementKind::Float64
                | ElementKind::Complex64
                | ElementKind::Complex128
        )
    }

    /// Whether the bytes are those of the Rust type of [`StoredType::dtype`] on this machine.
    pub fn is_native_float(self) -> bool {
        self.is_float() && !self.swapped()
    }

    /// The type that NumPy's `descr` stands for.
    pub(super) fn from_descr(descr: &str) -> Option<Self> {
        let (order, code) = match descr.chars().next()? {
            c @ ('<' | '>' | '|' | '=') => (c, &descr[1..]),
            _ => ('=', descr),
        };
        let code = if code == "?" { "b1" } else { code };
        let kind = ElementKind::TABLE.iter().find(|row| row.1 == code)?.0;
        let big_endian = match order {
            '>' => true,
            '<' => false,
            _ => cfg!(target_endian = "big"),
        };
        Some(StoredType { kind, big_endian })
    }
}

impl fmt::Display for StoredType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if self.big_endian && self.kind.component_size() > 1 {
            f.write_str(" (big-endian)")?;
        }
        Ok(())
    }
}

/// What a .npy header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// How elements lie in the file.
    pub dtype: StoredType,
    /// Whether the first axis varies fastest.
    pub fortran: bool,
    /// Length of each axis.
    pub dims: Vec<usize>,
    /// Where the data begin, in bytes from the start of the file.
    pub data_offset: u64,
}

impl Header {
    /// Reads a header, and no byte more, from the start of a .npy stream. `name` is for messages.
    ///
    /// Dims are checked: the bytes they promise fit an address space, so that later products of
    /// any of them do too.
    pub fn read(from: &mut dyn Read, name: &str) -> Result<Header> {
        let mut start = [0_u8; 8];
        let got = read_up_to(from, &mut start, name)?;
        if got == 0 {
            return Err(Error::input(format!("cannot read {name}: it is empty"))
                .help("save an array with np.save"));
        }
        if got < 6 || &start[..6] != MAGIC {
            return Err(not_npy(name, &start[..got]));
        }
        let length_bytes = match (got, start[6]) {
            (8, 1) => 2,
            (8, 2 | 3) => 4,
            (8, version) => {
                return Err(Error::input(format!(
                    "cannot read {name}: its .npy format version is {version}.{}, and only 1, 2 and 3 are read",
                    start[7]
                )));
            }
            _ => return Err(truncated_header(name)),
        };
        let mut length = [0_u8; 4];
        if read_up_to(from, &mut length[..length_bytes], name)? < length_bytes {
            return Err(truncated_header(name));
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > MAX_HEADER {
            return Err(Error::input(format!(
                "cannot read {name}: its .npy header claims to be {length} bytes long, so the file is damaged"
            )));
        }
        let mut text = Vec::new();
        let got = from.take(length as u64).read_to_end(&mut text).map_err(|e| {
            Error::run(format!("cannot read the header of {name}: {}", os_words(&e)))
        })?;
        if got < length {
            return Err(truncated_header(name));
        }
        let text = String::from_utf8_lossy(&text);
        let fields = parse_fields(&text).map_err(|problem| {
            Error::input(format!(
                "cannot read {name}: its .npy header {problem}: {}",
                shortened(text.trim_end())
            ))
        })?;
        let (dtype, fortran, dims) = fields.checked(name)?;
        let data_offset = (8 + length_bytes + length) as u64;
        Ok(Header { dtype, fortran, dims, data_offset })
    }

    /// Dims and element type as read.
    pub fn ty(&self) -> ArrayType {
        ArrayType::new(self.dims.clone(), self.dtype.dtype())
    }

    /// Number of elements.
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }

    /// Whether there is no element.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of all elements as they lie in the file.
    pub fn data_bytes(&self) -> u64 {
        (self.len() * self.dtype.size()) as u64
    }

    /// An error if a file of this length cannot hold the data. Longer files are let be, as NumPy
    /// does.
    pub fn check_length(&self, file_length: u64, name: &str) -> Result<()> {
        let promised = self.data_offset.saturating_add(self.data_bytes());
        if file_length < promised {
            return Err(Error::input(format!(
                "cannot read {name}: it is truncated: it holds {file_length} bytes, its header promises {promised} ({} {})",
                show_dims(&self.dims),
                self.dtype
            ))
            .help("write the file again"));
        }
        Ok(())
    }
}

/// The header that this program writes: version 1.0, C order, little-endian, padded to 64 bytes,
/// byte for byte what NumPy writes.
pub fn header_bytes(ty: &ArrayType) -> Vec<u8> {
    let descr = match ty.dtype {
        DType::Float32 => "<f4",
        DType::Float64 => "<f8",
        DType::Complex64 => "<c8",
        DType::Complex128 => "<c16",
    };
    let mut text = format!(
        "{{'descr': '{descr}', 'fortran_order': False, 'shape': {}, }}",
        show_dims(&ty.dims)
    );
    // NumPy leaves room for the first (slowest) axis to grow to 21 digits in place.
    if let Some(first) = ty.dims.first() {
        let digits = first.to_string().len();
        text.extend(std::iter::repeat_n(' ', 21_usize.saturating_sub(digits)));
    }
    // 64 axes of 20 digits fit the 16-bit length of version 1.0 with room to spare.
    let unpadded = 10 + text.len() + 1;
    text.extend(std::iter::repeat_n(' ', 64 - unpadded % 64));
    text.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

/// Number of elements, if their bytes fit an address space. Zeros are left out of the product, so
/// that products of any part of the dims fit too; NumPy draws the same line.
pub(crate) fn checked_len(dims: &[usize], size: usize) -> Option<usize> {
    let limit = isize::MAX as usize;
    let bytes = dims.iter().filter(|&&n| n > 0).try_fold(size, |p, &n| p.checked_mul(n))?;
    (bytes <= limit && dims.len() <= MAX_NDIM).then(|| dims.iter().product())
}

/// Turns stored bytes into elements of the type that [`ElementKind::dtype`] names.
#[track_caller]
pub(crate) fn decode<T: Scalar>(stored: StoredType, bytes: &[u8], out: &mut [T]) {
    assert_eq!(stored.dtype(), T::DTYPE, "elements are decoded as their own type");
    assert_eq!(bytes.len(), out.len() * stored.size(), "bytes of all elements");
    macro_rules! decode {
        ($int:ty) => {
            for (o, b) in out.iter_mut().zip(bytes.as_chunks::<{ size_of::<$int>() }>().0) {
                let value = if stored.big_endian {
                    <$int>::from_be_bytes(*b)
                } else {
                    <$int>::from_le_bytes(*b)
                };
                *o = T::from_c128((value as f64).into());
            }
        };
    }
    match stored.kind {
        ElementKind::Bool => {
            for (o, b) in out.iter_mut().zip(bytes) {
                *o = T::from_c128(f64::from(u8::from(*b != 0)).into());
            }
        }
        ElementKind::Int8 => decode!(i8),
        ElementKind::Int16 => decode!(i16),
        ElementKind::Int32 => decode!(i32),
        ElementKind::Int64 => decode!(i64),
        ElementKind::UInt8 => decode!(u8),
        ElementKind::UInt16 => decode!(u16),
        ElementKind::UInt32 => decode!(u32),
        ElementKind::UInt64 => decode!(u64),
        ElementKind::Float32
        | ElementKind::Float64
        | ElementKind::Complex64
        | ElementKind::Complex128 => {
            let raw: &mut [u8] = bytemuck::cast_slice_mut(out);
            raw.copy_from_slice(bytes);
            if stored.swapped() {
                swap_bytes(raw, stored.kind.component_size());
            }
        }
    }
}

/// Reverses the bytes of every number.
pub(crate) fn swap_bytes(bytes: &mut [u8], size: usize) {
    match size {
        4 => bytes.as_chunks_mut::<4>().0.iter_mut().for_each(|b| b.reverse()),
        8 => bytes.as_chunks_mut::<8>().0.iter_mut().for_each(|b| b.reverse()),
        _ => bytes.chunks_exact_mut(size.max(1)).for_each(<[u8]>::reverse),
    }
}

fn read_up_to(from: &mut dyn Read, mut buffer: &mut [u8], name: &str) -> Result<usize> {
    let mut got = 0;
    while !buffer.is_empty() {
        match from.read(buffer) {
            Ok(0) => break,
            Ok(n) => {
                got += n;
                buffer = &mut buffer[n..];
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => {
                return Err(Error::run(format!(
                    "cannot read the header of {name}: {}",
                    os_words(&e)
                )));
            }
        }
    }
    Ok(got)
}

fn truncated_header(name: &str) -> Error {
    Error::input(format!("cannot read {name}: it is truncated inside its .npy header"))
        .help("write the file again")
}

/// Says what a file seems to be instead of .npy.
pub(crate) fn not_npy(name: &str, start: &[u8]) -> Error {
    let seems = match start {
        [0x89, b'H', b'D', b'F', ..] => "it is an HDF5 file",
        [b'M', b'A', b'T', b'L', ..] => "it is a MATLAB file",
        [b'P', b'K', ..] => "it is a ZIP archive, and one array is expected",
        [0x80, ..] => "it seems to be a Python pickle",
        _ if !start.is_empty()
            && start.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace()) =>
        {
            "it seems to be text"
        }
        _ => "it does not begin with a .npy header",
    };
    Error::input(format!("cannot read {name}: {seems}"))
        .help("save the array with np.save(\"name.npy\", a)")
}

fn shortened(text: &str) -> String {
    let mut short = String::new();
    for c in text.chars().take(120) {
        // Python's own quotes stand within ours.
        match c {
            '\'' => short.push(c),
            _ => short.extend(c.escape_default()),
        }
    }
    if text.chars().nth(120).is_some() {
        short.push_str("...");
    }
    format!("\"{short}\"")
}

mod fields;
#[cfg(test)]
mod tests;
