package neighbours

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// throttled is how long an account over its limits turns everything away.
const throttled = time.Minute

// The service turns everything away for a minute, and says when to come back. Pushes under way and
// those that begin meanwhile succeed, at the default configuration.
func TestThrottlingPasses(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]faultproxy.Kind{
		"503": faultproxy.ServerBusyBefore, "429": faultproxy.TooManyRequestsBefore,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLaboratory(t, nil)
			armed := l.Arm(faultproxy.Fault{Kind: kind, Skip: 10, Times: forever})
			pushed := make(chan error, 1)
			go func() { pushed <- l.push(t, "patient") }()
			require.NoError(t, armed.Wait(t.Context()))
			select {
			case err := <-pushed:
				require.NoError(t, err, "the push did not wait")
				t.Fatal("the push ended while everything was turned away")
			case <-time.After(throttled):
			}
			l.Disarm()
			require.NoError(t, <-pushed)
			l.requireBlob(t, "neighbours", layerOf("patient"))
		})
	}
}

// Throttling that outlasts the budget ends in an error that says so.
func TestThrottlingWithoutEnd(t *testing.T) {
	t.Parallel()
	l := newLaboratory(t, registrytest.Section{"retry_budget": "4s"})
	armed := l.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.ServerBusyBefore, Times: forever})
	err := l.push(t, "hopeless")
	require.Positive(t, armed.Struck())
	l.requireRefused(t, err, `msg="append failed"`, "level=error", "gave up after", "append block", "503 Service Unavailable (ServerBusy)")
	l.Disarm()
	l.requireWorks(t)
}
