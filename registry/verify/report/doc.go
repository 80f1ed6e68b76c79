// Package report shows findings and progress on the command line: a table for
// people, JSON lines for programs, a progress bar on a terminal and plain lines
// elsewhere.
package report
