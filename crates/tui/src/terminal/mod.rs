//! The terminal: taken and given back, drawn on, and read.

mod backend;
mod background;
mod clipboard;
mod decode;
mod guard;
mod input;

pub(super) use backend::ScreenBackend;
pub(super) use background::question as background_question;
pub(super) use clipboard::copy_sequence;
pub(super) use decode::MousePress;
pub(super) use guard::{Guard, Mouse};
pub(super) use input::{Input, Inputs};
