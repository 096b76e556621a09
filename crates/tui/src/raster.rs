//! An SVG drawing as pixels.

use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, PremultipliedColorU8, Transform};
use resvg::usvg::fontdb::Database;
use resvg::usvg::{Options, Tree};

use crate::terminal::Image;

/// `DejaVu Sans`, for the letters that mark baselines. It comes with the program.
static FONTS: LazyLock<Arc<Database>> = LazyLock::new(|| {
    let mut fonts = Database::new();
    fonts.load_font_data(dejavu::sans::regular().to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// The drawing in so many pixels, stretched to them, in so many colours at most; nothing where it is none.
pub(crate) fn raster(svg: &str, (width, height): (u32, u32), colours: usize) -> Option<Image> {
    let options = Options { fontdb: FONTS.clone(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).ok()?;
    let mut pixels = Pixmap::new(width, height)?;
    let size = tree.size();
    let stretch = Transform::from_scale(width as f32 / size.width(), height as f32 / size.height());
    resvg::render(&tree, stretch, &mut pixels.as_mut());
    let pixels: Vec<_> = pixels
        .pixels()
        .iter()
        .map(PremultipliedColorU8::demultiply)
        .map(|pixel| [pixel.red(), pixel.green(), pixel.blue(), pixel.alpha()])
        .collect();
    Some(Image::new((width, height), &pixels, colours))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_is_stretched_to_the_pixels() {
        let svg = "<svg xmlns='http://www.w3.org/2000/svg' width='10' height='20'>\
                   <rect width='5' height='20' fill='#0a141e'/></svg>";
        let expected: Vec<_> =
            (0..3).flat_map(|_| [[10, 20, 30, 255], [10, 20, 30, 255], [0; 4], [0; 4]]).collect();
        assert_eq!(raster(svg, (4, 3), 8), Some(Image::new((4, 3), &expected, 8)));
        assert_eq!(raster("<svg", (4, 3), 8), None);
        assert_eq!(raster(svg, (0, 3), 8), None);
    }
}
