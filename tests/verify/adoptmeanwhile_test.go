package verify

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// TestTagPushedDuringAdoptIsKept moves many tags that both have and that are newer
// there. At the first request about the first, at the second about the second and so
// on, it is pushed here.
func TestTagPushedDuringAdoptIsKept(t *testing.T) {
	t.Parallel()
	const n = 30 // more than there are requests about one
	a := verifytest.NewAzure(t)
	old, current := version2(t, a), verifytest.New(t, a.Driver, a)
	repository := func(i int) string { return fmt.Sprintf("r%02d", i) }
	for i := range n {
		current.PushImage(repository(i), "v1")
	}
	time.Sleep(1100 * time.Millisecond) //nolint:forbidigo // the storage tells times in whole seconds
	var specimens []*specimen
	for i := range n {
		image := old.PushImage(repository(i), "v1", old.PushBlob(repository(i), verifytest.Noise(uint64(i), 100)))
		tag := layout.Entry{Kind: layout.TagCurrent, Repository: repository(i), Name: "v1"}.Path()
		specimens = append(specimens, &specimen{
			path: tag, keys: []string{"/repositories/" + repository(i) + "/"}, mended: image.Digest.String(),
			push: func(ctx context.Context) (string, string) {
				pushed := digest.FromString(repository(i)).String()
				assert.NoError(t, a.Driver.PutContent(ctx, tag, []byte(pushed)))
				return tag, pushed
			},
		})
	}
	p := newProxy(t, a)
	p.before = watching(specimens, func(s *specimen) { s.stored, s.content = s.push(t.Context()) })
	o := registry(t, "adopt", configuration(t, azureSection(a, p.url), "127.0.0.1:0"), "--apply", "--concurrency", "1")
	require.NotEqual(t, 2, o.code, o.stderr)
	for _, s := range specimens {
		requireKept(t, a.Driver, s, "push")
	}
	require.True(t, specimens[10].struck)
	require.False(t, specimens[n-1].struck, "there are more requests than specimens")
}

func TestTwoAdoptsAtOnce(t *testing.T) {
	t.Parallel()
	a := verifytest.NewAzure(t)
	old, current := mixed(t, a)
	config := configuration(t, azureSection(a, a.Server.URL), "127.0.0.1:0")
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { assert.NotEqual(t, 2, registry(t, "adopt", config, "--apply").code) })
	}
	both.Wait()
	o := registry(t, "adopt", config, "--apply")
	require.Equal(t, 0, o.code, o.stdout+o.stderr)
	requireBoth(t, old, current)
}

// TestFileThatCannotBeAdoptedHoldsBackItsRepositoryOnly has one file of a repository
// archived, of every kind in turn: the other repository is brought, and nothing that
// can be asked for lacks anything.
func TestFileThatCannotBeAdoptedHoldsBackItsRepositoryOnly(t *testing.T) {
	t.Parallel()
	for _, kind := range []layout.Kind{layout.Blob, layout.LayerLink, layout.RevisionLink, layout.TagIndex, layout.TagCurrent} {
		t.Run(fmt.Sprint(kind), func(t *testing.T) {
			t.Parallel()
			a := verifytest.NewAzure(t)
			old, current := version2(t, a), verifytest.New(t, a.Driver, a)
			layer := old.PushBlob("a", verifytest.Noise(1, 1000))
			image := old.PushImage("a", "v1", layer)
			old.PushImage("b", "v1", old.PushBlob("b", verifytest.Noise(2, 1000)))
			archived := layout.Entry{Kind: kind, Repository: "a", Name: "v1", Digest: layer.Digest}
			if kind == layout.RevisionLink || kind == layout.TagIndex {
				archived.Digest = image.Digest
			}
			p := faultproxy.ForTest(t, a.Server.URL)
			p.Arm(faultproxy.Fault{Op: faultproxy.Copy, Kind: faultproxy.BlobArchived, Match: archived.Path()[1:], Times: -1})
			config := configuration(t, azureSection(a, p.URL()), "127.0.0.1:0")
			o := registry(t, "adopt", config, "--apply", "--format", "json")
			require.Equal(t, 2, o.code, o.stdout+o.stderr)
			require.Contains(t, o.stderr, "BlobArchived")
			want := map[string]verify.Kind{layout.Root: verify.RootPrefix}
			if kind == layout.TagCurrent {
				want[archived.Path()] = verify.TagDangling
			}
			require.Equal(t, want, kinds(findings(t, config, 1, "--full")))
			b := layout.Entry{Kind: layout.TagCurrent, Repository: "b", Name: "v1"}.Path()
			_, err := a.Driver.GetContent(t.Context(), b)
			require.NoError(t, err, "the other repository")

			p.MustHaveStruck(t)
			p.Disarm()
			again := registry(t, "adopt", config, "--apply")
			require.Equal(t, 0, again.code, again.stdout+again.stderr)
			requireBoth(t, old, current)
		})
	}
}

func TestAdoptWhereThereIsNoRegistry(t *testing.T) {
	t.Parallel()
	a := verifytest.NewAzure(t)
	o := registry(t, "adopt", configuration(t, azureSection(a, a.Server.URL), "127.0.0.1:0"))
	require.Equal(t, 2, o.code, o.stdout+o.stderr)
	require.Contains(t, o.stderr, "no registry")
}

// TestAdoptDropsNoTagForADamagedOne has a tag in both places, one of which the old bug
// stored twice over.
func TestAdoptDropsNoTagForADamagedOne(t *testing.T) {
	t.Parallel()
	for _, damagedHere := range []bool{true, false} {
		a := verifytest.NewAzure(t)
		old, current := version2(t, a), verifytest.New(t, a.Driver, a)
		old.PushImage("a", "v1")
		current.PushImage("a", "v1")
		tag := layout.Entry{Kind: layout.TagCurrent, Repository: "a", Name: "v1"}.Path()
		damaged, right := old, current
		if damagedHere {
			damaged, right = current, old
		}
		damaged.Replace(tag, append(damaged.Right[tag], damaged.Right[tag]...))
		o := registry(t, "adopt", configuration(t, azureSection(a, a.Server.URL), "127.0.0.1:0"), "--apply")
		require.Equal(t, 1, o.code, o.stdout+o.stderr)
		require.Regexp(t, `differs +a:v1`, o.stdout)
		held, err := right.Driver.GetContent(t.Context(), tag)
		require.NoError(t, err)
		require.Equal(t, string(right.Right[tag]), string(held))
	}
}
