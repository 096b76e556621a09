//! One task's inputs and labels on one split. Splits whose rows are not projected share the source's rows in memory and
//! make their own when they are asked for.

use std::sync::Arc;

use ndarray::{Array2, Axis};

use study::event::SplitOf;

use super::Inputs;
use super::fitted::FittedScale;

/// One task's inputs and labels.
#[derive(Clone, Debug)]
pub struct TaskData {
    held: Held,
    /// Numbers of classes, from 0. `[rows]`
    pub labels: SplitOf<Vec<u16>>,
}

#[derive(Clone, Debug)]
enum Held {
    Own(Arc<Inputs>),
    Shared(Arc<Shared>),
}

/// A split's part of rows that several splits share.
#[derive(Debug)]
pub(crate) struct Shared {
    /// Text and image, as they come. `[rows, width]` each
    pub(crate) source: Arc<[Array2<f32>; 2]>,
    /// The split's rows among them.
    pub(crate) places: SplitOf<Vec<u32>>,
    /// What its own training rows were scaled by, text and image.
    pub(crate) scale: [FittedScale; 2],
}

impl TaskData {
    /// With inputs of its own.
    pub fn new(inputs: Arc<Inputs>, labels: SplitOf<Vec<u16>>) -> Self {
        Self { held: Held::Own(inputs), labels }
    }

    /// The embeddings, as the model receives them. Made anew where splits share rows: keep them no longer than needed.
    pub fn inputs(&self) -> Arc<Inputs> {
        match &self.held {
            Held::Own(inputs) => Arc::clone(inputs),
            Held::Shared(shared) => Arc::new(shared.inputs()),
        }
    }

    /// Widths of text and image.
    pub(crate) fn widths(&self) -> [usize; 2] {
        match &self.held {
            Held::Own(inputs) => [inputs.text.train.ncols(), inputs.image.train.ncols()],
            // Shared rows are not projected.
            Held::Shared(shared) => shared.source.each_ref().map(Array2::ncols),
        }
    }

    /// The same number for tasks and draws that have the same inputs, and for no others.
    pub fn key(&self) -> usize {
        match &self.held {
            Held::Own(inputs) => Arc::as_ptr(inputs).addr(),
            Held::Shared(shared) => Arc::as_ptr(shared).addr(),
        }
    }

    /// Gives up its inputs for `shared`, which makes the same, where they are `own`.
    pub(crate) fn share(&mut self, own: &Arc<Inputs>, shared: &Arc<Shared>) {
        if matches!(&self.held, Held::Own(inputs) if Arc::ptr_eq(inputs, own)) {
            self.held = Held::Shared(Arc::clone(shared));
        }
    }
}

impl Shared {
    /// Text or image of the split, before it is scaled.
    pub(crate) fn rows(source: &Array2<f32>, places: &SplitOf<Vec<u32>>) -> SplitOf<Array2<f32>> {
        places.map(|places| {
            let mut rows = Array2::zeros((places.len(), source.ncols()));
            for (mut to, &from) in rows.axis_iter_mut(Axis(0)).zip(places) {
                to.assign(&source.row(from as usize));
            }
            rows
        })
    }

    fn inputs(&self) -> Inputs {
        let [text, image] = [0, 1].map(|of: usize| {
            let mut rows = Self::rows(&self.source[of], &self.places);
            for part in [&mut rows.train, &mut rows.validation, &mut rows.test] {
                self.scale[of].apply(part);
            }
            rows
        });
        Inputs { text, image }
    }
}
