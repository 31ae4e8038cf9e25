//! Problem files.
