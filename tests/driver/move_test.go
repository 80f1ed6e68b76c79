package driver

import (
	"context"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

func TestMoveOverwrites(t *testing.T) {
	t.Parallel()
	for name, there := range map[string]string{
		"another length":                   "old",
		"the same length":                  "old content",
		"the same bytes":                   "new content",
		"an append blob of another length": "",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			if there == "" {
				s.createDirect(t, "dest", []byte("old"))
			} else {
				s.putDirect(t, "dest", []byte(there))
			}
			d := s.driver(t)
			upload(t, d, "/source", []byte("new content"))
			require.NoError(t, d.Move(t.Context(), "/source", "/dest"))
			require.Equal(t, []string{"dest"}, s.names(t))
			require.Equal(t, "new content", string(s.stored(t, "dest")))
		})
	}
}

func TestMoveSurvives(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]faultproxy.Fault{
		"a pending copy":       {Op: faultproxy.Copy, Kind: faultproxy.CopyPending(time.Second)},
		"a failed copy":        {Op: faultproxy.Copy, Kind: faultproxy.CopyFailed},
		"an aborted copy":      {Op: faultproxy.Copy, Kind: faultproxy.CopyAborted},
		"a lost copy answer":   {Op: faultproxy.Copy, Kind: faultproxy.ResetAfter},
		"a late copy":          {Op: faultproxy.Copy, Kind: faultproxy.LateBy(late)},
		"a lost delete answer": {Op: faultproxy.Delete, Kind: faultproxy.OperationTimedOutAfter},
		"a destination of a type that can't be copied over": {Op: faultproxy.Copy, Kind: faultproxy.InvalidBlobType},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			d := s.driver(t)
			content := random(12, 100_000)
			upload(t, d, "/source", content)
			s.Arm(fault)
			require.NoError(t, d.Move(t.Context(), "/source", "/dest"))

			// Read through the proxy: past it, a copy is never pending.
			got, err := d.GetContent(t.Context(), "/dest")
			require.NoError(t, err)
			requireEqual(t, content, got)
			require.NoError(t, s.Settle(t.Context()))
			require.Equal(t, []string{"dest"}, s.names(t))
		})
	}
}

func TestMoveThatNeverSucceedsLeavesTheSourceAndNoDestination(t *testing.T) {
	t.Parallel()
	for _, kind := range []faultproxy.Kind{faultproxy.CopyFailed, faultproxy.CopyAborted, faultproxy.InternalErrorBefore} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			parameters := s.parameters()
			parameters.RetryBudget = "2s"
			d := newDriver(t, parameters)
			upload(t, d, "/source", []byte("content"))
			s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: kind, Times: -1})

			err := d.Move(t.Context(), "/source", "/dest")
			require.ErrorContains(t, err, "dest")
			require.Equal(t, []string{"source"}, s.names(t))
			require.Equal(t, "content", string(s.stored(t, "source")))
		})
	}
}

// Aborting a copy leaves an empty blob with full metadata at its destination; what a copy makes that
// is left to end is complete.
func TestMoveGivenUpWhilePendingLeavesTheCopyToEnd(t *testing.T) {
	t.Parallel()
	for name, giveUp := range map[string]struct {
		timeout string
		limit   time.Duration
	}{
		"by copy_timeout": {timeout: "300ms", limit: time.Minute},
		"by its caller":   {timeout: "1m", limit: 300 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			parameters := s.parameters()
			parameters.CopyTimeout = giveUp.timeout
			d := newDriver(t, parameters)
			upload(t, d, "/source", []byte("content"))
			s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.CopyPending(time.Minute)})

			ctx, cancel := context.WithTimeout(t.Context(), giveUp.limit)
			defer cancel()
			require.Error(t, d.Move(ctx, "/source", "/dest"))
			require.Contains(t, s.names(t), "source")
			require.Zero(t, s.Requests()[faultproxy.Abort])
			require.Zero(t, s.Requests()[faultproxy.Delete])
			_, err := d.Stat(t.Context(), "/dest")
			require.IsType(t, storagedriver.PathNotFoundError{}, err)
		})
	}
}

// What a copy that is under way, has failed or was aborted left isn't there yet.
func TestDestinationOfAnUnfinishedCopyIsNotThere(t *testing.T) {
	t.Parallel()
	for _, kind := range []faultproxy.Kind{faultproxy.CopyPending(time.Minute), faultproxy.CopyFailed, faultproxy.CopyAborted} {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			d := s.driver(t)
			upload(t, d, "/source", []byte("content"))
			s.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: kind})
			s.copyDirect(t, "source", "dest")

			_, err := d.Stat(t.Context(), "/dest")
			require.IsType(t, storagedriver.PathNotFoundError{}, err)
			_, err = d.GetContent(t.Context(), "/dest")
			require.IsType(t, storagedriver.PathNotFoundError{}, err)
			for _, offset := range []int64{0, 3} {
				_, err = d.Reader(t.Context(), "/dest", offset)
				require.IsType(t, storagedriver.PathNotFoundError{}, err)
			}
			require.IsType(t, storagedriver.PathNotFoundError{}, d.Move(t.Context(), "/dest", "/elsewhere"))
		})
	}
}
