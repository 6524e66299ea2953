package kube

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/profile"
)

// An etcdPod runs a member.
type etcdPod struct {
	namespace, name, node string
	// endpoint is the client URL that it advertises, or that of its address.
	endpoint string
	// metricsAt is where it serves metrics: scheme://:PORT; empty if its command line does not say.
	metricsAt string
	// hosts are the names and addresses that lead to it.
	hosts []string
	// layout is whose files its host has.
	layout profile.Name
}

// places are where distributions run etcd in pods, the most frequent first. Sources: kubeadm's and RKE2's static pods,
// and OpenShift's cluster-etcd-operator.
var places = [...]struct{ namespace, selector string }{
	{"kube-system", "component=etcd"},
	{"openshift-etcd", "app=etcd"},
}

// findPods returns etcd's pods by their nodes' names.
func (c *Client) findPods(ctx context.Context) ([]etcdPod, error) {
	var refused error
	for _, place := range places {
		var list podList
		path := objectPath(core, place.namespace, "pods", "") + "?labelSelector=" + url.QueryEscape(place.selector)
		err := c.do(ctx, http.MethodGet, "", path, nil, &list)
		switch {
		case isStatus(err, http.StatusForbidden):
			refused = cmp.Or(refused, fmt.Errorf("looking for etcd's pods: %w: it takes the rights to list pods and to "+
				"create pods/portforward (kubectl auth can-i list pods -n %s)", err, place.namespace))
			continue
		case err != nil:
			return nil, fmt.Errorf("looking for etcd's pods: %w", err)
		}
		var pods []etcdPod
		for i := range list.Items {
			if p, is := readPod(&list.Items[i]); is {
				pods = append(pods, p)
			}
		}
		if len(pods) > 0 {
			slices.SortFunc(pods, func(a, b etcdPod) int { return cmp.Compare(a.name, b.name) })
			return pods, nil
		}
	}
	if refused != nil {
		return nil, refused
	}
	return nil, c.whyNone(ctx)
}

// errNoPods is why there is none to forward to, although the API server answers.
var errNoPods = errors.New("there is no pod of etcd")

// whyNone says why a cluster has no pod of etcd, as far as its nodes tell.
func (c *Client) whyNone(ctx context.Context) error {
	var nodes nodeList
	if err := c.do(ctx, http.MethodGet, "", core+"/nodes?limit=1", nil, &nodes); err == nil && len(nodes.Items) > 0 {
		info := &nodes.Items[0].Status.NodeInfo
		switch {
		case strings.Contains(info.KubeletVersion, "+k3s"):
			return errors.New("k3s runs etcd inside its server process, not in a pod, so that no port can be forwarded: " +
				"run sudo etcdoc on a server node")
		case strings.Contains(info.OSImage, "Talos"):
			return errors.New("on Talos, etcd runs as a service of the host, not in a pod, so that no port can be forwarded: " +
				"name the members with --endpoints")
		}
	}
	return fmt.Errorf("%w, neither in kube-system (component=etcd) nor in openshift-etcd (app=etcd): it runs outside of "+
		"this cluster, as with managed control planes, or as a service of the hosts; name its members with --endpoints, "+
		"or run sudo etcdoc on a control-plane node", errNoPods)
}

// advertised is the annotation in which kubeadm writes a member's client URLs.
const advertised = "kubeadm.kubernetes.io/etcd.advertise-client-urls"

// What the API says of pods, as far as etcdoc uses it.
type (
	podList struct{ Items []pod }

	pod struct {
		Metadata struct {
			Name, Namespace   string
			Annotations       map[string]string
			DeletionTimestamp string
		}
		Spec struct {
			NodeName   string
			Containers []struct{ Command, Args []string }
			Volumes    []struct{ HostPath struct{ Path string } }
		}
		Status struct {
			HostIP, PodIP string
			PodIPs        []struct{ IP string }
			Conditions    []condition
		}
	}
)

// readPod reads a pod; false if it has no address yet.
func readPod(pod *pod) (etcdPod, bool) {
	p := etcdPod{
		namespace: pod.Metadata.Namespace, name: pod.Metadata.Name, node: pod.Spec.NodeName, layout: layoutOf(pod),
	}
	for _, ip := range pod.Status.PodIPs {
		p.hosts = append(p.hosts, ip.IP)
	}
	p.hosts = append(p.hosts, pod.Status.PodIP, pod.Status.HostIP, p.node)
	p.hosts = slices.DeleteFunc(p.hosts, func(host string) bool { return host == "" })
	client, metrics := listens(pod, "client"), listens(pod, "metrics")
	url := pod.Metadata.Annotations[advertised]
	if first, _, several := strings.Cut(url, ","); several {
		url = first
	}
	if host := probe.Hostname(url); host != "" {
		p.endpoint, p.hosts = url, append(p.hosts, host)
	} else if len(p.hosts) > 0 && pod.Status.PodIP != "" {
		p.endpoint = cmp.Or(client.scheme, "https") + "://" + net.JoinHostPort(pod.Status.PodIP, cmp.Or(client.port, "2379"))
	}
	if metrics.port != "" {
		p.metricsAt = metrics.scheme + "://:" + metrics.port
	}
	return p, p.endpoint != ""
}

// layoutOf returns whose files a pod's host has, by the paths that the pod mounts and names.
func layoutOf(pod *pod) profile.Name {
	text := strings.Join(commandLines(pod), " ")
	for _, volume := range pod.Spec.Volumes {
		text += " " + volume.HostPath.Path
	}
	switch {
	case pod.Metadata.Namespace == "openshift-etcd":
		return profile.OpenShift
	case strings.Contains(text, "/var/lib/rancher/rke2/"):
		return profile.RKE2
	case strings.Contains(text, "/var/lib/minikube/"):
		return profile.Minikube
	}
	return profile.Kubeadm
}

func commandLines(pod *pod) (all []string) {
	for i := range pod.Spec.Containers {
		all = append(append(all, pod.Spec.Containers[i].Command...), pod.Spec.Containers[i].Args...)
	}
	return all
}

type listenURL struct{ scheme, port string }

// listens returns what etcd's command line says of the URLs of a kind, in an argument or in a script: the scheme of the
// first one, and its port; nothing if it does not. The host may be a variable.
func listens(pod *pod, kind string) listenURL {
	flag := regexp.MustCompile(`--listen-` + kind + `-urls[= ]["']?(https?)://[^,\s]*?:(\d+)(?:[,\s"']|$)`)
	for _, text := range commandLines(pod) {
		if found := flag.FindStringSubmatch(text); found != nil {
			return listenURL{found[1], found[2]}
		}
	}
	return listenURL{}
}
