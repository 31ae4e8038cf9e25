//! What PyLops, SciPy and NumPy call things that have another name here.

use crate::scalar::DType;

/// Keys of PyLops and SciPy with the key here.
const KEYS: [(&str, &str); 22] = [
    ("N", "dims"),
    ("Op", "operator"),
    ("P", "preconditioner"),
    ("Regs", "regularization"),
    ("Weight", "weight"),
    ("Wop", "weight"),
    ("b", "data"),
    ("damping", "damp"),
    ("dir", "axis"),
    ("dirs", "axes"),
    ("eps", "epsilon"),
    ("epsR", "epsilon"),
    ("iter_lim", "niter"),
    ("iterations", "niter"),
    ("itmax", "niter"),
    ("max_iter", "niter"),
    ("maxiter", "niter"),
    ("maxit", "niter"),
    ("n_iter", "niter"),
    ("nit", "niter"),
    ("nfft", "nffts"),
    ("y", "data"),
];

/// Keys of PyLops that belong to another table here, each with a key of the table where they are found.
const ELSEWHERE: [(&str, &str, &str); 15] = [
    ("Regs", "regularization", "each of `Regs` is `operator` of a `[[solve.regularization]]`"),
    ("epsRs", "regularization", "each of `epsRs` is `epsilon` of its `[[solve.regularization]]`"),
    ("eps", "regularization", "`eps` is `damp` here, or `epsilon` of a `[[solve.regularization]]`"),
    (
        "epsI",
        "regularization",
        "`epsI` is `epsilon` of a `[[solve.regularization]]` whose `operator` is an Identity",
    ),
    (
        "NRegs",
        "regularization",
        "`NRegs` is not supported yet: a `[[solve.regularization]]` takes an operator and forms its normal operator",
    ),
    (
        "epsNRs",
        "regularization",
        "`epsNRs` is not supported yet, as `NRegs`: a `[[solve.regularization]]` takes an operator",
    ),
    ("epsR", "regularization", "`epsR` is `epsilon` of a `[[solve.regularization]]`"),
    ("epsilon", "regularization", "`epsilon` belongs in a `[[solve.regularization]]`"),
    (
        "dataregs",
        "regularization",
        "each of `dataregs` is `data` of its `[[solve.regularization]]`",
    ),
    ("model", "regularization", "`model` belongs in `[outputs]`"),
    ("residual", "regularization", "`residual` belongs in `[outputs]`"),
    ("predicted", "regularization", "`predicted` belongs in `[outputs]`"),
    ("adjoint", "regularization", "`adjoint` belongs in `[outputs]`"),
    ("history", "regularization", "`history` belongs in `[outputs]`"),
    ("threads", "regularization", "`threads` belongs in `[run]`"),
];

/// What to do about a key of another program, if the table has such a key.
pub(super) fn of_key(key: &str, known: &[&str]) -> Option<String> {
    if let Some((.., help)) = ELSEWHERE.iter().find(|(k, has, _)| *k == key && known.contains(has))
    {
        return Some((*help).to_string());
    }
    here(key, known).map(|here| format!("`{key}` is `{here}` here"))
}

/// The key of the table that corresponds to a key of another program.
pub(super) fn here(key: &str, known: &[&str]) -> Option<&'static str> {
    KEYS.iter().find(|(k, here)| *k == key && known.contains(here)).map(|(_, here)| *here)
}

/// An element type that is written as a name of NumPy's module.
pub(super) fn of_module(name: &str) -> Option<&'static str> {
    let bare = name.strip_prefix("np.").or_else(|| name.strip_prefix("numpy."))?;
    DType::from_name(bare).map(DType::name)
}

/// The element type that Python, NumPy or C call otherwise.
pub(super) fn of_dtype(name: &str) -> Option<String> {
    let bare = name.rsplit('.').next().unwrap_or(name).trim_start_matches(['<', '=', '>', '|']);
    let (whose, here) = match bare {
        "float" => ("Python's", "float64"),
        "complex" => ("Python's", "complex128"),
        "double" | "float_" | "f8" | "d" => ("NumPy's", "float64"),
        "single" | "f4" | "f" => ("NumPy's", "float32"),
        "cdouble" | "complex_" | "c16" | "D" => ("NumPy's", "complex128"),
        "csingle" | "singlecomplex" | "c8" | "F" => ("NumPy's", "complex64"),
        "float32" | "float64" | "complex64" | "complex128" => ("NumPy's", bare),
        "half" | "float16" | "f2" => return Some("the narrowest is `float32`".into()),
        "longdouble" | "float128" | "float80" => return Some("the widest is `float64`".into()),
        _ if bare.starts_with("int") || bare.starts_with("uint") || bare == "bool" => {
            return Some("integers are read as floats: `float32` or `float64`".into());
        }
        _ => return None,
    };
    Some(format!("{whose} `{name}` is `{here}`"))
}
