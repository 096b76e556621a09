//! The definition of a fusion, as its file gives it.

use super::settings::FusionSettings;
use crate::event::{RunHeader, TaskFacts};
use crate::grid::Task;

/// A fusion without its arithmetic.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// The names in files, tables and `config.toml`, by head.
    pub names: [&'static str; 2],
    /// Which models there are of it.
    pub variants: Variants,
    /// What the head reads, as a formula in a row's text x `[n]` and image y `[m]`.
    pub symbol: &'static str,
    /// Whether it is a fusion, or what fusions are measured against.
    pub role: Role,
    /// Whether text and image have to be of one width.
    pub needs_equal_widths: bool,
    /// Where its parameters are.
    pub form: Form,
    /// Values of a row that a training step reads.
    pub values_read: fn(&Sizes) -> usize,
    /// What is kept of a data set's rows, from one configuration to the next.
    pub keeps: Keeps,
    /// How it is evaluated under noise.
    pub under_noise: UnderNoise,
    /// How many frozen random choices there are, such as sketches; absent where nothing is drawn but initial weights.
    pub choices: Option<fn(&FusionSettings) -> usize>,
    /// Multiply-adds of the fusion itself for one row, in the order of its size; the layers behind it are not counted.
    pub multiply_adds: fn(&Sizes, Variant) -> usize,
}

/// Which of a fusion's models is meant, such as a rank; 0 where there is one.
pub type Variant = u16;

/// The models of a fusion.
#[derive(Clone, Copy, Debug)]
pub enum Variants {
    /// One, of the fusion's own name.
    One,
    /// One for each of these names, the first of which is the fusion's own.
    Named(&'static [&'static str]),
    /// One for each number from 1 to `most`, by its name. The fusion's own name, number 0, stands for the numbers that
    /// the configuration lists.
    Numbered {
        /// The name of a number; the fusion's own for 0.
        name: fn(Variant) -> &'static str,
        /// The largest number.
        most: Variant,
        /// The number that lists of all models show.
        example: Variant,
    },
    /// One for each file that a configuration names, by its name. The fusion's own name, number 0, stands for none.
    Files {
        /// The name of a number.
        name: fn(Variant) -> &'static str,
    },
}

/// What is kept of a data set's rows for a fusion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeps {
    /// Text and image as they are, shared by all fusions that read them so.
    Inputs,
    /// Text with the image behind it, shared by all fusions that read them so: a vector.
    Beside,
    /// Features, made once for a data set and a frozen choice: a vector.
    Features,
    /// Text and image, each with a one appended.
    WithOnes,
}

/// What a fusion is in the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It joins both modalities.
    Fusion,
    /// It reads one modality: a baseline.
    Modality,
    /// It reads both, and is what fusions are measured against.
    Baseline,
    /// It is derived from the trials of fusions, and never trained.
    Derived,
}

/// Where the parameters of a model are.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// Features without parameters, of this width F; all parameters are the head's.
    Features(fn(&Sizes) -> usize),
    /// Parameters of its own, from input to logits; it has no other head.
    Own {
        /// In order.
        parameters: fn(&Sizes, Variant) -> Vec<Parameter>,
        /// Width of the vector that joins the modalities; absent where there is none.
        fused_width: fn(&Sizes, Variant) -> Option<usize>,
        /// Names of the whole models that a gate weighs for each row; none for most fusions.
        experts: &'static [&'static str],
    },
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
    /// Outputs of the head's first layer: hidden units, or the logits.
    pub const fn units(self, sizes: &Sizes) -> usize {
        match self {
            Self::Hidden => sizes.hidden,
            Self::Logistic => sizes.classes,
        }
    }
}

/// Sizes that a model is built for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// Width n of the text modality.
    pub text: usize,
    /// Width m of the image modality.
    pub image: usize,
    /// Units H of the hidden layer.
    pub hidden: usize,
    /// Classes that it predicts: the width of its logits.
    pub classes: usize,
    /// What single fusions are built with.
    pub settings: FusionSettings,
}

impl Sizes {
    /// Those of a run's models for a task.
    pub fn of(header: &RunHeader, task: Task) -> Self {
        let RunHeader { data, config, .. } = header;
        let classes = data.task(task).map_or(2, TaskFacts::class_count);
        let (hidden, settings) = (config.model.hidden, config.fusion.settings());
        Self { text: data.text_width, image: data.image_width, hidden, classes, settings }
    }

    /// Text's and image's width together.
    pub const fn both(&self) -> usize {
        self.text + self.image
    }
}

/// One parameter of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name in checkpoints, as `PyTorch` has it.
    pub name: &'static str,
    /// In `nn.Linear`'s layout.
    pub shape: Vec<usize>,
    /// Its initial values.
    pub start: Start,
    /// The index of the random key that they are drawn with; absent: its place among the model's parameters.
    pub key: Option<usize>,
}

/// Initial values of a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Uniform in `±1/√fan_in`, for a layer of so many inputs.
    Uniform {
        /// Inputs of the layer that it belongs to.
        fan_in: usize,
    },
    /// Zeros.
    Zero,
}

impl Parameter {
    /// Values.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Weight `[outputs, inputs]` and bias `[outputs]` of a linear layer.
    pub fn linear([weight, bias]: [&'static str; 2], inputs: usize, outputs: usize) -> [Self; 2] {
        let of = |name, shape| Self { name, shape, start: Start::Uniform { fan_in: inputs }, key: None };
        [of(weight, vec![outputs, inputs]), of(bias, vec![outputs])]
    }

    /// `Linear(inputs → H)` and `Linear(H → classes)`, which start as a fusion's head does, wherever they stand.
    pub(super) fn whole_head(names: [&'static str; 4], inputs: usize, sizes: &Sizes) -> Vec<Self> {
        let [weight, bias, output_weight, output_bias] = names;
        let first = Self::linear([weight, bias], inputs, sizes.hidden);
        let output = Self::linear([output_weight, output_bias], sizes.hidden, sizes.classes);
        let keyed = |(key, parameter)| Self { key: Some(key), ..parameter };
        first.into_iter().chain(output).enumerate().map(keyed).collect()
    }

    /// The output layer `Linear(H → classes)` of a model of its own.
    pub(super) fn output(sizes: &Sizes) -> [Self; 2] {
        Self::linear(["head.2.weight", "head.2.bias"], sizes.hidden, sizes.classes)
    }
}

impl Definition {
    /// The model's parameters in order. Initial values are drawn by place in this order, and saved training states name
    /// parameters by it, so it never changes.
    pub fn parameters(&self, head: HeadKind, sizes: &Sizes, variant: Variant) -> Vec<Parameter> {
        match self.form {
            Form::Features(width) => {
                let units = head.units(sizes);
                let first = ["head.0.weight", "head.0.bias"];
                let mut parameters = Parameter::linear(first, width(sizes), units).to_vec();
                if head == HeadKind::Hidden {
                    parameters.extend(Parameter::output(sizes));
                }
                parameters
            }
            Form::Own { parameters, .. } => parameters(sizes, variant),
        }
    }

    /// Names of the whole models that a gate weighs for each row, in the order of its weights; none for most fusions.
    pub const fn experts(&self) -> &'static [&'static str] {
        match self.form {
            Form::Features(_) => &[],
            Form::Own { experts, .. } => experts,
        }
    }

    /// Width F of the vector that joins the modalities; absent where there is none.
    pub fn fused_width(&self, sizes: &Sizes, variant: Variant) -> Option<usize> {
        match self.form {
            Form::Features(width) => Some(width(sizes)),
            Form::Own { fused_width, .. } => fused_width(sizes, variant),
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
