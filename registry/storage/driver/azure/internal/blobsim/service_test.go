package blobsim

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	source     = "https://" + testContainer + "/from"
	copySource = "x-ms-copy-source: " + source
)

func TestConditionsOfWrites(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		first := c.put("a", "1", "If-None-Match: *").Header.Get("ETag")
		c.must(409, "BlobAlreadyExists", "PUT", "/a", "2", "x-ms-blob-type: BlockBlob", "If-None-Match: *")
		second := c.put("a", "2", "If-Match: "+first).Header.Get("ETag")
		c.must(412, "ConditionNotMet", "PUT", "/a", "3", "x-ms-blob-type: BlockBlob", "If-Match: "+first)
		c.must(412, "ConditionNotMet", "DELETE", "/a", "", "If-Match: "+first)
		c.must(202, "", "DELETE", "/a", "", "If-Match: "+strings.Trim(second, `"`))
		c.must(404, "BlobNotFound", "DELETE", "/a", "", "If-Match: "+second)
		c.must(412, "ConditionNotMet", "PUT", "/a", "3", "x-ms-blob-type: BlockBlob", "If-Match: "+second)
	})
}

func TestConditionsOfAppends(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.must(404, "BlobNotFound", "PUT", "/a?comp=appendblock", "x")
		c.must(201, "", "PUT", "/a", "", "x-ms-blob-type: AppendBlob", "If-None-Match: *")
		c.must(409, "BlobAlreadyExists", "PUT", "/a", "", "x-ms-blob-type: AppendBlob", "If-None-Match: *")
		r := c.must(201, "", "PUT", "/a?comp=appendblock", "abc", "x-ms-blob-condition-appendpos: 0")
		if r.Header.Get("x-ms-blob-append-offset") != "0" || r.Header.Get("x-ms-blob-committed-block-count") != "1" {
			t.Errorf("answer: %v", r.Header)
		}
		c.must(412, "AppendPositionConditionNotMet", "PUT", "/a?comp=appendblock", "abc", "x-ms-blob-condition-appendpos: 0")
		c.must(412, "MaxBlobSizeConditionNotMet", "PUT", "/a?comp=appendblock", "abc", "x-ms-blob-condition-maxsize: 5")
		c.must(400, "InvalidHeaderValue", "PUT", "/a?comp=appendblock", "")
		c.service.MaxBlocks = 1
		c.must(409, "BlockCountExceedsLimit", "PUT", "/a?comp=appendblock", "d")
		c.service.MaxBlock = 2
		c.must(413, "RequestBodyTooLarge", "PUT", "/a?comp=appendblock", "def")
		if got := c.stored("a"); got != "abc" {
			t.Errorf("stored: %s", got)
		}
	})
}

func TestTypeConflicts(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.must(201, "", "PUT", "/append", "", "x-ms-blob-type: AppendBlob")
		c.must(409, "InvalidBlobType", "PUT", "/append", "x", "x-ms-blob-type: BlockBlob")
		c.put("from", "x")
		c.must(409, "InvalidBlobType", "PUT", "/append", "", copySource)
		c.must(409, "InvalidBlobType", "PUT", "/from?comp=appendblock", "x")
		c.must(409, "InvalidBlobType", "PUT", "/from", "", "x-ms-blob-type: AppendBlob")
	})
}

func TestChecksums(t *testing.T) {
	const (
		md5OfX   = "nd0efyoVBuUJjMcPVoKPBw=="
		crc64OfX = "AAAAAAAAAAA="
	)
	inBubble(t, Calm, func(c *client) {
		c.put("a", "x", "Content-MD5: "+encode(md5Of([]byte("x"))))
		c.must(400, "Md5Mismatch", "PUT", "/a", "y", "x-ms-blob-type: BlockBlob", "Content-MD5: "+md5OfX)
		c.must(400, "Crc64Mismatch", "PUT", "/a", "y", "x-ms-blob-type: BlockBlob", "x-ms-content-crc64: "+crc64OfX)
		c.put("a", "x", "x-ms-content-crc64: "+encode(crc64Of([]byte("x"))))
		r, err := c.send(c.t.Context(), "PUT", "/a", "x", "x-ms-blob-type: BlockBlob",
			"Content-MD5: "+encode(md5Of([]byte("x"))), "x-ms-content-crc64: "+encode(crc64Of([]byte("x"))))
		if err != nil || r.StatusCode != http.StatusBadRequest {
			t.Errorf("both checksums: %v, %v", r.Response, err)
		}
	})
}

func TestRanges(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		etag := c.put("a", "abcdef").Header.Get("ETag")
		r := c.must(200, "", "GET", "/a", "")
		if string(r.body) != "abcdef" || r.Header.Get("Content-MD5") != encode(md5Of([]byte("abcdef"))) {
			t.Errorf("whole: %q, %v", r.body, r.Header)
		}
		r = c.must(206, "", "GET", "/a", "", "x-ms-range: bytes=2-", "If-Match: "+etag)
		if string(r.body) != "cdef" || r.Header.Get("Content-Range") != "bytes 2-5/6" || r.Header.Get("Content-MD5") != "" {
			t.Errorf("from 2: %q, %v", r.body, r.Header)
		}
		if r = c.must(206, "", "GET", "/a", "", "Range: bytes=1-2"); string(r.body) != "bc" {
			t.Errorf("1 to 2: %q", r.body)
		}
		c.must(416, "InvalidRange", "GET", "/a", "", "x-ms-range: bytes=6-")
		c.must(412, "ConditionNotMet", "GET", "/a", "", "If-Match: \"0x1\"")
		c.must(404, "BlobNotFound", "GET", "/b", "")
		c.must(404, "BlobNotFound", "HEAD", "/b", "")
		head := c.must(200, "", "HEAD", "/a", "")
		if len(head.body) != 0 || head.ContentLength != 6 || head.Header.Get("x-ms-blob-type") != "BlockBlob" {
			t.Errorf("head: %q, %v", head.body, head.Header)
		}
	})
}

func TestCopyAtOnce(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.must(404, "BlobNotFound", "PUT", "/to", "", copySource)
		etag := c.put("from", "x").Header.Get("ETag")
		c.must(412, "SourceConditionNotMet", "PUT", "/to", "", copySource, `x-ms-source-if-match: "0x1"`)
		r := c.must(202, "", "PUT", "/to", "", copySource, "x-ms-source-if-match: "+etag, "If-None-Match: *")
		if r.Header.Get("x-ms-copy-status") != "success" {
			t.Errorf("answer: %v", r.Header)
		}
		c.must(409, "BlobAlreadyExists", "PUT", "/to", "", copySource, "If-None-Match: *")
		head := c.must(200, "", "HEAD", "/to", "")
		if head.Header.Get("x-ms-copy-status") != "success" || head.Header.Get("x-ms-copy-source") != source {
			t.Errorf("head: %v", head.Header)
		}
		if got := c.stored("to"); got != "x" {
			t.Errorf("stored: %s", got)
		}
	})
}

func TestPendingCopy(t *testing.T) {
	inBubble(t, only(CopyBlob, Plan{CopyFor: 20}), func(c *client) {
		c.put("from", "x")
		if r := c.must(202, "", "PUT", "/to", "", copySource); r.Header.Get("x-ms-copy-status") != "pending" {
			t.Errorf("answer: %v", r.Header)
		}
		if r := c.must(200, "", "GET", "/to", ""); len(r.body) != 0 || r.Header.Get("x-ms-copy-status") != "pending" {
			t.Errorf("while it is pending: %q, %v", r.body, r.Header)
		}
		c.must(409, "PendingCopyOperation", "PUT", "/to", "", copySource)
		c.must(409, "PendingCopyOperation", "DELETE", "/to", "")
		time.Sleep(30 * Slot)
		if r := c.must(200, "", "GET", "/to", ""); string(r.body) != "x" || r.Header.Get("x-ms-copy-status") != "success" {
			t.Errorf("in the end: %q, %v", r.body, r.Header)
		}
		c.must(409, "NoPendingCopyOperation", "PUT", "/to?comp=copy&copyid=1", "")
	})
}

func TestPendingCopyFails(t *testing.T) {
	for name, spoil := range map[string]func(*client){
		"by itself":             func(*client) {},
		"as its source changes": func(c *client) { c.put("from", "y") },
		"as its source goes":    func(c *client) { c.must(202, "", "DELETE", "/from", "") },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, only(CopyBlob, Plan{CopyFor: 20, CopyFails: name == "by itself"}), func(c *client) {
				c.put("from", "x")
				c.must(202, "", "PUT", "/to", "", copySource)
				spoil(c)
				time.Sleep(30 * Slot)
				r := c.must(200, "", "GET", "/to", "")
				if len(r.body) != 0 || r.Header.Get("x-ms-copy-status") != "failed" {
					t.Errorf("in the end: %q, %v", r.body, r.Header)
				}
			})
		})
	}
}

func TestAbortedCopyLeavesAnEmptyBlob(t *testing.T) {
	inBubble(t, only(CopyBlob, Plan{CopyFor: 20}), func(c *client) {
		c.put("from", "x")
		id := c.must(202, "", "PUT", "/to", "", copySource).Header.Get("x-ms-copy-id")
		c.must(409, "CopyIdMismatch", "PUT", "/to?comp=copy&copyid=other", "", "x-ms-copy-action: abort")
		c.must(204, "", "PUT", "/to?comp=copy&copyid="+id, "", "x-ms-copy-action: abort")
		time.Sleep(30 * Slot)
		r := c.must(200, "", "GET", "/to", "")
		if len(r.body) != 0 || r.Header.Get("x-ms-copy-status") != "aborted" {
			t.Errorf("in the end: %q, %v", r.body, r.Header)
		}
	})
}

func TestAppendToACopyTakesTheCopyStatusAway(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.must(201, "", "PUT", "/from", "", "x-ms-blob-type: AppendBlob")
		c.must(202, "", "PUT", "/to", "", copySource)
		c.must(201, "", "PUT", "/to?comp=appendblock", "x")
		if r := c.must(200, "", "HEAD", "/to", ""); r.Header.Get("x-ms-copy-status") != "" {
			t.Errorf("head: %v", r.Header)
		}
		if got := c.stored("from"); got != "" {
			t.Errorf("source: %q", got)
		}
	})
}

func TestMetadataMakesANewETag(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.must(404, "BlobNotFound", "PUT", "/a?comp=metadata", "")
		first := c.put("a", "x").Header.Get("ETag")
		second := c.must(200, "", "PUT", "/a?comp=metadata", "", "x-ms-meta-k: v", "If-Match: "+first).Header.Get("ETag")
		c.must(412, "ConditionNotMet", "PUT", "/a?comp=metadata", "", "If-Match: "+first)
		r := c.must(200, "", "GET", "/a", "", "If-Match: "+second)
		if string(r.body) != "x" || r.Header.Get("x-ms-meta-k") != "v" || first == second {
			t.Errorf("%q, %v", r.body, r.Header)
		}
	})
}

func TestMissingContainer(t *testing.T) {
	inBubble(t, Calm, func(c *client) {
		c.must(404, "ContainerNotFound", "GET", "other/a", "")
		c.must(409, "ContainerAlreadyExists", "PUT", "?restype=container", "")
	})
}
