//! Arrays that a formula computes from parameters and other arrays, when they are first read.

use std::fmt;
use std::sync::Arc;

use crate::io::{Array, Bytes, Compute, Error, Result};
use crate::space::ArrayType;

/// A function of the values of other arrays. Its result is in C order; of a complex array, real and
/// imaginary parts in turn.
pub type Evaluate = dyn Fn(&[Vec<f64>]) -> std::result::Result<Vec<f64>, String> + Send + Sync;

/// An array that is computed in double precision.
pub struct Formula {
    /// Arrays that it is computed from, which are real.
    pub inputs: Vec<Array>,
    /// Dims and element type of the result.
    pub ty: ArrayType,
    /// Numbers that it holds at a time beside its inputs and its result.
    pub scratch: usize,
    /// Gives the result.
    pub run: Box<Evaluate>,
}

impl Formula {
    /// The array that it gives.
    pub fn array(self) -> Result<Array> {
        let ty = self.ty.clone();
        Array::computed(Arc::new(self), ty)
    }
}

impl fmt::Debug for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Formula of {:?}", self.inputs)
    }
}

impl Compute for Formula {
    fn compute(&self) -> Result<Bytes> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for array in &self.inputs {
            inputs.push(array.read::<f64>()?.into_raw_vec_and_offset().0);
        }
        let values = (self.run)(&inputs).map_err(Error::input)?;
        Ok(match self.ty.dtype.is_double() {
            true => Arc::new(Values(values)),
            false => Arc::new(Values(values.iter().map(|&x| x as f32).collect())),
        })
    }

    fn working_bytes(&self, _: usize) -> usize {
        let inputs = self.inputs.iter().map(|a| a.ty().len());
        let numbers = inputs.fold(self.scratch, usize::saturating_add);
        // In double precision the result is the array itself.
        let result = if self.ty.dtype.is_double() { 0 } else { 2 * self.ty.bytes() };
        numbers.saturating_mul(8).saturating_add(result)
    }
}

/// Values as the bytes that they are in memory.
pub struct Values<T>(
    /// The values.
    pub Vec<T>,
);

impl<T: bytemuck::Pod> AsRef<[u8]> for Values<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}
