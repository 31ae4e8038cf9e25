//! Arrays that the field's own formulas give: traveltimes, wavelets, seismic events, tapers, windows, local
//! slopes.
//!
//! Plain functions over slices of `f64`, which know nothing of problem files.

pub mod directwave;
mod eikonal;
pub mod events;
mod grid;
pub mod pwd;
pub mod rays;
pub mod signals;
pub mod slopes;
pub mod tapers;
#[cfg(test)]
mod tests;
pub mod traveltime;
pub mod wavelets;
pub mod wavenumbers;
pub mod windows;
