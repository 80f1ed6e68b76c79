package doctor

import (
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// exchange is a request and its answer, without anything of them that may be secret.
type exchange struct {
	url    url.URL // without its query
	began  time.Time
	took   time.Duration // until the first byte of the answer
	status int           // 0: there was no answer
	header http.Header   // of the answer
	err    error
}

// wire sends requests and remembers how they ended. Safe for concurrent use.
type wire struct {
	inner service.Transporter

	mu        sync.Mutex
	exchanges []exchange
}

// Do sends a request.
func (w *wire) Do(req *http.Request) (*http.Response, error) {
	e := exchange{url: url.URL{Scheme: req.URL.Scheme, Host: req.URL.Host, Path: req.URL.Path}, began: time.Now()}
	resp, err := w.inner.Do(req)
	e.took, e.err = time.Since(e.began), err
	if err == nil {
		e.status, e.header = resp.StatusCode, resp.Header.Clone()
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.exchanges = append(w.exchanges, e)
	return resp, err
}

func (w *wire) len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.exchanges)
}

// since are the exchanges from number i on.
func (w *wire) since(i int) []exchange {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.exchanges[i:len(w.exchanges):len(w.exchanges)]
}

// last is the exchange that ended last.
func (w *wire) last() (exchange, bool) {
	all := w.since(0)
	if len(all) == 0 {
		return exchange{}, false
	}
	return all[len(all)-1], true
}

// unsteady makes a warning of a row that is ok only because requests were sent again.
func unsteady(r Row, exchanges []exchange) Row {
	for _, e := range exchanges {
		switch {
		case e.status == http.StatusServiceUnavailable, e.status == http.StatusTooManyRequests:
			found, means, do := throttled(fmt.Sprintf("%d", e.status))
			return warning(r.Found+"; but a try before was answered "+found, means, do)
		case e.status >= http.StatusInternalServerError && e.status != http.StatusNotImplemented:
			return warning(fmt.Sprintf("%s; but a try before was answered %d", r.Found, e.status),
				"the service, or something before it, fails now and then; the registry tries again as doctor did",
				"look at the account's health in the portal, and for a gateway in between")
		case e.err != nil:
			return warning(r.Found+"; but a try before got no answer",
				"connections break, or are slow; the registry tries again as doctor did",
				"look at what is between the registry and the storage: proxy, firewall, idle limits")
		}
	}
	return r
}
