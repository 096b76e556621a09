//! What the line says of a queue, and each job of itself.

use super::*;

fn job(shard: u32, state: JobState, reason: &str, host: &str) -> Job {
    let (reason, host) = (reason.to_owned(), host.to_owned());
    Job { shard, id: format!("1234_{shard}"), state, reason, host, seconds: 60, restarts: 0 }
}

fn queue(groups: &[(usize, JobState, &str, &str)]) -> Queue {
    let each = groups.iter().flat_map(|group| std::iter::repeat_n(group, group.0));
    let jobs = (0..).zip(each).map(|(shard, &(_, state, reason, host))| job(shard, state, reason, host));
    Queue { jobs: jobs.collect(), ..Queue::default() }
}

#[test]
fn the_line_says_how_many_run_wait_and_failed_and_why() {
    let mut queue = queue(&[
        (12, JobState::Running, "", "n1"),
        (55, JobState::Waiting, "Priority", ""),
        (5, JobState::Waiting, "Resources", ""),
        (1, JobState::OutOfMemory, "", "n7"),
    ]);
    for job in &mut queue.jobs[10..13] {
        job.restarts = 2;
    }
    let line = "12 running · 60 waiting (Priority) · 3 requeued · 1 failed: out of memory n7";
    assert_eq!(queue.line(), line);
    let problems: Vec<bool> = queue.parts().iter().map(|part| part.is_problem).collect();
    assert_eq!(problems, [false, false, false, true]);
    assert_eq!((queue.alive().count(), queue.problems().count(), queue.is_over()), (72, 1, false));
    assert_eq!((queue.count(JobState::Waiting), queue.counts()[&JobState::Running]), (60, 12));
}

#[test]
fn kinds_of_failures_are_counted_and_their_hosts_named() {
    let queue = queue(&[
        (2, JobState::TimedOut, "", ""),
        (1, JobState::OutOfMemory, "", "n7"),
        (1, JobState::OutOfMemory, "", "n8"),
        (1, JobState::OutOfMemory, "", "n9"),
        (1, JobState::Failed, "NonZeroExitCode", "n2"),
        (2, JobState::Lost, "", ""),
        (4, JobState::Cancelled, "", ""),
        (3, JobState::Done, "", "n1"),
    ]);
    let line = "2 lost · 6 failed: 3 out of memory n7, n8, …, 2 time limit, 1 NonZeroExitCode n2 · 4 cancelled · 3 done";
    assert_eq!(queue.line(), line);
    let bare = super::tests::queue(&[(2, JobState::Failed, "", "")]);
    assert_eq!(bare.line(), "2 failed");
}

#[test]
fn nothing_is_left_once_the_finishing_job_is_over_too() {
    let mut queue = queue(&[(2, JobState::Done, "", "")]);
    assert_eq!((queue.line().as_str(), queue.is_over()), ("2 done", true));
    queue.finishing = Some(JobState::Running);
    assert_eq!((queue.line().as_str(), queue.is_over()), ("2 done · finishing job running", false));
    queue.finishing = Some(JobState::Failed);
    assert_eq!((queue.line().as_str(), queue.is_over()), ("2 done · finishing job failed", true));
    queue.finishing = Some(JobState::Waiting);
    queue.jobs[1].state = JobState::Ending;
    assert_eq!(queue.line(), "1 ending · 1 done");
    assert_eq!(Queue::default().line(), "no jobs in the queue");
}

#[test]
fn names_of_the_cluster_give_no_orders_to_a_terminal() {
    let foreign = "a\x1b[2J\u{202e}\nb";
    let queue = queue(&[
        (1, JobState::Waiting, foreign, ""),
        (1, JobState::OutOfMemory, "", foreign),
        (1, JobState::Failed, foreign, ""),
    ]);
    let said = [queue.line(), queue.jobs[1].told(), queue.jobs[2].told()];
    assert!(said.iter().all(|text| !text.chars().any(|c| c.is_control() || c == '\u{202e}')), "{said:?}");
    let long = super::tests::queue(&[(1, JobState::Waiting, &"x".repeat(900), "")]);
    assert!(long.line().chars().count() < 100);
}

#[test]
fn a_job_says_what_to_do_about_it() {
    let advice = |state, reason: &str| job(7, state, reason, "n7").advice("runs/a");
    assert_eq!(advice(JobState::Lost, "").unwrap(), "lost: `superfuse-tui resume runs/a` submits it again");
    assert_eq!(
        advice(JobState::Failed, "PRUNED").unwrap(),
        "failed: PRUNED; `cluster/logs/array-1234_7.txt` says more, and `superfuse-tui resume runs/a` submits it again",
        "what a log says stays as it is"
    );
    assert!(advice(JobState::OutOfMemory, "").unwrap().contains("cluster.memory"));
    assert!(advice(JobState::Waiting, "ReqNodeNotAvail, UnavailableNodes:n7").unwrap().contains("down"));
    assert_eq!(advice(JobState::Held, "").unwrap(), "held: `s` releases it");
    assert_eq!((advice(JobState::Waiting, "Unheard"), advice(JobState::Running, "")), (None, None));
    for state in JobState::ALL {
        assert_eq!(state.is_problem(), state.urgency() < 6, "{}", state.name());
        assert!(!state.is_problem() || advice(state, "").is_some(), "{}", state.name());
    }
    assert_eq!(job(7, JobState::OutOfMemory, "", "n7").told(), "shard 7 (1234_7): out of memory on n7");
    let failed = job(7, JobState::Failed, "NonZeroExitCode", "");
    assert_eq!(failed.told(), "shard 7 (1234_7): failed (NonZeroExitCode)");
}

#[test]
fn a_shards_job_is_found_by_its_number() {
    let mut queue = queue(&[(3, JobState::Running, "", "")]);
    queue.jobs.remove(0);
    assert_eq!(queue.job(2).map(|job| job.id.as_str()), Some("1234_2"));
    assert_eq!(queue.job(0), None);
}
