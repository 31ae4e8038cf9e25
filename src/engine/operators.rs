//! An operator as solvers use it: both programs with their memory.

use std::path::PathBuf;

use crate::engine::{Compiled, Constants, Machine, Plans, Result, Space, Spill, Vector};
use crate::graph::Primitive;

/// The forward and adjoint programs of an operator, over the same model and data vectors.
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
    /// Allocates memory, reads constants and computes whatever depends on constants alone.
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

    /// Drops everything but the constants.
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

    /// Whether anything between model and data is computed in single precision.
    pub fn is_single(&self) -> bool {
        let program = &self.forward.plan().program;
        let nodes = program.graph.nodes().iter().zip(program.depends_on_input());
        nodes
            .zip(program.needed())
            .any(|((n, reached), used)| reached && used && !n.ty.dtype.is_double())
    }

    /// Whether a constant, or a value computed from it, has single precision.
    pub fn has_single(&self) -> bool {
        let program = &self.forward.plan().program;
        let nodes = program.graph.nodes().iter().zip(program.needed());
        nodes.filter(|(_, used)| *used).any(|(n, _)| match &n.primitive {
            Primitive::Constant(constant) if constant.0.is_single() => true,
            _ => !n.ty.dtype.is_double(),
        })
    }

    /// Whether all entries of the matrix are elements of arrays as they are: rearranged, but
    /// neither multiplied with each other nor summed.
    pub fn is_stored(&self) -> bool {
        let program = &self.forward.plan().program;
        // By node, how many arrays have been multiplied into it; `None` if it is computed.
        let mut factors: Vec<Option<usize>> = Vec::new();
        for node in program.graph.nodes() {
            let of = |k: usize| factors[node.inputs[k].0];
            factors.push(match &node.primitive {
                Primitive::Input(_) | Primitive::Constant(_) | Primitive::Zeros(_) => Some(0),
                Primitive::Multiply(_) | Primitive::Matmul(_) => {
                    (of(0) == Some(0) && of(1) == Some(0)).then_some(1)
                }
                Primitive::Cast(_)
                | Primitive::Conj(_)
                | Primitive::Reshape(_)
                | Primitive::Permute(_)
                | Primitive::Slice(_)
                | Primitive::Pad(_)
                | Primitive::Flip(_)
                | Primitive::Roll(_) => of(0),
                // Concatenated values may be equal, and the next step may add them up.
                Primitive::Concatenate(_) => {
                    let all = node.inputs.iter().all(|id| factors[id.0].is_some());
                    all.then_some(1)
                }
                _ => None,
            });
        }
        program.outputs.iter().all(|id| factors[id.0].is_some())
    }

    /// The epsilon of the precision that the operator computes in.
    pub fn epsilon(&self) -> f64 {
        if self.is_single() { f64::from(f32::EPSILON) } else { f64::EPSILON }
    }

    /// `y = A x`, and `||y||^2`.
    pub fn forward(&self, machine: &Machine, x: &mut Vector, y: &mut Vector) -> Result<f64> {
        self.forward.norm(machine, x, y)
    }

    /// `x = A^H y`, and `||x||^2`.
    pub fn adjoint(&self, machine: &Machine, y: &mut Vector, x: &mut Vector) -> Result<f64> {
        self.adjoint.as_ref().unwrap_or(&self.forward).norm(machine, y, x)
    }
}
