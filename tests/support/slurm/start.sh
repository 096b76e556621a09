#!/usr/bin/env bash
# Starts a Slurm of its own for the tests, all of it on this machine and on the loopback device alone: a controller and NODES
# "nodes", which are daemons beside each other. Its files lie in FOLDER; stop.sh ends it. Clients need SLURM_CONF=FOLDER/slurm.conf.
#   start.sh FOLDER      with NODES=8 CPUS=2 GPUS=2 (of each node) MAX_ARRAY=6 in the environment, if need be
# Debian, Ubuntu: apt-get install --no-install-recommends slurmctld slurmd slurm-client munge slurm-wlm-basic-plugins
set -euo pipefail
folder=$(realpath -m "${1:?a folder}")
nodes=${NODES:-8} cpus=${CPUS:-2} gpus=${GPUS:-2}
user=$(id -un) host=$(hostname -s)
export PATH=$PATH:/usr/sbin:/sbin SLURM_CONF=$folder/slurm.conf

mkdir -p "$folder"/{munge,spool,state,log}
chmod 711 "$folder/munge"
if [ ! -e "$folder/munge/key" ]; then
    (umask 077 && dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 status=none)
fi

# A port for the controller, and the next ones for the nodes: a block in which nobody listens (column 2 of the table, in
# hexadecimal, behind the address).
listening() { cut -c7- /proc/net/tcp | awk -v port="$(printf '%04X' "$1")" '$1 ~ ":"port"$" && $3 == "0A" {found = 1} END {exit !found}'; }
is_free() { for ((p = $1; p <= $1 + nodes; p++)); do listening "$p" && return 1; done; return 0; }
port=$((21000 + $$ % 400 * 20))
until is_free "$port"; do port=$((port + 20)); done

# cred_expire is how long a job that was requeued waits at least, KillWait what lies between SIGTERM and SIGKILL: both as short
# as Slurm lets them be here. Jobs that are over stay known for MinJobAge.
cat >"$SLURM_CONF" <<CONF
ClusterName=tests
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=cred_expire=${REQUEUE_DELAY:-5},socket=$folder/munge/socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool/%n
SlurmctldPidFile=$folder/controller.pid
SlurmdPidFile=$folder/node-%n.pid
SlurmctldLogFile=$folder/log/controller.log
SlurmdLogFile=$folder/log/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
PreemptType=preempt/partition_prio
PreemptMode=REQUEUE
JobRequeue=1
MaxArraySize=${MAX_ARRAY:-6}
MinJobAge=300
KillWait=${KILL_WAIT:-5}
SlurmdTimeout=${NODE_TIMEOUT:-10}
ReturnToService=2
SlurmdParameters=config_overrides
MailProg=/bin/true
GresTypes=gpu
NodeName=n[1-$nodes] NodeAddr=127.0.0.1 NodeHostname=$host Port=[$((port + 1))-$((port + nodes))] CPUs=$cpus RealMemory=4000 Gres=gpu:$gpus
PartitionName=main Nodes=n[1-$nodes] Default=YES PriorityTier=1 PreemptMode=REQUEUE GraceTime=${GRACE:-0}
PartitionName=patient Nodes=n[1-$nodes] PriorityTier=1 PreemptMode=REQUEUE GraceTime=5
PartitionName=urgent Nodes=n[1-$nodes] PriorityTier=9 PreemptMode=OFF
CONF
# Any device file passes for a GPU.
devices=(/dev/null /dev/zero /dev/full /dev/random /dev/urandom /dev/tty)
for device in "${devices[@]:0:gpus}"; do
    echo "NodeName=n[1-$nodes] Name=gpu File=$device"
done >"$folder/gres.conf"

# With --force munged does not mind who owns the folders above.
munged --force --key-file="$folder/munge/key" --socket="$folder/munge/socket" --seed-file="$folder/munge/seed" \
    --pid-file="$folder/munge.pid" --log-file="$folder/log/munge.log" 2>"$folder/log/munge.err"
slurmctld -i >"$folder/log/controller.out" 2>&1
for ((node = 1; node <= nodes; node++)); do
    mkdir -p "$folder/spool/n$node"
    slurmd -N "n$node" >"$folder/log/n$node.out" 2>&1
done

for ((try = 0; try < 200; try++)); do
    ready=$(sinfo --noheader --Node --partition=main --states=idle --format=%N 2>/dev/null | wc -l)
    if [ "$ready" = "$nodes" ]; then exit 0; fi
    sleep 0.1
done
echo "Slurm did not start; see $folder/log" >&2
sinfo --Node --long >&2 || true
exit 1
