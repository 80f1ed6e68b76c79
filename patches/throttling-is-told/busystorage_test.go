package handlers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	v1 "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/distribution/distribution/v3/registry/api/errcode"
	"github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/base"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
)

// busyStorage is in memory, and has too much to do, or another failure,
// whenever its test says so.
type busyStorage struct {
	driver.StorageDriver
	failure error
	calls   atomic.Bool  // to answer calls
	at      atomic.Int64 // to answer one call: the number of those up to it
	writes  atomic.Bool  // to take the bytes of a writer
	reads   atomic.Bool  // to begin with the content of a file
}

// tooBusy is an error that says how long to stay away.
type tooBusy time.Duration

func (tooBusy) Error() string                          { return "come back later" }
func (wait tooBusy) RetryAfter() (time.Duration, bool) { return time.Duration(wait), true }

func (b *busyStorage) when(busy *atomic.Bool) error {
	if busy.Load() {
		return b.failure
	}
	return nil
}

// call is what every call that isn't about a writer begins with.
func (b *busyStorage) call() error {
	if b.at.Load() > 0 && b.at.Add(-1) == 0 {
		return b.failure
	}
	return b.when(&b.calls)
}

func (b *busyStorage) GetContent(ctx context.Context, path string) ([]byte, error) {
	if err := b.call(); err != nil {
		return nil, err
	}
	return b.StorageDriver.GetContent(ctx, path)
}

func (b *busyStorage) PutContent(ctx context.Context, path string, content []byte) error {
	if err := b.call(); err != nil {
		return err
	}
	return b.StorageDriver.PutContent(ctx, path, content)
}

func (b *busyStorage) Reader(ctx context.Context, path string, offset int64) (io.ReadCloser, error) {
	if err := errors.Join(b.call(), b.when(&b.reads)); err != nil {
		return nil, err
	}
	return b.StorageDriver.Reader(ctx, path, offset)
}

func (b *busyStorage) Writer(ctx context.Context, path string, appending bool) (driver.FileWriter, error) {
	if err := b.call(); err != nil {
		return nil, err
	}
	w, err := b.StorageDriver.Writer(ctx, path, appending)
	return busyWriter{w, b}, err
}

func (b *busyStorage) Stat(ctx context.Context, path string) (driver.FileInfo, error) {
	if err := b.call(); err != nil {
		return nil, err
	}
	return b.StorageDriver.Stat(ctx, path)
}

func (b *busyStorage) List(ctx context.Context, path string) ([]string, error) {
	if err := b.call(); err != nil {
		return nil, err
	}
	return b.StorageDriver.List(ctx, path)
}

func (b *busyStorage) Move(ctx context.Context, source, dest string) error {
	if err := b.call(); err != nil {
		return err
	}
	return b.StorageDriver.Move(ctx, source, dest)
}

func (b *busyStorage) Delete(ctx context.Context, path string) error {
	if err := b.call(); err != nil {
		return err
	}
	return b.StorageDriver.Delete(ctx, path)
}

func (b *busyStorage) Walk(ctx context.Context, path string, f driver.WalkFn, options ...func(*driver.WalkOptions)) error {
	if err := b.call(); err != nil {
		return err
	}
	return b.StorageDriver.Walk(ctx, path, f, options...)
}

type busyWriter struct {
	driver.FileWriter
	storage *busyStorage
}

func (w busyWriter) Write(p []byte) (int, error) {
	if err := w.storage.when(&w.storage.writes); err != nil {
		return 0, err
	}
	return w.FileWriter.Write(p)
}

func (b *busyStorage) Create(context.Context, map[string]any) (driver.StorageDriver, error) {
	return &base.Base{StorageDriver: b}, nil
}

// busyRegistry is a registry on such a storage.
type busyRegistry struct {
	t       *testing.T
	storage *busyStorage
	url     string
}

func newBusyRegistry(t *testing.T, configure func(*configuration.Configuration)) *busyRegistry {
	storage := &busyStorage{StorageDriver: inmemory.New(), failure: tooBusy(2500 * time.Millisecond)}
	factory.Register(t.Name(), storage)
	config := &configuration.Configuration{
		Storage: configuration.Storage{
			t.Name():      configuration.Parameters{},
			"delete":      configuration.Parameters{"enabled": true},
			"maintenance": configuration.Parameters{"uploadpurging": map[any]any{"enabled": false}},
		},
		Catalog: configuration.Catalog{MaxEntries: 5},
	}
	configure(config)
	server := httptest.NewServer(NewApp(t.Context(), config))
	t.Cleanup(server.Close)
	return &busyRegistry{t: t, storage: storage, url: server.URL}
}

// request returns the answer's header and body, and fails the test unless it has
// the status.
func (r *busyRegistry) request(status int, method, target, contentType, body string) (http.Header, []byte) {
	r.t.Helper()
	request, err := http.NewRequest(method, r.url+target, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("Accept", v1.MediaTypeImageManifest)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Errorf("%s %s: reading the answer: %v", method, target, err)
	}
	if response.StatusCode != status {
		r.t.Errorf("%s %s: status %d instead of %d: %s", method, target, response.StatusCode, status, content)
	}
	return response.Header, content
}

// upload begins an upload and returns its location on this registry.
func (r *busyRegistry) upload() string {
	r.t.Helper()
	header, _ := r.request(http.StatusAccepted, http.MethodPost, "/v2/some/app/blobs/uploads/", "", "")
	location, err := url.Parse(header.Get("Location"))
	if err != nil {
		r.t.Fatal(err)
	}
	return location.RequestURI()
}

// push stores content as a blob.
func (r *busyRegistry) push(content string) digest.Digest {
	r.t.Helper()
	dgst := digest.FromString(content)
	r.request(http.StatusCreated, http.MethodPut, r.upload()+"&digest="+dgst.String(), "application/octet-stream", content)
	return dgst
}

// refused fails the test unless the answer tells a client to come back.
func (r *busyRegistry) refused(method, target, contentType, body string) {
	r.t.Helper()
	header, content := r.request(http.StatusServiceUnavailable, method, target, contentType, body)
	if got := header.Get("Retry-After"); got != "3" {
		r.t.Errorf("%s %s: Retry-After is %q instead of 3", method, target, got)
	}
	if caching := header.Get("Cache-Control"); caching != "" {
		r.t.Errorf("%s %s: an error to keep for %s", method, target, caching)
	}
	if method == http.MethodHead {
		return
	}
	var errs errcode.Errors
	if err := json.Unmarshal(content, &errs); err != nil || len(errs) != 1 {
		r.t.Errorf("%s %s: the answer is %v, %v", method, target, errs, err)
	} else if coder, ok := errs[0].(errcode.ErrorCoder); !ok || coder.ErrorCode() != errcode.ErrorCodeUnavailable {
		r.t.Errorf("%s %s: the answer is %v", method, target, errs[0])
	}
}

func manifestOf(config, layer digest.Digest) string {
	return `{"schemaVersion": 2, "mediaType": "` + v1.MediaTypeImageManifest + `", "config": {"mediaType": "` +
		v1.MediaTypeImageConfig + `", "size": 2, "digest": "` + config.String() + `"}, "layers": [{"mediaType": "` +
		v1.MediaTypeImageLayer + `", "size": 5, "digest": "` + layer.String() + `"}]}`
}

// busyRequest is a request to a registry that has a layer, an image and an
// upload.
type busyRequest struct{ method, target, contentType, body string }

// everyRoute fills the registry, and returns a request for each route and what
// can be asked of it.
func (r *busyRegistry) everyRoute() []busyRequest {
	r.t.Helper()
	layer, fresh := r.push("layer"), digest.FromString("fresh")
	manifest := manifestOf(r.push("{}"), layer)
	r.request(http.StatusCreated, http.MethodPut, "/v2/some/app/manifests/latest", v1.MediaTypeImageManifest, manifest)
	index := `{"schemaVersion": 2, "mediaType": "` + v1.MediaTypeImageIndex + `", "manifests": [{"mediaType": "` +
		v1.MediaTypeImageManifest + `", "size": ` + strconv.Itoa(len(manifest)) + `, "digest": "` + digest.FromString(manifest).String() + `"}]}`
	blob := "/v2/some/app/blobs/" + layer.String()
	revision := "/v2/some/app/manifests/" + digest.FromString(manifest).String()
	upload := r.upload()
	return []busyRequest{
		{http.MethodGet, "/v2/_catalog", "", ""},
		{http.MethodGet, "/v2/some/app/tags/list", "", ""},
		{http.MethodGet, "/v2/some/app/manifests/latest", "", ""},
		{http.MethodHead, "/v2/some/app/manifests/latest", "", ""},
		{http.MethodGet, revision, "", ""},
		{http.MethodHead, revision, "", ""},
		{http.MethodPut, "/v2/some/app/manifests/latest", v1.MediaTypeImageManifest, manifest},
		{http.MethodPut, "/v2/some/app/manifests/index", v1.MediaTypeImageIndex, index},
		{http.MethodDelete, "/v2/some/app/manifests/latest", "", ""},
		{http.MethodDelete, revision, "", ""},
		{http.MethodGet, blob, "", ""},
		{http.MethodHead, blob, "", ""},
		{http.MethodDelete, blob, "", ""},
		{http.MethodPost, "/v2/some/app/blobs/uploads/", "", ""},
		{http.MethodPost, "/v2/some/app/blobs/uploads/?digest=" + fresh.String(), "application/octet-stream", "fresh"},
		{http.MethodPost, "/v2/other/app/blobs/uploads/?from=some/app&mount=" + layer.String(), "", ""},
		{http.MethodGet, upload, "", ""},
		{http.MethodPatch, upload, "application/octet-stream", "layer"},
		{http.MethodPut, upload + "&digest=" + fresh.String(), "application/octet-stream", "fresh"},
		{http.MethodDelete, upload, "", ""},
	}
}

func TestBusyStorageIsToldOnEveryRoute(t *testing.T) {
	r := newBusyRegistry(t, func(*configuration.Configuration) {})
	requests := r.everyRoute()
	r.storage.calls.Store(true)
	for _, c := range requests {
		r.refused(c.method, c.target, c.contentType, c.body)
	}
	r.storage.calls.Store(false)

	upload, layer := r.upload(), digest.FromString("layer")
	r.storage.writes.Store(true)
	r.refused(http.MethodPatch, upload, "application/octet-stream", "layer")
	r.refused(http.MethodPut, upload+"&digest="+layer.String(), "application/octet-stream", "layer")
	r.storage.writes.Store(false)

	blob := "/v2/some/app/blobs/" + layer.String()
	r.storage.reads.Store(true)
	r.refused(http.MethodGet, blob, "", "")
	r.request(http.StatusOK, http.MethodHead, blob, "", "")
	r.storage.reads.Store(false)
	r.request(http.StatusOK, http.MethodGet, blob, "", "")
}

// One call is turned away, and it may be any that a request makes. The request
// may do without; if it doesn't, the client is to come back: a manifest isn't
// invalid because its layers could not be looked at.
func TestBusyStorageAtAnyCallOfARequest(t *testing.T) {
	for route := range newBusyRegistry(t, func(*configuration.Configuration) {}).everyRoute() {
		struck := true
		for n := int64(1); struck; n++ {
			t.Run(fmt.Sprintf("%d at %d", route, n), func(t *testing.T) {
				struck = false
				r := newBusyRegistry(t, func(*configuration.Configuration) {})
				c := r.everyRoute()[route]
				r.storage.at.Store(n)
				request, err := http.NewRequest(c.method, r.url+c.target, strings.NewReader(c.body))
				if err != nil {
					t.Fatal(err)
				}
				request.Header.Set("Content-Type", c.contentType)
				request.Header.Set("Accept", v1.MediaTypeImageManifest)
				response, err := http.DefaultClient.Do(request)
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				content, _ := io.ReadAll(response.Body)
				struck = r.storage.at.Load() == 0
				if response.StatusCode >= 300 && (!struck || response.StatusCode != http.StatusServiceUnavailable) {
					t.Errorf("%s %s: %d %s", c.method, c.target, response.StatusCode, content)
				}
			})
		}
	}
}

func TestBusyStorageOfAProxyIsTold(t *testing.T) {
	origin := newTestEnv(t, true)
	defer origin.Shutdown()
	behind := &busyRegistry{t: t, url: origin.server.URL}
	layer := behind.push("layer")
	manifest := manifestOf(behind.push("{}"), layer)
	behind.request(http.StatusCreated, http.MethodPut, "/v2/some/app/manifests/latest", v1.MediaTypeImageManifest, manifest)

	r := newBusyRegistry(t, func(config *configuration.Configuration) {
		config.Proxy = configuration.Proxy{RemoteURL: origin.server.URL}
	})
	r.storage.calls.Store(true)
	r.refused(http.MethodGet, "/v2/some/app/manifests/latest", "", "")
	r.refused(http.MethodGet, "/v2/some/app/blobs/"+layer.String(), "", "")
	r.refused(http.MethodGet, "/v2/_catalog", "", "")
	r.storage.calls.Store(false)
	r.request(http.StatusOK, http.MethodGet, "/v2/some/app/blobs/"+layer.String(), "", "")
}

func TestRetryAfterIsWholeSecondsAndBounded(t *testing.T) {
	r := newBusyRegistry(t, func(*configuration.Configuration) {})
	r.storage.calls.Store(true)
	for wait, want := range map[tooBusy]string{
		tooBusy(-time.Second): "5", 0: "5", tooBusy(time.Nanosecond): "1", tooBusy(time.Second): "1",
		tooBusy(1001 * time.Millisecond): "2", tooBusy(time.Hour): "60", 1<<63 - 1: "60",
	} {
		r.storage.failure = wait
		header, _ := r.request(http.StatusServiceUnavailable, http.MethodGet, "/v2/_catalog", "", "")
		if got := header.Get("Retry-After"); got != want {
			t.Errorf("%v becomes %q instead of %q", time.Duration(wait), got, want)
		}
	}
}
