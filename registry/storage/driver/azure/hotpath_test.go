package azure

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// instantService says yes to everything and has endless blobs of zeros, so that
// what is measured is the driver and the SDK.
type instantService struct{ size int64 }

func (s instantService) Do(req *http.Request) (*http.Response, error) {
	resp := &http.Response{
		StatusCode: http.StatusCreated, Request: req, Body: http.NoBody, ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{
			"X-Ms-Request-Id": {"1"}, "Etag": {`"0x1"`}, "X-Ms-Blob-Type": {"AppendBlob"}, "Last-Modified": {time.Unix(1_700_000_000, 0).UTC().Format(http.TimeFormat)},
		},
	}
	if position := req.Header["x-ms-blob-condition-appendpos"]; position != nil {
		resp.Header["X-Ms-Blob-Append-Offset"] = position
	}
	if req.Body != nil {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return nil, err
		}
	}
	if req.Method == http.MethodGet || req.Method == http.MethodHead {
		resp.StatusCode = http.StatusOK
		resp.Header.Set("Content-Length", strconv.FormatInt(s.size, 10))
		resp.ContentLength = s.size
	}
	if req.Method == http.MethodGet {
		resp.Body = io.NopCloser(io.LimitReader(noughts{}, s.size))
	}
	return resp, nil
}

// noughts is an endless stream of zeros.
type noughts struct{}

func (noughts) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func instantDriver(b *testing.B, size int64) *driver {
	b.Helper()
	p := DriverParameters{AccountName: "account", AccountKey: "a2V5", Container: "registry"}
	s, _, err := config.Interpret(&p)
	if err != nil {
		b.Fatal(err)
	}
	d, err := newDriver(s, instantService{size})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	return d
}

const hotPath = "/docker/registry/v2/repositories/app/_manifests/tags/latest/current/link"

func BenchmarkPutContent(b *testing.B) {
	d := instantDriver(b, 0)
	content := []byte("sha256:" + strings.Repeat("0", 64))
	for b.Loop() {
		if err := d.PutContent(b.Context(), hotPath, content); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGetContent(b *testing.B) {
	d := instantDriver(b, 71)
	for b.Loop() {
		if _, err := d.GetContent(b.Context(), hotPath); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStat(b *testing.B) {
	d := instantDriver(b, 71)
	for b.Loop() {
		if _, err := d.Stat(b.Context(), hotPath); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	const size = 64 << 20
	d := instantDriver(b, size)
	b.SetBytes(size)
	for b.Loop() {
		r, err := d.Reader(b.Context(), hotPath, 0)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n != size {
			b.Fatal(n, err)
		}
		_ = r.Close()
	}
}

func BenchmarkWriter(b *testing.B) {
	for _, size := range []int{2 << 10, 64 << 20} {
		b.Run(strconv.Itoa(size>>10)+"KiB", func(b *testing.B) {
			d := instantDriver(b, 0)
			p := make([]byte, min(size, 32<<10)) // as io.Copy writes
			b.SetBytes(int64(size))
			for b.Loop() {
				w, err := d.Writer(b.Context(), hotPath, false)
				if err != nil {
					b.Fatal(err)
				}
				for written := 0; written < size; written += len(p) {
					if _, err := w.Write(p); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Commit(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
