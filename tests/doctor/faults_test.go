package doctor

import (
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/azurite"
	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	azure "github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/doctor"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// struck is a storage whose answers are those of a fault, always.
type struck struct {
	fault faultproxy.Fault
	broken
}

func reply(status int, code string) faultproxy.Kind {
	return faultproxy.Answer(faultproxy.Reply{Status: status, Code: code, Message: code})
}

var struckStorage = map[string]struck{
	"throttled": {
		faultproxy.Fault{Kind: faultproxy.ServerBusyBefore},
		broken{name: "service", says: []string{"503", "throttled", "retry_budget: 10m"}},
	},
	"throttled for writes": {
		faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.RetryAfter("1")},
		broken{name: "right to append", says: []string{"503 ServerBusy", "throttled"}},
	},
	"a gateway's page": {
		faultproxy.Fault{Kind: faultproxy.Foreign(http.StatusOK, true)},
		broken{name: "service", says: []string{"in the service's place", "correct serviceurl"}},
	},
	"a gateway's 404": {
		faultproxy.Fault{Kind: faultproxy.Foreign(http.StatusNotFound, true)},
		broken{name: "service", says: []string{"404", "in the service's place"}},
	},
	"a gateway that takes no PUT": {
		faultproxy.Fault{Op: faultproxy.Put, Kind: faultproxy.Foreign(http.StatusForbidden, true)},
		broken{name: "right to write", says: []string{"in the service's place"}},
	},
	"keys switched off": {
		faultproxy.Fault{Kind: faultproxy.KeysOff, Op: faultproxy.List},
		broken{name: "container", says: []string{"switched off", "credentials.type: default_credentials"}},
	},
	"firewall": {
		faultproxy.Fault{Kind: reply(http.StatusForbidden, "AuthorizationFailure"), Op: faultproxy.List},
		broken{name: "container", says: []string{"firewall", "network-rule add"}},
	},
	"immutability": {
		faultproxy.Fault{Op: faultproxy.Delete, Kind: faultproxy.BlobImmutable},
		broken{name: "right to delete", says: []string{"immutability policy or a legal hold", "set container"}},
	},
	"archive tier": {
		faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.BlobArchived},
		broken{name: "right to read", says: []string{"archive tier", "set-tier --tier Hot"}},
	},
	"no right to copy": {
		faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.PermissionMismatch},
		broken{name: "right to copy", says: []string{"403 AuthorizationPermissionMismatch"}},
	},
	"no batches": {
		faultproxy.Fault{Op: faultproxy.Batch, Kind: faultproxy.Foreign(http.StatusNotFound, false)},
		broken{name: "right to delete in batches", result: azure.Warning, says: []string{"one by one"}},
	},
	"older API": {
		faultproxy.Fault{Kind: reply(http.StatusBadRequest, "InvalidHeaderValue")},
		broken{name: "service", says: []string{"Azure Stack"}},
	},
	"account disabled": {
		faultproxy.Fault{Kind: reply(http.StatusForbidden, "AccountIsDisabled")},
		broken{name: "service", says: []string{"disabled"}},
	},
	"bytes change on the way": {
		faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.FlipResponse},
		broken{name: "right to read", says: []string{"changes what is stored"}},
	},
	"connections break": {
		faultproxy.Fault{Kind: faultproxy.ResetBefore},
		broken{name: "connection", says: []string{"the connection was closed"}},
	},
	"leased": {
		faultproxy.Fault{Op: faultproxy.Delete, Kind: faultproxy.LeaseIDMissing},
		broken{name: "right to delete", says: []string{"lease"}},
	},
}

func TestBrokenStorage(t *testing.T) {
	t.Parallel()
	for name, b := range struckStorage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := registrytest.NewStorage(t)
			b.fault.Times = -1
			s.Arm(b.fault)
			r := examine(t, nil, healthy(s.Azure(registrytest.Section{"retry_delay": "10ms"})))
			requireFirst(t, r, b.broken)
			s.MustHaveStruck(t)
			if b.fault.Op != faultproxy.Delete {
				require.Empty(t, s.Names(t), "something is left")
			} else {
				require.Equal(t, "scratch removed", r.Checks[len(r.Checks)-4].Name)
				require.Contains(t, r.row(t, "scratch removed").Do, "az storage blob delete-batch")
			}
		})
	}
}

// What passes is told as well: the registry gets over it, and somebody should know.
func TestStorageThatFailsOnce(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	s.Arm(faultproxy.Fault{Op: faultproxy.Put, Kind: faultproxy.ServerBusyBefore})
	s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.InternalErrorBefore})
	r := examine(t, nil, healthy(s.Azure(registrytest.Section{"retry_delay": "10ms"})))
	require.Equal(t, 1, r.code)
	requireFirst(t, r, broken{name: "right to write", result: azure.Warning, says: []string{"throttled"}})
	require.Contains(t, r.row(t, "right to copy").Found, "500")
	require.Empty(t, s.Names(t))
}

func TestKindsOfAccount(t *testing.T) {
	t.Parallel()
	t.Run("hierarchical", func(t *testing.T) {
		t.Parallel()
		s := registrytest.NewStorage(t, faultproxy.Hierarchical())
		r := examine(t, nil, healthy(s.Azure(registrytest.Section{"rootdirectory": "a/b"})))
		requireFirst(t, r, broken{name: "hierarchical namespace", result: azure.Warning, says: []string{"--enable-hierarchical-namespace false"}})
		require.Empty(t, s.Names(t), "a folder is left")
	})
	t.Run("versioned", func(t *testing.T) {
		t.Parallel()
		s := registrytest.NewStorage(t, faultproxy.Versioned())
		r := examine(t, nil, healthy(s.Azure(nil)))
		requireFirst(t, r, broken{name: "versioning", result: azure.Warning, says: []string{"keeps versions", "--enable-versioning false"}})
	})
	t.Run("soft delete", func(t *testing.T) {
		t.Parallel()
		server := azurite.ForTest(t, azurite.Options{InMemory: true})
		client, err := server.Client()
		require.NoError(t, err)
		_, err = client.ServiceClient().SetProperties(t.Context(), &service.SetPropertiesOptions{
			DeleteRetentionPolicy: &service.RetentionPolicy{Enabled: to.Ptr(true), Days: to.Ptr[int32](7)},
		})
		require.NoError(t, err)
		r := examine(t, nil, healthy(registrytest.StorageOn(t, server).Azure(nil)))
		requireFirst(t, r, broken{name: "account", result: azure.Warning, says: []string{"soft delete", "7 days", "--enable-delete-retention false"}})
	})
	t.Run("immutable container", func(t *testing.T) {
		t.Parallel()
		s := registrytest.NewStorage(t)
		front := rewriting(t, s.URL(), func(r *http.Response) {
			if r.Request.URL.Query().Get("restype") == "container" && r.StatusCode == http.StatusOK {
				r.Header.Set("x-ms-has-immutability-policy", "true")
			}
		})
		r := examine(t, nil, healthy(s.Azure(registrytest.Section{"serviceurl": front})))
		requireFirst(t, r, broken{name: "account", says: []string{"immutability policy"}})
		require.Empty(t, s.Names(t))
		require.Equal(t, "because \"account\" failed", r.row(t, "right to create").Found)
	})
}

func TestClock(t *testing.T) {
	t.Parallel()
	s := registrytest.NewStorage(t)
	for off, b := range map[time.Duration]broken{
		20 * time.Minute:  {name: "clock", says: []string{"behind the service's", "timedatectl set-ntp true"}},
		-20 * time.Minute: {name: "clock", says: []string{"ahead of the service's"}},
		5 * time.Minute:   {name: "clock", result: azure.Warning, says: []string{"behind the service's"}},
	} {
		front := rewriting(t, s.URL(), func(r *http.Response) {
			r.Header.Set("Date", time.Now().Add(off).UTC().Format(http.TimeFormat))
		})
		requireFirst(t, examine(t, nil, healthy(s.Azure(registrytest.Section{"serviceurl": front}))), b)
	}
}
