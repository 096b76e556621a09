//! How each model and condition looks: on the screen, in figures, in reports for a terminal.
//!
//! Pure values. A look is an entry of the palette, a marker, a dash and names, so that two variants differ without
//! colour too. Hues are Okabe and Ito's, which the common colour blindnesses keep apart; the first three stand for the
//! paper's blue, green and red. A variant without a hand-picked look gets one that the others do not use.

use super::intern::interned;
use super::model::{ModelId, Robust};

/// Red, green, blue.
pub type Rgb = (u8, u8, u8);

/// A colour of a terminal, at each depth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tone {
    /// 24 bits.
    pub rgb: Rgb,
    /// Of xterm's 256.
    pub indexed: u8,
    /// Of the 16 that every terminal names.
    pub ansi: u8,
}

/// A hue in every medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hue {
    /// On white paper.
    pub figure: Rgb,
    /// For text on either background: SGR's number of one of the 16, and one of xterm's 256.
    pub report: (u8, u8),
    /// Lines and names on a dark and on a light screen.
    pub line: [Tone; 2],
    /// Bands behind them, likewise.
    pub band: [Tone; 2],
}

/// What marks the points of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Marker {
    /// ●
    Circle,
    /// ◆
    Diamond,
    /// ▲
    Triangle,
    /// ■
    Square,
    /// ▼
    Down,
    /// ★
    Star,
    /// Its letter, on the screen; in figures nothing.
    Letter,
}

/// How a line is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dash {
    /// Not at all.
    Solid,
    /// Long dashes.
    Long,
    /// Shorter ones.
    Short,
    /// Dots.
    Dots,
}

/// How a variant looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its colour.
    pub hue: &'static Hue,
    /// Its marker.
    pub marker: Marker,
    /// Its dash.
    pub dash: Dash,
    /// How its model is trained. Against noise its markers are not full, and a line without markers has signs.
    pub training: Robust,
    /// Where there is one column.
    pub letter: &'static str,
    /// Where there are seven.
    pub short_name: &'static str,
    /// Everywhere else.
    pub name: &'static str,
}

/// A model's look, the same at every learning rate. Trained against noise it has the colour, marker and dash of the plain
/// one.
pub fn look(model: ModelId) -> Look {
    let plain = of_plain(model.at_rate(None).plain());
    let sign = match model.robust {
        Robust::None => return plain,
        Robust::Noise => "+n",
        Robust::Drop => "+d",
    };
    // A rank is cut from the whole name.
    let whole = if model.fusion == ModelId::LMF.fusion { plain.name } else { plain.short_name };
    let short_name = interned(format!("{}{sign}", cut(whole, SHORT - sign.len())));
    Look { training: model.robust, short_name, name: model.name(), ..plain }
}

/// Characters of a short name at most.
const SHORT: usize = 7;

/// At most so many characters of a name. What stands behind its last hyphen stays, since that distinguishes it.
fn cut(name: &str, most: usize) -> String {
    if name.len() <= most {
        return name.to_owned();
    }
    let (head, tail) = name.rsplit_once('-').filter(|(_, tail)| tail.len() <= most).unwrap_or((name, ""));
    let room = most - tail.len();
    let is_kept = |c: &char| tail.is_empty() || !"aeiou-".contains(*c);
    head.chars().filter(is_kept).take(room).chain(tail.chars()).collect()
}

fn of_plain(fusion: ModelId) -> Look {
    let picked = |fusion: ModelId| PICKED.iter().find(|(known, ..)| *known == fusion);
    if fusion.fusion == ModelId::LMF.fusion {
        return of_rank(fusion);
    }
    if let Some(&(_, hue, marker, dash, letter, short_name)) = picked(fusion) {
        return Look { hue, marker, dash, training: Robust::None, letter, short_name, name: fusion.name() };
    }
    if fusion.is_module() {
        return of_module(fusion);
    }
    let others =
        ModelId::all().filter(|&other| picked(other).is_none() && other.fusion != ModelId::LMF.fusion);
    unpicked(others.take_while(|&other| other != fusion).count(), fusion.name())
}

const DASHES: [Dash; 4] = [Dash::Solid, Dash::Long, Dash::Short, Dash::Dots];

/// The hues of variants without a hand-picked look.
pub const UNPICKED: [&Hue; 3] = [&PURPLE, &ORANGE, &BLACK];

type Picked = (ModelId, &'static Hue, Marker, Dash, &'static str, &'static str);

/// The looks that were picked by hand. A baseline is grey, and most are marked by a letter; those of both
/// modalities have a marker, and logistic regression is paler.
const PICKED: [Picked; 18] = [
    (ModelId::CONCAT, &BLUE, Marker::Circle, Dash::Solid, "c", "concat"),
    (ModelId::PRODUCT, &GREEN, Marker::Diamond, Dash::Long, "p", "product"),
    (ModelId::TENSOR, &VERMILLION, Marker::Triangle, Dash::Dots, "t", "tensor"),
    (ModelId::TFN, &PURPLE, Marker::Triangle, Dash::Short, "f", "tfn"),
    (ModelId::MCB, &OLIVE, Marker::Diamond, Dash::Dots, "m", "mcb"),
    (ModelId::GMU, &BLACK, Marker::Circle, Dash::Long, "g", "gmu"),
    (ModelId::DYNMM, &INDIGO, Marker::Down, Dash::Solid, "d", "dynmm"),
    (ModelId::DYNMM_HARD, &INDIGO, Marker::Star, Dash::Short, "D", "dyn-har"),
    (ModelId::SEARCHED, &BLACK, Marker::Diamond, Dash::Solid, "s", "search"),
    (ModelId::TEXT, &GREY, Marker::Letter, Dash::Solid, "x", "text"),
    (ModelId::IMAGE, &GREY, Marker::Letter, Dash::Short, "y", "image"),
    (ModelId::LATE, &GREY, Marker::Square, Dash::Long, "l", "late"),
    (ModelId::PERMUTED, &GREY, Marker::Down, Dash::Dots, "r", "permute"),
    (ModelId::LOGISTIC_CONCAT, &PALE_GREY, Marker::Letter, Dash::Solid, "C", "log-con"),
    (ModelId::LOGISTIC_PRODUCT, &PALE_GREY, Marker::Letter, Dash::Long, "P", "log-pro"),
    (ModelId::LOGISTIC_TENSOR, &PALE_GREY, Marker::Letter, Dash::Dots, "T", "log-ten"),
    (ModelId::LOGISTIC_TFN, &PALE_GREY, Marker::Letter, Dash::Short, "F", "log-tfn"),
    (ModelId::LOGISTIC_MCB, &PALE_OLIVE, Marker::Letter, Dash::Dots, "M", "log-mcb"),
];

/// Low-rank fusion's look by its rank: powers of two up to 2,048 differ in marker or dash, and look like no other
/// variant.
fn of_rank(model: ModelId) -> Look {
    const MARKERS: [Marker; 3] = [Marker::Circle, Marker::Diamond, Marker::Triangle];
    const DIGITS: &str = "0123456789";
    let rank = usize::from(model.variant());
    let (doublings, digit) = (rank.max(1).ilog2() as usize, rank % 10);
    let name = model.name();
    Look {
        hue: &ORANGE,
        marker: MARKERS[doublings % 3],
        dash: DASHES[(doublings / 3 + rank.max(1) - (1 << doublings)) % 4],
        training: Robust::None,
        letter: &DIGITS[digit..=digit],
        short_name: interned(cut(name, SHORT)),
        name,
    }
}

/// A module's look by its name, so that it has the same one in every process and file.
fn of_module(model: ModelId) -> Look {
    const LOOKS: u32 = 36;
    let place = model.name().bytes().fold(0, |sum: u32, byte| (sum * 31 + u32::from(byte)) % LOOKS);
    unpicked(place as usize, model.name())
}

/// The look of the `place`th variant that has no other: neighbours differ in hue, in marker and in letter, and 36 in
/// hue, marker or dash.
fn unpicked(place: usize, name: &'static str) -> Look {
    const MARKERS: [Marker; 3] = [Marker::Square, Marker::Down, Marker::Star];
    const DASHES: [Dash; 4] = [Dash::Long, Dash::Dots, Dash::Solid, Dash::Short];
    const LETTERS: &str = "abehijknoquvwzABEGHIJKLNOQRSUVWXYZ&%#@!+";
    let letter = place % LETTERS.len();
    Look {
        hue: UNPICKED[place % 3],
        marker: MARKERS[(place + place / 3) % 3],
        dash: DASHES[place / 9 % 4],
        training: Robust::None,
        letter: &LETTERS[letter..=letter],
        // Names are ASCII.
        short_name: name.get(..SHORT).unwrap_or(name),
        name,
    }
}

impl Look {
    /// The character on a screen that shows its marker: full, and hollow or with a core where its model is trained against
    /// noise. None for a letter.
    pub const fn glyph(&self) -> Option<&'static str> {
        let [full, hollow, core] = match self.marker {
            Marker::Circle => ["●", "○", "◎"],
            Marker::Diamond => ["◆", "◇", "◈"],
            Marker::Triangle => ["▲", "△", "◬"],
            Marker::Square => ["■", "□", "▣"],
            Marker::Down => ["▼", "▽", "▿"],
            Marker::Star => ["★", "☆", "✪"],
            Marker::Letter => return None,
        };
        Some(match self.training {
            Robust::None => full,
            Robust::Noise => hollow,
            Robust::Drop => core,
        })
    }
}

const fn tone(rgb: Rgb, indexed: u8, ansi: u8) -> Tone {
    Tone { rgb, indexed, ansi }
}

/// Concat's.
pub const BLUE: Hue = Hue {
    figure: (0, 114, 178),
    report: (34, 32),
    line: [tone((86, 180, 233), 74, 12), tone((0, 90, 170), 25, 4)],
    band: [tone((22, 52, 76), 17, 8), tone((204, 228, 244), 153, 7)],
};
/// Product's.
pub const GREEN: Hue = Hue {
    figure: (0, 158, 115),
    report: (32, 35),
    line: [tone((0, 158, 115), 42, 10), tone((0, 128, 92), 29, 2)],
    band: [tone((10, 60, 46), 22, 8), tone((204, 238, 226), 158, 7)],
};
/// Tensor's, and that of errors.
pub const VERMILLION: Hue = Hue {
    figure: (213, 94, 0),
    report: (31, 166),
    line: [tone((240, 122, 54), 208, 9), tone((196, 78, 0), 130, 1)],
    band: [tone((80, 40, 16), 52, 8), tone((250, 224, 204), 223, 7)],
};
/// The baselines', and that of what is less important.
pub const GREY: Hue = Hue {
    figure: (110, 110, 110),
    report: (90, 245),
    line: [tone((132, 138, 148), 245, 8), tone((104, 108, 116), 242, 8)],
    band: [tone((44, 46, 50), 236, 8), tone((226, 228, 232), 254, 7)],
};
const PALE_GREY: Hue = Hue { figure: (160, 160, 160), ..GREY };
/// Of logistic regression on `mcb`'s features, whose dash is another one's too.
const PALE_OLIVE: Hue = Hue { figure: (170, 170, 110), ..GREY };
const PURPLE: Hue = Hue {
    figure: (204, 121, 167),
    report: (35, 169),
    line: [tone((204, 121, 167), 176, 13), tone((150, 60, 140), 127, 5)],
    band: [tone((60, 28, 48), 53, 8), tone((244, 220, 234), 225, 7)],
};
const ORANGE: Hue = Hue {
    figure: (230, 159, 0),
    report: (33, 172),
    line: [tone((230, 159, 0), 214, 11), tone((150, 95, 0), 94, 3)],
    band: [tone((62, 44, 8), 236, 8), tone((250, 236, 200), 222, 7)],
};
const BLACK: Hue = Hue {
    figure: (60, 60, 60),
    report: (39, 244),
    line: [tone((220, 220, 220), 252, 15), tone((40, 40, 40), 236, 0)],
    band: [tone((52, 52, 52), 236, 8), tone((218, 218, 218), 253, 7)],
};
/// `mcb`'s.
const OLIVE: Hue = Hue {
    figure: (130, 130, 30),
    report: (33, 142),
    line: [tone((240, 228, 110), 227, 11), tone((90, 90, 10), 58, 3)],
    band: [tone((50, 50, 20), 236, 8), tone((238, 238, 208), 187, 7)],
};
/// `dynmm`'s.
const INDIGO: Hue = Hue {
    figure: (70, 50, 160),
    report: (34, 105),
    line: [tone((150, 140, 240), 105, 12), tone((70, 50, 160), 55, 4)],
    band: [tone((36, 32, 72), 17, 8), tone((222, 218, 246), 189, 7)],
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The looks of every variant, and of as many more as there may ever be.
    fn looks() -> Vec<Look> {
        let picked = PICKED.iter().map(|(fusion, ..)| look(*fusion));
        picked.chain((0..36).map(|place| unpicked(place, "attention-gate"))).collect()
    }

    #[test]
    fn every_variant_differs_from_the_others_in_every_medium() {
        let looks = looks();
        let different = looks.iter().map(|look| (look.hue.figure, look.marker, look.dash));
        assert_eq!(different.collect::<BTreeSet<_>>().len(), looks.len());
        let letters: BTreeSet<&str> = looks.iter().map(|look| look.letter).collect();
        assert_eq!(letters.len(), looks.len(), "in ASCII only their letters differ");
        assert!(looks.iter().all(|look| look.letter.len() == 1 && look.short_name.len() <= SHORT));
        let ranks = [1, 4, 8, 16, 102, 256, 1_024].map(|rank| ModelId::LMF.with_variant(rank));
        let models: Vec<ModelId> = PICKED.iter().map(|(model, ..)| *model).chain(ranks).collect();
        let trained: Vec<Look> =
            models.iter().flat_map(|model| Robust::ALL.map(|way| look(model.trained_with(way)))).collect();
        let lines: BTreeSet<_> = trained[..3 * PICKED.len()]
            .iter()
            .map(|look| (look.hue.figure, look.dash, look.training))
            .collect();
        assert_eq!(lines.len(), 3 * PICKED.len(), "thin lines have no markers");
        let glyphs: BTreeSet<_> = trained[..3 * PICKED.len()]
            .iter()
            .map(|look| (look.hue.line[0].rgb, look.glyph().unwrap_or(look.letter), look.training))
            .collect();
        assert_eq!(glyphs.len(), 3 * PICKED.len(), "on the screen long and short dashes are alike");
        let names: BTreeSet<&str> = trained.iter().map(|look| look.short_name).collect();
        assert_eq!(names.len(), trained.len(), "{names:?}");
        assert!(names.iter().all(|name| name.len() <= SHORT), "{names:?}");
        for (model, name) in [
            (ModelId::LMF.with_variant(1), "lmf-1+d"),
            (ModelId::LMF.with_variant(16), "lmf16+d"),
            (ModelId::LOGISTIC_TENSOR, "lgten+d"),
            (ModelId::LOGISTIC_TFN, "lgtfn+d"),
            (ModelId::PRODUCT, "produ+d"),
        ] {
            assert_eq!(look(model.trained_with(Robust::Drop)).short_name, name);
        }
    }

    #[test]
    fn training_against_noise_is_told_by_the_marker_alone() {
        let [plain, noise, drop] = Robust::ALL.map(|way| look(ModelId::PRODUCT.trained_with(way)));
        assert_eq!([plain, noise, drop].map(|look| look.glyph()), [Some("◆"), Some("◇"), Some("◈")]);
        for other in [noise, drop] {
            assert_eq!((other.hue, other.marker, other.dash), (plain.hue, plain.marker, plain.dash));
        }
    }

    #[test]
    fn ranks_of_a_sweep_differ_from_each_other_and_from_other_fusions() {
        let ranks = (0..=10).map(|doublings| look(ModelId::LMF.with_variant(1 << doublings)));
        let all: Vec<Look> = looks().into_iter().chain(ranks).collect();
        let different: BTreeSet<_> =
            all.iter().map(|look| (look.hue.figure, look.marker, look.dash)).collect();
        assert_eq!(different.len(), all.len());
        assert_eq!(look(ModelId::LMF.with_variant(16)).short_name, "lmf-16");
        assert!(all.iter().all(|look| look.letter.len() == 1 && look.short_name.len() <= 7));
    }

    #[test]
    fn a_variant_without_a_hand_picked_look_looks_like_no_neighbour() {
        for place in 0..35 {
            let (one, next) = (unpicked(place, "one"), unpicked(place + 1, "other"));
            assert!(one.hue != next.hue && one.marker != next.marker && one.letter != next.letter, "{place}");
        }
        let look = unpicked(0, "attention-gate");
        assert_eq!((look.short_name, look.name), ("attenti", "attention-gate"));
    }
}
