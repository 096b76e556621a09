//! Whole groups of random sizes in random classes, over many seeds.

use std::collections::BTreeSet;

use rand::RngExt;

use super::super::column::{self, Column};
use super::super::split::{every_split, splits};
use super::*;
use study::config::Seeds;

fn named(code: u32) -> String {
    format!("user-{code}")
}

fn groups(codes: &[u32]) -> Groups<'_> {
    Groups { codes, text: &named, place: "group `user` of pairs.csv" }
}

/// So many groups of 1 to `most` rows, the classes of a group's rows mostly its own; a code and a class for each row.
fn rows(count: u32, most: u32, classes: u16, key: u64) -> (Vec<u32>, Vec<u16>) {
    let mut rng = random::stream(Purpose::Bootstrap, 4_001, key, 0);
    let (mut codes, mut strata) = (Vec::new(), Vec::new());
    for code in 0..count {
        let own = rng.random_range(0..classes);
        for _ in 0..rng.random_range(1..=most) {
            codes.push(code * 3 + 1);
            strata.push(if rng.random_range(0..4) == 0 { rng.random_range(0..classes) } else { own });
        }
    }
    // A group's rows do not stand together.
    let mut order = random::permutation(codes.len(), &mut rng);
    order.reverse();
    let codes = order.iter().map(|&row| codes[row as usize]).collect();
    (codes, order.iter().map(|&row| strata[row as usize]).collect())
}

fn of(splits: &Splits) -> [&Vec<u32>; 3] {
    [&splits.train, &splits.validation, &splits.test]
}

fn refusal(codes: &[u32], config: &DataConfig) -> String {
    let strata = vec![0; codes.len()];
    splits(config, Seed(0), None, &strata, Some(groups(codes)), "").unwrap_err().to_string()
}

#[test]
fn no_group_is_in_two_parts_and_no_row_is_lost() {
    let config = DataConfig::default();
    for (key, (count, most)) in
        [(3, 1), (3, 4), (7, 20), (40, 50), (400, 5), (1_000, 1)].into_iter().enumerate()
    {
        let (codes, strata) = rows(count, most, 3, key as u64);
        for seed in 0..20 {
            let drawn = splits(&config, Seed(seed), None, &strata, Some(groups(&codes)), "");
            let drawn = match drawn {
                Ok(drawn) => drawn,
                // Three groups of which one is nearly everything have no split.
                Err(_) if (count, most) == (3, 4) => continue,
                Err(error) => panic!("{count} groups: {error}"),
            };
            let parts =
                of(&drawn).map(|rows| rows.iter().map(|&row| codes[row as usize]).collect::<BTreeSet<_>>());
            assert!(parts.iter().all(|part| !part.is_empty()), "{count} groups");
            assert_eq!(
                parts.iter().map(BTreeSet::len).sum::<usize>(),
                count as usize,
                "a group is in two parts"
            );
            let mut all = of(&drawn).into_iter().flatten().copied().collect::<Vec<_>>();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..codes.len() as u32));
            assert!(of(&drawn).iter().all(|rows| rows.is_sorted()));
        }
    }
}

#[test]
fn parts_have_their_share_of_the_rows_and_of_each_class() {
    let config = DataConfig::default();
    for (count, most, classes) in [(2_000, 1, 2), (1_000, 5, 2), (300, 30, 3), (3_000, 5, 40)] {
        let (codes, strata) = rows(count, most, classes, 9);
        let n = codes.len();
        let share = |rows: &[u32], class| {
            rows.iter().filter(|&&row| strata[row as usize] == class).count() as f64 / rows.len() as f64
        };
        let all: Vec<u32> = (0..n as u32).collect();
        for seed in 0..5 {
            let drawn = splits(&config, Seed(seed), None, &strata, Some(groups(&codes)), "").unwrap();
            for (rows, wanted) in of(&drawn).into_iter().zip([0.7, 0.15, 0.15]) {
                let off = rows.len() as f64 - wanted * n as f64;
                assert!(off.abs() <= f64::from(most), "{off} rows off, {count} groups");
                for class in 0..classes {
                    let off = (share(rows, class) - share(&all, class)) * rows.len() as f64;
                    assert!(
                        off.abs() <= f64::from(2 * most),
                        "class {class}: {off} rows off, {count} groups"
                    );
                }
            }
        }
    }
}

#[test]
fn large_groups_are_tested_on_as_often_as_small_ones() {
    // Half of the rows are in groups of 40, half in groups of one.
    let codes: Vec<u32> = (0..4_000).map(|row| if row < 2_000 { row / 40 } else { row }).collect();
    let strata = vec![0; codes.len()];
    let mut in_large = 0;
    for seed in 0..20 {
        let drawn =
            splits(&DataConfig::default(), Seed(seed), None, &strata, Some(groups(&codes)), "").unwrap();
        in_large += drawn.test.iter().filter(|&&row| row < 2_000).count();
    }
    let share = f64::from(in_large as u32) / (20.0 * 600.0);
    assert!((share - 0.5).abs() < 0.06, "{share}");
}

#[test]
fn a_split_follows_from_its_seed_alone() {
    let (codes, strata) = rows(200, 9, 2, 1);
    let drawn =
        |seed| splits(&DataConfig::default(), Seed(seed), None, &strata, Some(groups(&codes)), "").unwrap();
    assert_eq!(of(&drawn(3)), of(&drawn(3)));
    assert_ne!(of(&drawn(3))[2], of(&drawn(4))[2]);
}

#[test]
fn several_splits_have_equal_sizes_and_what_that_leaves_out_is_said() {
    let (codes, strata) = rows(60, 40, 2, 2);
    let config = DataConfig { split_seeds: Seeds::Count(4), ..DataConfig::default() };
    let (drawn, warnings) = every_split(&config, None, &strata, Some(groups(&codes)), "").unwrap();
    let sizes: BTreeSet<[usize; 3]> = drawn.iter().map(|splits| of(splits).map(Vec::len)).collect();
    assert_eq!((drawn.len(), sizes.len()), (4, 1), "{sizes:?}");
    let left: usize = codes.len() * 4 - drawn.iter().flat_map(of).map(Vec::len).sum::<usize>();
    let said: usize = numbers(&warnings[0])[1..4].iter().sum();
    assert!(left > 0 && said == left, "{left}: {}", warnings[0]);
    assert!(warnings[0].starts_with("whole groups make splits of different sizes: over all 4 splits, "));
    for splits in &drawn {
        groups(&codes).check_apart(splits).unwrap();
        assert!(of(splits).iter().all(|rows| rows.is_sorted()));
    }
    let (again, _) = every_split(&config, None, &strata, Some(groups(&codes)), "").unwrap();
    assert!(drawn.iter().zip(&again).all(|(one, other)| of(one) == of(other)));
    // One split loses nothing.
    let one = DataConfig::default();
    let (drawn, warnings) = every_split(&one, None, &strata, Some(groups(&codes)), "").unwrap();
    assert_eq!(of(&drawn[0]).map(Vec::len).iter().sum::<usize>(), codes.len());
    assert!(warnings.iter().all(|warning| !warning.contains("left out")), "{warnings:?}");
}

fn numbers(text: &str) -> Vec<usize> {
    let digits = text.replace(',', "");
    digits.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
}

#[test]
fn too_few_groups_and_one_that_is_nearly_everything_are_refused() {
    let text = refusal(&[0, 0, 0, 5, 5], &DataConfig::default());
    assert!(
        text.starts_with("group `user` of pairs.csv: its 5 rows are in 2 groups, too few for 3 parts"),
        "{text}"
    );
    let mut codes = vec![7; 90];
    codes.extend(0..10);
    let codes: Vec<u32> =
        codes.iter().enumerate().map(|(row, &code)| if row < 90 { 77 } else { code }).collect();
    let text = refusal(&codes, &DataConfig::default());
    let wanted = "`user-77` has 90 of 100 rows, more than any part of a split is to have (70)";
    assert!(text.contains(wanted), "{text}");
    // As much as the training part holds, and in it.
    let strata = vec![0; 100];
    let codes: Vec<u32> = (0..100).map(|row| if row < 70 { 1_000 } else { row }).collect();
    let drawn = splits(&DataConfig::default(), Seed(0), None, &strata, Some(groups(&codes)), "").unwrap();
    assert_eq!(of(&drawn).map(Vec::len), [70, 15, 15]);
}

fn column(parts: &[&str]) -> Column {
    parts.iter().map(|part| column::parse(part)).collect()
}

#[test]
fn a_given_split_with_a_group_in_two_parts_names_the_group_and_both() {
    let (codes, strata) = ([1, 1, 2, 3, 3, 4], [0; 6]);
    let given = |parts: &[&str]| {
        splits(&DataConfig::default(), Seed(0), Some(&column(parts)), &strata, Some(groups(&codes)), "split")
    };
    assert!(given(&["train", "train", "val", "test", "test", "train"]).is_ok());
    let text = given(&["train", "train", "val", "train", "test", "train"]).unwrap_err().to_string();
    let wanted =
        "group `user` of pairs.csv: `user-3` has training and test rows; give all rows of a group one part";
    assert!(text.starts_with(wanted), "{text}");
}

#[test]
fn validation_rows_that_a_given_split_lacks_are_whole_groups_of_its_training_rows() {
    let codes: Vec<u32> = (0..200).map(|row| row / 5).collect();
    let strata: Vec<u16> = codes.iter().map(|code| (code % 2) as u16).collect();
    let parts: Vec<&str> = codes.iter().map(|&code| if code < 10 { "test" } else { "train" }).collect();
    let drawn =
        splits(&DataConfig::default(), Seed(1), Some(&column(&parts)), &strata, Some(groups(&codes)), "")
            .unwrap();
    // 150 rows are for training, of which .15 are for validation: 23 of them, in groups of five.
    assert_eq!(of(&drawn).map(Vec::len), [125, 25, 50]);
    let mut by_group: BTreeMap<u32, usize> = BTreeMap::new();
    for &row in &drawn.validation {
        *by_group.entry(codes[row as usize]).or_default() += 1;
    }
    assert!(by_group.values().all(|&rows| rows == 5), "{by_group:?}");
}

#[test]
fn few_test_groups_are_said() {
    let codes: Vec<u32> = (0..60).map(|row| row / 4).collect();
    let (_, warnings) =
        every_split(&DataConfig::default(), None, &[0; 60], Some(groups(&codes)), "").unwrap();
    let wanted = "group `user` of pairs.csv: the test rows are in 2 groups, and intervals resample groups";
    assert!(warnings[0].starts_with(wanted), "{warnings:?}");
}
