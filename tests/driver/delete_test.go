package driver

import (
	"fmt"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

func TestLateDeleteDoesNotTakeANewerPut(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := s.driver(t)
	s.putDirect(t, "link", []byte("sha256:old"))
	s.Arm(faultproxy.Fault{Op: faultproxy.Delete, Kind: faultproxy.LateBy(late)})

	require.NoError(t, d.Delete(t.Context(), "/link"))
	require.NoError(t, d.PutContent(t.Context(), "/link", []byte("sha256:new")))
	require.NoError(t, s.Settle(t.Context()))

	require.Equal(t, "sha256:new", string(s.stored(t, "link")))
}

func TestDeleteWithALostAnswerSucceeds(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.putDirect(t, "link", []byte("content"))
	s.Arm(faultproxy.Fault{Op: faultproxy.Delete, Kind: faultproxy.ResetAfter})
	require.NoError(t, s.driver(t).Delete(t.Context(), "/link"))
	require.Empty(t, s.names(t))
}

// "-" and "." sort before "/", so the neighbours stand between a blob and its folder.
func TestDeleteOfAFolderLeavesItsNeighbours(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for _, name := range []string{"a", "a-b", "a-b/x", "a.c", "a/x", "a/y/z", "a0", "aa"} {
		s.putDirect(t, name, []byte(name))
	}
	require.NoError(t, s.driver(t).Delete(t.Context(), "/a"))
	require.Equal(t, []string{"a-b", "a-b/x", "a.c", "a0", "aa"}, s.names(t))
}

func TestDeleteOfWhatIsOnlyANeighboursPrefixFindsNothing(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.putDirect(t, "a-b/x", []byte("content"))
	err := s.driver(t).Delete(t.Context(), "/a")
	require.IsType(t, storagedriver.PathNotFoundError{}, err)
	require.Equal(t, []string{"a-b/x"}, s.names(t))
}

// Many blobs are deleted by one request. Whatever becomes of it, they are all gone in the end,
// and nothing else is.
func TestDeleteOfManySurvives(t *testing.T) {
	t.Parallel()
	for _, kind := range []faultproxy.Kind{
		faultproxy.OperationTimedOutBefore, faultproxy.OperationTimedOutAfter, faultproxy.BadGatewayAfter,
		faultproxy.ResetBefore, faultproxy.ResetMidBody, faultproxy.ResetAfter, faultproxy.ServerBusyBefore,
		faultproxy.Answer(faultproxy.Reply{Status: 403, Code: "AuthorizationFailure"}),
	} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			for i := range 20 {
				s.putDirect(t, fmt.Sprintf("folder/%d", i), []byte("content"))
			}
			s.putDirect(t, "folder-b/0", []byte("content"))
			s.Arm(faultproxy.Fault{Op: faultproxy.Batch, Kind: kind})
			require.NoError(t, s.driver(t).Delete(t.Context(), "/folder"))
			require.Equal(t, []string{"folder-b/0"}, s.names(t))
		})
	}
}
