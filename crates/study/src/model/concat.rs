//! Concatenation: text beside image, width n + m.

use super::{Definition, Form, Keeps, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("concat"),
    variants: Variants::One,
    symbol: "[x ; y]",
    role: Role::Fusion,
    needs_equal_widths: false,
    form: Form::Features(Sizes::both),
    values_read: Sizes::both,
    keeps: Keeps::Beside,
    under_noise: UnderNoise::Polynomial { degrees: [1, 1, 1], passes: 1.0 },
    choices: None,
    multiply_adds: |_, _| 0,
};
