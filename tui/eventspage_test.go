package tui

import "testing"

// eventScreens are the screens of the events page.
func eventScreens(t testing.TB) map[string]model {
	t.Helper()
	oneDown := press(t, feed(t, newTestModel(t, nil), scenarios()["one-down"], 1, 1), "e")
	slow := press(t, feed(t, newTestModel(t, nil), scenarios()["slow-disk"], 1, 1), "e")
	return map[string]model{
		"events":          oneDown,
		"events-filtered": press(t, slow, "l", "l", "/", "f", "s", "y", "n", "c"),
	}
}
