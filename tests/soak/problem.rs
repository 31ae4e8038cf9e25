//! A random problem: operators made of each other, arrays, outputs that share parts, solves; with what
//! each of them is by its definition.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::leaves::{self, Leaf};
use super::map::{C, Map, Space, Value};
use super::seeded::Seeded;
use super::windows::windowed;

/// An operator of the file.
#[derive(Clone)]
pub(crate) struct Operator {
    pub(crate) name: String,
    /// Keys of a table, or an expression.
    text: String,
    is_table: bool,
    chunks: Option<String>,
    /// Operators and arrays that it names.
    operators: Vec<usize>,
    arrays: Vec<usize>,
    pub(crate) map: Map,
}

/// An array of the file.
#[derive(Clone)]
pub(crate) struct Array {
    pub(crate) name: String,
    pub(crate) space: Space,
    pub(crate) value: Value,
    /// What it is made of by an operator; else a file.
    pub(crate) made: Option<Applied>,
    chunks: Option<String>,
}

#[derive(Clone)]
pub(crate) struct Applied {
    pub(crate) operator: usize,
    pub(crate) adjoint: bool,
    pub(crate) to: Source,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Source {
    Array(usize),
    Model,
    /// The solution of the further solve.
    Further,
}

/// A least-squares problem: `min ||data - A x||^2 + eps^2 ||x||^2`.
#[derive(Clone)]
pub(crate) struct Solve {
    pub(crate) operator: usize,
    pub(crate) data: usize,
    pub(crate) solver: &'static str,
    pub(crate) epsilon: f64,
    /// Real diagonals without zeros.
    pub(crate) weight: Option<usize>,
    pub(crate) preconditioner: Option<usize>,
    pub(crate) normal: bool,
}

#[derive(Clone)]
pub(crate) struct Problem {
    pub(crate) seed: u64,
    pub(crate) single: bool,
    pub(crate) complex: bool,
    pub(crate) operators: Vec<Operator>,
    pub(crate) arrays: Vec<Array>,
    pub(crate) outputs: Vec<(String, Applied)>,
    pub(crate) solve: Solve,
    pub(crate) further: Option<Solve>,
}

/// Elements of the largest model and data.
const MOST: usize = 60;

impl Problem {
    pub(crate) fn random(seed: u64) -> Problem {
        let mut r = Seeded::new(seed);
        let (single, complex) = (r.below(2) == 0, r.below(2) == 0);
        let empty = Solve {
            operator: 0,
            data: 0,
            solver: "lsqr",
            epsilon: 1.0,
            weight: None,
            preconditioner: None,
            normal: false,
        };
        let mut p = Problem {
            seed,
            single,
            complex,
            operators: vec![],
            arrays: vec![],
            outputs: vec![],
            solve: empty,
            further: None,
        };
        let dims = r.dims();
        for _ in 0..1 + r.below(3) {
            p.leaf(&mut r, &dims, false);
        }
        for _ in 0..2 + r.below(5) {
            p.combine(&mut r);
        }
        p.solve = p.some_solve(&mut r);
        if r.below(3) == 0 {
            p.further = Some(p.some_solve(&mut r));
        }
        for k in 0..1 + r.below(5) {
            p.some_output(&mut r, k);
        }
        p
    }

    /// The dtype of the file.
    pub(crate) fn dtype(&self) -> &'static str {
        self.dtype_of(self.complex)
    }

    pub(crate) fn dtype_of(&self, complex: bool) -> &'static str {
        match (self.single, complex) {
            (true, false) => "float32",
            (false, false) => "float64",
            (true, true) => "complex64",
            (false, true) => "complex128",
        }
    }

    fn push(&mut self, text: String, is_table: bool, operators: Vec<usize>, map: Map) -> usize {
        let name = format!("A{}", self.operators.len());
        let arrays = vec![];
        let chunks = None;
        self.operators.push(Operator { name, text, is_table, chunks, operators, arrays, map });
        self.operators.len() - 1
    }

    /// A leaf on models of these dims; in a real file, of complex ones if told so.
    fn leaf(&mut self, r: &mut Seeded, dims: &[usize], wide: bool) -> usize {
        let name = format!("A{}", self.operators.len());
        let made = leaves::leaf(r, dims, self.complex || wide, &name);
        self.add_leaf(r, made, wide && !self.complex)
    }

    fn square(&mut self, r: &mut Seeded, dims: &[usize]) -> usize {
        let name = format!("A{}", self.operators.len());
        let made = leaves::square(r, dims, self.complex, &name);
        self.add_leaf(r, made, false)
    }

    fn add_leaf(&mut self, r: &mut Seeded, made: Leaf, wide: bool) -> usize {
        let Leaf { mut table, map, arrays } = made;
        if wide {
            write!(table, ", dtype = \"{}\"", self.dtype_of(true)).unwrap();
        }
        let (dims, dimsd) = (map.model.dims.clone(), map.data.dims.clone());
        let k = self.push(table, true, vec![], map);
        if r.below(2) == 0 {
            let (model, data) = (chunks(r, &dims), chunks(r, &dimsd));
            self.operators[k].chunks = Some(format!("{{ model = {model}, data = {data} }}"));
        }
        for (name, space, values) in arrays {
            self.operators[k].arrays.push(self.arrays.len());
            let value = exact(&space, &values);
            self.arrays.push(Array { name, space, value, made: None, chunks: None });
        }
        k
    }

    /// How an expression names an operator: by its name, or by its own expression.
    fn named(&self, r: &mut Seeded, k: usize) -> String {
        let operator = &self.operators[k];
        if operator.is_table || r.below(2) == 0 {
            return operator.name.clone();
        }
        format!("({})", operator.text)
    }

    /// Pushes an operator made of others, unless it is too large.
    fn combine(&mut self, r: &mut Seeded) {
        let count = self.operators.len();
        // Later ones are deeper.
        let a = r.below(count).max(r.below(count));
        let map = self.operators[a].map.clone();
        let text = self.named(r, a);
        let like = |p: &Problem, r: &mut Seeded, f: &dyn Fn(&Map) -> bool| {
            let fits: Vec<usize> = (0..count).filter(|&k| f(&p.operators[k].map)).collect();
            fits[r.below(fits.len())]
        };
        // What is of real models by nature meets nothing complex.
        let splits = map.splits;
        let mixes = |m: &Map| {
            let alike = m.model.complex == map.model.complex && m.data.complex == map.data.complex;
            (m.splits && splits) || alike
        };
        let square = map.model.dims == map.data.dims && map.model.complex == map.data.complex;
        let (text, uses, made) = match r.below(16) {
            0..3 => {
                let wide = map.data.complex && r.below(2) == 0;
                let b = self.leaf(r, &map.data.dims, wide);
                (format!("A{b} @ {text}"), vec![b, a], self.operators[b].map.after(&map))
            }
            3 if splits => {
                let b = self.square(r, &map.model.dims);
                (format!("{text} @ A{b}"), vec![a, b], map.after(&self.operators[b].map))
            }
            4 => (format!("{text}.H @ {text}"), vec![a], map.adjoint().after(&map)),
            5 => match r.below(3) {
                0 => (format!("{text}.H"), vec![a], map.adjoint()),
                1 => (format!("{text}.T"), vec![a], map.conj().adjoint()),
                _ => (format!("{text}.conj()"), vec![a], map.conj()),
            },
            6 => {
                let complex = self.complex && splits && r.below(2) == 0;
                let c = r.value(complex);
                let text = match c.im {
                    0.0 => format!("{:?} * {text}", c.re),
                    im => format!("({:?} + {im:?}j) * {text}", c.re),
                };
                (text, vec![a], map.scaled(c))
            }
            7 => {
                let b = like(self, r, &|m| {
                    m.model.dims == map.model.dims && m.data.dims == map.data.dims && mixes(m)
                });
                let other = self.named(r, b);
                let minus = r.below(2) == 0;
                let (sign, word) = if minus { (-1.0, "-") } else { (1.0, "+") };
                let sum = Map::sum(&map, &self.operators[b].map, sign);
                (format!("{text} {word} {other}"), vec![a, b], sum)
            }
            8 => {
                let b = like(self, r, &|m| m.model.dims == map.model.dims && mixes(m));
                let made = Map::above(&[&map, &self.operators[b].map]);
                (format!("VStack([{text}, {}])", self.named(r, b)), vec![a, b], made)
            }
            9 => {
                let b = like(self, r, &|m| m.data.dims == map.data.dims && mixes(m));
                let made = Map::beside(&[&map, &self.operators[b].map]);
                (format!("HStack([{text}, {}])", self.named(r, b)), vec![a, b], made)
            }
            10 => {
                let b = like(self, r, &|m| mixes(m));
                let second = &self.operators[b].map;
                let rows = |m: &Map, first: bool| {
                    let z = Map::of(
                        Space::new(&second.model.dims, second.model.complex),
                        Space::new(&map.data.dims, map.data.complex),
                        |_| vec![C::default(); map.data.len()],
                    );
                    let w = Map::of(map.model.clone(), second.data.clone(), |_| {
                        vec![C::default(); second.data.len()]
                    });
                    if first { Map::beside(&[m, &z]) } else { Map::beside(&[&w, m]) }
                };
                let made = Map::above(&[&rows(&map, true), &rows(second, false)]);
                let own = |x: &Space, y: &Space| {
                    (x.dims == y.dims).then(|| [&[2], x.dims.as_slice()].concat())
                };
                let made = made.shaped(
                    own(&map.model, &second.model).as_deref(),
                    own(&map.data, &second.data).as_deref(),
                );
                (format!("BlockDiag([{text}, {}])", self.named(r, b)), vec![a, b], made)
            }
            11 => {
                let b = like(self, r, &|m| {
                    m.model.dims == map.model.dims && m.data.dims == map.data.dims && mixes(m)
                });
                let other = self.operators[b].map.clone();
                let made =
                    Map::above(&[&Map::beside(&[&map, &other]), &Map::beside(&[&other, &map])]);
                let word = self.named(r, b);
                (format!("Block([[{text}, {word}], [{word}, {text}]])"), vec![a, b], made)
            }
            12 => {
                let imaginary = r.below(2) == 0;
                let word = if imaginary { "Imag" } else { "Real" };
                (format!("{word}({text})"), vec![a], map.part(imaginary))
            }
            13 => {
                let b = like(self, r, &|_| true);
                let second = &self.operators[b].map;
                let sizes =
                    (map.model.len() * second.model.len(), map.data.len() * second.data.len());
                if sizes.0 > MOST || sizes.1 > MOST {
                    return;
                }
                let Some(made) = Map::kronecker(&map, second) else { return };
                (format!("Kronecker({text}, {})", self.named(r, b)), vec![a, b], made)
            }
            14 => {
                let Some((table, made)) = windowed(r, &text, &map, MOST) else { return };
                self.push(table, true, vec![a], made);
                return;
            }
            _ if square => {
                let n = r.below(4);
                let mut made = if n == 0 { unit(&map.model) } else { map.clone() };
                for _ in 1..n {
                    made = map.after(&made);
                }
                (format!("{text} ** {n}"), vec![a], made)
            }
            _ => return,
        };
        if made.model.len() <= MOST && made.data.len() <= 2 * MOST {
            self.push(text, false, uses, made);
        }
    }

    /// An array of a space, one that is there or a new one. A real one stands for complex ones too.
    fn some_array(&mut self, r: &mut Seeded, space: &Space) -> usize {
        let fits = |a: &Array| {
            a.space.dims == space.dims && (space.complex || !a.space.complex) && a.chunks.is_none()
        };
        let known: Vec<usize> = (0..self.arrays.len())
            .filter(|&k| fits(&self.arrays[k]) && !self.arrays[k].name.ends_with("_a"))
            .collect();
        if !known.is_empty() && r.below(2) == 0 {
            return known[r.below(known.len())];
        }
        let makers: Vec<usize> = (0..self.operators.len())
            .filter(|&k| {
                let data = &self.operators[k].map.data;
                data.dims == space.dims && (space.complex || !data.complex)
            })
            .collect();
        let name = format!("x{}", self.arrays.len());
        if !makers.is_empty() && r.below(3) == 0 {
            let operator = makers[r.below(makers.len())];
            let map = self.operators[operator].map.clone();
            let from = self.file_array(r, &map.model);
            let value = map.apply(&self.arrays[from].value_as(&map.model));
            let made = Some(Applied { operator, adjoint: false, to: Source::Array(from) });
            let name = format!("x{}", self.arrays.len());
            self.arrays.push(Array { name, space: map.data.clone(), value, made, chunks: None });
        } else {
            let complex = space.complex && r.below(4) > 0;
            let space = Space::new(&space.dims, complex);
            let values: Vec<C> = (0..space.len()).map(|_| r.value(complex)).collect();
            let value = exact(&space, &values);
            let chunks = (r.below(3) == 0).then(|| chunks(r, &space.dims));
            self.arrays.push(Array { name, space, value, made: None, chunks });
        }
        self.arrays.len() - 1
    }

    fn file_array(&mut self, r: &mut Seeded, space: &Space) -> usize {
        let values: Vec<C> = (0..space.len()).map(|_| r.value(space.complex)).collect();
        let value = exact(space, &values);
        let name = format!("x{}", self.arrays.len());
        self.arrays.push(Array { name, space: space.clone(), value, made: None, chunks: None });
        self.arrays.len() - 1
    }

    fn some_solve(&mut self, r: &mut Seeded) -> Solve {
        let operator = r.below(self.operators.len());
        let map = self.operators[operator].map.clone();
        let data = self.some_array(r, &map.data);
        let size = map.matrix.iter().flatten().map(|v| v * v).sum::<f64>().sqrt();
        // Powers of two stay what they are in any element type; a small condition number converges.
        let epsilon = 2.0_f64.powf((size / 2.0).max(0.25).log2().round());
        let mut diagonal = |p: &mut Problem, space: &Space| {
            if r.below(4) > 0 {
                return None;
            }
            let array = p.file_array(r, &Space::new(&space.dims, false));
            // Normal equations are positive with a positive weight only.
            p.arrays[array].value.reals.iter_mut().for_each(|v| *v = v.abs());
            let name = &mut p.arrays[array].name;
            *name = format!("{name}_a");
            let text = format!("type = \"Diagonal\", diag = \"{name}\"");
            let f: Vec<f64> = p.arrays[array].value.reals.clone();
            let (mut space, mut text) = (space.clone(), text);
            if p.complex && !space.complex {
                text += &format!(", dtype = \"{}\"", p.dtype_of(false));
            }
            space.complex &= p.complex;
            let map = Map::of(space.clone(), space.clone(), |x| {
                x.iter().zip(&f).map(|(x, f)| x * *f).collect()
            });
            let k = p.push(text, true, vec![], map);
            p.operators[k].arrays.push(array);
            Some(k)
        };
        let weight = diagonal(self, &map.data);
        let preconditioner = diagonal(self, &map.model);
        let solver = ["lsqr", "cgls", "cg", "direct"][r.below(4)];
        let normal = solver == "cg";
        Solve { operator, data, solver, epsilon, weight, preconditioner, normal }
    }

    fn some_output(&mut self, r: &mut Seeded, number: usize) {
        let count = self.operators.len();
        let operator = r.below(count).max(r.below(count));
        let map = &self.operators[operator].map;
        let adjoint = r.below(3) == 0;
        let from = if adjoint { map.data.clone() } else { map.model.clone() };
        let found = |solve: &Solve| {
            let model = &self.operators[solve.operator].map.model;
            model.dims == from.dims && (from.complex || !model.complex)
        };
        let to = match r.below(3) {
            0 if found(&self.solve) => Source::Model,
            1 if self.further.as_ref().is_some_and(found) => Source::Further,
            _ => Source::Array(self.some_array(r, &from)),
        };
        self.outputs.push((format!("out{number}"), Applied { operator, adjoint, to }));
    }

    fn needed(&self) -> (BTreeSet<usize>, BTreeSet<usize>) {
        let (mut operators, mut arrays) = (BTreeSet::new(), BTreeSet::new());
        let mut next: Vec<usize> = Vec::new();
        let solves = [Some(&self.solve), self.further.as_ref()];
        for solve in solves.into_iter().flatten() {
            next.push(solve.operator);
            next.extend(solve.weight.iter().chain(&solve.preconditioner));
            arrays.insert(solve.data);
        }
        for (_, applied) in &self.outputs {
            next.push(applied.operator);
            if let Source::Array(k) = applied.to {
                arrays.insert(k);
            }
        }
        for k in (0..self.arrays.len()).rev().filter(|k| arrays.contains(k)).collect::<Vec<_>>() {
            if let Some(made) = &self.arrays[k].made {
                next.push(made.operator);
                if let Source::Array(from) = made.to {
                    arrays.insert(from);
                }
            }
        }
        while let Some(k) = next.pop() {
            if operators.insert(k) {
                next.extend(&self.operators[k].operators);
                arrays.extend(&self.operators[k].arrays);
            }
        }
        (operators, arrays)
    }

    /// Arrays that are files.
    pub(crate) fn files(&self) -> Vec<&Array> {
        let (_, arrays) = self.needed();
        arrays.into_iter().map(|k| &self.arrays[k]).filter(|a| a.made.is_none()).collect()
    }

    /// Operators that the file has.
    pub(crate) fn named_operators(&self) -> Vec<&Operator> {
        self.needed().0.into_iter().map(|k| &self.operators[k]).collect()
    }

    /// The problem file.
    pub(crate) fn text(&self) -> String {
        let (operators, arrays) = self.needed();
        let mut text = format!("dtype = \"{}\"\n\n[arrays]\n", self.dtype());
        for array in arrays.iter().map(|&k| &self.arrays[k]) {
            let chunks = array.chunks.iter().map(|c| format!(", chunks = {c}")).collect::<String>();
            let source = match &array.made {
                None => format!("file = \"{}.npy\"", array.name),
                Some(made) => self.applied(made),
            };
            writeln!(text, "{} = {{ {source}{chunks} }}", array.name).unwrap();
        }
        text += "\n[operators]\n";
        for operator in operators.iter().map(|&k| &self.operators[k]) {
            let chunks =
                operator.chunks.iter().map(|c| format!(", chunks = {c}")).collect::<String>();
            let value = match operator.is_table {
                true => format!("{{ {}{chunks} }}", operator.text),
                false => format!("\"{}\"", operator.text),
            };
            writeln!(text, "{} = {value}", operator.name).unwrap();
        }
        text += &self.solve_text("solve", &self.solve);
        if let Some(further) = &self.further {
            text += &self.solve_text("solves.second", further);
        }
        text += "\n[outputs]\nmodel = \"model.npy\"\npredicted = \"predicted.npy\"\n";
        text += "adjoint = \"adjoint.npy\"\nresidual = \"residual.npy\"\n";
        if self.further.is_some() {
            text += "second = { path = \"second.npy\", apply = { to = \"second\" } }\n";
        }
        for (name, applied) in &self.outputs {
            let applied = self.applied(applied);
            writeln!(text, "{name} = {{ path = \"{name}.npy\", {applied} }}").unwrap();
        }
        text
    }

    fn applied(&self, applied: &Applied) -> String {
        let to = match applied.to {
            Source::Array(k) => self.arrays[k].name.as_str(),
            Source::Model => "model",
            Source::Further => "second",
        };
        let operator = &self.operators[applied.operator].name;
        let adjoint = if applied.adjoint { ", adjoint = true" } else { "" };
        format!("apply = {{ operator = \"{operator}\", to = \"{to}\"{adjoint} }}")
    }

    fn solve_text(&self, table: &str, solve: &Solve) -> String {
        let named = |k: usize| &self.operators[k].name;
        let mut text = format!(
            "\n[{table}]\noperator = \"{}\"\ndata = \"{}\"\nsolver = \"{}\"\n",
            named(solve.operator),
            self.arrays[solve.data].name,
            solve.solver
        );
        text += match solve.solver {
            "lsqr" => "niter = 400\natol = 1e-15\nbtol = 1e-15\nconlim = 0.0\n",
            "direct" => "",
            _ => "niter = 400\ntol = 0.0\n",
        };
        for (key, operator) in [("weight", solve.weight), ("preconditioner", solve.preconditioner)]
        {
            if let Some(operator) = operator {
                writeln!(text, "{key} = \"{}\"", named(operator)).unwrap();
            }
        }
        if solve.normal {
            text += "normal_equations = true\n";
        }
        let model = &self.operators[solve.operator].map.model.dims;
        text += &format!("[[{table}.regularization]]\noperator = \"Unit{}\"\n", table.len());
        text += &format!("epsilon = {:?}\n", solve.epsilon);
        // A sub-table may stand anywhere in the file.
        let dtype = self.dtype_of(self.operators[solve.operator].map.model.complex);
        text += &format!(
            "[operators.Unit{}]\ntype = \"Identity\"\nN = {model:?}\ndtype = \"{dtype}\"\n",
            table.len()
        );
        text
    }

    /// Simpler problems, each with something left out.
    pub(crate) fn simpler(&self) -> Vec<Problem> {
        let mut all = Vec::new();
        let mut with = |f: &dyn Fn(&mut Problem)| {
            let mut other = self.clone();
            f(&mut other);
            all.push(other);
        };
        for k in 0..self.outputs.len() {
            with(&|p| drop(p.outputs.remove(k)));
        }
        if self.further.is_some() && self.outputs.iter().all(|(_, o)| o.to != Source::Further) {
            with(&|p| p.further = None);
        }
        let (operators, arrays) = self.needed();
        for &k in &operators {
            if self.operators[k].chunks.is_some() {
                with(&|p| p.operators[k].chunks = None);
            }
        }
        for &k in &arrays {
            if self.arrays[k].chunks.is_some() {
                with(&|p| p.arrays[k].chunks = None);
            }
        }
        for (has, change) in [
            (self.solve.weight.is_some(), (|p| p.solve.weight = None) as fn(&mut Problem)),
            (self.solve.preconditioner.is_some(), |p| p.solve.preconditioner = None),
            (self.solve.solver != "direct", |p| {
                p.solve.solver = "direct";
                p.solve.normal = false;
            }),
        ] {
            if has {
                with(&change);
            }
        }
        // An operator of the same spaces in place of a deeper one.
        for j in 0..self.outputs.len() {
            let own = self.outputs[j].1.operator;
            for &k in operators.iter().filter(|&&k| k < own) {
                let (a, b) = (&self.operators[k].map, &self.operators[own].map);
                if a.model == b.model && (a.data == b.data || !self.outputs[j].1.adjoint) {
                    with(&|p| p.outputs[j].1.operator = k);
                }
            }
        }
        for &k in operators.iter().filter(|&&k| k < self.solve.operator) {
            let (a, b) = (&self.operators[k].map, &self.operators[self.solve.operator].map);
            if a.model == b.model && a.data == b.data {
                with(&|p| p.solve.operator = k);
            }
        }
        all
    }
}

impl Array {
    /// Its value where a space asks for it: a real one as complex numbers.
    pub(crate) fn value_as(&self, space: &Space) -> Value {
        widened(&self.value, self.space.complex, space.complex)
    }
}

pub(crate) fn widened(value: &Value, complex: bool, asked: bool) -> Value {
    if complex || !asked {
        return value.clone();
    }
    let pairs = |v: &[f64]| v.iter().flat_map(|v| [*v, 0.0]).collect();
    Value { reals: pairs(&value.reals), bound: pairs(&value.bound) }
}

fn exact(space: &Space, values: &[C]) -> Value {
    Value::exact(match space.complex {
        true => values.iter().flat_map(|v| [v.re, v.im]).collect(),
        false => values.iter().map(|v| v.re).collect(),
    })
}

fn unit(space: &Space) -> Map {
    Map::of(space.clone(), space.clone(), <[C]>::to_vec)
}

fn chunks(r: &mut Seeded, dims: &[usize]) -> String {
    let one = |&n: &usize| match r.below(n + 1) {
        0 => "-1".to_string(),
        length => length.to_string(),
    };
    format!("[{}]", dims.iter().map(one).collect::<Vec<_>>().join(", "))
}
