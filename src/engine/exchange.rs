//! Moves boxes of a store between processes before a stage.

use crate::engine::{Machine, Result, Store};
use crate::kernels::pointwise;
use crate::plan::Exchange;
use crate::space::IndexBox;
use crate::view::{View, Viewed};
use crate::with_view;

/// Sends and receives the boxes of one store, and brings them where the stage reads them.
pub(super) fn exchange(
    machine: &Machine,
    e: &Exchange,
    stores: &[Option<Store>],
    apart: Option<&Store>,
) -> Result<()> {
    let Some(store) = &stores[e.store.0] else { unreachable!("exchanged stores are there") };
    let sends = e.sends.iter().map(|t| (t.peer, pack(store.view(&t.part)))).collect();
    let from: Vec<usize> = e.receives.iter().map(|t| t.peer).collect();
    let received = machine.comm().exchange(sends, &from)?;
    let target = apart.unwrap_or(store);
    for (t, bytes) in e.receives.iter().zip(received) {
        unpack(target, &t.part, &bytes);
    }
    if let Some(apart) = apart {
        for peer_less in [store.held().intersect(&e.need)] {
            let mut own = vec![peer_less];
            for t in &e.receives {
                own = own.iter().flat_map(|b| b.minus(&t.part)).collect();
            }
            for b in own.iter().filter(|b| !b.is_empty()) {
                pointwise::copy(apart.view_mut_shared(b), store.view(b));
            }
        }
    }
    Ok(())
}

fn pack(view: View<'_>) -> Vec<u8> {
    with_view!(View, view, v => {
        let mut bytes = Vec::with_capacity(v.len() * 16);
        v.iter().for_each(|x| bytes.extend_from_slice(bytemuck::bytes_of(x)));
        bytes
    })
}

fn unpack(store: &Store, b: &IndexBox, bytes: &[u8]) {
    with_view!(ViewMut, store.view_mut_shared(b), v => from_bytes(v, bytes));
}

fn from_bytes<T: Viewed>(mut v: ndarray::ArrayViewMutD<'_, T>, bytes: &[u8]) {
    for (x, word) in v.iter_mut().zip(bytes.chunks_exact(size_of::<T>())) {
        *x = bytemuck::pod_read_unaligned(word);
    }
}
