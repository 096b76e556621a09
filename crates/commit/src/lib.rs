//! The commit that the program was built from.

/// A short hash, `, modified` behind it where the sources were not those of the commit; `unknown commit` where the sources
/// were in no checkout or there was no git.
pub const COMMIT: &str = env!("SUPERFUSE_COMMIT");
