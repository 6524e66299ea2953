package thresholds

import "fmt"

// hidden are the places of the members that are out of reach from here.
func (r *reader) hidden() (hidden []int) {
	for i := range r.a.Members {
		if r.a.Members[i].State == StateOutOfReach && r.a.Members[i].listed {
			hidden = append(hidden, i)
		}
	}
	return hidden
}

// outOfReach is about members that can't be reached under what they advertise, where nothing worse was found: they are not
// down for that, and whether they are well can't be told. What shows that they take part is evidence.
func (r *reader) outOfReach() Reading {
	reading := Reading{
		Cause: CauseUndetermined,
		Next:  "Name an endpoint for each of them, as it is reached from here (--endpoints), or run etcdoc on their hosts.",
	}
	var labels []string
	for _, i := range r.hidden() {
		m := &r.a.Members[i]
		labels = append(labels, m.Label)
		reading.About = append(reading.About, m.MemberRef)
		if err := r.sweep.Members[i].Status.Err; err != nil {
			reading.Evidence = append(reading.Evidence, err.Text)
		}
		if with, without := connectedPeers(r.sweep, r.a.Members, i); len(with) > 0 {
			reading.Evidence = append(reading.Evidence, fmt.Sprintf("%s a connection with %s", have(with), m.Label))
		} else if len(without) > 0 {
			reading.Evidence = append(reading.Evidence, fmt.Sprintf("%s no connection with %s", have(without), m.Label))
		}
	}
	if r.a.Cluster.quorumSeen && r.a.Cluster.HealthyVoters < r.a.Cluster.Quorum {
		reading.Evidence = append(reading.Evidence, "a linearizable read was answered: a quorum takes part, with them")
	}
	reading.Text = fmt.Sprintf("%s can't be reached from here: what they advertise leads to others. %s", join(labels), r.held())
	if len(labels) == 1 {
		reading.Text = fmt.Sprintf("%s can't be reached from here: what it advertises leads to others. %s", labels[0], r.held())
	}
	return reading
}
