//! The palette in numbers: lines can be read on their backgrounds, and fusions differ for every kind of eye.

use std::collections::BTreeMap;

use ratatui::style::Color;

use crate::theme::{Background, Depth, Fill, Glyphs, Theme};
use study::feed::Level;
use study::look::UNPICKED;
use study::model::{ModelId, Robust};

/// Linear light, red, green, blue.
pub(super) type Light = [f64; 3];

/// Dichromats' cone responses in linear light, severity 1 (Machado, Oliveira and Fernandes 2009, table 1).
const EYES: [(&str, [[f64; 3]; 3]); 4] = [
    ("trichromat", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanope",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranope",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanope",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

fn themes() -> impl Iterator<Item = (Theme, Light)> {
    [Depth::True, Depth::Indexed].into_iter().flat_map(|depth| {
        [(Background::Dark, [0.0; 3]), (Background::Light, [1.0; 3])]
            .map(|(background, behind)| (Theme { depth, glyphs: Glyphs::Unicode, background }, behind))
    })
}

/// A colour of xterm's 256 or of 24 bits; the 16 are the terminal's own.
pub(super) fn light(color: Option<Color>) -> Light {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let [red, green, blue] = match color {
        Some(Color::Rgb(red, green, blue)) => [red, green, blue],
        Some(Color::Indexed(index @ 16..=231)) => {
            let place = index - 16;
            [place / 36, place / 6 % 6, place % 6].map(|step| STEPS[usize::from(step)])
        }
        Some(Color::Indexed(index @ 232..)) => [8 + (index - 232) * 10; 3],
        other => panic!("{other:?} is the terminal's own"),
    };
    [red, green, blue].map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    })
}

/// WCAG's contrast, 1 to 21.
pub(super) fn contrast(a: Light, b: Light) -> f64 {
    let luminance = |[red, green, blue]: Light| 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
    let (a, b) = (luminance(a), luminance(b));
    a.max(b) / a.min(b)
}

fn seen_by(eye: [[f64; 3]; 3], light: Light) -> Light {
    eye.map(|row| row.iter().zip(light).map(|(weight, part)| weight * part).sum::<f64>().clamp(0.0, 1.0))
}

/// CIE 1976 L*a*b* under D65.
fn lab([red, green, blue]: Light) -> [f64; 3] {
    let root = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
    let x = root((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505);
    let y = root(0.2126 * red + 0.7152 * green + 0.0722 * blue);
    let z = root((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn difference(a: Light, b: Light) -> f64 {
    let squares = lab(a).into_iter().zip(lab(b)).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

#[test]
fn fusions_differ_for_every_eye() {
    for (theme, _) in themes() {
        for (eye, matrix) in EYES {
            for (a, b) in [
                (ModelId::CONCAT, ModelId::PRODUCT),
                (ModelId::CONCAT, ModelId::TENSOR),
                (ModelId::PRODUCT, ModelId::TENSOR),
            ] {
                let [one, other] = [a, b].map(|fusion| seen_by(matrix, light(theme.fusion(fusion).fg)));
                let apart = difference(one, other);
                assert!(apart > 15.0, "{a} and {b} are {apart:.1} apart for a {eye}, {theme:?}");
            }
        }
    }
}

#[test]
fn every_way_to_train_every_model_differs_without_its_name() {
    let models: Vec<ModelId> = ModelId::all().chain([ModelId::SEARCHED]).collect();
    for glyphs in [Glyphs::Unicode, Glyphs::Ascii] {
        for background in [Background::Dark, Background::Light] {
            let theme = Theme { depth: Depth::True, glyphs, background };
            let mut seen = BTreeMap::new();
            for &model in &models {
                for way in Robust::ALL {
                    let trained = model.trained_with(way);
                    let style = theme.marker_style(trained);
                    assert_eq!(style.fg, theme.fusion(model).fg, "a way to train has no colour of its own");
                    let shown = format!("{} {style:?}", theme.marker(trained));
                    if let Some(other) = seen.insert(shown, trained) {
                        panic!("{trained} looks like {other}, {theme:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_read_stands_out_from_what_is_behind_it() {
    for (theme, behind) in themes() {
        let texts = [
            ("concat", theme.fusion(ModelId::CONCAT)),
            ("product", theme.fusion(ModelId::PRODUCT)),
            ("tensor", theme.fusion(ModelId::TENSOR)),
            ("key", theme.key()),
            ("error", theme.level(Level::Error)),
            ("warning", theme.level(Level::Warning)),
            ("dim", theme.dim()),
        ];
        for (name, style) in texts {
            let seen = contrast(light(style.fg), behind);
            assert!(seen >= 4.5, "{name} has {seen:.2} of contrast, {theme:?}");
        }
        for fusion in ModelId::all().filter(|fusion| !fusion.is_baseline()).chain([ModelId::TEXT]) {
            let Fill::Shade(shade) = theme.band(fusion) else {
                panic!("{theme:?} has colours to shade with")
            };
            let (line, band) = (light(theme.fusion(fusion).fg), light(shade.bg));
            let stands_out = contrast(line, behind);
            let is_read = stands_out >= 4.5 || fusion.is_baseline();
            assert!(is_read, "{fusion} has {stands_out:.2} of contrast, {theme:?}");
            assert!(contrast(line, band) >= 3.0, "{fusion}'s line in its band: {:.2}", contrast(line, band));
            let edge = contrast(band, behind);
            assert!((1.1..3.0).contains(&edge), "{fusion}'s band has {edge:.2} of contrast, {theme:?}");
        }
    }
}

#[test]
fn hues_that_nobody_picked_are_seen_and_differ_for_every_eye() {
    for (theme, behind) in themes() {
        for (place, hue) in UNPICKED.into_iter().enumerate() {
            let Fill::Shade(shade) = theme.fill(hue) else { panic!("{theme:?} has colours to shade with") };
            let (line, band) = (light(theme.hue(hue).fg), light(shade.bg));
            assert!(contrast(line, behind) >= 4.5, "{place}: {:.2}, {theme:?}", contrast(line, behind));
            assert!(contrast(line, band) >= 3.0, "{place} in its band: {:.2}", contrast(line, band));
            let edge = contrast(band, behind);
            assert!((1.1..3.0).contains(&edge), "{place}'s band has {edge:.2} of contrast, {theme:?}");
            for (eye, matrix) in EYES {
                let next = UNPICKED[(place + 1) % UNPICKED.len()];
                let [one, other] = [hue, next].map(|hue| seen_by(matrix, light(theme.hue(hue).fg)));
                let apart = difference(one, other);
                assert!(apart > 15.0, "{place} and the next are {apart:.1} apart for a {eye}, {theme:?}");
            }
        }
    }
}
