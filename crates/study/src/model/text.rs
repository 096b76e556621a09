//! Text alone, width n: a baseline without image.

use super::{Definition, Form, Keeps, Role, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("text"),
    variants: Variants::One,
    symbol: "x",
    role: Role::Modality,
    needs_equal_widths: false,
    form: Form::Features(|sizes| sizes.text),
    values_read: |sizes| sizes.text,
    keeps: Keeps::Inputs,
    under_noise: UnderNoise::Polynomial { degrees: [1, 0, 1], passes: 1.0 },
    choices: None,
    multiply_adds: |_, _| 0,
};
