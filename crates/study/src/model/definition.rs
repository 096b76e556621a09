//! The definition of a fusion, as its file gives it.

use super::CLASSES;
use crate::event::RunHeader;

/// A fusion without its arithmetic.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The names in files, tables and `config.toml`, by head.
    pub names: [&'static str; 2],
    /// What the head reads, as a formula in a row's text x `[n]` and image y `[m]`.
    pub symbol: &'static str,
    /// Whether it is a fusion, or one modality alone.
    pub role: Role,
    /// Whether text and image have to be of one width.
    pub needs_equal_widths: bool,
    /// Where its parameters are.
    pub form: Form,
    /// Values of a row that a training step reads, for widths n and m.
    pub values_read: fn(usize, usize) -> usize,
    /// Whether its features are made once for a data set and kept; else a step makes them from text and image.
    pub is_made_once: bool,
    /// How it is evaluated under noise.
    pub under_noise: UnderNoise,
}

/// What a fusion is in the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It joins both modalities.
    Fusion,
    /// It reads one modality: a baseline.
    Modality,
}

/// Where the parameters of a model are.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Features without parameters, of this width F for widths n and m; all parameters are the head's.
    Features(fn(usize, usize) -> usize),
    /// Parameters of its own, from input to logits; it has no other head.
    Own(fn(&Sizes) -> Vec<Parameter>),
}

/// How a model's maps, which are what the products with its large weights make, depend on the level of noise α.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum UnderNoise {
    /// Polynomials in α: all levels follow from a few forward passes.
    Polynomial {
        /// Degree in α with noise on text, on image and on both; 0: the modality is not read.
        degrees: [u32; 3],
        /// Forward passes on noise for each mean.
        passes: f64,
    },
    /// In some other way: each level is a forward pass.
    ByLevel,
}

/// The head behind a fusion's features.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HeadKind {
    /// `Linear(F → H)`, activation, `Linear(H → classes)`.
    Hidden,
    /// `Linear(F → classes)`: logistic regression, by softmax over the logits.
    Logistic,
}

impl HeadKind {
    /// Outputs of the head's first layer: `hidden` units, or the logits.
    pub const fn units(self, hidden: usize) -> usize {
        match self {
            Self::Hidden => hidden,
            Self::Logistic => CLASSES,
        }
    }
}

/// Sizes that a model is built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Width n of the text modality.
    pub text: usize,
    /// Width m of the image modality.
    pub image: usize,
    /// Units H of the hidden layer.
    pub hidden: usize,
}

impl Sizes {
    /// Those of a run's models.
    pub const fn of(header: &RunHeader) -> Self {
        let (data, hidden) = (&header.data, header.config.model.hidden);
        Self { text: data.text_width, image: data.image_width, hidden }
    }
}

/// One parameter of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in checkpoints, as `PyTorch` has it.
    pub name: &'static str,
    /// In `nn.Linear`'s layout.
    pub shape: Vec<usize>,
    /// Inputs of the layer that it belongs to: initial values are uniform in `±1/√fan_in`.
    pub fan_in: usize,
}

impl Parameter {
    /// Values.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Weight `[outputs, inputs]` and bias `[outputs]` of a linear layer.
    pub fn linear([weight, bias]: [&'static str; 2], inputs: usize, outputs: usize) -> [Self; 2] {
        let of = |name, shape| Self { name, shape, fan_in: inputs };
        [of(weight, vec![outputs, inputs]), of(bias, vec![outputs])]
    }
}

impl Definition {
    /// The model's parameters in order. Initial values are drawn by place in this order, and saved training states name
    /// parameters by it, so it never changes.
    pub fn parameters(&self, head: HeadKind, sizes: &Sizes) -> Vec<Parameter> {
        match self.form {
            Form::Features(width) => {
                let units = head.units(sizes.hidden);
                let first = ["head.0.weight", "head.0.bias"];
                let mut parameters = Parameter::linear(first, width(sizes.text, sizes.image), units).to_vec();
                if head == HeadKind::Hidden {
                    parameters.extend(Parameter::linear(["head.2.weight", "head.2.bias"], units, CLASSES));
                }
                parameters
            }
            Form::Own(parameters) => parameters(sizes),
        }
    }
}

/// A fusion's names by head, from its name.
macro_rules! names {
    ($name:literal) => {
        [$name, concat!("logistic-", $name)]
    };
}
pub(super) use names;
