package tui

// records are the keys in their groups, in the order of the help.
func (k *keyMap) records() []keyGroup {
	return []keyGroup{
		{"MOVE", k.moving()},
		{"KEEP", k.keeping()},
		{"PAGES", k.opening()},
		{"ON EVENTS", k.onEvents()},
		{"POLL", k.polling()},
		{"TIME", k.timing()},
		{"APPEARANCE", k.appearance()},
		{"LEAVE", []keyEntry{
			{"quit, keep screen", []keyRecord{
				{to: &k.Quit, keys: []string{"q"}, does: "quit, print a summary", hint: "quit"},
				{to: &k.QuitKeep, keys: []string{"Q"}, does: "quit, keep the last screen"},
			}},
			{"stop, suspend", []keyRecord{
				{to: &k.Stop, keys: []string{"ctrl+c"}, names: []string{"ctrl-c"}, does: "quit at once"},
				{to: &k.Suspend, keys: []string{"ctrl+z"}, names: []string{"ctrl-z"}, does: "suspend, fg to come back"},
			}},
		}},
	}
}

func (k *keyMap) moving() []keyEntry {
	return []keyEntry{
		{"select", []keyRecord{
			{to: &k.Down, keys: []string{"j", "down"}, does: "select the one below", hint: "select"},
			{to: &k.Up, keys: []string{"k", "up"}, does: "select the one above"},
		}},
		{"first, last", []keyRecord{
			{to: &k.First, keys: []string{"g"}, does: "select the first"},
			{to: &k.Last, keys: []string{"G"}, does: "select the last"},
		}},
		{"ten down or up", []keyRecord{
			// The help shows one line for both keys.
			{to: &k.PageDown, keys: []string{"pgdown", "ctrl+f"}, names: []string{"pgup/dn"},
				does: "ten up, ten down"},
			{to: &k.PageUp, keys: []string{"pgup", "ctrl+b"}, names: []string{}, does: "ten up"},
		}},
		{"open, jump there", []keyRecord{
			{to: &k.Open, keys: []string{"enter"}, does: "open; jump to the moment", hint: "member",
				on: []page{pageOverview, pageEvents, pageDrain, pageFindings, pageZoom, pageSpace}},
		}},
		{"next member", []keyRecord{
			{to: &k.Next, keys: []string{"tab"}, does: "next member", hint: "next/previous",
				on: []page{pageMember, pageZoom, pageCompare}},
			{to: &k.Previous, keys: []string{"shift+tab"}, names: []string{"S-tab"}, does: "previous member",
				on: []page{pageMember, pageZoom, pageCompare}},
		}},
		{"live, or back", []keyRecord{
			{to: &k.Back, keys: []string{"esc"}, does: "to the newest, then to the page before", hint: "back"},
		}},
	}
}

func (k *keyMap) opening() []keyEntry {
	return []keyEntry{
		{"help, all by name", []keyRecord{
			{to: &k.Help, keys: []string{"?"}, does: "help", hint: "help"},
			{to: &k.Palette, keys: []string{":"}, does: "find an action, page, member or cluster", hint: "find"},
		}},
		{"another cluster", []keyRecord{
			{to: &k.Clusters, keys: []string{"C"}, does: "another cluster of the configuration", hint: "cluster"},
		}},
		{"reading, in full", []keyRecord{
			{to: &k.Reading, keys: []string{"i"}, does: "the whole reading: why, and what to do",
				hint: "reading"},
		}},
		{"events, evidence", []keyRecord{
			{to: &k.Events, keys: []string{"e"}, does: "events and evidence", hint: "events"},
		}},
		{"drain: the order", []keyRecord{
			{to: &k.Drain, keys: []string{"d"}, does: "drain: verdicts, the order", hint: "drain"},
		}},
		{"findings, space", []keyRecord{
			{to: &k.Findings, keys: []string{"f"}, does: "findings, limits, advice", hint: "findings"},
			{to: &k.Space, keys: []string{"K"}, does: "space: what fills the database, by prefix",
				hint: "space"},
		}},
	}
}

func (k *keyMap) onEvents() []keyEntry {
	return []keyEntry{
		{"level, who, all", []keyRecord{
			{to: &k.LevelFilter, keys: []string{"l"}, does: "events of a level, worse", hint: "level",
				on: []page{pageEvents}},
			{to: &k.MemberFilter, keys: []string{"o"}, does: "events of one member", hint: "member",
				on: []page{pageEvents, pageCompare}},
			{to: &k.AllEvents, keys: []string{"x"}, does: "all events again", on: []page{pageEvents}},
		}},
		{"acknowledge, mute", []keyRecord{
			{to: &k.Ack, keys: []string{"a"}, does: "acknowledge an event, until it gets worse", hint: "acknowledge",
				on: []page{pageEvents}},
			{to: &k.Mute, keys: []string{"M"}, does: "mute the alerts of what an event is about", hint: "mute",
				on: []page{pageEvents}},
		}},
		{"write events", []keyRecord{
			{to: &k.Write, keys: []string{"w"}, does: "write events to a file", hint: "write", on: []page{pageEvents}},
		}},
	}
}

func (k *keyMap) timing() []keyEntry {
	return []keyEntry{
		{"pause the view", []keyRecord{
			{to: &k.Pause, keys: []string{" "}, names: []string{"space"}, does: "pause the view", hint: "pause"},
		}},
		{"a sweep back, on", []keyRecord{
			{to: &k.Earlier, keys: []string{"["}, does: "one sweep back", hint: "time"},
			{to: &k.Later, keys: []string{"]"}, does: "one sweep forward"},
		}},
		{"event or mark", []keyRecord{
			{to: &k.EventBefore, keys: []string{"{"}, does: "event or mark before", hint: "event"},
			{to: &k.EventAfter, keys: []string{"}"}, does: "next event or mark"},
		}},
		{"oldest, newest", []keyRecord{
			{to: &k.Oldest, keys: []string{"home"}, does: "the oldest moment kept", hint: "oldest, newest"},
			{to: &k.Live, keys: []string{"0", "end"}, does: "back to the newest"},
		}},
		{"shorter, longer", []keyRecord{
			{to: &k.WindowIn, keys: []string{"+", "="}, names: []string{"+"}, does: "shorter window: 24h to 1m",
				hint: "window"},
			{to: &k.WindowOut, keys: []string{"-", "_"}, names: []string{"-"}, does: "longer window: 1m to 24h"},
		}},
	}
}

func (k *keyMap) polling() []keyEntry {
	return []keyEntry{
		{"more, less often", []keyRecord{
			{to: &k.IntervalDown, keys: []string{"<", ","}, names: []string{"<"}, does: "poll more often, to 0.5s"},
			{to: &k.IntervalUp, keys: []string{">", "."}, names: []string{">"}, does: "poll less often, to 60s"},
		}},
		{"now", []keyRecord{
			{to: &k.Poll, keys: []string{"r"}, does: "poll now"},
		}},
		{"notify when worse", []keyRecord{
			{to: &k.Notify, keys: []string{"n"}, does: "ring and notify when something gets worse", hint: "notify"},
		}},
	}
}

func (k *keyMap) keeping() []keyEntry {
	return []keyEntry{
		{"mark, compare", []keyRecord{
			{to: &k.Mark, keys: []string{"m"}, does: "mark; announce an outage", hint: "mark"},
			{to: &k.Compare, keys: []string{"c"}, does: "before and after a mark, or minutes", hint: "compare"},
		}},
		{"copy, snapshot", []keyRecord{
			{to: &k.Copy, keys: []string{"y"}, does: "copy the selected (OSC 52)", hint: "copy"},
			{to: &k.Snapshot, keys: []string{"S"}, does: "snapshot: txt, svg, json", hint: "snapshot"},
		}},
	}
}

func (k *keyMap) appearance() []keyEntry {
	return []keyEntry{
		{"sort, filter", []keyRecord{
			{to: &k.Sort, keys: []string{"s"}, does: "sort the members", hint: "sort", on: []page{pageOverview}},
			{to: &k.Filter, keys: []string{"/"}, does: "filter, search", hint: "filter",
				on: []page{pageOverview, pageEvents}},
		}},
		{"columns", []keyRecord{
			{to: &k.Columns, keys: []string{"v"}, does: "choose the columns of the table", hint: "columns",
				on: []page{pageOverview}},
		}},
		{"chart, zoom it", []keyRecord{
			{to: &k.Chart, keys: []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, names: []string{"1..9"},
				does: "focus a chart", hint: "chart", on: []page{pageMember, pageZoom, pageOverview}},
			{to: &k.Zoom, keys: []string{"z"}, does: "zoom the focused chart", hint: "zoom",
				on: []page{pageMember, pageZoom, pageOverview}},
		}},
		{"read zoomed", []keyRecord{
			{to: &k.ReadEarlier, keys: []string{"left"}, does: "read an earlier column", hint: "read",
				on: []page{pageZoom}},
			{to: &k.ReadLater, keys: []string{"right"}, does: "read a later column", on: []page{pageZoom}},
		}},
		{"scale, units, UTC", []keyRecord{
			{to: &k.Scale, keys: []string{"Y"}, does: "y-scale: shared, own, log", hint: "y-scale"},
			{to: &k.Units, keys: []string{"u"}, does: "sizes by 1024 or 1000"},
			{to: &k.UTC, keys: []string{"T"}, does: "UTC or local time"},
		}},
		{"theme, glyphs", []keyRecord{
			{to: &k.Theme, keys: []string{"t"}, does: "theme: next of four"},
			{to: &k.Glyphs, keys: []string{"b"}, does: "block, braille, ascii"},
		}},
		{"present: redacted", []keyRecord{
			{to: &k.Present, keys: []string{"P"}, does: "present: large, redacted", hint: "present"},
		}},
	}
}

// whileTyping are the keys of a prompt and of the help, which say themselves what they do.
func (k *keyMap) whileTyping() []keyRecord {
	return []keyRecord{
		{to: &k.Enter, keys: []string{"enter"}, does: "take what was typed"},
		{to: &k.Cancel, keys: []string{"esc"}, does: "leave it"},
		{to: &k.Choose, keys: []string{"tab"}, does: "choose"},
		{to: &k.Longer, keys: []string{"up"}, names: []string{"up/down"}, does: "more, less"}, // for both, in one line
		{to: &k.Shorter, keys: []string{"down"}, does: "less"},
		{to: &k.Toggle, keys: []string{" "}, names: []string{"space"}, does: "in/out"},
		{to: &k.Close, keys: []string{"?", "esc"}, does: "close the help"},
	}
}
