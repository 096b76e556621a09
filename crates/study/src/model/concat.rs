//! Concatenation: text beside image, width n + m.

use super::{Definition, Form, Role, UnderNoise, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("concat"),
    symbol: "[x ; y]",
    role: Role::Fusion,
    needs_equal_widths: false,
    form: Form::Features(|n, m| n + m),
    values_read: |n, m| n + m,
    is_made_once: true,
    under_noise: UnderNoise::Polynomial { degrees: [1, 1, 1], passes: 1.0 },
};
