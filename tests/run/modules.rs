//! A user's module through the whole program, from its file to a checkpoint that is tested again.

use std::fs;

use serde_json::Value;
use superfuse::store::checkpoint::{self, Arrays};

use crate::cli::Place;
use crate::torchscript::{Member, returning};
use crate::{column, events, names, results};

const WEIGHTS: [Member<'static>; 2] = [("weight", &[24, 16], true, 7.0), ("bias", &[24], true, 7.0)];
const RELU: &str = "torch.relu(torch.linear(torch.mul(text, image), self.weight, self.bias))";

/// A place with `my fusion.pt`, whose features are 24 wide.
fn with_module() -> Place {
    let place = Place::new();
    place.write("my fusion.pt", returning(&WEIGHTS, RELU));
    place
}

const SETS: [&str; 3] = [
    "sweep.fusions=[\"concat\", \"torchscript:my fusion.pt\"]",
    "sweep.sizes=[64]",
    "sweep.tasks=[\"real\"]",
];

#[test]
fn a_module_is_trained_reported_and_tested_again_under_its_own_name() {
    let place = with_module();
    let ended = place.study(&["run", "--run-dir", "run"], &SETS);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let rows = results(&place.path("run"));
    assert_eq!(column(&rows, "fusion"), ["concat", "my_fusion"]);
    assert_eq!(column(&rows, "status"), ["completed"; 2]);
    // Linear(16 → 24), then Linear(24 → 32) and Linear(32 → 2).
    let parameters = (16 * 24 + 24 + 24 * 32 + 32 + 66).to_string();
    assert_eq!(
        [rows[1]["parameters"].as_str(), rows[1]["fused_width"].as_str()],
        [parameters.as_str(), "24"]
    );
    let log = fs::read_to_string(place.path("run/log.txt")).unwrap();
    assert!(log.contains("my_fusion: modules train by autograd, one seed after another"), "{log}");
    assert!(log.contains("ms for a seed's step, ") && log.contains("times concat's"), "{log}");

    // The header says what the module is, and the summary needs no more than the journal.
    let header = &events(&place.path("run"))[0]["header"];
    let module = &header["modules"][0];
    let hash = blake3::hash(&fs::read(place.path("my fusion.pt")).unwrap()).to_hex().to_string();
    assert_eq!(
        (module["name"].as_str(), module["hash"].as_str()),
        (Some("torchscript-my_fusion"), Some(&*hash))
    );
    assert_eq!((module["output"].as_str(), module["width"].as_u64()), (Some("features"), Some(24)));
    let expected: Value = serde_json::json!([
        { "name": "fusion.weight", "shape": [24, 16] },
        { "name": "fusion.bias", "shape": [24] },
    ]);
    assert_eq!(module["parameters"], expected);
    fs::rename(place.path("my fusion.pt"), place.path("moved fusion.pt")).unwrap();
    let csv = place.program(&["report", "run", "--format", "csv"]);
    assert_eq!(csv.out, fs::read_to_string(place.path("run/summary.csv")).unwrap(), "{csv:?}");

    // A checkpoint has its parameters by their names, and needs the file again.
    let checkpoint = "run/checkpoints/torchscript-my_fusion-real-64.safetensors";
    let arrays = checkpoint::read(&place.path(checkpoint)).unwrap().arrays;
    let found: Vec<&str> = arrays.keys().map(String::as_str).collect();
    let head = ["head.0.bias", "head.0.weight", "head.2.bias", "head.2.weight"];
    assert_eq!(found, [&["fusion.bias", "fusion.weight"][..], &head].concat());
    let evaluate_file = |file: &str, sets: &[&str]| {
        let args = ["evaluate", file, "--data", "clip-like", "--rows", "test", "--format", "json"];
        place.program(&[&args[..], &["--set", "run.device=cpu"], sets].concat())
    };
    let evaluate = |sets: &[&str]| evaluate_file(checkpoint, sets);
    let missing = evaluate(&[]);
    assert_eq!(missing.status, Some(2), "{missing:?}");
    assert!(missing.err.contains("my fusion.pt: it cannot be read: No such file"), "{}", missing.err);
    fs::create_dir(place.path("other")).unwrap();
    place.write("other/my fusion.pt", "");
    let other = evaluate(&["--set", "sweep.fusions=[\"torchscript:other/my fusion.pt\"]"]);
    assert!(other.err.contains("it is not the module that was trained"), "{other:?}");
    fs::rename(place.path("moved fusion.pt"), place.path("other/my fusion.pt")).unwrap();
    let tested = evaluate(&["--set", "sweep.fusions=[\"torchscript:other/my fusion.pt\"]"]);
    assert_eq!(tested.status, Some(0), "{tested:?}");
    let tested: Value = serde_json::from_str(&tested.out).unwrap();
    assert_eq!(tested["accuracy"], tested["recorded"]["test_accuracy"]);
    assert_eq!(tested["fusion"], "my_fusion");

    // One that does not say what its module is, or says it of another, or of other parameters than the file has.
    let rename = |arrays: &mut Arrays| {
        let bias = arrays.arrays.remove("fusion.bias").unwrap();
        arrays.arrays.insert("fusion.shift".into(), bias);
        replace(arrays, "fusion.bias", "fusion.shift");
    };
    let changes: [(Change<'_>, &str); 3] = [
        (&|arrays| drop(arrays.metadata.remove("module")), "its metadata have no `module`"),
        (
            &|arrays| replace(arrays, "torchscript-my_fusion", "torchscript-other"),
            "its `module` describes other",
        ),
        (&rename, "its parameters are fusion.weight [24, 16], fusion.bias [24], and those trained were"),
    ];
    for (change, why) in changes {
        let mut arrays = checkpoint::read(&place.path(checkpoint)).unwrap();
        change(&mut arrays);
        checkpoint::write(&place.path("changed.safetensors"), &arrays).unwrap();
        let set = "sweep.fusions=[\"torchscript:other/my fusion.pt\"]";
        let ended = evaluate_file("changed.safetensors", &["--set", set]);
        assert!(ended.status != Some(0) && ended.err.contains(why), "{why}: {ended:?}");
    }
}

/// What is done to a checkpoint.
type Change<'a> = &'a dyn Fn(&mut Arrays);

/// In what a checkpoint says of its module.
fn replace(arrays: &mut Arrays, from: &str, to: &str) {
    let module = arrays.metadata.get_mut("module").unwrap();
    assert!(module.contains(from), "{module}");
    *module = module.replace(from, to);
}

#[test]
fn logits_of_a_module_need_no_head_and_two_files_are_two_models() {
    let place = Place::new();
    place.write("first.pt", returning(&[("weight", &[2, 16], true, 7.0)], "torch.linear(text, self.weight)"));
    place.write(
        "second.pt",
        returning(&[("weight", &[2, 16], true, 7.0)], "torch.linear(image, self.weight)"),
    );
    let sets = [
        "sweep.fusions=[\"torchscript:first.pt\", \"torchscript:second.pt\"]",
        "fusion.torchscript.output=logits",
        "fusion.torchscript.learning_rate=0.01",
        "sweep.sizes=[64]",
        "train.robust=[\"none\", \"noise\"]",
    ];
    let ended = place.study(&["run", "--run-dir", "run"], &sets);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let rows = results(&place.path("run"));
    assert_eq!(column(&rows, "status"), ["completed"; 8]);
    assert!(column(&rows, "parameters").iter().all(|parameters| *parameters == "32"), "{rows:?}");
    let checkpoints = names(&place.path("run/checkpoints"));
    for file in ["torchscript-first-real-64.safetensors", "torchscript-second-noise-synthetic-64.safetensors"]
    {
        assert!(checkpoints.contains(&file.to_owned()), "{checkpoints:?}");
    }
    // The same again, of files in another place: the fingerprint does not know where they are.
    fs::create_dir(place.path("elsewhere")).unwrap();
    for file in ["first.pt", "second.pt"] {
        fs::rename(place.path(file), place.path("elsewhere").join(file)).unwrap();
    }
    let moved = "sweep.fusions=[\"torchscript:elsewhere/first.pt\", \"torchscript:elsewhere/second.pt\"]";
    assert_eq!(place.study(&["run", "--run-dir", "moved"], &[&[moved], &sets[1..]].concat()).status, Some(0));
    assert_eq!(results(&place.path("moved")), rows);
    let fingerprint = |run: &str| events(&place.path(run))[0]["header"]["fingerprint"]["value"].clone();
    assert_eq!(fingerprint("moved"), fingerprint("run"));
}
