package tui

import "testing"

// memberScreens are the screens of the member's page and of its charts.
func memberScreens(t testing.TB) map[string]model {
	t.Helper()
	scenario := func(name string) model { return feed(t, newTestModel(t, nil), scenarios()[name], 80, 24) }
	return map[string]model{
		"member-healthy":   press(t, scenario("healthy"), "enter"),
		"member-slow-disk": press(t, scenario("slow-disk"), "j", "j", "enter"),
		"member-down":      press(t, scenario("one-down"), "j", "enter"),
		"zoom":             press(t, scenario("slow-disk"), "j", "j", "enter", "z", "left", "left"),
	}
}
