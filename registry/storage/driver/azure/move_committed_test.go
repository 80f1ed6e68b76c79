package azure

import (
	"context"
	"errors"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// Another registry appends to an upload after it was committed and verified: what
// it appended must not come under the digest.
func TestMoveOnlyWhatWasCommitted(t *testing.T) {
	ours, theirs := driverAt(t, account(t)), driverAt(t, account(t))
	ctx := t.Context()
	t.Cleanup(func() { _ = ours.Delete(context.Background(), "/committed") }) // upstream's suite wants the root empty
	write := func(w storagedriver.FileWriter, err error) {
		t.Helper()
		if err == nil {
			_, err = w.Write([]byte("part"))
		}
		if err == nil {
			err = w.Commit(ctx)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	write(ours.Writer(ctx, "/committed/upload", false))
	write(theirs.Writer(ctx, "/committed/upload", true))
	if err := ours.Move(ctx, "/committed/upload", "/committed/blob"); !errors.Is(err, ErrCorruptedData) {
		t.Errorf("moved: %v", err)
	}
	if _, err := ours.Stat(ctx, "/committed/blob"); !errors.As(err, new(storagedriver.PathNotFoundError)) {
		t.Errorf("something is at the destination: %v", err)
	}
	if err := theirs.Move(ctx, "/committed/upload", "/committed/blob"); err != nil {
		t.Errorf("the one who committed last can't move: %v", err)
	}
}
