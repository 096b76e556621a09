//! Raw pairs of text and image made into embeddings by a pretrained encoder in LibTorch.
//!
//! [`run`] reads the pairs of a [`Job`], prepares them on threads while the device encodes, and keeps what is done so that
//! the same job goes on from there. It writes no result: that is the caller's, who then calls [`discard_partial`].

mod clip;
mod encoder;
mod error;
mod job;
mod model;
mod pairs;
mod partial;
mod pipeline;
mod prepared;
mod run;
mod torchscript;

pub use error::EmbedError;
pub use job::{Embedded, Job, Progress, Report};
pub use pairs::Names;
pub use raw::Clean;
pub use run::{discard_partial, run};
