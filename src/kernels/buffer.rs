//! Scratch buffers that each thread keeps for reuse. Their contents are dirty.

use std::cell::RefCell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use bytemuck::Pod;

type Word = [u64; 4];

thread_local! {
    static FREE: RefCell<Vec<Vec<Word>>> = const { RefCell::new(Vec::new()) };
}

/// Elements to write before they are read; dropping them returns the memory to the thread.
#[derive(Debug)]
pub struct Buffer<T: Pod> {
    words: Vec<Word>,
    len: usize,
    _type: PhantomData<T>,
}

impl<T: Pod> Buffer<T> {
    /// A buffer of `len` elements with arbitrary contents.
    pub fn dirty(len: usize) -> Self {
        let need = (len * size_of::<T>()).div_ceil(size_of::<Word>());
        let mut words = FREE.with_borrow_mut(|free| {
            let fits = (0..free.len()).filter(|&k| free[k].len() >= need);
            match fits.min_by_key(|&k| free[k].len()) {
                Some(k) => free.swap_remove(k),
                None => free.pop().unwrap_or_default(),
            }
        });
        if words.len() < need {
            words.clear();
            words.resize(need, [0; 4]);
        }
        Buffer { words, len, _type: PhantomData }
    }

    /// A buffer of zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Buffer::dirty(len);
        buffer.fill(T::zeroed());
        buffer
    }
}

impl<T: Pod> Deref for Buffer<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        &bytemuck::cast_slice(&self.words)[..self.len]
    }
}

impl<T: Pod> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut bytemuck::cast_slice_mut(&mut self.words)[..self.len]
    }
}

impl<T: Pod> Drop for Buffer<T> {
    fn drop(&mut self) {
        let words = std::mem::take(&mut self.words);
        // A thread that is ending has no list anymore, and the memory is freed.
        let _ = FREE.try_with(|free| free.borrow_mut().push(words));
    }
}
