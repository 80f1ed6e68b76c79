package faultproxy

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

// exchange is one request and its answer.
type exchange struct {
	proxy  *Proxy
	w      http.ResponseWriter
	r      *http.Request // its Body counts and is shaped
	op     Op
	blob   string
	strike *strike // nil for a request that is left alone
	entry  *Entry
}

// serve handles one request of a client.
func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	if !p.enter() {
		panic(http.ErrAbortHandler)
	}
	defer p.running.Done()

	if r.URL.Path == signIn {
		serveSignIn(w)
		return
	}
	op := opOf(r)
	x := &exchange{proxy: p, w: w, r: r, op: op, blob: p.blobName(op, r)}
	x.strike = p.choose(op, x.blob, r)
	entry := Entry{Time: time.Now(), Method: r.Method, Op: op, Blob: x.blob}
	if x.strike != nil {
		entry.Fault = x.strike.String()
	}
	x.entry = p.record(entry)
	r.Body = clientReader{x, shaped{r.Context(), &p.upload, r.Body}}

	if err := x.run(); err != nil {
		p.amend(func() { x.entry.Err = err })
		x.reset()
	}
}

func (x *exchange) run() error {
	if err := sleep(x.context(), time.Duration(x.proxy.latency.Load())); err != nil {
		return err
	}
	kind := Kind{toTarget: forward, toClient: relay}
	if x.strike != nil {
		kind = x.strike.Kind
	}
	resp, err := kind.toTarget(x)
	if err != nil {
		return fmt.Errorf("to the service: %w", err)
	}
	if resp != nil {
		defer resp.Body.Close()
	}
	if err := kind.toClient(x, resp); err != nil {
		return fmt.Errorf("to the client: %w", err)
	}
	return nil
}

// context is the client's for a request that is left alone. A struck one takes its course
// even if the client gives up.
func (x *exchange) context() context.Context {
	if x.strike != nil {
		return x.proxy.ctx
	}
	return x.r.Context()
}

// send carries the request out with the given body.
func (x *exchange) send(body io.Reader) (*http.Response, error) {
	return x.proxy.service.do(x.context(), x.call(body))
}

func (x *exchange) call(body io.Reader) call {
	return call{Request: x.r, op: x.op, path: x.proxy.service.path(x.r.URL), content: body}
}

// start sends the status and the headers of the response to the client.
func (x *exchange) start(resp *http.Response) {
	removeHopByHop(resp.Header)
	maps.Copy(x.w.Header(), resp.Header)
	x.proxy.amend(func() { x.entry.Status = resp.StatusCode })
	x.w.WriteHeader(resp.StatusCode)
}

var buffers = sync.Pool{New: func() any { return new([64 << 10]byte) }}

// stream sends a response's body to the client.
func (x *exchange) stream(from io.Reader) error {
	buffer := buffers.Get().(*[64 << 10]byte)
	defer buffers.Put(buffer)
	_, err := io.CopyBuffer(clientWriter{x}, shaped{x.r.Context(), &x.proxy.download, from}, buffer[:])
	return err
}

// reset ends the client's connection by a TCP reset.
func (x *exchange) reset() {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the connection is past saving, net/http closes it
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // unsent data is dropped, and Close sends a reset
	}
	_ = conn.Close()
}

// clientReader counts what is read of the request's body.
type clientReader struct {
	x *exchange
	io.Reader
}

func (c clientReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	c.x.proxy.amend(func() { c.x.entry.BytesIn += int64(n) })
	return n, err
}

func (c clientReader) Close() error { return nil } // net/http closes what it gave us

// clientWriter writes the response's body. It counts first, so that a client which has an
// answer finds all of it in the log. On a limited link it keeps nothing back.
type clientWriter struct{ x *exchange }

func (c clientWriter) Write(p []byte) (int, error) {
	c.x.proxy.amend(func() { c.x.entry.BytesOut += int64(len(p)) })
	n, err := c.x.w.Write(p)
	if err == nil && c.x.proxy.download.chunk() > 0 {
		err = http.NewResponseController(c.x.w).Flush()
	}
	return n, err
}
