//! `torch.save`: a zip archive of storages, and a pickle that says which tensors are views of them. Nothing in it is executed.

mod archive;
mod error;
mod names;
mod objects;
mod pickle;
mod value;

pub use archive::{Archive, Extent};
pub use error::Refusal;
pub use value::{Array, Data, Dtype, Global, Heap, Node, Span, Storage, Tensor, Value};
