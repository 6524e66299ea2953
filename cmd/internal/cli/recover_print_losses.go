package cli

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/etcdoc/etcdoc/probe"
	"github.com/etcdoc/etcdoc/probe/profile"
	"github.com/etcdoc/etcdoc/probe/recovery"
)

// printLosses writes what each choice loses, by prefix.
func (p recoverPage) printLosses(b *paragraphs, r *recovered) {
	for _, s := range r.Survivors {
		if s.Loss != nil && s.Loss.Entries() > 0 {
			b.WriteByte('\n')
			b.add("", fmt.Sprintf("With %s these are lost: %s.", r.label(s), lostWords(s.Loss)))
			p.printLoss(b, s.Loss)
		}
	}
	if r.Beyond != nil {
		b.WriteByte('\n')
		b.add("", fmt.Sprintf("With each choice these are lost, which may have been acknowledged: %s.", lostWords(r.Beyond)))
		p.printLoss(b, r.Beyond)
	}
}

func (p recoverPage) printLoss(b *paragraphs, l *recovery.Loss) {
	shown := l.Prefixes
	if p.top > 0 && len(shown) > p.top {
		shown = shown[:p.top]
	}
	if len(shown) > 0 {
		rows := [][]string{{"  PREFIX", "GONE", "OLDER", "THERE AGAIN"}}
		for i := range shown {
			f := &shown[i]
			rows = append(rows, []string{"  " + prefixName(f.Name, f.Rest), count(f.Gone), count(f.Older), count(f.Back)})
		}
		printRows(b, rows, p.width)
	}
	if rest := len(l.Prefixes) - len(shown); rest > 0 {
		b.add("  ", count(int64(rest))+" prefixes more: --top 0 shows all.")
	}
	if !p.showKeys {
		return
	}
	keys := p.keysOf(l)
	for i, k := range keys {
		if p.top > 0 && i == p.top {
			b.add("  ", count(int64(len(keys)-i))+" keys more: --top 0 shows all.")
			break
		}
		at := ""
		if k.Revision > 0 {
			at = ", revision " + strconv.FormatInt(k.Revision, 10)
		}
		fmt.Fprintf(b, "  %s (%s%s)\n", probe.Printable(k.Name), changeWords[k.Change], at)
	}
}

var changeWords = map[recovery.Change]string{recovery.Gone: "gone", recovery.Older: "older",
	recovery.Back: "there again", recovery.Passing: "created and deleted since"}

// keysOf are the keys to name, Secrets masked unless they are asked for.
func (r *recoverFlags) keysOf(l *recovery.Loss) (keys []recovery.LostKey) {
	for _, k := range l.Keys {
		if k.Change == recovery.Passing {
			continue
		}
		if !r.showSecretNames {
			k.Name = probe.MaskSecret([]byte(k.Name))
		}
		keys = append(keys, k)
	}
	return keys
}

// printRecoverSteps writes what to do.
func printRecoverSteps(b *paragraphs, r *recovered) {
	if len(r.steps) == 0 {
		return
	}
	b.WriteByte('\n')
	b.add("", r.stepsHead())
	for i, s := range r.steps {
		b.add(fmt.Sprintf("%2d. ", i+1), "On "+s.Where+": "+s.Text)
		for _, command := range s.Commands {
			fmt.Fprintf(b, "      %s\n", probe.Printable(command)) // unwrapped, to be copied
		}
	}
}

// stepsHead says what the steps are for, and how etcd is run there.
func (r *recovered) stepsHead() string {
	how := "where etcd is a unit of systemd (--profile names another way: kubeadm, rke2, k3s)"
	switch {
	case slices.Contains([]profile.Name{profile.Kubeadm, profile.RKE2, profile.K3s}, r.profile):
		how = "of " + string(r.profile)
	case r.profile != "" && r.profile != profile.Etcd:
		how = fmt.Sprintf("where etcd is a unit of systemd: etcdoc has none for %s, whose own documentation goes first",
			r.profile)
	}
	if r.Warrant == recovery.IfGone || r.Warrant == recovery.NotKnown {
		return "If they are gone for good, the steps " + how + ":"
	}
	return "The steps " + how + ":"
}
