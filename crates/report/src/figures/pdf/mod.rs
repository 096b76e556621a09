//! A figure as a PDF of one page, its text as text in a font that the file holds.

mod embedded;

use std::collections::BTreeMap;

use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use resvg::usvg::layout::Span;
use resvg::usvg::tiny_skia_path::{Path as Outline, PathSegment, Point};
use resvg::usvg::{
    Color, Fill, FillRule, Group, LineCap, LineJoin, Node, Paint, Path, Stroke, Text, Transform,
};

use self::embedded::{Embedded, compressed};
use super::font;

/// Points in a pixel of CSS, which an SVG's size is in.
const POINTS: f32 = 72.0 / 96.0;
const CATALOG: Ref = Ref::new(1);
const PAGES: Ref = Ref::new(2);
const PAGE: Ref = Ref::new(3);
const CONTENT: Ref = Ref::new(4);
const INFO: Ref = Ref::new(5);
/// The first of the font's objects.
const FONT: i32 = 6;
/// The first of the opacities.
const OPACITY: i32 = FONT + embedded::OBJECTS;
const FONT_NAME: Name = Name(b"F");

/// What is drawn so far.
struct Page {
    content: Content,
    font: Embedded,
    /// Of 255, and the name of each that is used.
    opacities: BTreeMap<u8, String>,
}

/// The PDF of an SVG that has plain colours, paths and text alone, `about` as what its information says of it. It has no
/// date: the same figure makes the same file.
pub(super) fn pdf(svg: &str, about: &[(&'static str, String)]) -> Result<Vec<u8>, String> {
    let tree = font::tree(svg)?;
    let (width, height) = (tree.size().width() * POINTS, tree.size().height() * POINTS);
    let mut page = Page { content: Content::new(), font: Embedded::new(), opacities: BTreeMap::new() };
    // SVG goes downwards from the upper corner, PDF upwards from the lower one.
    page.content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, height]);
    page.group(tree.root(), 1.0)?;
    let Page { content, font, opacities } = page;
    let mut pdf = Pdf::new();
    pdf.catalog(CATALOG).pages(PAGES);
    pdf.pages(PAGES).kids([PAGE]).count(1);
    let mut sheet = pdf.page(PAGE);
    sheet.media_box(Rect::new(0.0, 0.0, width, height)).parent(PAGES).contents(CONTENT);
    let mut resources = sheet.resources();
    resources.fonts().pair(FONT_NAME, Ref::new(FONT));
    let mut states = resources.ext_g_states();
    for (place, name) in (OPACITY..).zip(opacities.values()) {
        states.pair(Name(name.as_bytes()), Ref::new(place));
    }
    states.finish();
    resources.finish();
    sheet.finish();
    for (place, &opacity) in (OPACITY..).zip(opacities.keys()) {
        let part = f32::from(opacity) / 255.0;
        pdf.ext_graphics(Ref::new(place)).stroking_alpha(part).non_stroking_alpha(part);
    }
    let drawn = compressed(&content.finish());
    pdf.stream(CONTENT, &drawn).filter(Filter::FlateDecode);
    font.write(&mut pdf, FONT)?;
    let about = about.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join("; ");
    pdf.document_info(INFO).subject(TextStr(&about)).producer(TextStr("superfuse-tui"));
    Ok(pdf.finish())
}

impl Page {
    /// Things in a group do not overlap in a figure, so that each may have the group's opacity as its own.
    fn group(&mut self, group: &Group, opacity: f32) -> Result<(), String> {
        if group.clip_path().is_some() || group.mask().is_some() || !group.filters().is_empty() {
            return Err("a PDF of it would lack a clip, a mask or a filter".into());
        }
        let opacity = opacity * group.opacity().get();
        group.children().iter().try_for_each(|node| match node {
            Node::Group(inner) => self.group(inner, opacity),
            Node::Path(path) if path.is_visible() => self.path(path, opacity),
            Node::Text(text) => self.text(text, opacity),
            Node::Path(_) => Ok(()),
            Node::Image(_) => Err("a PDF of it would lack a picture".into()),
        })
    }

    fn path(&mut self, path: &Path, opacity: f32) -> Result<(), String> {
        if let Some(fill) = path.fill() {
            self.begin(path.abs_transform(), opacity * fill.opacity().get());
            self.fill(fill)?;
            outline(&mut self.content, path.data());
            match fill.rule() {
                FillRule::NonZero => self.content.fill_nonzero(),
                FillRule::EvenOdd => self.content.fill_even_odd(),
            };
            self.content.restore_state();
        }
        if let Some(stroke) = path.stroke() {
            self.begin(path.abs_transform(), opacity * stroke.opacity().get());
            self.stroke(stroke)?;
            outline(&mut self.content, path.data());
            self.content.stroke();
            self.content.restore_state();
        }
        Ok(())
    }

    fn text(&mut self, text: &Text, opacity: f32) -> Result<(), String> {
        text.layouted().iter().filter(|span| span.visible).try_for_each(|span| self.span(text, span, opacity))
    }

    fn span(&mut self, text: &Text, span: &Span, opacity: f32) -> Result<(), String> {
        let Some(fill) = &span.fill else { return Ok(()) };
        self.begin(text.abs_transform(), opacity * fill.opacity().get());
        self.fill(fill)?;
        self.content.begin_text().set_font(FONT_NAME, 1.0);
        for glyph in &span.positioned_glyphs {
            let letter = self.font.letter(glyph);
            let em = self.font.units_per_em();
            let at = glyph.outline_transform().pre_concat(Transform::from_scale(em, em));
            self.content.set_text_matrix(matrix(at)).show(Str(&letter.to_be_bytes()));
        }
        self.content.end_text().restore_state();
        Ok(())
    }

    fn begin(&mut self, transform: Transform, opacity: f32) {
        self.content.save_state().transform(matrix(transform));
        let opacity = (opacity * 255.0).round() as u8;
        if opacity < 255 {
            let name = self.opacities.entry(opacity).or_insert_with(|| format!("O{opacity}"));
            self.content.set_parameters(Name(name.as_bytes()));
        }
    }

    fn fill(&mut self, fill: &Fill) -> Result<(), String> {
        let [red, green, blue] = plain(fill.paint())?;
        self.content.set_fill_rgb(red, green, blue);
        Ok(())
    }

    fn stroke(&mut self, stroke: &Stroke) -> Result<(), String> {
        let [red, green, blue] = plain(stroke.paint())?;
        self.content.set_stroke_rgb(red, green, blue).set_line_width(stroke.width().get());
        self.content.set_line_cap(match stroke.linecap() {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        self.content.set_line_join(match stroke.linejoin() {
            LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
            LineJoin::Round => LineJoinStyle::RoundJoin,
            LineJoin::Bevel => LineJoinStyle::BevelJoin,
        });
        self.content.set_miter_limit(stroke.miterlimit().get());
        if let Some(dashes) = stroke.dasharray() {
            self.content.set_dash_pattern(dashes.iter().copied(), stroke.dashoffset());
        }
        Ok(())
    }
}

fn outline(content: &mut Content, path: &Outline) {
    // PDF knows no curve with one control point; `last` is where such a curve begins.
    let mut last = Point::zero();
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(to) => {
                content.move_to(to.x, to.y);
                last = to;
            }
            PathSegment::LineTo(to) => {
                content.line_to(to.x, to.y);
                last = to;
            }
            PathSegment::QuadTo(by, to) => {
                let near =
                    |end: Point| (end.x + (by.x - end.x) * 2.0 / 3.0, end.y + (by.y - end.y) * 2.0 / 3.0);
                let (first, second) = (near(last), near(to));
                content.cubic_to(first.0, first.1, second.0, second.1, to.x, to.y);
                last = to;
            }
            PathSegment::CubicTo(first, second, to) => {
                content.cubic_to(first.x, first.y, second.x, second.y, to.x, to.y);
                last = to;
            }
            PathSegment::Close => {
                content.close_path();
            }
        }
    }
}

fn plain(paint: &Paint) -> Result<[f32; 3], String> {
    let &Paint::Color(Color { red, green, blue }) = paint else {
        return Err("a PDF of it would lack a gradient or a pattern".into());
    };
    Ok([red, green, blue].map(|part| f32::from(part) / 255.0))
}

fn matrix(of: Transform) -> [f32; 6] {
    [of.sx, of.ky, of.kx, of.sy, of.tx, of.ty]
}
