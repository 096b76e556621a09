//! The forms of what is written: one folder for each version of the journal's format.

pub mod v1;
