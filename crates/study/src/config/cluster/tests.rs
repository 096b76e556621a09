//! The section's keys: read, refused, outside the fingerprint, free to change.

use crate::config::{
    ClusterConfig, ClusterEngine, Config, Fingerprint, Memory, TimeLimit, differences, read,
};

fn of(text: &str) -> Config {
    read(Some(text), &[]).unwrap()
}

const WHOLE: &str = r#"
[cluster]
engine = "slurm"
partition = "gpu,gpu-long"
account = "lab_7"
qos = "normal"
constraint = "[h200|h100]&ib"
gpus = 8
cpus = 96
memory = "1 TB"
time = "2-00:00:00"
concurrent = 64
shards = 300
setup = ["module load cuda/13", "export A='b c'  # \\ $HOME"]
options = ["--exclusive", "--mail-type=END,FAIL", "--comment \"two words\""]
poll = 30
"#;

#[test]
fn the_keys_are_read_and_written_back() {
    let config = of(WHOLE);
    let cluster = &config.cluster;
    assert_eq!((cluster.engine, cluster.gpus, cluster.concurrent), (ClusterEngine::Slurm, 8, 64));
    assert_eq!(
        (cluster.memory, cluster.time),
        (Memory::Bytes(1_000_000_000_000), TimeLimit::Seconds(172_800))
    );
    assert_eq!(cluster.setup[1], "export A='b c'  # \\ $HOME");
    assert_eq!(cluster.options[2], "--comment \"two words\"");
    assert_eq!(of(&config.to_toml()), config);
    assert_eq!(of("cluster.memory = \"auto\"\ncluster.time = \"\"").cluster.time, TimeLimit::Partition);
}

#[test]
fn what_would_break_the_batch_script_is_refused_with_its_key_and_what_is_allowed() {
    for (written, complaint) in [
        ("cluster.engine = \"pbs\"", "\"pbs\" is unknown; allowed: none, slurm"),
        (
            "cluster.partition = \"a b\"",
            "\"a b\" cannot be used; allowed: a partition's name, without spaces",
        ),
        ("cluster.account = \"a\\n#SBATCH -p x\"", "cannot be used"),
        ("cluster.qos = \"-x\"", "\"-x\" cannot be used"),
        ("cluster.constraint = \"a#b\"", "\"a#b\" cannot be used"),
        ("cluster.gpus = 65", "65 is too large; allowed: a whole number from 0 to 64"),
        ("cluster.cpus = 0", "0 is too small"),
        ("cluster.memory = \"48\"", "\"48\" is not an amount of memory"),
        (
            "cluster.time = \"90\"",
            "\"90\" is not a time limit; allowed: hours:minutes:seconds such as 4:00:00",
        ),
        ("cluster.time = \"0:05:00\"", "\"0:05:00\" is not a time limit"),
        ("cluster.concurrent = 0", "0 is too small"),
        ("cluster.shards = 100001", "100001 is too large"),
        ("cluster.setup = \"module load cuda\"", "\"module load cuda\" is not a list"),
        ("cluster.setup = [\"a\\nb\"]", "is not one line"),
        ("cluster.options = [\"exclusive\"]", "\"exclusive\" does not begin with -; allowed: a list of"),
        ("cluster.options = [\"--time=1:00:00\"]", "\"--time=1:00:00\" is set by cluster.time"),
        ("cluster.options = [\"-pgpu\"]", "\"-pgpu\" is set by cluster.partition"),
        ("cluster.options = [\"--exclusive --array 0-3\"]", "is set by the plan and cluster.concurrent"),
        ("cluster.options = [\"--no-requeue\"]", "is set by the program: a job saves and goes back"),
        ("cluster.poll = 1", "1 is too small; allowed: a whole number from 5 to 3600"),
    ] {
        let (key, _) = written.split_once(" =").unwrap();
        let refused = read(Some(written), &[]).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("line 1: {key}: ")) && refused.contains(complaint), "{refused}");
    }
}

#[test]
fn another_cluster_is_no_other_study_and_a_run_from_before_has_the_defaults() {
    let (plain, asked) = (Config::default(), of(WHOLE));
    assert_eq!(Fingerprint::of(&plain), Fingerprint::of(&asked));
    assert_eq!(differences(&plain, &asked), []);
    let mut old = serde_json::to_value(Config::default()).unwrap();
    old.as_object_mut().unwrap().remove("cluster").unwrap();
    let old: Config = serde_json::from_value(old).unwrap();
    assert_eq!(old.cluster, ClusterConfig::default());
}
