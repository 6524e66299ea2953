package thresholds

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
)

// adviseAccess advises on a member that can't be asked, by the kind of error. It is empty where the member is silent,
// and its host and process need a look. given says that the user named the endpoint, not the member list.
func adviseAccess(kind probe.ErrorKind, endpoint string, given bool) string {
	switch kind {
	case probe.ErrPeerPort:
		return "Name the client port (usually 2379) instead of the peer port, in --endpoints or in the member's " +
			"--advertise-client-urls."
	case probe.ErrPermission:
		return "Give another --user, or this one a role: one that may ask for Status is root, in versions 3.6.0 to " +
			"3.6.11."
	case probe.ErrNoUser:
		return "Give --user NAME, as authentication is on (root, where etcd is 3.6.0 to 3.6.11): the password is " +
			"asked for, or taken from ETCDCTL_PASSWORD."
	case probe.ErrWrongPassword:
		return "Check --user and its password: the members do not take them."
	case probe.ErrTokenExpired:
		return "Give a new token with --auth-jwt-token: this one has expired."
	case probe.ErrToken:
		return "Give a token with --auth-jwt-token that the members accept: not expired, and of the issuer in their " +
			"--auth-token."
	case probe.ErrLogin:
		return "Logging in needs a leader and a quorum: see on the members' hosts whether there are (journalctl -u " +
			"etcd -n 50), and look again."
	case probe.ErrWithheld:
		return "Make the member advertise https (--advertise-client-urls); or, to send the password in clear, name " +
			"its http endpoint in --endpoints."
	case probe.ErrForeign:
		if !given {
			return "At the URL that it advertises a member of another cluster answers: it was started as a new " +
				"cluster, or the URL leads elsewhere. Look at its --initial-cluster-state and its data directory, " +
				"and delete nothing yet."
		}
		return "Name the endpoints of one cluster only, and look at the other one on its own."
	case probe.ErrElsewhere:
		return "Name endpoints with --endpoints that lead to one member each."
	case probe.ErrNoWay:
		return "See whether the API server answers (kubectl get --raw /readyz); etcdoc goes on trying. Without etcd it " +
			"can't answer, so if it does not, look at etcd on a control-plane node: sudo etcdoc needs no API server."
	case probe.ErrMayNotForward:
		return "Give this user of the API server the rights to list pods and to create pods/portforward where etcd's pods are. " +
			"Whether it may: kubectl auth can-i create pods/portforward -n kube-system (their namespace)."
	case probe.ErrKubeLogin:
		return "Log in to the API server anew, or take another kubeconfig or context: it answers, and refuses this login. " +
			"Whether it takes one: kubectl auth whoami."
	case probe.ErrNoPod:
		return "See which pods of etcd there are, and on which nodes (kubectl get pods -A -o wide -l component=etcd). The " +
			"API server answers; the pod of a node that has left is gone for good."
	case probe.ErrNotFound:
		return "Name the cluster to look at with --endpoints (and --cacert, --cert and --key); or run etcdoc on a " +
			"member's host, or etcdoc --kube with a kubeconfig. If etcd is meant to run on this host, see whether it " +
			"does: systemctl status etcd; kubelet: crictl ps -a --name etcd."
	case probe.ErrRootOnly:
		return "Run etcdoc as root: sudo etcdoc; in a container, with the capability DAC_READ_SEARCH. Or name endpoints that need no root's rights with --endpoints, --cacert, " +
			"--cert and --key."
	}
	return adviseTLS(kind, endpoint, given)
}

// adviseKubelet advises on members that can't be asked through an API server through which others are.
const adviseKubelet = "See whether the node is Ready (kubectl get nodes), its kubelet runs, and the API server reaches " +
	"it at port 10250; on the node: systemctl status kubelet (RKE2: rke2-server; k3s: k3s). The API server itself " +
	"answers: others are read through it. etcdoc goes on trying."

// adviseAccessTo says what to do about a member that etcdoc can't query: see adviseAccess.
func (f *frame) adviseAccessTo(m *probe.Member) string {
	switch kind := statusError(m).Kind; {
	case f.lacksKubelet(m):
		return adviseKubelet
	case m.Published && kind == probe.ErrTLSNotSpoken:
		return "Publish it as an SRV record of _etcd-client, and not of _etcd-client-ssl, as it serves without TLS there; or " +
			"name its http endpoint with --endpoints."
	case m.Published && kind == probe.ErrTLSSpoken:
		return "Publish it as an SRV record of _etcd-client-ssl, and not of _etcd-client, as it serves TLS there; or name " +
			"its https endpoint with --endpoints, with --cacert, --cert and --key."
	default:
		return adviseAccess(kind, m.Endpoint, m.Given)
	}
}

// lacksKubelet reports that a member can't be asked through an API server, and another one can.
func (f *frame) lacksKubelet(m *probe.Member) bool {
	return statusError(m).Kind == probe.ErrNoWay &&
		f.countWhere(func(m *memberState) bool { return m.State == StateOK }) > 0
}

// openTLS is the command that shows the certificate that is served at an endpoint.
func openTLS(endpoint string) string {
	if probe.IsSocket(endpoint) {
		return "openssl s_client -unix " + probe.HostPort(endpoint)
	}
	return "openssl s_client -connect " + probe.HostPort(endpoint)
}

// adviseTLS is adviseAccess for errors of TLS and its certificates.
func adviseTLS(kind probe.ErrorKind, endpoint string, given bool) string {
	at, plain, secure := openTLS(endpoint), "http://", "https://"
	if probe.IsSocket(endpoint) {
		plain, secure = "unix://", "unixs://"
	}
	switch kind {
	case probe.ErrTLSAuthority:
		return "Give the CA that signed the members' certificates with --cacert. Who signed this one: " +
			fmt.Sprintf("%s </dev/null | openssl x509 -noout -issuer.", at)
	case probe.ErrTLSOtherAuthority:
		return fmt.Sprintf("Give another file with --cacert: the CA that signed the certificate that is served here, "+
			"if that is the cluster's own; or check who answers there. Who signed it: "+
			"%s </dev/null | openssl x509 -noout -issuer -subject.", at)
	case probe.ErrTLSName:
		return fmt.Sprintf("Use a name that the certificate is for, or issue one for this name. "+
			"What it is for: "+
			"%s </dev/null | openssl x509 -noout -ext subjectAltName.", at)
	case probe.ErrTLSExpired:
		return fmt.Sprintf("Renew the certificate that the member serves (its --cert-file; etcd takes the new file "+
			"without a restart), or set this host's clock if that is wrong. See it: "+
			"%s </dev/null | openssl x509 -noout -dates.", at)
	case probe.ErrTLSNotYetValid:
		return fmt.Sprintf("Set this host's clock, if it is behind; else wait until the certificate is valid, or set the "+
			"clock of whoever issued it. See it: date -u; "+
			"%s </dev/null | openssl x509 -noout -dates.", at)
	case probe.ErrClientCertMissing:
		pair := "a client pair with --cert and --key, signed by the CA that the members trust (their --trusted-ca-file)"
		if strings.HasSuffix(probe.HostPort(endpoint), ":2380") {
			return "Name the client port (usually 2379): this one is usually the peer port, which asks for a client " +
				"certificate, too. If it is the client port after all, give " + pair + "."
		}
		return "Give " + pair + "; or, if this is a peer port, which asks for one, too, name the client port (usually 2379)."
	case probe.ErrClientCertRefused:
		return "Give another client pair with --cert and --key than this one: one for client authentication, " +
			"signed by the CA that the members trust (their --trusted-ca-file): openssl verify -purpose sslclient " +
			"-CAfile CA CERT."
	case probe.ErrClientCertExpired:
		return "Renew the client pair that --cert and --key name: the members' certificates are fine."
	case probe.ErrClientCertNotYetValid:
		return "Set the clock that is behind, this host's or that of the members' hosts; or wait until the client pair " +
			"that --cert and --key name is valid."
	case probe.ErrTLSSpoken:
		if !given {
			return "Make its --advertise-client-urls say https, as it serves TLS there; or name its https endpoint " +
				"with --endpoints."
		}
		return fmt.Sprintf("Write %s instead of %s for this endpoint, with --cacert, --cert and --key.", secure, plain)
	case probe.ErrTLSNotSpoken:
		if !given {
			return "Make its --advertise-client-urls say http, as it serves without TLS there; or name its http " +
				"endpoint with --endpoints."
		}
		return fmt.Sprintf("Write %s instead of %s for this endpoint, if it is meant to serve without TLS.", plain, secure)
	case probe.ErrTLS:
		return "See that what --cacert, --cert and --key give is of this cluster, and compare the endpoint's " +
			"scheme and port with the member's --listen-client-urls: the peer port (usually 2380) serves no clients."
	}
	return ""
}

// adviseServerName adds to adviseAccess, where a certificate is for other names, the one to give instead; empty where
// there is none.
func adviseServerName(kind probe.ErrorKind, members []memberState) string {
	name := serverName(members)
	if kind != probe.ErrTLSName || name == "" {
		return ""
	}
	return fmt.Sprintf(" Or give --tls-server-name %s: all certificates that members serve here are for it.", name)
}

// serverName returns a name that --tls-server-name can stand for each member's: one that all certificates that they
// serve are for. A name of this host's loopback is the last choice. It is empty where there is none.
func serverName(members []memberState) string {
	var common []string
	first := true
	for i := range members {
		switch served := members[i].ServedCertificate; {
		case served == nil:
		case first:
			common, first = slices.DeleteFunc(slices.Clone(served.Names), probe.IsWildcard), false
		default:
			common = slices.DeleteFunc(common, func(name string) bool { return !slices.Contains(served.Names, name) })
		}
	}
	if i := slices.IndexFunc(common, func(name string) bool { return !probe.IsLoopbackHost(name) }); i > 0 {
		return common[i]
	}
	return cmp.Or(common...)
}

// adviseReach advises on members that run, as far as others say, and do not answer from here.
const adviseReach = "Run etcdoc on a member's host, or name endpoints that lead to them from here with --endpoints: " +
	"a firewall or a NAT may lie between, or they listen elsewhere than they advertise (--listen-client-urls, " +
	"--advertise-client-urls)."

// adviseUnreachable advises on a member that does not answer Status; empty where the rule's own advice applies.
func adviseUnreachable(s *subject) string {
	m := s.member
	switch {
	case m.Membership == probe.MembershipNeverStarted, s.neverStarted():
		return adviseStart(m, s.cluster.commits())
	case m.Membership == probe.MembershipUnknown && len(s.advertisers()) == 1:
		return s.adviseUnclaimed(fmt.Sprintf("Drop %s from --endpoints, or check why %s does not serve there: "+
			"its --listen-client-urls, and what leads there.",
			m.Endpoint, s.advertisers()[0]))
	case m.Membership == probe.MembershipUnknown && len(s.advertisers()) > 1:
		return "Name endpoints with --endpoints that lead to one member each: this one is not a single member's."
	case !m.Listed && s.cluster.MemberListKnown && m.Membership == probe.MembershipUnknown:
		return s.adviseUnclaimed("Drop " + m.Endpoint + " from --endpoints: no member of the cluster has it.")
	case m.Membership == probe.MembershipRemoved, m.Membership == probe.MembershipUnlisted,
		m.Membership == probe.MembershipForked && !m.Listed:
		return fmt.Sprintf("Drop %s from --endpoints, if it was removed on purpose: the member list does not have it.",
			m.Endpoint)
	case m.Membership == probe.MembershipForeign:
		return adviseAccess(probe.ErrForeign, m.Endpoint, true)
	case m.Status.Err == nil:
		return s.adviseReplacing()
	}
	access := s.adviseAccessTo(m) + adviseServerName(m.Status.Err.Kind, s.members)
	if s.at.severedFrom != nil {
		return s.at.adviseSevered(m.PeerURLs, access, s.unit())
	}
	if access == "" && s.at.State == StateOutOfReach {
		return adviseReach
	}
	return cmp.Or(access, s.adviseReplacing())
}

// adviseReplacing advises on a member that is down while the cluster cannot commit its removal; empty where it can.
func (s *subject) adviseReplacing() string {
	if s.cluster.commits() {
		return ""
	}
	return "Look at the etcd process and the host, and bring it back. If it is gone for good, it can be removed " +
		"and replaced only once there is a quorum: whatever changes the members must be committed."
}

// adviseUnclaimed advises on a given endpoint that no known member has. It returns drop, unless the endpoint may be
// that of a silent member.
func (s *subject) adviseUnclaimed(drop string) string {
	silent := s.labelsWhere(func(m *memberState) bool { return m.Listed && !m.neverStarted && m.State != StateOK })
	if len(silent) == 0 {
		return drop
	}
	return fmt.Sprintf("Keep %s: it may be an endpoint of %s, which can't be reached elsewhere. Look again once "+
		"that is back.", s.member.Endpoint, either(silent))
}

// adviseStart advises on a member that was added and has never run: it has no data to bring back. It can be removed
// only while the cluster commits.
func adviseStart(m *probe.Member, commits bool) string {
	where := "at the peer URL that it was added with"
	if len(m.PeerURLs) > 0 {
		where += " (" + strings.Join(m.PeerURLs, ", ") + ")"
	}
	start := fmt.Sprintf("Start it %s, with --initial-cluster-state=existing and an empty data directory", where)
	if !commits {
		return start + ": without a quorum it can't be taken out again."
	}
	return fmt.Sprintf("%s; if it is not to come: etcdctl member remove %s.", start, m.ID)
}

// silentSteps are the first step where no member answers, all for the same reason, in at most [StepWidth] columns.
var silentSteps = map[probe.ErrorKind]string{
	probe.ErrRefused:     "On a member's host: does etcd run, and listen on this port?",
	probe.ErrUnreachable: "From here: do the names resolve, is there a route? ping them",
	probe.ErrClosed:      "Find out what listens there: etcd that stops, or a proxy",
	probe.ErrTimeout:     "From here: nc -vz HOST PORT; firewall, or do the hosts hang?",

	probe.ErrTLSAuthority:          "Give the CA of the members' certificates: --cacert",
	probe.ErrTLSOtherAuthority:     "Give the cluster's own CA: --cacert; or check who answers there",
	probe.ErrTLSName:               "Name endpoints by names that the certificates are for",
	probe.ErrTLSExpired:            "Renew the members' certificates, or set this host's clock",
	probe.ErrTLSNotYetValid:        "Set this host's clock: date -u; or wait until they are valid",
	probe.ErrClientCertMissing:     "Give a client certificate that the members trust: --cert, --key",
	probe.ErrClientCertRefused:     "Give another client certificate: --cert, --key",
	probe.ErrClientCertExpired:     "Renew the client certificate that --cert and --key name",
	probe.ErrClientCertNotYetValid: "Set the clock: the client certificate is not valid yet",
	probe.ErrTLSSpoken:             "Write https:// in --endpoints: these ports serve TLS",
	probe.ErrTLSNotSpoken:          "Write http:// in --endpoints: these ports serve without TLS",
	probe.ErrTLS:                   "Check --cacert, --cert and --key against what the members use",

	probe.ErrPeerPort:      "Name the client port, usually 2379, in --endpoints",
	probe.ErrNoUser:        "Give --user NAME: authentication is on",
	probe.ErrWrongPassword: "Check --user and its password: the members refuse them",
	probe.ErrToken:         "Give a valid token: --auth-jwt-token",
	probe.ErrTokenExpired:  "Give a new token: --auth-jwt-token",
	probe.ErrPermission:    "Let etcdoc log in as a user that may read: --user",
	probe.ErrLogin:         "On the members' hosts: is there a leader, and a quorum?",
	probe.ErrWithheld:      "Name https:// endpoints: no password goes out in clear",
	probe.ErrNoWay:         "Does the API server answer? kubectl get --raw /readyz",
	probe.ErrMayNotForward: "May it? kubectl auth can-i create pods/portforward",
	probe.ErrKubeLogin:     "Log in to the API server anew: kubectl auth whoami",
	probe.ErrNoPod:         "Is it there? kubectl get pods -A -l component=etcd",
	probe.ErrNotFound:      "Name the cluster: --endpoints; or run this on a member's host",
	probe.ErrRootOnly:      "Run as root: sudo etcdoc; or name the cluster: --endpoints",
	probe.ErrForeign:       "Give the endpoints of one cluster only (--endpoints)",
}

// socketSteps are those of silentSteps that differ where members are asked at unix sockets.
var socketSteps = map[probe.ErrorKind]string{
	probe.ErrRefused:      "On this host: does etcd run, and listen on this socket?",
	probe.ErrTLSSpoken:    "Write unixs:// in --endpoints: the socket serves TLS",
	probe.ErrTLSNotSpoken: "Write unix:// in --endpoints: the socket serves without TLS",
}

// adviseSilence advises where no member answers, all for the same reason, and the endpoints are none of the members'
// doing; empty for other reasons.
func (u unit) adviseSilence(kind probe.ErrorKind) string {
	switch kind {
	case probe.ErrRefused:
		return "The hosts answer, and nothing listens on these ports: see on a member's host whether etcd runs " +
			"(" + u.state() + "), and on which port (--listen-client-urls)."
	case probe.ErrUnreachable:
		return "Check from here whether the endpoints' names resolve and a route leads to their hosts (ping, " +
			"traceroute): DNS, VPN, firewalls, hosts that are off."
	case probe.ErrClosed:
		return "Something takes the connections and closes them before it answers. If it is a load balancer or a proxy, " +
			"see there which members it finds; and on a member's host: " + u.journal() + "."
	case probe.ErrTimeout:
		return "Nothing comes back in time. Try from here: nc -vz HOST PORT. If that does not connect, look at " +
			"firewalls, and whether the hosts are up; if it does, etcd hangs: look at CPU and disk there."
	}
	return ""
}

// adviseSilenceHere is adviseSilence where all that was asked is on this host.
func (u unit) adviseSilenceHere(kind probe.ErrorKind) string {
	switch kind {
	case probe.ErrRefused:
		return "Nothing listens on this port: see whether etcd runs on this host (" + u.state() + "), and read the end of " +
			"its log (" + u.journal() + ")."
	case probe.ErrTimeout:
		return "etcd hangs on this host: " + u.processState()
	}
	return u.adviseSilence(kind)
}

// silentStepHere is that of silentSteps where all that was asked is on this host; empty where it is the same.
func (u unit) silentStepHere(kind probe.ErrorKind) string {
	switch kind {
	case probe.ErrRefused:
		return "Does etcd run on this host? systemctl status " + u.name()
	case probe.ErrTimeout:
		return "Does etcd hang? top, ps -o stat,wchan -C " + u.process()
	}
	return ""
}
