package cli

import (
	"fmt"
	"strings"

	"github.com/etcdoc/etcdoc/thresholds"
)

// A reply answers a question of its own, such as --can-lose. Its zero value is no reply.
type reply struct{ word, text string }

func (r reply) String() string { return fmt.Sprintf("%-8s %s", r.word, r.text) }

// verdict answers --can-lose and its like, and --stable. Without these flags it returns no reply.
func (q *question) verdict(a *thresholds.Assessment) reply {
	r := q.loss(a)
	if q.streak.stable == 0 || q.codeNow(a) != ExitHealthy {
		return r
	}
	since := q.streak.words(a.At)
	if q.asks == "" {
		return reply{"STEADY", "it has been healthy " + since}
	}
	return reply{r.word, r.text + "; so " + since}
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
	with.Answer, _ = q.answer(a) // without one there is only the error, which the reply says
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
	who, now := subjectOf(answer)
	does, done := "losing", "lost"
	if q.asks == thresholds.AskCanRemove {
		does, done = "removing", "removed"
	}
	var text string
	switch answer.Verdict {
	case thresholds.LossSafe:
		text = fmt.Sprintf("%s may be %s %s", who, done, now)
	case thresholds.LossRisk:
		text = fmt.Sprintf("%s %s %s is a risk", does, who, now)
		if q.acceptRisk {
			text += ", which is accepted"
		}
	case thresholds.LossNo:
		text = fmt.Sprintf("%s must not be %s %s", who, done, now)
	default:
		text = fmt.Sprintf("it is unknown whether %s may be %s %s", who, done, now)
	}
	text += ": " + answer.Reason
	if answer.AtOnce != nil {
		text += ". " + largestWords(answer.AtOnce)
	}
	return reply{strings.ToUpper(answer.Verdict.String()), text}
}

// subjectOf names whom an answer is about, and the moment of the loss.
func subjectOf(answer *thresholds.Answer) (who, now string) {
	switch n := answer.Needed; {
	case n == 1:
		return "any voter", "now"
	case n > 1:
		return fmt.Sprintf("any %d voters", n), "at once now"
	case len(answer.Members) > 1:
		labels := make([]string, len(answer.Members))
		for i, m := range answer.Members {
			labels[i] = m.Label
		}
		return strings.Join(labels, " and "), "at once now"
	}
	return answer.Members[0].Label, "now"
}

// largestWords say how many voters may be lost at once.
func largestWords(a *thresholds.AtOnce) string {
	text := "No voter is safe to lose"
	safe, every := a.Safe()
	if safe > 0 {
		text = fmt.Sprintf("At most %d at once %s safe (%s)", safe, isOrAre(safe), anyOrSome(every))
	}
	if kept, every := a.Kept(); kept > safe {
		text += fmt.Sprintf("; %d %s a risk (%s)", kept, isOrAre(kept), anyOrSome(every))
	}
	return text
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// anyOrSome says of which sets something holds.
func anyOrSome(every bool) string {
	if every {
		return "any"
	}
	return "some"
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
