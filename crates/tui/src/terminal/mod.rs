//! The terminal: taken and given back, drawn on, and read.

mod backend;
mod background;
mod clipboard;
mod decode;
mod graphics;
mod guard;
mod image;
mod input;
mod picture;
mod sixel;

pub(super) use backend::ScreenBackend;
pub(super) use background::{Colour, question as background_question};
pub(super) use clipboard::copy_sequence;
pub(super) use decode::MousePress;
pub(super) use graphics::{
    Answer, Answers, CELL_QUESTION, Protocol, is_cell, questions as graphics_questions,
};
pub(super) use guard::{Guard, Mouse};
pub(super) use image::Image;
pub(super) use input::{Input, Inputs};
pub(super) use picture::{blank, put, remove};
