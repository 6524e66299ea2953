// Package noquery keeps bubbletea from asking the terminal for its background colour. Bubbletea does so before main
// runs, for every command of a program that it is linked into, and waits seconds for terminals that do not answer, such
// as serial consoles. It does not ask a terminal that calls itself dumb; so this package says that for a moment.
//
// That moment is right because Go initialises packages in the order of their import paths, each as soon as what it
// imports is initialised (the language specification, "Program initialization"): this one imports os alone and comes
// before github.com/muesli/termenv, which bubbletea needs.
package noquery

import "os"

var term, named = hide()

func hide() (term string, named bool) {
	if term, named = os.LookupEnv("TERM"); named {
		_ = os.Setenv("TERM", "dumb") // it fails for names and values that this is none of
	}
	return term, named
}

// Over gives TERM back what it said. It is called when bubbletea has been initialised, and may be called again.
func Over() bool {
	if named {
		_ = os.Setenv("TERM", term)
	}
	return true
}
