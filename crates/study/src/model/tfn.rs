//! Tensor fusion with ones: the outer product of [x ; 1] and [y ; 1], width (n + 1)·(m + 1).

use super::{Definition, Form, Keeps, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("tfn"),
    variants: Variants::One,
    symbol: "vec([x ; 1] [y ; 1]ᵀ)",
    role: Role::Fusion,
    needs_equal_widths: false,
    form: Form::Features(pairs),
    values_read: |sizes| sizes.both() + 2,
    keeps: Keeps::WithOnes,
    // As tensor fusion's.
    under_noise: UnderNoise::Polynomial { degrees: [1, 1, 2], passes: 1.0 },
    choices: None,
    multiply_adds: |sizes, _| pairs(sizes),
};

const fn pairs(sizes: &Sizes) -> usize {
    (sizes.text + 1) * (sizes.image + 1)
}
