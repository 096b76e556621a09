//! A configuration's training: its seeds as stacks on one device, in groups and parts, saved so that it can be resumed.

pub(crate) mod cohort;
pub(crate) mod control;
pub(crate) mod event;
pub(crate) mod feature_cache;
pub(crate) mod groups;
pub(crate) mod memory;
pub(crate) mod parts;
pub(crate) mod robust;
pub(crate) mod timed;
