package faultproxy

import (
	"fmt"
	"net/http"
)

// What is not the Blob service's: answers of gateways, sign-in pages and inspecting proxies, which have
// none of the service's headers (REST page "Status and error codes": every answer has x-ms-request-id).

// page is what a gateway shows to people.
const page = "<html><head><title>Gateway</title></head><body><h1>Not here</h1></body></html>\r\n"

// signIn is where a foreign 302 leads to. The proxy answers there itself.
const signIn = "/signin"

// Foreign gives an answer of this status that isn't the service's, without forwarding the request: a page
// in HTML, or an empty one.
func Foreign(status int, html bool) Kind {
	return Kind{name: foreignName("Foreign", status, html), toTarget: withhold, toClient: reply(foreignReply(status, html))}
}

// ForeignAfter carries the request out and answers as [Foreign] does.
func ForeignAfter(status int, html bool) Kind {
	return Kind{name: foreignName("ForeignAfter", status, html), toTarget: forward, toClient: reply(foreignReply(status, html))}
}

// ForeignStatuses are those of [Foreigners].
func ForeignStatuses() []int {
	return []int{200, 201, 202, 204, 302, 400, 403, 404, 407, 409, 412, 502}
}

// Foreigners are [Foreign] of every status that was ever seen from something in between, in HTML and empty.
func Foreigners() []Kind {
	var kinds []Kind
	for _, status := range ForeignStatuses() {
		kinds = append(kinds, Foreign(status, false))
		if status != http.StatusNoContent { // which has no body
			kinds = append(kinds, Foreign(status, true))
		}
	}
	return kinds
}

func foreignName(kind string, status int, html bool) string {
	body := "empty"
	if html {
		body = "HTML"
	}
	return fmt.Sprintf("%s(%d %s)", kind, status, body)
}

func foreignReply(status int, html bool) Reply {
	answer := Reply{Status: status, Header: http.Header{"Server": {"gateway"}}}
	if html {
		answer.Header.Set("Content-Type", "text/html")
		answer.Body = page
	}
	switch status {
	case http.StatusFound:
		answer.Header.Set("Location", signIn)
	case http.StatusProxyAuthRequired:
		answer.Header.Set("Proxy-Authenticate", `Basic realm="gateway"`)
	}
	return answer
}

// serveSignIn is the page that a foreign 302 leads to.
func serveSignIn(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html")
	_, _ = w.Write([]byte(page)) // a client that has gone is no matter
}
