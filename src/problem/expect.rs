//! Expectations: outputs that are written, and references of their dims.

use super::Output;
use super::arrays::{because, open_header, warn_missing};
use super::fit::sized;
use super::path_in;
use super::solve::{Solve, same_dims};
use crate::io::{Array, Inputs};
use crate::spec::{
    Diagnostic, Diagnostics, Document, ExpectSpec, OutputCheck, OutputName, Spanned, nearest,
};

/// Checks `[[expect]]`; gives the reference of each expectation that has one.
pub(super) fn read(
    document: &Document,
    solve: Option<&Solve>,
    outputs: &[Output],
    inputs: &Inputs,
    out: &mut Diagnostics,
) -> Vec<Option<Array>> {
    let opened = |expect| reference(document, expect, solve, outputs, inputs, out);
    document.expect.iter().map(opened).collect()
}

fn reference(
    document: &Document,
    expect: &ExpectSpec,
    solve: Option<&Solve>,
    outputs: &[Output],
    inputs: &Inputs,
    out: &mut Diagnostics,
) -> Option<Array> {
    let ExpectSpec::Output { output, check, .. } = expect else { return None };
    if document.outputs.iter().all(|o| o.name.value != output.value) {
        out.push(not_listed(document, output));
    }
    let (OutputCheck::Close { file, .. } | OutputCheck::Snr { file, .. }) = check else {
        return None;
    };
    let path = inputs.find(&path_in(&document.folder(), &file.value));
    let opened = open_header(&path, None, &file.span, || "the reference".to_string());
    let array = out.take(opened)?;
    warn_missing(&array, array.name(), "the reference", &file.span, out);
    let written = outputs.iter().find(|o| o.name == output.value);
    let ty = written.and_then(|output| output.ty(solve));
    let Some(ty) = ty else { return Some(array) };
    let name = output.value.name();
    let message = format!("the reference does not fit output `{name}`");
    if !same_dims(&array.ty().dims, &ty.dims) {
        let label = format!("the file is {}", sized(&array.ty().dims));
        let place = format!("the output is {}", sized(&ty.dims));
        out.push(
            Diagnostic::new(file.span.clone(), message, label).also(output.span.clone(), place),
        );
        return None;
    }
    let dims: Vec<isize> = ty.dims.iter().map(|&n| n as isize).collect();
    let reshaped = array.reshape(&dims);
    out.take(reshaped.map_err(|e| because(&file.span, message, &e)))
}

fn not_listed(document: &Document, output: &Spanned<OutputName>) -> Diagnostic {
    let name = output.value.name();
    let message = format!("output `{name}` is not written");
    let mistake = Diagnostic::new(output.span.clone(), message, "not in `[outputs]`");
    let listed: Vec<&str> = document.outputs.iter().map(|o| o.name.value.name()).collect();
    let all = OutputName::ALL.each_ref().map(OutputName::name);
    let near = nearest(name, listed.iter().copied().chain(all));
    if let Some(near) = near.filter(|near| *near != name) {
        return mistake.help(format!("did you mean `{near}`?"));
    }
    if listed.is_empty() {
        return mistake.help(format!("add `{name} = \"{name}.npy\"` to `[outputs]`"));
    }
    let listed: Vec<String> = listed.iter().map(|l| format!("`{l}`")).collect();
    mistake.help(format!("`[outputs]` has {}", listed.join(", ")))
}
