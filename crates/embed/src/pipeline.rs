//! All rows through the encoder: prepared on threads, encoded on the device, kept on disk.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use ndarray::{Array2, Axis};
use tch::{Device, Kind, TchError, Tensor};

use crate::encoder::{Pixels, Tokens};
use crate::error::EmbedError;
use crate::job::{Job, Progress, Report};
use crate::model::Model;
use crate::pairs::Pairs;
use crate::partial::Partial;
use crate::prepared::{Prepared, Work, start};

/// What is added to a length of zero before something is divided by it, as in `torch.nn.functional.normalize`.
const SMALLEST_LENGTH: f64 = 1e-12;

/// Embeds every row that `partial` does not have, and tells `report` how far it is. Rows that cannot be embedded come back
/// with the reason, in the table's order.
///
/// # Errors
/// What the encoder or the disk says, and [`EmbedError::Stopped`] once `stop` is set.
pub(crate) fn embed(
    job: &Job,
    model: &Model,
    pairs: &Pairs,
    partial: &mut Partial,
    report: &mut dyn FnMut(Report),
    stop: &AtomicBool,
) -> Result<Vec<(usize, String)>, EmbedError> {
    let _no_grad = tch::no_grad_guard();
    let open = partial.open_rows();
    let batches: Vec<&[usize]> = open.chunks(job.batch.max(1)).collect();
    let (of, next) = (pairs.rows.len(), AtomicUsize::new(0));
    let (mut faults, mut seen) = (Vec::new(), 0);
    let begun = Instant::now();
    let work = Work { pairs, inputs: &model.inputs, batches: &batches, next: &next, stop };
    let ended = thread::scope(|scope| {
        let stopped = |seen: usize| EmbedError::Stopped { done: of - open.len() + seen, of };
        for prepared in start(scope, job.threads, work) {
            if stop.load(Ordering::Relaxed) {
                return Err(stopped(seen));
            }
            let prepared = prepared?;
            if !prepared.rows.is_empty() {
                let [text, image] = encode(job, model, &prepared)?;
                let broken = not_finite([&text, &image]);
                let whole = |place: &usize| !broken.iter().any(|(broken, _)| broken == place);
                let kept: Vec<usize> = (0..prepared.rows.len()).filter(whole).collect();
                let rows: Vec<(usize, u64)> = kept.iter().map(|&place| prepared.rows[place]).collect();
                let select = |made: &Array2<f32>| made.select(Axis(0), &kept);
                partial.put(&rows, [&select(&text), &select(&image)])?;
                faults.extend(broken.into_iter().map(|(place, fault)| (prepared.rows[place].0, fault)));
            }
            seen += prepared.rows.len() + prepared.faults.len();
            faults.extend(prepared.faults);
            let seconds = begun.elapsed().as_secs_f64();
            let seconds_left = (seen > 0).then(|| seconds / seen as f64 * (open.len() - seen) as f64);
            report(Report::Progress(Progress { done: of - open.len() + seen, of, seconds_left }));
        }
        // The threads also end by themselves once it is set.
        if seen < open.len() { Err(stopped(seen)) } else { Ok(()) }
    });
    // What is done lasts, however it ended.
    let flushed = partial.flush();
    ended.and(flushed)?;
    faults.sort();
    Ok(faults)
}

/// Text and image of a batch, `[rows, width]` each.
fn encode(job: &Job, model: &Model, prepared: &Prepared) -> Result<[Array2<f32>; 2], EmbedError> {
    let Prepared { tokens, pixels, .. } = prepared;
    let of = &model.inputs.preprocessing;
    let pixels = Pixels { values: pixels, height: of.height(), width: of.width() };
    let text = model.encoder.encode_text(Tokens { ids: &tokens.ids, length: tokens.length })?;
    let image = model.encoder.encode_image(pixels)?;
    let finished = |made: &Tensor, what: &str| {
        to_matrix(made, job.normalise)
            .map_err(|error| EmbedError::encoder(format!("reading the {what} embeddings"), &error))
    };
    Ok([finished(&text, "text")?, finished(&image, "image")?])
}

/// Places in the batch whose text or image embedding is not finite, and what is wrong.
fn not_finite(made: [&Array2<f32>; 2]) -> Vec<(usize, String)> {
    let is_broken =
        |place: &usize| made.iter().any(|made| made.row(*place).iter().any(|value| !value.is_finite()));
    let fault = |place| (place, "its embedding has numbers that are not finite".to_owned());
    (0..made[0].nrows()).filter(is_broken).map(fault).collect()
}

/// On the CPU, each row divided by its length where `normalise`.
fn to_matrix(made: &Tensor, normalise: bool) -> Result<Array2<f32>, TchError> {
    let mut made = made.f_to_kind(Kind::Float)?;
    if normalise {
        let squares = made.f_square()?.f_sum_dim_intlist([1_i64].as_slice(), true, Kind::Float)?;
        made = made.f_div(&squares.f_sqrt()?.f_clamp_min(SMALLEST_LENGTH)?)?;
    }
    let made = made.f_to_device(Device::Cpu)?.f_contiguous()?;
    let (rows, width) = made.size2()?;
    let mut values = vec![0.0; (rows * width) as usize];
    made.f_copy_data(&mut values, (rows * width) as usize)?;
    Array2::from_shape_vec((rows as usize, width as usize), values)
        .map_err(|error| TchError::Shape(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_row_without_numbers_is_a_fault_of_that_row_alone() {
        let text = array![[1.0, 2.0], [f32::NAN, 0.0], [3.0, 4.0], [5.0, 6.0]];
        let image = array![[1.0], [2.0], [f32::INFINITY], [4.0]];
        let places: Vec<usize> = not_finite([&text, &image]).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, [1, 2]);
    }
}
