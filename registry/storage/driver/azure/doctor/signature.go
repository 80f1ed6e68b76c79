package doctor

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

const (
	// signatureRights are what a registry needs of a shared access signature: read, add,
	// create, write, delete and list (REST: "Create a service SAS", permissions).
	signatureRights = "racwdl"
	endsSoon        = 7 * 24 * time.Hour
)

var rightNames = map[rune]string{'r': "read", 'a': "add", 'c': "create", 'w': "write", 'd': "delete", 'l': "list"}

// checkSignature reads a shared access signature, without its signature.
func (x *examination) checkSignature() Row {
	q, err := url.ParseQuery(x.settings.SAS)
	if err != nil {
		return failed("the shared access signature can't be read", "it is cut off, or was changed by quoting", x.newSignature())
	}
	now := time.Now()
	if begins, known := signatureTime(q.Get("st")); known && begins.After(now) {
		return failed("a shared access signature that begins at "+q.Get("st"), "it is not valid yet, or the clock is wrong", x.newSignature())
	}
	ends, known := signatureTime(q.Get("se"))
	if known && ends.Before(now) {
		return failed("a shared access signature that ended at "+q.Get("se"), "every request is refused since then", x.newSignature())
	}
	switch {
	case q.Get("sr") != "" && q.Get("sr") != "c":
		return failed("a shared access signature for sr="+q.Get("sr"), "it is for less than the container, and what lies beside it can't be reached", x.newSignature())
	case q.Get("ss") != "" && !strings.Contains(q.Get("ss"), "b"):
		return failed("a shared access signature for ss="+q.Get("ss"), "it is not for the Blob service", x.newSignature())
	case q.Get("srt") != "" && (!strings.Contains(q.Get("srt"), "c") || !strings.Contains(q.Get("srt"), "o")):
		return failed("a shared access signature for srt="+q.Get("srt"), "it is not for containers (c) and objects (o)", x.newSignature())
	case q.Get("spr") == "https" && x.host.Scheme == "http":
		return failed("a shared access signature for https only", "serviceurl says http", "set serviceurl: https://"+x.host.Host+x.host.Path)
	}
	if lacks := lacking(q.Get("sp")); q.Get("sp") != "" && lacks != "" {
		return failed("a shared access signature with the rights "+q.Get("sp"), "it lacks "+lacks+": the registry needs "+signatureRights, x.newSignature())
	}
	found := fmt.Sprintf("a shared access signature with the rights %s", orElse(q.Get("sp"), "of its policy"))
	if !known {
		return ok(found + ", which ends when its policy says")
	}
	found += ", until " + ends.UTC().Format(time.RFC3339)
	if ends.Before(now.Add(endsSoon)) {
		return warning(found, "every request is refused from then on: nothing renews a signature", x.newSignature())
	}
	return ok(found)
}

// signatureTime reads a start or an end, which may be a day (REST: "Create a service SAS",
// "Format date/time values").
func signatureTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// lacking names the rights that are not among those granted. Create is part of write
// where blobs are made.
func lacking(granted string) string {
	var names []string
	for _, right := range signatureRights {
		if !strings.ContainsRune(granted, right) {
			names = append(names, fmt.Sprintf("%s (%c)", rightNames[right], right))
		}
	}
	return strings.Join(names, ", ")
}
