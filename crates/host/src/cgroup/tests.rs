//! Files as kernels and Slurm write them.

use std::collections::BTreeMap;

use super::*;

/// Version 2 alone, as on today's distributions.
const UNIFIED: &str = "\
24 30 0:22 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
34 25 0:29 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
35 25 0:30 / /sys/fs/pstore rw,nosuid,nodev,noexec,relatime shared:9 - pstore pstore rw
";
/// Version 1, as on RHEL 7 and 8.
const OLD: &str = "\
25 18 0:20 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:8 - tmpfs tmpfs ro,mode=755
26 25 0:21 / /sys/fs/cgroup/systemd rw,nosuid,nodev,noexec,relatime shared:9 - cgroup cgroup rw,xattr,name=systemd
33 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid,nodev,noexec,relatime shared:15 - cgroup cgroup rw,cpuacct,cpu
34 25 0:29 / /sys/fs/cgroup/memory rw,nosuid,nodev,noexec,relatime shared:16 - cgroup cgroup rw,memory
";
const OLD_JOB: &str = "\
11:cpuacct,cpu:/slurm/uid_1000/job_12/step_batch
4:memory:/slurm/uid_1000/job_12/step_batch
3:cpuset:/slurm/uid_1000/job_12/step_batch
1:name=systemd:/system.slice/slurmd.service
";
/// Both: version 1 counts the memory.
const HYBRID: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";
/// Docker without a namespace of its own for control groups.
const DOCKER: &str = "\
1051 1040 0:29 /docker/3f2a /sys/fs/cgroup/memory ro,nosuid,nodev,noexec,relatime master:16 - cgroup cgroup rw,memory
";

const UNLIMITED: &str = "9223372036854771712\n";

/// What is left where only these files are there.
fn left_with(groups: &str, mounts: &str, files: &[(&str, &str)]) -> Option<u64> {
    let files: BTreeMap<PathBuf, &str> =
        files.iter().map(|(path, text)| (Path::new("/sys/fs/cgroup").join(path), *text)).collect();
    left_by(groups, mounts, |path| files.get(path).map(|text| (*text).to_owned()))
}

#[test]
fn cached_files_are_not_taken_memory() {
    let stat = "anon 10\ninactive_anon 5\ninactive_file 700\n";
    assert_eq!(left(1_000, 900, stat, V2.cached), 800);
    assert_eq!(left(1_000, 900, "", V2.cached), 100);
    assert_eq!(left(1_000, 2_000, "", V2.cached), 0);
    // Version 1 also counts the group's own alone, under the other's name.
    assert_eq!(left(1_000, 900, "inactive_file 1\ntotal_inactive_file 700\n", V1.cached), 800);
}

#[test]
fn a_jobs_limit_counts_above_the_steps_group_in_version_2() {
    let job = "system.slice/slurmstepd.scope/job_12";
    let task = "0::/system.slice/slurmstepd.scope/job_12/step_batch/user/task_0\n";
    let at = |name: &str| format!("{job}/{name}");
    let [max, current, stat] = ["memory.max", "memory.current", "memory.stat"].map(at);
    let [inner_max, inner_current] = ["step_batch/user/memory.max", "step_batch/user/memory.current"].map(at);
    let files: [(&str, &str); 5] = [
        (&max, "4000\n"),
        (&current, "1500\n"),
        (&stat, "inactive_file 500\n"),
        (&inner_max, "max\n"),
        (&inner_current, "10\n"),
    ];
    assert_eq!(left_with(task, UNIFIED, &files), Some(3_000));
    // A narrower group inside it, and a slice around it, count too.
    let step = "system.slice/slurmstepd.scope/job_12/step_batch/user/task_0";
    let inner = [(format!("{step}/memory.max"), "2000\n"), (format!("{step}/memory.current"), "200\n")];
    let with = |more: &[(String, &'static str)]| {
        let more = more.iter().map(|(path, text)| (path.as_str(), *text));
        left_with(task, UNIFIED, &files.iter().copied().chain(more).collect::<Vec<_>>())
    };
    assert_eq!(with(&inner), Some(1_800));
    let around = [
        ("system.slice/memory.max".to_owned(), "9000\n"),
        ("system.slice/memory.current".to_owned(), "8900\n"),
    ];
    assert_eq!(with(&around), Some(100));
    let throttled = [(at("memory.high"), "3500\n")];
    assert_eq!(with(&throttled), Some(2_500));
}

#[test]
fn a_jobs_limit_counts_above_the_steps_group_in_version_1() {
    let job = "memory/slurm/uid_1000/job_12";
    let at = |name: &str| format!("{job}/{name}");
    let [limit, usage, stat] = ["memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat"].map(at);
    let [step_limit, step_usage] =
        ["step_batch/memory.limit_in_bytes", "step_batch/memory.usage_in_bytes"].map(at);
    let files: [(&str, &str); 5] = [
        (&limit, "4000\n"),
        (&usage, "1500\n"),
        (&stat, "inactive_file 1\ntotal_inactive_file 500\n"),
        (&step_limit, UNLIMITED),
        (&step_usage, "1400\n"),
    ];
    assert_eq!(left_with(OLD_JOB, OLD, &files), Some(3_000));
    assert_eq!(left_with(OLD_JOB, OLD, &[]), None);
}

#[test]
fn in_a_hybrid_version_1_counts_the_memory() {
    let groups = "9:name=systemd:/\n4:memory:/process_api/34d2\n0::/\n";
    let files = [
        ("memory/process_api/34d2/memory.limit_in_bytes", "5000\n"),
        ("memory/process_api/34d2/memory.usage_in_bytes", "1000\n"),
        ("memory/memory.limit_in_bytes", UNLIMITED),
        ("memory/memory.usage_in_bytes", "7000\n"),
    ];
    assert_eq!(left_with(groups, HYBRID, &files), Some(4_000));
}

#[test]
fn in_a_container_the_shown_part_of_the_tree_counts() {
    let files = [("memory/memory.limit_in_bytes", "5000\n"), ("memory/memory.usage_in_bytes", "1000\n")];
    for group in ["/docker/3f2a", "/elsewhere", "/../elsewhere"] {
        assert_eq!(left_with(&format!("4:memory:{group}\n"), DOCKER, &files), Some(4_000), "{group}");
    }
    let inner = [("memory/b/memory.limit_in_bytes", "700\n"), ("memory/b/memory.usage_in_bytes", "0\n")];
    let all = [&files[..], &inner].concat();
    assert_eq!(left_with("4:memory:/docker/3f2a/b\n", DOCKER, &all), Some(700));
    // In a namespace of its own, the container's group is the root. What it does not show is not looked for elsewhere.
    let files = [
        ("memory.max", "5000\n"),
        ("memory.current", "1000\n"),
        ("../../job_13/memory.max", "1\n"),
        ("../../job_13/memory.current", "0\n"),
    ];
    assert_eq!(left_with("0::/\n", UNIFIED, &files), Some(4_000));
    assert_eq!(left_with("0::/../../job_13\n", UNIFIED, &files), Some(4_000));
}

#[test]
fn paths_with_blanks_are_found_and_nonsense_is_passed_over() {
    let mounts = "34 25 0:29 / /sys/fs/cgroup/a\\040b rw - cgroup2 cgroup2 rw\n";
    let files = [("a b/c/memory.max", "5000"), ("a b/c/memory.current", "1000")];
    assert_eq!(left_with("0::/c", mounts, &files), Some(4_000));
    for nonsense in ["", "0", "0:", "::", "x:memory", "4:memory:/a\n0::/b"] {
        assert_eq!(left_with(nonsense, "- cgroup\n 1 2 - cgroup2\n", &files), None, "{nonsense:?}");
    }
}
