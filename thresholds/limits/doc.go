// Package limits is the configuration of the rules in package thresholds: the limits that a user may set.
//
// [Configure] reads the entries of `thresholds:` in a YAML configuration, checks them against the rules, and reports
// every mistake with its place and what is allowed. [Write] writes rules as such entries. [SetCritical] sets one limit
// from elsewhere, such as an environment variable. Nothing here judges.
package limits
