//! Names of PyLops and SciPy, and what is not supported yet.

use crate::common::Folder;
use crate::{PROBLEM, helps, said, says};

#[test]
fn names_of_pylops_and_scipy_have_their_name_here() {
    for (from, to, help) in [
        ("niter ", "iter_lim ", "`iter_lim` is `niter` here"),
        ("niter ", "nit ", "`nit` is `niter` here"),
        ("niter ", "damping = 0.1\nniter ", "`damping` is `damp` here"),
        (
            "niter ",
            "eps = 0.1\nniter ",
            "`eps` is `damp` here, or `epsilon` of a `[[solve.regularization]]`",
        ),
        ("niter ", "maxiter ", "`maxiter` is `niter` here"),
        ("niter ", "model = \"m.npy\"\nniter ", "`model` belongs in `[outputs]`"),
        (
            "niter ",
            "epsRs = [1.0]\nniter ",
            "each of `epsRs` is `epsilon` of its `[[solve.regularization]]`",
        ),
        (
            "niter ",
            "Regs = [\"D\"]\nniter ",
            "each of `Regs` is `operator` of a `[[solve.regularization]]`",
        ),
        ("dims = 3", "dims = 3, dir = 0", "`dir` is `axis` here"),
        ("dims = 3", "dims = 3, dtype = \"float\"", "Python's `float` is `float64`"),
        ("dims = 3", "dims = 3, dtype = \"complex\"", "Python's `complex` is `complex128`"),
        ("dims = 3", "dims = 3, dtype = \"np.float32\"", "NumPy's `np.float32` is `float32`"),
        ("dims = 3", "dims = 3, dtype = \"<f4\"", "NumPy's `<f4` is `float32`"),
        (
            "dims = 3",
            "dims = 3, dtype = \"int64\"",
            "integers are read as floats: `float32` or `float64`",
        ),
        (
            "niter ",
            "epsI = 0.1\nniter ",
            "`epsI` is `epsilon` of a `[[solve.regularization]]` whose `operator` is an Identity",
        ),
        (
            "niter ",
            "NRegs = [\"D\"]\nniter ",
            "`NRegs` is not supported yet: a `[[solve.regularization]]` takes an operator and forms its normal operator",
        ),
        (
            "niter ",
            "epsNRs = [0.1]\nniter ",
            "`epsNRs` is not supported yet, as `NRegs`: a `[[solve.regularization]]` takes an operator",
        ),
        (
            "niter ",
            "atol = 0.1\nniter ",
            "it is a key of `lsmr`, `lsqr`; `rtol` is relative to the norm of the data here, and `tol` absolute",
        ),
        ("niter ", "columns = true\nniter ", "it is a key of `direct`"),
        ("niter ", "conlim = 1e3\nniter ", "it is a key of `lsmr`, `lsqr`"),
        (
            "\"Identity\", N = 3",
            "\"Demigration\", z = 3",
            "`Demigration` is the operator `Kirchhoff` here",
        ),
    ] {
        let said = said(from, to);
        assert_eq!(helps(&said), [help], "{said}");
        assert!(said.contains("has 1 mistake"), "{said}");
    }
}

#[test]
fn what_is_not_there_yet_is_said_by_name() {
    says(
        "\"Identity\", N = 3",
        "\"AcousticWave2D\", nt = 9",
        r#"
error: operator `AcousticWave2D` is not supported yet
 --> problem.toml:8:14
  |
8 | A = { type = "AcousticWave2D", nt = 9 }
  |              ^^^^^^^^^^^^^^^^ PyLops has it, this program does not
  |
  = help: README.md lists what is not supported yet

error: problem.toml has 1 mistake; nothing was run"#,
    );
    let fista = said("\"cgls\"", "\"fista\"\neps = 0.1");
    assert!(fista.contains("solver `fista` is not supported yet"), "{fista}");
    assert!(fista.contains("has 1 mistake"), "{fista}");
    for (solver, whose) in
        [("minres", "SciPy"), ("MINRES", "SciPy"), ("admm", "PyProximal"), ("omp", "PyLops")]
    {
        let said = said("\"cgls\"", &format!("\"{solver}\""));
        assert!(said.contains(&format!("^ {whose} has it, this program does not\n")), "{said}");
    }
    for (name, here) in [
        ("Deghosting", "an application: `type = \"Deghosting\"` in `[application]`"),
        ("pylops.waveeqprocessing.PrestackInversion", "the application `Prestack`"),
    ] {
        let said = said("\"Identity\", N = 3", &format!("\"{name}\", N = 3"));
        let bare = name.rsplit('.').next().unwrap();
        assert_eq!(helps(&said), [format!("`{bare}` is {here} here")], "{said}");
    }
    for (name, help) in [
        ("regularized_inversion", "write a `[[solve.regularization]]` for each of `Regs`"),
        ("RegularizedInversion", "write a `[[solve.regularization]]` for each of `Regs`"),
        ("pylops.optimization.leastsquares.preconditioned_inversion", "write `preconditioner = "),
        ("normal_equations_inversion", "write `normal_equations = true` and `solver = \"cg\"`"),
    ] {
        let said = said("\"cgls\"", &format!("\"{name}\""));
        assert!(helps(&said).len() == 1 && helps(&said)[0].starts_with(help), "{said}");
        assert!(said.starts_with(&format!("error: unknown solver `{name}`\n")), "{said}");
    }
    let folder = Folder::of(PROBLEM);
    for (command, name, listed) in
        [("ops", "AcousticWave2D", "ToCupy"), ("solvers", "omp", "splitbregman")]
    {
        let list = folder.ran(command).text();
        let last = list.split("Not supported yet: ").nth(1).unwrap();
        assert!(last.contains(name) && last.contains(listed), "{list}");
        let ran = folder.ran(&format!("{command} {name}"));
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(&format!("`{name}` is not supported yet")));
    }
}

#[test]
fn keys_that_say_how_pylops_runs_are_ignored_with_a_warning() {
    let text = PROBLEM.replace("dims = 3", "dims = 3, engine = \"numba\", todask = [true, true]");
    let folder = Folder::of(&text.replace("niter ", "show = true\nniter "));
    folder.ran("check problem.toml --quiet").is(0, &folder.ran("check problem.toml").text(), "");
    folder.ran("check problem.toml --deny-warnings").is(
        2,
        "",
        r#"
error: `engine` is ignored
 --> problem.toml:9:43
  |
9 | D = { type = "FirstDerivative", dims = 3, engine = "numba", todask = [true, true] }
  |                                           ^^^^^^ controls how PyLops runs the operator
  |
  = help: leave it out: the plan decides on engines, threads and copies

error: `todask` is ignored
 --> problem.toml:9:61
  |
9 | D = { type = "FirstDerivative", dims = 3, engine = "numba", todask = [true, true] }
  |                                                             ^^^^^^ controls how PyLops runs the operator
  |
  = help: leave it out: the plan decides on engines, threads and copies

error: `show` is ignored
  --> problem.toml:15:1
   |
15 | show = true
   | ^^^^ controls how PyLops runs the solver
   |
   = help: leave it out: the plan decides on engines, threads and copies

error: problem.toml has 3 mistakes; nothing was run"#,
    );
}

#[test]
fn classes_of_pylops_are_known_in_any_case_and_with_their_module() {
    for name in
        ["FISTA", "ADMM", "SplitBregman", "OMP", "SPGL1", "pylops.optimization.sparsity.fista"]
    {
        let said = said("\"cgls\"", &format!("\"{name}\""));
        let words = format!("error: solver `{name}` is not supported yet\n");
        assert!(said.starts_with(&words), "{said}");
    }
    for name in ["acousticwave2d", "Tocupy", "pylops.waveeqprocessing.AcousticWave2D"] {
        let said = said("\"Identity\", N = 3", &format!("\"{name}\", dims = 3"));
        let words = format!("error: operator `{name}` is not supported yet\n");
        assert!(said.starts_with(&words) && said.contains("has 1 mistake"), "{said}");
    }
    for (name, here) in [
        ("pylops.Identity", "Identity"),
        ("signalprocessing.FFT", "FFT"),
        ("IDENTITY", "Identity"),
        ("pylops.basicoperators.FirstDerivativ", "FirstDerivative"),
    ] {
        let said = said("\"Identity\", N = 3", &format!("\"{name}\", N = 3"));
        assert_eq!(helps(&said), [format!("did you mean `{here}`?")], "{said}");
    }
    let class = said("\"cgls\"", "\"pylops.optimization.basic.CGLS\"");
    assert_eq!(helps(&class), ["did you mean `cgls`?"], "{class}");
    says(
        "\"cgls\"",
        "\"simplex\"",
        r#"
error: unknown solver `simplex`
  --> problem.toml:14:12
   |
14 | solver   = "simplex"
   |            ^^^^^^^^^ expected one of auto, cg, cgls, direct, lsmr, lsqr

error: problem.toml has 1 mistake; nothing was run"#,
    );
}

#[test]
fn a_key_that_no_solver_has_brings_the_list() {
    let said = said("solver   = \"cgls\"", "solver   = \"lsqr\"\ndottest = true");
    let help = helps(&said);
    assert!(help.len() == 1 && help[0].starts_with("available: "), "{said}");
    for key in ["`niter`", "`damp`", "`tol`", "`operator`", "`x0`"] {
        assert!(help[0].contains(key), "{said}");
    }
}

#[test]
fn names_that_an_application_has_made_are_not_known() {
    let text = r#"[arrays]
G = { ones = { shape = [2, 3, 5] } }
d = { ones = { shape = [2, 5] } }
[operators]
I = { type = "Identity", N = 3 }
[application]
type = "MDD"
G    = "G"
d    = "d"
[solve]
solver = "lsqr"
preconditioner = "nothing"
[outputs]
minv = "minv.npy"
"#;
    let folder = Folder::of(text);
    let said = folder.ran("check problem.toml").stderr;
    let expanded = folder.ran("expand problem.toml --set solve.preconditioner=I").text();
    assert!(said.starts_with("error: unknown operator `nothing`\n"), "{said}\n{expanded}");
    assert_eq!(helps(&said), ["available: `I`"], "{said}");
}
