//! How much room a folder's disk has, as `df` says.

use std::path::Path;
use std::process::Command;

use crate::error::Error;

/// Fails where there is less than `needed`; where `df` gives no answer, the download finds out.
pub(crate) fn check_room(folder: &Path, needed: u64) -> Result<(), Error> {
    let said = Command::new("df").arg("-Pk").arg(folder).env("LC_ALL", "C").output();
    let free = said.ok().and_then(|said| free_bytes(&String::from_utf8_lossy(&said.stdout)));
    match free {
        Some(free) if free < needed => Err(Error::TooLittleRoom { folder: folder.to_owned(), free, needed }),
        _ => Ok(()),
    }
}

/// The fourth field of the second line, in kibibytes: POSIX's format of `df -P`. The file system's own
/// name comes first and may hold blanks, so the fields are counted from the percentage.
fn free_bytes(df: &str) -> Option<u64> {
    let fields: Vec<&str> = df.lines().nth(1)?.split_whitespace().collect();
    let share = fields.iter().position(|field| field.ends_with('%'))?;
    let kibibytes: u64 = fields.get(share.checked_sub(1)?)?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TITLE: &str = "Filesystem     1024-blocks     Used Available Capacity Mounted on\n";

    #[test]
    fn the_available_column_is_read() {
        let df = format!("{TITLE}/dev/vda         263174212 13000000  82000000      15% /home dir\n");
        assert_eq!(free_bytes(&df), Some(82_000_000 * 1024));
    }

    #[test]
    fn a_file_system_with_a_blank_in_its_name_is_read_too() {
        let df = format!("{TITLE}map auto_home 100 40 60 40% /System/Volumes\n");
        assert_eq!(free_bytes(&df), Some(60 * 1024));
    }

    #[test]
    fn no_answer_is_none() {
        assert_eq!(free_bytes(""), None);
    }
}
