package blobsim

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestNamesLoseTheirDots(t *testing.T) {
	for name, want := range map[string]string{
		"a/b": "a/b", "v1./x": "v1/x", "a/v1...": "a/v1", "a/./b": "a/b", "a/../b": "b", ".a/b.c": ".a/b.c", "a//b": "a//b", "..": "",
	} {
		if got := Names(name); got != want {
			t.Errorf("%q is %q, want %q", name, got, want)
		}
	}
	inBubble(t, Calm, func(c *client) {
		c.put("tags/v1./link", "x")
		if got := c.stored("tags/v1/link"); got != "x" {
			t.Errorf("stored: %q", got)
		}
	})
}

func TestDirectoriesStay(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.service.Account.Hierarchical = true
		c.put("a/b/c", "x")
		c.must(409, "DirectoryIsNotEmpty", "DELETE", "/a", "")
		c.must(409, "InvalidBlobType", "PUT", "/a/b", "x", "x-ms-blob-type: BlockBlob")
		if head := c.must(200, "", "HEAD", "/a/b", ""); head.Header.Get("x-ms-meta-hdi_isfolder") != "true" {
			t.Errorf("a directory's: %v", head.Header)
		}
		flat := string(c.must(200, "", "GET", "?restype=container&comp=list&include=metadata", "").body)
		for _, want := range []string{
			"<Name>a</Name>", "<ResourceType>directory</ResourceType>", "<hdi_isfolder>true</hdi_isfolder>", "<Name>a/b/c</Name>", "<ResourceType>file</ResourceType>",
		} {
			if !strings.Contains(flat, want) {
				t.Errorf("the flat listing lacks %s: %s", want, flat)
			}
		}
		c.must(202, "", "DELETE", "/a/b/c", "")
		byFolder := string(c.must(200, "", "GET", "?restype=container&comp=list&delimiter=/", "").body)
		if !strings.Contains(byFolder, "<BlobPrefix><Name>a/</Name></BlobPrefix>") || strings.Contains(byFolder, "<Blob>") {
			t.Errorf("by folder: %s", byFolder)
		}
		c.must(400, "OperationNotSupportedOnDirectory", "DELETE", "/a/b", "", "x-ms-delete-snapshots: include")
		c.must(202, "", "DELETE", "/a/b", "")
		c.must(202, "", "DELETE", "/a", "")
	})
}

func TestVersionsKeepTheirType(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.service.Account.Versioned = true
		first := c.put("a", "x")
		if first.Header.Get("x-ms-version-id") == "" {
			t.Errorf("answer: %v", first.Header)
		}
		c.must(202, "", "DELETE", "/a", "")
		c.must(409, "InvalidBlobType", "PUT", "/a", "", "x-ms-blob-type: AppendBlob")
		c.put("a", "y")
	})
}

func TestSnapshotsAndLeasesKeepABlob(t *testing.T) {
	for what, code := range map[Meddling]string{Snapshot: "SnapshotsPresent", Lease: "LeaseIdMissing"} {
		inBubble(t, only(PutBlob, Plan{Meddling: what}), func(c *client) {
			etag := c.put("a", "x").Header.Get("ETag")
			time.Sleep(2 * Slot)
			status := map[Meddling]int{Snapshot: http.StatusConflict, Lease: http.StatusPreconditionFailed}[what]
			c.must(status, code, "DELETE", "/a", "", "If-Match: "+etag)
			if what == Lease {
				time.Sleep((LeaseFor + 2) * Slot)
			}
			c.must(202, "", "DELETE", "/a", "", "If-Match: "+etag, "x-ms-delete-snapshots: include")
		})
	}
}

func TestScannersChangeTheETag(t *testing.T) {
	inBubble(t, only(CreateAppend, Plan{Meddling: Scan}), func(c *client) {
		etag := c.must(201, "", "PUT", "/a", "", "x-ms-blob-type: AppendBlob").Header.Get("ETag")
		time.Sleep(2 * Slot)
		c.must(412, "ConditionNotMet", "PUT", "/a?comp=appendblock", "x", "If-Match: "+etag)
		head := c.must(200, "", "HEAD", "/a", "")
		if head.Header.Get("x-ms-meta-scanned") == "" || head.ContentLength != 0 {
			t.Errorf("%v", head.Header)
		}
	})
}

func TestForeignAnswersHaveNothingOfTheServices(t *testing.T) {
	inBubble(t, only(GetBlob, Plan{Fault: RequestLost, Told: Foreign, Status: 404}), func(c *client) {
		c.put("a", "x")
		got, err := c.send(c.t.Context(), "GET", "/a", "")
		if err != nil || got.StatusCode != http.StatusNotFound || got.Header.Get("x-ms-request-id") != "" || !strings.HasPrefix(string(got.body), "<html>") {
			t.Errorf("%v, %v", got.Response, err)
		}
	})
}

func TestRefusalsAndTokensThatCannotBeHad(t *testing.T) {
	inBubble(t, only(GetBlob, Plan{Fault: Refused, Refusal: refusals[0]}), func(c *client) {
		c.put("a", "x")
		c.must(403, "AuthorizationPermissionMismatch", "GET", "/a", "")
	})
	inBubble(t, only(GetBlob, Plan{Fault: NoToken}), func(c *client) {
		_, err := c.send(c.t.Context(), "GET", "/a", "")
		if _, ok := errors.AsType[*noTokenError](err); !ok {
			t.Errorf("%v", err)
		}
	})
}

func TestInspectingProxies(t *testing.T) {
	inBubble(t, only(GetBlob, Plan{NoLength: true, IgnoreRange: true}), func(c *client) {
		c.put("a", "0123")
		got := c.must(200, "", "GET", "/a", "", "x-ms-range: bytes=2-")
		if got.ContentLength != -1 || string(got.body) != "0123" {
			t.Errorf("%d, %q", got.ContentLength, got.body)
		}
	})
}

func TestPagesPassOverWhatWasDeleted(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.service.Account.SoftDelete = true
		for _, name := range []string{"a", "b", "c", "d"} {
			c.put(name, "x")
		}
		c.must(202, "", "DELETE", "/b", "")
		first := string(c.must(200, "", "GET", "?restype=container&comp=list&maxresults=2", "").body)
		if strings.Count(first, "<Blob>") != 1 || !strings.Contains(first, "<NextMarker>") {
			t.Errorf("first page: %s", first)
		}
	})
}
