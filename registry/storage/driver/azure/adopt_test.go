package azure

import (
	"context"
	"testing"
)

func TestAdoptIfMatch(t *testing.T) {
	parameters := account(t)
	d, err := New(t.Context(), parameters)
	if err != nil {
		t.Fatal(err)
	}
	other := *parameters
	other.LegacyRootPrefix = !parameters.LegacyRootPrefix
	legacy, err := New(t.Context(), &other)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	t.Cleanup(func() {
		_ = d.Delete(context.Background(), "/adopt")
		_ = legacy.Delete(context.Background(), "/adopt")
	})
	const path = "/adopt/tags/v1./link"
	if got := outcomeOf(d.AdoptIfMatch(ctx, path, "")); got != "not there" {
		t.Errorf("without anything to adopt: %s", got)
	}
	for _, step := range []struct {
		name, here, there string // what is stored before
		etag              func() string
		want, kept        string
		stays             bool // under the other name
	}{
		{"there alone", "", "old", func() string { return "" }, "done", "old", false},
		{"here as well, and nothing expected", "new", "old", func() string { return "" }, "not met", "new", true},
		{"here as well, as it was seen", "new", "newer", func() string { return etagOf(t, d, path) }, "done", "newer", false},
		{"here as well, and replaced since", "new", "old", func() string {
			seen := etagOf(t, d, path)
			put(t, d, path, "pushed")
			return seen
		}, "not met", "pushed", true},
	} {
		_ = d.Delete(ctx, "/adopt")
		_ = legacy.Delete(ctx, "/adopt")
		put(t, legacy, path, step.there)
		if step.here != "" {
			put(t, d, path, step.here)
		}
		if got := outcomeOf(d.AdoptIfMatch(ctx, path, step.etag())); got != step.want {
			t.Errorf("%s: %s instead of %s", step.name, got, step.want)
		}
		if content, err := d.GetContent(ctx, path); string(content) != step.kept {
			t.Errorf("%s: stored is %q, %v", step.name, content, err)
		}
		if _, err := legacy.Stat(ctx, path); step.stays == notThere(err) {
			t.Errorf("%s: under the other name: %v", step.name, err)
		}
	}
}

func etagOf(t *testing.T, d *Driver, path string) string {
	t.Helper()
	etag, err := d.ETag(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return etag
}
