package service

import (
	"context"
	"net/http"
	"sync"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/sirupsen/logrus"
)

// requestFields are the values that upstream's handlers keep in the context of
// a request under these string keys, and how they are named in a log line.
var requestFields = [...]struct{ key, field string }{
	{"http.request.id", "http.request.id"},
	{"vars.name", "repository"},
	{"vars.uuid", "upload.id"},
}

// Logger is a log entry that names the request on whose behalf ctx runs.
func Logger(ctx context.Context) *logrus.Entry {
	fields := logrus.Fields{"driver": "azure"}
	for _, f := range requestFields {
		if value := ctx.Value(f.key); value != nil && value != "" {
			fields[f.field] = value
		}
	}
	return logrus.WithContext(ctx).WithFields(fields)
}

// tellOfVersions says once that the account keeps what is replaced or deleted. The
// header that tells comes with what is said of a blob (versioning-overview), so it
// is known after the first pull or push. Soft delete shows in no such answer.
func tellOfVersions() PolicyFunc {
	var once sync.Once
	return func(req *policy.Request) (*http.Response, error) {
		resp, err := req.Next()
		if err == nil && resp.Header.Get("x-ms-version-id") != "" {
			once.Do(func() {
				Logger(req.Raw().Context()).Info("the account keeps versions: what garbage collection deletes goes on to cost")
			})
		}
		return resp, err
	}
}
