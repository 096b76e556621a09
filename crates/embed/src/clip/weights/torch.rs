//! Weights in a `pytorch_model.bin`, which `torch.save` wrote of a state dict. Nothing in it is executed.

use std::io::Read;
use std::path::Path;

use tch::Kind;
use tensors::Element;
use tensors::torch::{Archive, Node, Refusal, Tensor};

use super::{Shard, Stored};
use crate::error::{EmbedError, printable_path};
use host::files;

/// What a pickle begins with, which is not in an archive.
const PICKLE: u8 = 0x80;

struct Torch {
    archive: Archive,
}

/// Opens the file and reads its pickle.
pub(super) fn open(path: &Path) -> Result<Box<dyn Shard>, EmbedError> {
    let io = |error: std::io::Error| EmbedError::io("read", path, &error);
    let mut first = Vec::new();
    files::open(path).map_err(io)?.take(1).read_to_end(&mut first).map_err(io)?;
    if first == [PICKLE] {
        let quoted = format!("{:?}", printable_path(path));
        return Err(EmbedError::model(
            path,
            format!(
                "it is a file of torch before 1.6, a bare pickle; write it again with python -c 'import torch; \
                 torch.save(torch.load({quoted}, weights_only=True), {quoted})'"
            ),
        ));
    }
    let archive = Archive::open(path, "").map_err(|refusal| match refusal {
        Refusal::Io(error) => io(error),
        other => EmbedError::model(path, reason(other)),
    })?;
    Ok(Box::new(Torch { archive }))
}

impl Torch {
    fn tensor(&self, name: &str) -> Option<&Tensor> {
        match self.archive.heap().node(self.archive.value(name)?)? {
            Node::Tensor(tensor) => Some(tensor),
            _ => None,
        }
    }
}

impl Shard for Torch {
    fn names(&self) -> Vec<String> {
        self.archive.names().filter(|name| self.tensor(name).is_some()).map(str::to_owned).collect()
    }

    fn shape(&self, name: &str) -> Option<Vec<i64>> {
        Some(self.tensor(name)?.shape.iter().map(|&length| length as i64).collect())
    }

    fn stored(&mut self, name: &str) -> Result<Stored, String> {
        let tensor = self.tensor(name).ok_or("is gone")?.clone();
        let kind = match tensor.element {
            Element::F32 => Kind::Float,
            Element::F16 => Kind::Half,
            Element::Bf16 => Kind::BFloat16,
            Element::F64 => Kind::Double,
            other => {
                let other = other.name();
                return Err(format!("holds {other}; float32, float16, bfloat16 and float64 are read here"));
            }
        };
        let extent = self.archive.extent(&tensor).map_err(reason)?;
        let mut bytes = vec![0; extent.length as usize];
        self.archive
            .file_at(extent.start)
            .and_then(|mut file| file.read_exact(&mut bytes))
            .map_err(|error| reason(error.into()))?;
        extent.layout.make_little_endian(&mut bytes);
        Ok(Stored { kind, bytes, fortran: extent.layout.fortran })
    }
}

/// What is wrong, and the fix.
fn reason(refusal: Refusal) -> String {
    match refusal {
        Refusal::Io(error) => format!("cannot be read: {error}"),
        Refusal::Damaged(reason) => format!("{reason}; write or copy the file again"),
        Refusal::Foreign(name) => format!(
            "it holds a Python object, `{name}`, which is no weight and could run any code; where you trust it, load it \
             with weights_only=False and save its weights alone: torch.save(model.state_dict(), \"pytorch_model.bin\")"
        ),
        Refusal::Unsuitable(what) => format!(
            "it holds {what}, which is not read; save its weights alone: torch.save(model.state_dict(), \
             \"pytorch_model.bin\")"
        ),
        Refusal::Memory => "it does not fit into memory".to_owned(),
        Refusal::Strides(strides) => {
            format!("lies with gaps (strides {strides:?}); save it with .contiguous()")
        }
    }
}
