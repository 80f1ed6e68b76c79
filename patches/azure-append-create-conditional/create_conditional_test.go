package azure

import (
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// conditional stands in for the service: it answers each request by itself.
type conditional func(*http.Request) *http.Response

func (f conditional) Do(r *http.Request) (*http.Response, error) {
	answer := f(r)
	answer.Request = r
	if answer.Header == nil {
		answer.Header = http.Header{}
	}
	if answer.Body == nil {
		answer.Body = http.NoBody
	}
	if code := answer.Header.Get("x-ms-error-code"); code != "" {
		answer.Status = code
	}
	return answer, nil
}

func (f conditional) driver(t *testing.T, maxRetries int) *driver {
	t.Helper()
	client, err := container.NewClientWithNoCredential("http://storage.example/c", &container.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: f, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &driver{client: client, maxRetries: maxRetries, retryDelay: time.Millisecond}
}

func TestAppendBlobsAreCreatedAndDeletedUnderConditions(t *testing.T) {
	exists := true
	service := conditional(func(r *http.Request) *http.Response {
		switch {
		case r.Method == http.MethodHead && exists:
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{
				"Etag": {`"1"`}, "Content-Length": {"3"}, "X-Ms-Blob-Type": {"AppendBlob"},
			}}
		case r.Method == http.MethodHead:
			return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{"X-Ms-Error-Code": {"BlobNotFound"}}}
		case r.Method == http.MethodDelete:
			if r.Header.Get("If-Match") != `"1"` {
				t.Error("a blob is deleted, whatever it is by now")
			}
			exists = false
			return &http.Response{StatusCode: http.StatusAccepted}
		}
		if r.Header.Get("If-None-Match") != "*" {
			t.Error("a blob is created in place of whatever is there by now")
		}
		return &http.Response{StatusCode: http.StatusCreated, Header: http.Header{"Etag": {`"2"`}}}
	})
	for range 2 { // in place of a blob, and of none
		if _, err := service.driver(t, 5).Writer(t.Context(), "/a", false); err != nil {
			t.Error(err)
		}
	}
}

func TestCreateWhoseAnswerWasLost(t *testing.T) {
	length := "3"
	heads := 0
	service := conditional(func(r *http.Request) *http.Response {
		if r.Method == http.MethodPut {
			return &http.Response{StatusCode: http.StatusConflict, Header: http.Header{"X-Ms-Error-Code": {"BlobAlreadyExists"}}}
		}
		if heads++; heads%2 == 1 {
			return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{"X-Ms-Error-Code": {"BlobNotFound"}}}
		}
		return &http.Response{StatusCode: http.StatusOK, Header: http.Header{
			"Etag": {`"1"`}, "Content-Length": {length}, "X-Ms-Blob-Type": {"AppendBlob"},
		}}
	})
	if _, err := service.driver(t, 5).Writer(t.Context(), "/a", false); err == nil {
		t.Error("bytes of somebody else were taken for a new blob")
	}
	length = "0"
	if _, err := service.driver(t, 5).Writer(t.Context(), "/a", false); err != nil {
		t.Error(err)
	}
}
