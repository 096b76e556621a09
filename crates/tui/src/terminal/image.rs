//! A picture in few colours, which is what makes it small: as a PNG it takes a quarter of the same one in all of its
//! colours.

use std::collections::HashMap;

use png::{BitDepth, ColorType, Compression, Encoder, EncodingError, Filter};

/// The share of a picture's pixels from which a colour is exact: lines, bands, markers.
const EXACT: usize = 2_000;
/// Steps between transparent and not of the other colours, which are those of edges.
const ALPHAS: u16 = 5;

/// Red, green, blue and how much it covers, which the others are not multiplied by.
pub(crate) type Rgba = [u8; 4];

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Image {
    /// Pixels in a row.
    pub(crate) width: u32,
    /// Rows.
    pub(crate) height: u32,
    /// Its colours; the first one is transparent.
    pub(super) palette: Vec<Rgba>,
    /// A place in the palette for each pixel, row by row.
    pub(super) pixels: Vec<u8>,
}

impl Image {
    /// Of these pixels, row by row, in so many colours at most. Those of many pixels are exact; the others, between a line and
    /// what is behind it, become the nearest of these and of the most frequent of their own kind.
    pub(crate) fn new((width, height): (u32, u32), pixels: &[Rgba], colours: usize) -> Self {
        let exact = counted(pixels.chunk_by(|one, other| one == other).map(|run| (run[0], run.len())));
        let is_many = |count: usize| count * EXACT >= pixels.len();
        let many = exact.iter().take_while(|(_, count)| is_many(*count)).map(|(colour, _)| *colour);
        let few = exact.iter().filter(|(_, count)| !is_many(*count));
        let edges = counted(few.map(|&(colour, count)| (round(colour), count)));
        let most: Vec<Rgba> = [[0; 4]].into_iter().chain(many.take(colours / 2)).collect();
        let room = colours.saturating_sub(most.len());
        let palette: Vec<Rgba> =
            most.into_iter().chain(edges.iter().take(room).map(|(colour, _)| *colour)).collect();
        let places: HashMap<Rgba, u8> =
            exact.iter().map(|&(colour, _)| (colour, nearest(&palette, colour))).collect();
        let place = |run: &[Rgba]| vec![places.get(&run[0]).copied().unwrap_or(0); run.len()];
        let pixels = pixels.chunk_by(|one, other| one == other).flat_map(place).collect();
        Self { width, height, palette, pixels }
    }

    /// As a PNG.
    pub(super) fn png(&self) -> Result<Vec<u8>, EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = Encoder::new(&mut bytes, self.width, self.height);
        encoder.set_color(ColorType::Indexed);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_palette(self.palette.iter().flat_map(|colour| colour[..3].to_vec()).collect::<Vec<u8>>());
        encoder.set_trns(self.palette.iter().map(|colour| colour[3]).collect::<Vec<u8>>());
        // Neighbours are places in a list, whose differences say nothing.
        encoder.set_filter(Filter::NoFilter);
        encoder.set_compression(Compression::High);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(bytes)
    }
}

/// The colours that are not transparent, from the most frequent on; of equally frequent ones always the same first.
fn counted(colours: impl IntoIterator<Item = (Rgba, usize)>) -> Vec<(Rgba, usize)> {
    let mut counts: HashMap<Rgba, usize> = HashMap::new();
    for (colour, count) in colours.into_iter().filter(|(colour, _)| colour[3] > 0) {
        *counts.entry(colour).or_default() += count;
    }
    let mut order: Vec<(Rgba, usize)> = counts.into_iter().collect();
    order.sort_unstable_by_key(|&(colour, count)| (usize::MAX - count, colour));
    order
}

/// The colour with one of few transparencies. The less it covers, the less is known of it, and the less it matters.
fn round(colour: Rgba) -> Rgba {
    let alpha = (u16::from(colour[3]) * (ALPHAS - 1) + 127) / 255;
    if alpha == 0 {
        return [0; 4];
    }
    let [red, green, blue] = [0, 1, 2].map(|part| {
        if alpha == ALPHAS - 1 { colour[part] } else { (u16::from(colour[part]) + 8).min(255) as u8 & 0xf0 }
    });
    [red, green, blue, (alpha * 255 / (ALPHAS - 1)) as u8]
}

/// The place of the colour that looks most like `colour`, over black and over white.
fn nearest(palette: &[Rgba], colour: Rgba) -> u8 {
    let over = |colour: &Rgba, back: i32| {
        let alpha = i32::from(colour[3]);
        [0, 1, 2].map(|part| (i32::from(colour[part]) * alpha + back * (255 - alpha)) / 255)
    };
    let apart = |other: &Rgba| -> i32 {
        let of = |back| {
            over(other, back).into_iter().zip(over(&colour, back)).map(|(a, b)| (a - b).pow(2)).sum::<i32>()
        };
        of(0) + of(255)
    };
    let place =
        palette.iter().enumerate().min_by_key(|(_, other)| apart(other)).map_or(0, |(place, _)| place);
    u8::try_from(place).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_of_most_pixels_are_exact_and_the_others_near() {
        let (blue, faint) = ([86, 180, 233, 255], [240, 122, 54, 30]);
        let mut pixels = vec![[0; 4]; 5_000];
        pixels.extend(vec![blue; 1_000]);
        pixels.extend(vec![faint; 1_000]);
        // Every shade of an edge.
        pixels.extend((0..=255).map(|alpha| [86, 180, 233, alpha]));
        let image = Image::new((pixels.len() as u32, 1), &pixels, 12);
        assert!(image.palette.len() <= 12 && image.palette[0] == [0; 4]);
        let shown = |at: usize| image.palette[usize::from(image.pixels[at])];
        assert_eq!((shown(0), shown(5_000), shown(6_000)), ([0; 4], blue, faint));
        for (at, pixel) in pixels.iter().enumerate().skip(7_000) {
            assert!(shown(at)[3].abs_diff(pixel[3]) <= 40, "{pixel:?} {:?}", shown(at));
        }
        assert_eq!(image, Image::new((pixels.len() as u32, 1), &pixels, 12));
    }

    #[test]
    fn a_png_holds_the_same_pixels() {
        let pixels = [[0; 4], [255, 0, 0, 255], [0, 0, 255, 255], [0; 4], [255, 0, 0, 255], [0, 0, 255, 102]];
        let image = Image::new((3, 2), &pixels, 8);
        let bytes = image.png().unwrap();
        let mut decoder = png::Decoder::new(std::io::Cursor::new(&bytes));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut shown = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut shown).unwrap();
        assert_eq!((info.width, info.height), (3, 2));
        let expected: Vec<u8> =
            image.pixels.iter().flat_map(|&place| image.palette[usize::from(place)]).collect();
        assert_eq!(shown, expected);
        assert_eq!(&shown[4..8], [255, 0, 0, 255]);
    }
}
