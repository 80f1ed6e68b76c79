package azure

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/config"
)

// mostListings is more than any call may ask for: of two kinds of pages, the
// second of which leads back to itself.
const mostListings = 200

// babble answers every listing with the first body and its continuations with
// the second, whatever they are. Nothing else is there.
type babble struct {
	first, second []byte
	listings      int
}

func (b *babble) Do(req *http.Request) (*http.Response, error) {
	resp := &http.Response{
		StatusCode: http.StatusNotFound, Request: req, Body: http.NoBody,
		Header: http.Header{"X-Ms-Request-Id": {"1"}, "X-Ms-Error-Code": {"BlobNotFound"}},
	}
	if query := req.URL.Query(); query.Get("comp") == "list" {
		b.listings++
		body := b.first
		if query.Get("marker") != "" {
			body = b.second
		}
		resp.StatusCode = http.StatusOK
		resp.Header = http.Header{"X-Ms-Request-Id": {"1"}, "Content-Type": {"application/xml"}}
		resp.Body = io.NopCloser(bytes.NewReader(body))
	}
	return resp, nil
}

func (b *babble) driver(t *testing.T) *driver {
	t.Helper()
	p := DriverParameters{AccountName: "account", AccountKey: "a2V5", Container: "registry"}
	settings, _, err := config.Interpret(&p)
	if err != nil {
		t.Fatal(err)
	}
	settings.MaxRetries = 1
	settings.RetryDelay = time.Nanosecond
	settings.MaxRetryDelay = time.Nanosecond
	d, err := newDriver(settings, b)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// named reports whether a body has a text that a path may have been made from.
func (b *babble) named(path string) bool {
	name := strings.TrimPrefix(path, "/")
	for _, body := range [][]byte{b.first, b.second} {
		decoder := xml.NewDecoder(bytes.NewReader(body))
		for {
			token, err := decoder.Token()
			if err != nil {
				break
			}
			text, _ := token.(xml.CharData)
			decoded, _ := url.QueryUnescape(string(text)) // for an Encoded name
			if strings.Contains(string(text), name) || strings.Contains(decoded, name) {
				return true
			}
		}
	}
	return false
}

const listedPage = xml.Header + `<EnumerationResults ServiceEndpoint="https://account.invalid/" ContainerName="registry">` +
	`<Blobs><BlobPrefix><Name>a/b/</Name></BlobPrefix><Blob><Name>a/c</Name><Properties>` +
	`<Last-Modified>Sun, 06 Nov 1994 08:49:37 GMT</Last-Modified><Content-Length>3</Content-Length><Etag>0x1</Etag>` +
	`</Properties></Blob></Blobs><NextMarker>next</NextMarker></EnumerationResults>`

// seeds are listings that a service, a proxy in between, or nobody would send.
var seeds = []string{
	"",
	listedPage,
	strings.Replace(listedPage, "next", "", 1),
	strings.ReplaceAll(strings.ReplaceAll(listedPage, "<Blob>", "<Blob><Blob>"), "</Blob>", "</Blob></Blob>"),
	listedPage[:len(listedPage)/2],
	"<html><body>200 OK</body></html>",
	`<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>`,
	`<EnumerationResults><Blobs/><NextMarker>next</NextMarker></EnumerationResults>`,
	`<EnumerationResults><Blobs/><NextMarker>&amp; %zz /?#</NextMarker></EnumerationResults>`,
	`<EnumerationResults ContainerName="registry"/>`,
	`<EnumerationResults><Blobs><Blob/><BlobPrefix/></Blobs></EnumerationResults>`,
	`<EnumerationResults><Blobs><Blob><Name/></Blob><BlobPrefix><Name/></BlobPrefix></Blobs></EnumerationResults>`,
	`<EnumerationResults><Blobs><Blob><Name>a</Name></Blob><Blob><Name>a/</Name></Blob><Blob><Name>a//b</Name></Blob></Blobs></EnumerationResults>`,
	`<EnumerationResults><Blobs><Blob><Name>elsewhere</Name></Blob></Blobs></EnumerationResults>`,
	`<EnumerationResults><Blobs><Blob><Name>a/z</Name></Blob><Blob><Name>a/b/c</Name></Blob><Blob><Name>a/z</Name></Blob></Blobs></EnumerationResults>`,
	`<EnumerationResults><Blobs><Blob><Name Encoded="true">a/%EF%BF%BE</Name></Blob></Blobs></EnumerationResults>`,
	`<EnumerationResults><Blobs><Blob><Name Encoded="true">a/%zz</Name></Blob></Blobs></EnumerationResults>`,
	`<EnumerationResults><Blobs><Blob><Name>a/b</Name><Properties><Content-Length>-1</Content-Length></Properties></Blob></Blobs></EnumerationResults>`,
	`<EnumerationResults><Blobs><Blob><Name>a/b</Name><Properties><Last-Modified>never</Last-Modified></Properties></Blob></Blobs></EnumerationResults>`,
}

// FuzzListings has every call that goes by listings read what a service would
// never send: it ends, with an error or with nothing but what was listed.
func FuzzListings(f *testing.F) {
	for _, first := range seeds {
		for _, second := range []string{listedPage, first} {
			f.Add([]byte(first), []byte(second), "/a")
			f.Add([]byte(first), []byte(second), "/")
		}
	}
	f.Fuzz(func(t *testing.T, first, second []byte, in string) {
		if in != "/" && !storagedriver.PathRegexp.MatchString(in) {
			t.Skip("no path: upstream lets none through")
		}
		for _, call := range []func(*testing.T, *driver, *babble, string){fuzzList, fuzzWalk, fuzzStat, fuzzDelete} {
			b := &babble{first: first, second: second}
			call(t, b.driver(t), b, in)
			if b.listings > mostListings {
				t.Errorf("%d listings were asked for", b.listings)
			}
		}
	})
}

func fuzzList(t *testing.T, d *driver, b *babble, in string) {
	children, err := d.List(t.Context(), in)
	if err != nil {
		return
	}
	seen := map[string]bool{}
	for _, child := range children {
		if !isChild(child, in) || seen[child] || !b.named(child) {
			t.Errorf("List(%q) made up %q", in, child)
		}
		seen[child] = true
	}
}

// isChild doesn't clean: a blob "a//b" has a child without a name above it.
func isChild(child, of string) bool {
	rest, ok := strings.CutPrefix(child, strings.TrimSuffix(of, "/")+"/")
	return ok && rest != "" && !strings.Contains(rest, "/")
}

func fuzzWalk(t *testing.T, d *driver, b *babble, in string) {
	_ = d.Walk(t.Context(), in, func(info storagedriver.FileInfo) error {
		if !isWithin(info.Path(), in) || info.Path() == in || !b.named(info.Path()) {
			t.Errorf("Walk(%q) made up %q", in, info.Path())
		}
		return nil
	})
}

func fuzzStat(t *testing.T, d *driver, b *babble, in string) {
	info, err := d.Stat(t.Context(), in)
	if err == nil && in != "/" && (!info.IsDir() || !b.named(in)) {
		t.Errorf("Stat(%q) made up %+v", in, info)
	}
}

// fuzzDelete runs on a service where nothing is left of what was listed.
func fuzzDelete(t *testing.T, d *driver, _ *babble, in string) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := d.Delete(ctx, in); ctx.Err() != nil {
		t.Errorf("Delete(%q) did not end: %v", in, err)
	}
}
