//! Slurm's reasons for a job that waits, in plain sentences.

/// What a reason means, and what helps; absent for one that is not known here.
pub fn meaning(reason: &str) -> Option<&'static str> {
    // Slurm adds details behind a comma: `ReqNodeNotAvail, UnavailableNodes:n7`.
    let word = reason.split([',', ':']).next().unwrap_or_default().trim();
    Some(match word {
        "Priority" => "waits for its turn: other jobs have a higher priority",
        "Resources" => "waits for free nodes, cores, memory or GPUs",
        "JobArrayTaskLimit" => "waits for a shard to end: `cluster.concurrent` train at once",
        "JobHeldUser" => "held: `s` releases it",
        "JobHeldAdmin" => "held by an administrator, who alone can release it",
        "BeginTime" => "was put back into the queue, and waits a moment before it starts again",
        "Cleaning" => "was put back into the queue; its last node is being tidied up",
        "Dependency" => "waits for the jobs before it to end",
        "DependencyNeverSatisfied" => "can never start: a job that it waits for has failed",
        "Licenses" => "waits for a free licence",
        "Reservation" => "waits for its reservation to begin",
        "ReqNodeNotAvail" => "waits for nodes that are down, drained or reserved",
        "NodeDown" => "waits for a node that is down",
        "PartitionDown" | "PartitionInactive" => "waits until an administrator opens its partition again",
        "PartitionTimeLimit" => "can never start: `cluster.time` is above the partition's limit",
        "PartitionNodeLimit" => "can never start: it asks for more nodes than its partition has",
        "PartitionConfig" => "can never start: no node of its partition has what it asks for",
        "BadConstraints" => "can never start: no node meets `cluster.constraint`",
        "InvalidAccount" => "can never start: `cluster.account` is no account of yours",
        "InvalidQOS" => "can never start: `cluster.qos` is not one that you may use",
        "QOSNotAllowed" => "can never start: its partition does not take `cluster.qos`",
        word if word.starts_with("launch failed") => "held by Slurm, since it could not be started",
        word if word.starts_with("QOS") => "waits: a limit of its QOS is reached",
        word if word.starts_with("Assoc") => "waits: a limit of your account is reached",
        _ => return None,
    })
}
