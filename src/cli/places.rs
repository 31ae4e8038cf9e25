//! Where outputs go: files that all processes of a run write, standard output, places at the end.

use std::path::{Path, PathBuf};

use crate::cli::team::Team;
use crate::cli::{CommandFailure, Outcome};
use crate::engine::SharedOutput;
use crate::io::output::{check_ending, check_file};
use crate::io::{NpyOutput, TemporaryFolder, TextOutput};
use crate::run::Written;
use crate::space::ArrayType;
use crate::spec::OutputName;

/// An array's output in the making.
#[derive(Debug)]
pub(super) struct PlacedOutput {
    /// What the processes write.
    pub(super) output: SharedOutput,
    /// As the user named it.
    pub(super) path: PathBuf,
    /// For standard output, where it is until then.
    folder: Option<TemporaryFolder>,
}

impl PlacedOutput {
    /// Begins an output, which messages call by that name, in all processes: the first makes the file, the others open it, or will send
    /// what they have if they may not see it.
    pub(super) fn create(
        team: &Team,
        path: &Path,
        name: &str,
        ty: &ArrayType,
        stage: bool,
    ) -> Result<PlacedOutput, CommandFailure> {
        let stream = path == Path::new("-");
        let made = if team.is_first() { begin(path, ty, stream).map(Some) } else { Ok(None) };
        let made = team.agree(made)?;
        let part = made.as_ref().map(|(file, _)| file.part().display().to_string());
        let part = team.broadcast(part.unwrap_or_default().as_bytes())?;
        let part = String::from_utf8_lossy(&part).into_owned();
        let (file, folder) = match made {
            Some((file, folder)) => (Ok(file), folder),
            None => (NpyOutput::join(Path::new(&part), ty.clone()), None),
        };
        let sees = team.all_gather(&[u64::from(file.is_ok())])?;
        let blind: Vec<usize> = (0..team.size()).filter(|&p| sees[p] == [0]).collect();
        let file = match file {
            Ok(file) => Ok(Some(file)),
            Err(_) if stream || stage => Ok(None),
            Err(e) => Err(e.into()),
        };
        let file = team.agree(file)?;
        let output = SharedOutput { name: name.to_string(), dtype: ty.dtype, file, blind };
        Ok(PlacedOutput { output, path: path.to_path_buf(), folder })
    }

    /// The file, in the process that puts it in its place.
    pub(super) fn own(&self) -> Option<&NpyOutput> {
        self.output.file.as_ref()
    }

    /// Waits until what this process wrote is on disk.
    pub(super) fn sync(&self) -> Outcome {
        Ok(self.own().map_or(Ok(()), NpyOutput::sync)?)
    }

    /// Whether it is standard output.
    pub(super) fn is_stream(&self) -> bool {
        self.folder.is_some()
    }

    /// The file, to be put in its place, in the process that made it.
    pub(super) fn into_file(self) -> Option<NpyOutput> {
        self.output.file
    }

    /// Writes a finished file to standard output.
    pub(super) fn copy_out(&self) -> Outcome {
        let Some(file) = self.own() else { return Ok(()) };
        let failed = |e: std::io::Error| {
            CommandFailure::Run(format!("cannot write to standard output: {e}"))
        };
        let mut part = std::fs::File::open(file.part()).map_err(failed)?;
        match std::io::copy(&mut part, &mut std::io::stdout().lock()) {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(failed(e)),
            _ => Ok(()),
        }
    }
}

/// Begins a text that process 0 writes; the others only know where it is, to remove it if that dies.
pub(super) fn begin_text(team: &Team, path: &Path) -> Result<TextOutput, CommandFailure> {
    let own = if team.is_first() { TextOutput::create(path).map(Some) } else { Ok(None) };
    let own = team.agree(own.map_err(CommandFailure::from))?;
    let part = own.as_ref().map(|text| text.part().display().to_string()).unwrap_or_default();
    let part = team.broadcast(part.as_bytes())?;
    let part = PathBuf::from(String::from_utf8_lossy(&part).into_owned());
    match own {
        Some(text) => Ok(text),
        None => Ok(TextOutput::elsewhere(&part)?),
    }
}

fn begin(
    path: &Path,
    ty: &ArrayType,
    stream: bool,
) -> Result<(NpyOutput, Option<TemporaryFolder>), CommandFailure> {
    if !stream {
        check_file(path)?;
        check_ending(path, false)?;
        return Ok((NpyOutput::create(path, ty.clone())?, None));
    }
    let folder = TemporaryFolder::new(None)
        .map_err(|e| CommandFailure::Run(format!("cannot create a temporary folder: {e}")))?;
    let file = NpyOutput::create(&folder.path().join("stream.npy"), ty.clone())?;
    Ok((file, Some(folder)))
}

/// What process 0 has written, with the history, whose text is complete then.
pub(super) fn finished(
    team: &Team,
    places: &[(OutputName, PlacedOutput)],
    history: Option<(PathBuf, TextOutput)>,
    csv: &str,
    digest: bool,
) -> Result<(Vec<Written>, Option<TextOutput>), CommandFailure> {
    let mut written = Vec::new();
    for (name, place) in places {
        let Some(file) = place.own().filter(|_| team.is_first()) else { continue };
        written.push(Written {
            name: name.clone(),
            path: place.path.clone(),
            part: Some(file.part().to_path_buf()),
            ty: Some(file.ty().clone()),
            sha256: if digest { Some(file.sha256()?) } else { None },
        });
    }
    let Some((path, mut text)) = history.filter(|_| team.is_first()) else {
        return Ok((written, None));
    };
    text.write(csv)?;
    let name = OutputName::History;
    written.push(Written { name, path, part: None, ty: None, sha256: None });
    Ok((written, Some(text)))
}
