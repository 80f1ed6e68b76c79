package blobsim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"syscall"
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

func TestLostRequestIsNeverCarriedOut(t *testing.T) {
	inBubble(t, only(PutBlob, Plan{Fault: RequestLost, Told: TimedOut}), func(c *client) {
		c.must(500, "OperationTimedOut", "PUT", "/a", "x", "x-ms-blob-type: BlockBlob")
		if got := c.stored("a"); got != "(absent)" {
			t.Errorf("stored: %s", got)
		}
	})
}

func TestLostAnswerIsCarriedOut(t *testing.T) {
	for told, status := range map[Told]int{TimedOut: 500, Internal: 500, Busy: 503, BadGateway: 502} {
		inBubble(t, only(PutBlob, Plan{Fault: AnswerLost, Told: told}), func(c *client) {
			r, err := c.send(c.t.Context(), "PUT", "/a", "x", "x-ms-blob-type: BlockBlob")
			if err != nil || r.StatusCode != status {
				t.Errorf("told %s: %v, %v", told, r.Response, err)
			}
			if got := c.stored("a"); got != "x" {
				t.Errorf("told %s: stored: %s", told, got)
			}
		})
	}
}

func TestBrokenConnection(t *testing.T) {
	inBubble(t, only(PutBlob, Plan{Fault: AnswerLost, Told: Reset}), func(c *client) {
		if _, err := c.send(c.t.Context(), "PUT", "/a", "x", "x-ms-blob-type: BlockBlob"); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("error: %v", err)
		}
	})
}

func TestStalledAnswerEndsWithTheContextOrThePatience(t *testing.T) {
	inBubble(t, func(Request) Plan { return Plan{Fault: AnswerLost, Told: Stalled} }, func(c *client) {
		ctx, cancel := context.WithTimeout(c.t.Context(), 10*Slot)
		defer cancel()
		start := time.Now()
		if _, err := c.send(ctx, "PUT", "/a", "x", "x-ms-blob-type: BlockBlob"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error: %v", err)
		}
		if took := time.Since(start); took != 10*Slot {
			t.Errorf("gave up after %s", took)
		}
		if _, err := c.send(c.t.Context(), "PUT", "/a", "x", "x-ms-blob-type: BlockBlob"); err == nil {
			t.Error("no error")
		}
		if took := time.Since(start); took < Patience {
			t.Errorf("gave up after %s", took)
		}
	})
}

func TestLateRequestIsCarriedOutAfterNewerOnes(t *testing.T) {
	inBubble(t, only(PutBlob, Plan{Fault: AppliedLate, Told: Internal, Late: 5}), func(c *client) {
		c.must(500, "InternalError", "PUT", "/a", "old", "x-ms-blob-type: BlockBlob")
		c.put("a", "new")
		if r := c.must(200, "", "GET", "/a", ""); string(r.body) != "new" {
			t.Errorf("before: %q", r.body)
		}
		time.Sleep(10 * Slot)
		if r := c.must(200, "", "GET", "/a", ""); string(r.body) != "old" {
			t.Errorf("after: %q", r.body)
		}
	})
}

func TestLateRequestHasItsConditionEvaluatedLate(t *testing.T) {
	inBubble(t, only(PutBlob, Plan{Fault: AppliedLate, Told: Internal, Late: 5}), func(c *client) {
		c.must(500, "InternalError", "PUT", "/a", "old", "x-ms-blob-type: BlockBlob", "If-None-Match: *")
		c.put("a", "new")
		if got := c.stored("a"); got != "new" {
			t.Errorf("stored: %s", got)
		}
	})
}

func TestRepeatedRequestIsCarriedOutTwice(t *testing.T) {
	inBubble(t, only(AppendBlock, Plan{Fault: Twice, Late: 1}), func(c *client) {
		c.must(201, "", "PUT", "/a", "", "x-ms-blob-type: AppendBlob")
		c.must(201, "", "PUT", "/a?comp=appendblock", "x")
		if got := c.stored("a"); got != "xx" {
			t.Errorf("stored: %s", got)
		}
	})
}

func TestAbandonedRequestIsCarriedOut(t *testing.T) {
	inBubble(t, only(PutBlob, Plan{Delay: 10}), func(c *client) {
		ctx, cancel := context.WithTimeout(c.t.Context(), 2*Slot)
		defer cancel()
		if _, err := c.send(ctx, "PUT", "/a", "x", "x-ms-blob-type: BlockBlob"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error: %v", err)
		}
		if got := c.stored("a"); got != "x" {
			t.Errorf("stored: %s", got)
		}
	})
}

func TestDamagedBodyDiffersInOneByte(t *testing.T) {
	inBubble(t, only(PutBlob, Plan{Fault: Damaged, At: 1}), func(c *client) {
		c.put("a", "abc")
		if got := c.stored("a"); len(got) != 3 || got[0] != 'a' || got[1] == 'b' || got[2] != 'c' {
			t.Errorf("stored: %q", got)
		}
	})
}

func TestCutBodyBreaksOff(t *testing.T) {
	inBubble(t, only(GetBlob, Plan{Fault: Cut, At: 2}), func(c *client) {
		c.put("a", "abcdef")
		r := c.must(200, "", "GET", "/a", "")
		if string(r.body) != "ab" || !errors.Is(r.err, io.ErrUnexpectedEOF) || r.ContentLength != 6 {
			t.Errorf("body %q, length %d, error %v", r.body, r.ContentLength, r.err)
		}
	})
}

func TestThrottledRequestIsNotCarriedOut(t *testing.T) {
	inBubble(t, only(PutBlob, Plan{Fault: Throttled, Wait: 7}), func(c *client) {
		r := c.must(503, "ServerBusy", "PUT", "/a", "x", "x-ms-blob-type: BlockBlob")
		if r.Header.Get("Retry-After") != "7" || c.stored("a") != "(absent)" {
			t.Errorf("Retry-After %q, stored %s", r.Header.Get("Retry-After"), c.stored("a"))
		}
	})
}

func TestStruckFaultsAreCounted(t *testing.T) {
	inBubble(t, only(PutBlob, Plan{Fault: Damaged}), func(c *client) {
		c.put("a", "abc")
		c.put("a", "abc")
		if n := c.network.Struck()[Struck{PutBlob, Damaged}]; n != 1 {
			t.Errorf("struck %d times", n)
		}
	})
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
		if Seeded(seed, w)(r) != Seeded(seed, w)(r) {
			t.Fatalf("seed %d: two plans for one request", seed)
		}
		r2 := r
		r2.Count++
		if Seeded(seed, w)(r) != Seeded(seed, w)(r2) {
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
