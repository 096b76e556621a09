//! What is trained: the features of a fusion, and a head behind them.
//!
//! A fusion is one file here, its definition without `LibTorch`, and one line in the list below; its forward pass is one
//! file and one line in the engine. What a study trains of it, and how, is a [`ModelId`].

mod baseline;
mod definition;
mod id;
mod rate;
mod robust;
mod settings;

pub use baseline::Baseline;
pub use definition::{
    Definition, Form, HeadKind, Keeps, Parameter, Role, Sizes, Start, UnderNoise, Variant, Variants,
};
pub use id::ModelId;
pub(crate) use id::in_fields;
pub use rate::Rate;
pub use robust::Robust;
pub use settings::{DynmmGate, FusionSettings, GmuGate, ModuleOutput};
pub use torchscript::{Module, ModuleParameter, PARAMETERS, intern_modules};

use definition::names;

macro_rules! fusions {
    ($($name:ident = $file:ident,)*) => {
        $(mod $file;)*

        /// How the two modalities become what a head reads.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fusion {
            $(
                #[doc = concat!("`", stringify!($file), "`, as its file defines it.")]
                $name,
            )*
        }

        impl Fusion {
            /// Every fusion, derived row and baseline, in the order of tables and charts.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// What the fusion is.
            pub const fn definition(self) -> &'static Definition {
                match self {
                    $(Self::$name => &$file::DEFINITION,)*
                }
            }
        }
    };
}

// One line for each fusion, in the order of tables and charts.
fusions! {
    Concat = concat,
    Product = product,
    Tensor = tensor,
    Tfn = tfn,
    Mcb = mcb,
    Lmf = lmf,
    Gmu = gmu,
    Dynmm = dynmm,
    Searched = searched,
    Torchscript = torchscript,
    Text = text,
    Image = image,
    Late = late,
    Permuted = permuted,
}

#[cfg(test)]
mod tests;
