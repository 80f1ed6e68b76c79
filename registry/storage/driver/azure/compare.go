package azure

import (
	"bytes"
	"context"
	"errors"
	"io"
)

// comparePiece is how much of each blob is held in memory while comparing.
const comparePiece = 1 << 20

// equalContent reports whether two blobs have the same bytes, by reading both.
// A blob that changes or goes meanwhile makes them differ.
func (d *driver) equalContent(ctx context.Context, a, b string) (bool, error) {
	readerA, err := d.open(ctx, a, 0)
	if err != nil {
		return false, ignoreReplaced(err)
	}
	defer readerA.Close()
	readerB, err := d.open(ctx, b, 0)
	if err != nil {
		return false, ignoreReplaced(err)
	}
	defer readerB.Close()
	if readerA.end != readerB.end {
		return false, nil
	}
	pieceA, pieceB := make([]byte, comparePiece), make([]byte, comparePiece)
	for readerA.offset < readerA.end {
		n := min(comparePiece, readerA.end-readerA.offset)
		if _, err := io.ReadFull(readerA, pieceA[:n]); err != nil {
			return false, ignoreReplaced(err)
		}
		if _, err := io.ReadFull(readerB, pieceB[:n]); err != nil {
			return false, ignoreReplaced(err)
		}
		if !bytes.Equal(pieceA[:n], pieceB[:n]) {
			return false, nil
		}
	}
	return true, nil
}

// ignoreReplaced is nil for an error that says that a blob is not the one it
// was, or not there any more.
func ignoreReplaced(err error) error {
	var replaced *ReplacedError
	if errors.As(err, &replaced) || judge(err) == absent {
		return nil
	}
	return err
}
