//! Which signals may be watched: one that the process was started with as ignored, as by `nohup`, stays ignored.

use std::fs;
use std::io;
use std::sync::Arc;

use signal_hook::consts::SIGXFSZ;
use signal_hook::flag;

/// Those of `signals` that the process does not ignore. A handler for one of the others would undo `nohup`, or end a
/// background job of a script at the Ctrl-C that was meant for what is in the foreground.
pub fn not_ignored(signals: &[i32]) -> Vec<i32> {
    // Where there is no such file, nothing is known to be ignored.
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    signals.iter().copied().filter(|&signal| !is_ignored(&status, signal)).collect()
}

/// Makes a write beyond the limit of a file's size (`ulimit -f`) fail like one on a full disk. Without this the system
/// ends the process.
///
/// # Errors
/// Where the system refuses the handler.
pub fn survive_file_size_limit() -> io::Result<()> {
    for signal in not_ignored(&[SIGXFSZ]) {
        flag::register(signal, Arc::default())?;
    }
    Ok(())
}

/// Whether `status`, a `/proc/…/status`, names the signal among the ignored ones: a mask in hexadecimal.
fn is_ignored(status: &str, signal: i32) -> bool {
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    signal > 0 && (mask >> (signal - 1)) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

    #[test]
    fn the_mask_of_ignored_signals_is_read_bit_by_bit() {
        let status =
            "Name:\tsuperfuse-tui\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000001003\nSigCgt:\tffff\n";
        let ignored = [SIGHUP, SIGINT, SIGTERM].map(|signal| is_ignored(status, signal));
        assert_eq!(ignored, [true, true, false]);
        assert!(!is_ignored("", SIGHUP) && !is_ignored("SigIgn:\tnonsense", SIGHUP));
    }
}
