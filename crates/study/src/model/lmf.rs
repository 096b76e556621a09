//! Low-rank fusion: unit k's matrix on [x ; 1] and [y ; 1] has rank r at most, and is learned as its factors.

use std::sync::LazyLock;

use super::definition::{Start, Variant};
use super::{Definition, Form, Keeps, Parameter, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("lmf"),
    variants: Variants::Numbered { name, most: MOST, example: 4 },
    symbol: "Σ_s U_ks·V_ks",
    role: Role::Fusion,
    needs_equal_widths: false,
    form: Form::Own { parameters, fused_width: |sizes, _| Some(sizes.hidden), experts: &[] },
    values_read: Sizes::both,
    keeps: Keeps::Beside,
    under_noise: UnderNoise::ByLevel,
    choices: None,
    multiply_adds: |sizes, variant| rank(variant) * sizes.hidden * (sizes.both() + 1),
};

/// The largest rank that has a name.
const MOST: Variant = 1024;

fn name(rank: Variant) -> &'static str {
    static NAMES: LazyLock<Vec<String>> =
        LazyLock::new(|| (0..=MOST).map(|rank| format!("lmf-{rank}")).collect());
    NAMES.get(usize::from(rank)).filter(|_| rank > 0).map_or("lmf", String::as_str)
}

/// The rank r; 1 where none is named.
fn rank(variant: Variant) -> usize {
    usize::from(variant.max(1))
}

/// Row k·r + s of a projection is unit k's factor s.
fn parameters(sizes: &Sizes, variant: Variant) -> Vec<Parameter> {
    let (rank, units) = (rank(variant), sizes.hidden);
    let text = Parameter::linear(["text.weight", "text.bias"], sizes.text, rank * units);
    let image = Parameter::linear(["image.weight", "image.bias"], sizes.image, rank * units);
    let bias = Parameter { name: "bias", shape: vec![units], start: Start::Zero, key: None };
    text.into_iter().chain(image).chain([bias]).chain(Parameter::output(sizes)).collect()
}
