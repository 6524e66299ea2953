package probe

// unlistedMembership returns the membership of a member that answers but is not on the list, and whom to ask for a list
// once more to decide it.
func (r *resolution) unlistedMembership(v *view, id MemberID) (membership Membership, ask []MemberID) {
	rep := v.byID[id]
	switch {
	case rep == nil || rep.cluster == 0 || r.cluster == 0:
		return MembershipUnknown, nil
	case rep.cluster != r.cluster:
		return MembershipForeign, nil
	case r.forked[id]:
		return MembershipForked, nil
	case len(r.index.list) == 0:
		return MembershipUnknown, nil
	}
	proven, ask := r.removal(v, rep)
	if proven {
		return MembershipRemoved, nil
	}
	return MembershipUnlisted, ask
}

// removal reports whether the cluster provably removed a member. A quorum of the listed voters must have returned lists
// without it, each after applying everything that this member has committed: a list that merely lags behind its joining
// has not. And so many voters have answered that way that no list that contains the member, its own included, can have
// a quorum. If some voters got that far only after returning their lists, and would complete the proof, removal returns
// them in ask.
func (r *resolution) removal(v *view, rep *memberReport) (proven bool, ask []MemberID) {
	if rep.status == nil || rep.status.RaftIndex == 0 || !rep.isOwnList() || r.isUnlistedLeader(rep.status.Leader) {
		return false, nil
	}
	witnesses := make(map[MemberID]bool, len(r.memberList.Witnesses))
	for _, id := range r.memberList.Witnesses {
		switch w := v.byID[id]; {
		case w == nil:
		case w.applied >= rep.status.RaftIndex:
			witnesses[id] = true
		case w.current && w.status.RaftAppliedIndex >= rep.status.RaftIndex:
			ask = append(ask, id)
		}
	}
	if r.quorumProves(v, rep.id, witnesses) {
		return true, nil
	}
	for _, id := range ask {
		witnesses[id] = true
	}
	if !r.quorumProves(v, rep.id, witnesses) {
		return false, nil
	}
	return false, ask
}

// isUnlistedLeader reports whether a leader is not on the list: removed members can't elect one.
func (r *resolution) isUnlistedLeader(leader MemberID) bool {
	return leader != 0 && !r.index.has(leader)
}

// quorumProves reports whether the witnesses are a quorum of the list and leave no quorum to any list with the member.
func (r *resolution) quorumProves(v *view, gone MemberID, witnesses map[MemberID]bool) bool {
	if len(witnesses) <= r.memberList.Voters/2 {
		return false
	}
	for i := range v.members {
		rep := &v.members[i]
		if rep.cluster == r.cluster && rep.isOwnList() && hasMember(rep.list, gone) && !outvoted(rep.list, witnesses) {
			return false
		}
	}
	return true
}

// outvoted reports whether a list can have no quorum because the witnesses use another list. One witness is never
// enough, not even of two voters: a member started with --force-new-cluster uses a list of its own, as do those that
// join it, while the others may have a quorum without it.
func outvoted(list []Peer, witnesses map[MemberID]bool) bool {
	all, gone := 0, 0
	for i := range list {
		if list[i].Learner {
			continue
		}
		if all++; witnesses[list[i].ID] {
			gone++
		}
	}
	return gone > 1 && all-gone <= all/2
}
