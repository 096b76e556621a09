#!/usr/bin/env bash
# Ends what start.sh started in FOLDER with all jobs, and nothing else: processes are ours by the SLURM_CONF that they were
# started with.
#   stop.sh FOLDER
set -uo pipefail
folder=$(realpath -m "${1:?a folder}")
export SLURM_CONF=$folder/slurm.conf

# Daemons, or with "jobs" the processes of jobs, whoever their parent is by now.
ours() {
    local proc
    for proc in /proc/[0-9]*; do
        grep -qzxF "SLURM_CONF=$SLURM_CONF" "$proc/environ" || continue
        if [ "${1:-}" = jobs ]; then
            grep -qz '^SLURM_JOB_ID=' "$proc/environ"
        else
            grep -qE '^(munged|slurmctld|slurmd|slurmstepd)' "$proc/comm"
        fi && echo "${proc#/proc/}"
    done 2>/dev/null
}
# Those of them that are not over, zombies left out.
alive() {
    local pid
    for pid in "$@"; do
        grep -q '^State:[[:space:]]*[^Z[:space:]]' "/proc/$pid/status" && echo "$pid"
    done 2>/dev/null
}

timeout 5 scancel --user="$(id -un)" --full 2>/dev/null
mapfile -t daemons < <(ours)
kill "${daemons[@]}" 2>/dev/null
for ((try = 0; try < 50; try++)); do
    [ -z "$(alive "${daemons[@]}")" ] && break
    sleep 0.1
done
# What does not end by itself, and what jobs left behind, such as a process that a signal has stopped.
for pid in $(alive "${daemons[@]}") $(ours) $(ours jobs); do
    kill -9 "$pid" 2>/dev/null
done
exit 0
