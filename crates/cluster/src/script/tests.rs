//! Scripts letter by letter, and paths as bash reads them.

use std::process::Command;

use super::*;
use study::config::read;

fn cluster(text: &str) -> ClusterConfig {
    read(Some(text), &[]).unwrap().cluster
}

fn work(run: &Path) -> Work<'_> {
    Work { program: Path::new("/opt/superfuse-tui"), run, name: "paper-20261129T100000Z" }
}

#[test]
fn a_script_asks_for_what_the_keys_say_and_becomes_the_worker() {
    let asked = cluster(
        "cluster.partition = \"gpu\"\ncluster.account = \"lab\"\ncluster.constraint = \"h200\"\ncluster.setup = [\"module \
         load cuda/13\", \"export A='b  c'\"]\ncluster.options = [\"--exclusive\"]",
    );
    let text = array(&work(Path::new("/home/a b/runs/it's")), &asked, (1_001, 250)).unwrap();
    assert_eq!(
        text,
        "#!/bin/bash
#SBATCH --job-name=paper-20261129T100000Z
#SBATCH --array=0-249%16
#SBATCH --output=cluster/logs/array-%A_%a.txt
#SBATCH --partition=gpu
#SBATCH --account=lab
#SBATCH --constraint=h200
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=8
#SBATCH --mem=45777M
#SBATCH --time=4:00:00
#SBATCH --open-mode=append
#SBATCH --gres=gpu:1
#SBATCH --requeue
#SBATCH --signal=B:USR1@180
#SBATCH --exclusive

module load cuda/13
export A='b  c'
exec /opt/superfuse-tui work '/home/a b/runs/it'\\''s' --first 1001
"
    );
    let text = finish(&work(Path::new("/runs/a")), &asked, WithGpus::Without).unwrap();
    assert!(text.ends_with("\nexec /opt/superfuse-tui work /runs/a --finish\n"), "{text}");
    // It renames cluster/, and may be started again after that.
    assert!(text.contains("\n#SBATCH --output=finish-%j.txt\n") && !text.contains("cluster/"), "{text}");
    assert!(!text.contains("gpu:1") && !text.contains("--array") && !text.contains("USR1"), "{text}");
    let text = finish(&work(Path::new("/runs/a")), &asked, WithGpus::AsAll).unwrap();
    assert!(text.contains("#SBATCH --gres=gpu:1\n"), "{text}");
}

#[test]
fn what_is_left_to_the_cluster_is_not_asked_for() {
    let asked = cluster("cluster.gpus = 0\ncluster.memory = \"auto\"\ncluster.time = \"\"");
    let text = array(&work(Path::new("/runs/a")), &asked, (0, 1)).unwrap();
    for absent in ["gres", "--mem", "--time", "--partition", "--account", "--qos"] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
    let typed = cluster("cluster.gpus = 2\ncluster.options = [\"--gres=gpu:h200:2\"]");
    let text = array(&work(Path::new("/runs/a")), &typed, (0, 1)).unwrap();
    assert_eq!(text.matches("gpu").count(), 1, "{text}");
}

#[test]
fn bash_reads_every_path_back_as_it_is() {
    for path in ["/a b", "/it's", "/$HOME/`x`", "/\"q\"", "/a\\b", "/ü漢", "/a;b&c|d", "/*?[x]", "/#c", "/!x"]
    {
        let quoted = quoted(Path::new(path)).unwrap();
        let said = Command::new("bash").arg("-c").arg(format!("printf %s {quoted}")).output().unwrap();
        assert_eq!(String::from_utf8(said.stdout).unwrap(), path);
    }
    for path in ["/a\nb", "/a\u{1b}[31mb", "relative"] {
        let error = quoted(Path::new(path)).unwrap_err().to_string();
        assert!(error.contains("a batch script cannot name it") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn a_name_becomes_one_that_the_queue_lists() {
    assert_eq!(plain("my study\n#SBATCH -p x"), "my-study--SBATCH--p-x");
    assert_eq!((plain("--x"), plain("é")), ("x".to_owned(), "superfuse".to_owned()));
}
