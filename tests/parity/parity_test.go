package parity

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

var (
	binary = flag.String("parity.binary", "", "run against this registry instead of ours")
	report = flag.String("parity.report", "", "write what became of each case to this file, as JSON")
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", parallel); err != nil {
		panic(err)
	}
	registrytest.MainOn(m, *binary)
}

// parallel is how many cases run at a time: most of them wait.
const parallel = "12"

// report's rows.
type row struct {
	Case, Source string
	OK           bool
	Never        bool // the binary makes no such request
	Seconds      float64
}

// reported is one report, or one kind of them.
type reported struct {
	name   string // what happens, and what has to come of it
	source string // an issue, a REST page
	ours   bool   // upstream's driver makes no such request, or has no such setting
	run    func(*lab)
}

var cases = slices.Concat(appendCases, foreignCases, collectionCases, slowCases, copyCases, readCases, accountCases,
	identityCases, uploadCases, answerCases, startCases)

func TestParity(t *testing.T) {
	var mu sync.Mutex
	var rows []row
	t.Cleanup(func() { write(t, rows) })
	// No case's time goes into building the binary and starting the server.
	registrytest.Command(t, nil)
	registrytest.NewStorage(t)
	names := map[string]bool{}
	for _, c := range cases {
		require.False(t, names[c.name], "two cases %q", c.name)
		names[c.name] = true
		if c.ours && *binary != "" {
			rows = append(rows, row{Case: c.name, Source: c.source, Never: true})
			continue
		}
		t.Run(strings.ReplaceAll(c.name, "/", "|"), func(t *testing.T) {
			t.Parallel()
			l := &lab{T: t}
			t.Cleanup(func() {
				mu.Lock()
				defer mu.Unlock()
				rows = append(rows, row{Case: c.name, Source: c.source, OK: !t.Failed(), Seconds: l.seconds()})
			})
			l.begin()
			c.run(l)
		})
	}
}

// The table of the last run has every case, and no other, in order.
func TestTableHasEveryCase(t *testing.T) {
	page, err := os.ReadFile("../../docs/parity.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "|---|---|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	var listed, want []string
	for line := range strings.Lines(table) {
		fields := strings.Split(line, " | ")
		listed = append(listed, strings.TrimSuffix(strings.TrimPrefix(fields[0], "| "), " *"))
	}
	for _, c := range cases {
		want = append(want, c.name)
	}
	require.Equal(t, want, listed)
}

func write(t *testing.T, rows []row) {
	t.Helper()
	if *report == "" {
		return
	}
	order := map[string]int{}
	for i, c := range cases {
		order[c.name] = i
	}
	slices.SortFunc(rows, func(a, b row) int { return order[a.Case] - order[b.Case] })
	text, err := json.Marshal(rows)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(*report, text, 0o600))
}
