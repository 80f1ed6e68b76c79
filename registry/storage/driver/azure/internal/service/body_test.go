package service

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

func TestBodyIsReadAndRewound(t *testing.T) {
	b := newBody([]byte("content"), func() {})
	for range 2 {
		got, err := io.ReadAll(b)
		if err != nil || string(got) != "content" {
			t.Fatalf("read %q, %v", got, err)
		}
		if _, err := b.Seek(0, io.SeekStart); err != nil {
			t.Fatal(err)
		}
	}
}

// A transport that reads on after an early answer must not see the next block,
// which is gathered in the same memory.
func TestBodyLendsNothingOutAfterTheCall(t *testing.T) {
	memory := bytes.Repeat([]byte("a"), 1<<20)
	b := newBody(memory, func() {})
	read := make(chan error)
	go func() {
		_, err := io.Copy(writerOfOnly('a'), b)
		read <- err
	}()
	b.release()
	for i := range memory {
		memory[i] = 'b'
	}
	if err := <-read; err != nil && !errors.Is(err, errBodyReleased) {
		t.Error(err)
	}
}

// writerOfOnly refuses bytes other than this one.
type writerOfOnly byte

func (w writerOfOnly) Write(p []byte) (int, error) {
	if bytes.Count(p, []byte{byte(w)}) != len(p) {
		return 0, errors.New("bytes of another block")
	}
	return len(p), nil
}
