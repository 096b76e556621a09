//! The user's cache folder: what may be lost at any time.

use std::ffi::OsString;
use std::path::PathBuf;

/// The program's folder in it, which need not exist; absent where the user has no home.
pub fn folder() -> Option<PathBuf> {
    below(std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME"))
}

/// By the XDG Base Directory Specification: a relative path counts as none.
fn below(cache: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |path: OsString| Some(PathBuf::from(path)).filter(|path| path.is_absolute());
    let caches = cache.and_then(absolute).or_else(|| Some(home.and_then(absolute)?.join(".cache")))?;
    Some(caches.join("superfuse-tui"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_folder_does_not_count() {
        let of = |cache: &str, home: &str| below(Some(cache.into()), Some(home.into()));
        assert_eq!(of("/var/me", "/home/me"), Some("/var/me/superfuse-tui".into()));
        assert_eq!(of("", "/home/me"), Some("/home/me/.cache/superfuse-tui".into()));
        assert_eq!(of("cache", "me"), None);
        assert_eq!(below(None, None), None);
    }
}
