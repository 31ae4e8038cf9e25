//! Solves large linear inverse problems that a text file describes.
//!
//! An operator is a small linear program over a closed set of primitives, and its adjoint is the
//! transposed program; primitives pull boxes, so chunks, halos and memory are computed.
//! `ARCHITECTURE.md` says where things are.

pub mod cli;
pub mod engine;
pub mod graph;
pub mod io;
pub mod kernels;
pub mod operators;
pub mod plan;
pub mod problem;
pub mod report;
pub mod run;
pub mod scalar;
pub mod solvers;
pub mod space;
pub mod spec;
pub mod synthetics;
pub mod view;
