package blobsim

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"time"
)

// batch is Blob Batch, of deletes.
//
// Its oddities are the plan's: parts without their Content-ID (pgbackrest PR 2786), If-Match that isn't met on a
// name with earlier versions although it is right (azure-sdk-for-net#23319).
func (s *Service) batch(at time.Time, r *request) *answer {
	_, parameters, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil {
		return invalidHeader("Content-Type")
	}
	var body bytes.Buffer
	answers := multipart.NewWriter(&body)
	if err := answers.SetBoundary("batchresponse_model"); err != nil {
		return refuse(http.StatusInternalServerError, "InternalError", err.Error())
	}
	for parts := multipart.NewReader(bytes.NewReader(r.body), parameters["boundary"]); ; {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return refuse(http.StatusBadRequest, "InvalidInput", err.Error())
		}
		sub, err := http.ReadRequest(bufio.NewReader(part))
		if err != nil {
			return refuse(http.StatusBadRequest, "InvalidInput", err.Error())
		}
		header := textproto.MIMEHeader{"Content-Type": {"application/http"}}
		if id := part.Header.Get("Content-ID"); id != "" && !r.plan.NoContentIDs {
			header.Set("Content-ID", id)
		}
		answer, err := answers.CreatePart(header)
		if err != nil {
			return refuse(http.StatusInternalServerError, "InternalError", err.Error())
		}
		writePart(answer, s.batched(at, r, sub))
	}
	if err := answers.Close(); err != nil {
		return refuse(http.StatusInternalServerError, "InternalError", err.Error())
	}
	a := succeed(http.StatusAccepted)
	a.header.Set("Content-Type", "multipart/mixed; boundary="+answers.Boundary())
	a.body = body.Bytes()
	return a
}

// batched carries out one part.
func (s *Service) batched(at time.Time, r *request, part *http.Request) *answer {
	sub := &request{op: DeleteBlob, container: r.container, header: canonical(part.Header), plan: r.plan}
	part.URL.Host, _, _ = cutHost(r.container)
	_, sub.name = splitPath(part.URL)
	sub.name = Names(sub.name)
	if s.Account.Versioned && r.plan.At%2 == 0 && sub.header.Get("If-Match") != "" && s.rewritten[sub.container+"/"+sub.name] {
		return conditionNotMet()
	}
	return s.serve(at, sub)
}

func writePart(w io.Writer, a *answer) {
	fmt.Fprintf(w, "HTTP/1.1 %d %s\r\n", a.status, http.StatusText(a.status))
	_ = a.header.Write(w) // to a buffer
	fmt.Fprint(w, "\r\n")
	_, _ = w.Write(a.body)
	fmt.Fprint(w, "\r\n")
}
