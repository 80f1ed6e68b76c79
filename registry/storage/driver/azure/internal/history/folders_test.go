package history

import "testing"

func TestFolders(t *testing.T) {
	stored := []Change{
		{Path: "/f/a/x", State: blob("1")},
		{Path: "/f/b", State: blob("2")},
		{Path: "/g", State: blob("3")},
	}
	list := func(outcome Outcome, names ...string) Operation {
		return Operation{Kind: List, Path: "/f", Call: 1 * at, Return: 3 * at, Outcome: outcome, Names: names}
	}
	stat := func(path string, outcome Outcome, folder bool) Operation {
		return Operation{Kind: Stat, Path: path, Call: 1 * at, Return: 3 * at, Outcome: outcome, Folder: folder, Size: 1}
	}
	judge(t, []verdict{
		{name: "listed", changes: stored, operations: []Operation{list(OK, "/f/a", "/f/b")}},
		{name: "misses a folder", changes: stored, operations: []Operation{list(OK, "/f/b")}, broken: []string{"a listing misses what is stored"}},
		{name: "invents", changes: stored, operations: []Operation{list(OK, "/f/a", "/f/b", "/f/c")}, broken: []string{"a listing shows what was never stored"}},
		{
			name: "may miss what comes meanwhile", operations: []Operation{
				list(OK, "/f/a", "/f/b"), {Kind: Put, Path: "/f/c", Data: []byte("4"), Call: 1 * at, Return: 3 * at, Outcome: OK},
			},
			changes: append(stored[:3:3], Change{At: 2 * at, Path: "/f/c", State: blob("4")}),
		},
		{name: "stat", changes: stored, operations: []Operation{stat("/g", OK, false), stat("/f", OK, true)}},
		{name: "stat misses", changes: stored, operations: []Operation{stat("/g", NotFound, false)}, broken: []string{missed}},
		{name: "stat misses a folder", changes: stored, operations: []Operation{stat("/f", NotFound, false)}, broken: []string{missed}},
		{name: "stat invents a folder", changes: stored, operations: []Operation{stat("/h", OK, true)}, broken: []string{"a folder without content"}},
		{name: "stat of another size", changes: stored, operations: []Operation{
			{Kind: Stat, Path: "/g", Call: 1 * at, Return: 3 * at, Outcome: OK, Size: 2},
		}, broken: []string{never}},
		{
			name:       "folder deleted",
			operations: []Operation{{Kind: Delete, Path: "/f", Call: 1 * at, Return: 4 * at, Outcome: OK}},
			changes:    append(stored[:3:3], Change{At: 2 * at, Path: "/f/a/x"}, Change{At: 3 * at, Path: "/f/b"}),
		},
		{
			name:       "folder not wholly deleted",
			operations: []Operation{{Kind: Delete, Path: "/f", Call: 1 * at, Return: 4 * at, Outcome: OK}},
			changes:    append(stored[:3:3], Change{At: 2 * at, Path: "/f/a/x"}),
			broken:     []string{noEffect},
		},
		{
			name:       "a neighbour deleted",
			operations: []Operation{{Kind: Delete, Path: "/f", Call: 1 * at, Return: 4 * at, Outcome: Failed}},
			changes:    append(stored[:3:3], Change{At: 2 * at, Path: "/g"}),
			broken:     []string{unasked},
		},
	})
}
