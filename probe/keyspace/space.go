package keyspace

import "github.com/etcdoc/etcdoc/probe"

// Space is what an estimate says fills the database of a member.
func (e *Estimate) Space(member probe.MemberID) probe.Space {
	s := probe.Space{At: e.Began, Member: member, Bytes: e.LiveBytes}
	for i := range e.Prefixes[:min(len(e.Prefixes), probe.TopSpace)] {
		p := &e.Prefixes[i]
		s.Prefixes = append(s.Prefixes, probe.SpacePrefix{
			Name: p.Name, Rest: p.Rest, Bytes: p.LiveBytes, ErrorBytes: p.ErrorBytes,
		})
	}
	return s
}

// Space is what fills the database of a member.
func (u *Usage) Space(member probe.MemberID) probe.Space {
	s := probe.Space{At: u.Modified, Member: member, Exact: true, Bytes: u.Total.Bytes()}
	for i := range u.Prefixes[:min(len(u.Prefixes), probe.TopSpace)] {
		p := &u.Prefixes[i]
		s.Prefixes = append(s.Prefixes, probe.SpacePrefix{Name: p.Name, Rest: p.Rest, Bytes: p.Bytes()})
	}
	return s
}
