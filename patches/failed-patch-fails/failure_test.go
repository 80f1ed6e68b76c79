package handlers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/opencontainers/go-digest"
)

// closeFailures is a driver whose writers fail to store what they were given
// while failing is set.
type closeFailures struct {
	storagedriver.StorageDriver
	failing atomic.Bool
}

func (d *closeFailures) Create(context.Context, map[string]any) (storagedriver.StorageDriver, error) {
	return d, nil
}

func (d *closeFailures) Writer(ctx context.Context, path string, append bool) (storagedriver.FileWriter, error) {
	w, err := d.StorageDriver.Writer(ctx, path, append)
	return &closeFailure{w, d}, err
}

type closeFailure struct {
	storagedriver.FileWriter
	driver *closeFailures
}

func (w *closeFailure) Close() error {
	if w.driver.failing.Load() {
		return errors.New("no space left")
	}
	return w.FileWriter.Close()
}

// TestPatchFailsIfItsBytesAreNotStored lets storage fail in a PATCH and in a
// POST. Both must say so, and the status must tell where to go on.
func TestPatchFailsIfItsBytesAreNotStored(t *testing.T) {
	driver := &closeFailures{StorageDriver: inmemory.New()}
	factory.Register("closefailures", driver)
	config := &configuration.Configuration{Storage: configuration.Storage{"closefailures": nil, "maintenance": {
		"uploadpurging": map[any]any{"enabled": false},
	}}}
	server := httptest.NewServer(NewApp(t.Context(), config))
	defer server.Close()

	request := func(method, url string, content []byte, status int) http.Header {
		t.Helper()
		// Locations lead to the host that TestAppDispatcher left in the router that all tests share.
		_, path, _ := strings.Cut(url, "/v2/")
		r, err := http.NewRequest(method, server.URL+"/v2/"+path, bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if text, _ := io.ReadAll(resp.Body); resp.StatusCode != status {
			t.Fatalf("%s answers %s instead of %d: %s", method, resp.Status, status, text)
		}
		return resp.Header
	}
	content := []byte("the content of a layer")

	driver.failing.Store(true)
	request(http.MethodPost, server.URL+"/v2/foo/blobs/uploads/", nil, http.StatusInternalServerError)
	driver.failing.Store(false)
	location := request(http.MethodPost, server.URL+"/v2/foo/blobs/uploads/", nil, http.StatusAccepted).Get("Location")
	location = request(http.MethodPatch, location, content[:5], http.StatusAccepted).Get("Location")
	driver.failing.Store(true)
	request(http.MethodPatch, location, content[5:], http.StatusInternalServerError)
	driver.failing.Store(false)

	status := request(http.MethodGet, location, nil, http.StatusNoContent)
	if got := status.Get("Range"); got != "0-4" {
		t.Fatalf("Range is %q although 5 bytes are stored", got)
	}
	location = request(http.MethodPatch, status.Get("Location"), content[5:], http.StatusAccepted).Get("Location")
	request(http.MethodPut, location+"&digest="+digest.FromBytes(content).String(), nil, http.StatusCreated)
}
