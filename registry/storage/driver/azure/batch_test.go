package azure

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// batchWatch counts requests, and does something to those for a batch.
type batchWatch struct {
	http.RoundTripper
	batches, deletes atomic.Int64
	batch            func(*http.Request) (*http.Response, error) // nil: as usual
}

func (w *batchWatch) Do(req *http.Request) (*http.Response, error) {
	switch {
	case req.URL.Query().Get("comp") == "batch":
		w.batches.Add(1)
		if w.batch != nil {
			return w.batch(req)
		}
	case req.Method == http.MethodDelete:
		w.deletes.Add(1)
	}
	return w.RoundTrip(req)
}

// folderOf is a driver whose requests are watched, with a folder of n blobs.
func folderOf(t *testing.T, w *batchWatch, n int) *driver {
	t.Helper()
	s, _, err := config.Interpret(account(t))
	if err != nil {
		t.Fatal(err)
	}
	w.RoundTripper = http.DefaultTransport
	d, err := newDriver(s, w)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := d.PutContent(t.Context(), fmt.Sprintf("/batch/%s/blob %d", t.Name(), i), []byte("content")); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// deleted deletes the folder and fails the test if anything is left of it.
func deleted(t *testing.T, d *driver) {
	t.Helper()
	if err := d.Delete(t.Context(), "/batch/"+t.Name()); err != nil {
		t.Fatal(err)
	}
	var missing storagedriver.PathNotFoundError
	if children, err := d.List(t.Context(), "/batch/"+t.Name()); !errors.As(err, &missing) {
		t.Fatalf("still there: %q, %v", children, err)
	}
}

func TestDeleteOfAFolderTakesOneRequestPerBatch(t *testing.T) {
	var w batchWatch
	deleted(t, folderOf(t, &w, 20))
	if w.batches.Load() != 1 || w.deletes.Load() != 0 {
		t.Errorf("%d batches, %d single deletes", w.batches.Load(), w.deletes.Load())
	}
}

// A refusal may pass within minutes: the next delete asks again.
func TestDeleteGoesOnOneByOneWhereBatchesAreRefused(t *testing.T) {
	var w batchWatch
	w.batch = func(req *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusForbidden, Body: http.NoBody, Request: req, Header: http.Header{
			"X-Ms-Request-Id": {"1"}, "X-Ms-Error-Code": {"AuthorizationFailure"},
		}}, nil
	}
	d := folderOf(t, &w, 5)
	deleted(t, d)
	folderOf(t, &batchWatch{}, 5)
	deleted(t, d)
	if w.batches.Load() != 2 || w.deletes.Load() != 10 {
		t.Errorf("%d batches, %d single deletes", w.batches.Load(), w.deletes.Load())
	}
}

func TestDeleteSurvivesALostAnswerToABatch(t *testing.T) {
	var w batchWatch
	w.batch = func(req *http.Request) (*http.Response, error) {
		resp, err := w.RoundTrip(req)
		if err == nil {
			_ = resp.Body.Close()
			err = errors.New("connection reset")
		}
		return nil, err
	}
	d := folderOf(t, &w, 5)
	deleted(t, d)
	if w.batches.Load() != 1 {
		t.Errorf("%d batches", w.batches.Load())
	}
}

// The SDK's parser panics on a part with a number that the batch didn't have.
func TestDeleteSurvivesADamagedAnswerToABatch(t *testing.T) {
	var w batchWatch
	w.batch = func(req *http.Request) (*http.Response, error) {
		const part = "--b\r\nContent-Type: application/http\r\nContent-ID: 7\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n\r\n--b--\r\n"
		return &http.Response{
			StatusCode: http.StatusAccepted, Header: http.Header{"X-Ms-Request-Id": {"1"}, "Content-Type": {"multipart/mixed; boundary=b"}},
			Body: io.NopCloser(strings.NewReader(part)), Request: req,
		}, nil
	}
	deleted(t, folderOf(t, &w, 5))
	if w.deletes.Load() != 5 {
		t.Errorf("%d single deletes", w.deletes.Load())
	}
}
