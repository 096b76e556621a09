//! `data embed`: pairs of text and image made into embeddings by a pretrained encoder.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use color_eyre::eyre::{self, eyre};
use embed::{self, EmbedError, Job, Names, Report};
use engine::device;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use superfuse::data::archive::{self, Archive};
use superfuse::host::files::check_output;
use superfuse::host::signals::not_ignored;
use superfuse::study::config::{DeviceChoice, RunConfig};
use superfuse::study::format::spoken_duration;
use superfuse::study::text::lines;

use superfuse::cli::Status;
use superfuse::cli::args::train::EmbedArgs;
use superfuse::cli::output::{print, say};

/// Progress is said in steps of so many percent where there is no bar.
const STEP: usize = 5;

/// Embeds, writes the result and says how to use it. The first signal stops after the running batch; what is done is
/// kept.
pub(crate) fn run(asked: EmbedArgs) -> eyre::Result<Status> {
    let device = device_of(&asked.device)?;
    check(&asked.output, &[&asked.source, &asked.model])?;
    let job = job(asked);
    let stop = Arc::new(AtomicBool::new(false));
    for signal in not_ignored(&[SIGINT, SIGTERM, SIGHUP]) {
        // A second one ends the program.
        signal_hook::flag::register_conditional_shutdown(
            signal,
            Status::Interrupted as i32,
            Arc::clone(&stop),
        )?;
        signal_hook::flag::register(signal, Arc::clone(&stop))?;
    }
    let mut shown = Shown::new();
    let embedded = embed::run(&job, device, &mut |report| shown.take(&report), &stop);
    shown.finish();
    let embedded = match embedded {
        Err(error @ EmbedError::Stopped { .. }) => {
            say(&error.to_string());
            return Ok(Status::Interrupted);
        }
        embedded => embedded?,
    };
    let columns: Vec<String> = embedded.columns.iter().map(|(name, _)| name.clone()).collect();
    let (rows, widths) = (embedded.text.nrows(), [embedded.text.ncols(), embedded.image.ncols()]);
    let archive = Archive {
        arrays: vec![("text".into(), embedded.text.view()), ("image".into(), embedded.image.view())],
        columns: embedded.columns,
        provenance: embedded.provenance,
    };
    archive::write(&job.output, &archive)?;
    embed::discard_partial(&job)?;
    print(&format!(
        "{}\n{rows} rows, text {} and image {} wide, columns {}\nnext: superfuse-tui init {0}\n",
        job.output.display(),
        widths[0],
        widths[1],
        columns.join(", ")
    ))
}

fn job(asked: EmbedArgs) -> Job {
    let label = (!asked.no_label).then_some(asked.label);
    Job {
        names: Names { text: asked.text, image: asked.image, label },
        clean: asked.clean,
        normalise: asked.normalise,
        batch: usize::from(asked.batch),
        threads: usize::from(asked.threads),
        skip_unreadable: asked.skip_unreadable,
        ..Job::new(asked.source, asked.model, asked.output)
    }
}

/// Refuses an output that could not be written, before hours of work.
fn check(output: &Path, inputs: &[&Path]) -> eyre::Result<()> {
    let is_named = output.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("safetensors"));
    if !is_named {
        return Err(eyre!("cannot write {}: the name must end in .safetensors", output.display()));
    }
    check_output(output, inputs).map_err(|error| eyre!("cannot write {}: {error}", output.display()))
}

fn device_of(name: &str) -> eyre::Result<tch::Device> {
    let choice = DeviceChoice::try_from(name.to_owned()).map_err(|why| eyre!("--device {name}: {why}"))?;
    let devices = device::choose(&RunConfig { device: choice, ..RunConfig::default() }, 1)?;
    let Some(first) = devices.workers.first() else { return Err(eyre!("--device {name}: there is none")) };
    tch::set_num_threads(first.threads as i32);
    Ok(first.device)
}

/// How far it is, on standard error.
struct Shown {
    bar: Option<ProgressBar>,
    percent: usize,
}

impl Shown {
    fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
            let style = ProgressStyle::with_template("{spinner} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message("opening the model…");
            bar
        });
        Self { bar, percent: 0 }
    }

    fn take(&mut self, report: &Report) {
        match (report, &self.bar) {
            (Report::Notice(text), Some(bar)) => bar.println(lines(text)),
            (Report::Notice(text), None) => say(text),
            (Report::Progress(progress), bar) => {
                let left = progress.seconds_left.map(spoken_duration);
                let left = left.map_or_else(String::new, |left| format!(", {left} left"));
                let percent = 100 * progress.done / progress.of.max(1);
                let text = format!("embedded {} of {} pairs, {percent} %{left}", progress.done, progress.of);
                match bar {
                    Some(bar) => {
                        bar.set_message(text);
                        bar.tick();
                    }
                    None if percent >= self.percent + STEP => {
                        self.percent = percent;
                        say(&text);
                    }
                    None => {}
                }
            }
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
