//! `TorchScript` modules as `torch.jit.script(module).save(path)` writes them, made without Python: a ZIP archive of the
//! class's text, its tensors, and a pickle that joins them.

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

/// A tensor of a module: name, shape, whether it is a parameter, and each of its values.
pub(crate) type Member<'a> = (&'a str, &'a [u32], bool, f32);

/// The archive of a module with these tensors and these methods, in `TorchScript`'s own text, two spaces deep.
pub(crate) fn module(members: &[Member<'_>], methods: &str) -> Vec<u8> {
    let named = |is_parameter| {
        let names = members.iter().filter(|member| member.2 == is_parameter).map(|member| member.0);
        names.map(|name| format!("\"{name}\", ")).collect::<Vec<_>>().concat()
    };
    let attributes = members.iter().map(|(name, ..)| format!("  {name} : Tensor\n"));
    let attributes = attributes.collect::<Vec<_>>().concat();
    let code = format!(
        "class Own(Module):\n  __parameters__ = [{}]\n  __buffers__ = [{}]\n{attributes}  training : bool\n{methods}\n",
        named(true),
        named(false)
    );
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut put = |name: &str, bytes: &[u8]| {
        let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        archive.start_file(format!("own/{name}"), stored).unwrap();
        archive.write_all(bytes).unwrap();
    };
    put("data.pkl", &pickle(members));
    put("code/__torch__.py", code.as_bytes());
    for (place, (_, shape, _, value)) in members.iter().enumerate() {
        put(&format!("data/{place}"), &value.to_le_bytes().repeat(count(shape)));
    }
    put("constants.pkl", b"\x80\x02).");
    put("version", b"3\n");
    put("byteorder", b"little");
    archive.finish().unwrap().into_inner()
}

/// One whose `forward` returns `what`, an expression of `text`, `image` and `self`.
pub(crate) fn returning(members: &[Member<'_>], what: &str) -> Vec<u8> {
    module(members, &forward(what))
}

/// The method `forward` that returns `what`.
pub(crate) fn forward(what: &str) -> String {
    format!(
        "  def forward(self: __torch__.Own,\n    text: Tensor,\n    image: Tensor) -> Tensor:\n    return {what}\n"
    )
}

fn count(shape: &[u32]) -> usize {
    shape.iter().map(|&length| length as usize).product()
}

/// An object of the class with its attributes.
fn pickle(members: &[Member<'_>]) -> Vec<u8> {
    let mut out = b"\x80\x02c__torch__\nOwn\n)\x81}(".to_vec();
    for (place, (name, shape, is_parameter, _)) in members.iter().enumerate() {
        text(&mut out, name);
        out.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut out, "storage");
        out.extend(b"ctorch\nFloatStorage\n");
        text(&mut out, &place.to_string());
        text(&mut out, "cpu");
        number(&mut out, count(shape) as u32);
        out.extend(b"tQ");
        number(&mut out, 0);
        let strides: Vec<u32> = (0..shape.len()).map(|axis| shape[axis + 1..].iter().product()).collect();
        for lengths in [*shape, &strides] {
            out.push(b'(');
            for &length in lengths {
                number(&mut out, length);
            }
            out.push(b't');
        }
        out.push(if *is_parameter { 0x88 } else { 0x89 });
        out.extend(b"ccollections\nOrderedDict\n)RtR");
    }
    text(&mut out, "training");
    out.extend(b"\x88ub.");
    out
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

fn number(out: &mut Vec<u8>, number: u32) {
    out.push(b'J');
    out.extend(number.to_le_bytes());
}
