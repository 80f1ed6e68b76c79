package azure

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
)

// refusingAppends stands in for the service: it answers each request by itself.
type refusingAppends func(*http.Request) *http.Response

func (f refusingAppends) Do(r *http.Request) (*http.Response, error) {
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

func (f refusingAppends) driver(t *testing.T, maxRetries int) *driver {
	t.Helper()
	client, err := container.NewClientWithNoCredential("http://storage.example/c", &container.ClientOptions{
		ClientOptions: azcore.ClientOptions{Transport: f, Retry: policy.RetryOptions{MaxRetries: -1}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &driver{client: client, maxRetries: maxRetries, retryDelay: time.Millisecond}
}

// A 412 says that the blob is longer than the driver knows. What is stored
// decides, and not what was answered before.
func TestPreconditionFailedIsSettledByWhatIsStored(t *testing.T) {
	block := []byte("block")
	for name, c := range map[string]struct {
		stored string // when the first 412 is answered
		want   error
	}{
		"the block":             {stored: "block"},
		"the block's beginning": {stored: "bl"},
		"other bytes":           {stored: "other", want: ErrCorruptedData},
		"the block, and more":   {stored: "block of others", want: ErrCorruptedData},
	} {
		t.Run(name, func(t *testing.T) {
			stored, refused := []byte(nil), false
			service := refusingAppends(func(r *http.Request) *http.Response {
				header := http.Header{"Etag": {`"1"`}}
				switch r.Method {
				case http.MethodPut:
					if !refused {
						stored, refused = []byte(c.stored), true
						header.Set("x-ms-error-code", "AppendPositionConditionNotMet")
						return &http.Response{StatusCode: http.StatusPreconditionFailed, Header: header}
					}
					body, _ := io.ReadAll(r.Body)
					stored = append(stored, body...)
					return &http.Response{StatusCode: http.StatusCreated, Header: header}
				case http.MethodHead:
					header.Set("Content-Length", strconv.Itoa(len(stored)))
					return &http.Response{StatusCode: http.StatusOK, Header: header}
				}
				return &http.Response{StatusCode: http.StatusPartialContent, Header: header, Body: io.NopCloser(bytes.NewReader(stored))}
			})
			w := service.driver(t, 5).newWriter(t.Context(), "a", 0, nil)
			if _, err := w.Write(block); err != nil {
				t.Fatal(err)
			}
			err := w.Commit(t.Context())
			if !errors.Is(err, c.want) || err == nil && string(stored) != "block" {
				t.Errorf("%q is stored, and the error is %v", stored, err)
			}
		})
	}
}
