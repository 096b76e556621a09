//! The markers of curves as shapes of an SVG drawing.

use std::fmt::Write as _;

/// How far a marker reaches from its point, in the drawing's units.
const REACH: f64 = 6.0;

/// Writes the marker that stands for `symbol` on a terminal: a shape, hollow or with a core where the character is, or the
/// character itself.
pub(super) fn mark(svg: &mut String, symbol: &str, (x, y): (f64, f64), colour: &str) {
    let corners = |corners: &[(f64, f64)]| {
        corners.iter().fold(String::new(), |mut text, (dx, dy)| {
            // A string takes everything that is written to it.
            let _ = write!(text, "{:.1},{:.1} ", x + dx * REACH, y + dy * REACH);
            text
        })
    };
    let (look, has_core) = match symbol {
        "○" | "◇" | "△" | "□" | "▽" | "☆" => {
            (format!("fill='none' stroke='{colour}' stroke-width='2'"), false)
        }
        "◎" | "◈" | "◬" | "▣" | "▿" | "✪" | "◉" => {
            (format!("fill='none' stroke='{colour}' stroke-width='1.6'"), true)
        }
        _ => (format!("fill='{colour}'"), false),
    };
    let shape = match symbol {
        "●" | "○" | "◎" | "◉" => {
            format!("<circle cx='{x:.1}' cy='{y:.1}' r='{:.1}' {look}/>", REACH - 1.0)
        }
        "◆" | "◇" | "◈" => {
            polygon(&corners(&[(0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0)]), &look)
        }
        "▲" | "△" | "◬" => polygon(&corners(&[(0.0, -1.0), (1.0, 0.8), (-1.0, 0.8)]), &look),
        "▼" | "▽" | "▿" => polygon(&corners(&[(0.0, 1.0), (1.0, -0.8), (-1.0, -0.8)]), &look),
        "■" | "□" | "▣" => {
            polygon(&corners(&[(-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)]), &look)
        }
        "★" | "☆" | "✪" => polygon(&corners(&star()), &look),
        letter => text(letter, (x, y + 5.0), ("middle", 14.0), colour),
    };
    svg.push_str(&shape);
    if has_core {
        let _ = write!(svg, "<circle cx='{x:.1}' cy='{y:.1}' r='2' fill='{colour}'/>");
    }
}

/// Text in the drawing: `anchor` says which of its ends is at the point.
pub(super) fn text(text: &str, (x, y): (f64, f64), (anchor, size): (&str, f64), colour: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<text x='{x:.1}' y='{y:.1}' font-family='sans-serif' font-size='{size}' text-anchor='{anchor}' \
         fill='{colour}'>{text}</text>"
    )
}

fn polygon(points: &str, look: &str) -> String {
    format!("<polygon points='{}' {look}/>", points.trim_end())
}

/// The ten corners of a star, from its top on.
fn star() -> [(f64, f64); 10] {
    std::array::from_fn(|corner| {
        let reach = if corner % 2 == 0 { 1.1 } else { 0.5 };
        let angle = corner as f64 * std::f64::consts::PI / 5.0;
        (reach * angle.sin(), -reach * angle.cos())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use study::look::{Look, look};
    use study::model::{ModelId, Robust};

    #[test]
    fn every_marker_of_a_model_is_a_shape_and_a_letter_is_text() {
        for model in ModelId::all() {
            for training in [Robust::None, Robust::Noise, Robust::Drop] {
                let look = Look { training, ..look(model) };
                let Some(glyph) = look.glyph() else { continue };
                let mut svg = String::new();
                mark(&mut svg, glyph, (10.0, 10.0), "#102030");
                assert!(!svg.contains("<text") && svg.contains("#102030"), "{glyph}: {svg}");
            }
        }
        let mut svg = String::new();
        mark(&mut svg, "&", (10.0, 10.0), "#102030");
        assert!(svg.contains(">&amp;</text>"), "{svg}");
    }
}
