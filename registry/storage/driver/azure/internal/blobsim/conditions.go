package blobsim

import (
	"net/http"
	"strings"
)

// writeCondition evaluates If-Match and If-None-Match for a write to b, which
// is nil if there is no such blob (REST: "Specifying conditional headers for
// Blob service operations"). It returns the refusal, or nil.
func writeCondition(header http.Header, b *blob) *answer {
	if want := header.Get("If-Match"); want != "" {
		if b == nil || !sameETag(want, b.etag) {
			return conditionNotMet()
		}
	}
	if not := header.Get("If-None-Match"); not != "" && b != nil {
		if not == "*" {
			return blobAlreadyExists()
		}
		if sameETag(not, b.etag) {
			return conditionNotMet()
		}
	}
	return nil
}

// readCondition evaluates the same headers for a read.
func readCondition(header http.Header, b *blob) *answer {
	if want := header.Get("If-Match"); want != "" && !sameETag(want, b.etag) {
		return conditionNotMet()
	}
	if not := header.Get("If-None-Match"); not != "" && sameETag(not, b.etag) {
		return refuse(http.StatusNotModified, "ConditionNotMet",
			"The condition specified using HTTP conditional header(s) is not met.")
	}
	return nil
}

// sameETag compares a condition with an ETag. The service takes an ETag with
// and without quotes, as a listing gives it without.
func sameETag(condition, etag string) bool {
	return condition == "*" || strings.Trim(condition, `"`) == strings.Trim(etag, `"`)
}
