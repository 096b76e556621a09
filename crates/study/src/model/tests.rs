use super::*;

const fn sizes(text: usize, image: usize) -> Sizes {
    Sizes { text, image, hidden: 32 }
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
    let own = |sizes: &Sizes| {
        let text = Parameter::linear(["text.weight", "text.bias"], sizes.text, sizes.hidden);
        let image = Parameter::linear(["image.weight", "image.bias"], sizes.image, sizes.hidden);
        text.into_iter().chain(image).collect()
    };
    let definition = Definition { form: Form::Own(own), ..*Fusion::Concat.definition() };
    let parameters = definition.parameters(HeadKind::Hidden, &sizes(6, 9));
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
        "text",
        "image",
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
