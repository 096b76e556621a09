//! Every number that a verdict turns on, in one table.
//!
//! An effect speaks *for* its claim where its 95 % interval over seeds and test rows lies beyond its bound and
//! the claim's p, Holm over the claims, is at most [`ALPHA`]. It speaks *against* where that interval lies on
//! the other side of the bound; for an advantage (bound 0) also where the interval ends below the margin
//! and does not begin above 0, since an advantage that counts is then ruled out. A claim is supported where
//! every deciding effect speaks for it, and contradicted where one speaks against it. `claims.margin` is the
//! user's; the rest is fixed, so that no verdict can be tuned.

/// Level of the tests, after Holm over the claims.
pub const ALPHA: f64 = 0.05;
/// Seeds under which nothing is decided: below, p cannot be under 2/2⁵.
pub const LEAST_SEEDS: usize = crate::inference::sign_flip::LEAST_SEEDS;
/// Seeds that "are these enough?" looks ahead to: the paper's.
pub const SEEDS_AHEAD: usize = 20;
/// C3: high performance, as accuracy above the majority's share.
pub const HIGH_SKILL: f64 = 0.20;
/// C3: the share of the skill at the largest size that the smallest one has.
pub const SHARE_OF_FULL_SKILL: f64 = 0.80;
/// C3: the largest share of the training split that is negligible.
pub const NEGLIGIBLE_SHARE: f64 = 0.05;
/// C5: a mean absolute deviation above another's by less counts as none.
pub const SPREAD_MARGIN: f64 = 0.002;
/// C7, C8: retained skill above another's by less counts as none.
pub const RETAINED_MARGIN: f64 = 0.05;
/// C8: by how much more than another product falls under slight text noise (the paper's ≈ .20 against ≈ 0).
pub const SLIGHT_FALL: f64 = 0.05;
/// C8: the level that is slight.
pub const SLIGHT_LEVEL: f64 = 0.10;
/// C10: the share of skill that concat keeps where it holds up.
pub const HOLDS_UP: f64 = 0.50;
/// C11: area under the curve by which the synthetic task is well above the real one.
pub const WELL_ABOVE: f64 = 0.05;
/// C11: area under the curve up to which a fusion fails.
pub const FAILS: f64 = 0.60;

/// The table, for the report: where it is used, what it says, its value.
pub const TABLE: [(&str, &str, f64); 11] = [
    ("all", "level of the tests, after Holm over the claims", ALPHA),
    ("all", "seeds under which nothing is decided", LEAST_SEEDS as f64),
    ("C3", "high performance: accuracy above the majority's share", HIGH_SKILL),
    ("C3", "share of the skill at the largest size that the smallest has", SHARE_OF_FULL_SKILL),
    ("C3", "largest share of the training split that is negligible", NEGLIGIBLE_SHARE),
    ("C5", "mean absolute deviation over seeds: a smaller difference counts as none", SPREAD_MARGIN),
    ("C7, C8", "retained skill: a smaller difference counts as none", RETAINED_MARGIN),
    ("C8", "fall under slight text noise beyond that of the other fusions", SLIGHT_FALL),
    ("C10", "share of skill that is kept where a fusion holds up", HOLDS_UP),
    ("C11", "area under the curve: synthetic well above real", WELL_ABOVE),
    ("C11", "area under the curve up to which a fusion fails", FAILS),
];
