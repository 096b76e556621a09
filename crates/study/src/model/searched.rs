//! The best of a sweep's fusions by validation, seed by seed: a row that is derived from their trials and never trained.

use super::{Definition, Form, Keeps, Role, UnderNoise, Variants, names};

/// It has no parameters and no arithmetic of its own: those of a trial are the chosen fusion's.
pub(super) const DEFINITION: Definition = Definition {
    names: names!("searched"),
    variants: Variants::One,
    symbol: "the best fusion by validation accuracy",
    role: Role::Derived,
    needs_equal_widths: false,
    form: Form::Own { parameters: |_, _| Vec::new(), fused_width: |_, _| None, experts: &[] },
    values_read: |_| 0,
    keeps: Keeps::Inputs,
    under_noise: UnderNoise::ByLevel,
    choices: None,
    multiply_adds: |_, _| 0,
};
