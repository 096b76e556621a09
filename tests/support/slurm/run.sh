#!/usr/bin/env bash
# Runs a test binary beside a Slurm of its own, which ends with it. It is a runner for cargo:
#   CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER=tests/support/slurm/run.sh cargo test --test cluster
# Root's own jobs would tell little of what users may do, so for root all of it runs as the user superfuse-tests, who is made
# for it. That user reads neither this checkout nor root's cache: the programs and their libraries are linked into a folder.
# What failed leaves its folder, with the daemons' logs, if SUPERFUSE_KEEP_SLURM is set.
set -euo pipefail
here=$(realpath "$(dirname "$0")")
test=$(realpath "$1")
shift
# Cargo puts the programs beside the folder of the tests.
built=$(dirname "$(dirname "$test")")

# Cargo runs all that it builds through its runner.
case $(basename "$test") in cluster-*) ;; *) exec "$test" "$@" ;; esac
if ! PATH=$PATH:/usr/sbin:/sbin type -P munged slurmctld slurmd sbatch squeue scontrol >/dev/null; then
    echo "Slurm is not installed (tests/support/slurm/start.sh names the packages): tests that need it are skipped" >&2
    exec "$test" "$@"
fi

folder=$(mktemp -d /tmp/superfuse-slurm-XXXXXX)
as=()
finish() {
    "${as[@]}" "$folder/scripts/stop.sh" "$folder/slurm"
    if [ -z "${SUPERFUSE_KEEP_SLURM:-}" ]; then rm -rf "$folder"; else echo "kept: $folder" >&2; fi
}

# A hard link where that is possible: LibTorch is large.
linked() { cp --dereference --link "$1" "$2" 2>/dev/null || cp --dereference "$1" "$2"; }
mkdir "$folder"/{scripts,bin,lib,home,places}
cp "$here"/*.sh "$folder/scripts/"
for program in superfuse-tui superfuse-engine; do linked "$built/$program" "$folder/bin/$program"; done
linked "$test" "$folder/bin/cluster"
for library in $(ldd "$built/superfuse-engine" | awk '$3 ~ "^/" && $3 !~ "^/(usr/)?lib" {print $3}'); do
    linked "$library" "$folder/lib/"
done
if [ "$(id -u)" = 0 ]; then
    user=superfuse-tests
    id "$user" >/dev/null 2>&1 || useradd --system --no-create-home --home-dir /nonexistent "$user"
    chown "$user" "$folder"/{home,places} "$folder"
    as=(setpriv --reuid="$user" --regid="$user" --init-groups)
fi
chmod 755 "$folder"
# Variables of a cluster that this machine may belong to, and of a job that these tests may be part of.
unset ${!SLURM_@} ${!SBATCH_@} ${!SQUEUE_@} ${!SACCT_@} ${!SCANCEL_@} 2>/dev/null || true
as=("${as[@]}" env HOME="$folder/home" TMPDIR="$folder/places" LD_LIBRARY_PATH="$folder/lib")
cd "$folder/home"
trap finish EXIT
"${as[@]}" "$folder/scripts/start.sh" "$folder/slurm"
"${as[@]}" SUPERFUSE_TEST_SLURM=1 SUPERFUSE_TEST_PROGRAM="$folder/bin/superfuse-tui" SLURM_CONF="$folder/slurm/slurm.conf" \
    "$folder/bin/cluster" "$@"
