package service

import (
	"context"

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
