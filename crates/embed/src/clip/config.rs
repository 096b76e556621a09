//! `config.json` of a Hugging Face CLIP folder. What it leaves out has the defaults of transformers' `CLIPConfig`.

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{EmbedError, printable};
use host::files;

/// Bytes of a configuration at most.
const LONGEST: u64 = 1 << 20;
/// The widest, deepest and longest of anything: far more than any model has, and products stay far below 2^63.
const MOST: i64 = 1 << 24;

/// Both towers.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) text: TextConfig,
    pub(super) image: ImageConfig,
    /// Numbers in an embedding.
    pub(super) width: i64,
}

/// The text tower, `text_config`.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct TextConfig {
    pub(super) vocab_size: i64,
    pub(super) hidden_size: i64,
    pub(super) intermediate_size: i64,
    pub(super) num_hidden_layers: i64,
    pub(super) num_attention_heads: i64,
    pub(super) max_position_embeddings: i64,
    pub(super) hidden_act: String,
    pub(super) layer_norm_eps: f64,
    pub(super) eos_token_id: i64,
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 49_408,
            hidden_size: 512,
            intermediate_size: 2_048,
            num_hidden_layers: 12,
            num_attention_heads: 8,
            max_position_embeddings: 77,
            hidden_act: "quick_gelu".into(),
            layer_norm_eps: 1e-5,
            eos_token_id: 49_407,
        }
    }
}

/// The image tower, `vision_config`.
#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct ImageConfig {
    pub(super) hidden_size: i64,
    pub(super) intermediate_size: i64,
    pub(super) num_hidden_layers: i64,
    pub(super) num_attention_heads: i64,
    pub(super) num_channels: i64,
    pub(super) image_size: i64,
    pub(super) patch_size: i64,
    pub(super) hidden_act: String,
    pub(super) layer_norm_eps: f64,
}

impl Default for ImageConfig {
    fn default() -> Self {
        Self {
            hidden_size: 768,
            intermediate_size: 3_072,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            num_channels: 3,
            image_size: 224,
            patch_size: 32,
            hidden_act: "quick_gelu".into(),
            layer_norm_eps: 1e-5,
        }
    }
}

/// What stands between the two layers of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Activation {
    /// `x · sigmoid(1.702 x)`, in `OpenAI`'s models.
    QuickGelu,
    /// `x · Φ(x)`, in those of LAION.
    Gelu,
}

impl Config {
    /// Of the folder's `config.json`.
    pub(super) fn read(folder: &Path) -> Result<Self, EmbedError> {
        let path = folder.join("config.json");
        let text = files::read_text(&path, LONGEST).map_err(|error| EmbedError::io("read", &path, &error))?;
        Self::parse(&text).map_err(|reason| EmbedError::model(&path, reason))
    }

    /// Of its text; what is wrong otherwise.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let all: Map<String, Value> = serde_json::from_str(text).map_err(printable)?;
        let kind = all.get("model_type").and_then(Value::as_str).unwrap_or_default();
        if kind != "clip" {
            return Err(other_model(kind));
        }
        let width = match all.get("projection_dim") {
            None | Some(Value::Null) => 512,
            Some(value) => value.as_i64().ok_or("`projection_dim` is no whole number")?,
        };
        let config = Self {
            text: part(&all, ["text_config_dict", "text_config"])?,
            image: part(&all, ["vision_config_dict", "vision_config"])?,
            width,
        };
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let (text, image) = (&self.text, &self.image);
        for (key, value) in [
            ("projection_dim", self.width),
            ("text_config.vocab_size", text.vocab_size),
            ("text_config.hidden_size", text.hidden_size),
            ("text_config.intermediate_size", text.intermediate_size),
            ("text_config.num_hidden_layers", text.num_hidden_layers),
            ("text_config.num_attention_heads", text.num_attention_heads),
            ("text_config.max_position_embeddings", text.max_position_embeddings),
            ("vision_config.hidden_size", image.hidden_size),
            ("vision_config.intermediate_size", image.intermediate_size),
            ("vision_config.num_hidden_layers", image.num_hidden_layers),
            ("vision_config.num_attention_heads", image.num_attention_heads),
            ("vision_config.image_size", image.image_size),
            ("vision_config.patch_size", image.patch_size),
        ] {
            if !(1..=MOST).contains(&value) {
                return Err(format!("`{key}` is {value}; it must be from 1 to {MOST}"));
            }
        }
        if image.num_channels != 3 {
            return Err(format!("`vision_config.num_channels` is {}; pictures have 3", image.num_channels));
        }
        if image.patch_size > image.image_size {
            return Err(format!(
                "`vision_config.patch_size` is {}, more than `image_size` {}",
                image.patch_size, image.image_size
            ));
        }
        for (key, width, heads) in [
            ("text_config", text.hidden_size, text.num_attention_heads),
            ("vision_config", image.hidden_size, image.num_attention_heads),
        ] {
            if width % heads != 0 {
                return Err(format!("`{key}.hidden_size` {width} is no multiple of its {heads} heads"));
            }
        }
        activation("text_config", &text.hidden_act)?;
        activation("vision_config", &image.hidden_act)?;
        Ok(())
    }
}

/// The activation of a tower's name.
pub(super) fn activation(tower: &str, name: &str) -> Result<Activation, String> {
    match name {
        "quick_gelu" => Ok(Activation::QuickGelu),
        "gelu" => Ok(Activation::Gelu),
        other => Err(format!(
            "`{tower}.hidden_act` is `{}`; quick_gelu and gelu are read here{TORCHSCRIPT}",
            printable(other)
        )),
    }
}

/// The first of these keys that has a value. transformers lets the old `…_config_dict` replace all of the other.
fn part<T: DeserializeOwned + Default>(all: &Map<String, Value>, keys: [&str; 2]) -> Result<T, String> {
    let found = keys.iter().find_map(|key| Some((key, all.get(*key).filter(|value| !value.is_null())?)));
    let Some((key, value)) = found else { return Ok(T::default()) };
    T::deserialize(value).map_err(|error| format!("`{key}`: {}", printable(error)))
}

/// What else can be done.
const TORCHSCRIPT: &str = "; any other pair of encoders can be used as a TorchScript file `model.pt` with the methods \
                           encode_text(ids) and encode_image(pixels)";

fn other_model(kind: &str) -> String {
    let why = match kind {
        "siglip" | "siglip2" => {
            "a SigLIP model: it has no causal mask, and pools otherwise; only `model_type` clip is read here"
        }
        "" => "its config.json names no `model_type`; only clip is read here",
        _ => "only `model_type` clip is read here",
    };
    let named =
        if kind.is_empty() { String::new() } else { format!("`model_type` is `{}`, ", printable(kind)) };
    format!("{named}{why}{TORCHSCRIPT}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_transformers_default() {
        let config =
            Config::parse(r#"{"model_type": "clip", "text_config": {"hidden_act": "gelu"}}"#).unwrap();
        assert_eq!((config.width, config.text.hidden_size, config.image.hidden_size), (512, 512, 768));
        assert_eq!(
            (config.text.hidden_act.as_str(), config.image.hidden_act.as_str()),
            ("gelu", "quick_gelu")
        );
        assert_eq!(config.text.eos_token_id, 49_407);
        let old = r#"{"model_type": "clip", "text_config_dict": {"hidden_size": 768, "num_attention_heads": 12},
                      "text_config": {"hidden_size": 1024}, "vision_config_dict": null}"#;
        assert_eq!(Config::parse(old).unwrap().text.hidden_size, 768);
    }

    #[test]
    fn a_model_of_another_kind_is_refused_by_name_with_a_way_out() {
        for (text, named) in [
            (r#"{"model_type": "siglip"}"#, "SigLIP"),
            (r#"{"model_type": "align"}"#, "`align`"),
            ("{}", "names no `model_type`"),
        ] {
            let refused = Config::parse(text).unwrap_err();
            assert!(refused.contains(named) && refused.contains("encode_image(pixels)"), "{refused}");
        }
    }

    #[test]
    fn numbers_that_make_no_model_are_refused_by_their_key() {
        for (part, key) in [
            (r#""projection_dim": 0"#, "projection_dim"),
            (r#""projection_dim": 1.5"#, "projection_dim"),
            (r#""text_config": {"hidden_size": 10, "num_attention_heads": 3}"#, "text_config.hidden_size"),
            (r#""text_config": {"hidden_size": 9223372036854775807}"#, "text_config.hidden_size"),
            (r#""text_config": {"num_hidden_layers": "x"}"#, "text_config"),
            (r#""vision_config": {"patch_size": 0}"#, "vision_config.patch_size"),
            (r#""vision_config": {"patch_size": 300}"#, "vision_config.patch_size"),
            (r#""vision_config": {"num_channels": 1}"#, "vision_config.num_channels"),
            (r#""vision_config": {"hidden_act": "relu"}"#, "vision_config.hidden_act"),
        ] {
            let refused = Config::parse(&format!(r#"{{"model_type": "clip", {part}}}"#)).unwrap_err();
            assert!(refused.contains(key), "{part}: {refused}");
        }
    }
}
