//! The Python whose pip fetches packages.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::Error;

/// Older ones take one `--platform` only.
const OLDEST_PIP: u32 = 21;

pub(crate) struct Python {
    pub(crate) program: &'static str,
}

impl Python {
    /// The first of `python3` and `python` that is a Python 3.
    pub(crate) fn find() -> Result<Self, Error> {
        let is_python_3 = |program: &&str| {
            quiet(program, "import sys; sys.exit(sys.version_info[0] != 3)")
                .status()
                .is_ok_and(|status| status.success())
        };
        let program = ["python3", "python"].into_iter().find(is_python_3).ok_or(Error::NoPython)?;
        Ok(Self { program })
    }

    pub(crate) fn check_pip(&self) -> Result<(), Error> {
        let version = self.answer("import pip; print(pip.__version__)")?.ok_or(Error::NoPip(self.program))?;
        if is_too_old(&version) {
            return Err(Error::OldPip { python: self.program, version });
        }
        Ok(())
    }

    /// The folder of the torch package that this Python would import.
    pub(crate) fn torch_folder(&self) -> Result<PathBuf, Error> {
        self.answer("import importlib.util as i; print(i.find_spec('torch').submodule_search_locations[0])")?
            .map(PathBuf::from)
            .ok_or(Error::NoPytorch(self.program))
    }

    /// What a line of Python prints, or nothing where it raises.
    fn answer(&self, code: &str) -> Result<Option<String>, Error> {
        let said =
            quiet(self.program, code).stdout(Stdio::piped()).output().map_err(Error::start(self.program))?;
        Ok(said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned()))
    }
}

fn quiet(program: &str, code: &str) -> Command {
    let mut command = Command::new(program);
    command.args(["-c", code]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn is_too_old(pip: &str) -> bool {
    let major: Option<u32> = pip.split('.').next().and_then(|part| part.parse().ok());
    major.is_none_or(|major| major < OLDEST_PIP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pips_are_compared_by_number() {
        assert!(is_too_old("9.0.3") && is_too_old("20.3.4"));
        assert!(!is_too_old("21.0") && !is_too_old("100.1"));
    }
}
