//! Dynamic fusion: a gate weighs whole fusions, row by row. Each expert is the fusion of its name with the trial's seed.

use super::definition::Variant;
use super::{Definition, Form, Keeps, Parameter, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("dynmm"),
    variants: Variants::Named(&["dynmm", "dynmm-hard"]),
    symbol: "Σ_e w_e·ℓ_e",
    role: Role::Fusion,
    // The expert `product` does.
    needs_equal_widths: true,
    form: Form::Own { parameters, fused_width: |_, _| None, experts: &EXPERTS },
    // [x ; y] and the products.
    values_read: |sizes| 2 * sizes.both(),
    keeps: Keeps::Features,
    under_noise: UnderNoise::ByLevel,
    choices: None,
    // The expert `product`, and the gate's first layer.
    multiply_adds: |sizes, _| sizes.both() + sizes.hidden * sizes.both(),
};

/// Experts in the order of the gate's weights.
const EXPERTS: [&str; 4] = ["text", "image", "concat", "product"];

macro_rules! expert {
    ($name:literal) => {
        [
            concat!("experts.", $name, ".head.0.weight"),
            concat!("experts.", $name, ".head.0.bias"),
            concat!("experts.", $name, ".head.2.weight"),
            concat!("experts.", $name, ".head.2.bias"),
        ]
    };
}
pub(super) use expert;

fn parameters(sizes: &Sizes, _: Variant) -> Vec<Parameter> {
    let experts: [([&'static str; 4], usize); EXPERTS.len()] = [
        (expert!("text"), sizes.text),
        (expert!("image"), sizes.image),
        (expert!("concat"), sizes.both()),
        (expert!("product"), sizes.both()),
    ];
    let experts = experts.into_iter().flat_map(|(names, inputs)| Parameter::whole_head(names, inputs, sizes));
    let first = Parameter::linear(["gate.0.weight", "gate.0.bias"], sizes.both(), sizes.hidden);
    let output = Parameter::linear(["gate.2.weight", "gate.2.bias"], sizes.hidden, EXPERTS.len());
    experts.chain(first).chain(output).collect()
}
