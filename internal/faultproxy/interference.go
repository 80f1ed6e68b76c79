package faultproxy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

// What slow services, inspecting proxies and other people's programs do to requests that succeed.

// Delayed carries the request out at once and gives the answer d later.
func Delayed(d time.Duration) Kind {
	return Kind{name: fmt.Sprintf("Delayed(%v)", d), toTarget: forward, toClient: relayLater(d)}
}

var (
	// NoLength relays a body without its length, as a proxy that inspects bodies does.
	NoLength = Kind{name: "NoLength", ops: []Op{Get}, toTarget: forward, toClient: relayWithoutLength}

	// WrongMD5 relays a Content-MD5 that isn't the content's: it is a property that anyone may set.
	WrongMD5 = Kind{name: "WrongMD5", ops: []Op{Get, Head}, toTarget: forward, toClient: relayWithWrongMD5}

	// NoContentIDs relays the answer to a batch without the Content-ID of its parts.
	NoContentIDs = Kind{name: "NoContentIDs", ops: []Op{Batch}, toTarget: forward, toClient: relayWithoutContentIDs}

	// IgnoreRange answers a request for a part with the whole. It needs [WithAccount].
	IgnoreRange = Kind{name: "IgnoreRange", ops: []Op{Get}, needAccount: true, toTarget: fetchWhole, toClient: relay}

	// Scanned has somebody change the metadata of the blob right after the request, and so its ETag.
	// It needs [WithAccount].
	Scanned = Kind{name: "Scanned", ops: []Op{Append, Create, Put, Copy}, needAccount: true, toTarget: forwardThenScan, toClient: relay}
)

func relayLater(d time.Duration) toClient {
	return func(x *exchange, resp *http.Response) error {
		// The client may give up; the proxy may close.
		ctx, cancel := context.WithCancel(x.r.Context())
		defer cancel()
		defer context.AfterFunc(x.proxy.ctx, cancel)()
		if err := sleep(ctx, d); err != nil {
			return err
		}
		return relay(x, resp)
	}
}

func relayWithoutLength(x *exchange, resp *http.Response) error {
	if resp.StatusCode >= 300 {
		return x.relayMissed(resp)
	}
	resp.Header.Del("Content-Length")
	x.start(resp)
	if err := http.NewResponseController(x.w).Flush(); err != nil { // or net/http would count
		return err
	}
	return x.stream(resp.Body)
}

func relayWithWrongMD5(x *exchange, resp *http.Response) error {
	if resp.StatusCode >= 300 {
		return x.relayMissed(resp)
	}
	const ofNothing = "1B2M2Y8AsgTpgAmY7PhCfg=="
	resp.Header.Set("x-ms-blob-content-md5", ofNothing)
	if resp.StatusCode == http.StatusOK {
		resp.Header.Set("Content-MD5", ofNothing)
	}
	return relay(x, resp)
}

var contentIDLine = regexp.MustCompile(`(?im)^Content-ID:[^\n]*\n`)

func relayWithoutContentIDs(x *exchange, resp *http.Response) error {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	stripped := contentIDLine.ReplaceAll(body, nil)
	if len(stripped) == len(body) {
		x.miss()
	}
	resp.Header.Set("Content-Length", strconv.Itoa(len(stripped)))
	x.start(resp)
	return x.stream(bytes.NewReader(stripped))
}

// fetchWhole asks for the whole blob in the proxy's own name, since a changed request would break the
// client's signature.
func fetchWhole(x *exchange) (*http.Response, error) {
	if x.r.Header.Get("Range") == "" && x.r.Header.Get("x-ms-range") == "" {
		x.miss()
		return forward(x)
	}
	var options blob.DownloadStreamOptions
	if etag := x.r.Header.Get("If-Match"); etag != "" {
		match := azcore.ETag(etag)
		options.AccessConditions = &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &match}}
	}
	var whole *http.Response
	ctx := policy.WithCaptureResponse(x.context(), &whole)
	if _, err := x.accountBlob().DownloadStream(ctx, &options); err != nil {
		x.miss() // the service refuses: the client shall hear it from itself
		return forward(x)
	}
	return whole, nil
}

func forwardThenScan(x *exchange) (*http.Response, error) {
	resp, err := forward(x)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		x.miss()
		return resp, nil
	}
	result := "clean at " + strconv.FormatInt(time.Now().UnixNano(), 10)
	if _, err := x.accountBlob().SetMetadata(x.context(), map[string]*string{"scanned": &result}, nil); err != nil {
		_ = resp.Body.Close()
		return nil, fmt.Errorf("changing the metadata: %w", err)
	}
	return resp, nil
}
