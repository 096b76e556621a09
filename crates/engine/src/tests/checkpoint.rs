//! A checkpoint through its file: the same logits come back, in PyTorch's names and layout.

use tch::Device;

use super::{bits, random, shape, values};
use crate::backend::bridge;
use crate::backend::device::Compute;
use crate::backend::head::logits;
use crate::backend::inputs::FusedRows;
use crate::backend::parameters::Parameters;
use crate::checkpoint::head::Head;
use crate::fusion;
use study::config::Activation;
use study::grid::Seed;
use study::model::ModelId;

#[test]
fn a_saved_head_gives_the_same_logits_and_has_torchs_names() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("concat-real-32.safetensors");
    let stack = Parameters::initial(shape(ModelId::CONCAT), &[Seed(1), Seed(2)], Device::Cpu);
    let member = stack.range(1, 1);
    Head::from_stack(&member).save(&path, &[("seed", "2".into())]).unwrap();

    let bytes = std::fs::read(&path).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let mut names = file.names();
    names.sort_unstable();
    assert_eq!(names, ["head.0.bias", "head.0.weight", "head.2.bias", "head.2.weight"]);
    assert_eq!(file.tensor("head.0.weight").unwrap().shape(), [5, 12]);
    let stored: Vec<f32> = file
        .tensor("head.0.weight")
        .unwrap()
        .data()
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
        .collect();
    assert_eq!(stored, values(&member.hidden_weight()));
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    assert_eq!(header.metadata().as_ref().unwrap()["seed"], "2");

    let loaded = Head::load(&path, 12, Some(5), 2, &Compute::cpu().burn()).unwrap();
    let (text, image) = (random(1, &[4, 6]), random(2, &[4, 6]));
    let rows = fusion::rows(ModelId::CONCAT, &text, &image);
    let FusedRows::Vector(made) = &rows else { panic!("concat is a vector") };
    let by_burn: Vec<f32> =
        loaded.forward(bridge::tensor::<2>(made), Activation::Relu).into_data().try_to_vec().unwrap();
    let by_stack = values(&logits(&member, Activation::Relu, &rows));
    for (a, b) in by_burn.iter().zip(&by_stack) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn a_saved_logistic_regression_is_one_linear_layer_with_torchs_names() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("logistic-tensor-real-32.safetensors");
    let stack = Parameters::initial(shape(ModelId::LOGISTIC_TENSOR), &[Seed(1), Seed(2)], Device::Cpu);
    let member = stack.range(1, 1);
    Head::from_stack(&member).save(&path, &[]).unwrap();
    let arrays = store::checkpoint::read(&path).unwrap();
    let names: Vec<_> = arrays.arrays.keys().map(String::as_str).collect();
    assert_eq!(names, ["head.0.bias", "head.0.weight"]);
    let head = arrays.head().unwrap();
    assert_eq!((head.fused, head.hidden), (36, None));
    assert_eq!(head.values[0], values(&member.hidden_weight()));
    let again = Parameters::of_one(shape(ModelId::LOGISTIC_TENSOR), &head.values, Device::Cpu);
    assert_eq!(bits(&again), bits(&member));

    let loaded = Head::load(&path, 36, None, 2, &Compute::cpu().burn()).unwrap();
    let (text, image) = (random(1, &[4, 6]), random(2, &[4, 6]));
    let outer = (text.unsqueeze(2) * image.unsqueeze(1)).reshape([4, 36]);
    let by_burn: Vec<f32> =
        loaded.forward(bridge::tensor::<2>(&outer), Activation::Relu).into_data().try_to_vec().unwrap();
    let rows = fusion::rows(ModelId::LOGISTIC_TENSOR, &text, &image);
    for (a, b) in by_burn.iter().zip(&values(&logits(&member, Activation::Relu, &rows))) {
        assert!((a - b).abs() < 1e-6, "{a} {b}");
    }
}

#[test]
fn a_file_that_is_no_checkpoint_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("broken.safetensors");
    for bytes in [b"".as_slice(), b"not a checkpoint", &[0xff; 64]] {
        std::fs::write(&path, bytes).unwrap();
        let error = Head::load(&path, 12, Some(5), 2, &Compute::cpu().burn()).unwrap_err();
        assert!(error.to_string().contains("broken.safetensors"), "{error}");
    }
}
