//! Image alone, width m: a baseline without text.

use super::{Definition, Form, Role, UnderNoise, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("image"),
    symbol: "y",
    role: Role::Modality,
    needs_equal_widths: false,
    form: Form::Features(|_, m| m),
    values_read: |_, m| m,
    is_made_once: false,
    under_noise: UnderNoise::Polynomial { degrees: [0, 1, 1], passes: 1.0 },
};
