package blobsim

import (
	"encoding/xml"
	"slices"
	"testing"
)

// listAll follows the markers of a listing, and tells names and how many pages.
func (c *client) listAll(query string) (names []string, pages int) {
	c.t.Helper()
	for marker := ""; ; pages++ {
		r := c.must(200, "", "GET", "?restype=container&comp=list&"+query+"&marker="+marker, "")
		var p page
		if err := xml.Unmarshal(r.body, &p); err != nil {
			c.t.Fatal(err)
		}
		for _, b := range p.Blobs {
			names = append(names, b.Name)
		}
		for _, prefix := range p.Prefixes {
			names = append(names, prefix.Name)
		}
		if p.NextMarker == "" {
			return names, pages + 1
		}
		marker = p.NextMarker
	}
}

func (c *client) furnish() {
	for _, name := range []string{"a", "b/1", "b/2", "b/c/3", "b-", "z"} {
		c.put(name, "x")
	}
}

func TestListFlat(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.furnish()
		for _, query := range []string{"", "maxresults=1", "maxresults=4"} {
			names, _ := c.listAll(query)
			if want := []string{"a", "b-", "b/1", "b/2", "b/c/3", "z"}; !slices.Equal(names, want) {
				t.Errorf("%q: %q", query, names)
			}
		}
		if names, _ := c.listAll("prefix=b/"); !slices.Equal(names, []string{"b/1", "b/2", "b/c/3"}) {
			t.Errorf("below b: %q", names)
		}
	})
}

func TestListByDelimiterShowsEachFolderOnce(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.furnish()
		for query, want := range map[string]int{"delimiter=/": 1, "delimiter=/&maxresults=1": 4} {
			names, pages := c.listAll(query)
			slices.Sort(names)
			if !slices.Equal(names, []string{"a", "b-", "b/", "z"}) || pages != want {
				t.Errorf("%q: %q on %d pages", query, names, pages)
			}
		}
		if names, _ := c.listAll("delimiter=/&prefix=b/"); !slices.Equal(names, []string{"b/1", "b/2", "b/c/"}) {
			t.Errorf("below b: %q", names)
		}
	})
}

func TestListShortAndEmptyPages(t *testing.T) {
	schedule := func(r Request) Plan { return Plan{ShortPage: true, PageItems: r.Count % 3} }
	inBubble(t, schedule, func(c *client) {
		c.furnish()
		names, pages := c.listAll("")
		if !slices.Equal(names, []string{"a", "b-", "b/1", "b/2", "b/c/3", "z"}) || pages != 6 {
			t.Errorf("%q on %d pages", names, pages)
		}
	})
}

func TestListTellsOfCopiesOnlyIfAsked(t *testing.T) {
	inBubble(t, only(CopyBlob, Plan{CopyFor: 1000}), func(c *client) {
		c.put("from", "x")
		c.must(202, "", "PUT", "/to", "", copySource)
		for query, want := range map[string]string{"": "", "&include=copy": "pending"} {
			r := c.must(200, "", "GET", "?restype=container&comp=list&prefix=to"+query, "")
			var p page
			if err := xml.Unmarshal(r.body, &p); err != nil {
				t.Fatal(err)
			}
			if got := p.Blobs[0].Properties.CopyStatus; got != want {
				t.Errorf("%q: status %q", query, got)
			}
		}
	})
}
