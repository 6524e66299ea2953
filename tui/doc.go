// Package tui is the dashboard: it shows, in a terminal, what the evaluator says about every sweep.
//
// It judges nothing. Levels, verdicts and words of cause come from a [thresholds.Assessment], limits from
// [thresholds.Rules]; theme.go maps levels to a word and a colour, and is the only place with styles.
//
// The model is a Bubble Tea model with value receivers. The program's event loop owns it, and through it the
// evaluator: Update calls Observe, which touches memory only. Everything that waits runs as a command under the
// program's context, and [Run] waits for it before it returns. Time is a cursor into history: what is on the
// screen is the snapshot under the cursor, which follows the newest sweep unless the view is paused.
//
// A frame is made of lines that are exactly as wide as the window, exactly as many as it is high. Panes are
// pure functions of the model; each page's layout shares out its rectangles.
package tui
