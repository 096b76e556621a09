//! Images as an encoder takes them: decoded to RGB, resized, cropped and normalised as the model's folder says.
//!
//! The order and the rounding are those of `transformers` on Pillow images: resize and crop in 8 bits, then rescale and
//! normalise in f32. Transparency is dropped, as Pillow's `convert("RGB")` and so CLIP's own training code do
//! (`transformers` 5 lays transparent pixels on white instead), and an EXIF rotation is not applied.

mod config;
mod decode;
mod resize;

use std::ops::Range;
use std::path::Path;

use super::error::RawError;
use config::Settings;

/// Pixels along an edge of a resized image at most.
const WIDEST_RESIZED: usize = 1 << 24;

/// How images become an encoder's input.
#[derive(Debug, Clone)]
pub struct Preprocessing {
    settings: Settings,
    /// The result for each value of each channel.
    table: [[f32; 256]; 3],
}

impl Preprocessing {
    /// From `preprocessor_config.json`, or from `image_processor` in `processor_config.json`, in a model's folder. Absent
    /// keys take the defaults of CLIP; an image processor of another name has to write what differs between models.
    ///
    /// # Errors
    /// Where the folder has neither file, a file is damaged, or a key has a value that is not supported; the error names
    /// file and key.
    pub fn read(folder: &Path) -> Result<Self, RawError> {
        config::read(folder).map(Self::from_settings)
    }

    /// CLIP's own values for an encoder of square images of `size` pixels, for a folder without either file. Nothing where
    /// `size` is not from 1 to 4096.
    pub fn clip(size: usize) -> Option<Self> {
        config::is_edge(size as u64).then(|| Self::from_settings(Settings::clip(size)))
    }

    fn from_settings(settings: Settings) -> Self {
        let table = [0, 1, 2].map(|channel| {
            let mut values = [0.0; 256];
            for (value, result) in values.iter_mut().enumerate() {
                // Rescaled in f64 and normalised in f32, as transformers does with NumPy.
                let rescaled = (value as f64 * settings.factor) as f32;
                *result = match &settings.normal {
                    Some((mean, std)) => (rescaled - mean[channel] as f32) / std[channel] as f32,
                    None => rescaled,
                };
            }
            values
        });
        Self { settings, table }
    }

    /// Pixels in a row of the result.
    pub const fn width(&self) -> usize {
        self.settings.result().0
    }

    /// Rows of the result.
    pub const fn height(&self) -> usize {
        self.settings.result().1
    }

    /// An encoded image (PNG, JPEG, WebP, BMP, or the first frame of a GIF) as `[3, height, width]`, row-major.
    ///
    /// # Errors
    /// Where it is in another format, damaged, larger than what is read at most, or not square where it would have to be.
    pub fn apply(&self, encoded: &[u8]) -> Result<Vec<f32>, RawError> {
        let image = decode::decode(encoded)?;
        let (width, height) = (self.width(), self.height());
        let (resized, filter) = match self.settings.resize {
            Some((size, filter)) => (size.of(image.width, image.height), filter),
            None => ((image.width, image.height), resize::Resample::Nearest),
        };
        if resized.0.max(resized.1) > WIDEST_RESIZED {
            let bound = format!("it would be {} × {} when resized", resized.0, resized.1);
            return Err(RawError::LargeImage { width: image.width, height: image.height, bound });
        }
        if self.settings.crop.is_none() && resized != (width, height) {
            return Err(RawError::NotSquare { width: resized.0, height: resized.1, edge: width });
        }
        let (columns, left) = centred(resized.0, width);
        let (rows, top) = centred(resized.1, height);
        let middle = resize::resize(&image, resized, filter, columns, rows);
        Ok(self.values(&middle, left, top))
    }

    /// `image` put `left` and `top` pixels into a black result, its channels one after the other.
    fn values(&self, image: &Rgb, left: usize, top: usize) -> Vec<f32> {
        let (width, height) = (self.width(), self.height());
        let mut values = Vec::with_capacity(3 * width * height);
        for (channel, table) in self.table.iter().enumerate() {
            let plane = values.len();
            values.resize(plane + width * height, table[0]);
            for (row, pixels) in image.pixels.chunks_exact(image.width * 3).enumerate() {
                let begin = plane + (top + row) * width + left;
                for (value, pixel) in values[begin..].iter_mut().zip(pixels.chunks_exact(3)) {
                    *value = table[usize::from(pixel[channel])];
                }
            }
        }
        values
    }

    /// The steps in one line, for a provenance.
    pub fn describe(&self) -> String {
        self.settings.describe()
    }
}

/// The middle `wanted` of `there` pixels, and how many black ones stand before it where there are fewer.
const fn centred(there: usize, wanted: usize) -> (Range<usize>, usize) {
    if there >= wanted {
        let first = (there - wanted) / 2;
        (first..first + wanted, 0)
    } else {
        (0..there, (wanted - there).div_ceil(2))
    }
}

/// An image of 8-bit red, green and blue.
struct Rgb {
    width: usize,
    height: usize,
    /// `[height, width, 3]`, row-major.
    pixels: Vec<u8>,
}

#[cfg(test)]
mod tests;
