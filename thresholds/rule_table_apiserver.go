package thresholds

import "time"

// apiServerRules are the rules about how kube-apiservers see etcd. They apply only where API servers are asked.
func apiServerRules() []Rule {
	const asked = "; judged only with --apiserver"
	return []Rule{
		{
			ID: APIServerCutOff, Scope: ScopeCluster, Unit: Condition,
			Brief: "API cut off", Topic: "api",
			Step:     "See kube-apiserver's log, its --etcd-servers and certificate",
			Summary:  "a kube-apiserver's own check of etcd fails, behind /readyz or /livez" + asked,
			Critical: condition(2 * longElectionTimeout),
			Advice: "On the API server's host: see its log, whether it reaches --etcd-servers from there, and until when " +
				"its certificate for etcd is valid (--etcd-certfile).",
			Source: "kube-apiserver: the check reads a key through the quorum, and gives up after 2 s " +
				"(--etcd-healthcheck-timeout); held for 10 s, because it fails during an election",
			judge: judgeAPIServerReach, say: sayAPIServerReach,
		},
		{
			ID: APIServerSlow, Scope: ScopeCluster, Unit: Seconds,
			Brief: "API server slow", Topic: "api",
			Step: "Compare with etcd's own times; ping etcd from that host",
			Summary: "p99 of a kube-apiserver's requests to etcd about one key (get, create, update, delete), by " +
				"operation; how long lists take depends on what they return" + asked,
			Warning: at(0.100, 15*time.Second),
			Minimum: minAPIObservations, MinimumOf: "observations", MinimumUnit: Count,
			Advice: "Compare with etcd's own times: where commits and reads there are quick, the time is lost on the " +
				"network between them or in the API server (CPU, client throttling).",
			Source: "etcd counts what takes over 100 ms as slow",
			judge:  judgeAPIServerLatency(isSingle), say: sayAPIServerLatency(isSingle),
		},
		{
			ID: APIServerGetSlow, Scope: ScopeCluster, Unit: Seconds,
			Brief: "API gets slow", Topic: "api",
			Step:    "Compare with etcd's own times; ping etcd from that host",
			Summary: "p99 of a kube-apiserver's gets from etcd" + asked,
			Notice:  at(0.005, 15*time.Second),
			Minimum: minAPIObservations, MinimumOf: "observations", MinimumUnit: Count,
			Advice: "Nothing is broken. A get is answered from memory after a round trip between the members: look at " +
				"the network between API server and etcd, and at the CPU of both.",
			Source: "etcdoc's own: kube-apiserver's lowest bucket ends at 5 ms",
			judge:  judgeAPIServerLatency(isGet), say: sayAPIServerLatency(isGet),
		},
	}
}
