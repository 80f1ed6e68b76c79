package matrix

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// operations are what a push in parts and a pull ask of the storage.
var operations = slices.Concat(reads, mutations)

var (
	reads     = []faultproxy.Op{faultproxy.Head, faultproxy.Get, faultproxy.List}
	mutations = []faultproxy.Op{
		faultproxy.Put, faultproxy.Create, faultproxy.Append, faultproxy.Copy, faultproxy.Delete, faultproxy.Batch,
	}
)

// foreigners are the answers that something in between may give to an operation: in the service's place, and
// instead of the service's own when the request has been carried out. The race detector has time for a
// third of them, others for each operation.
func foreigners(op faultproxy.Op) []faultproxy.Kind {
	kinds := faultproxy.Foreigners()
	if slices.Contains(mutations, op) {
		for i, status := range faultproxy.ForeignStatuses() {
			kinds = append(kinds, faultproxy.ForeignAfter(status, i%2 == 0 && status != http.StatusNoContent))
		}
	}
	if !registrytest.RaceEnabled() {
		return kinds
	}
	var third []faultproxy.Kind
	for i := slices.Index(operations, op) % 3; i < len(kinds); i += 3 {
		third = append(third, kinds[i])
	}
	return third
}

const (
	layerSize = 6 << 10 // bytes

	// notTheService is what is said of a foreign answer.
	notTheService = "something in between answers in the service's place"
)

// A push and a pull survive one foreign answer, whatever it is to: the right bytes are stored, and given back.
func TestOneForeignAnswer(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{InMemory: true})
	var cells atomic.Int32
	t.Cleanup(func() { t.Logf("%d cells", cells.Load()) })
	for _, op := range operations {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t, server, patient)
			for _, kind := range foreigners(op) {
				cells.Add(1)
				r.survivesOne(t, faultproxy.Fault{Op: op, Kind: kind}, "foreign/once")
			}
			require.Len(t, r.Digests(t), len(foreigners(op)))
		})
	}
}

// Without end, a push or a pull may fail. It then is the registry's failure, with the cause in the log, and
// nothing is said to be absent, or stored; and all is well as soon as the service answers again.
func TestForeignAnswersWithoutEnd(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{InMemory: true})
	var cells, failed atomic.Int32
	t.Cleanup(func() { t.Logf("%d cells, %d pushes or pulls failed", cells.Load(), failed.Load()) })
	for _, op := range operations {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t, server, hasty)
			there := registrytest.Random(t.Name(), layerSize)
			r.requirePushed(t, "foreign/there", there)
			for i, kind := range foreigners(op) {
				cells.Add(1)
				repository := fmt.Sprintf("foreign/%s-%d", strings.ToLower(string(op)), i)
				content := registrytest.Random(repository, layerSize)
				logged := failures.count()
				armed, pushed, pulled := r.withoutEnd(t, faultproxy.Fault{Op: op, Kind: kind}, repository, content, "foreign/there", there)
				if pushed != nil {
					failed.Add(1)
					requireCause(t, armed+": push", pushed, notTheService, logged, repository, digest.FromBytes(content).Encoded())
				} else {
					require.NoError(t, r.pull(t.Context(), repository, content), "%v: acknowledged", armed)
				}
				if pulled != nil {
					failed.Add(1)
					requireCause(t, armed+": pull", pulled, notTheService, logged, digest.FromBytes(there).Encoded())
				}
			}
			require.NotEmpty(t, r.Digests(t))
			r.requirePushed(t, "foreign/after", registrytest.Random(t.Name()+"after", layerSize))
			require.NoError(t, r.pull(t.Context(), "foreign/there", there))
		})
	}
}

// requireCause demands that a failure is the registry's own, and that a line of the log after the first so many
// has the cause and one of the names.
func requireCause(t *testing.T, where string, err error, cause string, logged int, names ...string) {
	t.Helper()
	var answer *statusError
	switch {
	case errors.Is(err, errWrongBytes):
		t.Errorf("%s: %v", where, err)
	case errors.As(err, &answer) && answer.status < http.StatusInternalServerError:
		t.Errorf("%s: the client is told that it is wrong: %v", where, err)
	}
	if !failures.have(logged, cause, names...) {
		t.Errorf("%s: %v, and the log doesn't say why", where, err)
	}
}
