package cli

import "github.com/etcdoc/etcdoc/thresholds"

// A question is put to a check, whose exit code answers it.
type question struct {
	// failOn is the lowest level that counts as unhealthy.
	failOn thresholds.Level
	// asks tells which verdict answers; empty: the level of the cluster does.
	asks thresholds.Question
	// names are the members asked about, by name, id or endpoint; none for [thresholds.AskCanLoseMax], which asks about
	// needed.
	names      []string
	needed     int
	acceptRisk bool
	// judge has observed the assessment that is to answer. It is not asked about a single member.
	judge judge
	// hash means that the answer can't be healthy unless the members' data was compared.
	hash bool
	// quorum means that the answer can't be healthy unless the listed voters were seen to hold a quorum, proof the same
	// for one that a read proves, where no list is asked for.
	quorum, proof bool
	// dumps means that dumps are to answer, which can't be healthy if they contradict each other.
	dumps bool
	// once means that a single sweep is to answer (--window 0).
	once bool
	// document means that whoever reads the answer is a program, which gets one even if there is nothing to answer.
	document bool
	// streak is how long the answer has been healthy.
	streak streak
}

// A judge says what may be lost at once, by the newest sweep.
type judge interface {
	CanLose(keys []string) thresholds.CanLose
	AtOnce() thresholds.AtOnce
}

// note records whether an assessment goes on with what --stable asks for.
func (q *question) note(a *thresholds.Assessment) { q.streak.note(q.codeNow(a) == ExitHealthy, a.At) }

// code returns the exit code that answers the question.
func (q *question) code(a *thresholds.Assessment) int {
	code := q.codeNow(a)
	if code == ExitHealthy && !q.streak.isLongEnough(a.At) {
		return ExitUnhealthy
	}
	return code
}

// codeNow is the exit code by this assessment alone.
func (q *question) codeNow(a *thresholds.Assessment) int {
	if q.asks != "" {
		answer, err := q.answer(a)
		if err != nil {
			return ExitNotDone
		}
		switch answer.Verdict {
		case thresholds.LossSafe:
			return ExitHealthy
		case thresholds.LossRisk:
			if q.acceptRisk {
				return ExitHealthy
			}
			return ExitUnhealthy
		case thresholds.LossNo:
			return ExitUnhealthy
		default:
			return ExitNotDone
		}
	}
	code := codeOf(a, q.failOn)
	if code == ExitHealthy &&
		(q.quorum && a.Undecided() || q.proof && !a.Cluster.QuorumProven || q.hash && a.Uncompared() ||
			q.dumps && a.DumpsContradict()) {
		return ExitNotDone // too little was seen to call it healthy
	}
	return code
}

// dependsOnProbes reports whether the answer would change if members turned out not to hear each other.
func (q *question) dependsOnProbes(a *thresholds.Assessment) bool {
	if q.asks != "" {
		return q.code(a) == ExitNotDone
	}
	return q.code(a) == ExitHealthy
}

// codeOf returns the exit code of an assessment that is unhealthy from the level failOn on.
func codeOf(a *thresholds.Assessment, failOn thresholds.Level) int {
	switch {
	case a.Reading.Cause == thresholds.CauseNotTrusted, a.Nowhere():
		return ExitNotDone
	case a.Level >= failOn:
		return ExitUnhealthy
	default:
		return ExitHealthy
	}
}
