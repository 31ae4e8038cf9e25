//! Files and streams.
