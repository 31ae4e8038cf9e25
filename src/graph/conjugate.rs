//! The conjugate of a program: `conj(P(conj(x)))`, with every coefficient conjugated.

use crate::graph::{Conjugate, Program, Result, Value};

/// The program with conjugated coefficients. With [`crate::graph::transpose`] it gives `A.T`.
pub fn conjugate(program: &Program) -> Result<Program> {
    let depends = program.depends_on_input();
    Value::program(&program.inputs, |inputs| {
        let outputs = inputs[0].replay(program, inputs, |k, args, plain| {
            if !depends[k] {
                return plain;
            }
            let primitive = &program.graph.nodes()[k].primitive;
            match primitive.definition().conjugate() {
                Conjugate::Itself => plain,
                Conjugate::Other(primitive) => args[0].node(primitive, args, plain.ty().clone()),
                Conjugate::Around => {
                    let mut args = args.to_vec();
                    args[0] = args[0].conj();
                    args[0].node(primitive.clone(), &args, plain.ty().clone()).conj()
                }
            }
        });
        Ok(outputs)
    })
}
