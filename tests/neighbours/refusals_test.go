package neighbours

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// forever is the Times of a fault that doesn't stop.
const forever = -1

// denials are what Azure says to a request that it doesn't believe.
var denials = map[string]faultproxy.Reply{
	"the key is another since": {Status: http.StatusForbidden, Code: "AuthenticationFailed",
		Message: "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."},
	"the clock is an hour off": {Status: http.StatusForbidden, Code: "AuthenticationFailed",
		Message: "Request date header too old: 'Sun, 06 Nov 1994 08:49:37 GMT'"},
	"the role was taken away": {Status: http.StatusForbidden, Code: "AuthorizationPermissionMismatch",
		Message: "This request is not authorized to perform this operation using this permission."},
}

// Access goes away between two blocks of a layer. The push fails at once: no patience helps.
func TestCredentialsRevokedHalfWay(t *testing.T) {
	t.Parallel()
	for why, denial := range denials {
		t.Run(why, func(t *testing.T) {
			t.Parallel()
			l := newLaboratory(t, registrytest.Section{"chunksize": 4 * mebibyte})
			first := l.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.Answer(denial), Skip: 1, Times: forever})
			err := l.push(t, "half")
			require.Positive(t, first.Struck())
			l.requireRefused(t, err, `msg="append failed"`, "level=error", "append block", "403 Forbidden ("+denial.Code+")", "service request id")
			require.NotContains(t, l.registry.Log.String(), "gave up after", "a refusal was tried again")

			l.Disarm()
			l.Arm(faultproxy.Fault{Kind: faultproxy.Answer(denial), Times: forever})
			l.requireRefused(t, l.push(t, "not at all"), "level=error", "403 Forbidden ("+denial.Code+")")

			l.Disarm()
			l.requireWorks(t)
		})
	}
}

// A storage that is full says so, and the push fails when the budget is spent.
func TestFullStorage(t *testing.T) {
	t.Parallel()
	for name, full := range map[string]faultproxy.Reply{
		"500": {Status: http.StatusInternalServerError, Code: "InternalError"},
		"507": {Status: http.StatusInsufficientStorage, Code: "InsufficientStorage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLaboratory(t, registrytest.Section{"retry_budget": "3s"})
			armed := l.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.Answer(full), Times: forever})
			err := l.push(t, "too much")
			require.Positive(t, armed.Struck())
			l.requireRefused(t, err, `msg="append failed"`, "level=error", "gave up after", "append block", http.StatusText(full.Status))

			l.Disarm()
			l.requireWorks(t)
		})
	}
}

// The emulator itself has no room for a layer.
func TestFullEmulator(t *testing.T) {
	t.Parallel()
	server := azurite.ForTest(t, azurite.Options{InMemory: true, MemoryLimit: 6 * mebibyte})
	storage := registrytest.StorageOn(t, server)
	l := &laboratory{storage, registrytest.Start(t, registrytest.Options{Azure: storage.Azure(registrytest.Section{"retry_budget": "3s"})})}
	l.requireRefused(t, l.push(t, "more than there is room for"), `msg="append failed"`, "level=error", "append block")
}
