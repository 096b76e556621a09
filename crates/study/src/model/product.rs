//! Products of dimension j with dimension j and with its mirror N − 1 − j, width 2N; n = m = N.

use super::{Definition, Form, Keeps, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("product"),
    variants: Variants::One,
    symbol: "[x_j·y_j ; x_j·y_{N−1−j}]",
    role: Role::Fusion,
    needs_equal_widths: true,
    form: Form::Features(Sizes::both),
    values_read: Sizes::both,
    keeps: Keeps::Features,
    under_noise: UnderNoise::Polynomial { degrees: [1, 1, 2], passes: 3.0 },
    choices: None,
    multiply_adds: |sizes, _| sizes.both(),
};
