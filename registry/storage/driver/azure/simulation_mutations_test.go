//go:build !race

package azure

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

// mutation stands between a driver and its network.
type mutation func(http.RoundTripper) http.RoundTripper

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// off takes a header off an operation's requests, and one off its answers; in a batch, off those of
// its parts.
func off(operation blobsim.Operation, blob, request, answer string) mutation {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			asked := blobsim.OperationOf(req)
			if operation == blobsim.DeleteBlob && asked == blobsim.Batch {
				return next.RoundTrip(batchWithout(req, blob, request))
			}
			if asked != operation || !strings.Contains(req.URL.Path, blob) {
				return next.RoundTrip(req)
			}
			req = req.Clone(req.Context())
			without(req.Header, request)
			resp, err := next.RoundTrip(req)
			if err == nil {
				without(resp.Header, answer)
			}
			return resp, err
		})
	}
}

// without takes a header off, in whatever case it is written.
func without(header http.Header, name string) {
	for key := range header {
		if name != "" && strings.EqualFold(key, name) {
			delete(header, key)
		}
	}
}

// batchWithout is the batch with a header taken off the parts that are about the blob.
func batchWithout(req *http.Request, blob, header string) *http.Request {
	body, err := io.ReadAll(req.Body)
	if err != nil || header == "" {
		return replaceBody(req, body)
	}
	line := regexp.MustCompile(`(?im)^` + regexp.QuoteMeta(header) + `:[^\n]*\n`)
	parts := bytes.SplitAfter(body, []byte("\r\n--"))
	for i, part := range parts {
		if bytes.Contains(part, []byte(blob)) {
			parts[i] = line.ReplaceAll(part, nil)
		}
	}
	return replaceBody(req, bytes.Join(parts, nil))
}

func replaceBody(req *http.Request, body []byte) *http.Request {
	req = req.Clone(req.Context())
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return req
}

// answers changes answers.
func answers(change func(*http.Request, *http.Response)) mutation {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			resp, err := next.RoundTrip(req)
			if err == nil {
				change(req, resp)
			}
			return resp, err
		})
	}
}

// believe takes a gateway's answers of a status for the service's.
func believe(status int, code string) mutation {
	return answers(func(_ *http.Request, resp *http.Response) {
		if resp.StatusCode != status || resp.Header.Get("x-ms-request-id") != "" {
			return
		}
		for name, value := range map[string]string{
			"x-ms-request-id": "believed", "x-ms-version": "2025-01-05", "ETag": `"0x8DBELIEVED"`, "x-ms-blob-type": "BlockBlob",
			"Last-Modified": "Sat, 01 Jan 2000 00:00:00 GMT", "Content-Length": "0", "x-ms-error-code": code,
		} {
			if value != "" {
				resp.Header.Set(name, value)
			}
		}
	})
}

// readOn asks for the rest of a blob without a condition, and takes what comes for the rest of the same
// blob: the driver looks at the ETag of the answer as well.
func readOn(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		begun := strings.Join(append(req.Header["If-Match"], req.Header["if-match"]...), "")
		if blobsim.OperationOf(req) != blobsim.GetBlob || begun == "" {
			return next.RoundTrip(req)
		}
		req = req.Clone(req.Context())
		without(req.Header, "If-Match")
		resp, err := next.RoundTrip(req)
		if err == nil && resp.StatusCode == http.StatusPartialContent {
			resp.Header.Set("ETag", begun)
		}
		return resp, err
	})
}

// refuseWithoutToken makes a refusal of the SDK's error for a token that can't be had.
func refuseWithoutToken(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(req)
		if noToken, ok := errors.AsType[interface {
			error
			NonRetriable()
		}](err); ok {
			_ = noToken
			return &http.Response{
				StatusCode: http.StatusForbidden, Status: "403 Forbidden", Body: http.NoBody, Request: req,
				Header: http.Header{"X-Ms-Request-Id": {"made up"}, "X-Ms-Error-Code": {"AuthorizationFailure"}},
			}, nil
		}
		return resp, err
	})
}

// takeWholeForPart makes the answer to a request for a part, which is the whole, look like the part.
func takeWholeForPart(next http.RoundTripper) http.RoundTripper {
	return answers(func(req *http.Request, resp *http.Response) {
		asked := req.Header.Get("x-ms-range")
		if asked == "" {
			asked = strings.Join(req.Header["x-ms-range"], "")
		}
		if resp.StatusCode != http.StatusOK || asked == "" || blobsim.OperationOf(req) != blobsim.GetBlob {
			return
		}
		from, _, _ := strings.Cut(strings.TrimPrefix(asked, "bytes="), "-")
		offset, _ := strconv.Atoi(from)
		length := max(0, int(resp.ContentLength))
		resp.StatusCode = http.StatusPartialContent
		resp.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", offset, offset+length-1, offset+length))
	})(next)
}

var (
	resourceType = regexp.MustCompile(`<ResourceType>\w+</ResourceType>`)
	folderMark   = regexp.MustCompile(`(?i)<hdi_isfolder>\w+</hdi_isfolder>`)
)

// hideDirectories takes off answers what tells a directory.
func hideDirectories(next http.RoundTripper) http.RoundTripper {
	return answers(func(req *http.Request, resp *http.Response) {
		without(resp.Header, "x-ms-meta-hdi_isfolder")
		without(resp.Header, "x-ms-resource-type")
		if blobsim.OperationOf(req) != blobsim.ListBlobs || resp.StatusCode != http.StatusOK {
			return
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			resp.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), failing{err}))
			return
		}
		body = folderMark.ReplaceAll(resourceType.ReplaceAll(body, nil), nil)
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	})(next)
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// deleteToChangeType deletes what keeps a block blob from being put, and puts again.
func deleteToChangeType(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(req *http.Request) (*http.Response, error) {
		if blobsim.OperationOf(req) != blobsim.PutBlob {
			return next.RoundTrip(req)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		resp, err := next.RoundTrip(replaceBody(req, body))
		if err != nil || resp.Header.Get("x-ms-error-code") != "InvalidBlobType" {
			return resp, err
		}
		room, err := http.NewRequestWithContext(req.Context(), http.MethodDelete, req.URL.String(), nil)
		if err != nil {
			return nil, err
		}
		if _, err := next.RoundTrip(room); err != nil {
			return nil, err
		}
		again := replaceBody(req, body)
		without(again.Header, "If-Match")
		return next.RoundTrip(again)
	})
}
