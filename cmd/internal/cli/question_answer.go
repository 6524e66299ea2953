package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// A reply answers a question of its own, such as --can-lose. Its zero value is no reply.
type reply struct{ word, text string }

func (r reply) String() string { return fmt.Sprintf("%-8s %s", r.word, r.text) }

// verdict answers --can-lose and its like, and --stable. Without these flags it returns no reply.
func (q *question) verdict(a *thresholds.Assessment) reply {
	r := q.loss(a)
	if q.once && q.asks != "" && longerLookHelps(a) && q.codeNow(a) == ExitNotDone && q.namesMembers(a) {
		r.text += ". " + longerWindow
	}
	if q.streak.stable == 0 || q.codeNow(a) != ExitHealthy {
		return r
	}
	since := q.streak.words(a.At)
	if q.asks == "" {
		return reply{"STEADY", "it has been healthy " + since}
	}
	return reply{r.word, r.text + "; so " + since}
}

// longerWindow says what may decide where a single sweep does not.
const longerWindow = "A single sweep does not decide it: look for longer, such as --window 3s"

// longerLookHelps reports that more sweeps may show what one does not: what can't be reached from here stays so.
func longerLookHelps(a *thresholds.Assessment) bool {
	return a.Answering() > 0 && a.Cluster.MemberListKnown && a.Cluster.OutOfReachVoters == 0
}

// namesMembers reports that the question names members, or asks about all, and that each is one or may turn out to be.
func (q *question) namesMembers(a *thresholds.Assessment) bool {
	members, _ := q.find(a)
	return !q.isUnanswerable(a) && !slices.ContainsFunc(members, func(m *thresholds.Member) bool { return m.Stray })
}

// answer answers a question about members.
func (q *question) answer(a *thresholds.Assessment) (*thresholds.Answer, error) {
	members, err := q.find(a)
	if err != nil {
		return nil, err
	}
	out := &thresholds.Answer{Question: q.asks, Needed: q.needed}
	keys := make([]string, len(members))
	for i, m := range members {
		keys[i], out.Members = m.Key, append(out.Members, m.MemberRef)
	}
	switch {
	case q.asks == thresholds.AskCanLoseMax:
		out.AtOnce = new(q.judge.AtOnce())
		out.CanLose = out.AtOnce.Any(q.needed)
	case q.asks == thresholds.AskCanRemove:
		out.CanLose = thresholds.CanLose(members[0].CanRemove)
	case len(members) == 1:
		out.CanLose = members[0].CanLose
	default:
		out.CanLose = q.judge.CanLose(keys)
	}
	return out, nil
}

// answered is the assessment with the answer to the question, if there is one.
func (q *question) answered(a *thresholds.Assessment) *thresholds.Assessment {
	if q.asks == "" {
		return a
	}
	with := *a
	answer, err := q.answer(a)
	if err != nil { // the reply says it, too
		answer = &thresholds.Answer{Question: q.asks, Needed: q.needed, CanLose: unjudged(err)}
	}
	with.Answer = answer
	return &with
}

// loss answers --can-lose and its like.
func (q *question) loss(a *thresholds.Assessment) reply {
	if q.asks == "" {
		return reply{}
	}
	answer, err := q.answer(a)
	if err != nil {
		return reply{"UNKNOWN", err.Error()}
	}
	if answer.AtOnce != nil {
		return reply{strings.ToUpper(answer.Verdict.String()), q.atOnceWords(answer)}
	}
	who, now := subjectOf(answer)
	does, done := "losing", "lost"
	if q.asks == thresholds.AskCanRemove {
		does, done = "removing", "removed"
	}
	var text string
	switch lost := lostAlready(a, answer); answer.Verdict {
	case thresholds.LossSafe:
		text = fmt.Sprintf("%s may be %s %s", who, done, now)
	case thresholds.LossRisk:
		text = fmt.Sprintf("%s %s %s is a risk", does, who, now)
		if q.acceptRisk {
			text += ", which is accepted"
		}
	case thresholds.LossNo:
		if text = fmt.Sprintf("%s must not be %s %s", who, done, now); lost != "" {
			text = who + " is " + lost
		}
	default:
		text = fmt.Sprintf("it is unknown whether %s may be %s %s", who, done, now)
	}
	return reply{strings.ToUpper(answer.Verdict.String()), text + ": " + answer.Reason}
}

// lostAlready says that the one member whose loss is asked about is lost already, as the table does; else it is empty.
func lostAlready(a *thresholds.Assessment, answer *thresholds.Answer) string {
	if answer.Question != thresholds.AskCanLose || len(answer.Members) != 1 {
		return ""
	}
	m := a.Member(answer.Members[0].Key)
	if m == nil {
		return ""
	}
	return m.LostWords()
}

// atOnceWords answer --can-lose-max: about any so many voters, and how many may be lost at once.
func (q *question) atOnceWords(answer *thresholds.Answer) string {
	voters, sets, now := "voter", "voters", "now"
	if n := answer.Needed; n > 1 {
		voters, sets, now = fmt.Sprintf("%d voters", n), fmt.Sprintf("sets of %d voters", n), "at once now"
	}
	safe, _ := answer.AtOnce.Safe()
	kept, _ := answer.AtOnce.Kept()
	var text string
	switch {
	case answer.Verdict == thresholds.LossSafe:
		text = fmt.Sprintf("any %s may be lost %s", voters, now)
	case answer.Verdict == thresholds.LossRisk && safe >= answer.Needed:
		text = fmt.Sprintf("losing some %s %s is a risk", sets, now)
	case answer.Verdict == thresholds.LossRisk:
		text = fmt.Sprintf("losing any %s %s is a risk", voters, now)
	case answer.Verdict == thresholds.LossNo && kept >= answer.Needed:
		text = fmt.Sprintf("some %s must not be lost %s", sets, now)
	case answer.Verdict == thresholds.LossNo:
		text = fmt.Sprintf("no %s may be lost %s", voters, now)
	default:
		text = fmt.Sprintf("it is unknown whether any %s may be lost %s", voters, now)
	}
	if answer.Verdict == thresholds.LossRisk && q.acceptRisk {
		text += ", which is accepted"
	}
	text += ": " + answer.Reason
	if answer.AtOnce.Nobody.Reason != "" {
		return text
	}
	return text + ". " + largestWords(answer.AtOnce)
}

// subjectOf names the members that an answer is about, and the moment of the loss.
func subjectOf(answer *thresholds.Answer) (who, now string) {
	if len(answer.Members) > 1 {
		return answer.Names(), "at once now"
	}
	return answer.Names(), "now"
}

// largestWords say how many voters may be lost at once.
func largestWords(a *thresholds.AtOnce) string {
	text := "No voter is safe to lose"
	safe, every := a.Safe()
	if safe > 0 {
		text = fmt.Sprintf("At most %d at once %s safe: %s", safe, isOrAre(safe),
			anyOrWhich(every, a.Largest(thresholds.LossSafe)))
	}
	if kept, every := a.Kept(); kept > safe {
		text += fmt.Sprintf("; %d %s a risk: %s", kept, isOrAre(kept),
			anyOrWhich(every, a.Largest(thresholds.LossRisk)))
	}
	return text
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// anyOrWhich says of which sets something holds.
func anyOrWhich(every bool, which string) string {
	if every {
		return "any"
	}
	return which
}

// brief returns the answer in one line.
func (q *question) brief(a *thresholds.Assessment) string {
	if verdict := q.verdict(a); verdict != (reply{}) {
		return verdict.String()
	}
	return strings.ToUpper(a.Level.String()) + "  " + a.Reading.Text
}

// changeKey identifies an answer: it only changes when there is news, not with times and numbers.
func (q *question) changeKey(a *thresholds.Assessment) string {
	key := a.Level.String() + " " + string(a.Reading.Cause)
	if q.asks == "" {
		return key
	}
	return key + " " + q.verdict(a).word
}
