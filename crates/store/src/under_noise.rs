//! What noise does to single test rows, seed by seed, beside the journal.
//!
//! An `.npz` with one row for each seed: `seeds` (u64, `[seeds]`); for each condition and mean the row's share
//! of noise levels that were right, in parts of 65,535 (u16, `[seeds, rows]`); and for each mean which rows
//! were right under slight noise on text (bool, `[seeds, rows]`). In numpy:
//!
//! ```python
//! a = np.load("concat-real-32.npz")
//! area = a["both-empirical"] / 65535
//! seeds, right = a["seeds"], a["slight-text-zero"]
//! ```

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use npyz::Deserialize;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

use super::format::v1::rows::{SEEDS, areas as area_name, means, noises, slight_text as slight_name};
use super::{StoreError, atomic, npy};
use host::{files, memory};
use study::grid::Seed;
use study::rows::SeedRows;

/// What an area of 1 is written as.
const WHOLE: f32 = 65_535.0;
/// Bytes of the file at most: a thousand seeds with a million test rows.
const MOST_BYTES: u64 = 2 << 30;
/// Deflate cannot make more than this many bytes of one.
const GREATEST_RATIO: u64 = 1_032;

/// Writes areas and slight noise of the seeds that have them, each of `rows` test rows; what was right without
/// noise is not written here. An area is rounded to a part of 65,535.
pub fn write(path: &Path, rows: usize, per_seed: &[(Seed, &SeedRows)]) -> Result<(), StoreError> {
    let refused = |why: String| StoreError::Encode { what: "the test rows under noise", why };
    let per_seed: Vec<_> = per_seed.iter().filter(|(_, of)| !of.areas.is_empty()).copied().collect();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let numbers: Vec<u64> = per_seed.iter().map(|(seed, _)| seed.0).collect();
    put(&mut archive, SEEDS, &[numbers.len()], numbers).map_err(refused)?;
    for (condition, mean) in noises() {
        let of_seed = |of: &SeedRows| of.areas.get(&(condition, mean)).map(|areas| parts(areas));
        put_rows(&mut archive, &area_name(condition, mean), rows, &per_seed, of_seed).map_err(refused)?;
    }
    for mean in means() {
        let of_seed = |of: &SeedRows| of.slight_text.get(&mean).cloned();
        put_rows(&mut archive, &slight_name(mean), rows, &per_seed, of_seed).map_err(refused)?;
    }
    let bytes = archive.finish().map_err(|error| refused(error.to_string()))?.into_inner();
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(StoreError::io("make", folder))?;
    }
    atomic::write(path, &bytes)
}

/// Reads what [`write`] wrote; [`SeedRows::correct`] stays empty.
pub fn read(path: &Path) -> Result<Vec<(Seed, SeedRows)>, StoreError> {
    let bytes = files::read(path, MOST_BYTES).map_err(StoreError::io("read", path))?;
    let malformed = |why: String| StoreError::Malformed { path: path.into(), why };
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).map_err(|error| malformed(error.to_string()))?;
    let numbers: Vec<u64> = get::<_, 1>(&mut archive, SEEDS).map_err(malformed)?.unwrap_or_default();
    let count = numbers.len();
    let mut per_seed: Vec<_> = numbers.into_iter().map(|seed| (Seed(seed), SeedRows::default())).collect();
    for (condition, mean) in noises() {
        let areas = get_rows::<u16>(&mut archive, &area_name(condition, mean), count).map_err(malformed)?;
        for ((_, of), areas) in per_seed.iter_mut().zip(areas) {
            let areas = areas.into_iter().map(|part| f32::from(part) / WHOLE);
            of.areas.insert((condition, mean), areas.collect());
        }
    }
    for mean in means() {
        let slight = get_rows::<bool>(&mut archive, &slight_name(mean), count).map_err(malformed)?;
        for ((_, of), slight) in per_seed.iter_mut().zip(slight) {
            of.slight_text.insert(mean, slight);
        }
    }
    Ok(per_seed)
}

fn parts(areas: &[f32]) -> Vec<u16> {
    areas.iter().map(|area| (area.clamp(0.0, 1.0) * WHOLE).round() as u16).collect()
}

type Archive = ZipWriter<Cursor<Vec<u8>>>;

/// One array of all seeds, where they have it.
fn put_rows<T: npyz::AutoSerialize>(
    archive: &mut Archive,
    name: &str,
    rows: usize,
    per_seed: &[(Seed, &SeedRows)],
    of_seed: impl Fn(&SeedRows) -> Option<Vec<T>>,
) -> Result<(), String> {
    let mut all = Vec::new();
    for (seed, of) in per_seed {
        let Some(values) = of_seed(of) else { continue };
        if values.len() != rows {
            return Err(format!("{name} of seed {} has {} rows, not {rows}", seed.0, values.len()));
        }
        all.extend(values);
    }
    match all.len() {
        0 => Ok(()),
        length if length == per_seed.len() * rows => put(archive, name, &[per_seed.len(), rows], all),
        _ => Err(format!("some seeds have {name} and some do not")),
    }
}

fn put<T: npyz::AutoSerialize>(
    archive: &mut Archive,
    name: &str,
    shape: &[usize],
    values: Vec<T>,
) -> Result<(), String> {
    // Without the time of day the same rows are the same bytes.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    archive.start_file(format!("{name}.npy"), options).map_err(|error| error.to_string())?;
    let written = npy::write(&mut *archive, shape, values).and_then(|()| archive.flush());
    written.map_err(|error| error.to_string())
}

/// The array's values seed by seed; none where the file does not have it.
fn get_rows<T: Deserialize + Clone>(
    archive: &mut ZipArchive<Cursor<&Vec<u8>>>,
    name: &str,
    seeds: usize,
) -> Result<Vec<Vec<T>>, String> {
    let Some(values) = get::<T, 2>(archive, name)? else { return Ok(Vec::new()) };
    if seeds == 0 || !values.len().is_multiple_of(seeds) {
        return Err(format!("`{name}` does not have a row for each of {seeds} seeds"));
    }
    Ok(values.chunks((values.len() / seeds).max(1)).map(<[T]>::to_vec).collect())
}

/// An array's values; memory grows with the bytes that are there, never with what a header claims.
fn get<T: Deserialize, const D: usize>(
    archive: &mut ZipArchive<Cursor<&Vec<u8>>>,
    name: &str,
) -> Result<Option<Vec<T>>, String> {
    let damaged = |why: &dyn std::fmt::Display| format!("`{name}`: {why}");
    let Some(index) = archive.index_for_name(&format!("{name}.npy")) else { return Ok(None) };
    let entry = archive.by_index(index).map_err(|error| damaged(&error))?;
    let most = entry.compressed_size().saturating_mul(GREATEST_RATIO);
    // What is cut off here does not fit its header.
    let most = most.min(memory::available().unwrap_or(u64::MAX) / 4);
    let mut bytes = Vec::new();
    entry.take(most).read_to_end(&mut bytes).map_err(|error| damaged(&error))?;
    let read = npy::read::<T, D>(bytes.as_slice(), bytes.len() as u64);
    read.map(|(_, values)| Some(values)).map_err(|error| damaged(&error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use study::event::NoiseMean;
    use study::grid::Condition;

    const MEANS: [NoiseMean; 2] = [NoiseMean::Empirical, NoiseMean::Zero];

    fn rows(seed: u64, means: &[NoiseMean]) -> SeedRows {
        let area = |k: u64| (k as f32 + seed as f32) / 20.0;
        let areas = means.iter().flat_map(|&mean| {
            Condition::PAPER.map(|condition| ((condition, mean), (0..11).map(area).collect()))
        });
        let slight = means.iter().map(|&mean| (mean, (0..11).map(|k| k % 3 == seed % 3).collect()));
        SeedRows { correct: Vec::new(), areas: areas.collect(), slight_text: slight.collect() }
    }

    fn written(per_seed: &[(Seed, &SeedRows)]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("under-noise/concat-real-32.npz");
        write(&path, 11, per_seed).unwrap();
        fs::read(&path).unwrap()
    }

    fn read_bytes(bytes: &[u8]) -> Result<Vec<(Seed, SeedRows)>, StoreError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), bytes).unwrap();
        read(file.path())
    }

    #[test]
    fn what_noise_did_to_each_row_comes_back_within_a_part_of_65535() {
        let (first, second) = (rows(0, &MEANS), rows(9, &MEANS));
        let whole = written(&[(Seed(0), &first), (Seed(u64::MAX), &second)]);
        let back = read_bytes(&whole).unwrap();
        assert_eq!(back.iter().map(|(seed, _)| *seed).collect::<Vec<_>>(), [Seed(0), Seed(u64::MAX)]);
        for ((_, back), wrote) in back.iter().zip([&first, &second]) {
            assert_eq!(back.slight_text, wrote.slight_text);
            assert_eq!(back.areas.keys().collect::<Vec<_>>(), wrote.areas.keys().collect::<Vec<_>>());
            for (back, wrote) in back.areas.values().flatten().zip(wrote.areas.values().flatten()) {
                assert!((back - wrote).abs() <= 0.5 / WHOLE + 1e-7, "{back} {wrote}");
            }
        }
        // What was read is written as the same bytes: nothing drifts when seeds are added.
        let again: Vec<_> = back.iter().map(|(seed, of)| (*seed, of)).collect();
        assert_eq!(written(&again), whole);
    }

    #[test]
    fn a_study_with_one_mean_keeps_that_one_and_no_noise_keeps_nothing() {
        let zero = rows(3, &[NoiseMean::Zero]);
        let back = read_bytes(&written(&[(Seed(3), &zero)])).unwrap();
        assert!(back[0].1.areas.keys().all(|(_, mean)| *mean == NoiseMean::Zero));
        assert_eq!((back[0].1.areas.len(), back[0].1.slight_text.len()), (3, 1));
        let none = SeedRows { correct: vec![true; 11], ..SeedRows::default() };
        assert_eq!(read_bytes(&written(&[(Seed(3), &none)])).unwrap(), []);
    }

    #[test]
    fn a_seed_with_too_few_rows_is_refused_and_named() {
        let mut short = rows(2, &MEANS);
        short.areas.get_mut(&(Condition::Both, NoiseMean::Zero)).unwrap().pop();
        let folder = tempfile::tempdir().unwrap();
        let error = write(&folder.path().join("a.npz"), 11, &[(Seed(2), &short)]).unwrap_err();
        assert!(error.to_string().contains("both-zero of seed 2 has 10 rows, not 11"), "{error}");
    }

    #[test]
    fn every_cut_is_an_error_and_every_wrong_byte_is_one_or_another_value() {
        let (first, second) = (rows(0, &MEANS), rows(1, &MEANS));
        let whole = written(&[(Seed(0), &first), (Seed(1), &second)]);
        for cut in 0..whole.len() {
            assert!(read_bytes(&whole[..cut]).is_err(), "cut at {cut}");
        }
        for place in 0..whole.len() {
            let mut wrong = whole.clone();
            wrong[place] ^= 0x15;
            let _ = read_bytes(&wrong);
        }
    }
}
