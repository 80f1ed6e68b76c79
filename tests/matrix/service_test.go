package matrix

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// oddities are what a service, a proxy or somebody else's program may do beside failing. Each passes.
var oddities = []faultproxy.Kind{
	faultproxy.Delayed(50 * time.Millisecond), faultproxy.NoLength, faultproxy.WrongMD5, faultproxy.NoContentIDs,
	faultproxy.Scanned, faultproxy.StallMidBody, faultproxy.SnapshotsPresent, faultproxy.PendingCopyOperation,
	faultproxy.CannotVerifyCopySource(500), faultproxy.RetryAfter("soon"), faultproxy.RetryAfter("-1"),
	faultproxy.RetryAfter("Fri, 31 Dec 1999 23:59:59 GMT"), faultproxy.Unanswered(faultproxy.Twice),
}

func TestOneOddity(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{InMemory: true})
	for _, op := range operations {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t, server, patient.With(registrytest.Section{"try_timeout": "1s"}))
			for _, kind := range oddities {
				if !strikes(kind, op) {
					continue
				}
				r.survivesOne(t, faultproxy.Fault{Op: op, Kind: kind}, "odd/once")
			}
			require.NotEmpty(t, r.Digests(t))
		})
	}
}

// strikes reports whether a push or a pull meets this kind at this operation.
func strikes(kind faultproxy.Kind, op faultproxy.Op) bool {
	if kind.String() == faultproxy.StallMidBody.String() {
		return op == faultproxy.Append || op == faultproxy.Put || op == faultproxy.Batch // the others have no body
	}
	return kind.Strikes(op)
}

// refusals are the service's own, with their code.
var refusals = []faultproxy.Kind{
	faultproxy.LeaseIDMissing, faultproxy.BlobImmutable, faultproxy.BlobArchived, faultproxy.PermissionMismatch,
	faultproxy.KeysOff, faultproxy.CannotVerifyCopySource(403),
}

// code is the service's for a refusal.
func code(kind faultproxy.Kind) string {
	name, _, _ := strings.Cut(kind.String(), "(")
	return name
}

// A refusal may fail a push or a pull; the log has the service's code, and the next push succeeds.
func TestRefusalsAreNamed(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{InMemory: true})
	for _, op := range operations {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			r := newRegistry(t, server, hasty)
			there := registrytest.Random(t.Name(), layerSize)
			r.requirePushed(t, "refused/there", there)
			for i, kind := range refusals {
				if !kind.Strikes(op) {
					continue
				}
				repository := fmt.Sprintf("refused/%s-%d", strings.ToLower(string(op)), i)
				content := registrytest.Random(repository, layerSize)
				logged := failures.count()
				armed, pushed, pulled := r.withoutEnd(t, faultproxy.Fault{Op: op, Kind: kind}, repository, content, "refused/there", there)
				if pushed != nil {
					requireCause(t, armed+": push", pushed, code(kind), logged, repository, digest.FromBytes(content).Encoded())
				}
				if pulled != nil {
					requireCause(t, armed+": pull", pulled, code(kind), logged, digest.FromBytes(there).Encoded())
				}
				r.requirePushed(t, repository, content)
			}
			r.Digests(t)
		})
	}
}

// What is refused without end isn't deleted, and what is alive stays.
func TestCollectionUnderRefusals(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{InMemory: true})
	for op, garbage := range asked {
		t.Run(string(op), func(t *testing.T) {
			t.Parallel()
			c := newCollection(t, server, hasty)
			for _, kind := range refusals {
				if !kind.Strikes(op) {
					continue
				}
				c.litter(t, fmt.Sprint(op, kind), garbage)
				c.fails(t, faultproxy.Fault{Op: op, Kind: kind}, code(kind))
			}
		})
	}
}
