//! The whole report, from arrays to its text.

use ndarray::Array2;

use study::config::{Config, SyntheticLabel};
use study::event::SplitOf;

use super::{Health, HealthInput, Level};

/// Numbers without a pattern, 0 to 1.
fn noise(row: usize, column: usize) -> f32 {
    let mixed = ((row * 64 + column + 1) as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed >> 40) as f32 / 16_777_216.0
}

struct Set {
    text: Array2<f32>,
    image: Array2<f32>,
    classes: Vec<u16>,
    splits: Vec<SplitOf<Vec<u32>>>,
    groups: Option<Vec<u32>>,
    config: Config,
}

impl Set {
    /// 2,000 rows without a fault, whose first column tells most of the class.
    fn sound() -> Self {
        let classes: Vec<u16> = (0..2_000).map(|row| u16::from(noise(row, 50) > 0.5)).collect();
        let rows = |salt: usize| {
            Array2::from_shape_fn((2_000, 8), |(row, column)| {
                let told = if column == 0 { 0.4 * f32::from(classes[row]) } else { 0.0 };
                noise(row, column + salt) - 0.5 + told
            })
        };
        let splits = vec![SplitOf {
            train: (0..1_000).collect(),
            validation: (1_000..1_300).collect(),
            test: (1_300..2_000).collect(),
        }];
        let (text, image) = (rows(0), rows(20));
        Self { text, image, classes, splits, groups: None, config: Config::default() }
    }

    fn health(&self) -> Health {
        self.of(None)
    }

    fn of(&self, places: Option<&[u32]>) -> Health {
        Health::of(&HealthInput {
            text: &self.text,
            image: &self.image,
            element_types: ["float32", "float16"],
            classes: &self.classes,
            class_names: &[],
            splits: &self.splits,
            groups: self.groups.as_deref(),
            places,
            fitted: None,
            config: &self.config,
        })
    }

    /// Findings of problems and warnings, each with its fix.
    fn findings(&self) -> Vec<String> {
        let found = self.health().findings.into_iter().filter(|finding| finding.level > Level::Note);
        found.map(|finding| format!("{:?}: {} > {}", finding.level, finding.what, finding.fix)).collect()
    }

    /// The only problem or warning after a change.
    #[track_caller]
    fn finding(change: impl FnOnce(&mut Self)) -> String {
        let mut set = Self::sound();
        change(&mut set);
        let findings = set.findings();
        assert_eq!(findings.len(), 1, "{findings:#?}");
        findings.into_iter().next().unwrap()
    }
}

#[track_caller]
fn says(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn a_sound_data_set_has_no_warning() {
    assert_eq!(Set::sound().findings(), [""; 0]);
}

#[test]
fn each_fault_is_found_with_the_key_to_set() {
    let zero = Set::finding(|set| set.text.row_mut(7).fill(0.0));
    says(&zero, &["Problem", "the text of 1 of 2000 rows", "row 7", "data.missing = \"drop\"", "\"mean\""]);
    let nan = Set::finding(|set| set.image.row_mut(9).fill(f32::NAN));
    says(&nan, &["the image of 1 of 2000 rows", "1 of NaN", "row 9", "data.missing"]);
    let broken = Set::finding(|set| set.image[(3, 1)] = f32::INFINITY);
    says(&broken, &["1 rows of image hold 0 NaN and 1 infinite", "row 3"]);
    let widths = Set::finding(|set| set.image = Array2::from_shape_fn((2_000, 6), |(r, c)| noise(r, c + 30)));
    says(&widths, &["text is 8 and image 6 wide", "product", "synthetic", "data.width = 6"]);
    let copied = Set::finding(|set| {
        let row = set.text.row(5).to_owned();
        set.text.row_mut(1_500).assign(&row);
    });
    says(
        &copied,
        &["Warning", "of 1000 validation and test rows, 1 have the text, 0 the image", "data.group = COLUMN"],
    );
    let near = Set::finding(|set| {
        let row = &set.text.row(5) + 1e-4;
        set.text.row_mut(1_900).assign(&row);
        set.splits[0].test = (1_600..2_000).collect();
        set.config.data.test = 0.2;
        set.classes[5] = 0;
    });
    says(&near, &["1 have nearly the text"]);
    let leak = Set::finding(|set| {
        let classes = set.classes.clone();
        set.image.column_mut(4).iter_mut().zip(classes).for_each(|(to, class)| *to = f32::from(class));
    });
    says(&leak, &["Problem", "column 4 of image", "100.0 %", "hold the label"]);
    let small = Set::finding(|set| set.splits[0].test.truncate(100));
    says(&small, &["with 100 test rows", "standard error", "data.test = 0.", "data.split_seeds = 5"]);
    let raw = Set::finding(|set| {
        set.text += 9.0;
        set.image += 9.0;
        set.config.synthetic.label = SyntheticLabel::Raw;
    });
    says(&raw, &["Problem", "synthetic.label = \"raw\"", "100.0 %", "set synthetic.label = \"median\""]);
}

#[test]
fn rare_classes_and_imbalance_are_found() {
    let rare = |every: usize| {
        move |set: &mut Set| {
            set.classes = (0..2_000).map(|row| u16::from(row % every == 0)).collect();
            let classes = set.classes.clone();
            for (mut row, class) in set.text.rows_mut().into_iter().zip(classes) {
                row[0] = 0.7 * f32::from(class) + row[1];
            }
        }
    };
    let mut set = Set::sound();
    rare(40)(&mut set);
    let all = set.findings().join("\n");
    says(&all, &["Problem: class `0` has 97.5 %", "synthetic.allow_imbalance = true", "balanced accuracy"]);
    says(&all, &["at train size 32, class `1` has 0.8 rows", "set sweep.smallest = 256"]);
    set.config.synthetic.allow_imbalance = true;
    says(&set.findings().join("\n"), &["Warning: class `0` has 97.5 %"]);
    let mut set = Set::sound();
    rare(8)(&mut set);
    says(&set.findings().join("\n"), &["Warning: class `0` has 87.5 %"]);
}

#[test]
fn groups_copies_and_classes_that_stand_in_the_way_are_found() {
    let groups = Set::finding(|set| set.groups = Some((0..2_000).map(|row| row % 1_999).collect()));
    says(&groups, &["Problem: 1 groups have rows in more than one part", "data.split = \"random\""]);
    let contrary = Set::finding(|set| {
        for rows in [&mut set.text, &mut set.image] {
            let row = rows.row(5).to_owned();
            rows.row_mut(6).assign(&row);
        }
        (set.classes[5], set.classes[6]) = (0, 1);
    });
    says(&contrary, &["2 rows have text and image of a row with another label", "correct the labels"]);
    let one = Set::finding(|set| set.classes.fill(1));
    says(&one, &["Problem: class `1` has 100.0 %", "data.label"]);
    let unseen = Set::finding(|set| {
        let test = set.splits[0].test.clone();
        for row in test {
            set.classes[row as usize] = 0;
        }
        set.config.sweep.smallest = 64;
    });
    says(&unseen, &["the test part has no row of class `1`", "data.split_seed"]);
    let none = Set::finding(|set| set.classes.clear());
    says(&none, &["Problem: there is no usable label", "data.label"]);
}

#[test]
fn places_in_the_source_are_told_where_rows_were_left_out() {
    let mut set = Set::sound();
    set.text.row_mut(7).fill(0.0);
    let places: Vec<u32> = (0..2_000).map(|row| row + 100).collect();
    let health = set.of(Some(&places));
    assert_eq!(health.text.first_missing_row, Some(107));
}

#[test]
fn labels_in_another_order_are_found() {
    let mut set = Set::sound();
    set.classes = (0..2_000).map(|row| u16::from(noise(row, 60) > 0.5)).collect();
    says(&set.findings().join("\n"), &["no linear model sees the label", "data.key"]);
}

#[test]
fn the_report_fits_a_terminal_and_is_json_without_nan() {
    let mut set = Set::sound();
    set.text.row_mut(7).fill(f32::NAN);
    set.image.column_mut(2).fill(0.5);
    set.splits[0].test.truncate(100);
    let health = set.health();
    let text = health.to_string();
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
        assert!(line.chars().all(|c| c.is_ascii() || matches!(c, '×' | '·')), "{line}");
    }
    says(&text, &["2000 × 8", "float16", "FINDINGS", "set data.missing"]);
    let json = serde_json::to_value(&health).unwrap();
    assert_eq!(json["text"]["all_nan_rows"], 1);
    assert_eq!(json["findings"][0]["level"], "problem");
    assert_eq!(json["image"]["constant_columns"], 1);
}

#[test]
fn nothing_to_look_at_is_no_panic() {
    for (rows, width) in [(0, 0), (0, 5), (1, 1), (3, 0), (2, 2)] {
        let set = Set {
            text: Array2::zeros((rows, width)),
            image: Array2::from_elem((rows, width + 1), f32::NAN),
            classes: Vec::new(),
            splits: vec![SplitOf { train: vec![0, 9], validation: vec![1], test: vec![2] }],
            groups: Some(vec![5]),
            config: Config::default(),
        };
        let shown = set.health().to_string();
        assert!(shown.starts_with("MODALITIES") && !shown.contains("NaN %"), "{shown}");
    }
}
