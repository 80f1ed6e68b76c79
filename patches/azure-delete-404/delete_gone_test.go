package azure

import (
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// goneAlready stands in for the service: it answers each request by itself.
type goneAlready func(*http.Request) *http.Response

func (f goneAlready) Do(r *http.Request) (*http.Response, error) {
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

func (f goneAlready) driver(t *testing.T, maxRetries int) *driver {
	t.Helper()
	client, err := container.NewClientWithNoCredential("http://storage.example/c", &container.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: f, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &driver{client: client, maxRetries: maxRetries, retryDelay: time.Millisecond}
}

func TestDeletingWhatIsGoneSucceeds(t *testing.T) {
	service := goneAlready(func(r *http.Request) *http.Response {
		if r.Method == http.MethodDelete {
			return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{"X-Ms-Error-Code": {"BlobNotFound"}}}
		}
		return &http.Response{StatusCode: http.StatusAccepted, Header: http.Header{"X-Ms-Copy-Status": {"success"}}}
	})
	d := service.driver(t, 5)
	if err := d.Move(t.Context(), "/a", "/b"); err != nil {
		t.Errorf("Move: %v", err)
	}
	if err := d.newWriter(t.Context(), "a", 0, nil).Cancel(t.Context()); err != nil {
		t.Errorf("Cancel: %v", err)
	}
}
