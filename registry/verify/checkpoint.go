package verify

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"sync"

	"github.com/opencontainers/go-digest"
)

// Checkpoint is a file that remembers what a full run found of each blob, so that
// a run which was broken off, or ended by MaxBytes, can be taken up again: what is
// wrong is reported again and not read again. A blob that has changed since is
// hashed again. When everything of the registry has been hashed, only what is wrong
// stays remembered, or else the file is removed. It may be used by several goroutines,
// and the file by several runs.
type Checkpoint struct {
	mu      sync.Mutex
	file    *os.File
	storage string
	known   map[digest.Digest]blobMark
	damaged map[digest.Digest]blobMark // of the blobs that this run knows of
}

type blobMark struct {
	size, modified int64
	finding        *Finding // nil: sound
}

// checkpointLine is one line of the file, as JSON. The first line only has
// Storage.
type checkpointLine struct {
	Storage  string        `json:"storage,omitempty"`
	Digest   digest.Digest `json:"digest,omitempty"`
	Size     int64         `json:"size,omitempty"`
	Modified int64         `json:"modified,omitempty"`
	Finding  *Finding      `json:"finding,omitempty"`
}

// OpenCheckpoint opens or creates the file. storage names the storage that the
// run is about: a file that is about another one is refused.
func OpenCheckpoint(path, storage string) (*Checkpoint, error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("opening checkpoint: %w", err)
	}
	c := &Checkpoint{file: file, storage: storage, known: make(map[digest.Digest]blobMark), damaged: make(map[digest.Digest]blobMark)}
	if err := c.load(); err != nil {
		return nil, errors.Join(fmt.Errorf("reading checkpoint %s: %w", path, err), file.Close())
	}
	return c, nil
}

// load reads whole lines. Another job may be writing to the same file, and a crash
// may have spoiled a line: what can't be read isn't remembered, and hashed again.
func (c *Checkpoint) load() error {
	header, err := json.Marshal(checkpointLine{Storage: c.storage})
	if err != nil {
		return err
	}
	r := bufio.NewReader(c.file)
	for first := true; ; first = false {
		text, err := r.ReadBytes('\n')
		switch {
		case errors.Is(err, io.EOF):
			return c.begin(header, text, first)
		case err != nil:
			return err
		}
		var line checkpointLine
		spoilt := json.Unmarshal(text, &line) != nil
		switch {
		case first && (spoilt || line.Storage == ""):
			return errNoCheckpoint
		case line.Storage != "" && line.Storage != c.storage:
			return fmt.Errorf("it is about %q, not %q", line.Storage, c.storage)
		case !spoilt && line.Digest != "":
			c.known[line.Digest] = blobMark{line.Size, line.Modified, line.Finding}
		}
	}
}

// errNoCheckpoint keeps a run from writing to a file that somebody needs.
var errNoCheckpoint = errors.New("it is no checkpoint")

// begin makes the file's end the beginning of a line. broken is a last line that
// was broken off, and empty says that there is no other.
func (c *Checkpoint) begin(header, broken []byte, empty bool) error {
	var lines []byte
	switch {
	case empty && !bytes.HasPrefix(header, broken):
		return errNoCheckpoint
	case empty:
		lines = slices.Concat(header[len(broken):], []byte{'\n'})
	case len(broken) > 0:
		lines = []byte{'\n'}
	}
	_, err := c.file.Write(lines)
	return err
}

func (c *Checkpoint) write(line checkpointLine) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = c.file.Write(append(text, '\n'))
	return err
}

// has tells whether the blob was hashed and hasn't changed since, and what was
// found then: nil if it is sound.
func (c *Checkpoint) has(b blob) (found *Finding, ok bool) {
	if c == nil {
		return nil, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	mark, ok := c.known[b.digest]
	if ok = ok && mark.size == b.size && mark.modified == b.modified; ok && mark.finding != nil {
		c.damaged[b.digest] = mark
	}
	return mark.finding, ok
}

// add notes what was found of a blob; nil if it is sound.
func (c *Checkpoint) add(b blob, found *Finding) error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	mark := blobMark{b.size, b.modified, found}
	if found != nil {
		c.damaged[b.digest] = mark
	}
	if err := c.write(mark.line(b.digest)); err != nil {
		return &stopError{fmt.Errorf("writing checkpoint: %w", err)}
	}
	return nil
}

func (m blobMark) line(d digest.Digest) checkpointLine {
	return checkpointLine{Digest: d, Size: m.size, Modified: m.modified, Finding: m.finding}
}

// Finish ends a pass over everything. What is wrong still is the next one's to report
// before it comes to it: damage that nobody has mended is not to be forgotten until then.
func (c *Checkpoint) Finish() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.restart(); err != nil {
		return fmt.Errorf("ending checkpoint %s: %w", c.file.Name(), err)
	}
	return nil
}

func (c *Checkpoint) restart() error {
	name := c.file.Name()
	if len(c.damaged) == 0 {
		if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	var lines bytes.Buffer
	encoder := json.NewEncoder(&lines)
	err := encoder.Encode(checkpointLine{Storage: c.storage})
	for d, mark := range c.damaged {
		err = errors.Join(err, encoder.Encode(mark.line(d)))
	}
	if err == nil {
		err = os.WriteFile(name+".next", lines.Bytes(), 0o600)
	}
	if err == nil {
		err = os.Rename(name+".next", name)
	}
	return err
}

// Close closes the file and leaves it in place.
func (c *Checkpoint) Close() error { return c.file.Close() }
