//! Late fusion: the mean of a text head's and an image head's logits, each trained for itself. It has no interaction.

use super::definition::Variant;
use super::dynmm::expert;
use super::{Definition, Form, Keeps, Parameter, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("late"),
    variants: Variants::One,
    symbol: "½·(ℓ_text + ℓ_image)",
    role: Role::Baseline,
    needs_equal_widths: false,
    form: Form::Own { parameters, fused_width: |_, _| None, experts: &[] },
    values_read: Sizes::both,
    keeps: Keeps::Beside,
    under_noise: UnderNoise::ByLevel,
    choices: None,
    multiply_adds: |_, _| 0,
};

fn parameters(sizes: &Sizes, _: Variant) -> Vec<Parameter> {
    let of = |names, inputs| Parameter::whole_head(names, inputs, sizes);
    [of(expert!("text"), sizes.text), of(expert!("image"), sizes.image)].concat()
}
