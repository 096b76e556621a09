//! A checkpoint read back: what it says of itself and its numbers, none of which is believed before it is
//! checked.
//!
//! Memory grows with the bytes that are there, never with what a header claims. No name or path in the file
//! is ever opened.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use safetensors::tensor::{Dtype, Metadata, TensorView};

use super::{StoreError, atomic};
use crate::format::v1;
use host::{files, memory};
use study::grid::Seed;
use study::text::one_line;

/// Longest header: scales of the widest modalities take a tenth of it. The format's own limit of 100 MB takes seconds to
/// parse.
const LONGEST_HEADER: u64 = 32 << 20;
/// Dimensions that any matrix here has at most: products of two stay far from overflow.
const LARGEST: usize = 1 << 30;

/// Arrays by name, with what is said of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Arrays {
    /// `__metadata__`.
    pub metadata: BTreeMap<String, String>,
    /// Shape and values in row-major order; all values are finite.
    pub arrays: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

/// A head's parameters, in `nn.Linear`'s layout.
#[derive(Clone, Debug, PartialEq)]
pub struct HeadArrays {
    /// Width F of the fused vector.
    pub fused: usize,
    /// Units H of the hidden layer; absent for logistic regression.
    pub hidden: Option<usize>,
    /// `[H, F]`, `[H]`, `[classes, H]`, `[classes]`; of logistic regression `[classes, F]`, `[classes]`.
    pub values: Vec<Vec<f32>>,
}

/// Names of the four parameters, as `nn.Sequential(Linear, activation, Linear)` has them; logistic regression
/// has the first two.
const PARAMETERS: [&str; 4] = ["head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"];

/// The seed that a checkpoint names, from its header alone.
pub fn seed_in(path: &Path) -> Result<Seed, StoreError> {
    let (file, header, _) = open(path)?;
    let mut bytes = Vec::new();
    file.take(header).read_to_end(&mut bytes).map_err(StoreError::io("read", path))?;
    let header: Option<serde_json::Value> = serde_json::from_slice(&bytes).ok();
    let seed =
        header.as_ref().and_then(|header| header.get("__metadata__")?.get(v1::checkpoint::SEED)?.as_str());
    let seed = seed.and_then(|seed| seed.parse().ok());
    seed.map(Seed).ok_or_else(|| StoreError::Malformed { path: path.into(), why: "it names no seed".into() })
}

/// Reads a `.safetensors` of `F32` arrays.
pub fn read(path: &Path) -> Result<Arrays, StoreError> {
    let (file, header, length) = open(path)?;
    // Its bytes, and the numbers that are made of them.
    if let Some(free) = memory::available().filter(|free| length.saturating_mul(2) > *free) {
        let why = format!("it has {length} bytes, and {free} bytes of memory are free");
        return Err(no_checkpoint(path, &why));
    }
    // No more than was there when it was measured, should it grow.
    let mut bytes = Vec::new();
    file.take(length - 8).read_to_end(&mut bytes).map_err(StoreError::io("read", path))?;
    parse(&bytes, header as usize).map_err(|why| no_checkpoint(path, &why))
}

/// A `.safetensors` behind its first 8 bytes, which say how long its header is; and how long the header and the file are.
fn open(path: &Path) -> Result<(File, u64, u64), StoreError> {
    let io = || StoreError::io("read", path);
    let mut file = files::open(path).map_err(|error| match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::IsADirectory => no_checkpoint(path, &error.to_string()),
        _ => io()(error),
    })?;
    let length = file.metadata().map_err(io())?.len();
    let mut header = [0; 8];
    file.read_exact(&mut header).map_err(|_| no_checkpoint(path, "it is too short for a header"))?;
    let header = u64::from_le_bytes(header);
    if header.checked_add(8).is_none_or(|end| end > length) {
        let why = format!("its header claims {header} bytes, and the file has {length}");
        return Err(no_checkpoint(path, &why));
    }
    if header > LONGEST_HEADER {
        let why = format!("its header has {header} bytes, and at most {LONGEST_HEADER} are read");
        return Err(no_checkpoint(path, &why));
    }
    Ok((file, header, length))
}

/// Writes arrays that [`read`] reads, whole or not at all.
pub fn write(path: &Path, arrays: &Arrays) -> Result<(), StoreError> {
    let encode = |why: String| StoreError::Encode { what: "arrays", why };
    let bytes = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    let raw: Vec<(&String, &Vec<usize>, Vec<u8>)> =
        arrays.arrays.iter().map(|(name, (shape, values))| (name, shape, bytes(values))).collect();
    let views = raw
        .iter()
        .map(|(name, shape, bytes)| Ok((*name, TensorView::new(Dtype::F32, (*shape).clone(), bytes)?)))
        .collect::<Result<Vec<_>, safetensors::SafeTensorError>>()
        .map_err(|error| encode(error.to_string()))?;
    let metadata: HashMap<String, String> = arrays.metadata.clone().into_iter().collect();
    let whole = safetensors::serialize(views, Some(metadata)).map_err(|error| encode(error.to_string()))?;
    atomic::write(path, &whole)
}

/// Shape and values of an array.
pub type Array = (Vec<usize>, Vec<f32>);

impl Arrays {
    /// Shape and values of the arrays of these names, in that order, and of no others; else what is wrong.
    pub fn named(&self, names: &[&str]) -> Result<Vec<Array>, String> {
        if let Some(other) = self.arrays.keys().find(|name| !names.contains(&name.as_str())) {
            return Err(format!("it holds `{}`, which is no parameter of its model", printable(other)));
        }
        let of = |name: &&str| self.arrays.get(*name).ok_or_else(|| format!("it holds no `{name}`"));
        names.iter().map(|name| of(name).cloned()).collect()
    }

    /// The parameters of a head and nothing else; else what is wrong.
    pub fn head(&self) -> Result<HeadArrays, String> {
        if let Some(other) = self.arrays.keys().find(|name| !PARAMETERS.contains(&name.as_str())) {
            return Err(format!("it holds `{}`, which is no part of a head", printable(other)));
        }
        let of = |name: &&str| self.arrays.get(*name).ok_or_else(|| format!("it holds no `{name}`"));
        let is_logistic = PARAMETERS[2..].iter().all(|name| !self.arrays.contains_key(*name));
        let names = if is_logistic { &PARAMETERS[..2] } else { &PARAMETERS };
        let found = names.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        let &[units, fused] = found[0].0.as_slice() else {
            return Err("its `head.0.weight` is no matrix".into());
        };
        let classes = found.last().and_then(|(shape, _)| shape.first()).copied().unwrap_or(0);
        let wanted: [&[usize]; 4] = [&[units, fused], &[units], &[classes, units], &[classes]];
        let fits = wanted.iter().zip(&found).all(|(wanted, (shape, _))| wanted == shape);
        if units == 0 || fused == 0 || classes < 2 || !fits {
            let shapes: Vec<_> = found.iter().map(|(shape, _)| shape).collect();
            return Err(format!("its arrays' shapes {shapes:?} are not those of one head"));
        }
        let values = found.iter().map(|(_, values)| values.clone()).collect();
        Ok(HeadArrays { fused, hidden: (!is_logistic).then_some(units), values })
    }
}

/// Reads what stands behind the header's length, which was checked.
fn parse(bytes: &[u8], header: usize) -> Result<Arrays, String> {
    let (header, data) = bytes.split_at_checked(header).ok_or("it was cut short while it was read")?;
    let header: Metadata = serde_json::from_slice(header).map_err(|error| format!("its header: {error}"))?;
    let mut arrays = Arrays::default();
    arrays
        .metadata
        .extend(header.metadata().iter().flatten().map(|(key, value)| (key.clone(), value.clone())));
    for (name, info) in header.tensors() {
        let name_shown = printable(&name);
        if info.dtype != Dtype::F32 {
            return Err(format!("`{name_shown}` is {:?}, and F32 is needed", info.dtype));
        }
        if info.shape.iter().any(|&length| length > LARGEST) {
            return Err(format!("`{name_shown}` claims shape {:?}", info.shape));
        }
        let wanted = info.shape.iter().try_fold(4_usize, |bytes, &length| bytes.checked_mul(length));
        let (begin, end) = info.data_offsets;
        let stored = data.get(begin..end).ok_or_else(|| {
            format!("`{name_shown}` is to end at byte {end} of {}: the file is cut short", data.len())
        })?;
        if wanted != Some(stored.len()) {
            return Err(format!("`{name_shown}` has shape {:?} and {} bytes", info.shape, stored.len()));
        }
        let value = |bytes: &[u8]| f32::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default());
        let values: Vec<f32> = stored.chunks_exact(4).map(value).collect();
        if let Some(place) = values.iter().position(|value| !value.is_finite()) {
            return Err(format!("`{name_shown}` holds {} at place {place}", values[place]));
        }
        arrays.arrays.insert(name, (info.shape.clone(), values));
    }
    Ok(arrays)
}

fn printable(text: &str) -> String {
    one_line(text).chars().take(80).collect()
}

fn no_checkpoint(path: &Path, why: &str) -> StoreError {
    StoreError::NoCheckpoint { path: path.into(), why: why.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head() -> Arrays {
        let array = |shape: &[usize]| (shape.to_vec(), vec![0.5; shape.iter().product()]);
        let arrays = PARAMETERS.iter().zip([&[3, 4][..], &[3], &[2, 3], &[2]]);
        Arrays {
            metadata: BTreeMap::from([("fusion".into(), "concat".into())]),
            arrays: arrays.map(|(name, shape)| ((*name).to_owned(), array(shape))).collect(),
        }
    }

    fn written(arrays: &Arrays) -> Vec<u8> {
        let file = tempfile::NamedTempFile::new().unwrap();
        write(file.path(), arrays).unwrap();
        std::fs::read(file.path()).unwrap()
    }

    fn refused(bytes: &[u8]) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), bytes).unwrap();
        match read(file.path()).map_err(|error| error.to_string()).and_then(|arrays| arrays.head()) {
            Ok(head) => panic!("{head:?}"),
            Err(why) => why,
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        write(file.path(), &head()).unwrap();
        let read = read(file.path()).unwrap();
        assert_eq!(read, head());
        let shape = read.head().map(|head| (head.hidden, head.fused));
        assert_eq!(shape, Ok((Some(3), 4)));
    }

    #[test]
    fn every_prefix_of_a_checkpoint_is_refused() {
        let whole = written(&head());
        for length in 0..whole.len() {
            assert!(!refused(&whole[..length]).is_empty(), "{length}");
        }
    }

    #[test]
    fn lies_in_the_header_are_refused_without_the_memory_that_they_claim() {
        let mut huge = written(&head());
        huge[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(refused(&huge).contains("header claims 18446744073709551615 bytes"), "{}", refused(&huge));
        let lying = |header: &str| {
            let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
            bytes.extend(header.as_bytes());
            refused(&bytes)
        };
        let claim =
            r#"{"head.0.weight":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#;
        assert!(!lying(claim).is_empty());
        let claim = r#"{"head.0.weight":{"dtype":"F32","shape":[1000,1000],"data_offsets":[0,4000000]}}"#;
        assert!(lying(claim).contains("cut short"), "{}", lying(claim));
        let claim = r#"{"head.0.weight":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}"#;
        assert!(lying(claim).contains("F32 is needed"), "{}", lying(claim));
        assert!(lying(&"[".repeat(100_000)).contains("its header"));
    }

    #[test]
    fn weights_that_are_no_numbers_and_shapes_of_no_head_are_refused() {
        let mut arrays = head();
        arrays.arrays.get_mut("head.2.bias").unwrap().1[1] = f32::NAN;
        assert!(refused(&written(&arrays)).contains("`head.2.bias` holds NaN at place 1"));
        let mut arrays = head();
        *arrays.arrays.get_mut("head.2.weight").unwrap() = (vec![3, 2], vec![0.5; 6]);
        assert!(refused(&written(&arrays)).contains("not those of one head"));
        let mut arrays = head();
        arrays.arrays.remove("head.0.bias");
        assert!(refused(&written(&arrays)).contains("no `head.0.bias`"));
        let mut arrays = head();
        arrays.arrays.insert("../../etc/passwd".into(), (vec![1], vec![0.0]));
        assert!(refused(&written(&arrays)).contains("no part of a head"));
        assert!(read(Path::new("/dev/zero")).unwrap_err().to_string().contains("not a regular file"));
    }
}
