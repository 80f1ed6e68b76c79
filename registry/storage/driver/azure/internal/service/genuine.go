package service

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// ForeignError is an answer that the service didn't give: a gateway, a proxy or
// a portal in between did. It tells nothing about any blob, whatever its status.
type ForeignError struct {
	Status int    // HTTP status
	Lacks  string // what an answer of the service would have
	answer *http.Response
}

// Error says that it wasn't the service.
func (e *ForeignError) Error() string {
	return fmt.Sprintf("%d %s without %s: something in between answers in the service's place",
		e.Status, http.StatusText(e.Status), e.Lacks)
}

// onlyGenuine lets only answers through that the service gave. Each of them
// names its request, errors also their code (REST: "Status and error codes"),
// and what is said of a blob comes with its ETag.
func onlyGenuine(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil || resp == nil {
		return resp, err
	}
	lacks := missing(req.Raw(), resp)
	if lacks == "" {
		return resp, nil
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
	_ = resp.Body.Close()
	return nil, &ForeignError{Status: resp.StatusCode, Lacks: lacks, answer: resp}
}

// missing names what an answer lacks to be the service's, "" if nothing.
func missing(req *http.Request, resp *http.Response) string {
	header := resp.Header
	aboutBlob := !req.URL.Query().Has("comp") && !req.URL.Query().Has("restype")
	switch {
	case req.URL.Query().Get("comp") == "userdelegationkey" && resp.StatusCode == http.StatusOK &&
		strings.HasPrefix(header.Get("Content-Type"), "application/xml"):
		// Azurite doesn't name this one request; what isn't a key signs nothing.
	case header.Get("x-ms-request-id") == "":
		return "the service's x-ms-request-id"
	case resp.StatusCode >= http.StatusBadRequest:
		if header.Get("x-ms-error-code") == "" {
			return "the service's x-ms-error-code"
		}
	case req.Method == http.MethodDelete || req.Method == http.MethodPost:
	case aboutBlob && header.Get("ETag") == "":
		return "an ETag"
	case aboutBlob && req.Method != http.MethodPut && header.Get("x-ms-blob-type") == "":
		return "the type of a blob"
	}
	return ""
}

// foreign reports whether err is an answer that the service didn't give.
func foreign(err error) (*ForeignError, bool) {
	return errors.AsType[*ForeignError](err)
}
