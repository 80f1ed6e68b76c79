package history

import (
	"testing"
	"time"
)

// session is an operation of an upload of "abcdef" to /a.
func session(kind Kind, call, end time.Duration, offered, size int64, outcome Outcome) Operation {
	return Operation{
		Kind: kind, Path: "/a", Call: call, Return: end, Outcome: outcome,
		Data: []byte("abcdef"), Offered: offered, Size: size,
	}
}

func TestUploads(t *testing.T) {
	created := becomes(2*at, blob(""))
	begin := session(Open, 1*at, 3*at, 0, 0, OK)
	judge(t, []verdict{
		{
			name: "in two requests",
			operations: []Operation{
				begin, session(Write, 3*at, 3*at, 2, 2, OK), session(Close, 3*at, 5*at, 2, 2, OK),
				session(Resume, 6*at, 7*at, 2, 2, OK), session(Write, 7*at, 7*at, 6, 6, OK), session(Commit, 7*at, 9*at, 6, 6, OK),
			},
			changes: []Change{created, becomes(4*at, blob("ab")), becomes(8*at, blob("abcdef"))},
		},
		{
			name:       "a block stored twice",
			operations: []Operation{begin, session(Write, 3*at, 3*at, 4, 4, OK), session(Commit, 3*at, 9*at, 4, 4, Failed)},
			changes:    []Change{created, becomes(4*at, blob("ab")), becomes(5*at, blob("abab"))},
			broken:     []string{unasked},
		},
		{
			name:       "more than was written",
			operations: []Operation{begin, session(Write, 3*at, 3*at, 2, 2, OK)},
			changes:    []Change{created, becomes(4*at, blob("abc"))},
			broken:     []string{unasked},
		},
		{
			name:       "committed, but not all of it",
			operations: []Operation{begin, session(Write, 3*at, 3*at, 4, 4, OK), session(Commit, 3*at, 9*at, 4, 4, OK)},
			changes:    []Change{created, becomes(4*at, blob("ab"))},
			broken:     []string{noEffect},
		},
		{
			name:       "committed, and something behind it",
			operations: []Operation{begin, session(Write, 3*at, 3*at, 6, 0, Failed), session(Commit, 5*at, 9*at, 2, 2, OK)},
			changes:    []Change{created, becomes(4*at, blob("abcdef"))},
			broken:     []string{noEffect},
		},
		{
			name:       "closed, and a larger block of an earlier request landed late",
			operations: []Operation{begin, session(Write, 3*at, 3*at, 6, 0, Failed), session(Close, 5*at, 9*at, 2, 2, OK)},
			changes:    []Change{created, becomes(6*at, blob("abcdef"))},
		},
		{
			name: "wiped by a late create",
			operations: []Operation{
				session(Open, 1*at, 2*at, 0, 0, Failed), session(Open, 3*at, 5*at, 0, 0, OK),
				session(Write, 5*at, 5*at, 2, 2, OK), session(Close, 5*at, 7*at, 2, 2, OK),
			},
			changes: []Change{becomes(4*at, blob("")), becomes(6*at, blob("ab")), becomes(9*at, blob(""))},
			broken:  []string{undid},
		},
		{
			name:       "a late append lands after the writer gave up",
			operations: []Operation{begin, session(Write, 3*at, 3*at, 2, 2, OK), session(Close, 3*at, 5*at, 2, 0, Failed)},
			changes:    []Change{created, becomes(9*at, blob("ab"))},
		},
		{
			name:       "claims more than is stored",
			operations: []Operation{begin, session(Write, 3*at, 3*at, 4, 4, OK), session(Close, 3*at, 5*at, 4, 4, Failed)},
			changes:    []Change{created, becomes(4*at, blob("ab"))},
			broken:     []string{"a writer claims bytes that aren't stored"},
		},
		{
			name:       "resumed behind the end",
			operations: []Operation{begin, session(Resume, 4*at, 5*at, 0, 3, OK)},
			changes:    []Change{created},
			broken:     []string{"an upload resumed at a wrong size"},
		},
		{
			name:       "cancelled",
			operations: []Operation{begin, session(Cancel, 4*at, 6*at, 0, 0, OK)},
			changes:    []Change{created, becomes(5*at, nothing)},
		},
	})
}
