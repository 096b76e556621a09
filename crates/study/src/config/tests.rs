//! Every kind of error with its exact text, overrides, and the shipped files.

use std::collections::BTreeSet;

use super::reader::Reader;
use super::tree::{Leaves, parse};
use super::*;

fn set(overrides: &[&str]) -> Vec<Override> {
    overrides.iter().map(|text| text.parse().unwrap()).collect()
}

fn faults(text: &str) -> String {
    read(Some(text), &[]).unwrap_err().to_string()
}

fn set_faults(overrides: &[&str]) -> String {
    read(None, &set(overrides)).unwrap_err().to_string()
}

fn known_keys() -> BTreeSet<String> {
    let mut reader = Reader::new(Leaves::new());
    read::take_all(&mut reader);
    reader.known().iter().map(|&key| key.to_owned()).collect()
}

/// A fusion's learning rate is written where it differs from that of all.
fn keys_with_defaults() -> BTreeSet<String> {
    known_keys()
        .into_iter()
        .filter(|key| !(key.starts_with("fusion.") && key.ends_with(".learning_rate")))
        .collect()
}

#[test]
fn the_shipped_configuration_is_the_default_and_names_every_key() {
    assert_eq!(read(Some(DEFAULT_TOML), &[]).unwrap(), Config::default());
    assert_eq!(read(None, &[]).unwrap(), Config::default());
    let written: BTreeSet<String> = parse(DEFAULT_TOML).unwrap().into_keys().collect();
    assert_eq!(written, keys_with_defaults());
}

#[test]
fn the_list_of_keys_is_every_field_of_the_configuration() {
    let fields: BTreeSet<String> = parse(&Config::default().to_toml()).unwrap().into_keys().collect();
    assert_eq!(fields, keys_with_defaults());
}

#[test]
fn the_papers_study_has_its_grid_and_its_training_split() {
    let paper = read(Some(include_str!("../../../../configs/paper.toml")), &[]).unwrap();
    assert_eq!((paper.data.clip_like.width, paper.train.epochs), (768, 100));
    assert_eq!(paper.sweep.seeds.resolve().len(), 20);
    let samples = paper.data.clip_like.samples;
    let held_out = |share: f64| (share * samples as f64).round() as usize;
    let train_rows = samples - held_out(paper.data.validation) - held_out(paper.data.test);
    assert_eq!(train_rows, 327_700);
    let sizes = paper.sweep.sizes.resolve(paper.sweep.smallest, train_rows).unwrap();
    assert_eq!((sizes.len(), sizes[0], sizes[13], sizes[14]), (15, 32, 262_144, 327_700));
}

#[test]
fn the_smoke_study_is_small_and_whole() {
    let smoke = read(Some(include_str!("../../../../configs/smoke.toml")), &[]).unwrap();
    assert_eq!(smoke.sweep.sizes.resolve(smoke.sweep.smallest, 280).unwrap(), [32, 128, 280]);
    assert_eq!(smoke.noise.levels.resolve().unwrap(), [0.0, 0.3, 0.6, 0.9]);
    assert_eq!((smoke.sweep.fusions.len(), smoke.sweep.tasks.len()), (3, 2));
}

#[test]
fn a_journal_from_before_baselines_has_none_and_a_new_study_has_all() {
    let mut old = serde_json::to_value(Config::default()).unwrap();
    old["sweep"].as_object_mut().unwrap().remove("baselines").unwrap();
    let old: Config = serde_json::from_value(old).unwrap();
    assert_eq!(old.sweep.baselines, []);
    // Resumed without naming them, it stays without.
    assert_eq!(read(Some(&old.to_toml()), &[]).unwrap().sweep.baselines, []);
    assert_eq!(read(None, &[]).unwrap().sweep.baselines, Baseline::DEFAULT);
    assert_eq!(read(None, &set(&["sweep.baselines=[]"])).unwrap().sweep.baselines, []);
}

#[test]
fn every_value_out_of_place_is_named_with_what_is_allowed() {
    let seeds =
        "a count from 1 to 1000, or a list of 1 to 1000 whole numbers from 0 to 9007199254740992, none twice";
    let tasks = "a list of 1 to 32 of real, synthetic, rotated, rank1, additive, aligned:a with a number a from 0 to 1 of \
                 three decimals at most, none twice";
    let sizes = r#""doubling", or a list of 1 to 1000 row counts above 0 or "all", none twice"#;
    let name = r#"1 to 64 letters a-z A-Z, digits, ".", "_", "-", the first a letter or a digit"#;
    let levels = r#""start:end:step" or a list, ascending from 0, none above 1"#;
    let exact = "a whole number from 0 to 9007199254740992";
    let rates = "a finite number above 0, or a list of 1 to 16 of them, none twice";
    let splits =
        "a count from 1 to 100, or a list of 1 to 100 whole numbers from 0 to 9007199254740992, none twice";
    for (written, complaint, allowed) in [
        (r#"train.epochs = "ten""#, r#""ten" is not a whole number"#, "a whole number from 1 to 100000"),
        ("train.epochs = 0", "0 is too small", "a whole number from 1 to 100000"),
        ("train.epochs = 2.5", "2.5 is not a whole number", "a whole number from 1 to 100000"),
        ("train.batch_size = 0", "0 is too small", "a whole number from 1 to 1000000"),
        ("train.learning_rate = 0", "0 is out of range", rates),
        ("train.learning_rate = inf", "inf is out of range", rates),
        ("train.learning_rate = 1e999", "1e999 is out of range", rates),
        ("train.weight_decay = -0.1", "-0.1 is out of range", "a finite number, 0 or more"),
        ("train.weight_decay = []", "an empty list is not a number", "a finite number, 0 or more"),
        ("model.hidden = 0", "0 is too small", "a whole number from 1 to 65536"),
        (
            r#"model.activation = "reul""#,
            r#""reul" is unknown, did you mean "relu"?"#,
            "relu, identity, gelu, tanh",
        ),
        (
            r#"model.activation = "Relu""#,
            r#""Relu" is unknown, did you mean "relu"?"#,
            "relu, identity, gelu, tanh",
        ),
        ("model.activation = true", "true is not a string", "relu, identity, gelu, tanh"),
        ("synthetic.allow_imbalance = 1", "1 is not valid", "true, false"),
        (r#"run.name = """#, r#""" is not a file name"#, name),
        (r#"run.name = "../up""#, r#""../up" is not a file name"#, name),
        (r#"run.name = "..""#, r#"".." is not a file name"#, name),
        (
            r#"run.device = "gpu""#,
            r#""gpu" is not a device"#,
            "auto, cpu, cuda, cuda:N with N the device's number, cuda:N,M for several of them",
        ),
        ("run.workers = -1", "-1 is too small", "a whole number from 0 to 64"),
        (r#"data.source = " ""#, "empty", r#""clip-like" or a path"#),
        (
            "data.width = 1",
            "1 is too small",
            "0 for the widths as they come, or a whole number from 2 to 65536",
        ),
        ("data.validation = 0", "0 is out of range", "a number above 0 and below 1"),
        ("data.test = 1.0", "1.0 is out of range", "a number above 0 and below 1"),
        ("data.positive = [1, 1]", "1 is listed twice", "a list of whole numbers or strings, none twice"),
        ("data.positive = [1.5]", "1.5 is not a label", "a list of whole numbers or strings, none twice"),
        ("data.split_seed = 18446744073709551616", "18446744073709551616 is too large", exact),
        ("data.split_seed = 9007199254740993", "9007199254740993 is too large", exact),
        ("data.split_seeds = 0", "0 is too small", splits),
        ("data.split_seeds = 101", "101 is too large", splits),
        ("data.split_seeds = [1, 2, 1]", "1 is listed twice", splits),
        (r#"data.split_seeds = "all""#, r#""all" is not a whole number"#, splits),
        ("data.clip_like.width = 15", "15 is too small", "a whole number from 16 to 16384"),
        ("data.clip_like.matched = 1.01", "1.01 is out of range", "a number from 0 to 1"),
        ("data.clip_like.matched = nan", "nan is out of range", "a number from 0 to 1"),
        ("sweep.tasks = []", "an empty list", tasks),
        (r#"sweep.tasks = "real""#, r#""real" is not a list"#, tasks),
        (
            r#"sweep.fusions = ["prodct", 3, "concat"]"#,
            r#""prodct" is unknown, did you mean "product"?; 3 is not a string"#,
            "a list of at least one of concat, product, tensor, tfn, mcb, lmf, gmu, dynmm, torchscript:FILE, none twice",
        ),
        (
            r#"noise.conditions = ["text", "text"]"#,
            r#""text" is listed twice"#,
            "a list of at least one of text, image, both, none twice",
        ),
        (
            r#"sweep.baselines = ["text", "logistics", "text"]"#,
            r#""logistics" is unknown, did you mean "logistic"?"#,
            "a list of text, image, logistic, late, permuted, none twice, or [] for none",
        ),
        (r#"sweep.sizes = "all""#, r#""all" is not valid"#, sizes),
        (r#"sweep.sizes = [32, "al", 0]"#, r#""al" is not a whole number; 0 is too small"#, sizes),
        (r#"sweep.sizes = ["all", "all"]"#, r#""all" is listed twice"#, sizes),
        ("sweep.smallest = 0", "0 is too small", "a whole number from 1 to 1000000000"),
        ("sweep.seeds = 0", "0 is too small", seeds),
        ("sweep.seeds = []", "an empty list", seeds),
        ("sweep.seeds = [3, 0x3]", "0x3 is listed twice", seeds),
        (r#"noise.levels = "0:1""#, r#""0:1" is not start:end:step"#, levels),
        (r#"noise.levels = "0:1:0""#, r#""0:1:0" does not rise"#, levels),
        (r#"noise.levels = "0:inf:0.1""#, r#""0:inf:0.1" is not start:end:step"#, levels),
        (r#"noise.levels = "0:1:1e-9""#, r#""0:1:1e-9" makes more than 1001 levels"#, levels),
        (r#"noise.levels = "0.1:1:0.1""#, "the levels do not begin with 0", levels),
        ("noise.levels = [0, 1.5]", "the level 1.5 is not within 0 and 1", levels),
        ("noise.levels = [0, 0.5, 0.2]", "the level 0.2 does not rise above 0.5 before it", levels),
        ("noise.levels = [0]", "0 alone is not a range of noise", levels),
        ("noise.levels = [0, nan]", "the level NaN is not within 0 and 1", levels),
    ] {
        let (key, _) = written.split_once(" =").unwrap();
        assert_eq!(faults(written), format!("line 1: {key}: {complaint}; allowed: {allowed}"));
    }
}

#[test]
fn a_group_is_a_columns_name_or_none() {
    let allowed = "allowed: a column's name, or \"\" for none";
    assert_eq!(faults("data.group = 3"), format!("line 1: data.group: 3 is not a string; {allowed}"));
    assert_eq!(faults(r#"data.group = "  ""#), format!("line 1: data.group: empty; {allowed}"));
    assert_eq!(read(Some(r#"data.group = """#), &[]).unwrap().data.group, "");
}

#[test]
fn an_unknown_key_names_the_nearest_one() {
    let fusions = "concat product tensor tfn mcb lmf gmu dynmm torchscript text image late permuted";
    let fusions: Vec<String> = fusions.split(' ').map(|name| format!("fusion.{name}")).collect();
    let sections = format!(
        "run, data, data.clip_like, sweep, model, train, {}, synthetic, noise, missing, evaluation, checkpoints, claims, cluster",
        fusions.join(", ")
    );
    for (written, expected) in [
        ("epochs = 3", "line 1: epochs: unknown key; did you mean train.epochs?".to_owned()),
        ("[training]\nepochs = 3", "line 2: training.epochs: unknown key; did you mean train.epochs?".into()),
        ("[train]\nbatchsize = 3", "line 2: train.batchsize: unknown key; did you mean train.batch_size?".into()),
        ("[noise]\nsorce = 3", "line 2: noise.sorce: unknown key; did you mean noise.source?".into()),
        ("data.samples = 3", "line 1: data.samples: unknown key; did you mean data.clip_like.samples?".into()),
        ("width = 3", "line 1: width: unknown key; did you mean data.width or data.clip_like.width or fusion.mcb.width?".into()),
        ("[nose]", "line 1: nose: unknown section; did you mean [noise]?".into()),
        ("[train]\nmomentum = 3",
         "line 2: train.momentum: unknown key; [train] has epochs, batch_size, learning_rate, weight_decay, patience, \
          robust, noise_max, drop".into()),
        ("wibble = 3", format!("line 1: wibble: unknown key; the sections are {sections}")),
        (r#""train.epochs" = 3"#, r#"line 1: "train.epochs": unknown key; did you mean train.epochs?"#.into()),
        ("run.name.x = 3", "line 1: run.name.x: unknown key; run.name holds a value and is not a section".into()),
    ] {
        assert_eq!(faults(written), expected);
    }
}

#[test]
fn a_section_is_no_value() {
    let expected =
        "line 1: model: 3 is not a section; write [model], and its keys below it: hidden, activation";
    assert_eq!(faults("model = 3"), expected);
    let expected =
        "line 1: model: a list is not a section; write [model], and its keys below it: hidden, activation";
    assert_eq!(faults("[[model]]\nhidden = 3"), expected);
    assert_eq!(read(Some("[model]\nmodel.hidden = 3"), &[]).unwrap_err().0.len(), 1);
    assert_eq!(read(Some("[model]\n[train]"), &[]).unwrap(), Config::default());
    assert_eq!(read(Some("model = { hidden = 3 }"), &[]).unwrap().model.hidden, 3);
}

#[test]
fn keys_that_do_not_fit_together_are_named_at_the_one_that_was_written() {
    assert_eq!(
        faults("[data]\ntest = 0.9"),
        "line 2: data.test: data.validation = 0.15 and data.test = 0.9 leave nothing to train on; \
         together they stay below 1"
    );
    assert_eq!(
        faults("[data]\nsplit = \"fold\""),
        "line 2: data.split: the built-in generator has no columns; leave it \"random\", or name a file in data.source"
    );
    assert_eq!(
        faults("[data]\ngroup = \"user\""),
        "line 2: data.group: the built-in generator has no columns; leave it \"\", or name a file in data.source"
    );
    assert_eq!(
        faults("[data.clip_like]\nsamples = 20"),
        "line 2: data.clip_like.samples: 20 samples leave 3 rows in the validation split; each split needs 4: \
         raise data.clip_like.samples, or change data.validation and data.test\n\
         line 2: data.clip_like.samples: 20 samples leave 3 rows in the test split; each split needs 4: \
         raise data.clip_like.samples, or change data.validation and data.test"
    );
    assert_eq!(
        faults("[data]\nsource = \"a.npz\"\nsplit = \"fold\"\nsplit_seeds = [4, 5, 6]"),
        "line 4: data.split_seeds: 3 random splits, where data.split = \"fold\" names the one there is; \
         leave it 1, or data.split \"random\""
    );
    let one = "[data]\nsource = \"a.npz\"\nsplit = \"fold\"\nsplit_seeds = [4]";
    assert_eq!(read(Some(one), &[]).unwrap().data.splits(), [Seed(4)]);
    // A share that was refused says nothing about the other one.
    assert_eq!(read(Some("[data]\nvalidation = \"x\"\ntest = 0.9"), &[]).unwrap_err().0.len(), 1);
}

#[test]
fn a_text_that_is_no_toml_is_one_fault_with_its_line() {
    for (written, expected) in [
        ("[run]\nname = \"a\"\nname = 3\n", "line 3: not TOML: duplicate key at \"name\""),
        ("[run]\n\n[run\n", "line 3: not TOML: unclosed table, expected `]`"),
        ("a = [1,\n2", "line 2: not TOML: unclosed array, expected `]`"),
    ] {
        assert_eq!(faults(written), expected);
    }
    let faults = read(Some("[run\n"), &set(&["data.test=0.9", "train.epoch=3"])).unwrap_err();
    assert_eq!(
        faults.to_string(),
        "line 1: not TOML: unclosed table, expected `]`\n--set: train.epoch: unknown key; did you mean train.epochs?"
    );
}

#[test]
fn all_faults_come_at_once_in_the_order_of_their_lines() {
    let text = "[train]\nepochs = \"ten\"\npatience = -1\n[modle]\nhidden = 8\n[data]\nvalidation = 0.7\ntest = 0.4\n";
    let origins: Vec<Origin> = read(Some(text), &set(&["run.workers=x", "noise.mean=none", "run.name=fine"]))
        .unwrap_err()
        .0
        .iter()
        .map(|fault| fault.origin)
        .collect();
    let line = Origin::Line;
    assert_eq!(origins, [line(2), line(3), line(5), line(7), Origin::Set, Origin::Set]);
}

#[test]
fn an_override_is_a_toml_value_else_a_string_and_the_last_one_wins() {
    let text = "[train]\nepochs = \"fixed by the override\"\n[run]\nname = \"file\"";
    let overrides = set(&[
        "train.epochs=7",
        "train.epochs = 5",
        "run.name=2024",
        "run.device=cuda:1",
        "sweep.fusions=[\"tensor\"]",
        "noise.levels=0:0.5:0.25",
        "data.source=a=b.npz",
        "data.text=\"quoted\"",
    ]);
    let config = read(Some(text), &overrides).unwrap();
    assert_eq!(config.train.epochs, 5);
    assert_eq!(config.run.name, "2024");
    assert_eq!(config.run.device, DeviceChoice::Cuda(Gpus::new([1])));
    assert_eq!(config.sweep.fusions, [ModelId::TENSOR]);
    assert_eq!(config.noise.levels, Levels::Range("0:0.5:0.25".into()));
    assert_eq!((config.data.source.as_str(), config.data.text.as_str()), ("a=b.npz", "quoted"));
}

#[test]
fn an_override_that_cannot_be_meant_is_refused() {
    assert_eq!(
        set_faults(&["train={epochs=3}"]),
        "--set: train: a section; set its keys one by one, such as train.epochs=…"
    );
    assert_eq!(set_faults(&["epochs=3"]), "--set: epochs: unknown key; did you mean train.epochs?");
    assert_eq!(
        set_faults(&["train.epochs=ten"]),
        "--set: train.epochs: \"ten\" is not a whole number; allowed: a whole number from 1 to 100000"
    );
    for text in ["train.epochs", "=3", " =3", ""] {
        let error = text.parse::<Override>().unwrap_err();
        assert_eq!(error.to_string(), format!("{text:?} is not KEY=VALUE; write it as train.epochs=5"));
    }
}

#[test]
fn nothing_that_a_terminal_obeys_is_repeated() {
    let text = "\"a\\u001b]0;x\\u0007\" = 1\n[run]\nname = \"\\u001b[31m\\u202e\\n\"\n";
    let message = faults(text);
    assert!(message.lines().all(|line| line.starts_with("line ")), "{message}");
    assert!(message.contains(r#""a\u{1b}]0;x\u{7}": unknown key"#), "{message}");
    assert!(message.contains(r#""\u{1b}[31m\u{202e}\n" is not a file name"#), "{message}");
    let long = faults(&format!("run.device = \"{}\"", "x".repeat(5_000)));
    assert!(long.len() < 200 && long.contains("x\"… is not a device"), "{long}");
}

#[test]
fn tasks_that_there_are_not_are_refused_with_the_names_of_those_that_there_are() {
    let tasks = "a list of 1 to 32 of real, synthetic, rotated, rank1, additive, aligned:a with a number a from 0 to 1 of \
                 three decimals at most, none twice";
    for (written, complaint, allowed) in [
        (
            r#"sweep.tasks = ["aligned:1.5", "aligned:"]"#,
            r#""aligned:1.5" is unknown; "aligned:" is unknown"#,
            tasks,
        ),
        (r#"sweep.tasks = ["aligned:x"]"#, r#""aligned:x" is unknown"#, tasks),
        (
            r#"sweep.tasks = ["aligned:0.50"]"#,
            r#""aligned:0.50" is unknown, did you mean "aligned:0.5"?"#,
            tasks,
        ),
        (r#"sweep.tasks = ["rotted", "real"]"#, r#""rotted" is unknown, did you mean "rotated"?"#, tasks),
        (r#"sweep.tasks = ["rank1", "rank1"]"#, r#""rank1" is listed twice"#, tasks),
        ("synthetic.draws = 0", "0 is too small", "a whole number from 1 to 16"),
    ] {
        let (key, _) = written.split_once(" =").unwrap();
        assert_eq!(faults(written), format!("line 1: {key}: {complaint}; allowed: {allowed}"));
    }
}
