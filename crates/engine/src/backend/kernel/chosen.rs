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
    /// Bytes of its weights and their moments.
    pub(super) const fn bytes_of_step(&self) -> usize {
        let columns = if self.image > 0 { self.text * self.image } else { self.text };
        3 * size_of::<f32>() * columns * self.units
    }

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

#[cfg(test)]
mod tests {
    use super::super::Kernel;
    use super::super::ffi::instruction_sets;
    use super::*;

    #[test]
    fn a_layer_is_computed_by_the_block_shapes_that_were_chosen_for_it_and_the_call() {
        let sets = instruction_sets();
        // Another instruction set stands for other block shapes where the best one has no others.
        let (first, other) = (sets[0].1[0], sets.last().map(|set| set.1[set.1.len() - 1]).unwrap());
        let layer = FirstLayer { text: 8, image: 0, units: 3 };
        let choice = Choice { layer, call: Call::Step, blocks: other };
        let kernel = Kernel { chosen: Arc::new([choice]), ..Kernel::with(first) };
        let shape = |units| RawShape::linear((8, 0), units);
        let is = |taken: &'static _, blocks: Blocks| std::ptr::eq(taken, blocks.1);
        assert!(is(kernel.functions_for(&shape(3), Call::Step), other));
        assert!(is(kernel.functions_for(&shape(3), Call::Forward), first));
        assert!(is(kernel.functions_for(&shape(4), Call::Step), first));
    }
}
