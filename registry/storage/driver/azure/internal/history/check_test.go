package history

import (
	"testing"
	"time"
)

// at is a second of the run.
const at = time.Second

// blob, nothing and half are states.
func blob(content string) State {
	return State{Present: true, Complete: true, Data: []byte(content)}
}

var (
	nothing = State{}
	half    = State{Present: true}
)

// becomes is a change of /a.
func becomes(when time.Duration, s State) Change { return Change{At: when, Path: "/a", State: s} }

// put and the rest are operations on /a that begin and end at the given times.
func put(call, end time.Duration, content string, outcome Outcome) Operation {
	return Operation{Kind: Put, Path: "/a", Call: call, Return: end, Outcome: outcome, Data: []byte(content)}
}

func get(call, end time.Duration, content string, outcome Outcome) Operation {
	return Operation{Kind: Get, Path: "/a", Call: call, Return: end, Outcome: outcome, Data: []byte(content)}
}

func remove(call, end time.Duration, outcome Outcome) Operation {
	return Operation{Kind: Delete, Path: "/a", Call: call, Return: end, Outcome: outcome}
}

// verdict is a history and the rules it breaks.
type verdict struct {
	name       string
	operations []Operation
	changes    []Change
	broken     []string
}

// judge checks histories one by one.
func judge(t *testing.T, verdicts []verdict) {
	t.Helper()
	for _, v := range verdicts {
		t.Run(v.name, func(t *testing.T) {
			violations := Check(History{Operations: v.operations, Changes: v.changes})
			if len(violations) != len(v.broken) {
				t.Fatalf("got %d violations, want %d: %v", len(violations), len(v.broken), violations)
			}
			for i, rule := range v.broken {
				if violations[i].Rule != rule {
					t.Errorf("violation %d: %s, want %s", i, violations[i], rule)
				}
			}
		})
	}
}

const (
	unasked  = "a change that nobody asked for"
	undid    = "something late undid something newer"
	noEffect = "an acknowledged operation had no effect"
	never    = "a read gave what was never stored"
	missed   = "a read missed what is stored"
)

func TestPutAndDelete(t *testing.T) {
	judge(t, []verdict{
		{
			name:       "put, overwritten, deleted",
			operations: []Operation{put(1*at, 3*at, "x", OK), put(4*at, 6*at, "y", OK), remove(7*at, 9*at, OK)},
			changes:    []Change{becomes(2*at, blob("x")), becomes(5*at, blob("y")), becomes(8*at, nothing)},
		},
		{
			name:       "two puts at the same time, in the other order",
			operations: []Operation{put(1*at, 6*at, "x", OK), put(2*at, 4*at, "y", OK)},
			changes:    []Change{becomes(3*at, blob("y")), becomes(5*at, blob("x"))},
		},
		{
			name:       "the same content put again, nothing written",
			operations: []Operation{put(1*at, 3*at, "x", OK), put(4*at, 6*at, "x", OK)},
			changes:    []Change{becomes(2*at, blob("x"))},
		},
		{
			name:       "acknowledged, never stored",
			operations: []Operation{put(1*at, 3*at, "x", OK)},
			broken:     []string{noEffect},
		},
		{
			name:       "acknowledged before it was stored",
			operations: []Operation{put(1*at, 3*at, "x", OK)},
			changes:    []Change{becomes(4*at, blob("x"))},
			broken:     []string{noEffect},
		},
		{
			name:    "stored by nobody",
			changes: []Change{becomes(4*at, blob("x"))},
			broken:  []string{unasked},
		},
		{
			name:       "other bytes than were put",
			operations: []Operation{put(1*at, 3*at, "x", Failed)},
			changes:    []Change{becomes(2*at, blob("y"))},
			broken:     []string{unasked},
		},
		{
			name:       "acknowledged delete left it",
			operations: []Operation{remove(1*at, 3*at, OK)},
			changes:    []Change{becomes(0, blob("x"))},
			broken:     []string{noEffect},
		},
		{
			name:       "delete of what was replaced meanwhile",
			operations: []Operation{remove(1*at, 4*at, OK), put(2*at, 4*at, "y", OK)},
			changes:    []Change{becomes(0, blob("x")), becomes(3*at, blob("y"))},
		},
		{
			name:       "an acknowledged write lost",
			operations: []Operation{put(1*at, 3*at, "x", OK)},
			changes:    []Change{becomes(2*at, blob("x")), becomes(4*at, nothing)},
			broken:     []string{unasked},
		},
	})
}

func TestLateEffects(t *testing.T) {
	judge(t, []verdict{
		{
			name:       "a failed put lands late, nothing newer",
			operations: []Operation{put(1*at, 3*at, "x", OK), put(4*at, 5*at, "y", Failed)},
			changes:    []Change{becomes(2*at, blob("x")), becomes(9*at, blob("y"))},
		},
		{
			name:       "a failed put lands after a newer one was acknowledged",
			operations: []Operation{put(1*at, 3*at, "old", Failed), put(4*at, 6*at, "new", OK)},
			changes:    []Change{becomes(5*at, blob("new")), becomes(9*at, blob("old"))},
			broken:     []string{undid},
		},
		{
			name:       "a failed put lands while the newer one is under way, before it",
			operations: []Operation{put(1*at, 3*at, "old", Failed), put(4*at, 7*at, "new", OK)},
			changes:    []Change{becomes(5*at, blob("old")), becomes(6*at, blob("new"))},
		},
		{
			name:       "a failed put lands while the newer one is under way, after it",
			operations: []Operation{put(1*at, 3*at, "old", Failed), put(4*at, 7*at, "new", OK)},
			changes:    []Change{becomes(5*at, blob("new")), becomes(6*at, blob("old"))},
			broken:     []string{undid},
		},
		{
			name:       "a failed put lands after one that was under way at the same time",
			operations: []Operation{put(1*at, 5*at, "old", Failed), put(4*at, 7*at, "new", OK)},
			changes:    []Change{becomes(6*at, blob("new")), becomes(9*at, blob("old"))},
		},
		{
			name:       "a failed delete takes what was put again since",
			operations: []Operation{remove(1*at, 3*at, Failed), put(4*at, 6*at, "x", OK)},
			changes:    []Change{becomes(0, blob("x")), becomes(9*at, nothing)},
			broken:     []string{undid},
		},
		{
			name:       "a failed put lands under a delete, which then leaves it alone",
			operations: []Operation{put(1*at, 3*at, "late", Failed), remove(4*at, 8*at, OK)},
			changes:    []Change{becomes(0, blob("x")), becomes(6*at, blob("late"))},
		},
		{
			name:       "an acknowledged put is carried out again over a newer one",
			operations: []Operation{put(1*at, 3*at, "old", OK), put(4*at, 6*at, "new", OK)},
			changes:    []Change{becomes(2*at, blob("old")), becomes(5*at, blob("new")), becomes(9*at, blob("old"))},
			broken:     []string{unasked},
		},
		{
			name:       "a create is carried out again where nothing is",
			operations: []Operation{put(1*at, 3*at, "x", OK), remove(4*at, 6*at, OK)},
			changes:    []Change{becomes(2*at, blob("x")), becomes(5*at, nothing), becomes(9*at, blob("x"))},
		},
		{
			name:       "a put deletes an append blob of old to make room",
			operations: []Operation{put(1*at, 4*at, "x", OK)},
			changes: []Change{
				becomes(0, State{Present: true, Complete: true, Append: true, Data: []byte("old")}),
				becomes(2*at, nothing), becomes(3*at, blob("x")),
			},
			broken: []string{"a change that nobody asked for"},
		},
		{
			name:       "a put replaces an append blob of old by a copy",
			operations: []Operation{put(1*at, 4*at, "x", OK)},
			changes: []Change{
				becomes(0, State{Present: true, Complete: true, Append: true, Data: []byte("old")}),
				becomes(2*at, State{Present: true}), becomes(3*at, blob("x")),
			},
		},
	})
}

func TestGet(t *testing.T) {
	two := []Change{becomes(0, blob("aaaa")), becomes(5*at, blob("bbbb"))}
	writer := put(4*at, 6*at, "bbbb", OK)
	judge(t, []verdict{
		{name: "before", changes: two, operations: []Operation{writer, get(1*at, 2*at, "aaaa", OK)}},
		{name: "either, while it changes", changes: two, operations: []Operation{writer, get(4*at, 6*at, "aaaa", OK), get(4*at, 6*at, "bbbb", OK)}},
		{name: "after", changes: two, operations: []Operation{writer, get(7*at, 8*at, "bbbb", OK)}},
		{name: "stale", changes: two, operations: []Operation{writer, get(7*at, 8*at, "aaaa", OK)}, broken: []string{never}},
		{name: "a mixture", changes: two, operations: []Operation{writer, get(4*at, 6*at, "aabb", OK)}, broken: []string{never}},
		{name: "torn", changes: two, operations: []Operation{writer, get(4*at, 6*at, "aa", OK)}, broken: []string{never}},
		{name: "broken off", changes: two, operations: []Operation{writer, get(4*at, 6*at, "aa", Failed)}},
		{name: "a mixture, broken off", changes: two, operations: []Operation{writer, get(4*at, 6*at, "aab", Failed)}, broken: []string{never}},
		{name: "missed", changes: two, operations: []Operation{writer, get(4*at, 6*at, "", NotFound)}, broken: []string{missed}},
		{
			name: "from an offset", changes: two[:1],
			operations: []Operation{{Kind: Get, Path: "/a", Call: 1 * at, Return: 2 * at, Outcome: OK, Offset: 3, Data: []byte("a")}},
		},
	})
}

func TestUnfinishedCopyIsNotThere(t *testing.T) {
	move := Operation{Kind: Move, Path: "/from", To: "/a", Call: 1 * at, Return: 5 * at, Outcome: OK, Data: []byte("x")}
	from := []Change{{At: 0, Path: "/from", State: blob("x")}, {At: 4 * at, Path: "/from"}}
	judge(t, []verdict{
		{
			name:       "moved",
			operations: []Operation{move, get(2*at, 2*at, "", NotFound), get(6*at, 7*at, "x", OK)},
			changes:    append(from, becomes(1*at, half), becomes(3*at, blob("x"))),
		},
		{
			name:       "visible while it was pending",
			operations: []Operation{move, get(2*at, 2*at, "", OK)},
			changes:    append(from, becomes(1*at, half), becomes(3*at, blob("x"))),
			broken:     []string{never},
		},
		{
			name:       "acknowledged although it failed",
			operations: []Operation{move},
			changes:    append(from, becomes(1*at, half)),
			broken:     []string{noEffect},
		},
		{
			name:       "source still there",
			operations: []Operation{move},
			changes:    []Change{from[0], becomes(3*at, blob("x"))},
			broken:     []string{noEffect},
		},
		{
			name:       "over what was the same",
			operations: []Operation{move},
			changes:    append(from, becomes(0, blob("x")), becomes(2*at, half), becomes(3*at, blob("x"))),
			broken:     []string{unasked},
		},
		{
			name:       "over something else",
			operations: []Operation{move},
			changes:    append(from, becomes(0, blob("y")), becomes(2*at, half), becomes(3*at, blob("x"))),
		},
	})
}
