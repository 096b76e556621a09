//! Tests of the screen that need more than one of its files.

mod foreign;
mod gpus;
mod keys;
mod labels;
mod others;
mod palette;
mod pictures;
mod styles;
mod updates;
mod walk;
