package faultproxy

import (
	"crypto/rand"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
)

// Reply is an answer that the proxy makes up. With a Code it has the shape of the Blob
// service's errors (REST page "Status and error codes"): the code in a header and in an
// XML body, a request id, and the client's API version. Without one it is Header and Body alone,
// as from somebody who isn't the Blob service.
type Reply struct {
	Status  int
	Code    string      // such as "ServerBusy"
	Message string      // for people; "" gives the status text
	Header  http.Header // in addition to the service's own
	Body    string      // without Code only
}

var (
	operationTimedOut = Reply{
		Status:  http.StatusInternalServerError,
		Code:    "OperationTimedOut",
		Message: "Operation could not be completed within the specified time.",
	}
	internalError = Reply{
		Status:  http.StatusInternalServerError,
		Code:    "InternalError",
		Message: "The server encountered an internal error. Please retry the request.",
	}
	serverBusy = Reply{
		Status:  http.StatusServiceUnavailable,
		Code:    "ServerBusy",
		Message: "The server is currently unable to receive requests. Please retry your request.",
		Header:  http.Header{"Retry-After": {"1"}},
	}
	tooManyRequests = Reply{
		Status:  http.StatusTooManyRequests,
		Code:    "TooManyRequests",
		Message: "The request was throttled.",
		Header:  http.Header{"Retry-After": {"1"}},
	}
	badGateway = Reply{
		Status: http.StatusBadGateway,
		Header: http.Header{"Content-Type": {"text/html"}},
		Body:   "<html><body><h1>502 Bad Gateway</h1></body></html>\r\n",
	}
	invalidBlobType = Reply{
		Status:  http.StatusConflict,
		Code:    "InvalidBlobType",
		Message: "The blob type is invalid for this operation.",
	}
)

// errorBody is the XML of the service's errors.
type errorBody struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
}

// response is the answer to the request r.
func (a Reply) response(r *http.Request) (*http.Response, error) {
	header, body := http.Header{}, a.Body
	if a.Code != "" {
		var err error
		if body, err = a.serviceError(header, r); err != nil {
			return nil, err
		}
	}
	maps.Copy(header, a.Header)
	resp := &http.Response{StatusCode: a.Status, Header: header, Body: http.NoBody}
	if r.Method != http.MethodHead && a.Status != http.StatusNoContent {
		resp.Body = io.NopCloser(strings.NewReader(body))
		resp.ContentLength = int64(len(body))
		header.Set("Content-Length", strconv.Itoa(len(body)))
	}
	return resp, nil
}

// serviceError sets the service's own headers and returns the body.
func (a Reply) serviceError(header http.Header, r *http.Request) (string, error) {
	header.Set("x-ms-error-code", a.Code)
	header.Set("x-ms-request-id", requestID())
	header.Set("Content-Type", "application/xml")
	for _, name := range []string{"x-ms-version", "x-ms-client-request-id"} {
		if value := r.Header.Get(name); value != "" {
			header.Set(name, value)
		}
	}
	message := a.Message
	if message == "" {
		message = http.StatusText(a.Status)
	}
	body, err := xml.Marshal(errorBody{Code: a.Code, Message: message})
	return xml.Header + string(body), err
}

// requestID makes an id that looks like the service's.
func requestID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand: never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
