package faultproxy

import (
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
)

var downloadFrom3 = blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 3}}

func TestForeignAnswersHaveNothingOfTheServices(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	kinds := Foreigners()
	if len(kinds) != 2*len(ForeignStatuses())-1 {
		t.Errorf("%d kinds", len(kinds))
	}
	for _, kind := range kinds {
		for _, op := range []Op{Append, Create, Put, Copy, Delete, Head, Get, List, Batch, Metadata, Key} {
			armed := p.Arm(Fault{Op: op, Kind: kind})
			got := send(t.Context(), p, op)
			if got.err != nil {
				t.Fatalf("%v: %v", armed, got.err)
			}
			for name := range got.header {
				if strings.HasPrefix(strings.ToLower(name), "x-ms-") {
					t.Errorf("%v: %s", armed, name)
				}
			}
			if html := strings.HasPrefix(string(got.body), "<html>"); html != (strings.Contains(kind.String(), "HTML") && op != Head) {
				t.Errorf("%v: %d %q", armed, got.status, got.body)
			}
		}
	}
	b.expectArrivals(t, 0)
	p.Arm(Fault{Op: Put, Kind: ForeignAfter(404, true)})
	send(t.Context(), p, Put)
	b.expectArrivals(t, 1)
}

func TestAnswersWithoutALength(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	p.Arm(Fault{Op: Get, Kind: NoLength})
	got := send(t.Context(), p, Get)
	if got.err != nil || len(got.body) != len(b.content) || got.header.Get("Content-Length") != "" {
		t.Errorf("%d bytes, %v, %v", len(got.body), got.header, got.err)
	}
}

func TestDelayedAnswers(t *testing.T) {
	b := newBackend(t)
	p := proxyFor(t, b)
	p.Arm(Fault{Op: List, Kind: Delayed(200 * time.Millisecond)})
	began := time.Now()
	if got := send(t.Context(), p, List); got.err != nil || time.Since(began) < 200*time.Millisecond {
		t.Errorf("%v after %v", got.err, time.Since(began))
	}
	b.expectArrivals(t, 1)
}

func TestWrongMD5(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	p.Arm(Fault{Op: Get, Kind: WrongMD5})
	if got := send(t.Context(), p, Get); got.err != nil || got.header.Get("Content-MD5") == "" {
		t.Errorf("%v, %v", got.header, got.err)
	}
}
