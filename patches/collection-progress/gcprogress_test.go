package storage

import (
	"bytes"
	"context"
	"testing"
	"time"
)

func TestGCProgressIsTold(t *testing.T) {
	told := make(chan string)
	p := progressEvery(context.Background(), time.Millisecond, func(text string) { told <- text })
	p.next("links found", 0)
	p.add(3)
	for <-told != "3 links found" {
	}
	p.next("files deleted", 10)
	p.add(4)
	for <-told != "4 of 10 files deleted" {
	}
	go p.end()
	for <-told != "" {
	}
	<-p.ended
}

func TestGCProgressOnOneLine(t *testing.T) {
	var out bytes.Buffer
	tell := onOneLine(&out)
	for _, text := range []string{"3 links found", ""} {
		tell(text)
	}
	if out.String() != "\033[K3 links found\r\033[K\r" {
		t.Errorf("%q", out.String())
	}
}

// Vacuum is used without a collection, too.
func TestGCProgressMayBeNil(t *testing.T) {
	var p *progress
	p.next("files deleted", 1)
	p.add(1)
}
