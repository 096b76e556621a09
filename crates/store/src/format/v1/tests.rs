//! What the program wrote when its types were its files' form (0.1.0, commit 9601e8e) stands in `kept/`: it is read and
//! written again as the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::names::{Model, Name, Named, TaskName};
use super::state::TrainingState;
use super::{CohortId, DecodeError, Sweep, checkpoint, decode, encode, epoch_number, rows};
use crate::{correctness, test_rows, under_noise};
use study::event::{Event, EventKind, GateWeights, NoiseMean, SeedOutcome};
use study::grid::{self, Alignment, Condition, Seed, Task};
use study::model::{Fusion, ModelId, Module, ModuleOutput, ModuleParameter, Rate, Robust, intern_modules};

const JOURNAL: &str = include_str!("kept/events.jsonl");
const STATE: &str = include_str!("kept/state.json");
/// A line for each scale.
const PREPROCESSING: &str = include_str!("kept/preprocessing.json");

fn again(line: &str) -> String {
    String::from_utf8(encode(&decode(line.as_bytes()).unwrap()).unwrap()).unwrap()
}

/// The files of whole runs of this version, of which some are older than some of the header's keys.
fn kept_run(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/kept/0.1.0").join(name)
}

/// A line without its header's configuration, which gains keys, and that configuration.
fn without_config(line: &str) -> (Value, Value) {
    let mut line: Value = serde_json::from_str(line).unwrap();
    let config = line.pointer_mut("/header/config").map_or(Value::Null, Value::take);
    (line, config)
}

/// Whether `new` has all that `old` has, and perhaps more.
fn has_all_of(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(key, old)| new.get(key).is_some_and(|new| has_all_of(new, old)))
        }
        (new, old) => new == old,
    }
}

#[test]
fn a_journals_lines_are_written_again_as_the_same_bytes() {
    let mut kinds = BTreeSet::new();
    for line in JOURNAL.lines() {
        let (new, old) = (without_config(&again(line)), without_config(line));
        assert!(new.0 == old.0 && has_all_of(&new.1, &old.1), "{line}");
        if old.1.is_null() {
            assert_eq!(again(line), line);
        }
        kinds.insert(
            format!("{:?}", decode(line.as_bytes()).unwrap().kind)
                .split([' ', '{'])
                .next()
                .map(str::to_owned),
        );
    }
    assert_eq!(kinds.len(), 11, "a line of every kind: {kinds:?}");
    for run in ["finished", "interrupted"] {
        let journal = fs::read_to_string(kept_run(run).join("events.jsonl")).unwrap();
        // The first line lacks keys of the configuration that came later.
        for line in journal.lines().skip(1).filter(|line| !line.contains("run_resumed")) {
            assert_eq!(again(line), line, "{run}");
        }
    }
}

#[test]
fn an_epochs_line_has_its_number_alone_and_no_other_line_has_one() {
    for line in JOURNAL.lines() {
        let event = decode(line.as_bytes()).unwrap();
        let is_epoch = matches!(event.kind, EventKind::EpochFinished { .. });
        assert_eq!(epoch_number(line.as_bytes()), is_epoch.then_some(event.seq), "{line}");
    }
}

#[test]
fn a_training_state_is_written_again_as_the_same_bytes() {
    let mut record = TrainingState::decode(STATE.as_bytes()).unwrap();
    assert_eq!(String::from_utf8(record.encode().unwrap()).unwrap(), STATE);
    record.trials[0].ended = Some((&SeedOutcome::Diverged { epoch: grid::Epoch(3) }).into());
    let ended = STATE.replacen(r#""ended":null"#, r#""ended":{"outcome":"diverged","epoch":3}"#, 1);
    assert_eq!(String::from_utf8(record.encode().unwrap()).unwrap(), ended);
}

#[test]
fn a_checkpoints_preprocessing_is_written_again_as_the_same_text() {
    let mut texts: Vec<String> = PREPROCESSING.lines().map(str::to_owned).collect();
    for fusion in ["concat", "logistic-tensor", "text"] {
        let path = kept_run("finished").join(format!("checkpoints/{fusion}-synthetic-32.safetensors"));
        let metadata = crate::checkpoint::read(&path).unwrap().metadata;
        let keys = [checkpoint::FUSION, checkpoint::TASK, checkpoint::TRAIN_SIZE, checkpoint::SEED];
        let numbers = [checkpoint::BEST_EPOCH, checkpoint::VAL_ACCURACY, checkpoint::TEST_ACCURACY];
        let others = [checkpoint::DATA_FINGERPRINT, checkpoint::CONFIG];
        for key in keys.iter().chain(&numbers).chain(&others) {
            assert!(metadata.contains_key(*key), "{key}");
        }
        assert_eq!(metadata[checkpoint::FUSION], fusion);
        texts.push(metadata[checkpoint::PREPROCESSING].clone());
    }
    for text in &texts {
        let read: checkpoint::Preprocessing = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), *text);
    }
}

#[test]
fn files_of_rows_are_written_again_as_the_same_bytes() {
    let (run, folder) = (kept_run("finished"), tempfile::tempdir().unwrap());
    let copy = folder.path().join("copy");
    let mut files = 0;
    let mut check = |path: &Path| {
        assert!(fs::read(path).unwrap() == fs::read(&copy).unwrap(), "{}", path.display());
        files += 1;
    };
    for entry in fs::read_dir(run.join("correct")).unwrap() {
        let path = entry.unwrap().path();
        let of = correctness::read(&path).unwrap();
        correctness::write(&copy, of[0].1.len(), &of).unwrap();
        check(&path);
    }
    for entry in fs::read_dir(run.join("under-noise")).unwrap() {
        let path = entry.unwrap().path();
        let of = under_noise::read(&path).unwrap();
        let rows = of[0].1.areas.values().next().unwrap().len();
        let of: Vec<_> = of.iter().map(|(seed, of)| (*seed, of)).collect();
        under_noise::write(&copy, rows, &of).unwrap();
        check(&path);
    }
    let places = test_rows::read(&run.join("test-rows.npy")).unwrap();
    test_rows::write(&copy, &places.iter().map(Vec::as_slice).collect::<Vec<_>>()).unwrap();
    check(&run.join("test-rows.npy"));
    assert_eq!(files, 15);
}

#[test]
fn every_value_has_one_name_on_disk_and_comes_back_from_it() {
    fn check<T: Named + PartialEq + std::fmt::Debug>(all: &[T]) {
        assert_eq!(T::VALUES.len(), all.len(), "{:?}", T::NAMES);
        for &value in all {
            assert_eq!(T::from_disk(value.on_disk()), Some(value));
            let json = serde_json::to_string(&Name(value)).unwrap();
            assert_eq!(json, format!("{:?}", value.on_disk()));
            assert_eq!(serde_json::from_str::<Name<T>>(&json).unwrap(), Name(value));
        }
        let error = serde_json::from_str::<Name<T>>("\"none such\"").unwrap_err().to_string();
        assert!(error.contains("unknown variant `none such`, expected "), "{error}");
    }
    check(&Condition::ALL);
    check(&[NoiseMean::Empirical, NoiseMean::Zero]);
    check(Fusion::ALL);
    let ways = |model: ModelId| Robust::ALL.map(|robust| model.trained_with(robust));
    for model in ModelId::all().flat_map(ways) {
        let json = serde_json::to_string(&Model(model)).unwrap();
        assert_eq!(serde_json::from_str::<Model>(&json).unwrap(), Model(model));
    }
    for none in ["\"logistic-text\"", "\"logistic-\"", "\"sum\"", "\"concat-none\"", "\"concat-noise-drop\""]
    {
        let error = serde_json::from_str::<Model>(none).unwrap_err().to_string();
        assert!(error.contains("expected one of concat, product"), "{error}");
    }
}

#[test]
fn a_module_is_named_on_disk_apart_from_every_fusion_and_way_to_train() {
    let model = ModelId::of_module("my-own_2").unwrap();
    for (model, name) in [
        (model, "torchscript-my-own_2"),
        (model.trained_with(Robust::Noise), "torchscript-my-own_2-noise"),
        (ModelId::CONCAT.trained_with(Robust::Drop), "concat-drop"),
        (ModelId::LMF.with_variant(4).trained_with(Robust::Noise), "lmf-4-noise"),
        (ModelId::LOGISTIC_TENSOR.trained_with(Robust::Noise), "logistic-tensor-noise"),
    ] {
        let json = serde_json::to_string(&Model(model)).unwrap();
        assert_eq!(json, format!("\"{name}\""));
        assert_eq!(serde_json::from_str::<Model>(&json).unwrap(), Model(model));
    }
    // Of a process that has met no file.
    let read = serde_json::from_str::<Model>("\"torchscript-never_met_before\"").unwrap().0;
    assert_eq!(read.name(), "never_met_before");
    for none in
        ["torchscript", "torchscript-", "torchscript-concat", "torchscript-a b", "logistic-torchscript-x"]
    {
        assert!(serde_json::from_str::<Model>(&format!("\"{none}\"")).is_err(), "{none}");
    }
}

#[test]
fn a_header_says_what_a_module_is_beside_its_configuration_and_nothing_without_one() {
    let line = JOURNAL.lines().next().unwrap();
    let plain = decode(line.as_bytes()).unwrap();
    assert!(!String::from_utf8(encode(&plain).unwrap()).unwrap().contains("modules"));
    let EventKind::RunStarted { format, mut header } = plain.kind.clone() else { panic!("{plain:?}") };
    let module = Module {
        model: ModelId::of_module("own_of_header").unwrap(),
        hash: "ab".into(),
        output: ModuleOutput::Logits,
        width: 2,
        parameters: vec![ModuleParameter { name: "fusion.weight".into(), shape: vec![2, 16] }],
        resets: true,
    };
    header.config.fusion.torchscript.modules = intern_modules(vec![module]);
    header.sweep.fusions.push(ModelId::of_module("own_of_header").unwrap());
    let event = Event { kind: EventKind::RunStarted { format, header }, ..plain };
    let written = String::from_utf8(encode(&event).unwrap()).unwrap();
    let expected = r#""modules":[{"name":"torchscript-own_of_header","hash":"ab","output":"logits","width":2,"parameters":[{"name":"fusion.weight","shape":[2,16]}],"resets":true}]"#;
    assert!(written.contains(expected), "{written}");
    assert_eq!(decode(written.as_bytes()).unwrap(), event);
}

#[test]
fn a_module_is_added_by_a_header_alone_and_only_once_its_sizes_are_checked() {
    let cohort = r#"{"fusion":"torchscript-of_no_header","task":"real","train_size":32}"#;
    assert!(serde_json::from_str::<CohortId>(cohort).is_err());
    assert_eq!(ModelId::known_module("of_no_header"), None, "an event adds no name");
    let sweep = r#"{"fusions":["torchscript-of_no_header"],"tasks":[],"sizes":[],"seeds":[]}"#;
    serde_json::from_str::<Sweep>(sweep).unwrap();
    assert!(serde_json::from_str::<CohortId>(cohort).is_ok());

    let many: Vec<String> = (0..1_000).map(|number| format!(r#""torchscript-many_{number}""#)).collect();
    let sweep = format!(r#"{{"fusions":[{}],"tasks":[],"sizes":[],"seeds":[]}}"#, many.join(","));
    assert!(serde_json::from_str::<Sweep>(&sweep).unwrap_err().to_string().contains("a list of at most"));
    assert_eq!(ModelId::known_module("many_999"), None);

    let line = JOURNAL.lines().next().unwrap();
    let parameter = r#"{"name":"fusion.weight","shape":[0,1099511627776,1099511627776]}"#;
    let module = format!(
        r#""modules":[{{"name":"torchscript-of_no_header","hash":"","output":"features","width":2,"parameters":[{parameter}]}}]"#
    );
    let huge = line.replacen(r#""header":{"#, &format!(r#""header":{{{module},"#), 1);
    let error = decode(huge.as_bytes()).unwrap_err();
    assert!(
        matches!(&error, DecodeError::OutOfBounds(why) if why.contains("values of a parameter")),
        "{error}"
    );
}

#[test]
fn a_gates_mean_weights_stand_in_an_evaluation_and_nothing_without_a_gate() {
    let line = JOURNAL.lines().find(|line| line.contains("cohort_evaluated")).unwrap();
    let mut event = decode(line.as_bytes()).unwrap();
    assert!(!String::from_utf8(encode(&event).unwrap()).unwrap().contains("gate"));
    let EventKind::CohortEvaluated { evaluations, .. } = &mut event.kind else { panic!("{line}") };
    evaluations[0].gate = vec![
        GateWeights { condition: None, weights: vec![0.5, 0.5] },
        GateWeights { condition: Some(Condition::Text), weights: vec![0.25, 0.75] },
    ];
    let written = String::from_utf8(encode(&event).unwrap()).unwrap();
    let expected = r#""gate":[{"weights":[0.5,0.5]},{"condition":"text","weights":[0.25,0.75]}]"#;
    assert!(written.contains(expected), "{written}");
    assert_eq!(decode(written.as_bytes()).unwrap(), event);
}

fn aligned(thousandths: u16) -> Task {
    Task::Aligned(Alignment::thousandths(thousandths).unwrap())
}

#[test]
fn a_tasks_name_on_disk_has_one_spelling() {
    let tasks = [Task::Real, Task::Synthetic, Task::Rotated, Task::Rank1, Task::Additive];
    let names = ["real", "synthetic", "rotated", "rank1", "additive"];
    let of_number = [(0, "aligned:0"), (125, "aligned:0.125"), (500, "aligned:0.5"), (1_000, "aligned:1")];
    let of_number = of_number.map(|(thousandths, name)| (aligned(thousandths), name));
    for (task, name) in tasks.into_iter().zip(names).chain(of_number) {
        let json = serde_json::to_string(&TaskName(task)).unwrap();
        assert_eq!(json, format!("\"{name}\""));
        assert_eq!(serde_json::from_str::<TaskName>(&json).unwrap(), TaskName(task));
    }
    for thousandths in 0..=1_000 {
        let task = TaskName(aligned(thousandths));
        let json = serde_json::to_string(&task).unwrap();
        assert_eq!(serde_json::from_str::<TaskName>(&json).unwrap(), task);
    }
    for none in
        ["none such", "aligned", "aligned:", "aligned:0.50", "aligned:1.5", "aligned:NaN", "aligned:-0"]
    {
        let error = serde_json::from_str::<TaskName>(&format!("\"{none}\"")).unwrap_err().to_string();
        assert!(error.contains(&format!("unknown variant `{none}`, expected one of `real`")), "{error}");
    }
}

// Files that were written keep their names: a change here is another format.
#[test]
fn names_on_disk_are_those_of_the_first_version() {
    assert!(Condition::NAMES.starts_with(&["text", "image", "both"]));
    assert_eq!(NoiseMean::NAMES, ["empirical", "zero"]);
    assert!(Fusion::NAMES.starts_with(&["concat", "product", "tensor", "text", "image"]));
    let cohort = |fusion, task| CohortId::from(grid::CohortId { fusion, task, train_size: 32 }).to_string();
    assert_eq!(cohort(ModelId::CONCAT, Task::Real), "concat-real-32");
    assert_eq!(cohort(ModelId::LOGISTIC_TENSOR, Task::Synthetic), "logistic-tensor-synthetic-32");
    assert_eq!(cohort(ModelId::CONCAT, aligned(500)), "concat-aligned_0.5-32");
    let against_noise = ModelId::DYNMM_HARD.trained_with(Robust::Noise);
    assert_eq!(cohort(against_noise, Task::Real), "dynmm-hard-noise-real-32");
    assert_eq!(cohort(ModelId::TEXT.trained_with(Robust::Drop), Task::Real), "text-drop-real-32");
    let arrays: Vec<String> = rows::noises().map(|(condition, mean)| rows::areas(condition, mean)).collect();
    let first =
        ["text-empirical", "text-zero", "image-empirical", "image-zero", "both-empirical", "both-zero"];
    assert_eq!(arrays[..6], first);
    assert_eq!(
        rows::means().map(rows::slight_text).collect::<Vec<_>>(),
        ["slight-text-empirical", "slight-text-zero"]
    );
}

#[test]
fn a_learning_rate_is_a_field_of_its_own_where_there_are_several() {
    let rate = Rate::new(1e-4).unwrap();
    let cohort =
        |rate| grid::CohortId { fusion: ModelId::CONCAT.at_rate(rate), task: Task::Real, train_size: 32 };
    let of_one = r#"{"fusion":"concat","task":"real","train_size":32}"#;
    let of_several = r#"{"fusion":"concat","task":"real","train_size":32,"learning_rate":0.0001}"#;
    for (rate, text, stem) in
        [(None, of_one, "concat-real-32"), (Some(rate), of_several, "concat-lr0.0001-real-32")]
    {
        let on_disk = CohortId::from(cohort(rate));
        assert_eq!(
            (serde_json::to_string(&on_disk).unwrap().as_str(), on_disk.to_string().as_str()),
            (text, stem)
        );
        assert_eq!(grid::CohortId::from(serde_json::from_str::<CohortId>(text).unwrap()), cohort(rate));
    }
    for none in ["0.0", "-1.0", "1e999"] {
        assert!(serde_json::from_str::<CohortId>(&of_several.replace("0.0001", none)).is_err(), "{none}");
    }
    let sweep = grid::Sweep {
        fusions: vec![ModelId::CONCAT],
        searched: true,
        rates: [(ModelId::CONCAT, vec![rate, Rate::new(1e-3).unwrap()])].into(),
        ..grid::Sweep::default()
    };
    let text = serde_json::to_string(&Sweep::from(&sweep)).unwrap();
    let ends = r#""searched":true,"learning_rates":[{"fusion":"concat","rates":[0.0001,0.001]}]}"#;
    assert!(text.ends_with(ends), "{text}");
    assert_eq!(grid::Sweep::from(serde_json::from_str::<Sweep>(&text).unwrap()), sweep);
    let plain = grid::Sweep { searched: false, rates: BTreeMap::new(), ..sweep };
    let text = serde_json::to_string(&Sweep::from(&plain)).unwrap();
    assert_eq!(text, r#"{"fusions":["concat"],"tasks":[],"sizes":[],"seeds":[]}"#);
    // A row that is never trained is nothing that a journal can name.
    assert!(serde_json::from_str::<CohortId>(&of_one.replace("concat", "searched")).is_err());
}

// docs/formats.md: as a newer program may write it.
#[test]
fn a_condition_that_is_not_known_is_no_event_and_in_rows_it_is_left_out() {
    let line = JOURNAL.lines().find(|line| line.contains("cohort_evaluated")).unwrap();
    let error =
        decode(line.replacen(r#""condition":"image""#, r#""condition":"echo""#, 1).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("unknown variant `echo`"), "{error}");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("newer.npz");
    let old = kept_run("finished").join("under-noise/concat-synthetic-32.npz");
    let mut archive = zip::ZipArchive::new(fs::File::open(&old).unwrap()).unwrap();
    let mut newer = zip::ZipWriter::new(fs::File::create(&path).unwrap());
    for place in 0..archive.len() {
        newer.raw_copy_file(archive.by_index_raw(place).unwrap()).unwrap();
    }
    let both = archive.index_for_name("both-zero.npy").unwrap();
    newer.raw_copy_file_rename(archive.by_index_raw(both).unwrap(), "echo-zero.npy").unwrap();
    newer.finish().unwrap();
    let read = under_noise::read(&path).unwrap();
    assert_eq!(read, under_noise::read(&old).unwrap());
    assert!(read.iter().any(|(seed, of)| *seed == Seed(0) && of.areas.len() == 6));
}
