//! Vector work as values: a pass takes a list of terms and applies them in turn to every tile while
//! it is in the cache.

use crate::engine::{
    After, Compiled, Machine, Operators, OwnTile, Result, Space, Store, StoreWriter, Vector,
};
use crate::kernels::vector;
use crate::space::Side;
use crate::view::{View, ViewMut, Viewed};
use crate::with_view;

/// Most terms in a pass.
const MOST_TERMS: usize = 4;

/// The sums of a pass, one for each term.
pub type Sums = [f64; MOST_TERMS];

/// Adds up the sums of all blocks.
pub(super) fn add_up(blocks: &[Sums]) -> Sums {
    std::array::from_fn(|k| blocks.iter().map(|sums| sums[k]).sum())
}

/// One of a solver's vectors, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub usize);

/// An operation on every tile of a vector.
#[derive(Clone, Copy, Debug)]
pub enum Term {
    /// `y = a y + b x`, where `x` is another vector; its sum is the new `||y||^2`.
    Combine {
        /// The vector to change.
        y: Slot,
        /// The factor of `y`.
        a: f64,
        /// The vector to add.
        x: Slot,
        /// The factor of `x`.
        b: f64,
    },
    /// Its sum is `Re <x, y>`.
    Dot(Slot, Slot),
}

/// The vectors of a solver, by name and side.
#[derive(Debug)]
pub struct Vectors {
    layout: &'static [(&'static str, Side)],
    all: Vec<Vector>,
}

impl Vectors {
    /// A vector by number.
    pub fn get(&self, slot: Slot) -> &Vector {
        &self.all[slot.0]
    }

    /// A writable vector by number.
    pub fn get_mut(&mut self, slot: Slot) -> &mut Vector {
        &mut self.all[slot.0]
    }

    /// The side that a vector is on.
    pub fn side(&self, slot: Slot) -> Side {
        self.layout[slot.0].1
    }

    /// All vectors, with their names and sides.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Side, &Vector)> {
        self.layout.iter().zip(&self.all).map(|((name, side), vector)| (*name, *side, vector))
    }

    /// Swaps the names of two vectors of one side. Panics if their sides differ.
    pub fn swap(&mut self, a: Slot, b: Slot) {
        assert_eq!(self.side(a), self.side(b), "names change on one side");
        self.all.swap(a.0, b.0);
    }

    /// Returns one vector and drops the others.
    pub fn into_vector(mut self, slot: Slot) -> Vector {
        self.all.swap_remove(slot.0)
    }

    /// Panics unless one pass over `side` can apply the terms.
    fn check(&self, side: Side, terms: &[Term]) {
        assert!(terms.len() <= MOST_TERMS, "a pass has {MOST_TERMS} terms at most");
        for term in terms {
            let (Term::Combine { x, y, .. } | Term::Dot(x, y)) = *term;
            assert!([x, y].iter().all(|&slot| self.side(slot) == side), "{term:?} is of one side");
            assert!(x != y || matches!(term, Term::Dot(..)), "{term:?} adds another vector");
        }
    }

    /// Applies terms in one pass over the vectors of one side.
    fn pass(&mut self, space: &Space, machine: &Machine, terms: &[Term]) -> Result<Sums> {
        let all: Vec<Access<'_>> = self
            .all
            .iter_mut()
            .enumerate()
            .map(|(k, v)| Access::new(v, Slot(k), space, machine, terms))
            .collect();
        machine.reduce(space, terms.len(), |block, tile| {
            do_tile((&all, &[]), terms, block, tile, None)
        })
    }

    /// Applies a program to `from`, then the terms to every tile of `to`, which is in `space`.
    fn applied(
        &mut self,
        program: &Compiled,
        machine: &Machine,
        (from, to, space): (Slot, Slot, &Space),
        terms: &[Term],
    ) -> Result<Sums> {
        assert_ne!(from, to, "an operator gives another vector than it reads");
        self.check(self.side(to), terms);
        let (mut ends, mut all) = ([None, None], Vec::new());
        for (k, vector) in self.all.iter_mut().enumerate() {
            match [from, to].iter().position(|end| end.0 == k) {
                Some(end) => {
                    ends[end] = Some(vector);
                    all.push(if end == 0 { Access::Input } else { Access::Output });
                }
                None => all.push(Access::new(vector, Slot(k), space, machine, terms)),
            }
        }
        let [Some(x), Some(y)] = ends else { unreachable!("both are vectors of the solver") };
        let step =
            |block: usize, tile: OwnTile<'_>, out: ViewMut<'_>, inputs: &[Option<&Store>]| {
                do_tile((&all, inputs), terms, block, tile, Some((to, out)))
            };
        program.on(machine, x, y, After::Then(terms.len(), &step))
    }
}

/// How a pass uses a vector.
enum Access<'a> {
    /// No term changes it.
    Read(&'a Vector),
    /// A term changes it, through these writers, by block.
    Written(Vec<StoreWriter<'a>>),
    /// The operator reads it.
    Input,
    /// The operator writes it, tile by tile.
    Output,
}

impl<'a> Access<'a> {
    fn new(
        vector: &'a mut Vector,
        slot: Slot,
        space: &'a Space,
        machine: &Machine,
        terms: &[Term],
    ) -> Access<'a> {
        match terms.iter().any(|term| matches!(term, Term::Combine { y, .. } if *y == slot)) {
            true => Access::Written(vector.writers(space, machine)),
            false => Access::Read(vector),
        }
    }

    /// A writable tile, if terms change the vector.
    fn tile(&self, block: usize, tile: OwnTile<'_>) -> Option<ViewMut<'a>> {
        let Access::Written(writers) = self else { return None };
        debug_assert_eq!(writers[block].boxes()[tile.number], *tile.part);
        Some(writers[block].tile(tile.number))
    }
}

/// Applies all terms to one tile; `given` is the tile of a vector that is already taken.
fn do_tile(
    (all, inputs): (&[Access<'_>], &[Option<&Store>]),
    terms: &[Term],
    block: usize,
    tile: OwnTile<'_>,
    mut given: Option<(Slot, ViewMut<'_>)>,
) -> Sums {
    let mut own: Vec<_> = all.iter().map(|access| access.tile(block, tile)).collect();
    let mut views: Vec<_> = own.iter_mut().map(|v| v.as_mut().map(ViewMut::reborrow)).collect();
    if let Some((slot, view)) = &mut given {
        views[slot.0] = Some(view.reborrow());
    }
    let mut sums = Sums::default();
    for (sum, term) in sums.iter_mut().zip(terms) {
        *sum = match *term {
            Term::Combine { y, a, x, b } => {
                let Some(mut own) = views[y.0].take() else { unreachable!("it is written") };
                let x = see((all, inputs), &views, x, block, tile);
                let square = with_view!(ViewMut, own.reborrow(), y => {
                    vector::update(y, a, Viewed::typed(x), b)
                });
                views[y.0] = Some(own);
                square
            }
            Term::Dot(x, y) => dot(
                see((all, inputs), &views, x, block, tile),
                see((all, inputs), &views, y, block, tile),
            ),
        };
    }
    sums
}

/// A readable tile of a vector.
fn see<'a>(
    (all, inputs): (&'a [Access<'_>], &'a [Option<&'a Store>]),
    views: &'a [Option<ViewMut<'_>>],
    slot: Slot,
    block: usize,
    tile: OwnTile<'_>,
) -> View<'a> {
    match (&views[slot.0], &all[slot.0]) {
        (Some(view), _) => view.view(),
        (None, Access::Read(vector)) => vector.stores[block].view(&tile),
        (None, Access::Input) => match inputs.get(block) {
            Some(Some(store)) => store.view(&tile),
            _ => unreachable!("inputs and outputs of one side have the same blocks"),
        },
        _ => unreachable!("what is written has a view"),
    }
}

/// `Re <x, y>` on a tile.
pub(super) fn dot(x: View<'_>, y: View<'_>) -> f64 {
    with_view!(View, x, x => vector::dot(x, Viewed::typed(y)))
}

impl Operators {
    /// Allocates vectors of zeros.
    pub fn vectors(
        &self,
        machine: &Machine,
        layout: &'static [(&'static str, Side)],
    ) -> Result<Vectors> {
        let new = |(_, side): &(&str, Side)| self.new_vector(machine, self.space(*side));
        let all: Result<Vec<Vector>> = layout.iter().map(new).collect();
        Ok(Vectors { layout, all: all? })
    }

    /// The space of the vectors on a side.
    pub fn space(&self, side: Side) -> &Space {
        match side {
            Side::Model => &self.model,
            Side::Data => &self.data,
        }
    }

    /// Applies terms in one pass over the vectors of one side.
    pub fn pass(&self, machine: &Machine, vectors: &mut Vectors, terms: &[Term]) -> Result<Sums> {
        let Some(Term::Combine { x, .. } | Term::Dot(x, _)) = terms.first() else {
            return Ok(Sums::default());
        };
        let side = vectors.side(*x);
        vectors.check(side, terms);
        vectors.pass(self.space(side), machine, terms)
    }

    /// `to = A from`, then the terms in the same pass over `to`.
    pub fn forward_then(
        &self,
        machine: &Machine,
        vectors: &mut Vectors,
        (from, to): (Slot, Slot),
        terms: &[Term],
    ) -> Result<Sums> {
        let space = self.space(vectors.side(to));
        vectors.applied(&self.forward, machine, (from, to, space), terms)
    }

    /// `to = A^H from`, then the terms in the same pass over `to`.
    pub fn adjoint_then(
        &self,
        machine: &Machine,
        vectors: &mut Vectors,
        (from, to): (Slot, Slot),
        terms: &[Term],
    ) -> Result<Sums> {
        let program = self.adjoint.as_ref().unwrap_or(&self.forward);
        let space = self.space(vectors.side(to));
        vectors.applied(program, machine, (from, to, space), terms)
    }
}
