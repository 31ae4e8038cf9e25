//! How processes share arrays, in words.

use crate::plan::{Plan, Share, StoreKind};
use crate::report::bytes;
use crate::space::IndexBox;

/// A row for each array of a plan: its name, dims and type, how it is shared, and most bytes that one
/// process holds of it.
pub fn partitions(plan: &Plan, shares: &[Share]) -> Vec<[String; 4]> {
    let row = |(k, store): (usize, &crate::plan::PlannedStore)| {
        let constant = matches!(store.kind, StoreKind::Constant(_));
        let held: Vec<&IndexBox> = shares.iter().map(|s| &s.held[k]).collect();
        let own: Vec<&IndexBox> = match constant {
            true => held.clone(),
            false => shares.iter().map(|s| &s.owned[k]).collect(),
        };
        let most = held.iter().map(|b| b.len()).max().unwrap_or(0) * store.ty.dtype.size();
        let mut how = shared(&own, &store.ty.dims);
        if !constant && held.iter().zip(&own).any(|(h, o)| h.len() > o.len()) {
            how += ", and what it reads from others";
        }
        [plan.store_name(k), store.ty.to_string(), how, bytes(most as f64)]
    };
    plan.stores.iter().enumerate().map(row).collect()
}

/// How boxes, one a process, share an array of those dims.
fn shared(boxes: &[&IndexBox], dims: &[usize]) -> String {
    let some: Vec<&IndexBox> = boxes.iter().copied().filter(|b| !b.is_empty()).collect();
    let whole = |b: &IndexBox| b.0.iter().zip(dims).all(|(r, &n)| *r == (0..n));
    let others = match boxes.len() - some.len() {
        0 => String::new(),
        1 => ", 1 process has none".into(),
        n => format!(", {n} processes have none"),
    };
    if some.is_empty() {
        return "no process needs it".into();
    }
    if some.iter().all(|b| whole(b)) {
        return match some.len() {
            1 if boxes.len() > 1 => "whole in one process".into(),
            _ => format!("whole in each process{others}"),
        };
    }
    let cut = |a: usize| some.iter().any(|b| b.0[a] != (0..dims[a]));
    let axes: Vec<usize> = (0..dims.len()).filter(|&a| cut(a)).collect();
    let lengths = |a: usize| {
        let (least, most) = some
            .iter()
            .map(|b| b.0[a].len())
            .fold((usize::MAX, 0), |(l, m), n| (l.min(n), m.max(n)));
        if least == most { most.to_string() } else { format!("{least} to {most}") }
    };
    let parts: Vec<String> =
        axes.iter().map(|&a| format!("{} along axis {a}", lengths(a))).collect();
    format!("{}{others}", parts.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_told_in_words() {
        let runs = |runs: &[std::ops::Range<usize>]| {
            let boxes: Vec<IndexBox> =
                runs.iter().map(|r| IndexBox(vec![r.clone(), 0..3])).collect();
            shared(&boxes.iter().collect::<Vec<_>>(), &[10, 3])
        };
        assert_eq!(runs(&[0..5, 5..10]), "5 along axis 0");
        assert_eq!(runs(&[0..4, 4..7, 7..10]), "3 to 4 along axis 0");
        assert_eq!(runs(&[0..5, 5..10, 0..0]), "5 along axis 0, 1 process has none");
        assert_eq!(runs(&[0..10, 0..10]), "whole in each process");
        assert_eq!(runs(&[0..10, 0..0]), "whole in one process");
    }
}
