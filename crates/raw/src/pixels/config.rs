//! What a model's folder says about its images: `preprocessor_config.json` or `processor_config.json`.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Map, Value};

use super::resize::Resample;
use crate::error::{RawError, brief, printable};

/// Longest configuration that is read, in bytes.
const LONGEST_FILE: u64 = 1 << 20;
/// Longest edge of a result.
const LONGEST_EDGE: u64 = 4_096;

/// CLIP's own mean and standard deviation of red, green and blue.
const CLIP_MEAN: [f64; 3] = [0.481_454_66, 0.457_827_5, 0.408_210_73];
const CLIP_STD: [f64; 3] = [0.268_629_54, 0.261_302_58, 0.275_777_11];

/// The size that images are resized to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    /// The shorter edge, with the ratio of the edges kept.
    Shortest(usize),
    /// Both edges.
    Exactly { width: usize, height: usize },
}

impl Size {
    /// Width and height of an image after it was resized. The longer edge is rounded down.
    pub(super) fn of(self, width: usize, height: usize) -> (usize, usize) {
        match self {
            Self::Exactly { width, height } => (width, height),
            Self::Shortest(edge) if width <= height => (edge, edge * height / width),
            Self::Shortest(edge) => (edge * width / height, edge),
        }
    }
}

/// The steps of a preprocessing.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Settings {
    pub(super) resize: Option<(Size, Resample)>,
    /// Width and height.
    pub(super) crop: Option<(usize, usize)>,
    /// What a channel's value from 0 to 255 is multiplied by.
    pub(super) factor: f64,
    /// Mean and standard deviation of each channel.
    pub(super) normal: Option<([f64; 3], [f64; 3])>,
}

impl Settings {
    /// CLIP's own for square images of `size` pixels.
    pub(super) const fn clip(size: usize) -> Self {
        Self {
            resize: Some((Size::Shortest(size), Resample::Bicubic)),
            crop: Some((size, size)),
            factor: 1.0 / 255.0,
            normal: Some((CLIP_MEAN, CLIP_STD)),
        }
    }

    /// Width and height of the result.
    pub(super) const fn result(&self) -> (usize, usize) {
        match (self.crop, self.resize) {
            (Some(crop), _) => crop,
            (None, Some((Size::Exactly { width, height }, _))) => (width, height),
            (None, Some((Size::Shortest(edge), _))) => (edge, edge),
            // `read` refuses it.
            (None, None) => (1, 1),
        }
    }

    pub(super) fn describe(&self) -> String {
        let mut steps = vec!["RGB without alpha".to_owned()];
        steps.extend(self.resize.map(|(size, filter)| match size {
            Size::Shortest(edge) => format!("shorter edge to {edge} ({}, as Pillow)", filter.name()),
            Size::Exactly { width, height } => {
                format!("resized to {width} × {height} ({}, as Pillow)", filter.name())
            }
        }));
        steps.extend(self.crop.map(|(width, height)| format!("centre crop {width} × {height}")));
        steps.push(format!("times {}", self.factor));
        let list = |values: [f64; 3]| values.map(|value| value.to_string()).join(" ");
        let normal = self.normal.map(|(mean, std)| format!("mean {}, std {}", list(mean), list(std)));
        steps.extend(normal);
        steps.join(", ")
    }
}

/// The settings in a model's folder.
pub(super) fn read(folder: &Path) -> Result<Settings, RawError> {
    if let Some(file) = File::read(&folder.join("preprocessor_config.json"))? {
        return file.settings();
    }
    if let Some(mut file) = File::read(&folder.join("processor_config.json"))?
        && let Some(Value::Object(inner)) = file.keys.remove("image_processor")
    {
        file.keys = inner;
        return file.settings();
    }
    Err(RawError::NoPreprocessing { folder: printable(folder) })
}

/// A file's keys.
struct File {
    path: String,
    keys: Map<String, Value>,
}

impl File {
    /// Nothing where there is no such file.
    fn read(path: &Path) -> Result<Option<Self>, RawError> {
        let printed = printable(path);
        let text = match host::files::read_text(path, LONGEST_FILE) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RawError::Io { path: printed, reason: brief(error) }),
        };
        match serde_json::from_str(&text) {
            Ok(keys) => Ok(Some(Self { path: printed, keys })),
            Err(error) => Err(RawError::Damaged { path: printed, reason: brief(error) }),
        }
    }

    fn settings(&self) -> Result<Settings, RawError> {
        let (clip, is_clip) = (Settings::clip(224), self.is_clip());
        if self.flag("do_pad", false)? {
            return Err(self.refused("do_pad", "images are not padded; use a model without it"));
        }
        let resize =
            if self.flag("do_resize", true)? { Some((self.size()?, self.resample()?)) } else { None };
        let crop = if self.flag("do_center_crop", is_clip)? { Some(self.crop()?) } else { None };
        if resize.is_none() && crop.is_none() {
            return Err(self.refused(
                "do_resize",
                "all images of a batch need one size, so `do_resize` or `do_center_crop` has to be true",
            ));
        }
        let factor = if self.flag("do_rescale", true)? { self.factor(clip.factor)? } else { 1.0 };
        let normal = if self.flag("do_normalize", true)? {
            Some((self.channels("image_mean", CLIP_MEAN)?, self.channels("image_std", CLIP_STD)?))
        } else {
            None
        };
        if normal.is_some_and(|(_, std)| std.iter().any(|&std| std as f32 <= 0.0)) {
            return Err(self.refused("image_std", "the standard deviations have to be above 0"));
        }
        Ok(Settings { resize, crop, factor, normal })
    }

    /// Whether absent keys have CLIP's defaults: an image processor of CLIP, or of no name.
    fn is_clip(&self) -> bool {
        let kind = ["image_processor_type", "feature_extractor_type"].iter().find_map(|key| self.get(key));
        kind.is_none_or(|kind| kind.as_str().is_some_and(|kind| kind.starts_with("CLIP")))
    }

    /// A key's value; null is as good as absent.
    fn get(&self, key: &str) -> Option<&Value> {
        self.keys.get(key).filter(|value| !value.is_null())
    }

    /// The value of a key whose default differs between models. Nothing means CLIP's.
    fn known(&self, key: &'static str) -> Result<Option<&Value>, RawError> {
        match self.get(key) {
            None if !self.is_clip() => Err(self.unsupported(format!(
                "`{key}` is missing, and its default is known for CLIP's image processor only; write it into the file"
            ))),
            value => Ok(value),
        }
    }

    fn flag(&self, key: &'static str, default: bool) -> Result<bool, RawError> {
        match self.get(key) {
            None => Ok(default),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(self.refused(key, "it has to be true or false")),
        }
    }

    fn size(&self) -> Result<Size, RawError> {
        const WANTED: &str =
            "supported are a number, `shortest_edge` alone, and `height` with `width`, of 1 to 4096 pixels";
        let edges = match self.known("size")? {
            None => return Ok(Size::Shortest(224)),
            Some(Value::Object(edges)) => edges,
            Some(value) => {
                let edge = edge(Some(value)).ok_or_else(|| self.refused("size", WANTED))?;
                // CLIP's image processor alone takes a number for the shorter edge.
                return Ok(if self.is_clip() {
                    Size::Shortest(edge)
                } else {
                    Size::Exactly { width: edge, height: edge }
                });
            }
        };
        let mut named: Vec<&str> =
            edges.iter().filter(|(_, value)| !value.is_null()).map(|(key, _)| key.as_str()).collect();
        named.sort_unstable();
        let size = match named[..] {
            ["shortest_edge"] => edge(edges.get("shortest_edge")).map(Size::Shortest),
            ["height", "width"] => edge(edges.get("width"))
                .zip(edge(edges.get("height")))
                .map(|(width, height)| Size::Exactly { width, height }),
            _ => None,
        };
        size.ok_or_else(|| self.refused("size", WANTED))
    }

    fn crop(&self) -> Result<(usize, usize), RawError> {
        let crop = match self.known("crop_size")? {
            None => Some((224, 224)),
            Some(Value::Object(edges)) => edge(edges.get("width")).zip(edge(edges.get("height"))),
            number => edge(number).map(|edge| (edge, edge)),
        };
        crop.ok_or_else(|| {
            self.refused(
                "crop_size",
                "supported are a number, and `height` with `width`, of 1 to 4096 pixels",
            )
        })
    }

    fn resample(&self) -> Result<Resample, RawError> {
        let Some(value) = self.known("resample")? else { return Ok(Resample::Bicubic) };
        value.as_u64().and_then(Resample::from_number).ok_or_else(|| {
            self.refused(
                "resample",
                "supported are 0 (nearest), 1 (lanczos), 2 (bilinear), 3 (bicubic), 4 (box) and 5 (hamming)",
            )
        })
    }

    fn factor(&self, default: f64) -> Result<f64, RawError> {
        let Some(value) = self.get("rescale_factor") else { return Ok(default) };
        value.as_f64().ok_or_else(|| self.refused("rescale_factor", "it has to be a number"))
    }

    /// One number for each channel, or one for all.
    fn channels(&self, key: &'static str, default: [f64; 3]) -> Result<[f64; 3], RawError> {
        let number = |value: &Value| value.as_f64().filter(|number| (*number as f32).is_finite());
        let channels = match self.known(key)? {
            None => Some(default),
            Some(Value::Array(values)) => values
                .iter()
                .map(number)
                .collect::<Option<Vec<_>>>()
                .and_then(|values| values.try_into().ok()),
            Some(value) => number(value).map(|value| [value; 3]),
        };
        channels.ok_or_else(|| {
            self.refused(key, "it has to be three numbers, one for each of red, green and blue")
        })
    }

    fn refused(&self, key: &'static str, wanted: &str) -> RawError {
        let value = self.get(key).map_or_else(|| "absent".to_owned(), brief);
        self.unsupported(format!("`{key}` is {value}; {wanted}"))
    }

    fn unsupported(&self, reason: String) -> RawError {
        RawError::Unsupported { path: self.path.clone(), reason }
    }
}

/// Whether a result may be so wide or high.
pub(super) fn is_edge(pixels: u64) -> bool {
    (1..=LONGEST_EDGE).contains(&pixels)
}

fn edge(value: Option<&Value>) -> Option<usize> {
    let edge = value?.as_u64().filter(|&edge| is_edge(edge))?;
    usize::try_from(edge).ok()
}
