//! Gated multimodal unit: each hidden unit has a gate that says which modality it listens to.

use super::definition::Variant;
use super::settings::GmuGate;
use super::{Definition, Form, Keeps, Parameter, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("gmu"),
    variants: Variants::One,
    symbol: "g∘tanh U + (1−g)∘tanh V",
    role: Role::Fusion,
    needs_equal_widths: false,
    form: Form::Own { parameters, fused_width: |sizes, _| Some(sizes.hidden), experts: &[] },
    values_read: Sizes::both,
    keeps: Keeps::Beside,
    under_noise: UnderNoise::ByLevel,
    choices: None,
    multiply_adds: |sizes, _| sizes.hidden * (sizes.both() + read_by_gate(sizes)),
};

const fn read_by_gate(sizes: &Sizes) -> usize {
    match sizes.settings.gmu_gate {
        GmuGate::Inputs => sizes.both(),
        GmuGate::Projections => 2 * sizes.hidden,
    }
}

fn parameters(sizes: &Sizes, _: Variant) -> Vec<Parameter> {
    let units = sizes.hidden;
    let text = Parameter::linear(["text.weight", "text.bias"], sizes.text, units);
    let image = Parameter::linear(["image.weight", "image.bias"], sizes.image, units);
    let gate = Parameter::linear(["gate.weight", "gate.bias"], read_by_gate(sizes), units);
    text.into_iter().chain(image).chain(gate).chain(Parameter::output(sizes)).collect()
}
