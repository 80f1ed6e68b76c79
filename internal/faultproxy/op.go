package faultproxy

import "net/http"

// Op is an operation of the Blob service's REST API, as far as this package tells them apart.
type Op string

// The operations. Any stands for all of them in a [Fault].
const (
	Any    Op = ""
	Append Op = "Append" // Append Block
	Create Op = "Create" // Put Blob of an append blob: empty, replaces what was there
	Put    Op = "Put"    // Put Blob of a block blob
	Copy   Op = "Copy"   // Copy Blob, Put Blob From URL
	Abort  Op = "Abort"  // Abort Copy Blob
	Delete Op = "Delete" // Delete Blob
	Head   Op = "Head"   // Get Blob Properties
	Get    Op = "Get"    // Get Blob
	List   Op = "List"   // List Blobs
	Batch  Op = "Batch"  // Blob Batch: several deletes
	Other  Op = "Other"  // everything else, as the operations on containers

	PutBlock     Op = "PutBlock"     // Put Block
	PutBlockList Op = "PutBlockList" // Put Block List
	Metadata     Op = "Metadata"     // Set Blob Metadata
	Key          Op = "Key"          // Get User Delegation Key
)

// opRules tells the operations apart; the first row that fits decides. comp and restype
// are query parameters, "" for one that must be missing. A header with an empty value
// must be present with any value.
var opRules = []struct {
	op            Op
	method        string
	comp, restype string
	header, value string
}{
	{op: Append, method: http.MethodPut, comp: "appendblock"},
	{op: PutBlock, method: http.MethodPut, comp: "block"},
	{op: PutBlockList, method: http.MethodPut, comp: "blocklist"},
	{op: Metadata, method: http.MethodPut, comp: "metadata"},
	{op: Abort, method: http.MethodPut, comp: "copy"},
	{op: Copy, method: http.MethodPut, header: "x-ms-copy-source"},
	{op: Create, method: http.MethodPut, header: "x-ms-blob-type", value: "AppendBlob"},
	{op: Put, method: http.MethodPut, header: "x-ms-blob-type", value: "BlockBlob"},
	{op: Delete, method: http.MethodDelete},
	{op: Head, method: http.MethodHead},
	{op: Get, method: http.MethodGet},
	{op: List, method: http.MethodGet, comp: "list", restype: "container"},
	{op: Batch, method: http.MethodPost, comp: "batch"},
	{op: Batch, method: http.MethodPost, comp: "batch", restype: "container"},
	{op: Key, method: http.MethodPost, comp: "userdelegationkey", restype: "service"},
}

func opOf(r *http.Request) Op {
	query := r.URL.Query()
	comp, restype := query.Get("comp"), query.Get("restype")
	for _, rule := range opRules {
		if rule.method == r.Method && rule.comp == comp && rule.restype == restype && hasHeader(r, rule.header, rule.value) {
			return rule.op
		}
	}
	return Other
}

func hasHeader(r *http.Request, name, value string) bool {
	if name == "" {
		return true
	}
	got := r.Header.Get(name)
	return got != "" && (value == "" || got == value)
}
