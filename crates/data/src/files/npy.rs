//! The `.npy` header (`numpy.lib.format`, versions 1 to 3), read and written.
//!
//! Read by hand, because a hostile header must cost nothing: its length is bounded before anything is
//! allocated, nothing recurses, and the shape's product is checked. Python objects are refused, so
//! nothing is ever unpickled.

use std::io::Read;

use tensors::{Element, Layout};

use super::super::error::{DataError, printable};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Longest header of a plain array, generously; `NumPy`'s own limit is 10,000.
const LONGEST_HEADER: usize = 1 << 16;

/// Reads the header and leaves `reader` at the first element.
pub(super) fn read_header(reader: &mut impl Read, place: &str) -> Result<Layout, DataError> {
    let damaged = |reason: String| DataError::Damaged { place: place.to_owned(), reason };
    let mut read = |bytes: &mut [u8]| {
        reader.read_exact(bytes).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => damaged("its header ends early".into()),
            _ => damaged(error.to_string()),
        })
    };
    let mut start = [0; 8];
    read(&mut start)?;
    if &start[..6] != MAGIC {
        return Err(damaged("it does not begin as a .npy array does".into()));
    }
    let mut length = [0; 4];
    match start[6] {
        1 => read(&mut length[..2])?,
        2 | 3 => read(&mut length)?,
        version => return Err(damaged(format!(".npy version {version} is unknown"))),
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST_HEADER {
        return Err(damaged(format!("its header claims {length} bytes")));
    }
    let mut header = vec![0; length];
    read(&mut header)?;
    parse(&String::from_utf8_lossy(&header), place)
}

/// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`
fn parse(header: &str, place: &str) -> Result<Layout, DataError> {
    let damaged =
        |what: &str| DataError::Damaged { place: place.to_owned(), reason: format!("its header {what}") };
    let value = |key: &str| {
        let (_, rest) = header.split_once(&format!("'{key}'"))?;
        Some(rest.trim_start().strip_prefix(':')?.trim_start())
    };
    let descr = value("descr").ok_or_else(|| damaged("has no 'descr'"))?;
    let Some((descr, _)) = descr.strip_prefix('\'').and_then(|rest| rest.split_once('\'')) else {
        return Err(unsuitable(place, "records of several fields".into()));
    };
    let order = value("fortran_order").ok_or_else(|| damaged("has no 'fortran_order'"))?;
    let fortran = match (order.starts_with("True"), order.starts_with("False")) {
        (true, _) => true,
        (_, true) => false,
        _ => return Err(damaged("has a bad 'fortran_order'")),
    };
    let shape = value("shape")
        .and_then(|rest| rest.strip_prefix('(')?.split_once(')'))
        .and_then(|(lengths, _)| parse_shape(lengths))
        .ok_or_else(|| damaged("has a bad 'shape'"))?;
    let (big_endian, element) = parse_descr(descr, place)?;
    Ok(Layout { element, big_endian, fortran, shape })
}

fn parse_shape(lengths: &str) -> Option<Vec<usize>> {
    let lengths = lengths.trim();
    let lengths = lengths.strip_suffix(',').unwrap_or(lengths);
    if lengths.is_empty() {
        return Some(Vec::new());
    }
    lengths.split(',').map(|length| length.trim().trim_end_matches('L').parse().ok()).collect()
}

fn parse_descr(descr: &str, place: &str) -> Result<(bool, Element), DataError> {
    match Element::of_numpy(descr) {
        Some(found) => Ok(found),
        None if descr.trim_start_matches(['<', '>', '|', '=']).starts_with('O') => {
            Err(unsuitable(place, "Python objects (pickled)".into()))
        }
        None => Err(unsuitable(place, format!("elements of type `{}`", printable(descr)))),
    }
}

fn unsuitable(place: &str, element: String) -> DataError {
    let wanted = "which are not read; save it as float32, or labels as whole numbers or text";
    DataError::Element { place: place.to_owned(), element, wanted }
}

/// The header of a little-endian array in row-major order; `descr` as in `<f4`.
pub(crate) fn header(descr: &str, shape: &[usize]) -> Vec<u8> {
    let mut lengths = shape.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if shape.len() == 1 {
        lengths.push(',');
    }
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({lengths}), }}");
    // The elements begin at a multiple of 64 bytes: magic and version 8, length 2, and the newline.
    while !(10 + text.len() + 1).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_header_is_read_back() {
        for shape in [vec![3, 4], vec![7], vec![]] {
            let bytes = header("<f4", &shape);
            assert_eq!(bytes.len() % 64, 0);
            let layout = read_header(&mut bytes.as_slice(), "a").unwrap();
            assert_eq!(layout, Layout { element: Element::F32, big_endian: false, fortran: false, shape });
        }
    }

    #[test]
    fn numpys_own_headers_are_understood() {
        let layout = parse("{'descr': '>i8', 'fortran_order': True, 'shape': (2, 3), }  \n", "a").unwrap();
        assert_eq!(
            layout,
            Layout { element: Element::I64, big_endian: true, fortran: true, shape: vec![2, 3] }
        );
        let layout = parse("{'descr': '<U5', 'fortran_order': False, 'shape': (9,), }", "a").unwrap();
        assert_eq!((layout.element, layout.shape), (Element::Utf32(5), vec![9]));
    }

    #[test]
    fn objects_records_and_nonsense_are_refused() {
        let refusal = |header: &str| parse(header, "a").unwrap_err().to_string();
        assert!(refusal("{'descr': '|O', 'fortran_order': False, 'shape': (9,), }").contains("pickled"));
        assert!(
            refusal("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (9,), }").contains("fields")
        );
        assert!(refusal("{'descr': '<c8', 'fortran_order': False, 'shape': (9,), }").contains("`<c8`"));
        assert!(refusal("{'descr': '<f4', 'fortran_order': False, 'shape': (-9,), }").contains("shape"));
        assert!(refusal("{}").contains("descr"));
        assert!(refusal("((((((((((").contains("descr"));
    }

    #[test]
    fn a_header_that_claims_gigabytes_is_refused_before_it_is_read() {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([2, 0, 0xff, 0xff, 0xff, 0xff]);
        let error = read_header(&mut bytes.as_slice(), "a").unwrap_err();
        assert!(error.to_string().contains("4294967295 bytes"), "{error}");
    }
}
