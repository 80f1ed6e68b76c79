package filesystem

import (
	"errors"
	"fmt"
	"os"
)

// errWrittenMeanwhile tells of a file that is no longer as its writer left it:
// another writer appended to it, or it was moved or deleted.
var errWrittenMeanwhile = errors.New("written to, moved or deleted by another request")

// appendFile is a file as one of its writers sees it. The same upload may be
// open in any number of requests, and in other registries that share the root
// directory: each byte of it is written by whoever comes first, and a writer
// that finds others' bytes at its position, or other files at its path, fails
// instead of changing what somebody else has been told is stored.
type appendFile struct {
	*os.File
	end int64 // where the next byte of this writer belongs
}

// Write appends p.
func (f *appendFile) Write(p []byte) (int, error) {
	if err := f.hold(); err != nil {
		return 0, err
	}
	defer unlockFile(f.File)
	n, err := f.File.Write(p)
	f.end += int64(n)
	return n, err
}

// hold keeps other writers from the file until it is unlocked or closed. It is
// an error if one of them was there since this writer's last byte, or is there
// now: what that one appends belongs where this one's next byte does.
func (f *appendFile) hold() error {
	if err := f.check(); err != nil {
		return err
	}
	if !lockFile(f.File) {
		return f.conflict()
	}
	err := f.check()
	if err != nil {
		unlockFile(f.File)
	}
	return err
}

// check tells whether the file is as this writer left it.
func (f *appendFile) check() error {
	own, err := f.Stat()
	if err != nil {
		return err
	}
	now, err := os.Stat(f.Name())
	switch {
	case err != nil && !os.IsNotExist(err):
		return err
	case err != nil || !os.SameFile(own, now) || own.Size() != f.end:
		return f.conflict()
	}
	return nil
}

func (f *appendFile) conflict() error {
	return fmt.Errorf("%s at offset %d: %w", f.Name(), f.end, errWrittenMeanwhile)
}
