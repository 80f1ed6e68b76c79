package faultproxy

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"
)

// took reads the body over the link in virtual time.
func took(t *testing.T, l *link, body []byte) time.Duration {
	t.Helper()
	start := time.Now()
	got, err := io.ReadAll(shaped{t.Context(), l, bytes.NewReader(body)})
	if err != nil || !bytes.Equal(got, body) {
		t.Errorf("read %d bytes of %d, %v", len(got), len(body), err)
	}
	return time.Since(start).Round(100 * time.Millisecond)
}

func TestBandwidth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := make([]byte, 1<<20)
		var l link
		for _, test := range []struct {
			rate int
			want time.Duration
		}{
			{0, 0},
			{1 << 20, time.Second},
			{256 << 10, 4 * time.Second},
			{1 << 10, 1024 * time.Second},
			{0, 0},
		} {
			l.set(test.rate)
			if got := took(t, &l, body); got != test.want {
				t.Errorf("1 MiB at %d bytes a second took %v, want %v", test.rate, got, test.want)
			}
		}
	})
}

func TestBandwidthIsShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l link
		l.set(1 << 20)
		start := time.Now()
		for range 4 {
			go took(t, &l, make([]byte, 1<<20))
		}
		synctest.Wait()
		took(t, &l, make([]byte, 1<<20))
		if got := time.Since(start).Round(100 * time.Millisecond); got != 5*time.Second {
			t.Errorf("5 times 1 MiB at 1 MiB a second took %v", got)
		}
	})
}

func TestBandwidthChangesUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l link
		l.set(100)
		time.AfterFunc(10*time.Second, func() { l.set(0) })
		if got := took(t, &l, make([]byte, 1<<20)); got != 10*time.Second {
			t.Errorf("took %v", got)
		}
	})
}

func TestSlowBodyEndsWithItsRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l link
		l.set(1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := io.ReadAll(shaped{ctx, &l, bytes.NewReader(content)}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestShapedRequestsArriveWhole(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	p.SetBandwidth(8<<20, 8<<20)
	p.SetLatency(time.Millisecond)
	if got := send(t.Context(), p, Append); got.status != 201 || !bytes.Equal(b.seen()[0].body, content) {
		t.Errorf("got %+v", got)
	}
	if got := send(t.Context(), p, Get); !bytes.Equal(got.body, b.content) {
		t.Errorf("got %d bytes, %v", len(got.body), got.err)
	}
}
