package repair_test

import (
	"context"
	"path"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

func newRegistry(t *testing.T) *verifytest.Registry {
	driver := inmemory.New()
	return verifytest.New(t, driver, verifytest.NewWriter(driver))
}

// find returns what is wrong in the storage.
func find(t *testing.T, driver storagedriver.StorageDriver, full bool) []verify.Finding {
	t.Helper()
	var findings []verify.Finding
	_, err := verify.Run(t.Context(), driver, verify.Options{Full: full, Settle: time.Millisecond}, func(f verify.Finding) error {
		findings = append(findings, f)
		return nil
	})
	require.NoError(t, err)
	return findings
}

// apply repairs what a full run finds, and returns the results by path.
func apply(t *testing.T, driver storagedriver.StorageDriver, o repair.Options) map[string]repair.Result {
	t.Helper()
	results := make(map[string]repair.Result)
	_, err := repair.Run(t.Context(), driver, find(t, driver, true), o, func(r repair.Result) error {
		require.NotContains(t, results, r.Finding.Path)
		results[r.Finding.Path] = r
		return nil
	})
	require.NoError(t, err)
	return results
}

// damaged returns a registry with every mendable signature, and the right size
// of the list of findings.
func damaged(t *testing.T) (*verifytest.Registry, int) {
	r := newRegistry(t)
	image, index := r.PushImage("a", "v1",
		r.PushBlob("a", verifytest.Noise(1, 100_000), verifytest.Block{Size: 30_000}, verifytest.Block{Size: 40_000, Lost: 2}),
		r.PushBlob("a", verifytest.Noise(2, 50_000), verifytest.Block{Size: 7000, Lost: 1}, verifytest.Block{Size: 43_000, Lost: 1}),
	), r.PushIndex("a", "all", r.PushImage("a", "v2"))
	for _, p := range []string{
		layout.BlobPath(image.Digest),
		layout.BlobPath(index.Digest),
		layout.Entry{Kind: layout.RevisionLink, Repository: "a", Digest: image.Digest}.Path(),
		layout.Entry{Kind: layout.TagIndex, Repository: "a", Name: "v1", Digest: image.Digest}.Path(),
		layout.Entry{Kind: layout.TagCurrent, Repository: "a", Name: "v1"}.Path(),
	} {
		r.PutFile(p, r.Right[p], 1)
	}
	return r, 7
}

func TestMendsEverySignatureByteForByte(t *testing.T) {
	r, n := damaged(t)
	require.Len(t, r.Wrong(), n)
	results := apply(t, r.Driver, repair.Options{Apply: true})
	require.Len(t, results, n)
	for _, result := range results {
		require.Equal(t, repair.Mended, result.Action, result)
		require.NotEmpty(t, result.Record)
	}
	require.Empty(t, r.Wrong())
	require.Empty(t, find(t, r.Driver, true))
}

func TestQuickFindingsAreEnoughToMend(t *testing.T) {
	r, n := damaged(t)
	findings := find(t, r.Driver, false)
	require.Len(t, findings, n)
	summary, err := repair.Run(t.Context(), r.Driver, findings, repair.Options{Apply: true}, func(repair.Result) error { return nil })
	require.NoError(t, err)
	require.Equal(t, repair.Summary{ByAction: map[repair.Action]int{repair.Mended: n}, Finished: true}, summary)
	require.Empty(t, r.Wrong())
}

func TestDryRunWritesNothing(t *testing.T) {
	r, n := damaged(t)
	before := contents(t, r.Driver)
	for _, result := range apply(t, r.Driver, repair.Options{Quarantine: true}) {
		require.Equal(t, repair.WouldMend, result.Action)
	}
	require.Equal(t, before, contents(t, r.Driver))
	require.Len(t, r.Wrong(), n)
}

// contents reads every file.
func contents(t *testing.T, driver storagedriver.StorageDriver) map[string]string {
	t.Helper()
	all := make(map[string]string)
	require.NoError(t, driver.Walk(t.Context(), "/", func(info storagedriver.FileInfo) error {
		if info.IsDir() {
			return nil
		}
		content, err := driver.GetContent(t.Context(), info.Path())
		all[info.Path()] = string(content)
		return err
	}))
	return all
}

func TestUndoPutsEverythingBack(t *testing.T) {
	r, _ := damaged(t)
	before := contents(t, r.Driver)
	for _, result := range apply(t, r.Driver, repair.Options{Apply: true}) {
		record, err := repair.Undo(t.Context(), r.Driver, result.Record)
		require.NoError(t, err)
		require.Equal(t, repair.Undone, record.State)
		_, err = repair.Undo(t.Context(), r.Driver, path.Base(path.Dir(result.Record)))
		require.ErrorIs(t, err, repair.ErrUndone)
	}
	for p, content := range before {
		after, err := r.Driver.GetContent(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, content, string(after), p)
	}
	apply(t, r.Driver, repair.Options{Apply: true})
	require.Empty(t, r.Wrong(), "what was undone can be mended again")
}

func TestUndoRefusesWhatWasStoredSince(t *testing.T) {
	r, _ := damaged(t)
	for p, result := range apply(t, r.Driver, repair.Options{Apply: true}) {
		r.Replace(p, []byte("something newer"))
		_, err := repair.Undo(t.Context(), r.Driver, result.Record)
		require.ErrorIs(t, err, repair.ErrStoredSince)
	}
	_, err := repair.Undo(t.Context(), r.Driver, "no-such")
	require.ErrorIs(t, err, repair.ErrNoRecord)
}

func TestRandomDamageIsNeverMended(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100_000))
	image := r.PushImage("a", "v1", layer)
	longer := r.PushBlob("a", verifytest.Noise(2, 100_000))
	r.PushImage("a", "v2", longer)
	flipped := append([]byte(nil), r.Right[layout.BlobPath(layer.Digest)]...)
	flipped[5000] ^= 4
	r.Replace(layout.BlobPath(layer.Digest), flipped)
	r.Replace(layout.BlobPath(longer.Digest), append(verifytest.Noise(3, 4096), r.Right[layout.BlobPath(longer.Digest)]...))
	r.Replace(layout.BlobPath(image.Digest), []byte(`{"schemaVersion":2}`))
	before := contents(t, r.Driver)
	results := apply(t, r.Driver, repair.Options{Apply: true})
	require.Len(t, results, 3)
	var push []string
	for _, result := range results {
		require.Equal(t, repair.Left, result.Action)
		push = append(push, result.Push...)
	}
	require.ElementsMatch(t, []string{"a:v1", "a:v2"}, push, "which manifest names the first layer, nobody can read")
	require.Equal(t, before, contents(t, r.Driver))
}

func TestQuarantineMakesWayForTheNextPush(t *testing.T) {
	r := newRegistry(t)
	content := verifytest.Noise(1, 100_000)
	layer := r.PushBlob("a", content)
	r.PushImage("a", "v1", layer)
	p := layout.BlobPath(layer.Digest)
	r.Empty(p)
	result := apply(t, r.Driver, repair.Options{Apply: true, Quarantine: true})[p]
	require.Equal(t, repair.Quarantined, result.Action)
	require.Equal(t, []string{"a:v1"}, result.Push)
	_, err := r.Driver.Stat(t.Context(), p)
	require.ErrorAs(t, err, &storagedriver.PathNotFoundError{})
	findings := find(t, r.Driver, false)
	require.Len(t, findings, 1)
	require.Equal(t, verify.BlobMissing, findings[0].Kind)

	_, err = repair.Undo(t.Context(), r.Driver, result.Record)
	require.NoError(t, err)
	apply(t, r.Driver, repair.Options{Apply: true, Quarantine: true})

	r.Replace(p, content) // the next push
	require.Empty(t, find(t, r.Driver, true))
	_, err = repair.Undo(t.Context(), r.Driver, result.Record)
	require.ErrorIs(t, err, repair.ErrStoredSince)
}

func TestBlobThatChangesMeanwhileIsLeftAlone(t *testing.T) {
	r := newRegistry(t)
	layer := r.PushBlob("a", verifytest.Noise(1, 100_000), verifytest.Block{Size: 1000, Lost: 1})
	r.PushImage("a", "v1", layer)
	p := layout.BlobPath(layer.Digest)
	findings := find(t, r.Driver, false)
	driver := &onRecord{StorageDriver: r.Driver, before: func() { r.Replace(p, []byte("somebody else's")) }}
	summary, err := repair.Run(t.Context(), driver, findings, repair.Options{Apply: true}, func(repair.Result) error { return nil })
	require.NoError(t, err)
	require.Equal(t, map[repair.Action]int{repair.Changed: 1}, summary.ByAction)
	stored, err := r.Driver.GetContent(t.Context(), p)
	require.NoError(t, err)
	require.Equal(t, "somebody else's", string(stored))
}

// onRecord does something just before the record of a repair is written.
type onRecord struct {
	storagedriver.StorageDriver
	before func()
}

func (d *onRecord) PutContent(ctx context.Context, p string, content []byte) error {
	if path.Base(p) == "record.json" && d.before != nil {
		d.before()
		d.before = nil
	}
	return d.StorageDriver.PutContent(ctx, p, content)
}

func TestDigestsOfOtherAlgorithmsAreMendedToo(t *testing.T) {
	r := newRegistry(t)
	content := verifytest.Noise(1, 50_000)
	d := digest.SHA512.FromBytes(content)
	r.PutFile(layout.BlobPath(d), content, 1)
	results := apply(t, r.Driver, repair.Options{Apply: true})
	require.Equal(t, repair.Mended, results[layout.BlobPath(d)].Action)
	require.Empty(t, r.Wrong())
}

// An empty link was taken for right where nothing tells what it should hold.
func TestEmptyTagOfWhichNothingIsKnownIsNotSound(t *testing.T) {
	r := newRegistry(t)
	r.PushImage("a", "v1")
	r.PushImage("a", "v1")
	p := layout.Entry{Kind: layout.TagCurrent, Repository: "a", Name: "v1"}.Path()
	r.Empty(p)
	require.Equal(t, repair.Left, apply(t, r.Driver, repair.Options{Apply: true})[p].Action)
	result := apply(t, r.Driver, repair.Options{Apply: true, Quarantine: true})[p]
	require.Equal(t, repair.Quarantined, result.Action)
	require.Equal(t, []string{"a:v1"}, result.Push)
}
