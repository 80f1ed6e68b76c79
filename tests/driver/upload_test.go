package driver

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
)

const mebibyte = 1 << 20

// Upstream issue 3026: a Put Blob that creates the upload's blob and is carried out late
// replaced what had been appended since by an empty blob.
func TestIssue3026LateCreateDoesNotWipeAppendedData(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.Arm(faultproxy.Fault{Op: faultproxy.Create, Kind: faultproxy.LateBy(late)})
	content := random(1, 5*mebibyte)

	upload(t, s.driver(t), "/upload", content)
	require.NoError(t, s.Settle(t.Context()))

	requireEqual(t, content, s.stored(t, "upload"))
}

func TestLateAppendIsNotStoredTwice(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.LateBy(late)})
	content := random(2, 9*mebibyte)

	upload(t, s.driver(t), "/upload", content)
	require.NoError(t, s.Settle(t.Context()))

	requireEqual(t, content, s.stored(t, "upload"))
}

// An upload is gone on with while the last block of the request before is still under way.
func TestLateAppendOfTheWriterBeforeIsAdopted(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	parameters := s.parameters()
	parameters.MaxRetries = -1
	content := random(3, 3*mebibyte)
	s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.LateBy(late)})

	w, err := newDriver(t, parameters).Writer(t.Context(), "/upload", false)
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err)
	require.Error(t, w.Close())
	require.Zero(t, w.Size(), "what nobody confirmed must not be counted")

	resumed, err := s.driver(t).Writer(t.Context(), "/upload", true)
	require.NoError(t, err)
	require.NoError(t, s.Settle(t.Context()))
	_, err = resumed.Write(content[resumed.Size():])
	require.NoError(t, err)
	require.NoError(t, resumed.Commit(t.Context()))
	requireEqual(t, content, s.stored(t, "upload"))
}

func TestForeignAppendIsCorruptedData(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w, err := s.driver(t).Writer(t.Context(), "/upload", false)
	require.NoError(t, err)
	s.appendDirect(t, "upload", []byte("somebody else's"))
	_, err = w.Write([]byte("our own bytes, more of them"))
	require.NoError(t, err)

	err = w.Commit(t.Context())
	require.ErrorIs(t, err, azure.ErrCorruptedData)
	var conflict *azure.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, "upload", conflict.Path)
	require.Zero(t, conflict.Offset)
	require.ErrorContains(t, err, "upload at offset 0")
	require.Zero(t, w.Size())
}

// The same bytes, and somebody else's behind them: the stream is in the blob, but the blob
// isn't the stream.
func TestForeignAppendBehindTheStreamIsCorruptedData(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w, err := s.driver(t).Writer(t.Context(), "/upload", false)
	require.NoError(t, err)
	s.appendDirect(t, "upload", []byte("ours, and somebody else's"))
	_, err = w.Write([]byte("ours"))
	require.NoError(t, err)
	require.ErrorIs(t, w.Commit(t.Context()), azure.ErrCorruptedData)
}

// Upstream's upload handler ignores Close's error and tells the client Size as the place to
// go on from.
func TestSizeAfterFailedFlushIsWhatIsStored(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	parameters := s.parameters()
	parameters.ChunkSize = 4 * mebibyte
	parameters.MaxRetries = 1
	content := random(4, 10*mebibyte)
	s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.InternalErrorBefore, Skip: 2, Times: -1})

	w, err := newDriver(t, parameters).Writer(t.Context(), "/upload", false)
	require.NoError(t, err)
	_, err = w.Write(content)
	require.NoError(t, err, "the buffer has room for the last 2 MiB")
	require.EqualValues(t, len(content), w.Size())

	err = w.Close()
	var exhausted *azure.ExhaustedError
	require.ErrorAs(t, err, &exhausted)
	require.EqualValues(t, 8*mebibyte, w.Size())
	requireEqual(t, content[:8*mebibyte], s.stored(t, "upload"))

	s.Disarm()
	resumed, err := s.driver(t).Writer(t.Context(), "/upload", true)
	require.NoError(t, err)
	require.EqualValues(t, 8*mebibyte, resumed.Size())
	_, err = resumed.Write(content[8*mebibyte:])
	require.NoError(t, err)
	require.NoError(t, resumed.Commit(t.Context()))
	requireEqual(t, content, s.stored(t, "upload"))
}

// A stalled connection used to hang the push for ever.
func TestStalledAppendIsGivenUpAndSentAgain(t *testing.T) {
	t.Parallel()
	for _, kind := range []faultproxy.Kind{faultproxy.StallBefore, faultproxy.StallAfter} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			parameters := s.parameters()
			parameters.TryTimeout = "500ms"
			s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: kind})
			content := random(5, 300<<10)
			upload(t, newDriver(t, parameters), "/upload", content)
			requireEqual(t, content, s.stored(t, "upload"))
		})
	}
}

func TestCommitEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	stall := s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.StallBefore, Times: -1})
	w, err := s.driver(t).Writer(t.Context(), "/upload", false)
	require.NoError(t, err)
	_, err = w.Write([]byte("content"))
	require.NoError(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if stall.Wait(ctx) == nil {
			cancel()
		}
	}()
	require.ErrorIs(t, w.Commit(ctx), context.Canceled)
}

// The registry's budget, not the SDK's, says how long faults without end are borne. The error
// names the blob and the last thing that went wrong.
func TestAppendGivesUpWithinTheBudget(t *testing.T) {
	t.Parallel()
	for name, budget := range map[string]struct {
		retries int
		time    string
		says    string
	}{
		"by attempts": {retries: 2, time: "1m", says: "OperationTimedOut"},
		"by time":     {retries: 1000, time: "1s", says: "gave up after"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			parameters := s.parameters()
			parameters.MaxRetries, parameters.RetryBudget = budget.retries, budget.time
			s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.OperationTimedOutBefore, Times: -1})
			w, err := newDriver(t, parameters).Writer(t.Context(), "/upload", false)
			require.NoError(t, err)
			_, err = w.Write([]byte("content"))
			require.NoError(t, err)

			err = w.Commit(t.Context())
			var exhausted *azure.ExhaustedError
			require.ErrorAs(t, err, &exhausted)
			require.ErrorContains(t, err, `"upload"`)
			require.ErrorContains(t, err, budget.says)
		})
	}
}

// What the append failed with is worth more than that the look at the blob ended with the budget.
func TestErrorOfASpentBudgetNamesTheAppendsFailure(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	parameters := s.parameters()
	parameters.RetryBudget = "2s"
	s.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.InternalErrorBefore, Times: -1})
	s.Arm(faultproxy.Fault{Op: faultproxy.Head, Kind: faultproxy.StallBefore, Times: -1})
	w, err := newDriver(t, parameters).Writer(t.Context(), "/upload", false)
	require.NoError(t, err)
	_, err = w.Write([]byte("content"))
	require.NoError(t, err)
	require.ErrorContains(t, w.Commit(t.Context()), "InternalError")
}
