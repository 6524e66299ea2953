#!/bin/sh
# Writes whether this host's etcd member may be lost now for Prometheus, as a file that node exporter's textfile
# collector reads. kured-rules.yaml makes alerts of it, and kured.yaml lets them block reboots.
#
#   kured-textfile.sh DIRECTORY [MEMBER]
#
# DIRECTORY is node exporter's --collector.textfile.directory. MEMBER is the member, by name, id or endpoint; without
# it, the one that answers at 127.0.0.1:2379.
# Needs: etcdoc, root's rights for etcd's certificates, and a timer on each control-plane node, such as in cron:
#   * * * * * root /usr/local/sbin/kured-textfile.sh /var/lib/node_exporter
# Where the answer is unknown it writes 2, and where it does not run, the time that it writes gets old: both block.
set -eu

directory=${1:?usage: kured-textfile.sh DIRECTORY [MEMBER]}
member=${2:-127.0.0.1:2379}

code=0
etcdoc check --can-lose "$member" >/dev/null || code=$?

new=$(mktemp "$directory/etcdoc.XXXXXX") # node exporter reads *.prom only
cat >"$new" <<METRICS
# HELP etcdoc_can_lose_code May this host's etcd member be lost now: 0 safe, 1 risk or no, 2 unknown.
# TYPE etcdoc_can_lose_code gauge
etcdoc_can_lose_code $code
# HELP etcdoc_can_lose_time_seconds When that was found, in unix time.
# TYPE etcdoc_can_lose_time_seconds gauge
etcdoc_can_lose_time_seconds $(date +%s)
METRICS
chmod 644 "$new"
mv "$new" "$directory/etcdoc.prom"
