package blobsim

import "net/http"

// Operation is an operation of the REST API, named as in its reference.
type Operation string

// The operations that the model knows.
const (
	PutBlob         Operation = "Put Blob" // of a block blob
	CreateAppend    Operation = "Put Blob (append)"
	AppendBlock     Operation = "Append Block"
	PutBlock        Operation = "Put Block"
	PutBlockList    Operation = "Put Block List"
	GetBlockList    Operation = "Get Block List"
	GetBlob         Operation = "Get Blob"
	GetProperties   Operation = "Get Blob Properties"
	SetMetadata     Operation = "Set Blob Metadata"
	DeleteBlob      Operation = "Delete Blob"
	CopyBlob        Operation = "Copy Blob"
	AbortCopy       Operation = "Abort Copy Blob"
	ListBlobs       Operation = "List Blobs"
	Batch           Operation = "Blob Batch"
	CreateContainer Operation = "Create Container"
	GetContainer    Operation = "Get Container Properties"
	Unknown         Operation = "unknown"
)

// Reads tells whether the operation changes nothing.
func (o Operation) Reads() bool {
	switch o {
	case GetBlob, GetProperties, GetBlockList, ListBlobs, GetContainer:
		return true
	default:
		return false
	}
}

// makes tells whether the operation leaves a blob.
func (o Operation) makes() bool {
	return o == PutBlob || o == PutBlockList || o == CreateAppend || o == AppendBlock || o == CopyBlob
}

// OperationOf tells what a request asks for. It looks at headers without
// regard to the case of their names, as they are compared on the wire.
func OperationOf(r *http.Request) Operation {
	query := r.URL.Query()
	container := query.Get("restype") == "container"
	switch r.Method + " " + query.Get("comp") {
	case "GET list":
		return ListBlobs
	case "GET ", "HEAD ":
		if container {
			return GetContainer
		}
		if r.Method == http.MethodHead {
			return GetProperties
		}
		return GetBlob
	case "GET blocklist":
		return GetBlockList
	case "PUT block":
		return PutBlock
	case "PUT blocklist":
		return PutBlockList
	case "POST batch":
		return Batch
	case "DELETE ":
		return DeleteBlob
	case "PUT appendblock":
		return AppendBlock
	case "PUT metadata":
		if container {
			return Unknown
		}
		return SetMetadata
	case "PUT copy":
		return AbortCopy
	case "PUT ":
		if container {
			return CreateContainer
		}
		return putOf(canonical(r.Header))
	}
	return Unknown
}

func putOf(header http.Header) Operation {
	switch {
	case header.Get("x-ms-copy-source") != "":
		return CopyBlob
	case header.Get("x-ms-blob-type") == string(AppendBlob):
		return CreateAppend
	case header.Get("x-ms-blob-type") == string(BlockBlob):
		return PutBlob
	}
	return Unknown
}

// canonical writes the names of headers as net/http's server would: the SDK
// puts some into the map in lower case.
func canonical(header http.Header) http.Header {
	h := make(http.Header, len(header))
	for name, values := range header {
		h[http.CanonicalHeaderKey(name)] = values
	}
	return h
}
