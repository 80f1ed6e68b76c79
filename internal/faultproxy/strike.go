package faultproxy

import (
	"bytes"
	"context"
	"fmt"
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

func forwardLate(wait delay) toTarget {
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
			wait(p.ctx)
			ctx, cancel := context.WithTimeout(ctx, lateTimeout)
			defer cancel()
			strike.recordLate(p.service.doLate(ctx, c))
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
	length, err := x.measure(resp)
	if err != nil {
		return err
	}
	if length == 0 {
		return x.relayMissed(resp)
	}
	x.start(resp)
	return x.stream(x.flip(resp.Body, length))
}

func relayHalf(x *exchange, resp *http.Response) error {
	length, err := x.measure(resp)
	if err != nil {
		return err
	}
	if length == 0 {
		return x.relayMissed(resp)
	}
	return x.relayCut(resp, length/2)
}

func relayUntil(n int64) toClient {
	return func(x *exchange, resp *http.Response) error {
		length, err := x.measure(resp)
		if err != nil {
			return err
		}
		if length <= n {
			return x.relayMissed(resp)
		}
		return x.relayCut(resp, n)
	}
}

// relayCut sends the first n bytes of the body, then a TCP reset.
func (x *exchange) relayCut(resp *http.Response, n int64) error {
	x.start(resp)
	if err := x.stream(io.LimitReader(resp.Body, n)); err != nil {
		return err
	}
	if err := http.NewResponseController(x.w).Flush(); err != nil {
		return err
	}
	x.reset()
	return nil
}

// measure is the length of the body if there is something to spoil in it, else 0. A body that doesn't
// tell its length, as those of Azurite's listings, is gathered.
func (x *exchange) measure(resp *http.Response) (int64, error) {
	switch {
	case resp.StatusCode >= 300:
		return 0, nil
	case resp.ContentLength >= 0:
		return resp.ContentLength, nil
	}
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, fmt.Errorf("the service's answer: %w", err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(content)) // run closes the service's own
	return int64(len(content)), nil
}

// relayMissed sends a response in which there was nothing to spoil.
func (x *exchange) relayMissed(resp *http.Response) error {
	x.miss()
	return relay(x, resp)
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
