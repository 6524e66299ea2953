package thresholds

// An Answer is what the evaluator says to a question that a check asked.
type Answer struct {
	Question Question
	// Members are those that the question names; none for [AskCanLoseMax].
	Members []MemberRef
	// CanLose is the verdict, on a removal for [AskCanRemove].
	CanLose
	// Needed is how many voters were asked about, and AtOnce which may be lost at once; 0 and nil for other questions.
	Needed int
	AtOnce *AtOnce
}

// A Question is what a check asks beside the cluster's level.
type Question string

// The questions.
const (
	AskCanLose    Question = "can-lose"     // may these members be lost at once?
	AskCanLoseMax Question = "can-lose-max" // may that many voters be lost at once, whichever they are?
	AskCanRemove  Question = "can-remove"   // may this member be removed from the membership?
)

// Names are the members' labels: a, b and c.
func (a *Answer) Names() string { return join(labelsOf(a.Members)) }
