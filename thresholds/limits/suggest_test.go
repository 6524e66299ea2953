package limits

import "testing"

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"db-growth", "db-quota", "wal-fsync-slow", "backend-commit-slow"}
	for word, want := range map[string]string{
		"wal-fsync": "wal-fsync-slow", "db-qouta": "db-quota", "backend-comit-slow": "backend-commit-slow",
		"growth": "db-growth",
	} {
		if got := Nearest(word, names); len(got) == 0 || got[0] != want {
			t.Errorf("nearest to %s: %s, want %s", word, got, want)
		}
	}
	for word, not := range map[string]string{"NAME": "AGE", "bogus1": "mouse", "x": "can-lose-max"} {
		if got := Nearest(word, []string{not}); len(got) != 0 {
			t.Errorf("%s is near %s", got, word)
		}
	}
	if got := Suggest("foo", names); got != "etcdoc config lists those there are" {
		t.Errorf("nothing is near, and it says %q", got)
	}
}
