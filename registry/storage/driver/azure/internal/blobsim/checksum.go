package blobsim

import (
	"encoding/binary"
	"hash/crc64"
	"net/http"
)

// azureCRC64 is the polynomial of x-ms-content-crc64, bit-reversed. No page of
// the REST reference names it; the SDKs carry it.
var azureCRC64 = crc64.MakeTable(0x9A6C9329AC4BC9B5)

const (
	headerMD5   = "Content-MD5"
	headerCRC64 = "x-ms-content-crc64"
)

// verifyChecksums compares the body with the checksums that came with it. It
// returns the refusal, or nil.
func verifyChecksums(r *request) *answer {
	givenMD5, givenCRC64 := r.header.Get(headerMD5), r.header.Get(headerCRC64)
	switch {
	case givenMD5 != "" && givenCRC64 != "":
		// The reference gives the status for this and no error code.
		return invalidHeader(headerCRC64)
	case givenMD5 != "" && givenMD5 != encode(md5Of(r.body)):
		return refuse(http.StatusBadRequest, "Md5Mismatch",
			"The MD5 value specified in the request did not match with the MD5 value calculated by the server.")
	case givenCRC64 != "" && givenCRC64 != encode(crc64Of(r.body)):
		return refuse(http.StatusBadRequest, "Crc64Mismatch",
			"The CRC64 value specified in the request did not match with the CRC64 value calculated by the server.")
	}
	return nil
}

// answerChecksum tells the client what arrived: the MD5 if it gave one, else
// the CRC64.
func answerChecksum(r *request, header http.Header) {
	if r.header.Get(headerMD5) != "" {
		header.Set(headerMD5, encode(md5Of(r.body)))
		return
	}
	header.Set(headerCRC64, encode(crc64Of(r.body)))
}

func crc64Of(p []byte) []byte {
	return binary.LittleEndian.AppendUint64(nil, crc64.Checksum(p, azureCRC64))
}
