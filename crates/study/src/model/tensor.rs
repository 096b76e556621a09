//! The outer product, width n·m.

use super::{Definition, Form, Role, UnderNoise, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("tensor"),
    symbol: "vec(x yᵀ)",
    role: Role::Fusion,
    needs_equal_widths: false,
    form: Form::Features(|n, m| n * m),
    values_read: |n, m| n + m,
    is_made_once: false,
    // What a text decides, nearly all of the work, serves for several images.
    under_noise: UnderNoise::Polynomial { degrees: [1, 1, 2], passes: 1.0 },
};
