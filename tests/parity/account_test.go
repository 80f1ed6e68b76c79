package parity

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

const hierarchies = "distribution#3922, #4153; azure-sdk-for-go#20665"

var accountCases = []reported{
	{name: "hierarchical namespace: push and pull", source: hierarchies, run: onHierarchy(hierarchyPush)},
	{name: "hierarchical namespace: tag delete, tags/list and catalog", source: hierarchies, run: onHierarchy(hierarchyTags)},
	{name: "hierarchical namespace: garbage-collect", source: hierarchies, run: onHierarchy(hierarchyCollect)},
	{name: "hierarchical namespace: a cancelled upload leaves no directory", source: hierarchies, run: onHierarchy(hierarchyCancel)},
	{name: "versioning: a link that was an append blob is replaced, not lost", source: "versioning-overview; camel-quarkus PR 9117", run: changedType(faultproxy.Versioned())},
	{name: "a link that was an append blob is replaced", source: "camel-quarkus PR 9117", run: changedType(faultproxy.Strict())},
	{name: "snapshots: deletes of blobs that have one", source: "REST Delete Blob; AzureStorageExplorer#486", run: withSnapshots},
	{name: "metadata of an upload's blob changed by a scanner at each append", source: "issue 11", run: pushScanned(faultproxy.Append, -1)},
	{name: "metadata of an upload's blob changed by a scanner at its creation", source: "issue 11", run: pushScanned(faultproxy.Create, 1)},
	{name: "tags that end in a dot don't overwrite their neighbour", source: "REST Naming and Referencing; AzureStorageExplorer#2833, acr#612", run: dottedTags},
	{name: "an immutable blob: the log names the cause", source: "REST error table", run: causeOf(faultproxy.Put, faultproxy.BlobImmutable, "BlobImmutableDueToPolicy")},
	{name: "a leased blob: the log names the cause", source: "REST error table", run: causeOf(faultproxy.Put, faultproxy.LeaseIDMissing, "LeaseIdMissing")},
	{name: "keys switched off: the log names the cause", source: "REST error table", run: causeOf(faultproxy.Put, faultproxy.KeysOff, "KeyBasedAuthenticationNotPermitted")},
	{name: "an archived manifest: the log names the cause, and it isn't absent", source: "REST error table", run: archived},
}

func onHierarchy(run func(*lab, *registrytest.Registry)) func(*lab) {
	return func(l *lab) {
		l.store(faultproxy.Hierarchical())
		run(l, l.serve(registrytest.Section{"retry_delay": "20ms", "retry_budget": "1m"}))
	}
}

func hierarchyPush(l *lab, r *registrytest.Registry) {
	image := l.image("directories", 300*kibibyte, 2*kibibyte)
	for range 2 {
		require.NoError(l, l.push(r, "tree/some/app:v1", image))
		require.NoError(l, l.pull(r, "tree/some/app:v1", image))
	}
	require.NoError(l, l.push(r, "tree/some/app:v1", l.image("moved on", kibibyte)))
	require.NoError(l, l.pushLayer(r, "tree/chunks", registrytest.Random(l.Name(), 300*kibibyte), 3))
}

func hierarchyTags(l *lab, r *registrytest.Registry) {
	for _, tag := range []string{"v1", "v2"} {
		require.NoError(l, l.push(r, "tree/app:"+tag, l.image(tag, kibibyte)))
	}
	require.NoError(l, l.push(r, "tree/app:v1", l.image("v1 again", kibibyte)))
	require.Equal(l, http.StatusAccepted, l.manifest(r, http.MethodDelete, "tree/app", "v1").status)
	tags := l.ask(http.MethodGet, r.URL()+"/v2/tree/app/tags/list", nil, nil)
	require.JSONEq(l, `{"name":"tree/app","tags":["v2"]}`, string(tags.body))
	require.Equal(l, http.StatusNotFound, l.manifest(r, http.MethodGet, "tree/app", "v1").status)
	catalog := l.ask(http.MethodGet, r.URL()+"/v2/_catalog", nil, nil)
	require.JSONEq(l, `{"repositories":["tree/app"]}`, string(catalog.body))
}

func hierarchyCollect(l *lab, r *registrytest.Registry) {
	kept, dropped := l.image("kept", kibibyte), l.image("dropped", 2*kibibyte)
	require.NoError(l, l.push(r, "tree/kept:v1", kept))
	require.NoError(l, l.push(r, "tree/dropped:v1", dropped))
	digest, err := dropped.Digest()
	require.NoError(l, err)
	require.Equal(l, http.StatusAccepted, l.manifest(r, http.MethodDelete, "tree/dropped", digest.String()).status)
	for range 2 {
		output, err := l.collect(r, "--delete-untagged")
		require.NoError(l, err, "%s", output)
	}
	require.NoError(l, l.pull(r, "tree/kept:v1", kept))
	sha, _ := dropped.ConfigName()
	for _, name := range l.Names(l.T) {
		require.NotContains(l, name, sha.Hex, "a directory stays")
	}
	require.Len(l, l.Digests(l.T), 3)
}

func hierarchyCancel(l *lab, r *registrytest.Registry) {
	u := l.upload(r, "tree/cancelled")
	require.Equal(l, http.StatusAccepted, u.patch(bytesOf(registrytest.Random(l.Name(), 3*kibibyte))).status)
	require.Equal(l, http.StatusNoContent, l.ask(http.MethodDelete, u.location, nil, nil).status)
	for _, name := range l.Names(l.T) {
		_, upload, found := strings.Cut(name, "/_uploads/")
		require.False(l, found && upload != "", "%s stays", name)
	}
}

// changedType makes a tag's link an append blob, as early drivers did, and moves the tag.
func changedType(kind faultproxy.Option) func(*lab) {
	return func(l *lab) {
		l.store(kind)
		r := l.serve(registrytest.Section{"retry_delay": "20ms", "retry_budget": "1m"})
		first, second := l.image("first", kibibyte), l.image("second", kibibyte)
		require.NoError(l, l.push(r, "types/app:v1", second))
		require.NoError(l, l.push(r, "types/app:v1", first))
		var links []string
		for _, name := range l.Names(l.T) {
			if strings.HasSuffix(name, "/tags/v1/current/link") {
				links = append(links, name)
			}
		}
		require.Len(l, links, 1)
		digest, err := first.Digest()
		require.NoError(l, err)
		makeAppendBlob(l, links[0], digest.String())

		pushed := l.push(r, "types/app:v1", second)
		if pushed == nil {
			require.NoError(l, l.pull(r, "types/app:v1", second))
			return
		}
		require.NoError(l, l.pull(r, "types/app:v1", first), "the push failed, and the tag is lost: %v", pushed)
		l.Errorf("a push that fails for good: %v", pushed)
	}
}

// makeAppendBlob puts an append blob in a blob's place, through the proxy's eyes.
func makeAppendBlob(l *lab, name, content string) {
	_, err := l.Direct.NewBlobClient(name).Delete(l.ctx, nil)
	require.NoError(l, err)
	blob := l.Direct.NewAppendBlobClient(name)
	_, err = blob.Create(l.ctx, nil)
	require.NoError(l, err)
	_, err = blob.AppendBlock(l.ctx, readSeeker(content), nil)
	require.NoError(l, err)
	client, err := l.Server.ClientAt(l.URL())
	require.NoError(l, err)
	_, err = client.ServiceClient().NewContainerClient(l.Container).NewBlobClient(name).GetProperties(l.ctx, nil)
	require.NoError(l, err)
}

func withSnapshots(l *lab) {
	r := l.serve(registrytest.Section{"retry_delay": "20ms", "retry_budget": "1m"})
	image := l.image("snapshots", kibibyte)
	require.NoError(l, l.push(r, "types/snapshots:v1", image))
	require.NoError(l, l.push(r, "types/snapshots:v1", l.image("again", kibibyte)))
	require.NoError(l, l.push(r, "types/kept:v1", l.image("kept", kibibyte)))
	for _, name := range l.Names(l.T) {
		_, err := l.Direct.NewBlobClient(name).CreateSnapshot(l.ctx, nil)
		require.NoError(l, err)
	}
	require.Equal(l, http.StatusAccepted, l.manifest(r, http.MethodDelete, "types/snapshots", "v1").status)
	output, err := l.collect(r, "--delete-untagged")
	require.NoError(l, err, "%s", output)
	require.Len(l, l.Digests(l.T), 3)
}

func pushScanned(op faultproxy.Op, times int) func(*lab) {
	return func(l *lab) {
		r := l.serve(registrytest.Section{"retry_delay": "20ms", "retry_budget": "1m"})
		for i, parts := range []int{1, 4} {
			content := registrytest.Random(fmt.Sprint(l.Name(), i), 900*kibibyte)
			l.Arm(faultproxy.Fault{Op: op, Kind: faultproxy.Scanned, Times: times})
			require.NoError(l, l.pushLayer(r, "types/scanned", content, parts))
			l.MustHaveStruck(l.T)
			l.Disarm()
			require.NoError(l, l.pullLayer(r, "types/scanned", content))
		}
	}
}

// dottedTags looks at the names that are stored, since Azurite keeps dots.
func dottedTags(l *lab) {
	r := l.serve(nil)
	one, two := l.image("one", kibibyte), l.image("two", kibibyte)
	require.NoError(l, l.push(r, "dots/app:v1", one))
	// Refusing such a tag is as good.
	if err := l.push(r, "dots/app:v1.", two); err == nil {
		require.NoError(l, l.pull(r, "dots/app:v1.", two))
	}
	require.NoError(l, l.pull(r, "dots/app:v1", one))
	for _, name := range l.Names(l.T) {
		require.NotContains(l, name+"/", "./", "the service would drop the dot")
	}
}

// causeOf pushes where it can't work.
func causeOf(op faultproxy.Op, kind faultproxy.Kind, code string) func(*lab) {
	return func(l *lab) {
		r := l.serve(registrytest.Section{"retry_delay": "20ms", "retry_budget": "20s"})
		image := l.image("refused", kibibyte)
		l.Arm(faultproxy.Fault{Op: op, Kind: kind, Times: -1})
		require.Error(l, l.push(r, "types/refused:v1", image))
		r.Log.AwaitLine(l.T, code)
		l.Disarm()
		require.NoError(l, l.push(r, "types/refused:v1", image), "a refusal says nothing about later calls")
	}
}

func archived(l *lab) {
	patient, r := l.serve(nil), l.serve(hasty)
	image := l.image("archived", kibibyte)
	require.NoError(l, l.push(patient, "types/archived:v1", image))
	l.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.BlobArchived, Times: -1})
	got := l.manifest(r, http.MethodGet, "types/archived", "v1")
	require.GreaterOrEqual(l, got.status, 500, "%s", got.body)
	r.Log.AwaitLine(l.T, "BlobArchived")
	l.Disarm()
	require.NoError(l, l.pull(patient, "types/archived:v1", image))
}
