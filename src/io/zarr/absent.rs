//! What stands for Zarr folders in a program that was built without the feature `zarr`.

use std::path::Path;

use ndarray::ArrayViewD;

use super::array::{Array, Missing};
use super::error::{Error, Result};
use super::layout::Courses;
use super::npy::StoredType;
use crate::space::IndexBox;

/// There is no value of it.
pub(crate) enum Folder {}

pub(crate) struct Opened {
    pub(crate) name: String,
    pub(crate) dims: Vec<usize>,
    pub(crate) stored: StoredType,
    pub(crate) chunks: Option<Vec<usize>>,
    pub(crate) folder: Folder,
}

pub(crate) struct Piece {
    pub(crate) inside: IndexBox,
}

fn missing(doing: &str, name: &str) -> Error {
    Error::input(format!("cannot {doing} {name}: this pylopsd was built without Zarr"))
        .help("build it with `cargo build --release --features zarr`")
}

pub(crate) fn is_named(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "zarr")
}

pub(crate) fn can_write(name: &str) -> Result<()> {
    Err(missing("write", name))
}

pub(crate) fn is_array(_folder: &Path) -> bool {
    false
}

pub(crate) fn members(_folder: &Path) -> Result<Option<Vec<String>>> {
    Ok(None)
}

pub(crate) fn open(folder: &Path, _inside: Option<&str>) -> Result<Opened> {
    let name = folder.display().to_string();
    match is_named(folder) || folder.join(".zarray").is_file() || folder.join("zarr.json").is_file()
    {
        true => Err(missing("read", &name)),
        false => Err(Error::input(format!("cannot read {name}: it is a folder"))
            .help("name a .npy or .npz file")),
    }
}

pub(crate) fn write(_array: &Array, _folder: &Path, name: &str) -> Result<()> {
    Err(missing("write", name))
}

impl Folder {
    pub(crate) fn held_bytes(&self) -> usize {
        match *self {}
    }

    pub(crate) fn words(&self) -> &str {
        match *self {}
    }

    pub(crate) fn missing(&self, _of: Option<(&Courses, &[usize])>) -> Option<Missing> {
        match *self {}
    }

    pub(crate) fn pieces(&self, _courses: &Courses, _b: &IndexBox) -> Vec<Piece> {
        match *self {}
    }

    pub(crate) fn read<N>(
        &self,
        _courses: &Courses,
        _b: &IndexBox,
        _dims: &[usize],
        _take: &mut dyn FnMut(&IndexBox, ArrayViewD<'_, N>),
    ) -> Result<()> {
        match *self {}
    }
}
