//! The letters that a PDF uses of the figures' font, put into the file.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use resvg::usvg::layout::PositionedGlyph;
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::Metrics;
use skrifa::{FontRef, GlyphId, MetadataProvider};
use subsetter::{GlyphRemapper, subset};

use crate::figures::font;

/// Objects of the file that the font takes.
pub(super) const OBJECTS: i32 = 5;
const IDENTITY: SystemInfo =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// The letters that are used so far.
pub(super) struct Embedded {
    places: GlyphRemapper,
    /// By the letter's place, its place in the whole font and the text that it stands for.
    letters: BTreeMap<u16, (u16, String)>,
    units_per_em: f32,
}

impl Embedded {
    pub(super) fn new() -> Self {
        let units = FontRef::new(font::bytes()).map_or(2048, |font| metrics(&font).units_per_em);
        Self { places: GlyphRemapper::new(), letters: BTreeMap::new(), units_per_em: f32::from(units) }
    }

    pub(super) fn units_per_em(&self) -> f32 {
        self.units_per_em
    }

    /// The letter's place in what is put into the file.
    pub(super) fn letter(&mut self, glyph: &PositionedGlyph) -> u16 {
        let whole = glyph.id.0 as u16;
        let place = self.places.remap(whole);
        self.letters.entry(place).or_insert_with(|| (whole, glyph.text.clone()));
        place
    }

    /// Writes the font as the object `first`, and what it refers to as those behind it.
    pub(super) fn write(&self, pdf: &mut Pdf, first: i32) -> Result<(), String> {
        let [font, letters, descriptor, file, texts] = [0, 1, 2, 3, 4].map(|place| Ref::new(first + place));
        let whole = FontRef::new(font::bytes()).map_err(|error| error.to_string())?;
        let part = subset(font::bytes(), 0, &self.places).map_err(|error| error.to_string())?;
        let (metrics, name) = (metrics(&whole), self.name());
        let name = Name(name.as_bytes());
        // Thousandths of the size.
        let mille = |units: f32| units * 1000.0 / self.units_per_em;
        pdf.type0_font(font)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(letters)
            .to_unicode(texts);
        let widths = whole.glyph_metrics(Size::unscaled(), LocationRef::default());
        let mut of_letters = pdf.cid_font(letters);
        of_letters
            .subtype(CidFontType::Type2)
            .base_font(name)
            .system_info(IDENTITY)
            .font_descriptor(descriptor)
            .default_width(0.0)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        let mut written = of_letters.widths();
        for (&place, &(whole, _)) in &self.letters {
            let width = widths.advance_width(GlyphId::new(u32::from(whole))).unwrap_or(0.0);
            written.same(place, place, mille(width));
        }
        written.finish();
        of_letters.finish();
        let bounds = metrics.bounds.unwrap_or_default();
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(
                mille(bounds.x_min),
                mille(bounds.y_min),
                mille(bounds.x_max),
                mille(bounds.y_max),
            ))
            .italic_angle(0.0)
            .ascent(mille(metrics.ascent))
            .descent(mille(metrics.descent))
            .cap_height(mille(metrics.cap_height.unwrap_or(metrics.ascent)))
            // No program reads it of a font that is in the file, but it has to be there.
            .stem_v(80.0)
            .font_file2(file);
        pdf.stream(file, &compressed(&part)).filter(Filter::FlateDecode);
        let mut map = UnicodeCmap::new(Name(b"Letters"), IDENTITY);
        for (&place, (_, text)) in &self.letters {
            map.pair_with_multiple(place, text.chars());
        }
        let map = compressed(&map.finish());
        pdf.cmap(texts, &map).filter(Filter::FlateDecode);
        Ok(())
    }

    /// Six capitals that are others for other letters stand before the name of a part of a font.
    fn name(&self) -> String {
        let mix = |sum: u32, &(whole, _): &(u16, String)| sum.wrapping_mul(16_777_619) ^ u32::from(whole);
        let mut sum = self.letters.values().fold(2_166_136_261, mix);
        let tag: String = std::iter::repeat_with(|| {
            let letter = b'A' + (sum % 26) as u8;
            sum /= 26;
            char::from(letter)
        })
        .take(6)
        .collect();
        format!("{tag}+DejaVuSans")
    }
}

/// As PDF's streams are.
pub(super) fn compressed(bytes: &[u8]) -> Vec<u8> {
    // The level that zlib takes by default.
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, 6)
}

fn metrics(font: &FontRef) -> Metrics {
    font.metrics(Size::unscaled(), LocationRef::default())
}
