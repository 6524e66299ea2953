package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	// triedForID is how many dumps of a source are read before the first sweep to learn whose they are. A truncated one
	// may lack the id.
	triedForID = 3
	// maxDumpedMembers bounds the members in a bundle: each takes memory for its history.
	maxDumpedMembers = 1000
	// maxSkipped bounds the skipped files and folders kept by name.
	maxSkipped = 100
)

// identify finds out whose dumps there are, and that one can be read.
func (d *Dumps) identify(ctx context.Context) error {
	var failures []string
	readable := false
	ours := make([]*dumpSource, 0, len(d.sources))
	for _, source := range d.sources {
		seen, err := d.scan(ctx, source)
		if err != nil {
			return err
		}
		failures = append(failures, seen.failures...)
		switch {
		case seen.readable > 0 && !seen.hasMember:
			d.skip(source.from, errNotMember.Error())
			continue
		case seen.readable == 0 && seen.notEtcd != nil:
			d.skip(source.from, seen.notEtcd.Error())
			continue
		}
		readable = readable || seen.hasMember
		ours = append(ours, source)
	}
	d.sources = d.addUnreadable(ours)
	if readable {
		return nil
	}
	return errNoDumps(failures, d.span.Skipped)
}

// A sourceScan is the result of reading the first dumps of a source.
type sourceScan struct {
	// readable counts the dumps that could be read; hasMember says that one is a member's; notEtcd says why one
	// contains nothing of etcd.
	readable  int
	hasMember bool
	notEtcd   error
	failures  []string
}

// scan reads dumps of a source until it knows whose they are.
func (d *Dumps) scan(ctx context.Context, source *dumpSource) (seen sourceScan, err error) {
	for i := range source.dumps {
		if err := ctx.Err(); err != nil {
			return seen, fmt.Errorf("reading dumps: %w", err)
		}
		all, err := d.read(&source.dumps[i])
		if several, ok := errors.AsType[*severalProcessesError](err); ok {
			return seen, fmt.Errorf("%s: %s", source.dumps[i].name, several.inFile())
		}
		if len(all) == 0 {
			switch {
			case errors.Is(err, errNotEtcd):
				seen.notEtcd = errNotEtcd
			case source.maybeOther && errors.Is(err, errNotExposition):
				seen.notEtcd = errNotExposition
			default:
				seen.failures = append(seen.failures, dumpError(err).Text)
			}
			continue
		}
		if dump := &source.dumps[i]; dump.undated && !all[0].at.IsZero() {
			dump.at = all[0].at
		}
		for _, e := range all {
			if !e.metrics.isMember() {
				continue
			}
			seen.hasMember = true
			if _, err := d.memberOf(source, e); err != nil {
				return seen, err
			}
		}
		if seen.readable++; source.identified() || seen.readable == triedForID {
			break
		}
	}
	return seen, nil
}

// addUnreadable makes a member of each unreadable source, whose error is reported when its sweep comes, up to the
// maximum; it skips the others.
func (d *Dumps) addUnreadable(sources []*dumpSource) []*dumpSource {
	count := 0
	for _, source := range sources {
		count += len(source.members)
	}
	return slices.DeleteFunc(sources, func(source *dumpSource) bool {
		switch {
		case len(source.members) > 0:
			return false
		case count >= maxDumpedMembers:
			d.skip(source.from,
				fmt.Sprintf("no member's metrics can be read from it, and there are %d other members", count))
			return true
		}
		source.members = []*dumpedMember{{from: source, label: source.label}}
		count++
		return false
	})
}

// skip records a file that does not count, the first ones by name.
func (d *Dumps) skip(path, reason string) {
	if len(d.span.Skipped) >= maxSkipped {
		d.span.MoreSkipped++
		return
	}
	d.span.Skipped = append(d.span.Skipped, Skipped{path, reason})
}

// errNoDumps says why there is nothing to judge.
func errNoDumps(failures []string, skipped []Skipped) error {
	const shown = 3
	if more := len(failures) - shown; more > 0 {
		failures = append(failures[:shown], fmt.Sprintf("and %d more", more))
	}
	switch {
	case len(failures) > 0:
		return fmt.Errorf("none of the dumps can be read: %s", strings.Join(failures, "; "))
	case len(skipped) > 0:
		return fmt.Errorf("%s: %s", skipped[0].Path, skipped[0].Reason)
	}
	return errors.New("there are no dumps: every member's folder is empty")
}

// identified reports whether all members seen in the source have an id.
func (s *dumpSource) identified() bool {
	return len(s.members) > 0 && !slices.ContainsFunc(s.members, func(m *dumpedMember) bool { return m.id == 0 })
}

// memberOf returns the member of an exposition in a source, a new one if necessary.
func (d *Dumps) memberOf(source *dumpSource, e decoded) (*dumpedMember, error) {
	id := e.metrics.ServerID
	i := slices.IndexFunc(source.members, func(m *dumpedMember) bool { return m.source == e.source })
	if i >= 0 && source.members[i].id != 0 || i >= 0 && id == 0 {
		return source.members[i], nil
	}
	count := 0
	for _, other := range d.sources {
		count += len(other.members)
		for _, m := range other.members {
			switch {
			case id == 0 || m.id != id:
			case other == source:
				d.nameByLabel(m, e.source) // so far it may have been alone
				return m, nil
			default:
				return nil, fmt.Errorf("%s and %s are both dumps of member %s: "+
					"one of them is misnamed, or was dumped from the wrong member; remove one",
					other.from, source.from, id)
			}
		}
	}
	if i >= 0 {
		source.members[i].id = id
		return source.members[i], nil
	}
	if count >= maxDumpedMembers {
		return nil, fmt.Errorf("metrics of more than %d members: remove some", maxDumpedMembers)
	}
	m := &dumpedMember{from: source, label: source.label, id: id}
	d.nameByLabel(m, e.source)
	// An unreadable source that counted as one member turns out to have several.
	source.members = slices.DeleteFunc(source.members, func(m *dumpedMember) bool {
		return e.source != "" && m.source == "" && !m.metrics.Answered()
	})
	source.members = append(source.members, m)
	return m, nil
}

// nameByLabel names a member by its value of the distinguishing label.
func (d *Dumps) nameByLabel(m *dumpedMember, value string) {
	if value == "" || m.source != "" {
		return
	}
	m.source, m.label = value, value
	if slices.ContainsFunc(d.members(), func(other *dumpedMember) bool { return other != m && other.label == value }) {
		m.label = m.from.label + "/" + value
	}
}

// load makes a dump the newest exposition of its members.
func (d *Dumps) load(source *dumpSource, from *dumpFile) {
	all, err := d.read(from)
	if several, ok := errors.AsType[*severalProcessesError](err); ok {
		err = fmt.Errorf("%s: %s", from.name, several.inFile())
	}
	had := make(map[*dumpedMember]bool, len(all))
	for _, e := range all {
		var m *dumpedMember
		if len(source.members) == 1 && !e.metrics.isMember() { // it is cut off
			m = source.members[0]
		} else if member, refused := d.memberOf(source, e); refused == nil {
			m = member
		} else {
			err = refused
		}
		if m == nil || had[m] { // the same member again, as from two scrapes of it
			continue
		}
		had[m] = true
		m.read, m.metrics.Err = from.name, nil
		if id := e.metrics.ServerID; namesAnother(m.id, id) {
			m.metrics.Err = &Error{Kind: ErrUnsupported,
				Text: fmt.Sprintf("%s: it is the exposition of member %s, but the first dump of %s is of %s",
					from.name, id, m.label, m.id)}
			continue
		}
		m.metrics.Value, m.metrics.At = e.metrics, from.at
		if err != nil {
			m.metrics.Err = dumpError(err)
		}
	}
	for _, m := range source.members {
		switch {
		case had[m]:
		case err != nil:
			m.read, m.metrics.Err = from.name, dumpError(err)
		default:
			m.metrics.Err = &Error{Kind: ErrNotInDump, Text: fmt.Sprintf("%s has no metrics of %s", from.name, m.label)}
		}
	}
}
