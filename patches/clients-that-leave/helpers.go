package handlers

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/distribution/distribution/v3/internal/dcontext"
	"github.com/distribution/distribution/v3/registry/api/errcode"
)

// errClientDisconnected ends a request whose client went away.
var errClientDisconnected = errors.New("client disconnected")

// requestBody remembers what reading it ended with.
type requestBody struct {
	io.Reader
	err error
}

func (rb *requestBody) Read(p []byte) (int, error) {
	n, err := rb.Reader.Read(p)
	rb.err = err
	return n, err
}

// broken tells whether the connection ended before the body did. The context
// of the request needn't have been canceled by then.
func (rb *requestBody) broken() bool {
	var network net.Error
	return errors.Is(rb.err, io.ErrUnexpectedEOF) || errors.As(rb.err, &network)
}

// copyFullPayload copies the body of r to destWriter, at most limit bytes of
// it if limit is greater than zero. A client that goes away before all of its
// body is there is errClientDisconnected, whatever destWriter made of it.
func copyFullPayload(ctx context.Context, responseWriter http.ResponseWriter, r *http.Request, destWriter io.Writer, limit int64, action string) error {
	body := &requestBody{Reader: r.Body}
	if limit > 0 {
		body.Reader = http.MaxBytesReader(responseWriter, r.Body, limit)
	}

	copied, err := io.Copy(destWriter, body)
	if err == nil && copied >= r.ContentLength {
		return nil
	}
	if body.broken() || r.Context().Err() != nil {
		dcontext.GetLogger(ctx).Infof("client disconnected during %s after %d of %d bytes: %v", action, copied, r.ContentLength, err)
		return errClientDisconnected
	}
	if err != nil {
		dcontext.GetLogger(ctx).Errorf("unknown error reading request payload: %v", err)
	}
	return err
}

// disconnected tells whether a request ended because its client went away,
// which is nobody's fault.
func disconnected(r *http.Request, errs errcode.Errors) bool {
	return errors.Is(errs, errClientDisconnected) || r.Context().Err() != nil && errors.Is(errs, context.Canceled)
}
