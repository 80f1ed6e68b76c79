package azure

import (
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// pendingCopy stands in for the service: it answers each request by itself.
type pendingCopy func(*http.Request) *http.Response

func (f pendingCopy) Do(r *http.Request) (*http.Response, error) {
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

func (f pendingCopy) driver(t *testing.T, maxRetries int) *driver {
	t.Helper()
	client, err := container.NewClientWithNoCredential("http://storage.example/c", &container.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: f, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &driver{client: client, maxRetries: maxRetries, retryDelay: time.Millisecond}
}

func TestMoveThatAbortsItsCopyFails(t *testing.T) {
	aborted := false
	service := pendingCopy(func(r *http.Request) *http.Response {
		header := http.Header{"X-Ms-Copy-Id": {"1"}, "X-Ms-Copy-Status": {"pending"}}
		if r.URL.Query().Get("comp") == "copy" {
			aborted = true
			return &http.Response{StatusCode: http.StatusNoContent}
		}
		return &http.Response{StatusCode: http.StatusAccepted, Header: header}
	})
	if err := service.driver(t, -1).Move(t.Context(), "/a", "/b"); err == nil {
		t.Error("nothing was moved, and Move says that all is well")
	}
	if !aborted {
		t.Error("the copy was left alone")
	}
}
