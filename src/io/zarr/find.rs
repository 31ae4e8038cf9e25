//! Arrays and groups of a Zarr hierarchy, found by the files that make them so.

use std::path::{Component, Path, PathBuf};

use serde_json::Value as Json;

use super::refused;
use crate::io::error::{Error, Result};

/// Arrays of a group that a message names.
const MOST_NAMED: usize = 20;
/// Folders that are looked into for arrays.
const MOST_FOLDERS: usize = 10_000;

/// An array of a hierarchy.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) path: PathBuf,
    /// What messages call it.
    pub(super) name: String,
}

/// Whether a folder is a Zarr array.
pub(crate) fn is_array(folder: &Path) -> bool {
    folder.join(".zarray").is_file() || node_type(folder).as_deref() == Some("array")
}

fn is_group(folder: &Path) -> bool {
    folder.join(".zgroup").is_file() || node_type(folder).as_deref() == Some("group")
}

/// The type of node that the `zarr.json` of a version 3 folder declares.
fn node_type(folder: &Path) -> Option<String> {
    let text = std::fs::read_to_string(folder.join("zarr.json")).ok()?;
    let json: Json = serde_json::from_str(&text).ok()?;
    Some(json.get("node_type")?.as_str()?.to_string())
}

/// Paths of the arrays of a group, sorted; `None` if the folder is an array itself.
pub(crate) fn members(folder: &Path) -> Result<Option<Vec<String>>> {
    if is_array(folder) {
        return Ok(None);
    }
    let name = folder.display().to_string();
    if !is_group(folder) {
        let damaged = folder.join("zarr.json").is_file();
        return Err(if damaged {
            refused(&name, "its zarr.json is damaged: it describes neither an array nor a group")
                .help("write it again")
        } else {
            refused(&name, "it is a folder, but not a Zarr array: it has no .zarray or zarr.json")
                .help("name a .npy or .npz file, or a Zarr folder")
        });
    }
    let mut found = Vec::new();
    let mut waiting = vec![PathBuf::new()];
    let mut seen = 0;
    while let Some(inside) = waiting.pop() {
        seen += 1;
        let path = folder.join(&inside);
        if is_array(&path) {
            found.push(inside.display().to_string());
        } else if seen < MOST_FOLDERS {
            let entries = std::fs::read_dir(&path).into_iter().flatten().flatten();
            let folders = entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir()));
            waiting.extend(folders.map(|e| inside.join(e.file_name())));
        }
    }
    found.sort();
    Ok(Some(found))
}

/// The array of a folder, or the one at `inside` of a group. It may be left out for a group with one
/// array.
pub(super) fn find(folder: &Path, inside: Option<&str>) -> Result<Found> {
    let name = folder.display().to_string();
    let members = members(folder)?;
    let (members, inside) = match (members, inside) {
        (None, None) => return Ok(Found { path: folder.to_path_buf(), name }),
        (None, Some(inside)) => {
            return Err(Error::input(format!(
                "{name} is one Zarr array and has no array \"{inside}\""
            ))
            .help("leave out `path`")
            .of_member());
        }
        (Some(members), Some(inside)) => (members, inside.trim_matches('/').to_string()),
        (Some(members), None) if members.len() == 1 => {
            let only = members[0].clone();
            (members, only)
        }
        (Some(members), None) => {
            let what = format!("it is a Zarr group of {}", listed(&members));
            return Err(refused(&name, what).help("name one with `path`"));
        }
    };
    let path = folder.join(&inside);
    let plain = Path::new(&inside).components().all(|c| matches!(c, Component::Normal(_)));
    if !plain || !is_array(&path) {
        let nearest = members
            .iter()
            .map(|m| (strsim::jaro_winkler(m, &inside), m))
            .filter(|(likeness, _)| *likeness > 0.7)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, m)| format!("; did you mean \"{m}\"?"));
        return Err(Error::input(format!("{name} has no array \"{inside}\""))
            .help(format!("it holds {}{}", listed(&members), nearest.unwrap_or_default()))
            .of_member());
    }
    Ok(Found { path, name: format!("{name}/{inside}") })
}

fn listed(members: &[String]) -> String {
    if members.is_empty() {
        return "no array".to_string();
    }
    let mut list: Vec<String> =
        members.iter().take(MOST_NAMED).map(|m| format!("\"{m}\"")).collect();
    if members.len() > MOST_NAMED {
        list.push(format!("{} more", members.len() - MOST_NAMED));
    }
    list.join(", ")
}
