//! Who reads rows: a model with its fusion's settings and its frozen random choice.

use crate::backend::parameters::HeadShape;
use study::config::Config;
use study::grid::Seed;
use study::model::{FusionSettings, ModelId};

/// A model as it reads rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) model: ModelId,
    pub(crate) settings: FusionSettings,
    /// Number of the frozen random choice, such as a sketch.
    pub(crate) choice: usize,
    /// What stands where a fusion appends ones to text and to image: 0 where a row is what noise adds to another.
    pub(crate) ones: [f64; 2],
}

impl Reader {
    /// Of the trial with this seed.
    pub(crate) fn of(config: &Config, model: ModelId, seed: Seed) -> Self {
        let settings = config.fusion.settings();
        Self { model, settings, choice: model.choice_of(seed, &settings), ones: [1.0; 2] }
    }

    /// The same for text and image of which some are what noise adds to rows.
    pub(crate) fn of_added(self, [text, image]: [bool; 2]) -> Self {
        Self { ones: [text, image].map(|is_added| if is_added { 0.0 } else { 1.0 }), ..self }
    }
}

impl From<HeadShape> for Reader {
    fn from(shape: HeadShape) -> Self {
        let HeadShape { fusion: model, settings, choice, .. } = shape;
        Self { model, settings, choice, ones: [1.0; 2] }
    }
}
