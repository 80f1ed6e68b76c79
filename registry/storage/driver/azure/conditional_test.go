package azure

import (
	"context"
	"errors"
	"fmt"
	"testing"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

const (
	repairedPath = "/conditional/file"
	mendedPath   = "/conditional/mended"
)

// notMet reports whether err says that a condition didn't hold, as a caller that
// doesn't know this package finds out.
func notMet(err error) bool {
	var condition interface{ ConditionNotMet() bool }
	return errors.As(err, &condition) && condition.ConditionNotMet()
}

// notThere reports whether err is what upstream's code switches on, and not wrapped.
func notThere(err error) bool { _, bare := err.(storagedriver.PathNotFoundError); return bare } //nolint:errorlint // as upstream does

// outcome is what a conditional call came to, in a word.
func outcomeOf(err error) string {
	switch {
	case err == nil:
		return "done"
	case notMet(err):
		return "not met"
	case notThere(err):
		return "not there"
	default:
		return err.Error()
	}
}

// conditionalCases are the conditions under which a file is moved to, or deleted at, a path.
var conditionalCases = map[string]struct {
	before func(context.Context, *Driver) error // what happened until the call, after the ETag was seen
	etag   func(seen string) string
	move   string // what MoveIfMatch comes to
	remove string // what DeleteIfMatch does
	kept   string // what is stored if neither is done
}{
	"as it was seen": {move: "done", remove: "done"},
	"replaced by other bytes": {
		before: func(ctx context.Context, d *Driver) error {
			return d.PutContent(ctx, repairedPath, []byte("pushed again"))
		},
		move: "not met", remove: "not met", kept: "pushed again",
	},
	"replaced by the same bytes": {
		before: func(ctx context.Context, d *Driver) error { return d.PutContent(ctx, repairedPath, []byte("damaged")) },
		move:   "not met", remove: "not met", kept: "damaged",
	},
	"deleted": {
		before: func(ctx context.Context, d *Driver) error { return d.Delete(ctx, repairedPath) },
		move:   "not met", remove: "not there",
	},
	"deleted, and nothing expected": {
		before: func(ctx context.Context, d *Driver) error { return d.Delete(ctx, repairedPath) },
		etag:   func(string) string { return "" },
		move:   "done", remove: "not there",
	},
	"there, and nothing expected": {
		etag: func(string) string { return "" },
		move: "not met", remove: "not met", kept: "damaged",
	},
	"an ETag without quotes, as in a listing": {
		etag: func(seen string) string { return seen[1 : len(seen)-1] },
		move: "done", remove: "done",
	},
}

func TestConditionalMoveAndDelete(t *testing.T) {
	d, err := New(t.Context(), account(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range conditionalCases {
		for _, call := range []string{"move", "remove"} {
			t.Run(fmt.Sprintf("%s/%s", name, call), func(t *testing.T) {
				ctx := t.Context()
				t.Cleanup(func() { _ = d.Delete(context.Background(), "/conditional") })
				put(t, d, repairedPath, "damaged")
				put(t, d, mendedPath, "mended")
				etag, err := d.ETag(ctx, repairedPath)
				if err != nil || len(etag) < 3 {
					t.Fatalf("ETag %q, %v", etag, err)
				}
				if c.before != nil {
					if err := c.before(ctx, d); err != nil {
						t.Fatal(err)
					}
				}
				if c.etag != nil {
					etag = c.etag(etag)
				}
				want, kept := c.remove, c.kept
				if call == "move" {
					want, err = c.move, d.MoveIfMatch(ctx, mendedPath, repairedPath, etag)
					if want == "done" {
						kept = "mended"
					}
				} else {
					err = d.DeleteIfMatch(ctx, repairedPath, etag)
				}
				if got := outcomeOf(err); got != want {
					t.Errorf("%s instead of %s: %v", got, want, err)
				}
				if content, err := d.GetContent(ctx, repairedPath); string(content) != kept || err != nil && !notThere(err) {
					t.Errorf("stored is %q, %v, instead of %q", content, err, kept)
				}
				_, err = d.Stat(ctx, mendedPath)
				if moved := call == "move" && want == "done"; moved != notThere(err) {
					t.Errorf("the source: %v", err)
				}
			})
		}
	}
}

func put(t *testing.T, d storagedriver.StorageDriver, path, content string) {
	t.Helper()
	if err := d.PutContent(t.Context(), path, []byte(content)); err != nil {
		t.Fatal(err)
	}
}

func TestConditionalCallsWithoutAFile(t *testing.T) {
	d, err := New(t.Context(), account(t))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	t.Cleanup(func() { _ = d.Delete(context.Background(), "/conditional") })
	put(t, d, mendedPath, "mended")
	if _, err := d.ETag(ctx, "/conditional"); !notThere(err) {
		t.Errorf("the ETag of a folder: %v", err)
	}
	if err := d.MoveIfMatch(ctx, repairedPath, mendedPath, ""); !notThere(err) {
		t.Errorf("moved from nothing: %v", err)
	}
	for _, err := range []error{
		d.MoveIfMatch(ctx, mendedPath, "no path", ""), d.DeleteIfMatch(ctx, "no path", "x"),
	} {
		if !errors.As(err, new(storagedriver.InvalidPathError)) {
			t.Errorf("a path that is none: %v", err)
		}
	}
}
