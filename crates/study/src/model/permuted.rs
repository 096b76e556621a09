//! Product fusion with the image's dimensions re-ordered at random: it tells "products help" from "these products help".

use super::{Definition, Form, Keeps, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("permuted"),
    variants: Variants::One,
    symbol: "[x_j·y_π(j) ; x_j·y_π(N−1−j)]",
    role: Role::Baseline,
    needs_equal_widths: true,
    form: Form::Features(Sizes::both),
    values_read: Sizes::both,
    keeps: Keeps::Features,
    under_noise: UnderNoise::Polynomial { degrees: [1, 1, 2], passes: 3.0 },
    choices: Some(|settings| settings.permutations),
    multiply_adds: |sizes, _| sizes.both(),
};
