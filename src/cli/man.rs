//! `man`: the manual pages, one for the program and one for each command.

use std::fs;
use std::io::Write;
use std::path::Path;

use crate::host::atomic::Replacement;
use crate::host::files;
use clap::CommandFactory;
use clap_mangen::Man;
use color_eyre::eyre::{self, eyre};

use super::output::{print_painted, say};
use super::{Cli, Status};

/// Writes every page into `folder`, each named on standard error; without one, prints the program's own.
pub fn run(folder: Option<&Path>) -> eyre::Result<Status> {
    let mut program = Cli::command();
    // Names every page by its whole command, such as superfuse-tui-data-embed.
    program.build();
    let Some(folder) = folder else {
        return print_painted(&String::from_utf8_lossy(&page(program)?));
    };
    fs::create_dir_all(folder).map_err(|error| eyre!("cannot make {}: {error}", folder.display()))?;
    write(program, folder)?;
    Ok(Status::Done)
}

/// The page of `command`, and those of the commands below it.
fn write(command: clap::Command, folder: &Path) -> eyre::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help")
    {
        write(below.clone(), folder)?;
    }
    let path = folder.join(Man::new(command.clone()).get_filename());
    let page = page(command)?;
    let written =
        files::check_output(&path, &[]).and_then(|()| Replacement::begin(&path)).and_then(|mut file| {
            file.file().write_all(&page)?;
            file.finish()
        });
    written.map_err(|error| eyre!("cannot write {}: {error}", path.display()))?;
    say(&path.display().to_string());
    Ok(())
}

fn page(command: clap::Command) -> eyre::Result<Vec<u8>> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    Ok(page)
}
