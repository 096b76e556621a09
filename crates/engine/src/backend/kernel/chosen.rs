//! Which block shapes the kernel takes for which first layer. All give the same numbers to the bit, so that one choice holds
//! for the process, and no number depends on it.

use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use super::ffi::{Blocks, RawShape};

/// What a first layer is computed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// A training step.
    Step,
    /// A forward pass alone.
    Forward,
}

/// A first layer by its sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstLayer {
    /// Columns of a row, or of its text where the layer reads pairs.
    pub(crate) text: usize,
    /// Columns of the image; 0 where a row is one vector.
    pub(crate) image: usize,
    pub(crate) units: usize,
}

impl FirstLayer {
    pub(super) const fn is_of(&self, shape: &RawShape) -> bool {
        self.text as i64 == shape.text && self.image as i64 == shape.image && self.units as i64 == shape.units
    }
}

/// The block shapes that one call takes.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) layer: FirstLayer,
    pub(crate) call: Call,
    pub(super) blocks: Blocks,
}

impl Choice {
    /// The block shapes' name.
    pub(crate) const fn name(&self) -> &'static str {
        self.blocks.0
    }
}

static CHOSEN: LazyLock<RwLock<Arc<[Choice]>>> = LazyLock::new(|| RwLock::new(Arc::new([])));

/// What holds from now on; kernels that exist keep theirs.
pub(super) fn set(choices: Vec<Choice>) {
    *CHOSEN.write().unwrap_or_else(PoisonError::into_inner) = choices.into();
}

pub(super) fn now() -> Arc<[Choice]> {
    Arc::clone(&CHOSEN.read().unwrap_or_else(PoisonError::into_inner))
}
