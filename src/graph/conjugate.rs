//! The conjugate of a program: `conj(P(conj(x)))`, with every coefficient conjugated.

use crate::graph::{Primitive, Program, Result, Value};

/// The program with conjugated coefficients. With [`crate::graph::transpose`] it gives `A.T`.
pub fn conjugate(program: &Program) -> Result<Program> {
    let depends = program.depends_on_input();
    Value::program(&program.inputs, |inputs| {
        let outputs = inputs[0].replay(program, inputs, |k, args, plain| {
            if !depends[k] {
                return plain;
            }
            let primitive = &program.graph.nodes()[k].primitive;
            let with = |primitive: Primitive| args[0].node(primitive, args, plain.ty().clone());
            match primitive {
                Primitive::Scale(c) => with(Primitive::Scale(c.conj())),
                Primitive::Multiply { conj } => with(Primitive::Multiply { conj: !conj }),
                Primitive::Convolve { axis, offset, taps, flip, conj } => {
                    with(Primitive::Convolve {
                        axis: *axis,
                        offset: *offset,
                        taps: *taps,
                        flip: *flip,
                        conj: !conj,
                    })
                }
                Primitive::Fft { axis, inverse, scale } => {
                    with(Primitive::Fft { axis: *axis, inverse: !inverse, scale: *scale })
                }
                Primitive::Matmul { transpose, conj } => {
                    with(Primitive::Matmul { transpose: *transpose, conj: !conj })
                }
                Primitive::Rfft { .. } | Primitive::Gram => {
                    let x: Vec<Value> = std::iter::once(args[0].conj())
                        .chain(args.iter().skip(1).cloned())
                        .collect();
                    x[0].node(primitive.clone(), &x, plain.ty().clone()).conj()
                }
                Primitive::Irfft { .. } => {
                    let x = [args[0].conj()];
                    x[0].node(primitive.clone(), &x, plain.ty().clone())
                }
                _ => plain,
            }
        });
        Ok(outputs)
    })
}
