//! The literal dictionary of a .npy header, whoever wrote it.

use super::{MAX_NDIM, StoredType, checked_len, shortened};
use crate::io::error::{Error, Result};

/// The header's dict, before it is judged.
#[derive(Default)]
pub(super) struct Fields {
    descr: Option<Descr>,
    fortran: Option<bool>,
    dims: Option<Vec<Option<usize>>>,
}

enum Descr {
    Name(String),
    Structured,
}

impl Fields {
    pub(super) fn checked(self, name: &str) -> Result<(StoredType, bool, Vec<usize>)> {
        let missing = |key: &str| {
            Error::input(format!(
                "cannot read {name}: its .npy header has no '{key}', so the file is damaged"
            ))
        };
        let dtype = match self.descr.ok_or_else(|| missing("descr"))? {
            Descr::Structured => {
                return Err(Error::input(format!(
                    "cannot read {name}: its element type is structured (it has named fields)"
                ))
                .help("save one field: np.save(path, a[\"field\"].astype(\"float64\"))"));
            }
            Descr::Name(descr) => StoredType::from_descr(&descr).ok_or_else(|| {
                let (what, help) = wrong_descr(&descr);
                Error::input(format!("cannot read {name}: {what}")).help(help)
            })?,
        };
        let fortran = self.fortran.ok_or_else(|| missing("fortran_order"))?;
        let dims = self.dims.ok_or_else(|| missing("shape"))?;
        if dims.len() > MAX_NDIM {
            return Err(Error::input(format!(
                "cannot read {name}: it has {} axes, and at most {MAX_NDIM} are supported",
                dims.len()
            )));
        }
        let dims: Option<Vec<usize>> = dims.into_iter().collect();
        // The size read into memory can exceed the stored one, as for int8 read as float64, and
        // the largest type is complex128.
        dims.filter(|d| checked_len(d, 16).is_some()).map(|d| (dtype, fortran, d)).ok_or_else(|| {
            Error::input(format!(
                "cannot read {name}: the shape in its .npy header is larger than any memory, so the file is damaged"
            ))
        })
    }
}

/// Why an element type is refused, and how to save the array in one that is read.
fn wrong_descr(descr: &str) -> (String, String) {
    let code = descr.trim_start_matches(['<', '>', '|', '=']);
    let (what, advice) = match code.chars().next() {
        Some('O') => ("object", "float64"),
        Some('U' | 'S' | 'a') => ("text", "float64"),
        Some('M') => ("datetime64", "float64"),
        Some('m') => ("timedelta64", "float64"),
        Some('V') => ("raw bytes (void)", "float64"),
        Some('f') if code == "f2" => ("float16", "float32"),
        Some('f') => ("extended-precision float", "float64"),
        Some('c') => ("extended-precision complex", "complex128"),
        _ => ("unknown", "float64"),
    };
    let descr = shortened(descr);
    (
        format!("its element type {what} (dtype {descr}) is not supported"),
        format!("save it with np.save(path, a.astype(\"{advice}\"))"),
    )
}

/// Reads the Python literal `{'descr': ..., 'fortran_order': ..., 'shape': (...), }`. The error is
/// what is wrong with it, to follow "its header".
pub(super) fn parse_fields(text: &str) -> std::result::Result<Fields, String> {
    let mut p = Parser { bytes: text.as_bytes(), at: 0 };
    let mut fields = Fields::default();
    p.expect(b'{')?;
    loop {
        if p.eat(b'}') {
            break;
        }
        let key = p.string()?;
        p.expect(b':')?;
        match key.as_str() {
            "descr" => {
                fields.descr = Some(match p.peek() {
                    Some(b'[' | b'(') => {
                        p.skip_brackets()?;
                        Descr::Structured
                    }
                    _ => Descr::Name(p.string()?),
                });
            }
            "fortran_order" => fields.fortran = Some(p.boolean()?),
            "shape" => fields.dims = Some(p.dims()?),
            other => return Err(format!("has an unknown key {}", shortened(other))),
        }
        if !p.eat(b',') {
            p.expect(b'}')?;
            break;
        }
    }
    match p.peek() {
        None => Ok(fields),
        Some(_) => Err("goes on after its closing brace".to_string()),
    }
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Parser<'_> {
    /// The next byte that is not blank.
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> std::result::Result<(), String> {
        if self.eat(byte) {
            return Ok(());
        }
        Err(format!("should have '{}' at character {}", char::from(byte), self.at))
    }

    fn string(&mut self) -> std::result::Result<String, String> {
        let quote = match self.peek() {
            Some(q @ (b'\'' | b'"')) => q,
            _ => return Err(format!("should have a quoted name at character {}", self.at)),
        };
        let start = self.at + 1;
        let rest = self.bytes.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|&b| b == quote)
            .ok_or_else(|| "has a quotation without an end".to_string())?;
        self.at = start + length + 1;
        Ok(String::from_utf8_lossy(&rest[..length]).into_owned())
    }

    fn boolean(&mut self) -> std::result::Result<bool, String> {
        self.peek();
        let rest = &self.bytes[self.at..];
        for (word, value) in [("True", true), ("False", false)] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(format!("should have True or False at character {}", self.at))
    }

    /// A tuple of lengths. A length too large for this machine is `None`, an error for later.
    fn dims(&mut self) -> std::result::Result<Vec<Option<usize>>, String> {
        self.expect(b'(')?;
        let mut dims = Vec::new();
        loop {
            if self.eat(b')') {
                return Ok(dims);
            }
            if self.peek() == Some(b'-') {
                return Err("has a negative length in its shape".to_string());
            }
            let start = self.at;
            let mut n = Some(0_usize);
            while let Some(digit @ b'0'..=b'9') = self.bytes.get(self.at).copied() {
                n = n.and_then(|n| n.checked_mul(10)?.checked_add(usize::from(digit - b'0')));
                self.at += 1;
            }
            if self.at == start {
                return Err(format!("should have a length at character {start}"));
            }
            // Python 2 wrote long integers so.
            self.eat(b'L');
            dims.push(n);
            if !self.eat(b',') {
                self.expect(b')')?;
                return Ok(dims);
            }
        }
    }

    /// Passes over a bracketed literal of any depth.
    fn skip_brackets(&mut self) -> std::result::Result<(), String> {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                None => return Err("has a bracket without an end".to_string()),
                Some(b'\'' | b'"') => {
                    self.string()?;
                }
                Some(byte) => {
                    self.at += 1;
                    match byte {
                        b'(' | b'[' | b'{' => depth += 1,
                        b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    if depth == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }
}
