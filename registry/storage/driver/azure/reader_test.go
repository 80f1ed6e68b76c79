package azure

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// transport is a function in the place of the network.
type transport func(*http.Request) (*http.Response, error)

func (f transport) Do(req *http.Request) (*http.Response, error) { return f(req) }

// A read from the middle of a blob met a copy that was pending, and empty, and the
// look at why met the complete blob: the stream was empty and without an error.
func TestReaderOfACopyThatCompletesMeanwhile(t *testing.T) {
	content := []byte("0123456789")
	answers := []*http.Response{
		{StatusCode: http.StatusRequestedRangeNotSatisfiable, Header: http.Header{"X-Ms-Request-Id": {"1"}, "X-Ms-Error-Code": {"InvalidRange"}}},
		{StatusCode: http.StatusOK, ContentLength: 10, Header: http.Header{
			"X-Ms-Request-Id": {"2"}, "Content-Length": {"10"}, "Etag": {`"0x2"`}, "X-Ms-Blob-Type": {"AppendBlob"}, "X-Ms-Copy-Status": {"success"},
		}},
		{StatusCode: http.StatusPartialContent, ContentLength: 6, Body: io.NopCloser(bytes.NewReader(content[4:])), Header: http.Header{
			"X-Ms-Request-Id": {"3"}, "Content-Length": {"6"}, "Content-Range": {"bytes 4-9/10"}, "Etag": {`"0x2"`}, "X-Ms-Blob-Type": {"AppendBlob"},
			"X-Ms-Copy-Status": {"success"}, "Last-Modified": {time.Unix(1_700_000_000, 0).UTC().Format(http.TimeFormat)},
		}},
	}
	p := DriverParameters{AccountName: "account", AccountKey: "a2V5", Container: "registry"}
	s, _, err := config.Interpret(&p)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newDriver(s, transport(func(req *http.Request) (*http.Response, error) {
		resp := answers[0]
		answers, resp.Request = answers[1:], req
		if resp.Body == nil {
			resp.Body = http.NoBody
		}
		return resp, nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Reader(t.Context(), "/copied", 4)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, content[4:]) {
		t.Errorf("%q, error %v", got, err)
	}
	if len(answers) != 0 {
		t.Errorf("%d requests were not made", len(answers))
	}
}
