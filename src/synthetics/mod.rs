//! Arrays that the field's own formulas give: traveltimes, wavelets, seismic events, tapers, windows.
//!
//! Plain functions over slices of `f64`, which know nothing of problem files.

mod eikonal;
mod grid;
pub mod traveltime;
