package e2e

import (
	"net/http"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

// The service answers a request with 500 OperationTimedOut, and carries it out when much has happened
// since: its retry, and through another replica what came after that. None of it is undone.
func TestLateRequestUndoesNothing(t *testing.T) {
	t.Parallel()
	const tagLink = "tags/latest/current/link"
	for name, play := range map[string]struct {
		op     faultproxy.Op
		blob   string        // what the name of the blob has in it
		before []func(*late) // the request's call
		held   func(*late)   // the call whose first such request is late
		after  []func(*late) // the last of which pushes
	}{
		"put of a new tag":          {faultproxy.Put, tagLink, nil, pushFirst, steps(pushSecond)},
		"put of a tag that moves":   {faultproxy.Put, tagLink, steps(pushFirst), pushSecond, steps(pushFirst)},
		"put of a manifest's link":  {faultproxy.Put, "_manifests/revisions/", nil, pushFirst, steps(deleteManifest, pushFirst)},
		"put of a layer's link":     {faultproxy.Put, "_layers/", nil, pushFirst, steps(deleteLayer, deleteManifest, pushFirst)},
		"copy of a layer":           {faultproxy.Copy, "", nil, pushFirst, steps(deleteManifest, collect, pushFirst)},
		"delete of a tag":           {faultproxy.Delete, tagLink, steps(pushFirst), deleteTag, steps(pushFirst)},
		"delete of a tag's history": {faultproxy.Batch, "", steps(pushFirst, pushSecond), deleteTag, steps(pushFirst, pushSecond)},
		"delete of a manifest":      {faultproxy.Delete, "_manifests/revisions/", steps(pushFirst), deleteManifest, steps(pushFirst)},
		"delete of a layer's link":  {faultproxy.Delete, "_layers/", steps(pushFirst), deleteLayer, steps(deleteManifest, pushFirst)},
		"delete of a layer":         {faultproxy.Batch, "", steps(pushFirst, deleteManifest), collect, steps(pushFirst)},
		"delete of an upload":       {faultproxy.Delete, "_uploads/", nil, pushFirst, steps(pushSecond)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLate(t)
			for _, step := range play.before {
				step(l)
			}
			release := l.hold(t, play.op, play.blob)
			play.held(l)
			l.next()
			for _, step := range play.after {
				step(l)
			}
			release()
			for _, r := range l.replicas {
				require.NoError(t, pull(t.Context(), latest(t, r, repository), l.pushed), "what came after is not what is there")
			}
			l.storage.Digests(t)
		})
	}
}

// A late request of an upload is carried out while the upload goes on, or when it has ended.
func TestLateRequestOfAnUpload(t *testing.T) {
	t.Parallel()
	for name, held := range map[string]struct {
		op   faultproxy.Op
		blob string
	}{
		"create":                    {faultproxy.Create, ""},
		"append":                    {faultproxy.Append, ""},
		"put of its time":           {faultproxy.Put, "startedat"},
		"put of its digest's state": {faultproxy.Put, "hashstates"},
		"copy":                      {faultproxy.Copy, ""},
		"delete of the rest":        {faultproxy.Batch, ""},
	} {
		for chunks, when := range map[int]string{1: "after the first chunk", 2: "after the second", 3: "after its end"} {
			if (held.op == faultproxy.Copy || held.op == faultproxy.Batch) && chunks < 3 {
				continue // there is none before the end
			}
			t.Run(name+" "+when, func(t *testing.T) {
				t.Parallel()
				l := newLate(t)
				content := registrytest.Random(t.Name(), 3*mebibyte)
				release := l.hold(t, held.op, held.blob)
				u, err := startUpload(t.Context(), l.replicas[0], repository)
				require.NoError(t, err)
				for i := range 3 {
					require.NoError(t, u.patch(t.Context(), l.replicas[i%2], i*mebibyte, content[i*mebibyte:(i+1)*mebibyte]))
					if i+1 == chunks && chunks < 3 {
						release()
					}
				}
				require.NoError(t, u.commit(t.Context(), l.replicas[1], digestOf(content), nil))
				if chunks == 3 {
					release()
				}
				for _, r := range l.replicas {
					requireBlob(t.Context(), t, r, repository, content)
				}
				require.Equal(t, []string{digestOf(content).Encoded()}, l.storage.Digests(t))
			})
		}
	}
}

const repository = "late/app"

// late is a storage that carries one request out late, and two replicas: one is used until that
// request has been struck, the other from then on.
type late struct {
	t        *testing.T
	storage  *registrytest.Storage
	replicas [2]*registrytest.Registry
	turn     int

	first, second v1.Image
	pushed        v1.Image // the last one
}

func newLate(t *testing.T) *late {
	t.Helper()
	s := registrytest.NewStorage(t)
	config := registrytest.Options{Azure: s.Azure(registrytest.Section{"retry_delay": "20ms"})}
	shared := newLayer(t.Name(), 70_000)
	return &late{
		t: t, storage: s,
		replicas: [2]*registrytest.Registry{registrytest.Start(t, config), registrytest.Start(t, config)},
		first:    newImage(t, "first", shared),
		second:   newImage(t, "second", shared, newLayer(t.Name()+"'s second", kibibyte)),
	}
}

// hold makes the next such request late, and returns what carries it out.
func (l *late) hold(t *testing.T, op faultproxy.Op, blob string) (release func()) {
	t.Helper()
	released := make(chan struct{})
	armed := l.storage.Arm(faultproxy.Fault{Op: op, Kind: faultproxy.LateUntil(released), Match: blob})
	return func() {
		t.Helper()
		require.Equal(t, 1, armed.Struck(), "%v, in %v", armed, l.storage.Requests())
		require.Empty(t, armed.LateStatuses(), "the request was carried out too early")
		close(released)
		require.NoError(t, l.storage.Settle(t.Context()))
		require.Len(t, armed.LateStatuses(), 1)
		require.NotZero(t, armed.LateStatuses()[0], "the late request never reached the service")
		t.Logf("late: %v", armed.LateStatuses())
	}
}

func (l *late) replica() *registrytest.Registry { return l.replicas[l.turn] }

// next goes on with the other replica.
func (l *late) next() { l.turn = 1 - l.turn }

func steps(s ...func(*late)) []func(*late) { return s }

func pushFirst(l *late)  { l.push(l.first) }
func pushSecond(l *late) { l.push(l.second) }

func (l *late) push(image v1.Image) {
	l.t.Helper()
	require.NoError(l.t, push(l.t.Context(), latest(l.t, l.replica(), repository), image))
	l.pushed = image
}

func deleteTag(l *late) { l.delete("manifests/latest") }

func deleteManifest(l *late) {
	digest, err := l.pushed.Digest()
	require.NoError(l.t, err)
	l.delete("manifests/" + digest.String())
}

func deleteLayer(l *late) {
	layers, err := l.pushed.Layers()
	require.NoError(l.t, err)
	digest, err := layers[0].Digest()
	require.NoError(l.t, err)
	l.delete("blobs/" + digest.String())
}

func (l *late) delete(page string) {
	l.t.Helper()
	url := l.replica().URL() + "/v2/" + repository + "/" + page
	request, err := http.NewRequestWithContext(l.t.Context(), http.MethodDelete, url, nil)
	require.NoError(l.t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(l.t, err)
	require.NoError(l.t, response.Body.Close())
	require.Equal(l.t, http.StatusAccepted, response.StatusCode)
}

// collect removes what no manifest names.
func collect(l *late) {
	text, err := registrytest.Command(l.t, nil, "garbage-collect", l.replica().Config).CombinedOutput()
	require.NoError(l.t, err, "%s", text)
}
