package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/etcdoc/etcdoc/probe/profile"
)

// A procedure says how etcd is stopped, started and built anew where it is run in some way.
type procedure struct {
	// stop and start are the commands on each host, and unit what to look at.
	stop, start []string
	// dataDir is where it keeps its data.
	dataDir string
	// force builds the cluster anew from the data directory, and settle ends that, once it serves if it does then.
	force, settle  []string
	forceText      string
	servesOnForced bool
	// restore does it from a file; nil: by etcdutl.
	restore func(file string) []string
	// list shows the members.
	list string
	// joins says that start lets a host without data join, and joinFlags are what etcd needs for that beside its own.
	joins     bool
	joinFlags string
	// rejoin brings the other members back; its text says so.
	rejoin     []string
	rejoinText string
}

// dropIn is where systemd takes a variable from that lasts until the host is started again.
const dropIn = "/run/systemd/system/etcd.service.d"

// procedureOf returns how etcd is run on the hosts of a profile.
func procedureOf(name profile.Name, client string) procedure {
	client = cmp.Or(client, "http://127.0.0.1:2379")
	switch name {
	case profile.RKE2, profile.K3s:
		return rancherProcedure(name)
	case profile.Kubeadm:
		return kubeadmProcedure()
	}
	return procedure{
		stop: []string{"systemctl stop etcd"}, start: []string{"systemctl start etcd"}, dataDir: "/var/lib/etcd",
		forceText: "Start it once with --force-new-cluster, which makes it the only member. Where it has a --config-file, " +
			"variables do not count: set force-new-cluster: true there meanwhile.",
		force: []string{
			"mkdir -p " + dropIn,
			`printf '[Service]\nEnvironment=ETCD_FORCE_NEW_CLUSTER=true\n' > ` + dropIn + "/force-new-cluster.conf",
			"systemctl daemon-reload",
			"systemctl start etcd",
		},
		settle: []string{
			"rm " + dropIn + "/force-new-cluster.conf",
			"systemctl daemon-reload",
			"systemctl restart etcd",
		},
		servesOnForced: true,
		list:           "etcdctl --endpoints " + client + " member list",
	}
}

func rancherProcedure(name profile.Name) procedure {
	unit, program, home := name.Unit(), string(name), "/var/lib/rancher/"+string(name)
	tls := home + "/server/tls/etcd/"
	return procedure{
		stop: []string{"systemctl stop " + unit, program + "-killall.sh"}, start: []string{"systemctl start " + unit},
		joins:   true,
		dataDir: home + "/server/db/etcd",
		forceText: "It makes the member the only one (with etcd's own --force-new-cluster), and ends when it is done. It " +
			"takes the configuration of the host.",
		force:  []string{program + " server --cluster-reset"},
		settle: []string{"systemctl start " + unit},
		restore: func(file string) []string {
			return []string{program + " server --cluster-reset --cluster-reset-restore-path=" + shellWord(file)}
		},
		list: fmt.Sprintf("etcdctl --endpoints https://127.0.0.1:2379 --cacert %sserver-ca.crt --cert %sclient.crt --key "+
			"%sclient.key member list", tls, tls, tls),
		rejoinText: "On each other server, put its old data away, and let it join again: it must not start with it.",
		rejoin: []string{
			fmt.Sprintf("mv %s/server/db %s/server/db.before-recovery", home, home), "systemctl start " + unit,
		},
	}
}

func kubeadmProcedure() procedure {
	const manifests, stopped = "/etc/kubernetes/manifests/", "/etc/kubernetes/stopped/"
	const pki = "/etc/kubernetes/pki/etcd/"
	return procedure{
		stop: []string{
			"mkdir -p " + stopped,
			"mv " + manifests + "kube-apiserver.yaml " + manifests + "etcd.yaml " + stopped,
			"until [ -z \"$(crictl ps -q --name '^etcd$')\" ]; do sleep 1; done",
		},
		start: []string{
			"mv " + stopped + "etcd.yaml " + stopped + "kube-apiserver.yaml " + manifests,
			"systemctl start kubelet",
		},
		dataDir:   "/var/lib/etcd",
		forceText: "Start it once with --force-new-cluster, which makes it the only member.",
		force: []string{
			`sed 's/^\( *\)- etcd$/&\n\1- --force-new-cluster/' ` + stopped + "etcd.yaml > " + manifests + "etcd.yaml",
		},
		settle: []string{
			"mv " + stopped + "etcd.yaml " + manifests,
			"mv " + stopped + "kube-apiserver.yaml " + manifests,
		},
		servesOnForced: true,
		joinFlags: " --client-cert-auth --cert-file " + pki + "server.crt --key-file " + pki + "server.key" +
			" --trusted-ca-file " + pki + "ca.crt --peer-client-cert-auth --peer-cert-file " + pki + "peer.crt" +
			" --peer-key-file " + pki + "peer.key --peer-trusted-ca-file " + pki + "ca.crt",
		list: "crictl exec $(crictl ps -q --name '^etcd$') etcdctl --cacert " + pki + "ca.crt --cert " + pki +
			"healthcheck-client.crt --key " + pki + "healthcheck-client.key member list",
		rejoinText: "On each other control plane node, put its old data away, which kubeadm reset deletes otherwise; then start " +
			"over, and let it join again, with what kubeadm token create --print-join-command and kubeadm init phase " +
			"upload-certs --upload-certs print on the first one.",
		rejoin: []string{"mv /var/lib/etcd /var/lib/etcd.before-recovery", "kubeadm reset -f", "kubeadm join ADDRESS --token TOKEN --discovery-token-ca-cert-hash HASH " +
			"--control-plane --certificate-key KEY"},
	}
}

// shellWord is a word for a shell.
func shellWord(word string) string {
	if strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-:=,@%+") == "" && word != "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
