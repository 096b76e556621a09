//! Tests of the screen that need more than one of its files.

mod charts;
mod compare_keys;
mod compared;
mod foreign;
mod form;
mod gpus;
mod help;
mod jobs;
mod keys;
mod labels;
mod opened;
mod others;
mod palette;
mod pictures;
mod plots;
mod styles;
mod themes;
mod updates;
mod walk;
