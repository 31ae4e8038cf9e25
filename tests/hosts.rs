//! Runs over several processes that MPI's launcher starts: streams, mistakes, processes that die, two
//! hosts with a network between them, and a cluster. `tests/specs.rs` compares the bits of all problems.
#![cfg(feature = "mpi")]

mod common;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use common::{Folder, LONG, launcher, npy};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pylopsd");

/// A solve of an array in a file.
const SHORT: &str = r#"
[arrays]
d = { file = "d.npy" }

[operators]
A = { type = "Smoothing1D", dims = 3000, nsmooth = 5 }

[solve]
operator = "A"
data     = "d"
solver   = "cgls"
niter    = 5
tol      = 0.0

[outputs]
model = "m.npy"
"#;

fn short() -> Folder {
    let folder = Folder::of(SHORT);
    let values: Vec<f64> = (0..3000).map(|k| f64::from(k * 37 % 101) - 50.0).collect();
    folder.put("d.npy", &npy(&values));
    folder
}

/// A word about a test that cannot be done here, past the harness that keeps what tests print.
fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "SKIPPED: {why}");
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn names(folder: &Folder) -> Vec<String> {
    folder.all().into_keys().collect()
}

fn host() -> String {
    nix::unistd::gethostname().unwrap().into_string().unwrap()
}

fn comm(pid: i32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_string()
}

/// The parent of a process; 0 if the process is gone.
fn parent(pid: i32) -> i32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"));
    line.and_then(|pid| pid.trim().parse().ok()).unwrap_or(0)
}

/// Whether a process waits for one of the others: with MPICH each that computes has such a parent.
fn waits_for_one_of(others: &[i32], pid: i32) -> bool {
    others.iter().any(|other| parent(*other) == pid)
}

/// Processes of this program that compute in a folder, by MPI's number.
fn ranks_in(folder: &Path) -> Vec<(usize, i32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Ok(pid) = entry.file_name().to_string_lossy().parse() else { continue };
        let there = fs::read_link(entry.path().join("cwd")).is_ok_and(|cwd| cwd == folder);
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let rank = environment.split(|&b| b == 0).find_map(|v| {
            let value = v.strip_prefix(b"OMPI_COMM_WORLD_RANK=").or(v.strip_prefix(b"PMI_RANK="))?;
            text(value).parse().ok()
        });
        if let (true, Some(rank), "pylopsd") = (there, rank, comm(pid).as_str()) {
            found.push((rank, pid));
        }
    }
    let all: Vec<i32> = found.iter().map(|&(_, pid)| pid).collect();
    found.retain(|&(_, pid)| !waits_for_one_of(&all, pid));
    found.sort();
    found
}

/// Starts the program in a folder, waits until its processes write to an output, does something to them,
/// and says how the run ended. No process is left then.
fn disturbed(folder: &Folder, count: usize, disturb: impl FnOnce(&[(usize, i32)], u32)) -> Output {
    let output = ended(folder, count, disturb);
    assert_eq!(ranks_in(folder.path()), [], "processes are left");
    output
}

/// The same, where processes may need some seconds more.
fn ended(folder: &Folder, count: usize, disturb: impl FnOnce(&[(usize, i32)], u32)) -> Output {
    let child = Command::new(PROGRAM)
        .current_dir(folder.path())
        .args(["solve", "problem.toml", "--threads", "1", "--hosts"])
        .arg(format!("localhost:{count}"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let working = || {
        let begun = names(folder).iter().any(|n| n.ends_with(".partial"));
        begun && ranks_in(folder.path()).len() == count
    };
    while !working() {
        assert!(start.elapsed() < Duration::from_secs(60), "the run has not begun");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(500));
    disturb(&ranks_in(folder.path()), child.id());
    let begin = Instant::now();
    let output = child.wait_with_output().unwrap();
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(20), "it took {took:?} to end");
    output
}

fn signal(name: &str, pid: i32) {
    assert!(Command::new("kill").args([name, &pid.to_string()]).status().unwrap().success());
}

#[test]
fn streams_and_commands_work_through_the_first_process() {
    let folder = short();
    let one = folder.ran_with(
        &["apply", "problem.toml", "--operator", "A", "--input", "-", "--output", "-"],
        &folder.bytes("d.npy"),
    );
    let three = folder.ran_with(
        &[
            "apply",
            "problem.toml",
            "--operator",
            "A",
            "--input",
            "-",
            "--output",
            "-",
            "--hosts",
            "localhost:3",
        ],
        &folder.bytes("d.npy"),
    );
    assert_eq!((three.code, three.stderr.as_str()), (Some(0), ""));
    assert!(one.stdout == three.stdout);
    let tested = folder.ran("test problem.toml --hosts localhost:2");
    assert!(
        tested.text().starts_with("problem.toml ... ok "),
        "{}{}",
        tested.text(),
        tested.stderr
    );
    let tested = folder.ran("dottest problem.toml --hosts localhost:2");
    assert!(tested.text().starts_with("A  ok "), "{}{}", tested.text(), tested.stderr);
    let json = folder.ran("solve problem.toml --hosts localhost:2 --json --threads 1").json();
    assert_eq!(json["processes"], 2);
    let named = SHORT.to_string() + "[run]\nhosts = [\"localhost:2\"]\nthreads = 1\n";
    folder.put("problem.toml", named.as_bytes());
    assert_eq!(folder.ran("solve problem.toml --json").json()["processes"], 2);
}

#[test]
fn a_mistake_of_all_processes_is_told_once() {
    let folder = short();
    fs::remove_file(folder.path().join("d.npy")).unwrap();
    let before = folder.all();
    folder.ran("solve problem.toml --hosts localhost:3").is(
        2,
        "",
        "
error: cannot open d.npy: no such file
 --> problem.toml:3:14
  |
3 | d = { file = \"d.npy\" }
  |              ^^^^^^^ array `d` is read from this file

error: problem.toml has 1 mistake; nothing was run",
    );
    assert_eq!(folder.all(), before);
    let wrong = folder.ran("solve problem.toml --hosts localhost:x");
    assert!(wrong.stderr.contains("such as node1:2,node2:2"), "{}", wrong.stderr);
    assert_eq!(wrong.code, Some(2));
}

#[test]
fn unmet_expectations_have_their_exit_code() {
    let folder = short();
    let expect = "[[expect]]\nquantity = \"iterations\"\nequals = 3\n[[expect]]\nquantity = \"dottest\"\nmax = 1e-10\n";
    folder.put("problem.toml", (SHORT.to_string() + expect).as_bytes());
    let ran = folder.ran("solve problem.toml --hosts localhost:2 --threads 1");
    assert_eq!((ran.code, ran.stderr.as_str()), (Some(3), ""), "{}", ran.text());
    assert!(ran.text().contains("UNMET"), "{}", ran.text());
}

#[test]
fn a_process_that_is_killed_ends_the_run() {
    for victim in [0, 2] {
        let folder = Folder::of(LONG);
        let output = disturbed(&folder, 3, |ranks, _| signal("-KILL", ranks[victim].1));
        let expected = format!(
            "error: process {victim} on {} was killed (signal 9, which a system out of memory sends too); the run ended early\n",
            host()
        );
        assert_eq!(text(&output.stderr), expected);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(names(&folder), ["problem.toml"], "nothing is left");
    }
}

#[test]
fn nothing_outlives_a_part_of_the_launcher() {
    // MPICH's daemon starts a witness of each process; Open MPI's starts the processes.
    let levels = if launcher().1 { 2 } else { 1 };
    for level in 1..=levels {
        let folder = Folder::of(LONG);
        let output = ended(&folder, 3, |ranks, _| {
            let part = (0..level).fold(ranks[1].1, |pid, _| parent(pid));
            signal("-KILL", part);
        });
        let begin = Instant::now();
        while !ranks_in(folder.path()).is_empty() {
            assert!(begin.elapsed() < Duration::from_secs(20), "processes are left");
            std::thread::sleep(Duration::from_millis(50));
        }
        let told = text(&output.stderr);
        assert!(told.starts_with("error: ") && told.lines().count() == 1, "{level}: {told}");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(names(&folder), ["problem.toml"], "nothing is left");
    }
}

#[test]
fn an_interrupt_ends_all_after_the_iteration() {
    let folder = Folder::of(LONG);
    let output = disturbed(&folder, 3, |_, parent| signal("-INT", parent as i32));
    assert_eq!(text(&output.stderr), "interrupted\n");
    assert_eq!(output.status.code(), Some(130));
    let told = text(&output.stdout);
    let says = |line: &str| line.contains(" iteration") && line.ends_with(", interrupted");
    assert!(told.lines().any(says), "{told}");
    assert_eq!(names(&folder), ["m.npy", "problem.toml"]);
}

#[test]
fn a_process_that_fails_alone_ends_the_run_with_its_name() {
    let folder = Folder::of(&LONG.replace("2000000", "20000000"));
    // The second process may take little memory, and fails where it asks for more.
    let run = format!("{PROGRAM} solve problem.toml --threads 1");
    let output = launcher()
        .0
        .current_dir(folder.path())
        .args(["-np", "1", "sh", "-c", &run, ":", "-np", "1", "sh", "-c"])
        .arg(format!("ulimit -v 500000; {run}"))
        .output()
        .unwrap();
    let told = text(&output.stderr);
    // A launcher of one's own has its say too, before or after.
    let ours = told.lines().find(|line| line.starts_with("error: ")).unwrap_or_default();
    assert!(ours.starts_with(&format!("error: process 1 on {}: ", host())), "{told}");
    assert!(ours.contains("cannot allocate"), "{told}");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(names(&folder), ["problem.toml"], "nothing is left");
}

/// What a script of `tests/cluster` makes, taken away when dropped.
struct Cluster {
    script: PathBuf,
    folder: tempfile::TempDir,
}

impl Cluster {
    /// Makes it, after `prepare` has filled its folder; nothing where that is not possible.
    fn up(script: &str, needs: &[&str], prepare: impl FnOnce(&Path)) -> Option<(Cluster, String)> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster").join(script);
        let missing = |program: &&&str| {
            let places = ["/usr/sbin", "/usr/bin", "/sbin", "/bin"];
            !places.iter().any(|place| Path::new(place).join(program).exists())
        };
        if !nix::unistd::geteuid().is_root() {
            skipped(&format!("{} needs root", script.display()));
            return None;
        }
        if let Some(program) = needs.iter().find(missing) {
            skipped(&format!("{} needs {program}", script.display()));
            return None;
        }
        let cluster = Cluster { script, folder: tempfile::tempdir().unwrap() };
        prepare(cluster.folder.path());
        let up = cluster.run(&["up", cluster.folder.path().to_str().unwrap()]);
        let why = text(&up.stderr);
        if !up.status.success() && why.contains("not permitted") {
            skipped(&format!("{}: {why}", cluster.script.display()));
            return None;
        }
        assert!(up.status.success(), "{}: {why}", cluster.script.display());
        let told = text(&up.stdout).trim().to_string();
        Some((cluster, told))
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(&self.script).args(arguments).output().unwrap()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.run(&["down", self.folder.path().to_str().unwrap()]);
    }
}

/// The program on the head of two hosts, in a folder.
fn from_head(cluster: &Cluster, folder: &Path, words: &str) -> Command {
    let ssh = format!("-F {}", cluster.folder.path().join("ssh").display());
    let mut command = Command::new(&cluster.script);
    command
        .env("OMPI_MCA_plm_rsh_args", &ssh)
        .env("HYDRA_LAUNCHER_EXTRA_ARGS", &ssh)
        .args(["on", "pylh", "bash", "-c"])
        .arg(format!("cd {} && exec {PROGRAM} {words}", folder.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// A process of this program that computes on one of the two hosts, some time after it began.
fn process_on(name: &str) -> i32 {
    let find = || {
        let pids = Command::new("ip").args(["netns", "pids", name]).output().unwrap();
        let pids: Vec<i32> = text(&pids.stdout).lines().flat_map(str::parse).collect();
        pids.iter().copied().find(|&pid| comm(pid) == "pylopsd" && !waits_for_one_of(&pids, pid))
    };
    let start = Instant::now();
    while find().is_none() {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing runs on {name}");
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(1500));
    find().unwrap()
}

#[test]
fn two_hosts_run_one_solve() {
    // One folder that both hosts see, and one that the second does not.
    let (shared, hidden) = (short(), short());
    let hides = |folder: &Path| {
        fs::write(folder.join("pylb-hides"), hidden.path().to_str().unwrap()).unwrap();
    };
    let Some((cluster, _)) = Cluster::up("two_hosts", &["ip", "sshd", "unshare"], hides) else {
        return;
    };
    let run = |folder: &Path, words: &str| from_head(&cluster, folder, words).output().unwrap();
    let hosts = "solve problem.toml --threads 1 --hosts pyla:2,pylb:1";

    // The bits of one process, with and without a file system that all see.
    assert_eq!(shared.ran("solve problem.toml --quiet").code, Some(0));
    let one = shared.bytes("m.npy");
    let solved = run(shared.path(), hosts);
    assert!(solved.status.success(), "{}", text(&solved.stderr));
    assert!(text(&solved.stdout).contains("3 processes, 1 thread"), "{}", text(&solved.stdout));
    assert!(shared.bytes("m.npy") == one);
    let unseen = run(hidden.path(), hosts);
    assert_eq!(unseen.status.code(), Some(2), "{}", text(&unseen.stderr));
    let told = text(&unseen.stderr);
    assert!(told.contains("only process 2 on pylb reports this"), "{told}");
    assert_eq!(names(&hidden), ["d.npy", "problem.toml"]);
    let staged = run(hidden.path(), &format!("{hosts} --stage"));
    assert!(staged.status.success(), "{}", text(&staged.stderr));
    assert!(hidden.bytes("m.npy") == one);

    // A process of the other host is killed; then the other host is gone.
    let long = Folder::of(LONG);
    let hosts = "solve problem.toml --threads 1 --hosts pyla:1,pylb:1";
    let ended = |disturb: &dyn Fn()| {
        let child = from_head(&cluster, long.path(), hosts).spawn().unwrap();
        process_on("pylb");
        disturb();
        let begin = Instant::now();
        let output = child.wait_with_output().unwrap();
        assert!(begin.elapsed() < Duration::from_secs(30), "it took {:?}", begin.elapsed());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
        assert_eq!(names(&long), ["problem.toml"], "nothing is left");
        text(&output.stderr)
    };
    let told = ended(&|| signal("-KILL", process_on("pylb")));
    assert!(told.starts_with("error: process 1 on pylb was killed (signal 9"), "{told}");
    let link = |state: &str| {
        let words = ["-n", "pylh", "link", "set", "vpylb", state];
        assert!(Command::new("ip").args(words).status().unwrap().success());
    };
    let told = ended(&|| link("down"));
    assert!(told.contains("error: host pylb is no longer reachable"), "{told}");
}

#[test]
fn slurm_runs_a_submitted_job() {
    let needs = ["slurmctld", "slurmd", "munged", "sbatch"];
    let Some((_cluster, conf)) = Cluster::up("one_node_slurm", &needs, |_| ()) else { return };
    let folder = short();
    assert_eq!(folder.ran("solve problem.toml --quiet").code, Some(0));
    let one = folder.bytes("m.npy");
    fs::remove_file(folder.path().join("m.npy")).unwrap();
    let words = "submit problem.toml --scheduler slurm --nodes 1 --ranks-per-node 2 --time 5min -o job.sh --submit";
    let submitted = Command::new(PROGRAM)
        .current_dir(folder.path())
        .env("SLURM_CONF", &conf)
        .args(words.split(' '))
        .output()
        .unwrap();
    assert!(submitted.status.success(), "{}", text(&submitted.stderr));
    let told = text(&submitted.stdout);
    assert!(told.contains("1 node with 2 processes of 1 thread, "), "{told}");
    assert!(told.contains("Submitted batch job "), "{told}");
    let start = Instant::now();
    while !names(&folder).contains(&"m.npy".to_string()) {
        assert!(start.elapsed() < Duration::from_secs(120), "{:?}", names(&folder));
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(folder.bytes("m.npy") == one);
    let is_log = |name: &String| name.starts_with("problem.") && name.ends_with(".log");
    let log = || names(&folder).into_iter().find(is_log).map(|name| text(&folder.bytes(&name)));
    while !log().is_some_and(|log| log.contains("2 processes, 1 thread")) {
        assert!(start.elapsed() < Duration::from_secs(120), "{:?}", log());
        std::thread::sleep(Duration::from_millis(200));
    }
}
