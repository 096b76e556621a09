//! As much of Thrift's compact protocol as shows what a Parquet file's metadata claim, before a library allocates it or
//! follows it down to the end of the stack.

/// Levels of records and lists in each other at most; a file has about six.
const DEEPEST: usize = 32;
/// Levels of columns in each other at most.
const DEEPEST_COLUMN: usize = 32;

/// Places of `SchemaElement.num_children` and `FileMetaData.schema`.
const CHILDREN: i64 = 5;
const SCHEMA: i64 = 2;
/// Places of the two sizes in `PageHeader`.
const UNPACKED: i64 = 2;
const PACKED: i64 = 3;

const I32: u8 = 5;
const LIST: u8 = 9;
const STRUCT: u8 = 12;
/// The half of a byte that says the kind.
const KIND: u8 = 0x0f;

/// Checks that every list in a file's metadata can be there, and that its columns are one tree.
pub(super) fn check_metadata(bytes: &[u8]) -> Result<(), &'static str> {
    let mut reader = Reader { bytes };
    let mut children = Vec::new();
    let read = reader.record(&mut |reader, place, kind| {
        if (place, kind) != (SCHEMA, LIST) {
            return reader.skip(kind, DEEPEST);
        }
        children.clear();
        let (kind, length) = reader.list()?;
        for _ in 0..length {
            if kind != STRUCT {
                return None;
            }
            let mut count = 0;
            reader.record(&mut |reader, place, kind| {
                if (place, kind) == (CHILDREN, I32) {
                    count = reader.signed()?;
                    Some(())
                } else {
                    reader.skip(kind, DEEPEST)
                }
            })?;
            children.push(count);
        }
        Some(())
    });
    read.ok_or("its metadata cannot be read")?;
    is_tree(&children).then_some(()).ok_or("its columns are not a tree")
}

/// Bytes of a page unpacked and packed, as its header claims them: the greatest that it says.
pub(super) fn page_sizes(header: &[u8]) -> Option<(u64, u64)> {
    let mut reader = Reader { bytes: header };
    let (mut unpacked, mut packed) = (0, 0);
    reader.record(&mut |reader, place, kind| {
        let size = match (place, kind) {
            (UNPACKED, I32) => &mut unpacked,
            (PACKED, I32) => &mut packed,
            _ => return reader.skip(kind, DEEPEST),
        };
        *size = u64::try_from(reader.signed()?).ok()?.max(*size);
        Some(())
    })?;
    Some((unpacked, packed))
}

/// Whether elements with so many children each, every one followed by its own, are one tree of a usual depth.
fn is_tree(children: &[i64]) -> bool {
    let mut open: Vec<i64> = Vec::new();
    for (place, &count) in children.iter().enumerate() {
        while open.pop_if(|left| *left == 0).is_some() {}
        match open.last_mut() {
            Some(left) => *left -= 1,
            None if place > 0 => return false,
            None => {}
        }
        if count < 0 || open.len() > DEEPEST_COLUMN {
            return false;
        }
        if count > 0 {
            open.push(count);
        }
    }
    !children.is_empty() && open.iter().all(|left| *left == 0)
}

/// What is left to be read.
struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    fn pass(&mut self, count: u64) -> Option<()> {
        self.bytes = self.bytes.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn unsigned(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.unsigned()?;
        Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
    }

    /// The kind of a list's elements, and how many there are: no more than there are bytes.
    fn list(&mut self) -> Option<(u8, u64)> {
        let header = self.byte()?;
        let length = match header >> 4 {
            15 => self.unsigned()?,
            short => u64::from(short),
        };
        (length <= self.bytes.len() as u64).then_some((header & KIND, length))
    }

    /// Hands the place and the kind of each field of a record to `take`, which reads it.
    fn record(&mut self, take: &mut dyn FnMut(&mut Self, i64, u8) -> Option<()>) -> Option<()> {
        let mut place = 0;
        loop {
            let header = self.byte()?;
            if header & KIND == 0 {
                return Some(());
            }
            place = match header >> 4 {
                0 => self.signed()?,
                further => place + i64::from(further),
            };
            take(self, place, header & KIND)?;
        }
    }

    /// Passes over a value that may hold others so deep.
    fn skip(&mut self, kind: u8, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        match kind {
            // A field's truth stands in its header.
            1 | 2 => Some(()),
            3 => self.pass(1),
            4..=6 => self.unsigned().map(|_| ()),
            7 => self.pass(8),
            8 => {
                let length = self.unsigned()?;
                self.pass(length)
            }
            LIST | 10 => {
                let (kind, length) = self.list()?;
                (0..length).try_for_each(|_| match kind {
                    1 | 2 => self.pass(1),
                    kind => self.skip(kind, depth),
                })
            }
            STRUCT => self.record(&mut |reader, _, kind| reader.skip(kind, depth)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_as_many_children_as_they_say() {
        assert!(is_tree(&[2, 0, 1, 1, 0]));
        assert!(is_tree(&[0]));
        for children in [&[][..], &[2, 0], &[1, 0, 0], &[1, -1], &[i64::from(i32::MAX)], &[0, 0]] {
            assert!(!is_tree(children), "{children:?}");
        }
        let mut deep = vec![1; 100_000];
        deep.push(0);
        assert!(!is_tree(&deep));
    }

    #[test]
    fn a_page_header_says_its_sizes_and_the_greater_of_two_counts() {
        // Field 1 = 0, field 2 = 100, field 3 = 50, the end; then field 2 once more, by its full number.
        assert_eq!(page_sizes(b"\x15\x00\x15\xc8\x01\x15\x64\x00"), Some((100, 50)));
        assert_eq!(page_sizes(b"\x15\x00\x15\x90\x03\x15\x64\x05\x04\xc8\x01\x00"), Some((200, 50)));
        assert_eq!(page_sizes(b"\x15\x00\x15\xc8"), None);
        assert_eq!(page_sizes(b"\x15\x00\x15\x01\x00"), None);
    }

    #[test]
    fn lists_longer_than_the_file_and_records_without_end_are_refused() {
        assert!(check_metadata(b"\x29\xfc\xff\xff\xff\x07\x00").is_err());
        assert!(check_metadata(&vec![0x1c; 100_000]).is_err());
        assert!(check_metadata(&[]).is_err());
    }
}
