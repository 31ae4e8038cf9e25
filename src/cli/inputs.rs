//! How the processes of a run come to the same problem: process 0 reads its text, and sends what only
//! it can see.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use crate::cli::common::{FileArgs, RunArgs, Work, loaded, parsed, read_source, warn};
use crate::cli::team::Team;
use crate::cli::{CommandFailure, launch, voice};
use crate::io::Inputs;
use crate::problem::Problem;
use crate::spec::{ArraySource, Document, Host, SourceText, host_processes};

/// Bytes of a file that are sent at a time.
const PIECE: usize = 64 << 20;

/// What a command uses besides the problem file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct InputUse<'a> {
    /// What of the file it works on.
    pub(super) work: Work,
    /// Arrays that it reads.
    pub(super) inputs: &'a [&'a Path],
    /// Whether it writes the outputs of the problem.
    pub(super) writes: bool,
}

/// The team of a run of a problem, and the problem. Where the user names hosts, the run takes place
/// there, and its exit code comes back as a failure.
pub(super) fn load_for(
    team: &Team,
    file: &FileArgs,
    run: &RunArgs,
    uses: &InputUse<'_>,
) -> Result<Problem, CommandFailure> {
    let InputUse { work, inputs, writes } = *uses;
    let piped = file.file == Path::new("-");
    if piped && inputs.contains(&Path::new("-")) {
        return Err(CommandFailure::Usage(
            "error: the problem file and --input are both read from standard input; name a file for one"
                .into(),
        ));
    }
    let own = if team.is_first() { read_source(file) } else { Ok(SourceText::default()) };
    let source = team.agree(own)?;
    let text = team.broadcast(source.text.as_bytes())?;
    let name = voice::shown(&file.file);
    let source = SourceText::new(name, String::from_utf8_lossy(&text));
    let (document, mistakes) = parsed(source, file)?;
    if writes && document.outputs.iter().any(|output| output.path.value == "-") {
        team.agree(voice::keep_for_data())?;
    }
    if let (Some(hosts), Some(count)) = (&run.hosts, launch::launched())
        && !hosts.is_empty()
        && host_processes(hosts) != count
    {
        return Err(CommandFailure::Usage(format!(
            "error: --hosts asks for {} processes, but a launcher has started {count} already; drop one",
            host_processes(hosts)
        )));
    }
    if launch::launched().is_none() && run.ranks == 1 {
        let named = document.run.hosts.iter().map(|h| h.value.clone());
        let hosts: Vec<Host> = run.hosts.clone().unwrap_or_else(|| named.collect());
        let here = hosts.iter().all(|h| h.name == "localhost" && h.processes == 1);
        let here = here && hosts.len() <= 1;
        if !here && mistakes.is_empty() {
            if piped {
                return Err(CommandFailure::Usage(
                    "error: a problem file on standard input cannot be run on hosts: each process reads it; \
                     name a file"
                        .into(),
                ));
            }
            // The launcher passes the first interrupt on, and waits.
            team.interrupted();
            return Err(CommandFailure::Told(launch::start(&hosts, run.stage)?));
        }
    }
    let mut found = share_stream(team, &document, inputs)?;
    if run.stage {
        send(team, &document, inputs, &mut found)?;
    }
    let problem = loaded(document, mistakes, work, run.out_dir.as_deref(), &found.into());
    let problem = team.agree(problem)?;
    if !run.quiet {
        warn(&problem.warnings);
    }
    Ok(problem)
}

/// Hosts of a command that runs several files, each with `--hosts` only.
pub(super) fn start_on_hosts(team: &Team, run: &RunArgs) -> Result<(), CommandFailure> {
    let Some(hosts) = run.hosts.as_ref().filter(|_| launch::launched().is_none()) else {
        return Ok(());
    };
    team.interrupted();
    Err(CommandFailure::Told(launch::start(hosts, run.stage)?))
}

/// Standard input comes to process 0 alone.
fn share_stream(
    team: &Team,
    document: &Document,
    inputs: &[&Path],
) -> Result<Inputs, CommandFailure> {
    let mut found = Inputs::default();
    let stream = |path: &Path| path == Path::new("-");
    let in_file = document.arrays.iter().any(|(_, array)| match &array.source {
        ArraySource::File(file) => stream(Path::new(&file.file.value)),
        _ => false,
    });
    if team.size() == 1 || !(in_file || inputs.iter().any(|p| stream(p))) {
        return Ok(found);
    }
    let own = if team.is_first() { read_stream() } else { Ok(Vec::new()) };
    found.give_stream(team.broadcast(&team.agree(own)?)?);
    Ok(found)
}

fn read_stream() -> Result<Vec<u8>, CommandFailure> {
    let mut stdin = std::io::stdin();
    let mut bytes = Vec::new();
    if !stdin.is_terminal() {
        let read = stdin.read_to_end(&mut bytes);
        read.map_err(|e| CommandFailure::Run(format!("cannot read standard input: {e}")))?;
    }
    Ok(bytes)
}

/// Sends the files that a problem reads to all other processes, a copy for each.
fn send(
    team: &Team,
    document: &Document,
    inputs: &[&Path],
    found: &mut Inputs,
) -> Result<(), CommandFailure> {
    if team.size() == 1 {
        return Ok(());
    }
    let mut made = Ok(());
    if !team.is_first() {
        let parent = document.run.scratch.as_ref().map(|s| document.folder().join(&s.value));
        made = found.make_copies(parent.as_deref());
    }
    team.agree(
        made.map_err(|e| CommandFailure::Run(format!("cannot create a folder for inputs: {e}"))),
    )?;
    let own = if team.is_first() { files(document, inputs) } else { Vec::new() };
    let list = team.broadcast(serde_json::to_string(&own).unwrap_or_default().as_bytes())?;
    let list: Vec<PathBuf> = serde_json::from_slice(&list).unwrap_or_default();
    for path in list {
        send_file(team, &path, found)?;
    }
    Ok(())
}

fn send_file(team: &Team, path: &Path, found: &Inputs) -> Result<(), CommandFailure> {
    let failed =
        |e: std::io::Error| CommandFailure::Run(format!("{} cannot be sent: {e}", path.display()));
    // Nobody needs what it can see itself.
    let seen = std::fs::metadata(path).map_or(u64::MAX, |meta| meta.len());
    let seen = team.all_gather(&[seen])?;
    let sees = |rank: usize| seen[rank] == seen[0];
    if (0..team.size()).all(sees) {
        return Ok(());
    }
    let place = found.copy_of(path).filter(|_| !sees(team.rank()));
    let mut from = None;
    let mut to = None;
    let mut state = Ok(());
    if let Some(place) = place {
        let made = place.parent().map_or(Ok(()), std::fs::create_dir_all);
        match made.and_then(|()| std::fs::File::create(&place)) {
            Ok(file) => to = Some(file),
            Err(e) => state = Err(failed(e)),
        }
    } else if team.is_first() {
        match std::fs::File::open(path) {
            Ok(file) => from = Some(file),
            Err(e) => state = Err(failed(e)),
        }
    }
    team.agree(state)?;
    loop {
        let mut piece = Vec::new();
        let mut state = Ok(());
        if let Some(file) = &mut from {
            state = file.take(PIECE as u64).read_to_end(&mut piece).map(|_| ()).map_err(failed);
        }
        team.agree(state)?;
        let piece = team.broadcast(&piece)?;
        let written = to.as_mut().map_or(Ok(()), |file| file.write_all(&piece)).map_err(failed);
        team.agree(written)?;
        if piece.len() < PIECE {
            return Ok(());
        }
    }
}

/// The files that a problem reads, by their absolute paths; those that are not there are left to
/// whoever reads them.
fn files(document: &Document, inputs: &[&Path]) -> Vec<PathBuf> {
    let folder = document.folder();
    let named = document.arrays.iter().filter_map(|(_, array)| array.source.file());
    let named = named.map(|file| folder.join(&file.value));
    let references = document.expect.iter().filter_map(|e| e.file()).map(|f| folder.join(f));
    let mut found = Vec::new();
    for path in named.chain(references).chain(inputs.iter().map(|p| p.to_path_buf())) {
        collect(&path, &mut found);
    }
    found.sort();
    found.dedup();
    found
}

/// A file, or all files of a folder, as Zarr has them.
fn collect(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.extend(std::path::absolute(path));
    } else if let Ok(entries) = std::fs::read_dir(path) {
        entries.flatten().for_each(|entry| collect(&entry.path(), found));
    }
}
