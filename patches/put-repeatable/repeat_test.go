package handlers

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
	"github.com/distribution/distribution/v3/registry/storage/driver/factory"
	"github.com/distribution/distribution/v3/registry/storage/driver/inmemory"
	"github.com/opencontainers/go-digest"
)

// cutOff is a driver that breaks off once, at the point that fails names.
type cutOff struct {
	storagedriver.StorageDriver
	fails string
}

func (d *cutOff) Create(context.Context, map[string]any) (storagedriver.StorageDriver, error) {
	return d, nil
}

func (d *cutOff) at(point string) error {
	if d.fails != point {
		return nil
	}
	d.fails = ""
	return errors.New("cut off")
}

func (d *cutOff) Move(ctx context.Context, source, dest string) error {
	if err := d.at("before the move"); err != nil {
		return err
	}
	if err := d.StorageDriver.Move(ctx, source, dest); err != nil {
		return err
	}
	return d.at("after the move")
}

func (d *cutOff) PutContent(ctx context.Context, path string, content []byte) error {
	if err := d.StorageDriver.PutContent(ctx, path, content); err != nil || !strings.Contains(path, "/_layers/") {
		return err
	}
	return d.at("after the link")
}

func (d *cutOff) Delete(ctx context.Context, path string) error {
	if err := d.StorageDriver.Delete(ctx, path); err != nil {
		return err
	}
	return d.at("after all")
}

// TestPutIsRepeated cuts off a PUT after its bytes were verified and sends it
// again, as it was: with a part of the content, and without.
func TestPutIsRepeated(t *testing.T) {
	driver := &cutOff{StorageDriver: inmemory.New()}
	factory.Register("cutoff", driver)
	config := &configuration.Configuration{Storage: configuration.Storage{"cutoff": nil, "maintenance": {
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

	for _, point := range []string{"before the move", "after the move", "after the link", "after all"} {
		for name, first := range map[string]int{"all in the PUT": 0, "some in the PUT": 5, "nothing in the PUT": 100} {
			t.Run(name+", cut "+point, func(t *testing.T) {
				content := []byte(name + point)
				patched, rest := content[:min(first, len(content))], content[min(first, len(content)):]
				location := request(http.MethodPost, server.URL+"/v2/foo/blobs/uploads/", nil, http.StatusAccepted).Get("Location")
				status, _, _ := strings.Cut(location, "?")
				if len(patched) > 0 {
					location = request(http.MethodPatch, location, patched, http.StatusAccepted).Get("Location")
				}
				dgst := digest.FromBytes(content).String()
				wrong := digest.FromString("wrong").String()
				request(http.MethodPut, location+"&digest="+wrong, nil, http.StatusBadRequest)

				driver.fails = point
				request(http.MethodPut, location+"&digest="+dgst, rest, http.StatusInternalServerError)
				if point == "after all" {
					request(http.MethodGet, status, nil, http.StatusNotFound)
					request(http.MethodPut, location+"&digest="+wrong, rest, http.StatusNotFound)
				} else {
					got := request(http.MethodGet, status, nil, http.StatusNoContent).Get("Range")
					if want := "0-" + strconv.Itoa(len(content)-1); got != want {
						t.Errorf("the status says %s instead of %s", got, want)
					}
					request(http.MethodPut, location+"&digest="+wrong, rest, http.StatusBadRequest)
				}
				again := request(http.MethodPut, location+"&digest="+dgst, rest, http.StatusCreated)
				if got := again.Get("Docker-Content-Digest"); got != dgst {
					t.Errorf("answers with the digest %s instead of %s", got, dgst)
				}
				request(http.MethodGet, server.URL+"/v2/foo/blobs/"+dgst, nil, http.StatusOK)
				request(http.MethodGet, server.URL+"/v2/bar/blobs/"+dgst, nil, http.StatusNotFound)
			})
		}
	}
}
