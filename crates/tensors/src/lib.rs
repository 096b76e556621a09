//! Arrays in files: what their elements are, and where tensors lie in an archive of `torch.save`. Knows neither data sets
//! nor models, nor LibTorch.

mod element;
pub mod torch;

pub use element::{Element, Layout};
