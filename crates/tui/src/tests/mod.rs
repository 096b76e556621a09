//! Tests of the screen that need more than one of its files.

mod compared;
mod foreign;
mod gpus;
mod keys;
mod opened;
mod others;
mod palette;
mod pictures;
mod styles;
mod updates;
mod walk;
