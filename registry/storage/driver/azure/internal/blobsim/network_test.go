package blobsim

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const testContainer = "account.blob.core.windows.net/registry"

// client sends requests to a fresh network, in a bubble of virtual time.
type client struct {
	t       *testing.T
	network *Network
	service *Service
}

// inBubble runs a test against a network with the given schedule.
func inBubble(t *testing.T, schedule Schedule, test func(*client)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		service := NewService(testContainer)
		test(&client{t: t, service: service, network: NewNetwork(service, schedule)})
	})
}

// reply is an answer, read to its end.
type reply struct {
	*http.Response
	body []byte
	err  error // of the body
}

// send makes a request; headers are given as "name: value".
func (c *client) send(ctx context.Context, method, target, body string, headers ...string) (reply, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "https://"+testContainer+target, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		req.Header[name] = []string{value} // as the SDK does, in whatever case
	}
	resp, err := c.network.RoundTrip(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	r := reply{Response: resp}
	r.body, r.err = io.ReadAll(resp.Body)
	return r, nil
}

// must makes a request whose answer has the given status and error code.
func (c *client) must(status int, code, method, target, body string, headers ...string) reply {
	c.t.Helper()
	r, err := c.send(c.t.Context(), method, target, body, headers...)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, target, err)
	}
	if got := r.Header.Get("x-ms-error-code"); r.StatusCode != status || got != code {
		c.t.Fatalf("%s %s: %d %s, want %d %s", method, target, r.StatusCode, got, status, code)
	}
	return r
}

func (c *client) put(name, content string, headers ...string) reply {
	c.t.Helper()
	return c.must(201, "", "PUT", "/"+name, content, append(headers, "x-ms-blob-type: BlockBlob")...)
}

// stored is what a blob holds in the end.
func (c *client) stored(name string) string {
	c.t.Helper()
	c.network.Drain()
	b := c.service.containers[testContainer][name]
	if b == nil {
		return "(absent)"
	}
	return string(b.data)
}

// only strikes the first request of an operation.
func only(op Operation, p Plan) Schedule {
	return func(r Request) Plan {
		if r.Operation == op && r.Count == 0 {
			return p
		}
		return Plan{}
	}
}

func TestArrivalDoesNotDependOnSmallDelays(t *testing.T) {
	arrivals := func(delay time.Duration) (moments []time.Time) {
		inBubble(t, Calm, func(c *client) {
			for range 20 {
				time.Sleep(delay)
				c.put("a", "x")
				moments = append(moments, time.Now())
			}
		})
		return moments
	}
	first, second := arrivals(0), arrivals(7*time.Millisecond)
	for i := range first {
		if !first[i].Equal(second[i]) {
			t.Fatalf("request %d arrived at %s and %s", i, first[i], second[i])
		}
	}
}

func TestSeededScheduleIsAFunctionOfSeedAndRequest(t *testing.T) {
	w := Weather{Faults: 0.5, Slow: 0.5, Pending: 0.5, Failing: 0.5, ShortPages: 0.5, MaxLate: 9}
	r := Request{Caller: "a", Operation: CopyBlob, Name: "b"}
	differ := 0
	for seed := range uint64(100) {
		first, again := Seeded(seed, w), Seeded(seed, w)
		if first(r) != again(r) {
			t.Fatalf("seed %d: two plans for one request", seed)
		}
		r2 := r
		r2.Count++
		if first(r) != first(r2) {
			differ++
		}
	}
	if differ < 90 {
		t.Errorf("only %d of 100 requests had a fate of their own", differ)
	}
}

func TestAnswerKeepsItsBytesWhenTheBlobGrows(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.must(201, "", "PUT", "/a", "", "x-ms-blob-type: AppendBlob")
		c.must(201, "", "PUT", "/a?comp=appendblock", "x")
		r := c.must(200, "", "GET", "/a", "")
		c.must(201, "", "PUT", "/a?comp=appendblock", "y")
		if !bytes.Equal(r.body, []byte("x")) {
			t.Errorf("body: %q", r.body)
		}
	})
}
