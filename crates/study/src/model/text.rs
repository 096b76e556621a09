//! Text alone, width n: a baseline without image.

use super::{Definition, Form, Role, UnderNoise, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("text"),
    symbol: "x",
    role: Role::Modality,
    needs_equal_widths: false,
    form: Form::Features(|n, _| n),
    values_read: |n, _| n,
    is_made_once: false,
    under_noise: UnderNoise::Polynomial { degrees: [1, 0, 1], passes: 1.0 },
};
