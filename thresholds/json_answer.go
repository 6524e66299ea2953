package thresholds

type answerJSON struct {
	Question Question `json:"question"`
	// Members are those that the question names.
	Members []string `json:"members"`
	// Verdict and what follows are those of a [verdictJSON].
	Verdict  Verdict `json:"verdict"`
	Ground   Ground  `json:"ground,omitempty"`
	Reason   string  `json:"reason"`
	Headline string  `json:"headline"`
	// Needed and AtOnce are of can-lose-max alone.
	Needed int         `json:"needed,omitempty"`
	AtOnce *atOnceJSON `json:"at_once,omitempty"`
}

type atOnceJSON struct {
	// Voters are those that are there to lose.
	Voters []string `json:"voters"`
	// Safe is the largest size with a set that is safe to lose, Kept the largest with one that is safe or a risk.
	Safe  largestJSON    `json:"safe"`
	Kept  largestJSON    `json:"kept"`
	Sizes []lossSizeJSON `json:"sizes"`
	// TooMany is the first size with too many sets to judge.
	TooMany int `json:"too_many,omitempty"`
}

type largestJSON struct {
	Count int  `json:"count"` // 0: not even one
	Every bool `json:"every"` // whichever they are
}

type lossSizeJSON struct {
	Count  int             `json:"count"`
	Groups []lossGroupJSON `json:"groups"`
}

type lossGroupJSON struct {
	Verdict  Verdict `json:"verdict"`
	Ground   Ground  `json:"ground,omitempty"`
	Reason   string  `json:"reason"`
	Headline string  `json:"headline"`
	// Sets are at most 20 of all SetCount sets.
	Sets     [][]string `json:"sets"`
	SetCount int        `json:"set_count"`
}

func (a *Answer) json() *answerJSON {
	if a == nil {
		return nil
	}
	return &answerJSON{
		Question: a.Question, Members: labelsOf(a.Members), Verdict: a.Verdict, Ground: a.Ground, Reason: a.Reason,
		Headline: a.Headline, Needed: a.Needed, AtOnce: a.AtOnce.json(),
	}
}

func (a *AtOnce) json() *atOnceJSON {
	if a == nil {
		return nil
	}
	out := &atOnceJSON{Voters: labelsOf(a.Voters), TooMany: a.TooMany, Sizes: []lossSizeJSON{}}
	out.Safe.Count, out.Safe.Every = a.Safe()
	out.Kept.Count, out.Kept.Every = a.Kept()
	for i := range a.Sizes {
		size := lossSizeJSON{Count: a.Sizes[i].Members}
		for _, g := range a.Sizes[i].Groups {
			group := lossGroupJSON{g.Verdict, g.Ground, g.Reason, g.Headline, nil, g.Count}
			for _, set := range g.Sets {
				group.Sets = append(group.Sets, labelsOf(set))
			}
			size.Groups = append(size.Groups, group)
		}
		out.Sizes = append(out.Sizes, size)
	}
	return out
}
