package repair_test

import (
	"fmt"
	"path"
	"strings"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

var (
	tagV1   = layout.Entry{Kind: layout.TagCurrent, Repository: "a", Name: "v1"}.Path()
	ignored = func(repair.Result) error { return nil }
)

// broken is one damaged file of each kind that repair writes to.
func broken(t *testing.T, kind string) (c *conditional, r *verifytest.Registry, p string) {
	r = newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 9000))
	image := r.PushImage("a", "v1", layer)
	p = map[string]string{
		"layer": layout.BlobPath(layer.Digest), "lost layer": layout.BlobPath(layer.Digest), "manifest": layout.BlobPath(image.Digest), "tag": tagV1,
		"layer link": layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path(),
		"revision":   layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: image.Digest}.Path(),
	}[kind]
	c = withConditions(r.Driver)
	if kind == "lost layer" {
		r.Replace(p, r.Right[p][1:])
	} else {
		r.PutFile(p, r.Right[p], 1)
	}
	return c, r, p
}

// TestNothingAcknowledgedIsLost lets a push, a delete or a second repair happen
// before each request of a repair in turn.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	for _, kind := range []string{"layer", "lost layer", "manifest", "tag", "layer link", "revision"} {
		for _, meanwhile := range []string{"push", "delete", "repair"} {
			t.Run(kind+" and "+meanwhile, func(t *testing.T) {
				n := 0
				for meanwhileAt(t, kind, meanwhile, n) {
					n++
				}
				require.Greater(t, n, 10, "requests")
			})
		}
	}
}

func meanwhileAt(t *testing.T, kind, meanwhile string, n int) (struck bool) {
	c, r, p := broken(t, kind)
	findings := find(t, c, true)
	require.NotEmpty(t, findings)
	options := repair.Options{Apply: true, Quarantine: true}
	pushed := string(r.Right[p])
	if kind == "tag" {
		pushed = digest.FromString("another image").String()
	}
	requests := 0
	hooked := c.hooked(func() {
		if requests++; requests != n+1 {
			return
		}
		struck = true
		switch meanwhile {
		case "push":
			require.NoError(t, c.PutContent(t.Context(), p, []byte(pushed)))
		case "delete":
			_ = c.Delete(t.Context(), path.Dir(p)) // it may be away already
		case "repair":
			_, err := repair.Run(t.Context(), c, findings, options, ignored)
			require.NoError(t, err)
		}
	})
	_, err := repair.Run(t.Context(), hooked, findings, options, ignored)
	if meanwhile != "repair" {
		require.NoError(t, err)
	}
	if !struck {
		return false
	}
	at := fmt.Sprintf("request %d", n)
	stored, err := r.Driver.GetContent(t.Context(), p)
	switch {
	case meanwhile == "push":
		require.NoError(t, err, at)
		require.Equal(t, pushed, string(stored), at)
	case meanwhile == "delete" || kind == "lost layer":
		require.ErrorAs(t, err, &storagedriver.PathNotFoundError{}, at)
		_, err = repair.Run(t.Context(), c, find(t, c, true), options, ignored)
		require.NoError(t, err)
		if kind == "tag" || kind == "layer link" {
			break // its repository shows that it is missing
		}
	default:
		require.NoError(t, err, at)
		require.Equal(t, string(r.Right[p]), string(stored), at)
	}
	return true
}

func TestTagThatWasPushedSinceItWasReportedIsLeftAlone(t *testing.T) {
	r, _ := damaged(t)
	findings := find(t, r.Driver, false)
	newer := r.PushImage("a", "v1")
	_, err := repair.Run(t.Context(), r.Driver, findings, repair.Options{Apply: true}, ignored)
	require.NoError(t, err)
	held, err := r.Driver.GetContent(t.Context(), tagV1)
	require.NoError(t, err)
	require.Equal(t, newer.Digest.String(), string(held))

	for i := range findings { // a report that doesn't say what it saw
		findings[i].Seen = verify.Seen{}
	}
	_, err = repair.Run(t.Context(), r.Driver, findings, repair.Options{Apply: true}, ignored)
	require.NoError(t, err)
	held, err = r.Driver.GetContent(t.Context(), tagV1)
	require.NoError(t, err)
	require.Equal(t, newer.Digest.String(), string(held))
}

func TestKilledRepairDoesNotBringADeletedTagBack(t *testing.T) {
	_, r, p := broken(t, "tag")
	findings := find(t, r.Driver, false)
	// Dies between the record and the move.
	m := &mortal{StorageDriver: r.Driver, left: 9}
	_, err := repair.Run(t.Context(), m, findings, repair.Options{Apply: true}, ignored)
	require.ErrorIs(t, err, errKilled)
	require.Contains(t, fmt.Sprint(contents(t, r.Driver)), `"state": "prepared"`)
	require.NoError(t, r.Driver.Delete(t.Context(), path.Dir(path.Dir(p)))) // as the registry deletes a tag
	for _, list := range [][]verify.Finding{findings, find(t, r.Driver, false)} {
		_, err = repair.Run(t.Context(), r.Driver, list, repair.Options{Apply: true}, ignored)
		require.NoError(t, err)
		_, err = r.Driver.Stat(t.Context(), p)
		require.ErrorAs(t, err, &storagedriver.PathNotFoundError{})
	}
	require.Contains(t, fmt.Sprint(contents(t, r.Driver)), `"state": "superseded"`)
}

func TestUndoLeavesWhatWasPushedSince(t *testing.T) {
	for _, kind := range []string{"layer", "tag"} {
		c, r, p := broken(t, kind)
		var record string
		_, err := repair.Run(t.Context(), c, find(t, c, true), repair.Options{Apply: true}, func(result repair.Result) error {
			record = result.Record
			return nil
		})
		require.NoError(t, err)
		right := string(r.Right[p])
		n := 0
		for struck := true; struck; n++ {
			struck = false
			requests := 0
			_, err = repair.Undo(t.Context(), c.hooked(func() {
				if requests++; requests == n+1 {
					struck = true
					require.NoError(t, c.PutContent(t.Context(), p, []byte(right))) // the same bytes, pushed again
				}
			}), record)
			if !struck {
				break
			}
			held, readErr := c.GetContent(t.Context(), p)
			require.NoError(t, readErr)
			require.Equal(t, right, string(held), "%s, request %d", kind, n)
		}
		require.Positive(t, n)
		require.ErrorIs(t, err, repair.ErrStoredSince)
	}
}

func TestMissingLinkIsWrittenAndUnwritten(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 9000))
	image := r.PushImage("a", "v1", layer)
	p := layout.Entry{Kind: layout.LayerLink, Repository: "a", Digest: layer.Digest}.Path()
	c := withConditions(r.Driver)
	require.NoError(t, c.Delete(t.Context(), path.Dir(p)))
	findings := find(t, c, false)
	require.Len(t, findings, 1)
	var results []repair.Result
	keep := func(result repair.Result) error {
		results = append(results, result)
		return nil
	}
	_, err := repair.Run(t.Context(), c, findings, repair.Options{Apply: true}, keep)
	require.NoError(t, err)
	require.Equal(t, repair.Mended, results[0].Action)
	require.Empty(t, r.Wrong())
	require.Empty(t, find(t, c, true))

	_, err = repair.Undo(t.Context(), c, results[0].Record)
	require.NoError(t, err)
	require.Equal(t, []string{p}, r.Wrong())

	revision := layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: image.Digest}.Path()
	require.NoError(t, c.Delete(t.Context(), path.Dir(revision))) // the image is deleted
	_, err = repair.Run(t.Context(), c, findings, repair.Options{Apply: true}, keep)
	require.NoError(t, err)
	require.Equal(t, repair.Sound, results[1].Action)
	require.Contains(t, r.Wrong(), p)
}

func TestIndexOfATagThatIsDeletedMeanwhileDoesNotComeBack(t *testing.T) {
	tag := path.Dir(path.Dir(tagV1))
	n := 0
	for struck := true; struck; n++ {
		struck = false
		r := newRegistry(t)
		r.PushImage("a", "v1")
		c := withConditions(r.Driver)
		require.NoError(t, c.Delete(t.Context(), path.Join(tag, "index")))
		findings := find(t, c, true)
		require.Len(t, findings, 1)
		require.Equal(t, verify.LinkMissing, findings[0].Kind)
		requests := 0
		_, err := repair.Run(t.Context(), c.hooked(func() {
			if requests++; requests == n+1 {
				struck = true
				require.NoError(t, c.Delete(t.Context(), tag))
			}
		}), findings, repair.Options{Apply: true}, ignored)
		require.NoError(t, err, "request %d", n)
		for p := range contents(t, r.Driver) {
			require.False(t, struck && strings.HasPrefix(p, tag), "request %d: %s", n, p)
		}
	}
	require.Greater(t, n, 10)
}
