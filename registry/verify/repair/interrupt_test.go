package repair_test

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

var errKilled = errors.New("killed")

// mortal is a driver of a process that is killed at its n-th write request: before
// the request is carried out, or after it and before the answer.
type mortal struct {
	storagedriver.StorageDriver
	left      int  // requests to live for
	after     bool // the last one is carried out
	stepwise  bool // a Move deletes its destination, copies, and deletes its source
	requests  int
	dead, hit bool
}

// request counts one write request, and carries it out if the process lives.
func (m *mortal) request(do func() error) error {
	if m.dead {
		return errKilled
	}
	m.requests++
	if m.left--; m.left < 0 {
		m.dead, m.hit = true, true
		if m.after {
			return errors.Join(errKilled, do())
		}
		return errKilled
	}
	return do()
}

func (m *mortal) PutContent(ctx context.Context, p string, content []byte) error {
	return m.request(func() error { return m.StorageDriver.PutContent(ctx, p, content) })
}

func (m *mortal) Delete(ctx context.Context, p string) error {
	return m.request(func() error { return m.StorageDriver.Delete(ctx, p) })
}

func (m *mortal) Move(ctx context.Context, from, to string) error {
	if !m.stepwise {
		return m.request(func() error { return m.StorageDriver.Move(ctx, from, to) })
	}
	content, err := m.GetContent(ctx, from)
	if err != nil {
		return err
	}
	err = m.Delete(ctx, to)
	if err != nil && !errors.As(err, &storagedriver.PathNotFoundError{}) {
		return err
	}
	if err := m.PutContent(ctx, to, content); err != nil {
		return err
	}
	return m.Delete(ctx, from)
}

func (m *mortal) Writer(ctx context.Context, p string, appending bool) (w storagedriver.FileWriter, err error) {
	err = m.request(func() error {
		inner, err := m.StorageDriver.Writer(ctx, p, appending)
		w = &mortalWriter{inner, m}
		return err
	})
	return w, err
}

func (m *mortal) GetContent(ctx context.Context, p string) ([]byte, error) {
	if m.dead {
		return nil, errKilled
	}
	return m.StorageDriver.GetContent(ctx, p)
}

type mortalWriter struct {
	storagedriver.FileWriter
	m *mortal
}

// Write sends what it is given in two requests.
func (w *mortalWriter) Write(p []byte) (n int, err error) {
	for _, part := range [][]byte{p[:len(p)/2], p[len(p)/2:]} {
		if err := w.m.request(func() error { _, err := w.FileWriter.Write(part); return err }); err != nil {
			return n, err
		}
		n += len(part)
	}
	return n, nil
}

func (w *mortalWriter) Commit(ctx context.Context) error {
	return w.m.request(func() error { return w.FileWriter.Commit(ctx) })
}

// Cancel isn't reached by a killed process.
func (w *mortalWriter) Cancel(ctx context.Context) error {
	if w.m.dead {
		return errors.Join(errKilled, w.Close())
	}
	return w.FileWriter.Cancel(ctx)
}

// mortalRegistry returns an empty registry: on the filesystem or, for a driver that
// moves stepwise, in memory.
func mortalRegistry(t *testing.T, stepwise bool) *verifytest.Registry {
	if stepwise {
		return newRegistry(t)
	}
	driver := filesystem.New(filesystem.DriverParameters{RootDirectory: t.TempDir(), MaxThreads: 100})
	return verifytest.New(t, driver, verifytest.NewWriter(driver))
}

// small returns a registry with a mendable layer, one that isn't, a manifest and
// a link, and what repair leaves to be pushed.
func small(t *testing.T, stepwise bool) *verifytest.Registry {
	r := mortalRegistry(t, stepwise)
	lost := r.PushBlob("a", verifytest.Noise(2, 900))
	image := r.PushImage("a", "v1",
		r.PushBlob("a", verifytest.Noise(1, 9000), verifytest.Block{Size: 3000}, verifytest.Block{Size: 4000, Lost: 2}), lost)
	for p, right := range r.Right {
		switch {
		case strings.HasSuffix(p, "current/link"), strings.Contains(p, image.Digest.Encoded()+"/data"):
			r.PutFile(p, right, 1)
		case strings.Contains(p, lost.Digest.Encoded()+"/data"):
			r.Replace(p, right[1:])
		}
	}
	return r
}

func TestKilledAtEveryWriteRequest(t *testing.T) { atEveryWriteRequest(t, 30, killAt) }

// atEveryWriteRequest kills a process at each of its write requests in turn, for
// both kinds of driver, before and after the request is carried out. kill tells
// whether there was a request n; there must be more than so many.
func atEveryWriteRequest(t *testing.T, requests int, kill func(t *testing.T, n int, stepwise, after bool) bool) {
	for _, stepwise := range []bool{false, true} {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("stepwise move %t, request carried out %t", stepwise, after), func(t *testing.T) {
				n := 0
				for kill(t, n, stepwise, after) {
					n++
				}
				require.Greater(t, n, requests, "requests")
			})
		}
	}
}

// killAt runs a repair that is killed at request n, and tells whether it was.
func killAt(t *testing.T, n int, stepwise, after bool) bool {
	r := small(t, stepwise)
	before := find(t, r.Driver, true)
	require.Len(t, before, 4)
	m := &mortal{StorageDriver: r.Driver, left: n, after: after, stepwise: stepwise}
	options := repair.Options{Apply: true, Quarantine: true}
	ignore := func(repair.Result) error { return nil }
	_, err := repair.Run(t.Context(), m, before, options, ignore)
	if !m.hit {
		require.NoError(t, err)
		requireRepaired(t, r, n)
		return false
	}
	require.ErrorIs(t, err, errKilled)

	known := make(map[string]bool)
	for _, f := range before {
		known[f.Path] = true
	}
	afterwards := find(t, r.Driver, true)
	require.LessOrEqual(t, len(afterwards), len(before), "killed at request %d", n)
	for _, f := range afterwards {
		require.True(t, known[f.Path], "killed at request %d: new finding %+v", n, f)
	}

	_, err = repair.Run(t.Context(), r.Driver, afterwards, options, ignore)
	require.NoError(t, err, "killed at request %d", n)
	requireRepaired(t, r, n)
	return true
}

// requireRepaired checks the end: everything is right but for the layer that can't
// be mended, which is away; and the quarantine holds whole folders only.
func requireRepaired(t *testing.T, r *verifytest.Registry, n int) {
	t.Helper()
	require.Len(t, r.Wrong(), 1, "killed at request %d", n)
	findings := find(t, r.Driver, true)
	require.Len(t, findings, 1, "killed at request %d", n)
	require.Equal(t, int64(-1), findings[0].Stored)
	for p, content := range contents(t, r.Driver) {
		require.NotEqual(t, "beside", path.Base(p), "killed at request %d", n)
		if path.Base(p) == "record.json" {
			require.Contains(t, content, `"state": "applied"`, "killed at request %d", n)
		}
	}
}
