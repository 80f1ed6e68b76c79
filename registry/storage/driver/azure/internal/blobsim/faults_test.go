package blobsim

import (
	"context"
	"errors"
	"io"
	"syscall"
	"testing"
	"time"
)

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
