//! Random applications: the problem file that one stands for gives the same bits, and so do other
//! threads and ranks.

use std::fmt::Write as _;

use tempfile::TempDir;

use super::runs::{Verdict, run};
use super::seeded::Seeded;

/// The problem file of an application of a seed.
fn text(r: &mut Seeded) -> String {
    let dtype = ["float32", "float64"][r.below(2)];
    let mut text = format!("dtype = \"{dtype}\"\n");
    let mut arrays =
        String::from("[arrays]\nwav = { ricker = { f0 = 20.0, dt = 0.004, nt = 3 } }\n");
    let mut random = |name: &str, dims: &[usize], seed: usize| {
        writeln!(arrays, "{name} = {{ random = {{ shape = {dims:?}, seed = {seed} }} }}").unwrap();
    };
    let seed = r.below(1000);
    let (nt, n) = (6 + r.below(5), 1 + r.below(4));
    let mut keys = String::new();
    let mut outputs = vec![];
    let kinds = [
        "MDD",
        "Marchenko",
        "LSM",
        "Poststack",
        "Prestack",
        "WavefieldDecomposition",
        "Deghosting",
        "SeismicInterpolation",
    ];
    let kind = kinds[r.below(kinds.len())];
    match kind {
        "Prestack" => {
            let space = vec![n; r.below(3)];
            random("data", &[&[nt, 2], &space[..]].concat(), seed);
            keys += "data = \"data\"\nwav = \"wav\"\ntheta = [5.0, 20.0]\n";
            if r.below(2) == 0 {
                random("m0", &[&[nt, 3], &space[..]].concat(), seed + 1);
                keys += "m0 = \"m0\"\n";
            }
            keys += [
                "explicit = true\nsimultaneous = true\nepsI = 0.5\n",
                "epsR = 0.5\nepsI = [0.5, 1.0, 2.0]\n",
                "linearization = \"ps\"\nkind = \"forward\"\n",
            ][r.below(3)];
            outputs.extend(["minv", "datar"]);
        }
        "WavefieldDecomposition" => {
            random("p", &[n, nt], seed);
            random("vz", &[n, nt], seed + 1);
            keys +=
                "p = \"p\"\nvz = \"vz\"\ndt = 0.5\ndr = 1.0\nrho = 2.0\nvel = 0.75\nntaper = 1\n";
            writeln!(keys, "nt = {nt}\nnr = {n}\nnffts = [{}, {nt}]", 4 + n).unwrap();
            keys += ["kind = \"inverse\"\n", "critical = 80.0\n"][r.below(2)];
            outputs.extend(["pup", "pdown"]);
        }
        "Deghosting" => {
            let space = vec![n; 1 + r.below(2)];
            let dims = [&[nt], &space[..]].concat();
            random("p", &dims, seed);
            random("pd", &dims, seed + 1);
            keys +=
                "p = \"p\"\npd = \"pd\"\ndt = 0.5\ndr = 1.0\nvel = 1.25\nzrec = 0.5\nntaper = 0\n";
            writeln!(keys, "nt = {nt}\nnr = {space:?}\nnpad = {}", r.below(3)).unwrap();
            outputs.extend(["pup", "pdown"]);
        }
        "SeismicInterpolation" => {
            let cube = r.below(2) == 0;
            random("data", &if cube { vec![2, n, nt] } else { vec![2, nt] }, seed);
            let nrec = if cube { vec![5, n] } else { vec![5] };
            writeln!(keys, "data = \"data\"\nnrec = {nrec:?}").unwrap();
            keys += ["iava = [3, 1]\n", "iava = [3.25, 0.5]\n"][r.below(2)];
            outputs.push("recdata");
            if r.below(2) == 0 {
                keys += "kind = \"spatial\"\nepsRs = 0.5\n";
            } else {
                outputs.push("recprec");
            }
        }
        "MDD" => {
            let (ns, nv) = (1 + r.below(4), r.below(4));
            random("G", &[ns, n, nt], seed);
            random("d", &if nv == 0 { vec![ns, nt] } else { vec![ns, nv, nt] }, seed + 1);
            keys += "G = \"G\"\nd = \"d\"\ndt = 0.5\ndr = 2.0\n";
            if r.below(2) == 0 {
                writeln!(keys, "nfmax = {}", 1 + r.below(nt)).unwrap();
            }
            if r.below(2) == 0 {
                keys += "wav = \"wav\"\n";
            }
            if r.below(3) == 0 {
                keys += "causality_precond = true\n";
            }
            outputs.push("minv");
            for (key, names) in [("adjoint", ["madj", "madj"]), ("psf", ["psfinv", "psfadj"])] {
                if r.below(2) == 0 {
                    writeln!(keys, "{key} = true").unwrap();
                    outputs.push(names[0]);
                    if key == "psf" && outputs.contains(&"madj") {
                        outputs.push(names[1]);
                    }
                }
            }
        }
        "Marchenko" => {
            let points = r.below(3);
            random("R", &[n, n, nt], seed);
            random("G0", &if points == 0 { vec![n, nt] } else { vec![n, points, nt] }, seed + 1);
            let dims = if points == 0 { vec![n] } else { vec![n, points] };
            writeln!(arrays, "trav = {{ full = {{ shape = {dims:?}, value = 0.01 }} }}").unwrap();
            writeln!(keys, "R = \"R\"\nG0 = \"G0\"\ntrav = \"trav\"\ndt = 0.004\ndr = 2.0")
                .unwrap();
            writeln!(keys, "nfmax = {}\ntoff = 0.004\nnsmooth = 3", 1 + r.below(nt)).unwrap();
            keys += "rtm = true\ngreens = true\n";
            outputs.extend([
                "f1_inv_minus",
                "f1_inv_plus",
                "p0_minus",
                "g_inv_minus",
                "g_inv_plus",
            ]);
        }
        "LSM" => {
            let (nx, nz, ns, nr) = (2 + n, 2 + r.below(4), 1 + r.below(3), 1 + r.below(3));
            random("d", &[ns, nr, nt], seed);
            let axis = |n: usize| (0..n).map(|k| 4.0 * k as f64).collect::<Vec<_>>();
            let places = |r: &mut Seeded, n: usize| -> Vec<f64> {
                (0..n).map(|_| r.below(4 * nx) as f64).collect()
            };
            let (srcs, recs) = (places(r, ns), places(r, nr));
            writeln!(keys, "d = \"d\"\nx = {:?}\nz = {:?}", axis(nx), axis(nz)).unwrap();
            let times: Vec<f64> = (0..nt).map(|k| 0.004 * k as f64).collect();
            writeln!(keys, "t = {times:?}\nvel = 1000.0\nmode = \"analytic\"").unwrap();
            writeln!(keys, "srcs = [{srcs:?}, {:?}]", vec![0.0; ns]).unwrap();
            writeln!(keys, "recs = [{recs:?}, {:?}]", vec![0.0; nr]).unwrap();
            keys += "wav = \"wav\"\nwavcenter = 2\n";
            outputs.extend(["minv", "madj"]);
        }
        _ => {
            let dims = [&[nt][..], &vec![n; r.below(3)]].concat();
            random("data", &dims, seed);
            keys += "data = \"data\"\nwav = \"wav\"\n";
            if r.below(2) == 0 {
                random("m0", &dims, seed + 1);
                keys += "m0 = \"m0\"\n";
            }
            match r.below(3) {
                0 => keys += "explicit = true\nsimultaneous = true\nepsI = 0.5\n",
                1 => keys += "epsR = 0.5\n",
                _ => keys += "simultaneous = true\n",
            }
            outputs.extend(["minv", "datar"]);
        }
    }
    text += &arrays;
    writeln!(text, "[application]\ntype = \"{kind}\"\n{keys}").unwrap();
    let solver = ["cgls", "lsqr"][r.below(2)];
    writeln!(text, "[solve]\nsolver = \"{solver}\"\nniter = {}\n[outputs]", 1 + r.below(6))
        .unwrap();
    outputs.iter().for_each(|name| writeln!(text, "{name} = \"{name}.npy\"").unwrap());
    text
}

/// Runs an application of a seed, the file that it stands for, and both in several ways.
pub(crate) fn check(seed: u64) -> (String, Verdict) {
    let mut r = Seeded::new(seed);
    let text = text(&mut r);
    let folder = TempDir::with_prefix("pylopsd-soak-").unwrap();
    std::fs::write(folder.path().join("problem.toml"), &text).unwrap();
    let verdict = checked(folder.path(), &mut r);
    (text, verdict)
}

fn checked(folder: &std::path::Path, r: &mut Seeded) -> Verdict {
    let found = run(folder, "check problem.toml");
    match found.code {
        Some(0) => {}
        Some(2) if found.stderr.contains("error: ") => return Verdict::Refused(found.stderr),
        code => return Verdict::Wrong(format!("check ends with {code:?}: {}", found.stderr)),
    }
    let expanded = run(folder, "expand problem.toml");
    std::fs::write(folder.join("expanded.toml"), &expanded.stdout).unwrap();
    let ways = [
        ("first", "problem.toml --threads 1".to_string()),
        ("expanded", "expanded.toml --threads 1".into()),
        ("threads", format!("problem.toml --threads {}", 2 + r.below(4))),
        ("ranks", format!("problem.toml --threads 1 --ranks {}", 2 + r.below(3))),
    ];
    for (name, way) in ways {
        std::fs::create_dir(folder.join(name)).unwrap();
        let ran = run(folder, &format!("solve {way} --quiet --out-dir {name}"));
        if ran.code != Some(0) {
            return Verdict::Wrong(format!("solve {way} ends with {:?}: {}", ran.code, ran.stderr));
        }
        for entry in std::fs::read_dir(folder.join("first")).unwrap() {
            let file = entry.unwrap().file_name();
            let bytes = |run: &str| std::fs::read(folder.join(run).join(&file)).unwrap_or_default();
            if bytes("first") != bytes(name) {
                let file = file.to_string_lossy();
                return Verdict::Wrong(format!("{file} has other bits with {way}"));
            }
        }
    }
    Verdict::Right
}
