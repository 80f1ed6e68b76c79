package driver

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

func TestPutContentWithALostAnswerIsStored(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := s.driver(t)
	s.Arm(faultproxy.Fault{Op: faultproxy.Put, Kind: faultproxy.ResetAfter})
	require.NoError(t, d.PutContent(t.Context(), "/link", []byte("sha256:new")))
	require.Equal(t, "sha256:new", string(s.stored(t, "link")))
}

func TestPutContentWithALostAnswerReplacesWhatWasThere(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.putDirect(t, "link", []byte("sha256:old"))
	s.Arm(faultproxy.Fault{Op: faultproxy.Put, Kind: faultproxy.OperationTimedOutAfter, Times: 3})
	require.NoError(t, s.driver(t).PutContent(t.Context(), "/link", []byte("sha256:new")))
	require.Equal(t, "sha256:new", string(s.stored(t, "link")))
}

// A tag is moved while the request that moved it before is still under way.
func TestLatePutDoesNotUndoANewerPut(t *testing.T) {
	t.Parallel()
	for name, there := range map[string][]byte{"nothing there": nil, "something there": []byte("sha256:0")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			skip := 0
			if there != nil {
				s.putDirect(t, "link", there)
				skip = 1 // finds that there is something; the second one replaces it
			}
			d := s.driver(t)
			s.Arm(faultproxy.Fault{Op: faultproxy.Put, Kind: faultproxy.LateBy(late), Skip: skip})
			require.NoError(t, d.PutContent(t.Context(), "/link", []byte("sha256:1")))
			require.NoError(t, d.PutContent(t.Context(), "/link", []byte("sha256:2")))
			require.NoError(t, s.Settle(t.Context()))

			require.Equal(t, "sha256:2", string(s.stored(t, "link")))
		})
	}
}

// Versions before 3.1.2 stored everything as append blobs, which Azure doesn't let a block
// blob replace: 409 InvalidBlobType. Azurite would; the proxy is as strict as Azure.
func TestPutContentReplacesAnAppendBlobOfOldVersions(t *testing.T) {
	t.Parallel()
	s := newStore(t, faultproxy.Strict())
	s.createDirect(t, "link", []byte("sha256:old"))
	d := s.driver(t)
	before, err := d.GetContent(t.Context(), "/link")
	require.NoError(t, err)
	require.Equal(t, "sha256:old", string(before))

	require.NoError(t, d.PutContent(t.Context(), "/link", []byte("sha256:new")))
	require.Equal(t, "sha256:new", string(s.stored(t, "link")))
}

// Another replica put an append blob there between the look and the write.
func TestPutContentLivesThroughInvalidBlobType(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.putDirect(t, "link", []byte("sha256:old"))
	s.Arm(faultproxy.Fault{Op: faultproxy.Put, Kind: faultproxy.InvalidBlobType, Skip: 1})
	require.NoError(t, s.driver(t).PutContent(t.Context(), "/link", []byte("sha256:new")))
	require.Equal(t, "sha256:new", string(s.stored(t, "link")))
}

// A block blob that something else left where an upload is to begin.
func TestWriterReplacesABlockBlob(t *testing.T) {
	t.Parallel()
	s := newStore(t, faultproxy.Strict())
	s.putDirect(t, "upload", []byte("something else"))
	upload(t, s.driver(t), "/upload", []byte("content"))
	require.Equal(t, "content", string(s.stored(t, "upload")))
}

func TestGetContentDamagedOnTheWayIsReadAgain(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	content := random(6, 1000)
	s.putDirect(t, "link", content)
	s.Arm(faultproxy.Fault{Op: faultproxy.Put, Kind: faultproxy.FlipRequest})
	s.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.FlipResponse, Match: "manifest"})
	d := s.driver(t)
	require.NoError(t, d.PutContent(t.Context(), "/manifest", content))
	requireEqual(t, content, s.stored(t, "manifest"))
	got, err := d.GetContent(t.Context(), "/manifest")
	require.NoError(t, err)
	requireEqual(t, content, got)
}

func TestListAndStatOfManyPages(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	d := s.driver(t)
	want := []string{"/folder/a", "/folder/a-b", "/folder/b"}
	for _, name := range []string{"folder/a/1", "folder/a/2", "folder/a-b/1", "folder/b"} {
		s.putDirect(t, name, []byte(name))
	}
	got, err := d.List(t.Context(), "/folder")
	require.NoError(t, err)
	slices.Sort(got)
	require.Equal(t, want, got)

	for path, isDir := range map[string]bool{"/folder/a": true, "/folder/b": false, "/folder": true} {
		info, err := d.Stat(t.Context(), path)
		require.NoError(t, err)
		require.Equal(t, isDir, info.IsDir(), path)
	}
}
