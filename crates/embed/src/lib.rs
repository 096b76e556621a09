//! Raw pairs of text and image made into embeddings by a pretrained encoder in LibTorch.

mod clip;
mod encoder;
mod error;
