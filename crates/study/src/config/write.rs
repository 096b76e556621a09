//! A configuration as text.

use super::Config;

impl Config {
    /// The configuration in full as TOML, defaults written out: [`read`](super::read) gives back an equal one.
    ///
    /// # Panics
    /// Never: TOML can write every value that these types can hold.
    pub fn to_toml(&self) -> String {
        #[expect(clippy::expect_used, reason = "TOML can write every value that these types can hold")]
        toml::to_string(self).expect("a configuration is TOML")
    }
}
