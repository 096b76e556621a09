//! Whether a frontend may change the run that it shows.

/// What a frontend may do with a run of another process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Access {
    /// Look, control the process that trains it, and label it.
    #[default]
    Full,
    /// Look alone: nothing is written or sent.
    ReadOnly(Reason),
}

/// Why a run is only looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Its user asked for that.
    Asked,
    /// Its directory or its journal belongs to another user, with this number.
    Owner(u32),
}

impl Access {
    /// Whether nothing is changed.
    pub const fn is_read_only(self) -> bool {
        matches!(self, Self::ReadOnly(_))
    }

    /// What is said where a change is asked for and not allowed.
    pub fn refusal(self) -> Option<String> {
        match self {
            Self::Full => None,
            Self::ReadOnly(Reason::Asked) => {
                Some("read-only: `superfuse-tui watch` without --read-only can change this run".into())
            }
            Self::ReadOnly(Reason::Owner(owner)) => {
                Some(format!("read-only: this run belongs to another user (uid {owner})"))
            }
        }
    }

    /// With what was asked for: it goes before what was found out.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        if self.is_read_only() { self } else { other }
    }
}
