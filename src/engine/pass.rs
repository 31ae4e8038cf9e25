//! Vector work as values: a pass takes a list of terms, and does them one after the other to every tile
//! while that is in the cache.

use crate::engine::{After, Compiled, Machine, Operators, Result, Space, Store, Vector};
use crate::kernels::vector;
use crate::space::{IndexBox, Side};
use crate::view::Viewed;
use crate::with_view;

/// Most terms of a pass.
const MOST_TERMS: usize = 4;

/// What the terms of a pass sum up to, term by term.
pub type Sums = [f64; MOST_TERMS];

/// The sums of all blocks.
pub(super) fn add_up(blocks: &[Sums]) -> Sums {
    std::array::from_fn(|k| blocks.iter().map(|sums| sums[k]).sum())
}

/// One of a solver's vectors, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(pub usize);

/// What is done to every tile.
#[derive(Clone, Copy, Debug)]
pub enum Term {
    /// `y = a y + b x`, where `x` is another vector; sums up to the new `||y||^2`.
    Combine {
        /// What is changed.
        y: Slot,
        /// Its factor.
        a: f64,
        /// What is added.
        x: Slot,
        /// Its factor.
        b: f64,
    },
    /// Sums up to `Re <x, y>`.
    Dot(Slot, Slot),
}

/// Vectors of a solver, by name and side.
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

    /// A vector by number, to write.
    pub fn get_mut(&mut self, slot: Slot) -> &mut Vector {
        &mut self.all[slot.0]
    }

    /// Which side a vector is on.
    pub fn side(&self, slot: Slot) -> Side {
        self.layout[slot.0].1
    }

    /// All, with their names.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Side, &Vector)> {
        self.layout.iter().zip(&self.all).map(|((name, side), vector)| (*name, *side, vector))
    }

    /// Two vectors of one side change their names.
    pub fn swap(&mut self, a: Slot, b: Slot) {
        assert_eq!(self.side(a), self.side(b), "names change on one side");
        self.all.swap(a.0, b.0);
    }

    /// One vector, the others dropped.
    pub fn into_vector(mut self, slot: Slot) -> Vector {
        self.all.swap_remove(slot.0)
    }

    /// Does all terms to one tile.
    fn tile(&self, terms: &[Term], block: usize, tile: &IndexBox) -> Sums {
        let store = |slot: Slot| &self.all[slot.0].stores[block];
        let mut sums = Sums::default();
        for (sum, term) in sums.iter_mut().zip(terms) {
            *sum = match *term {
                Term::Combine { y, a, x, b } => {
                    let x = store(x).view(tile);
                    // Tiles are disjoint, x is another vector, and all vectors are borrowed for the pass.
                    with_view!(ViewMut, store(y).view_mut_shared(tile), y => {
                        vector::update(y, a, Viewed::typed(x), b)
                    })
                }
                Term::Dot(x, y) => dot(store(x), store(y), tile),
            };
        }
        sums
    }

    /// Panics unless the terms can be done in one pass over one side.
    fn check(&self, side: Side, terms: &[Term]) {
        assert!(terms.len() <= MOST_TERMS, "a pass has {MOST_TERMS} terms at most");
        for term in terms {
            let (Term::Combine { x, y, .. } | Term::Dot(x, y)) = *term;
            assert!([x, y].iter().all(|&slot| self.side(slot) == side), "{term:?} is of one side");
            assert!(x != y || matches!(term, Term::Dot(..)), "{term:?} adds another vector");
        }
    }

    /// Applies a program from one vector to another, then the terms to every tile.
    fn applied(
        &mut self,
        program: &Compiled,
        machine: &Machine,
        (from, to): (Slot, Slot),
        terms: &[Term],
    ) -> Result<Sums> {
        assert_ne!(from, to, "an operator gives another vector than it reads");
        self.check(self.side(to), terms);
        let vectors = &*self;
        let step = |block: usize, tile: &IndexBox| vectors.tile(terms, block, tile);
        let after = After::Then(terms.len(), &step);
        program.on(machine, vectors.get(from), vectors.get(to), after)
    }
}

/// `Re <x, y>` on a tile.
pub(super) fn dot(x: &Store, y: &Store, tile: &IndexBox) -> f64 {
    with_view!(View, x.view(tile), x => vector::dot(x, Viewed::typed(y.view(tile))))
}

impl Operators {
    /// Vectors of zeros.
    pub fn vectors(
        &self,
        machine: &Machine,
        layout: &'static [(&'static str, Side)],
    ) -> Result<Vectors> {
        let new = |(_, side): &(&str, Side)| self.new_vector(machine, self.space(*side));
        let all: Result<Vec<Vector>> = layout.iter().map(new).collect();
        Ok(Vectors { layout, all: all? })
    }

    /// The space of a side.
    pub fn space(&self, side: Side) -> &Space {
        match side {
            Side::Model => &self.model,
            Side::Data => &self.data,
        }
    }

    /// One pass over the vectors of one side.
    pub fn pass(&self, machine: &Machine, vectors: &mut Vectors, terms: &[Term]) -> Result<Sums> {
        let Some(Term::Combine { x, .. } | Term::Dot(x, _)) = terms.first() else {
            return Ok(Sums::default());
        };
        let side = vectors.side(*x);
        vectors.check(side, terms);
        let vectors = &*vectors;
        machine.reduce(self.space(side), terms.len(), |k, tile| vectors.tile(terms, k, tile))
    }

    /// `to = A from`, and in the same pass over `to` the terms.
    pub fn forward_then(
        &self,
        machine: &Machine,
        vectors: &mut Vectors,
        (from, to): (Slot, Slot),
        terms: &[Term],
    ) -> Result<Sums> {
        vectors.applied(&self.forward, machine, (from, to), terms)
    }

    /// `to = A^H from`, and in the same pass over `to` the terms.
    pub fn adjoint_then(
        &self,
        machine: &Machine,
        vectors: &mut Vectors,
        (from, to): (Slot, Slot),
        terms: &[Term],
    ) -> Result<Sums> {
        let program = self.adjoint.as_ref().unwrap_or(&self.forward);
        vectors.applied(program, machine, (from, to), terms)
    }
}
