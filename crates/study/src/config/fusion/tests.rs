//! Fusions, their settings and learning rates in a configuration.

use super::*;
use crate::config::{Fingerprint, differences, read};
use crate::model::Baseline;

fn of(text: &str) -> Config {
    read(Some(text), &[]).unwrap()
}

fn names(models: &[ModelId]) -> Vec<&'static str> {
    models.iter().map(|model| model.name()).collect()
}

#[test]
fn keys_that_say_nothing_are_named() {
    assert_eq!(of("fusion.lmf.rank = 8\nfusion.gmu.gate = \"inputs\"").unused_keys(), ["fusion.lmf.rank"]);
    assert!(of("sweep.fusions = [\"lmf\"]\nfusion.lmf.rank = 8").unused_keys().is_empty());
}

#[test]
fn a_rank_and_a_gate_of_a_list_are_fusions_of_their_own() {
    let config = of("sweep.fusions = [\"lmf\", \"concat\", \"dynmm\"]\nfusion.lmf.rank = [1, 16]\n\
                     fusion.dynmm.gate = [\"hard\", \"soft\"]\nsweep.baselines = [\"late\", \"logistic\"]");
    assert_eq!(names(&config.fusions()), ["lmf-1", "lmf-16", "concat", "dynmm-hard", "dynmm"]);
    assert_eq!(names(&config.baselines()), ["late", "logistic-concat"]);
    let config = of("sweep.fusions = [\"lmf\"]");
    assert_eq!(names(&config.fusions()), ["lmf-4"]);
}

#[test]
fn each_way_to_train_makes_models_of_its_own() {
    let config = of("sweep.fusions = [\"lmf\", \"concat\"]\nsweep.baselines = [\"text\", \"logistic\"]\n\
                     train.robust = [\"none\", \"drop\"]");
    assert_eq!(names(&config.fusions()), ["lmf-4", "lmf-4-drop", "concat", "concat-drop"]);
    let baselines = ["text", "text-drop", "logistic-concat", "logistic-concat-drop"];
    assert_eq!(names(&config.baselines()), baselines);
    assert_eq!(
        names(&of("train.robust = \"noise\"").fusions()),
        ["concat-noise", "product-noise", "tensor-noise"]
    );
    let fault = read(Some("sweep.fusions = [\"concat-noise\"]"), &[]).unwrap_err().to_string();
    assert!(fault.contains("is a way to train: name concat and set train.robust = \"noise\""), "{fault}");
}

#[test]
fn settings_of_a_way_to_train_count_where_it_is_trained() {
    let fingerprint = |text: &str| Fingerprint::of(&of(text)).value;
    assert_eq!(fingerprint("train.noise_max = 0.5\ntrain.drop = 0.1"), fingerprint(""));
    let noise = "train.robust = [\"none\", \"noise\"]\n";
    assert_ne!(fingerprint(noise), fingerprint(""));
    assert_ne!(fingerprint(&format!("{noise}train.noise_max = 0.5")), fingerprint(noise));
    assert_eq!(fingerprint(&format!("{noise}train.drop = 0.1")), fingerprint(noise));
    assert_eq!(of("train.drop = 0.1").unused_keys(), ["train.drop"]);
    let keys = |run: &str, asked: &str| -> Vec<String> {
        differences(&of(run), &of(asked)).into_iter().map(|difference| difference.key).collect()
    };
    assert_eq!(keys("", &format!("{noise}train.noise_max = 0.5")), [""; 0], "a run may get more of them");
    assert_eq!(keys(noise, &format!("{noise}train.noise_max = 0.5")), ["train.noise_max"]);
}

#[test]
fn a_module_is_named_by_its_file_and_its_place_is_no_part_of_the_fingerprint() {
    let here = of("sweep.fusions = [\"concat\", \"torchscript:own_of_config.pt\"]");
    assert_eq!(names(&here.fusions()), ["concat", "own_of_config"]);
    assert_eq!(names(&here.baselines()), ["text", "image", "logistic-concat"]);
    assert!(here.to_toml().contains("torchscript:own_of_config.pt"), "{}", here.to_toml());
    assert_eq!(read(Some(&here.to_toml()), &[]), Ok(here.clone()));
    let there = of("sweep.fusions = [\"concat\", \"torchscript:/else/own_of_config.pt\"]");
    assert_eq!(differences(&here, &there), []);
    let fingerprint = |config: &Config| Fingerprint::of(config).value;
    assert_eq!(fingerprint(&here), fingerprint(&there));
    let logits = of(&here.to_toml().replace("output = \"features\"", "output = \"logits\""));
    assert_ne!(fingerprint(&logits), fingerprint(&here));
    let plain = of("sweep.fusions = [\"concat\"]");
    let unused = of("sweep.fusions = [\"concat\"]\nfusion.torchscript.output = \"logits\"");
    assert_eq!(fingerprint(&unused), fingerprint(&plain));
    assert_eq!(unused.unused_keys(), ["fusion.torchscript.output"]);
    // What is in the file is.
    let module = |hash: &str| Module {
        model: here.fusions()[1],
        hash: hash.into(),
        output: ModuleOutput::Features,
        width: 3,
        parameters: Vec::new(),
        resets: false,
    };
    let with = |hash| {
        let mut config = here.clone();
        config.fusion.torchscript.modules = crate::model::intern_modules(vec![module(hash)]);
        fingerprint(&config)
    };
    assert_eq!(with("0"), with("0"));
    assert_ne!(with("0"), with("1"));
    assert_ne!(with("0"), fingerprint(&here));
}

#[test]
fn a_list_of_one_is_the_same_as_its_value() {
    let (one, list) = (of("fusion.lmf.rank = 3"), of("fusion.lmf.rank = [3]"));
    assert_eq!(one, list);
    assert!(one.to_toml().contains("rank = 3\n"), "{}", one.to_toml());
    assert_eq!(read(Some(&one.to_toml()), &[]), Ok(one));
}

#[test]
fn a_fusion_may_have_a_learning_rate_of_its_own() {
    let config = of("[fusion.tensor]\nlearning_rate = 1e-5\n[fusion.lmf]\nlearning_rate = 0.5");
    let rate = |model| config.learning_rate(model).unwrap().value();
    assert_eq!([rate(ModelId::TENSOR), rate(ModelId::LOGISTIC_TENSOR)], [1e-5; 2]);
    assert_eq!([rate(ModelId::LMF.with_variant(7)), rate(ModelId::CONCAT)], [0.5, 1e-3]);
    // Every model that can be trained has a section.
    for model in ModelId::all() {
        let name = ModelId::hidden(model.fusion).name();
        let config = of(&format!("fusion.{name}.learning_rate = 0.25"));
        assert_eq!(config.learning_rates(model), [Rate::new(0.25).unwrap()], "{model}");
    }
}

#[test]
fn a_list_of_rates_is_trained_and_one_rate_is_as_before() {
    let config = of("train.learning_rate = [1e-3, 1e-4]\n[fusion.tensor]\nlearning_rate = 1e-5\n\
                     [fusion.concat]\nlearning_rate = [1e-4, 1e-5]");
    let rates = config.rates();
    let values = |model| rates.get(&model).map(|rates| rates.iter().map(|rate| rate.value()).collect());
    assert_eq!(values(ModelId::PRODUCT), Some(vec![1e-3, 1e-4]));
    assert_eq!(values(ModelId::LOGISTIC_CONCAT), Some(vec![1e-4, 1e-5]));
    assert_eq!(values(ModelId::TENSOR), None);
    assert!(of("train.learning_rate = [1e-3]").rates().is_empty());
    assert_eq!(of("train.learning_rate = [1e-3]"), of(""));
}

#[test]
fn rates_decide_the_fingerprint_and_the_derived_row_does_not() {
    let fingerprint = |text: &str| Fingerprint::of(&of(text)).value;
    assert_eq!(fingerprint("sweep.searched = true"), fingerprint(""));
    assert_eq!(fingerprint("train.learning_rate = [0.002]"), fingerprint("train.learning_rate = 0.002"));
    let several = fingerprint("train.learning_rate = [1e-3, 1e-4]");
    assert_ne!(several, fingerprint(""));
    assert_ne!(several, fingerprint("train.learning_rate = [1e-4, 1e-3]"), "of equals the first is chosen");
}

#[test]
fn a_run_with_several_rates_may_get_more_of_them() {
    let changed = |run: &str, asked: &str| differences(&of(run), &of(asked)).len();
    let two = "train.learning_rate = [1e-3, 1e-4]";
    assert_eq!(changed(two, "train.learning_rate = [1e-3, 1e-4, 1e-5]"), 0);
    for list in ["[1e-4, 1e-3]", "[1e-5, 1e-3, 1e-4]", "[1e-3, 1e-5]"] {
        let asked = format!("train.learning_rate = {list}");
        assert_eq!(changed(two, &asked), 1, "{list}: of equals the first is chosen");
    }
    assert_eq!(changed("", two), 1, "the trials of one rate have no rate in their names");
    assert_eq!(changed(two, ""), 1);
    assert_eq!(changed("", "sweep.searched = true"), 0);
}

#[test]
fn keys_of_fusions_that_are_not_trained_are_no_part_of_the_fingerprint() {
    let fingerprint = |text: &str| Fingerprint::of(&of(text)).value;
    let (plain, lmf) = ("", "sweep.fusions = [\"lmf\"]\n");
    let keys = "fusion.lmf.rank = 8\n";
    assert_eq!(fingerprint(keys), fingerprint(plain));
    assert_ne!(fingerprint(&format!("{lmf}{keys}")), fingerprint(lmf));
    assert_eq!(fingerprint(&format!("{lmf}fusion.lmf.rank = [4]")), fingerprint(lmf));
    assert_eq!(fingerprint("fusion.permuted.draws = 2"), fingerprint(plain));
    let permuted = "sweep.baselines = [\"permuted\"]\n";
    assert_ne!(fingerprint(&format!("{permuted}fusion.permuted.draws = 2")), fingerprint(permuted));
    assert_ne!(fingerprint("fusion.tensor.learning_rate = 1e-5"), fingerprint(plain));
}

#[test]
fn a_run_may_get_more_ranks_and_fusions_with_settings_but_none_that_it_has_may_change() {
    let changed = |run: &str, asked: &str| -> Vec<String> {
        differences(&of(run), &of(asked)).into_iter().map(|difference| difference.key).collect()
    };
    let lmf = "sweep.fusions = [\"lmf\", \"gmu\"]\n";
    assert_eq!(changed(lmf, &format!("{lmf}fusion.lmf.rank = [4, 16]")), [""; 0]);
    assert_eq!(changed(lmf, &format!("{lmf}fusion.gmu.gate = \"projections\"")), ["fusion.gmu.gate"]);
    assert_eq!(changed(lmf, &format!("{lmf}fusion.mcb.width = 7")), [""; 0]);
    let rate = format!("{lmf}fusion.lmf.learning_rate = 0.5");
    assert_eq!(changed(lmf, &rate), ["fusion.lmf.learning_rate"]);
    assert_eq!(changed(&rate, lmf), ["fusion.lmf.learning_rate"]);
}

#[test]
fn values_that_no_fusion_can_have_are_refused() {
    let faults = |text: &str| read(Some(text), &[]).unwrap_err().to_string();
    let ranks = "a whole number from 1 to 1024, or a list of 1 to 16 of them, none twice";
    let rates = "a finite number above 0, or a list of 1 to 16 of them, none twice";
    for (written, complaint, allowed) in [
        ("fusion.lmf.rank = 0", "0 is too small", ranks),
        ("fusion.lmf.rank = [4, 4]", "4 is listed twice", ranks),
        ("fusion.lmf.rank = []", "an empty list", ranks),
        ("fusion.lmf.rank = [4, 2000]", "2000 is too large", ranks),
        ("fusion.mcb.sketches = 0", "0 is too small", "a whole number from 1 to 100"),
        ("fusion.gmu.gate = \"soft\"", "\"soft\" is unknown", "inputs, projections"),
        (
            "fusion.dynmm.gate = [\"soft\", \"had\"]",
            "\"had\" is unknown, did you mean \"hard\"?",
            "one of soft, hard, or a list of them, none twice",
        ),
        ("fusion.dynmm.temperature = 0", "0 is out of range", "a number from 0.001 to 1000"),
        ("fusion.concat.learning_rate = 0", "0 is out of range", rates),
        ("train.learning_rate = [1e-3, 0]", "0 is out of range", rates),
        ("train.learning_rate = [1e-3, 0.001]", "0.001 is listed twice", rates),
        ("fusion.lmf.learning_rate = []", "an empty list", rates),
    ] {
        let (key, _) = written.split_once(" =").unwrap();
        assert_eq!(faults(written), format!("line 1: {key}: {complaint}; allowed: {allowed}"));
    }
    for (name, hint) in [
        ("lmf-16", "is a variant: name lmf and set fusion.lmf.rank = 16"),
        ("dynmm-hard", "is a variant: name dynmm and set fusion.dynmm.gate = \"hard\""),
        ("late", "is a baseline: name it in sweep.baselines"),
        ("searched", "is derived from the fusions: set sweep.searched = true"),
    ] {
        let refused = faults(&format!("sweep.fusions = [\"{name}\"]"));
        assert!(refused.contains(&format!("\"{name}\" {hint}; allowed")), "{refused}");
    }
    let unknown = faults("fusion.lmf.ranks = 4");
    assert!(unknown.contains("did you mean fusion.lmf.rank?"), "{unknown}");
}

#[test]
fn baselines_of_a_sweep_that_names_none_are_those_of_earlier_builds() {
    assert_eq!(of("").sweep.baselines, Baseline::DEFAULT);
    assert_eq!(names(&of("").baselines())[..2], ["text", "image"]);
    assert_eq!(of("").baselines().len(), 5);
}
