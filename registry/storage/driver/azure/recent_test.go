package azure

import (
	"strconv"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

func TestRecentIsBounded(t *testing.T) {
	var r recent[azcore.ETag]
	for i := range 10 * recentLimit {
		r.remember(strconv.Itoa(i), azcore.ETag(strconv.Itoa(i)))
		if held := len(r.young) + len(r.old); held > recentLimit {
			t.Fatalf("%d remembered, at most %d", held, recentLimit)
		}
	}
	last := strconv.Itoa(10*recentLimit - 1)
	if etag, ok := r.get(last); !ok || string(etag) != last {
		t.Errorf("the last one is %q, %t", etag, ok)
	}
	r.forget(last)
	if etag, ok := r.get(last); ok {
		t.Errorf("forgotten, but still %q", etag)
	}
}

// A tag that somebody else deleted or replaced since we stored it.
func TestPutContentIsNotFooledByWhatItRemembers(t *testing.T) {
	for name, elsewhere := range map[string]func(*driver) error{
		"deleted":  func(d *driver) error { return d.Delete(t.Context(), "/recent/link") },
		"replaced": func(d *driver) error { return d.PutContent(t.Context(), "/recent/link", []byte("theirs")) },
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := driverAt(t, account(t)), driverAt(t, account(t))
			if err := ours.PutContent(t.Context(), "/recent/link", []byte("first")); err != nil {
				t.Fatal(err)
			}
			if err := elsewhere(theirs); err != nil {
				t.Fatal(err)
			}
			if err := ours.PutContent(t.Context(), "/recent/link", []byte("second")); err != nil {
				t.Fatal(err)
			}
			if got, err := theirs.GetContent(t.Context(), "/recent/link"); err != nil || string(got) != "second" {
				t.Errorf("stored is %q, %v", got, err)
			}
			if err := ours.Delete(t.Context(), "/recent"); err != nil { // upstream's suite wants the root empty
				t.Error(err)
			}
		})
	}
}
