//! The figures' font. It comes with the program, so that a picture is the same on every machine.

use std::sync::{Arc, LazyLock};

use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

/// `DejaVu Sans`, under the name that the figures ask for.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(bytes().to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// The font's file.
pub(super) fn bytes() -> &'static [u8] {
    dejavu::sans::regular()
}

/// An SVG without links or pictures of its own, its text laid out in the font.
pub(super) fn tree(svg: &str) -> Result<Tree, String> {
    let options = Options { fontdb: FONTS.clone(), ..Options::default() };
    Tree::from_str(svg, &options).map_err(|error| error.to_string())
}

/// How wide a line of text is at `size`, in the unit of `size`; rounded up.
pub(super) fn width(text: &str, size: f64) -> u32 {
    // A letter without a shape is shown as a box of about this width.
    const BOX: f32 = 0.6;
    let size = size as f32;
    let Ok(font) = FontRef::new(bytes()) else { return (text.chars().count() as f32 * BOX * size) as u32 };
    let (letters, metrics) = (font.charmap(), font.glyph_metrics(Size::new(size), LocationRef::default()));
    let of = |letter| letters.map(letter).and_then(|glyph| metrics.advance_width(glyph));
    text.chars().map(|letter| of(letter).unwrap_or(BOX * size)).sum::<f32>().ceil() as u32
}
