//! Image alone, width m: a baseline without text.

use super::{Definition, Form, Keeps, Role, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("image"),
    variants: Variants::One,
    symbol: "y",
    role: Role::Modality,
    needs_equal_widths: false,
    form: Form::Features(|sizes| sizes.image),
    values_read: |sizes| sizes.image,
    keeps: Keeps::Inputs,
    under_noise: UnderNoise::Polynomial { degrees: [0, 1, 1], passes: 1.0 },
    choices: None,
    multiply_adds: |_, _| 0,
};
