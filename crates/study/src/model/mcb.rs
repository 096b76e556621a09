//! Compact bilinear pooling: the circular convolution of two count sketches, which holds all n·m pairs in D features.

use super::{Definition, Form, Keeps, Role, Sizes, UnderNoise, Variants, names};

pub(super) const DEFINITION: Definition = Definition {
    names: names!("mcb"),
    variants: Variants::One,
    symbol: "√(D/nm)·S(x) ∗ T(y)",
    role: Role::Fusion,
    needs_equal_widths: false,
    form: Form::Features(width),
    values_read: width,
    keeps: Keeps::Features,
    under_noise: UnderNoise::Polynomial { degrees: [1, 1, 2], passes: 3.0 },
    choices: Some(|settings| settings.sketches),
    // Signs and places; the three Fourier transforms are made once for a data set.
    multiply_adds: |sizes, _| sizes.both(),
};

const fn width(sizes: &Sizes) -> usize {
    if sizes.settings.mcb_width == 0 { sizes.both() } else { sizes.settings.mcb_width }
}
