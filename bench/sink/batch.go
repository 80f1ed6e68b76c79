package sink

import (
	"bufio"
	"bytes"
	"fmt"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
)

// batch answers Blob Batch: a request of the body for each part, in parts.
func (s *Sink) batch(w http.ResponseWriter, r *http.Request, body []byte) {
	_, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		refuse(w, http.StatusBadRequest, "InvalidHeaderValue")
		return
	}
	parts := multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	var answer bytes.Buffer
	for {
		part, err := parts.NextPart()
		if err != nil {
			break // the end: what is damaged goes unanswered
		}
		one, err := http.ReadRequest(bufio.NewReader(part))
		if err != nil {
			break
		}
		result := httptest.NewRecorder()
		s.remove(result, one, strings.SplitN(strings.TrimPrefix(one.URL.Path, "/"), "/", 3)[2])
		fmt.Fprintf(&answer, "--parts\r\nContent-Type: application/http\r\nContent-ID: %s\r\n\r\nHTTP/1.1 %d %s\r\n\r\n\r\n",
			part.Header.Get("Content-ID"), result.Code, http.StatusText(result.Code))
	}
	answer.WriteString("--parts--\r\n")
	w.Header().Set("Content-Type", "multipart/mixed; boundary=parts")
	w.WriteHeader(http.StatusAccepted)
	_, _ = w.Write(answer.Bytes())
}
