package driver

import (
	"fmt"
	"strings"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// writerStates are what a writer that was given "content" answers to calls in this order: "+" for nil, "-" for an
// error, and what the other drivers answer where it is something else: what only one of them does is that one's own.
var writerStates = []struct {
	calls, want          string
	inMemory, filesystem string // if they differ
	stored               string // what readers find in the end; empty if there is nothing
}{
	{calls: "close", want: "+", stored: "content"},
	{calls: "close close", want: "+-", stored: "content"},
	{calls: "close write", want: "+-", stored: "content"},
	{calls: "close commit", want: "+-", stored: "content"},
	{calls: "close cancel", want: "+-", stored: "content"},
	{calls: "commit close", want: "++", stored: "content"},
	{calls: "commit close close", want: "++-", stored: "content"},
	{calls: "commit close cancel", want: "++-", stored: "content"},
	{calls: "commit write", want: "+-", stored: "content"},
	{calls: "commit commit", want: "+-", stored: "content"},
	{calls: "commit cancel", want: "+-", filesystem: "++", stored: "content"},
	{calls: "commit cancel close", want: "+-+", filesystem: "++-", stored: "content"},
	{calls: "cancel", want: "+"},
	{calls: "cancel close", want: "++", filesystem: "+-"},
	{calls: "cancel close close", want: "++-", filesystem: "+--"},
	{calls: "cancel write", want: "+-"},
	{calls: "cancel commit", want: "+-"},
	{calls: "cancel cancel", want: "+-"},
}

// Issue 11: Cancel after Commit deleted what was committed, and Close could be called again and again.
func TestIssue11WriterStatesAreThoseOfTheOtherDrivers(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	onDisk, err := filesystem.FromParameters(map[string]any{"rootdirectory": t.TempDir()})
	require.NoError(t, err)
	for i, c := range writerStates {
		t.Run(c.calls, func(t *testing.T) {
			path := fmt.Sprintf("/upload%d", i)
			ours := s.driver(t)
			require.Equal(t, c.want, callWriter(t, ours, path, c.calls), "ours")
			content, err := ours.GetContent(t.Context(), path)
			if c.stored == "" {
				require.ErrorAs(t, err, &storagedriver.PathNotFoundError{})
			} else {
				require.NoError(t, err)
			}
			require.Equal(t, c.stored, string(content))

			for other, want := range map[storagedriver.StorageDriver]string{inmemory.New(): c.inMemory, onDisk: c.filesystem} {
				if want == "" {
					want = c.want
				}
				require.Equal(t, want, callWriter(t, other, path, c.calls), other.Name())
			}
		})
	}
}

// callWriter opens a writer, gives it "content", makes these calls, and returns what they answered.
func callWriter(t *testing.T, d storagedriver.StorageDriver, path, calls string) string {
	t.Helper()
	w, err := d.Writer(t.Context(), path, false)
	require.NoError(t, err)
	_, err = w.Write([]byte("content"))
	require.NoError(t, err)
	var answers strings.Builder
	for _, call := range strings.Fields(calls) {
		var err error
		switch call {
		case "write":
			_, err = w.Write([]byte("more"))
		case "close":
			err = w.Close()
		case "commit":
			err = w.Commit(t.Context())
		case "cancel":
			err = w.Cancel(t.Context())
		}
		if err == nil {
			answers.WriteByte('+')
		} else {
			answers.WriteByte('-')
		}
	}
	return answers.String()
}

// A Commit that failed leaves what is stored: the client may go on.
func TestCancelAfterAFailedCommitKeepsTheUpload(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	parameters := s.parameters()
	parameters.MaxRetries = -1
	s.createDirect(t, "upload", []byte("stored"))
	w, err := newDriver(t, parameters).Writer(t.Context(), "/upload", true)
	require.NoError(t, err)
	_, err = w.Write([]byte(" and lost"))
	require.NoError(t, err)
	s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.InternalErrorBefore})
	failed := w.Commit(t.Context())
	require.Error(t, failed)
	require.Error(t, w.Cancel(t.Context()))
	require.ErrorIs(t, w.Close(), failed, "errors are sticky")
	require.EqualValues(t, len("stored"), w.Size())
	requireEqual(t, []byte("stored"), s.stored(t, "upload"))
}

// A blob that came back from a restore as a block blob was a 500 for ever: an upload that nobody knows.
func TestRestoredUploadIsUnknown(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.putDirect(t, "upload", []byte("restored"))
	_, err := s.driver(t).Writer(t.Context(), "/upload", true)
	require.ErrorAs(t, err, &storagedriver.PathNotFoundError{})
}
