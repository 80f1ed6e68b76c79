package faultproxy

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// What can happen to a request on its way to the service: see the type toTarget.

func forward(x *exchange) (*http.Response, error) { return x.send(x.r.Body) }

func withhold(x *exchange) (*http.Response, error) {
	_, err := io.Copy(io.Discard, x.r.Body)
	return nil, err
}

func withholdHalf(x *exchange) (*http.Response, error) {
	_, err := io.CopyN(io.Discard, x.r.Body, x.r.ContentLength/2)
	return nil, err
}

// forwardFlipped damages the body. The service checks what checksums there are; Azurite
// checks some of them only, so the proxy does it.
func forwardFlipped(x *exchange) (*http.Response, error) {
	content, err := io.ReadAll(x.flip(x.r.Body, x.r.ContentLength))
	if err != nil {
		return nil, err
	}
	if refusal := checksumMismatch(x.r.Header, content); refusal != nil {
		return refusal.response(x.r)
	}
	return x.send(bytes.NewReader(content))
}

func forwardTwice(x *exchange) (*http.Response, error) {
	content, err := io.ReadAll(x.r.Body)
	if err != nil {
		return nil, err
	}
	first, err := x.send(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	discard(first)
	return x.send(bytes.NewReader(content))
}

// lateTimeout bounds a late request once it has been sent.
const lateTimeout = time.Minute

func forwardLate(d time.Duration) toTarget {
	return func(x *exchange) (*http.Response, error) {
		content, err := io.ReadAll(x.r.Body)
		if err != nil {
			return nil, err
		}
		p, strike, c := x.proxy, x.strike, x.call(bytes.NewReader(content))
		ctx := context.WithoutCancel(x.r.Context())
		p.late.add()
		p.running.Go(func() {
			defer p.late.done()
			ctx, cancel := context.WithTimeout(ctx, d+lateTimeout)
			defer cancel()
			strike.recordLate(p.service.doLate(ctx, d, c))
		})
		return nil, nil
	}
}

// What can happen to the answer on its way to the client: see the type toClient.

func relay(x *exchange, resp *http.Response) error {
	x.start(resp)
	return x.stream(resp.Body)
}

func reply(a Reply) toClient {
	return func(x *exchange, resp *http.Response) error {
		discard(resp)
		made, err := a.response(x.r)
		if err != nil {
			return err
		}
		defer made.Body.Close()
		return relay(x, made)
	}
}

func reset(x *exchange, resp *http.Response) error {
	discard(resp)
	x.reset()
	return nil
}

// stall leaves the client without an answer until it gives up or the proxy closes. A client
// that gives up in the middle of its body isn't noticed, since nobody reads.
func stall(x *exchange, resp *http.Response) error {
	discard(resp)
	select {
	case <-x.r.Context().Done():
	case <-x.proxy.ctx.Done():
	}
	x.reset()
	return nil
}

func relayFlipped(x *exchange, resp *http.Response) error {
	if !x.hasContent(resp) {
		return relay(x, resp)
	}
	x.start(resp)
	return x.stream(x.flip(resp.Body, resp.ContentLength))
}

func relayHalf(x *exchange, resp *http.Response) error {
	if !x.hasContent(resp) {
		return relay(x, resp)
	}
	x.start(resp)
	if err := x.stream(io.LimitReader(resp.Body, resp.ContentLength/2)); err != nil {
		return err
	}
	if err := http.NewResponseController(x.w).Flush(); err != nil {
		return err
	}
	x.reset()
	return nil
}

// hasContent reports whether the response has a body that can be spoiled. If not, the strike
// is taken back.
func (x *exchange) hasContent(resp *http.Response) bool {
	ok := resp.StatusCode < 300 && resp.ContentLength > 0
	if !ok {
		x.miss()
	}
	return ok
}

// miss takes back a strike that found nothing to spoil, as the body of an empty answer.
func (x *exchange) miss() {
	x.proxy.amend(func() {
		x.strike.by.struck--
		if x.strike.by.kinds[x.strike.name]--; x.strike.by.kinds[x.strike.name] == 0 {
			delete(x.strike.by.kinds, x.strike.name)
		}
		x.entry.Fault = ""
	})
}

// flip changes one byte in the middle half of a body of the given length.
func (x *exchange) flip(from io.Reader, length int64) io.Reader {
	rng := rand.New(rand.NewPCG(x.strike.seed, 0))
	return &flipped{from: from, left: length/4 + rng.Int64N(length/2+1)}
}

// flipped changes the byte that has left bytes before it.
type flipped struct {
	from io.Reader
	left int64
}

func (f *flipped) Read(p []byte) (int, error) {
	n, err := f.from.Read(p)
	if f.left >= 0 && f.left < int64(n) {
		p[f.left] ^= 0x01
	}
	f.left -= int64(n)
	return n, err
}

// discard reads a response to its end, so that what it answers has certainly been carried out.
func discard(resp *http.Response) {
	if resp != nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}
