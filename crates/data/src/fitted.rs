//! What was fitted on a data set's training rows, kept so that other rows can be preprocessed in the same way.

use ndarray::{Array2, Axis};

use super::encoder;
use super::error::DataError;

/// Both modalities' way from a source's rows to the model's.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    /// Modality A.
    pub text: FittedModality,
    /// Modality B.
    pub image: FittedModality,
}

/// One modality's.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedModality {
    /// The frozen projection, where a common width was asked for. Too large for a text. `[from, width]`
    pub projection: Option<Array2<f32>>,
    /// What comes after it.
    pub scale: FittedScale,
}

/// A scale, see `data.scale`.
#[derive(Clone, Debug, PartialEq)]
pub enum FittedScale {
    /// Rows stay as they are.
    None,
    /// Every entry times so much.
    Rms {
        /// Gives the training entries a mean square of 1.
        factor: f64,
    },
    /// Every column less its mean, by its deviation.
    Standard {
        /// Of each column.
        mean: Vec<f64>,
        /// Of each column, over n; 1 for a column without variance.
        deviation: Vec<f64>,
    },
}

/// How the synthetic task's labels are made of the model's rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Cut {
    /// A dot product above it is labelled 1.
    pub threshold: f64,
    /// The training means that are taken from text and image first, where the rows are centred.
    pub centre: Option<(Vec<f64>, Vec<f64>)>,
}

impl FittedModality {
    /// The source's `rows` as the model receives them. `[rows, width]`
    ///
    /// # Errors
    /// Where `rows`, which `place` names, are not as wide as those that this was fitted on.
    pub(crate) fn apply(&self, rows: Array2<f32>, place: &str) -> Result<Array2<f32>, DataError> {
        let wanted = match (&self.projection, &self.scale) {
            (Some(map), _) => map.nrows(),
            (None, FittedScale::Standard { mean, .. }) => mean.len(),
            (None, FittedScale::None | FittedScale::Rms { .. }) => rows.ncols(),
        };
        if rows.ncols() != wanted {
            return Err(DataError::OtherWidth { place: place.to_owned(), found: rows.ncols(), wanted });
        }
        let mut rows = match &self.projection {
            Some(map) => encoder::apply(&rows, map),
            None => rows,
        };
        self.scale.apply(&mut rows);
        Ok(rows)
    }
}

impl FittedScale {
    /// Scales `rows` in place.
    pub(crate) fn apply(&self, rows: &mut Array2<f32>) {
        match self {
            Self::None => {}
            Self::Rms { factor } => rows.mapv_inplace(|value| (f64::from(value) * factor) as f32),
            Self::Standard { mean, deviation } => {
                for ((mut column, &mean), &deviation) in rows.axis_iter_mut(Axis(1)).zip(mean).zip(deviation)
                {
                    column.mapv_inplace(|value| ((f64::from(value) - mean) / deviation) as f32);
                }
            }
        }
    }
}

impl Cut {
    /// Takes the training means away, where they are to be.
    pub(crate) fn centre(&self, text: &mut Array2<f32>, image: &mut Array2<f32>) {
        let Some((of_text, of_image)) = &self.centre else { return };
        for (rows, mean) in [(text, of_text), (image, of_image)] {
            for mut row in rows.rows_mut() {
                row.iter_mut().zip(mean).for_each(|(value, mean)| *value = (f64::from(*value) - mean) as f32);
            }
        }
    }

    /// The label of every row of the model's. `[rows]`
    pub(crate) fn labels(&self, text: &Array2<f32>, image: &Array2<f32>) -> Vec<u16> {
        let products = super::pairs::dot_products(text, image);
        products.iter().map(|&product| u16::from(product > self.threshold)).collect()
    }
}
