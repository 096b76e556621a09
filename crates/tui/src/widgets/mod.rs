//! Things to draw that know nothing of a study: they are given values, a place and a theme.

pub mod ascii;
pub mod axis;
pub mod band;
pub mod broken;
pub mod chart;
pub mod dialog;
pub mod dots;
pub mod edited;
pub mod footer;
pub mod guide;
pub mod help;
pub mod line_editor;
pub mod lines;
mod marks;
pub mod panel;
pub(crate) mod plot;
mod rgb;
pub mod sparkline;
pub mod table;
