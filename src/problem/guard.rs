//! Places that a run must not write: those that it reads, those that it writes already, and Zarr
//! folders that are not its own.

use std::path::Path;

use super::path_in;
use crate::io::Place;
use crate::spec::{Document, ExpectSpec, OutputCheck, Span};

/// What a run reads and writes, each with its place.
#[derive(Clone, Debug, Default)]
pub struct Guard(Vec<Taken>);

#[derive(Clone, Debug)]
struct Taken {
    place: Place,
    /// ``array `d` ``.
    what: String,
    /// Where the problem file names it.
    span: Option<Span>,
    written: bool,
}

/// Why a place cannot be written.
#[derive(Clone, Debug)]
pub struct Clash {
    /// What is wrong, in one line.
    pub message: String,
    /// Where else the problem file names the place, and what happens there.
    pub also: Option<(Span, &'static str)>,
}

impl Guard {
    /// The files that a problem reads, and the problem file itself.
    pub fn new(document: &Document) -> Guard {
        let folder = document.folder();
        let mut guard = Guard(Vec::new());
        for (name, spec) in document.arrays.iter() {
            if let Some(file) = spec.source.file().filter(|file| file.value != "-") {
                let path = path_in(&folder, &file.value);
                guard.take(&path, format!("array `{}`", name.value), Some(&file.span), false);
            }
        }
        for expect in &document.expect {
            if let ExpectSpec::Output { check, output, .. } = expect
                && let OutputCheck::Close { file, .. } | OutputCheck::Snr { file, .. } = check
            {
                let what = format!("the reference of output `{}`", output.value.name());
                guard.take(&path_in(&folder, &file.value), what, Some(&file.span), false);
            }
        }
        if !document.source.is_standard_input() {
            guard.take(Path::new(&document.source.name), "the problem file".into(), None, false);
        }
        guard
    }

    /// Something else that is read.
    pub fn read(&mut self, path: &Path, what: &str) {
        self.take(path, what.into(), None, false);
    }

    /// Something that is written; an error if it must not be. It is remembered in either case.
    pub fn write(&mut self, path: &Path, what: &str, span: Option<&Span>) -> Result<(), Clash> {
        let place = Place::of(path);
        let clash = self.clash(path, &place, what);
        self.0.push(Taken { place, what: what.into(), span: span.cloned(), written: true });
        clash.map_or(Ok(()), Err)
    }

    fn take(&mut self, path: &Path, what: String, span: Option<&Span>, written: bool) {
        self.0.push(Taken { place: Place::of(path), what, span: span.cloned(), written });
    }

    fn clash(&self, path: &Path, place: &Place, what: &str) -> Option<Clash> {
        if let Some(other) = self.0.iter().find(|other| other.place.meets(place)) {
            let message = match (other.written, other.span.is_some()) {
                (true, true) => format!("two outputs go to {}", path.display()),
                (false, _) if other.place.holds(place) => {
                    format!(
                        "{what} would go inside the Zarr folder that {} is read from",
                        other.what
                    )
                }
                _ => format!("{what} would overwrite {}", other.what),
            };
            let label = if other.written { "the first one" } else { "this file is read" };
            return Some(Clash { message, also: other.span.clone().map(|span| (span, label)) });
        }
        let message = format!("{what} would go inside the Zarr folder {}", place.zarr()?.display());
        Some(Clash { message, also: None })
    }
}
