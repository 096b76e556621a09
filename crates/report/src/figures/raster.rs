//! A figure as pixels.

use png::{BitDepth, ColorType, EncodingError};
use resvg::tiny_skia::{Color, Pixmap, Transform};

use super::font;

/// Pixels for each unit of the SVG, which are sized for a screen: enough for print at column width.
const SCALE: f32 = 2.0;

/// The PNG of an SVG without links or pictures of its own, `about` as its text chunks.
pub(super) fn png(svg: &str, about: &[(&'static str, String)]) -> Result<Vec<u8>, String> {
    let tree = font::tree(svg)?;
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or("it has no size")?;
    let mut pixels = Pixmap::new(size.width(), size.height()).ok_or("it is too large")?;
    // Whatever is drawn lies on white, so that no pixel is transparent and none needs its colour divided.
    pixels.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    encoded(&pixels, about).map_err(|error| error.to_string())
}

fn encoded(pixels: &Pixmap, about: &[(&'static str, String)]) -> Result<Vec<u8>, EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixels.width(), pixels.height());
    encoder.set_color(ColorType::Rgba);
    encoder.set_depth(BitDepth::Eight);
    for (key, value) in about {
        encoder.add_itxt_chunk((*key).to_owned(), value.clone())?;
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels.data())?;
    writer.finish()?;
    Ok(bytes)
}
