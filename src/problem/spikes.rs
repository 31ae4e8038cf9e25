//! Zeros but for some samples, which take no memory.

use std::sync::Arc;

use crate::io::{Array, Kind, Result, Rule};
use crate::scalar::{C128, DType, Scalar};
use crate::space::{ArrayType, IndexBox};
use crate::spec::{Spike, SpikesSpec};
use crate::view::ViewMut;
use crate::with_view;

#[derive(Debug)]
struct Spikes(Vec<Spike>);

impl Rule for Spikes {
    fn read(&self, b: &IndexBox, out: ViewMut<'_>) -> Result<()> {
        with_view!(ViewMut, out, out => {
            let mut out = out;
            out.fill(Default::default());
            fn sum<T: Scalar>(x: T, y: C128) -> T {
                T::from_c128(x.to_c128() + y)
            }
            for (place, value) in &self.0 {
                let inside = place.iter().zip(&b.0).all(|(k, range)| range.contains(k));
                if inside {
                    let at: Vec<usize> =
                        place.iter().zip(&b.0).map(|(k, range)| k - range.start).collect();
                    out[&at[..]] = sum(out[&at[..]], *value);
                }
            }
        });
        Ok(())
    }
}

/// The array, in the file's element type; complex if a spike is.
pub(super) fn array(spec: &SpikesSpec, dtype: DType) -> Result<Array> {
    let dtype = if spec.complex { dtype.complex() } else { dtype };
    let rule = Arc::new(Spikes(spec.spikes.clone()));
    Array::ruled(rule, ArrayType::new(spec.shape.clone(), dtype), Kind::Number)
}
