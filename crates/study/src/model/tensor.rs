//! The outer product, width n·m.

use super::{Definition, Form, Keeps, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("tensor"),
    variants: Variants::One,
    symbol: "vec(x yᵀ)",
    role: Role::Fusion,
    needs_equal_widths: false,
    form: Form::Features(|sizes| sizes.text * sizes.image),
    values_read: Sizes::both,
    keeps: Keeps::Inputs,
    // What a text decides, nearly all of the work, serves for several images.
    under_noise: UnderNoise::Polynomial { degrees: [1, 1, 2], passes: 1.0 },
    choices: None,
    multiply_adds: |sizes, _| sizes.text * sizes.image,
};
