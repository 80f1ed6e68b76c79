package blobsim

import (
	"encoding/xml"
	"net/http"
	"strings"
)

// refuse is an error answer, in the form of the REST reference's page "Status
// and error codes".
func refuse(status int, code, message string) *answer {
	a := succeed(status)
	a.header.Set("x-ms-error-code", code)
	a.header.Set("Content-Type", "application/xml")
	var body strings.Builder
	body.WriteString(xml.Header + "<Error><Code>")
	_ = xml.EscapeText(&body, []byte(code)) // a strings.Builder never fails
	body.WriteString("</Code><Message>")
	_ = xml.EscapeText(&body, []byte(message))
	body.WriteString("</Message></Error>")
	a.body = []byte(body.String())
	return a
}

func succeed(status int) *answer {
	return &answer{status: status, header: http.Header{}}
}

func blobNotFound() *answer {
	return refuse(http.StatusNotFound, "BlobNotFound", "The specified blob does not exist.")
}

func conditionNotMet() *answer {
	return refuse(http.StatusPreconditionFailed, "ConditionNotMet",
		"The condition specified using HTTP conditional header(s) is not met.")
}

func blobAlreadyExists() *answer {
	return refuse(http.StatusConflict, "BlobAlreadyExists", "The specified blob already exists.")
}

func invalidBlobType() *answer {
	return refuse(http.StatusConflict, "InvalidBlobType", "The blob type is invalid for this operation.")
}

func pendingCopy() *answer {
	return refuse(http.StatusConflict, "PendingCopyOperation", "There is currently a pending copy operation.")
}

func invalidHeader(name string) *answer {
	return refuse(http.StatusBadRequest, "InvalidHeaderValue",
		"The value for one of the HTTP headers is not in the correct format: "+name)
}
