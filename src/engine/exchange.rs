//! Moves boxes of a store between processes before a stage.

use ndarray::{ArrayViewD, ArrayViewMutD, IxDyn};

use crate::engine::communicator::{Arrival, Message, Parcel};
use crate::engine::evaluate::HeldBox;
use crate::engine::{Machine, Result, Store};
use crate::kernels::pointwise;
use crate::plan::Exchange;
use crate::scalar::DType;
use crate::space::{Disjoint, IndexBox};
use crate::view::{View, ViewMut, Viewed};
use crate::with_dtype;

/// Starts to send and receive boxes of one store; meanwhile copies owned data to a buffer apart.
pub(super) fn begin<'m>(
    machine: &'m Machine,
    e: &Exchange,
    store: &Store,
    apart: Option<&mut Store>,
) -> Result<Box<dyn Arrival + 'm>> {
    let size = store.ty().dtype.size();
    let sends = machine.each(0..e.sends.len(), |k| {
        let t = &e.sends[k];
        if let Some(run) = store.run(&t.part) {
            return (t.peer, Parcel::Lent(run));
        }
        let mut message = machine.comm().message(t.part.len() * size);
        pointwise::copy(
            view_mut(&mut message, store.ty().dtype, &t.part.dims()),
            store.view(&t.part),
        );
        (t.peer, message.into())
    });
    let receives: Vec<_> = e.receives.iter().map(|t| (t.peer, t.part.len() * size)).collect();
    let arrival = machine.comm().start(sends, &receives)?;
    if let Some(apart) = apart {
        let mut own: Vec<_> = e.need.iter().map(|b| store.held().intersect(b)).collect();
        for t in &e.receives {
            own = own.iter().flat_map(|b| b.minus(&t.part)).collect();
        }
        for b in own.iter().filter(|b| !b.is_empty()) {
            pointwise::copy(apart.view_mut(b), store.view(b));
        }
    }
    Ok(arrival)
}

/// Copies received data to where the stage reads it.
pub(super) fn finish(
    machine: &Machine,
    e: &Exchange,
    target: Option<&mut Store>,
    received: Vec<Message>,
) {
    let Some(target) = target else { unreachable!("exchanged stores are there") };
    let dtype = target.ty().dtype;
    let parts = Disjoint::new(e.receives.iter().map(|t| t.part.clone()).collect());
    let writer = target.writer(&parts, 0..parts.len());
    machine.each(0..received.len(), |k| {
        pointwise::copy(writer.tile(k), view(&received[k], dtype, &parts[k].dims()));
    });
    machine.comm().recycle(received);
}

/// Owned and received data as pieces, for tiles that pull from both.
pub(super) fn pieces<'a>(
    e: &Exchange,
    store: &'a Store,
    owned: &IndexBox,
    received: &'a [Message],
) -> Vec<HeldBox<'a>> {
    let messages = e.receives.iter().zip(received).map(|(t, message)| {
        let view = view(message, store.ty().dtype, &t.part.dims());
        HeldBox { store: e.store, part: t.part.clone(), view }
    });
    let own = HeldBox { store: e.store, part: owned.clone(), view: store.view(owned) };
    std::iter::once(own).chain(messages).collect()
}

const FITS: &str = "a message has the length of its box";

pub(super) fn view<'a>(message: &'a Message, dtype: DType, dims: &[usize]) -> View<'a> {
    with_dtype!(dtype, T => match ArrayViewD::from_shape(IxDyn(dims), message.numbers::<T>()) {
        Ok(view) => T::erase(view),
        Err(_) => unreachable!("{FITS}"),
    })
}

pub(super) fn view_mut<'a>(message: &'a mut Message, dtype: DType, dims: &[usize]) -> ViewMut<'a> {
    with_dtype!(dtype, T => match ArrayViewMutD::from_shape(IxDyn(dims), message.numbers_mut::<T>()) {
        Ok(view) => T::erase_mut(view),
        Err(_) => unreachable!("{FITS}"),
    })
}
