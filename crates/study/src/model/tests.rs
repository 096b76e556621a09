use super::*;

const SETTINGS: FusionSettings = FusionSettings {
    mcb_width: 0,
    sketches: 4,
    permutations: 4,
    gmu_gate: GmuGate::Inputs,
    temperature: 1.0,
    cost_weight: 0.0,
    modules: &[],
};

const fn sizes(text: usize, image: usize) -> Sizes {
    Sizes { text, image, hidden: 32, classes: 2, settings: SETTINGS }
}

#[test]
fn head_parameters_match_the_papers_widths() {
    assert_eq!(ModelId::CONCAT.parameter_count(&sizes(768, 768)), 49_184 + 66);
    assert_eq!(ModelId::PRODUCT.parameter_count(&sizes(768, 768)), 49_184 + 66);
    assert_eq!(ModelId::TENSOR.parameter_count(&sizes(768, 768)), 18_874_400 + 66);
}

#[test]
fn a_baselines_head_is_as_large_as_what_it_reads() {
    assert_eq!(ModelId::TEXT.parameter_count(&sizes(10, 128)), 10 * 32 + 32 + 66);
    assert_eq!(ModelId::IMAGE.parameter_count(&sizes(10, 128)), 128 * 32 + 32 + 66);
    assert_eq!(ModelId::LOGISTIC_CONCAT.parameter_count(&sizes(768, 768)), 2 * 1_536 + 2);
    assert_eq!(ModelId::LOGISTIC_TENSOR.parameter_count(&sizes(10, 128)), 2 * 1_280 + 2);
}

#[test]
fn parameters_are_named_as_checkpoints_name_them() {
    let names = |model: ModelId| -> Vec<&str> {
        model.parameters(&sizes(6, 6)).iter().map(|parameter| parameter.name).collect()
    };
    assert_eq!(names(ModelId::TENSOR), ["head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"]);
    assert_eq!(names(ModelId::LOGISTIC_TENSOR), ["head.0.weight", "head.0.bias"]);
}

#[test]
fn a_fusion_with_parameters_of_its_own_names_them_all() {
    let own = |sizes: &Sizes, _: Variant| {
        let text = Parameter::linear(["text.weight", "text.bias"], sizes.text, sizes.hidden);
        let image = Parameter::linear(["image.weight", "image.bias"], sizes.image, sizes.hidden);
        text.into_iter().chain(image).collect()
    };
    let definition = Definition {
        form: Form::Own { parameters: own, fused_width: |_, _| None, experts: &[] },
        ..*Fusion::Concat.definition()
    };
    let parameters = definition.parameters(HeadKind::Hidden, &sizes(6, 9), 0);
    let shapes: Vec<(&str, &[usize])> = parameters.iter().map(|of| (of.name, of.shape.as_slice())).collect();
    let expected: [(&str, &[usize]); 4] =
        [("text.weight", &[32, 6]), ("text.bias", &[32]), ("image.weight", &[32, 9]), ("image.bias", &[32])];
    assert_eq!(shapes, expected);
}

#[test]
fn models_keep_their_names_and_their_order() {
    let names: Vec<&str> = ModelId::all().map(ModelId::name).collect();
    for name in ["concat", "product", "tensor", "text", "image"] {
        assert!(names.contains(&name), "{name}");
    }
    for model in ModelId::all() {
        assert_eq!(serde_json::to_value(model).unwrap(), model.name());
        assert_eq!(serde_json::from_value::<ModelId>(model.name().into()).unwrap(), model);
        assert_eq!(model.is_baseline(), ModelId::BASELINES.contains(&model));
    }
    // The order in which tables sort them, baselines behind the fusions.
    let kept = [
        "concat",
        "product",
        "tensor",
        "tfn",
        "mcb",
        "lmf-1",
        "lmf-16",
        "gmu",
        "dynmm",
        "dynmm-hard",
        "text",
        "image",
        "late",
        "permuted",
        "logistic-concat",
        "logistic-product",
        "logistic-tensor",
    ];
    let mut sorted = kept.map(|name| ModelId::named(name).unwrap());
    sorted.sort_unstable();
    assert_eq!(sorted.map(ModelId::name), kept);
}

#[test]
fn a_name_that_no_model_has_is_refused_with_those_there_are() {
    let error = serde_json::from_value::<ModelId>("sum".into()).unwrap_err().to_string();
    assert!(error.contains("sum") && error.contains("logistic-tensor"), "{error}");
}

#[test]
fn a_baseline_belongs_to_the_fusions_that_it_is_measured_against() {
    assert!(ModelId::TEXT.is_baseline_of(ModelId::TENSOR));
    assert!(ModelId::LOGISTIC_TENSOR.is_baseline_of(ModelId::TENSOR));
    assert!(!ModelId::LOGISTIC_TENSOR.is_baseline_of(ModelId::CONCAT));
    assert!(!ModelId::PRODUCT.is_baseline_of(ModelId::CONCAT));
}

#[test]
fn parameters_are_as_many_as_the_definitions_say() {
    // Width 768, 32 hidden units.
    let counts = [
        (ModelId::MCB, 49_250),
        (ModelId::LMF.with_variant(1), 49_314),
        (ModelId::LMF.with_variant(4), 196_962),
        (ModelId::LMF.with_variant(16), 787_554),
        (ModelId::TFN, 18_923_650),
        (ModelId::GMU, 98_466),
        (ModelId::DYNMM, 197_164),
        (ModelId::DYNMM_HARD, 197_164),
        (ModelId::LATE, 49_348),
        (ModelId::PERMUTED, 49_250),
    ];
    for (model, count) in counts {
        assert_eq!(model.parameter_count(&sizes(768, 768)), count, "{model}");
    }
    let gated = FusionSettings { gmu_gate: GmuGate::Projections, ..SETTINGS };
    assert_eq!(ModelId::GMU.parameter_count(&Sizes { settings: gated, ..sizes(768, 768) }), 51_362);
    let wide = FusionSettings { mcb_width: 16_000, ..SETTINGS };
    assert_eq!(
        ModelId::MCB.parameter_count(&Sizes { settings: wide, ..sizes(768, 768) }),
        16_000 * 32 + 32 + 66
    );
}

#[test]
fn width_and_computation_are_those_of_the_definitions() {
    let of = |model: ModelId| (model.fused_width(&sizes(768, 768)), model.multiply_adds(&sizes(768, 768)));
    let (n, pairs) = (768, 768 * 768);
    assert_eq!(of(ModelId::CONCAT), (Some(2 * n), 0));
    assert_eq!(of(ModelId::PRODUCT), (Some(2 * n), 2 * n));
    assert_eq!(of(ModelId::TENSOR), (Some(pairs), pairs));
    assert_eq!(of(ModelId::TFN), (Some(591_361), 591_361));
    assert_eq!(of(ModelId::MCB), (Some(2 * n), 2 * n));
    assert_eq!(of(ModelId::LMF.with_variant(4)), (Some(32), 4 * 32 * (2 * n + 1)));
    assert_eq!(of(ModelId::GMU), (Some(32), 2 * 32 * 2 * n));
    assert_eq!(of(ModelId::DYNMM), (None, 2 * n + 32 * 2 * n));
    assert_eq!(of(ModelId::LATE), (None, 0));
}

#[test]
fn a_rank_is_part_of_a_models_name() {
    let model = ModelId::named("lmf-16").unwrap();
    assert_eq!((model, model.name()), (ModelId::LMF.with_variant(16), "lmf-16"));
    assert_eq!(ModelId::named("lmf"), Some(ModelId::LMF), "as `sweep.fusions` has it");
    assert_eq!(ModelId::named("lmf-1024").map(ModelId::name), Some("lmf-1024"));
    for name in ["lmf-0", "lmf-1025", "lmf-04", "lmf-", "lmf-+4", "lmf-99999", "gmu-4", "logistic-lmf"] {
        assert_eq!(ModelId::named(name), None, "{name}");
    }
    assert!(ModelId::all().all(|model| model != ModelId::LMF), "it is no model that can be trained");
}

#[test]
fn a_way_to_train_is_part_of_a_models_name_and_of_nothing_that_it_computes() {
    for (name, robust) in [("lmf-16-noise", Robust::Noise), ("lmf-16-drop", Robust::Drop)] {
        let model = ModelId::LMF.with_variant(16).trained_with(robust);
        assert_eq!((ModelId::named(name), model.name()), (Some(model), name));
        assert_eq!(model.plain(), ModelId::LMF.with_variant(16));
        assert_eq!(model.parameters(&sizes(6, 6)), model.plain().parameters(&sizes(6, 6)));
    }
    let of = |name| ModelId::named(name).unwrap();
    assert_eq!(
        ModelId::CONCAT.trained_with(Robust::Noise).logistic(),
        ModelId::named("logistic-concat-noise")
    );
    assert!(
        of("text-drop").is_baseline_of(of("concat-drop")) && !of("text").is_baseline_of(of("concat-drop"))
    );
    for name in ["concat-none", "concat-noise-drop", "-noise", "noise"] {
        assert_eq!(ModelId::named(name), None, "{name}");
    }
}

#[test]
fn experts_start_with_the_keys_of_the_fusions_that_they_are() {
    let parameters = ModelId::DYNMM.parameters(&sizes(6, 6));
    for (name, model) in [
        ("text", ModelId::TEXT),
        ("image", ModelId::IMAGE),
        ("concat", ModelId::CONCAT),
        ("product", ModelId::PRODUCT),
    ] {
        let of_expert = parameters.iter().filter(|of| of.name.starts_with(&format!("experts.{name}.")));
        let keyed = |(place, of): (usize, &Parameter)| (of.key.unwrap_or(place), of.shape.clone(), of.start);
        let own = model.parameters(&sizes(6, 6));
        let expected: Vec<_> = own.iter().enumerate().map(keyed).collect();
        assert_eq!(of_expert.enumerate().map(keyed).collect::<Vec<_>>(), expected, "{name}");
    }
}

#[test]
fn seeds_are_assigned_to_frozen_choices_in_turn() {
    let of = |model: ModelId, seed| model.choice_of(crate::grid::Seed(seed), &SETTINGS);
    assert_eq!([0, 1, 4, 7].map(|seed| of(ModelId::MCB, seed)), [0, 1, 0, 3]);
    assert_eq!([0, 1, 4, 7].map(|seed| of(ModelId::LOGISTIC_MCB, seed)), [0, 1, 0, 3]);
    assert_eq!([0, 1, 4, 7].map(|seed| of(ModelId::CONCAT, seed)), [0; 4]);
}
