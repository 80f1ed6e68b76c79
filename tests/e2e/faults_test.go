package e2e

import (
	"net/http"
	"slices"
	"time"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
)

// operations are what a push and a pull ask of the storage.
var operations = []faultproxy.Op{
	faultproxy.Append, faultproxy.Create, faultproxy.Put, faultproxy.Copy, faultproxy.Delete, faultproxy.Batch,
	faultproxy.Head, faultproxy.Get, faultproxy.List,
}

// halfListing is what is left of a listing that something on the way cut off.
var halfListing = faultproxy.AnswerAfter(faultproxy.Reply{
	Status: http.StatusOK,
	Header: http.Header{"Content-Type": {"application/xml"}},
	Body:   `<?xml version="1.0" encoding="UTF-8"?><EnumerationResults><Blobs><Blob><Name>docker/registry/v2/`,
})

// oneLostPut is a fault that costs one retry.
var oneLostPut = faultproxy.Fault{Op: faultproxy.Put, Kind: faultproxy.ResetAfter}

// kinds are what may happen to a request.
var kinds = append(faultproxy.Transient(),
	faultproxy.StallBefore, faultproxy.StallAfter, faultproxy.FlipResponse, faultproxy.InvalidBlobType, halfListing,
	faultproxy.CopyPending(time.Second), faultproxy.CopyFailed, faultproxy.CopyAborted)

// exclusions are the cells of operations and kinds that say nothing, and why.
var exclusions = []struct {
	kinds  []faultproxy.Kind
	except []faultproxy.Op // the operations that are not excluded
	reason string
}{
	{
		kinds:  []faultproxy.Kind{faultproxy.ResetMidBody},
		except: []faultproxy.Op{faultproxy.Append, faultproxy.Put, faultproxy.Batch},
		reason: "only these requests have a body",
	},
	{
		kinds:  []faultproxy.Kind{faultproxy.FlipRequest},
		except: []faultproxy.Op{faultproxy.Append, faultproxy.Put},
		reason: "only these requests have a body with a checksum",
	},
	{
		kinds:  []faultproxy.Kind{faultproxy.CutResponse},
		except: []faultproxy.Op{faultproxy.Get, faultproxy.List},
		reason: "only these answers have a body worth cutting",
	},
	{
		kinds:  []faultproxy.Kind{halfListing},
		except: []faultproxy.Op{faultproxy.List},
		reason: "a listing's own",
	},
	{
		kinds:  []faultproxy.Kind{faultproxy.FlipResponse},
		except: []faultproxy.Op{faultproxy.Get},
		reason: "only this answer has a body with a checksum",
	},
	{
		kinds:  []faultproxy.Kind{faultproxy.Twice, faultproxy.Late},
		except: []faultproxy.Op{faultproxy.Append, faultproxy.Create, faultproxy.Put, faultproxy.Copy, faultproxy.Delete, faultproxy.Batch},
		reason: "the proxy repeats only these requests, which change something",
	},
	{
		kinds:  []faultproxy.Kind{faultproxy.InvalidBlobType},
		except: []faultproxy.Op{faultproxy.Create, faultproxy.Put, faultproxy.Copy},
		reason: "only these can meet a blob of another type; an append that does has lost its blob to somebody else",
	},
	{
		kinds:  []faultproxy.Kind{faultproxy.CopyPending(time.Second), faultproxy.CopyFailed, faultproxy.CopyAborted},
		except: []faultproxy.Op{faultproxy.Copy},
		reason: "a copy's own",
	},
}

// excluded is why a cell says nothing, or empty.
func excluded(op faultproxy.Op, kind faultproxy.Kind) string {
	for _, e := range exclusions {
		if !slices.Contains(e.except, op) && slices.ContainsFunc(e.kinds, named(kind)) {
			return e.reason
		}
	}
	return ""
}

// named compares kinds, whose functions can't be compared.
func named(kind faultproxy.Kind) func(faultproxy.Kind) bool {
	return func(other faultproxy.Kind) bool { return other.String() == kind.String() }
}
