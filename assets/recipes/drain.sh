#!/bin/sh
# Drains a control-plane node once etcd can spare the member on it.
#
#   drain.sh NODE [MEMBER]
#
# NODE is the node's name. MEMBER is the etcd member on it, by name, id or endpoint: without it, the one called NODE.
# Needs: etcdoc and kubectl on a host that reaches etcd and the API server. Where etcdoc does not find etcd by itself,
# set ETCDCTL_ENDPOINTS, ETCDCTL_CACERT, ETCDCTL_CERT and ETCDCTL_KEY as for etcdctl.
# At RISK, NO or UNKNOWN it waits for ten minutes and then stops with etcdoc's exit code; nothing is cordoned.
#
# A drain leaves etcd's static pod running. What you do to the node then stops it: restart, upgrade. Before the next
# node: etcdoc check --wait 10m --stable 1m
set -eu

node=${1:?usage: drain.sh NODE [MEMBER]}
member=${2:-$node}

etcdoc check --can-lose "$member" --wait 10m --stable 1m
kubectl drain "$node" --ignore-daemonsets
