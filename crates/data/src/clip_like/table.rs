//! The generator held to READING section 4's table, row by row.

use super::geometry::{Geometry, Quantity};
use super::{Pairs, generate};
use study::config::ClipLikeConfig;

fn pairs(samples: usize, width: usize) -> Pairs {
    generate(&ClipLikeConfig { samples, width, ..ClipLikeConfig::default() }).unwrap()
}

/// Every quantity that has a target at this width is near it; how many have.
#[track_caller]
fn holds(pairs: &Pairs) -> usize {
    let mut held = 0;
    for Quantity { name, target, measured } in Geometry::of(pairs).quantities {
        let Some((wanted, tolerance)) = target else { continue };
        let measured = measured.unwrap();
        println!("{name}: {measured:.3}, wanted {wanted:.3} ± {tolerance:.3}");
        assert!((measured - wanted).abs() <= tolerance, "{name}: {measured} is not {wanted} ± {tolerance}");
        held += 1;
    }
    held
}

#[test]
fn every_row_of_the_table_holds_at_width_512() {
    assert_eq!(holds(&pairs(4_000, 512)), 7 + 2 * 8);
}

#[test]
fn the_rows_for_all_widths_hold_at_64_and_768() {
    assert_eq!(holds(&pairs(4_000, 64)), 7);
    assert_eq!(holds(&pairs(4_000, 768)), 7);
}

#[test]
fn the_printed_table_has_each_quantity_beside_its_target() {
    let printed = Geometry::of(&pairs(500, 64)).to_string();
    let line = |name: &str| printed.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("gap between the means").contains("0.880 ± 0.020"), "{printed}");
    assert!(line("effective rank, text").contains(" - "), "{printed}");
    assert!(printed.contains("width 512 alone"), "{printed}");
    // Nothing to measure is no number, and the widest and fewest pairs are measured without a panic.
    let of = |samples: usize, width: usize, matched: f64| {
        let config = ClipLikeConfig { samples, width, matched, ..ClipLikeConfig::default() };
        Geometry::of(&generate(&config).unwrap()).to_string()
    };
    assert!(
        of(100, 16, 0.0).lines().any(|line| line.starts_with("cosine of matched") && line.ends_with('-'))
    );
    assert!(!of(1, 16, 1.0).contains("NaN"));
}

#[test]
fn a_row_does_not_depend_on_how_many_there_are() {
    let (few, many) = (pairs(300, 64), pairs(5_000, 64));
    assert_eq!(few.text, many.text.slice(ndarray::s![..300, ..]));
    assert_eq!(few.image, many.image.slice(ndarray::s![..300, ..]));
    assert_eq!(few.label, many.label[..300]);
    let one = pairs(1, 64);
    assert_eq!(one.text.row(0), many.text.row(0));
}

#[test]
fn rows_have_norm_one_and_the_real_label_is_balanced() {
    let pairs = pairs(4_096, 64);
    for row in pairs.text.rows().into_iter().chain(pairs.image.rows()) {
        assert!((row.dot(&row) - 1.0).abs() < 1e-5);
    }
    assert_eq!(pairs.label.iter().map(|&label| usize::from(label)).sum::<usize>(), 2_048);
}

#[test]
fn another_seed_is_another_world() {
    let other = generate(&ClipLikeConfig { samples: 10, seed: 1, ..ClipLikeConfig::default() }).unwrap();
    assert_ne!(pairs(10, 64).text, other.text);
}

#[test]
fn a_share_of_matched_pairs_is_kept() {
    let share = |matched: f64| {
        let config = ClipLikeConfig { samples: 2_000, matched, ..ClipLikeConfig::default() };
        generate(&config).unwrap().matched.iter().filter(|&&matched| matched).count()
    };
    assert_eq!(share(1.0), 2_000);
    assert_eq!(share(0.0), 0);
    let half = share(0.5);
    assert!((920..1_080).contains(&half), "{half}");
}

#[test]
fn a_world_too_narrow_for_the_recipe_is_refused() {
    let error = generate(&ClipLikeConfig { width: 8, ..ClipLikeConfig::default() }).err().unwrap();
    assert!(error.to_string().contains("data.clip_like.width"), "{error}");
}
