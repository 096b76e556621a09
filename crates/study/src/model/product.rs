//! Products of dimension j with dimension j and with its mirror N − 1 − j, width 2N; n = m = N.

use super::{Definition, Form, Role, UnderNoise, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("product"),
    symbol: "[x_j·y_j ; x_j·y_{N−1−j}]",
    role: Role::Fusion,
    needs_equal_widths: true,
    form: Form::Features(|n, m| n + m),
    values_read: |n, m| n + m,
    is_made_once: true,
    under_noise: UnderNoise::Polynomial { degrees: [1, 1, 2], passes: 3.0 },
};
