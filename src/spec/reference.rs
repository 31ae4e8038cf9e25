//! The reference of a problem file, as `pylopsd help format` prints it: every table, its keys, and what they
//! take. A test compares it with the keys that the readers ask for, table by table.

/// A table of a problem file.
#[derive(Clone, Copy, Debug)]
pub struct TableHelp {
    /// Its header or how it is written: `[run]`.
    pub header: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Its keys.
    pub keys: &'static [KeyHelp],
    /// How it looks.
    pub example: &'static str,
    /// A problem file with an unknown key in this table, if the table has keys of its own: what the readers
    /// say about that key must name all others.
    pub probe: Option<&'static str>,
}

/// Key, value and default, meaning.
pub type KeyHelp = (&'static str, &'static str, &'static str);

const GRID: &str = "number of samples, origin and step along x: `nx`, `ox`, `dx`";

/// All tables, in the order of a file.
pub const TABLES: &[TableHelp] = &[
    TableHelp {
        header: "the file itself",
        about: "A problem file is TOML. It needs `[solve]`, or `[outputs]` that say `apply`; all else is \
                optional. Paths are relative to the file.",
        keys: &[
            ("title", "string", "A title for people."),
            (
                "dtype",
                "string, default \"float64\"",
                "Element type of operators and arrays that say none: float32, float64, complex64 or complex128.",
            ),
            ("params", "table", "Named numbers."),
            ("arrays", "table", "Arrays by name."),
            ("operators", "table", "Operators by name."),
            ("application", "table", "Shorthand for arrays, operators, a solve and outputs."),
            ("solve", "table", "What is solved."),
            ("solves", "table of tables", "Further solves by name, which outputs can be made of."),
            ("outputs", "table", "What is written."),
            ("expect", "list of tables", "What a test run must find."),
            ("run", "table", "How it runs."),
            ("fetch", "table", "Public files that may be missing: path = address."),
        ],
        example: "title = \"Deconvolution\"\ndtype = \"float32\"",
        probe: Some("zzzzzz = 1\n"),
    },
    TableHelp {
        header: "[params]",
        about: "Numbers by name, or formulas over other params. Wherever a number goes, a string may hold a formula: \
                `damp = \"eps / 2\"`, `dims = [\"2 * nt - 1\", 31]`; where an integer is needed it must come to one. \
                `--set params.eps=0.2` changes one.",
        keys: &[],
        example: "[params]\neps = 0.1\nnt0 = 300\nnt  = \"2 * nt0 - 1\"",
        probe: None,
    },
    TableHelp {
        header: "formulas",
        about: "Numbers, params, `pi`, and in `expr` arrays. From loose to tight: `|`; `&`; `< <= > >= == !=`; `+ -`; \
                `* / // %`; unary `- ~`; `**`. FUNCTIONS. Reductions take `axis=`.",
        keys: &[],
        example: "where(abs(d) > eps, d, 0)",
        probe: None,
    },
    TableHelp {
        header: "[arrays]",
        about: "Each array is a table with one source, which says where its values come from, and any of the other keys. \
                Nothing but headers is read before the run. Where a source takes an array, it takes a name, or a list.",
        keys: &[
            (
                "file",
                "string",
                "A .npy or .npz file, a .zarr folder, or \"-\" for a .npy stream on standard input.",
            ),
            (
                "values",
                "nested list",
                "Values in place; complex numbers as strings such as \"1.5-2j\".",
            ),
            ("zeros", "{ shape }", "Zeros."),
            ("ones", "{ shape }", "Ones."),
            ("full", "{ shape, value }", "One value everywhere."),
            ("arange", "{ start, stop, step }", "As in NumPy."),
            ("linspace", "{ start, stop, num }", "As in NumPy."),
            (
                "random",
                "{ shape, seed, distribution }",
                "Random numbers, the same on every machine.",
            ),
            ("spikes", "{ shape, at, amp }", "Zeros but for some samples."),
            ("image", "{ file, channel }", "A picture."),
            (
                "expr",
                "string",
                "A formula over arrays and params, element by element with NumPy's broadcasting, functions and element types; numbers do not widen arrays. It takes no memory, but for what reductions compute first.",
            ),
            ("apply", "{ operator, to, ... }", "What an operator makes of another array."),
            ("ricker", "{ f0, dt, nt, taper }", "Ricker's wavelet."),
            ("gaussian", "{ std, nt }", "A Gaussian."),
            ("klauder", "{ f, dt, nt, taper }", "Klauder's wavelet."),
            ("ormsby", "{ f, dt, nt, taper }", "Ormsby's wavelet."),
            ("linear2d", "table", "Plane events (nx, nt)."),
            ("parabolic2d", "table", "Parabolic events (nx, nt)."),
            ("hyperbolic2d", "table", "Hyperbolic events (nx, nt)."),
            ("linear3d", "table", "Plane events (ny, nx, nt)."),
            ("parabolic3d", "table", "Parabolic events (ny, nx, nt)."),
            ("hyperbolic3d", "table", "Hyperbolic events (ny, nx, nt)."),
            ("taper", "{ nmask, ntap, ... }", "PyLops' tapers."),
            (
                "traveltime",
                "{ from, to, vel, axes }",
                "Traveltimes by straight rays or by the eikonal equation.",
            ),
            ("window", "{ trav, dt, nt, ... }", "Marchenko's window."),
            ("causal", "{ nt, nsmooth }", "0 at negative times, 1 at others."),
            ("directwave", "{ wav, trav, dt, nt, ... }", "The analytic direct wave."),
            ("slope_estimate", "{ d, ... }", "Local slopes of a section by the structure tensor."),
            ("dip_estimate", "{ d, ... }", "Local dips in radians."),
            ("pwd_slope_estimate", "{ d, ... }", "Local slopes by plane-wave destruction."),
            ("chirp", "{ f0, f1, dt, nt, ... }", "A sine whose frequency changes."),
            ("sines", "{ f, dt, nt, ... }", "A sum of sines."),
            ("get_window", "{ window, Nx, ... }", "A window of NumPy or SciPy."),
            ("key", "string", "With `file`: the array of an .npz file."),
            ("path", "string", "With `file`: the array of a Zarr group."),
            ("dtype", "string", "Element type to cast to; complex to real needs `part`."),
            ("part", "\"real\" or \"imag\"", "The part of complex values."),
            (
                "slice",
                "string",
                "NumPy's basic slicing, such as \"1:, ::2\"; comes before `transpose`.",
            ),
            ("transpose", "list of axes", "The order of axes; comes before `reshape`."),
            (
                "reshape",
                "list of integers",
                "Other dims of the same samples, with one -1 for what is left.",
            ),
            ("chunks", "list of integers or \"auto\"", "Chunk lengths, -1 for a whole axis."),
        ],
        example: "[arrays]\nd   = { file = \"d.npy\", slice = \"::2\" }\nwav = { ricker = { f0 = 20.0, dt = 0.004, nt = 41 } }\n\
                  m   = { expr = \"log(v) - mean(log(v))\" }",
        probe: None,
    },
    TableHelp {
        header: "zeros, ones = { ... }",
        about: "",
        keys: &[("shape", "integer or list of integers", "Dims.")],
        example: "z = { zeros = { shape = [10, 20] } }",
        probe: Some("arrays.a.zeros = { shape = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "full = { ... }",
        about: "",
        keys: &[
            ("shape", "integer or list of integers", "Dims."),
            ("value", "number", "The value; a complex one as a string."),
        ],
        example: "c = { full = { shape = [10, 20], value = 2.5 } }",
        probe: Some("arrays.a.full = { shape = 1, value = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "arange = { ... }",
        about: "",
        keys: &[
            ("start", "number, default 0", "First value."),
            ("stop", "number", "Values end before it."),
            ("step", "number, default 1", "Difference of neighbours."),
        ],
        example: "k = { arange = { stop = 10 } }",
        probe: Some("arrays.a.arange = { stop = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "linspace = { ... }",
        about: "",
        keys: &[
            ("start", "number", "First value."),
            ("stop", "number", "Last value."),
            ("num", "integer, default 50", "Number of values."),
        ],
        example: "t = { linspace = { start = 0.0, stop = 1.0, num = 101 } }",
        probe: Some("arrays.a.linspace = { start = 0, stop = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "random = { ... }",
        about: "An element depends on its number and the seed alone, so machines, threads and processes do not matter.",
        keys: &[
            ("shape", "integer or list of integers", "Dims."),
            ("seed", "integer, default 0", "Another one gives other numbers."),
            (
                "distribution",
                "string, default \"normal\"",
                "normal (mean 0, variance 1), uniform (from 0 to 1), laplace (density exp(-|x|) / 2), rayleigh (density x exp(-x^2 / 2)), rademacher (-1 or 1), or permutation (the numbers from 0 in any order). Complex arrays draw both parts.",
            ),
        ],
        example: "n = { random = { shape = [10, 20], seed = 1, distribution = \"laplace\" } }",
        probe: Some("arrays.a.random = { shape = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "spikes = { ... }",
        about: "",
        keys: &[
            ("shape", "integer or list of integers", "Dims."),
            (
                "at",
                "list of indices",
                "Where: a list of integers for each spike, or one integer along a single axis; negative ones count from the end. Spikes at one sample are added.",
            ),
            ("amp", "number or list, default 1", "How large, one for all or one for each."),
        ],
        example: "s = { spikes = { shape = [10, 20], at = [[3, 5], [7, -1]], amp = [1.0, -0.5] } }",
        probe: Some("arrays.a.spikes = { shape = 1, at = 0, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "image = { ... }",
        about: "Numbers as the picture stores them, (rows, columns), or (rows, columns, channels) for colours.",
        keys: &[
            ("file", "string", "A PNG, a TIFF or a .npy."),
            ("channel", "integer", "One channel of a picture with colours."),
        ],
        example: "i = { image = { file = \"photo.png\", channel = 0 } }",
        probe: Some("arrays.a.image = { file = \"a.png\", zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "apply = { ... }",
        about: "`operator (to + plus) + add`, computed when it is needed. In `[outputs]`, `to` may also be `model`, or one of `[solves]`.",
        keys: &[
            (
                "operator",
                "string",
                "An operator's name or an expression; without it, the array itself.",
            ),
            ("to", "array", "What it is applied to."),
            ("adjoint", "boolean, default false", "The adjoint instead."),
            ("plus", "array", "Added before."),
            ("add", "array", "Added after."),
        ],
        example: "y = { apply = { operator = \"A\", to = \"x\" } }",
        probe: Some("arrays.a.apply = { to = \"x\", zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "ricker = { ... }",
        about: "Wavelets have `2 nt - 1` samples about zero time; an even `nt` loses one, as in PyLops.",
        keys: &[
            ("nt", "integer", "Samples of the half axis."),
            ("dt", "number", "Time between samples."),
            ("f0", "number, default 10", "Central frequency."),
            ("taper", "string", "NumPy's hanning, hamming, blackman or bartlett over it."),
        ],
        example: "w = { ricker = { f0 = 20.0, dt = 0.004, nt = 41 } }",
        probe: Some("arrays.a.ricker = { nt = 3, dt = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "gaussian = { ... }",
        about: "",
        keys: &[
            ("nt", "integer", "Samples of the half axis."),
            ("dt", "number", "Has no effect: `std` is in samples."),
            ("std", "number, default 1", "Standard deviation in samples."),
        ],
        example: "w = { gaussian = { std = 2.0, nt = 41 } }",
        probe: Some("arrays.a.gaussian = { nt = 3, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "klauder, ormsby = { ... }",
        about: "",
        keys: &[
            ("nt", "integer", "Samples of the half axis."),
            ("dt", "number", "Time between samples."),
            (
                "f",
                "list",
                "Two frequencies of klauder, by default 5 and 20; four of ormsby, by default 5, 10, 45 and 50.",
            ),
            ("taper", "string", "NumPy's hanning, hamming, blackman or bartlett over it."),
        ],
        example: "w = { ormsby = { f = [5.0, 10.0, 45.0, 50.0], dt = 0.004, nt = 41 } }",
        probe: Some("arrays.a.ormsby = { nt = 3, dt = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "linear2d = { ... }",
        about: "Seismic events have PyLops' parameters; lists give one value for each event.",
        keys: &[
            ("ox", "number", GRID),
            ("dx", "number", GRID),
            ("nx", "integer", GRID),
            ("ot", "number", "First time."),
            ("dt", "number", "Time between samples."),
            ("nt", "integer", "Samples in time."),
            ("v", "number", "Velocity."),
            ("t0", "number or list", "Time at the origin."),
            ("theta", "number or list", "Angle in degrees."),
            ("amp", "number or list", "Amplitude."),
            ("wav", "array", "The wavelet."),
            ("spikes", "boolean, default false", "Spikes instead of wavelets."),
        ],
        example: "e = { linear2d = { ox = 0, dx = 5, nx = 31, ot = 0, dt = 0.004, nt = 100, v = 1500, t0 = [0.1, 0.2], theta = [0, 20], amp = 1.0, wav = \"w\" } }",
        probe: Some(
            "arrays.a.linear2d = { ox = 0, dx = 1, nx = 2, ot = 0, dt = 1, nt = 2, v = 1, t0 = 0, theta = 0, amp = 1, spikes = true, zzzzzz = 1 }\n",
        ),
    },
    TableHelp {
        header: "parabolic2d = { ... }",
        about: "The axes, `amp`, `wav` and `spikes` of linear2d, and:",
        keys: &[
            ("ox", "number", GRID),
            ("dx", "number", GRID),
            ("nx", "integer", GRID),
            ("ot", "number", "First time."),
            ("dt", "number", "Time between samples."),
            ("nt", "integer", "Samples in time."),
            ("t0", "number or list", "Time at the origin."),
            ("px", "number or list", "Slowness."),
            ("pxx", "number or list", "Curvature."),
            ("amp", "number or list", "Amplitude."),
            ("wav", "array", "The wavelet."),
            ("spikes", "boolean, default false", "Spikes instead of wavelets."),
        ],
        example: "",
        probe: Some(
            "arrays.a.parabolic2d = { ox = 0, dx = 1, nx = 2, ot = 0, dt = 1, nt = 2, t0 = 0, px = 0, pxx = 0, amp = 1, spikes = true, zzzzzz = 1 }\n",
        ),
    },
    TableHelp {
        header: "hyperbolic2d = { ... }",
        about: "The axes, `amp`, `wav` and `spikes` of linear2d, and:",
        keys: &[
            ("ox", "number", GRID),
            ("dx", "number", GRID),
            ("nx", "integer", GRID),
            ("ot", "number", "First time."),
            ("dt", "number", "Time between samples."),
            ("nt", "integer", "Samples in time."),
            ("t0", "number or list", "Time at the origin."),
            ("vrms", "number or list", "Velocity."),
            ("amp", "number or list", "Amplitude."),
            ("wav", "array", "The wavelet."),
            ("spikes", "boolean, default false", "Spikes instead of wavelets."),
        ],
        example: "",
        probe: Some(
            "arrays.a.hyperbolic2d = { ox = 0, dx = 1, nx = 2, ot = 0, dt = 1, nt = 2, t0 = 0, vrms = 1, amp = 1, spikes = true, zzzzzz = 1 }\n",
        ),
    },
    TableHelp {
        header: "taper = { ... }",
        about: "One axis or several; the product of a taper for each.",
        keys: &[
            ("nmask", "integer or list", "Samples of each axis."),
            ("ntap", "integer or list", "Samples of each edge."),
            (
                "nt",
                "integer",
                "Samples of a last axis, which is not tapered unless `ntap` says so.",
            ),
            (
                "tapertype",
                "string, default \"hanning\"",
                "hanning, cosine, cosinesquare, cosinesqrt or none.",
            ),
        ],
        example: "t = { taper = { nmask = 31, ntap = 5 } }",
        probe: Some("arrays.a.taper = { nmask = 3, ntap = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "traveltime = { ... }",
        about: "Times (n_to, n_from), or (*grid, n_from) without `to`.",
        keys: &[
            ("from", "array", "Points, [ndim] or [ndim, n], with rows x, z or y, x, z."),
            ("to", "array", "Points; without it, the nodes of the grid."),
            (
                "vel",
                "number or array",
                "A constant, for straight rays; an array on the grid, for the eikonal equation.",
            ),
            ("axes", "list of arrays", "Coordinates of the grid, axis by axis."),
        ],
        example: "t = { traveltime = { from = \"src\", to = \"rec\", vel = 2400.0 } }",
        probe: Some("arrays.a.traveltime = { from = [1], to = [1], vel = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "window = { ... }",
        about: "Marchenko's window (2 nt - 1, *trav).",
        keys: &[
            ("trav", "array", "Traveltimes."),
            ("toff", "number, default 0", "Taken off them."),
            ("dt", "number", "Time between samples."),
            ("nt", "integer", "Samples of each direction of time."),
            ("nsmooth", "integer, default 10", "Samples of the running mean; 0 for none."),
        ],
        example: "w = { window = { trav = \"trav\", dt = 0.004, nt = 300 } }",
        probe: Some("arrays.a.window = { trav = [1], dt = 1, nt = 50, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "causal = { ... }",
        about: "",
        keys: &[
            ("nt", "integer", "Samples of each direction of time."),
            ("nsmooth", "integer, default 0", "Samples of the running mean; 0 for none."),
        ],
        example: "c = { causal = { nt = 300 } }",
        probe: Some("arrays.a.causal = { nt = 50, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "directwave = { ... }",
        about: "PyLops' `directwave`, (nt, *trav).",
        keys: &[
            ("wav", "array", "A wavelet."),
            ("trav", "array", "Traveltimes."),
            ("nt", "integer", "Samples in time."),
            ("dt", "number", "Time between samples."),
            ("nfft", "integer, default nt", "Length of the Fourier transform."),
            ("dist", "array", "Distances, for `kind = \"3d\"`."),
            ("kind", "string, default \"2d\"", "2d or 3d."),
            ("derivative", "boolean, default true", "Whether to differentiate in time."),
        ],
        example: "g = { directwave = { wav = \"wav\", trav = \"trav\", dt = 0.004, nt = 300 } }",
        probe: Some(
            "arrays.a.directwave = { wav = [1], trav = [1], dt = 1, nt = 5, zzzzzz = 1 }\n",
        ),
    },
    TableHelp {
        header: "chirp = { ... }",
        about: "SciPy's `signal.chirp` at the times `ot + k dt`.",
        keys: &[
            ("nt", "integer", "Samples."),
            ("dt", "number", "Time between samples."),
            ("ot", "number, default 0", "Time of the first sample."),
            ("f0", "number", "Frequency at time 0."),
            ("f1", "number", "Frequency at time `t1`."),
            ("t1", "number, default the last time", "Time of `f1`."),
            (
                "method",
                "string, default \"linear\"",
                "linear, quadratic, logarithmic or hyperbolic.",
            ),
            ("phi", "number, default 0", "Phase in degrees."),
        ],
        example: "c = { chirp = { f0 = 5.0, f1 = 60.0, dt = 0.004, nt = 300 } }",
        probe: Some("arrays.a.chirp = { nt = 2, dt = 1, f0 = 1, f1 = 2, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "slope_estimate, dip_estimate = { ... }",
        about: "PyLops' `slope_estimate` of a section (nz, nx), by the structure tensor: dz/dx at every sample; `dip_estimate` has no \
                `dips`.",
        keys: &[
            ("d", "array", "The section."),
            ("dz", "number, default 1", "Sampling of its first axis."),
            ("dx", "number, default 1", "Sampling of its second axis."),
            (
                "smooth",
                "number or list, default 5",
                "Standard deviations of the Gaussians that smooth, in samples.",
            ),
            ("eps", "number, default 0", "Products below this part of the largest have no slope."),
            ("dips", "boolean, default false", "Dips in radians."),
            ("anisotropies", "boolean, default false", "Anisotropies, from 0 to 1."),
        ],
        example: "s = { slope_estimate = { d = \"image\", dz = 0.004, dx = 10.0, smooth = 3.0 } }",
        probe: Some("arrays.a.slope_estimate = { d = [[1, 2], [3, 4]], zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "pwd_slope_estimate = { ... }",
        about: "PyLops' `pwd_slope_estimate`: slopes in samples per trace by plane-wave destruction, of data of two or three axes.",
        keys: &[
            ("d", "array", "The data."),
            ("niter", "integer, default 5", "Gauss-Newton steps."),
            ("liter", "integer, default 20", "Iterations of least squares in each step."),
            ("order", "1 or 2, default 2", "Order of the filters: 3 or 5 points."),
            ("smoothing", "\"triangle\" or \"boxcar\"", "Shape of the smoother."),
            ("nsmooth", "integer or list, default 10", "Length of the smoother along the axes."),
            ("damp", "number, default 0", "Damping of least squares."),
            ("axis", "integer, default -1", "Axis along which the events move."),
        ],
        example: "s = { pwd_slope_estimate = { d = \"image\", nsmooth = 10 } }",
        probe: Some("arrays.a.pwd_slope_estimate = { d = [[1, 2], [3, 4]], zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "sines = { ... }",
        about: "The sum of `amp sin(2 pi f t + phase)` at the times `ot + k dt`.",
        keys: &[
            ("nt", "integer", "Samples."),
            ("dt", "number", "Time between samples."),
            ("ot", "number, default 0", "Time of the first sample."),
            ("f", "number or list", "Frequencies."),
            ("amp", "number or list, default 1", "Amplitudes."),
            ("phase", "number or list, default 0", "Phases in radians."),
        ],
        example: "s = { sines = { f = [5.0, 12.0], amp = [1.0, 0.5], dt = 0.004, nt = 300 } }",
        probe: Some("arrays.a.sines = { nt = 2, dt = 1, f = 1, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "get_window = { ... }",
        about: "A window of NumPy or SciPy: boxcar, triang, bartlett, parzen, bohman, barthann, cosine, lanczos, hann, hanning, \
                hamming, blackman, nuttall, blackmanharris, flattop, general_hamming (alpha), tukey (alpha), gaussian (std), \
                general_gaussian (p, sig), exponential (tau), kaiser (beta); their parameters are keys too.",
        keys: &[
            ("window", "string", "Which."),
            ("Nx", "integer", "Samples."),
            (
                "sym",
                "boolean, default true",
                "Symmetric, as NumPy's; otherwise periodic, for Fourier transforms.",
            ),
        ],
        example: "w = { get_window = { window = \"tukey\", Nx = 300, alpha = 0.2 } }",
        probe: Some("arrays.a.get_window = { window = \"hann\", Nx = 2, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "[operators]",
        about: "Each operator is a table with a `type` and that type's parameters, which `pylopsd ops NAME` documents, or a string \
                with an expression over other operators: `@` or `*` (product; scaling by a number), `+`, `-`, `**`, `.H`, \
                `.T`, `.conj()`, and VStack([A, B]), HStack([A, B]), Block([[A, B], [C, D]]), BlockDiag([A, B]), Kronecker(A, B), \
                Real(A), Imag(A).",
        keys: &[
            ("type", "string", "PyLops' name."),
            ("dtype", "string", "Element type, if not the file's."),
            ("chunks", "{ model, data }", "Chunk lengths of model and data, -1 for a whole axis."),
        ],
        example: "[operators]\nD = { type = \"FirstDerivative\", dims = [50, 30], axis = 0 }\nA = \"VStack([D, eps * D.H @ D])\"",
        probe: None,
    },
    TableHelp {
        header: "[application]",
        about: "An application, such as MDD: `pylopsd ops NAME` documents its keys, and `pylopsd expand FILE` prints what it is short \
                for. `[solve]` then takes no `operator` and no `data`.",
        keys: &[("type", "string", "Which; `pylopsd ops` lists them.")],
        example: "[application]\ntype = \"MDD\"\nG    = \"G\"\nd    = \"d\"\ndt   = 0.004\ndr   = 10.0",
        probe: None,
    },
    TableHelp {
        header: "[solve], [solves.NAME]",
        about: "The equations and the solver; `pylopsd solvers NAME` documents the solver's own keys, which stand here too. A file \
                without `[solve]` computes the outputs that say `apply`.",
        keys: &[
            ("operator", "string", "The operator `A` of `A m = d`, by name or as an expression."),
            ("data", "array", "The data `d`."),
            ("solver", "string, default \"auto\"", "Which solver."),
            ("x0", "array", "Where it starts."),
            (
                "weight",
                "operator",
                "Weight of the data, `W` of `W A m = W d`; or { operator, reshape }.",
            ),
            (
                "preconditioner",
                "operator",
                "Right preconditioner, `P` of `A P p = d`, `m = P p`; or { operator, reshape }.",
            ),
            ("normal_equations", "boolean, default false", "Solve the normal equations."),
            ("regularization", "list of tables", "Further equations."),
        ],
        example: "[solve]\noperator = \"A\"\ndata     = \"d\"\nsolver   = \"cgls\"\nniter    = 50\ndamp     = \"eps / 2\"",
        probe: None,
    },
    TableHelp {
        header: "[[solve.regularization]]",
        about: "A further equation, `epsilon (operator m - data) = 0`.",
        keys: &[
            ("operator", "string", "An operator's name or an expression."),
            ("epsilon", "number, default 1", "Its factor."),
            ("data", "array", "Zeros, if it is not given."),
            (
                "reshape",
                "boolean, default false",
                "Whether dims may agree in the number of samples only.",
            ),
        ],
        example: "[[solve.regularization]]\noperator = \"L\"\nepsilon  = 0.5",
        probe: Some(
            "[solve]\noperator = \"A\"\ndata = \"d\"\n[[solve.regularization]]\noperator = \"A\"\nzzzzzz = 1\n",
        ),
    },
    TableHelp {
        header: "[outputs]",
        about: "Outputs of the solve, those of an application, and any others that say `apply`; each a path ending in .npy or .zarr, \
                `-` for standard output, or a table.",
        keys: &[
            ("model", "path or table", "The model."),
            ("residual", "path or table", "Data minus `A m`."),
            ("predicted", "path or table", "`A m`."),
            ("adjoint", "path or table", "`A^H d`."),
            ("history", "path", "Iterations as CSV: iteration, residual, step, seconds."),
        ],
        example: "[outputs]\nmodel   = \"model.npy\"\nhistory = \"history.csv\"\nimage   = { path = \"image.npy\", apply = { operator = \"W\", to = \"model\" } }",
        probe: None,
    },
    TableHelp {
        header: "NAME = { ... } of [outputs]",
        about: "",
        keys: &[
            ("path", "string", "Where to."),
            ("dtype", "string", "Element type to write."),
            (
                "reshape",
                "list of integers",
                "Other dims of the same samples, with one -1 for what is left.",
            ),
            ("apply", "table", "What it is, if it has a name of its own."),
        ],
        example: "slope = { path = \"slope.npy\", apply = { operator = \"D\", to = \"x\" }, dtype = \"float32\" }",
        probe: Some("[outputs]\na = { path = \"a.npy\", apply = { to = \"x\" }, zzzzzz = 1 }\n"),
    },
    TableHelp {
        header: "[[expect]] with a quantity",
        about: "The exit code is 3 if an expectation fails. Without `[solve]` there is only peak_bytes.",
        keys: &[
            (
                "quantity",
                "string",
                "residual_norm, relative_residual, iterations, status, peak_bytes or dottest.",
            ),
            ("max", "number", "At most this."),
            ("min", "number", "At least this."),
            ("equals", "number, or a word for status", "Exactly this."),
        ],
        example: "[[expect]]\nquantity = \"relative_residual\"\nmax      = 1e-3",
        probe: Some("[[expect]]\nquantity = \"iterations\"\nmax = 1\nzzzzzz = 1\n"),
    },
    TableHelp {
        header: "[[expect]] with an output",
        about: "`rtol` or `atol`, or `snr`, or `sha256`.",
        keys: &[
            ("output", "string", "Name of an output."),
            ("file", "string", "What it is compared with."),
            ("rtol", "number, default 0", "Largest relative error in the 2-norm."),
            ("atol", "number, default 0", "Largest absolute error in the 2-norm."),
            ("snr", "number", "Least signal-to-noise ratio in dB."),
            ("sha256", "string", "Checksum of the array's bytes in C order."),
        ],
        example: "[[expect]]\noutput = \"model\"\nfile   = \"reference.npy\"\nrtol   = 1e-6",
        probe: Some("[[expect]]\noutput = \"model\"\nfile = \"a\"\nrtol = 1\nzzzzzz = 1\n"),
    },
    TableHelp {
        header: "[run]",
        about: "Options of the command line come first.",
        keys: &[
            ("threads", "integer, default all cores", "Threads of each process."),
            (
                "memory",
                "string or integer",
                "Bytes that a process may hold, such as \"16GiB\": beyond it, arrays are read from their files and vectors go to scratch files.",
            ),
            ("scratch", "string, default the system's", "Folder of scratch files."),
            (
                "hosts",
                "list of strings",
                "Where it runs, with the number of processes, such as [\"node1:2\", \"node2:2\"].",
            ),
            ("checkpoint", "table", "Not supported yet."),
        ],
        example: "[run]\nthreads = 8\nmemory  = \"16GiB\"",
        probe: Some("[run]\nzzzzzz = 1\n"),
    },
];
