//! What compressed bytes claim to become, held against what they are and against the memory that is free. The libraries
//! allocate what is claimed, and what cannot be allocated ends the program.

use host::memory;

/// Bytes that are unpacked whatever they were.
const LARGE: u64 = 64 << 20;
/// Above that, more than so many bytes out of one are refused: no embeddings pack like that.
const LARGE_RATIO: u64 = 800;
/// Values of lists, and the bytes that each takes while its page is read: a number and its two levels.
const LARGE_VALUES: u64 = 1 << 24;
const VALUE: u64 = 16;
/// Values in a byte that quantised embeddings may have.
const VALUES_IN_BYTE: u64 = 8;

/// Refuses `packed` bytes that claim to be `unpacked` ones.
pub(super) fn check_unpacked(packed: u64, unpacked: u64) -> Result<(), String> {
    if unpacked > LARGE && unpacked / packed.max(1) > LARGE_RATIO {
        return Err(format!("it would unpack {packed} bytes to {unpacked}, which no embeddings do"));
    }
    check_memory(unpacked)
}

/// Refuses as many bytes as are not free.
pub(super) fn check_memory(bytes: u64) -> Result<(), String> {
    match memory::available().filter(|_| bytes > LARGE) {
        Some(free) if bytes > free => Err(format!("it needs {bytes} bytes of memory, and {free} are free")),
        _ => Ok(()),
    }
}

/// Refuses `packed` bytes that claim to hold so many values of lists: levels pack so well that a list of thousands of
/// millions of values, which is read as a whole, takes a few bytes.
pub(super) fn check_values(packed: u64, values: u64) -> Result<(), String> {
    if values <= LARGE_VALUES || values / packed.max(1) <= VALUES_IN_BYTE {
        return Ok(());
    }
    check_memory(values.saturating_mul(VALUE))
}
