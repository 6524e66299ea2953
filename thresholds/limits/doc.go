// Package limits is the configuration of the rules in package thresholds: what a user may write in place of their
// limits.
//
// [Configure] reads the entries of `thresholds:` in a YAML configuration, holds them against the rules, and says of
// every mistake where it is and what is allowed. [Write] writes rules as such entries. [SetCritical] sets one limit
// from elsewhere, such as an environment variable. Nothing here judges.
package limits
