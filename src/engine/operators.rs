//! An operator for a solver: both programs with their memory.

use std::path::PathBuf;

use crate::engine::{
    After, Compiled, Constants, Machine, Plans, Result, Space, Spill, Store, Vector,
};
use crate::graph::Primitive;
use crate::kernels::vector;
use crate::space::IndexBox;
use crate::view::{ViewMut, Viewed};
use crate::with_view;

/// An operator for a solver: forward and adjoint programs over the same model and data vectors.
#[derive(Debug)]
pub struct Operators {
    /// From model to data.
    pub forward: Compiled,
    /// From data to model.
    pub adjoint: Option<Compiled>,
    /// The model's space.
    pub model: Space,
    /// The data's space.
    pub data: Space,
    scratch: Option<PathBuf>,
    constants: Constants,
}

impl Operators {
    /// Takes memory, reads constants and computes what is made of constants alone.
    pub fn compile(plans: Plans, machine: &Machine, spill: &Spill) -> Result<Operators> {
        let (rank, size) = (machine.rank(), machine.size());
        let forward_share = plans.forward.share(rank, size);
        let adjoint_share = plans.adjoint.as_ref().map(|p| p.share(rank, size));
        let (model, data) = plans.spaces(&forward_share, adjoint_share.as_ref());
        let mut constants = Constants::default();
        let forward = Compiled::new(plans.forward, forward_share, &mut constants, machine, spill)?;
        let adjoint = match plans.adjoint.zip(adjoint_share) {
            Some((plan, share)) => {
                Some(Compiled::new(plan, share, &mut constants, machine, spill)?)
            }
            None => None,
        };
        Ok(Operators { forward, adjoint, model, data, scratch: spill.scratch.clone(), constants })
    }

    /// Lets go of everything but the constants.
    pub fn into_constants(self) -> Constants {
        self.constants
    }

    /// Bytes of constants that this process holds.
    pub fn constant_bytes(&self) -> usize {
        self.constants.bytes()
    }

    /// A model vector of zeros.
    pub fn new_model(&self, machine: &Machine) -> Result<Vector> {
        machine.vector(&self.model, self.scratch.as_deref())
    }

    /// A vector of zeros in either space.
    pub fn new_vector(&self, machine: &Machine, space: &Space) -> Result<Vector> {
        machine.vector(space, self.scratch.as_deref())
    }

    /// A data vector of zeros.
    pub fn new_data(&self, machine: &Machine) -> Result<Vector> {
        self.new_vector(machine, &self.data)
    }

    /// Whether something between model and data is computed in single precision.
    pub fn is_single(&self) -> bool {
        let program = &self.forward.plan().program;
        let nodes = program.graph.nodes().iter().zip(program.depends_on_input());
        nodes
            .zip(program.needed())
            .any(|((n, reached), used)| reached && used && !n.ty.dtype.is_double())
    }

    /// Whether a constant comes from single precision, or what is computed with it is single.
    pub fn has_single(&self) -> bool {
        let program = &self.forward.plan().program;
        let nodes = program.graph.nodes().iter().zip(program.needed());
        nodes.filter(|(_, used)| *used).any(|(n, _)| match &n.primitive {
            Primitive::Constant(array) if array.is_single() => true,
            _ => !n.ty.dtype.is_double(),
        })
    }

    /// The epsilon of the type that the operator computes in.
    pub fn epsilon(&self) -> f64 {
        if self.is_single() { f64::from(f32::EPSILON) } else { f64::EPSILON }
    }

    /// `y = A x`, and `||y||^2`.
    pub fn forward(&self, machine: &Machine, x: &Vector, y: &mut Vector) -> Result<f64> {
        run(&self.forward, machine, x, y, After::Norm)
    }

    /// `x = A^H y`, and `||x||^2`.
    pub fn adjoint(&self, machine: &Machine, y: &Vector, x: &mut Vector) -> Result<f64> {
        run(self.adjoint.as_ref().unwrap_or(&self.forward), machine, y, x, After::Norm)
    }

    /// `x = A^H y`, then `z = z + a c` and `x = x - b z`, in one pass over `x`; and `||x||^2`.
    pub fn adjoint_step(
        &self,
        machine: &Machine,
        y: &Vector,
        x: &mut Vector,
        (z, a, c): (&mut Vector, f64, &Vector),
        b: f64,
    ) -> Result<f64> {
        let z = &*z;
        let step = |block: usize, tile: &IndexBox, x: ViewMut<'_>| {
            // Tiles are disjoint, and x, z and c are different vectors.
            let moved = z.stores[block].view_mut_shared(tile);
            let c = c.stores[block].view(tile);
            with_view!(ViewMut, moved, z => vector::update(z, 1.0, Viewed::typed(c), a));
            if b == 0.0 {
                return with_view!(ViewMut, x, x => {
                    vector::dot(x.view(), Viewed::typed(Viewed::erase(x.view())))
                });
            }
            let z = z.stores[block].view(tile);
            with_view!(ViewMut, x, x => vector::update(x, 1.0, Viewed::typed(z), -b))
        };
        let adjoint = self.adjoint.as_ref().unwrap_or(&self.forward);
        run(adjoint, machine, y, x, After::Then(&step))
    }

    /// `x = a A^H y + b v`, and `z = z + t w`, in one pass over `x`; and `||x||^2`.
    pub fn adjoint_combined(
        &self,
        machine: &Machine,
        (a, y): (f64, &Vector),
        x: &mut Vector,
        (b, v): (f64, &Vector),
        (z, t, w): (&mut Vector, f64, &Vector),
    ) -> Result<f64> {
        let z = &*z;
        let step = |block: usize, tile: &IndexBox, x: ViewMut<'_>| {
            // Tiles are disjoint, and x, v, z and w are different vectors.
            let moved = z.stores[block].view_mut_shared(tile);
            let w = w.stores[block].view(tile);
            with_view!(ViewMut, moved, z => vector::update(z, 1.0, Viewed::typed(w), t));
            let v = v.stores[block].view(tile);
            with_view!(ViewMut, x, x => vector::update(x, a, Viewed::typed(v), b))
        };
        let adjoint = self.adjoint.as_ref().unwrap_or(&self.forward);
        run(adjoint, machine, y, x, After::Then(&step))
    }
}

fn run(
    program: &Compiled,
    machine: &Machine,
    from: &Vector,
    to: &mut Vector,
    after: After<'_>,
) -> Result<f64> {
    let inputs: Vec<&Store> = from.stores.iter().collect();
    let outputs: Vec<&Store> = to.stores.iter().collect();
    Ok(program.run(machine, &inputs, &outputs, after)?.iter().sum())
}
