package azure

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// slowCopy stands in for the service: it answers each request by itself.
type slowCopy func(*http.Request) *http.Response

func (f slowCopy) Do(r *http.Request) (*http.Response, error) {
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

func (f slowCopy) driver(t *testing.T, maxRetries int) *driver {
	t.Helper()
	client, err := container.NewClientWithNoCredential("http://storage.example/c", &container.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: f, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &driver{client: client, maxRetries: maxRetries, retryDelay: time.Millisecond}
}

// copying is a service whose copies end after so many looks.
func copying(looks int) slowCopy {
	return func(r *http.Request) *http.Response {
		header := http.Header{"X-Ms-Copy-Id": {"1"}, "X-Ms-Copy-Status": {"pending"}}
		switch {
		case r.URL.Query().Get("comp") == "copy":
			return &http.Response{StatusCode: http.StatusNoContent}
		case r.Method == http.MethodPut, r.Method == http.MethodDelete:
			return &http.Response{StatusCode: http.StatusAccepted, Header: header}
		}
		if looks--; looks <= 0 {
			header.Set("X-Ms-Copy-Status", "success")
		}
		return &http.Response{StatusCode: http.StatusOK, Header: header}
	}
}

func TestMoveWaitsForASlowCopy(t *testing.T) {
	if err := copying(20).driver(t, 5).Move(t.Context(), "/a", "/b"); err != nil {
		t.Error(err)
	}
}

func TestMoveObeysItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	d := copying(1<<30).driver(t, 5)
	d.retryDelay = time.Second
	if err := d.Move(ctx, "/a", "/b"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}
