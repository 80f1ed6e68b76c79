package verify

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure"
	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// version2 returns the registry that version 2 left in the container.
func version2(t *testing.T, a *verifytest.Azure) *verifytest.Registry {
	t.Helper()
	driver, err := azure.New(t.Context(), &azure.DriverParameters{
		AccountName: a.Server.Account, AccountKey: a.Server.Key, ServiceURL: a.Server.URL, Container: a.Container,
		LegacyRootPrefix: true,
	})
	require.NoError(t, err)
	return verifytest.New(t, driver, verifytest.NewWriter(driver))
}

// mixed fills a container as an upgrade does that forgot legacyrootprefix: images of
// version 2, images of version 3, a layer and a repository that both have, a tag that
// version 3 moved, and one that version 2 moved when it had been rolled back to.
func mixed(t *testing.T, a *verifytest.Azure) (old, current *verifytest.Registry) {
	t.Helper()
	old, current = version2(t, a), verifytest.New(t, a.Driver, a)
	shared := verifytest.Noise(1, 2000)
	old.PushImage("both", "v1", old.PushBlob("both", shared), old.PushBlob("both", verifytest.Noise(2, 3000)))
	old.PushImage("both", "moved-since", old.PushBlob("both", shared))
	old.PushIndex("old", "index", old.PushImage("old", "image", old.PushBlob("old", verifytest.Noise(3, 1000))))
	old.BeginUpload("old", time.Now())
	current.PushImage("both", "v2", current.PushBlob("both", shared))
	current.PushImage("both", "moved-back", current.PushBlob("both", shared))
	time.Sleep(1100 * time.Millisecond) //nolint:forbidigo // the storage tells times in whole seconds
	moved := current.PushImage("both", "moved-since", current.PushBlob("both", shared))
	back := old.PushImage("both", "moved-back", old.PushBlob("both", shared))
	require.NotEqual(t, moved.Digest, back.Digest)
	return old, current
}

// requireBoth demands that everything of both is here, tags as the newer has them.
func requireBoth(t *testing.T, old, current *verifytest.Registry) {
	t.Helper()
	want := make(map[string]string)
	for _, r := range []*verifytest.Registry{old, current} {
		for p, content := range r.Right {
			if layout.Parse(p).Kind != layout.Upload {
				want[p] = string(content)
			}
		}
	}
	newer := map[string]*verifytest.Registry{"moved-since": current, "moved-back": old}
	for tag, r := range newer {
		p := layout.Entry{Kind: layout.TagCurrent, Repository: "both", Name: tag}.Path()
		if content, ok := r.Right[p]; ok {
			want[p] = string(content)
		}
	}
	for p, content := range want {
		held, err := current.Driver.GetContent(t.Context(), p)
		require.NoError(t, err)
		require.Equal(t, content, string(held), p)
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	a := verifytest.NewAzure(t)
	old, current := mixed(t, a)
	addr, config := serve(t, azureSection(a, a.Server.URL))
	found := findings(t, config, 1)
	require.Equal(t, map[string]verify.Kind{layout.Root: verify.RootPrefix}, kinds(found))

	before := len(current.Wrong())
	dry := registry(t, "adopt", config)
	require.Equal(t, 1, dry.code, dry.stdout+dry.stderr)
	require.Contains(t, dry.stdout, "would-adopt  old:index")
	require.Contains(t, dry.stdout, "This was a dry run")
	require.Len(t, current.Wrong(), before)
	require.Equal(t, found, withoutTimes(findings(t, config, 1), found))

	done := registry(t, "adopt", config, "--apply")
	require.Equal(t, 0, done.code, done.stdout+done.stderr)
	require.Regexp(t, `adopted +both:moved-back +newer than sha256:`, done.stdout)
	require.Regexp(t, `dropped +both:moved-since +older than sha256:`, done.stdout)
	requireBoth(t, old, current)
	require.Empty(t, findings(t, config, 0, "--full"))
	again := registry(t, "adopt", config, "--apply", "--format", "json")
	require.Equal(t, 0, again.code, again.stdout+again.stderr)
	require.NotContains(t, again.stdout, `"adopted"`, "nothing is left but what both have")

	for _, tag := range []string{"v1", "v2", "moved-since", "moved-back"} {
		_, err := remote.Get(tagOf(t, addr, "both", tag))
		require.NoError(t, err, tag)
	}
	require.NoError(t, current.Driver.Delete(t.Context(), layout.Root+"/repositories/old")) // what is deleted now
	require.Equal(t, 0, registry(t, "adopt", config, "--apply").code)
	_, err := remote.Get(tagOf(t, addr, "old", "image"))
	require.Error(t, err, "stays deleted")
}

// withoutTimes takes the times of looking over from other findings.
func withoutTimes(found, other map[string]verify.Finding) map[string]verify.Finding {
	for p, f := range found {
		f.Seen.At = other[p].Seen.At
		found[p] = f
	}
	return found
}

// TestAdoptKilledAtEveryWriteRequest kills the process at each request to Azurite
// that writes something, before it gets there and after it was carried out: the next
// run goes on.
func TestAdoptKilledAtEveryWriteRequest(t *testing.T) {
	t.Parallel()
	atEveryWrite(t, 8, func(t *testing.T, k *kill) {
		a := verifytest.NewAzure(t)
		old, current := version2(t, a), verifytest.New(t, a.Driver, a)
		layer := old.PushBlob("a", verifytest.Noise(1, 100))
		old.PushManifest("a", "v1", "", []byte(`{"layers":[{"digest":"`+layer.Digest.String()+`","size":100}]}`))
		p := newProxy(t, a)
		config := configuration(t, azureSection(a, p.url), "127.0.0.1:0")
		k.run(t, p, exec.CommandContext(t.Context(), binary(t), "adopt", config, "--apply", "--concurrency", "1"))
		if k.at > 0 {
			again := registry(t, "adopt", config, "--apply")
			require.Equal(t, 0, again.code, again.stdout+again.stderr)
		}
		requireBoth(t, old, current)
	})
}

func TestAdoptElsewhere(t *testing.T) {
	_, storage := places[0].make(t)
	o := registry(t, "adopt", configuration(t, storage, "127.0.0.1:0"))
	require.Equal(t, 2, o.code)
	require.True(t, strings.Contains(o.stderr, "two root prefixes"), o.stderr)
}
