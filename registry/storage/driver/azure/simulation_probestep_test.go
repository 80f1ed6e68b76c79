package azure

import (
	"math/rand/v2"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

// probeStep is one request, in terms that mean the same to both sides.
type probeStep struct {
	operation blobsim.Operation
	name      string
	from      string // source of a copy
	content   string
	condition string // "", "absent", "current", "stale"
	source    string // the same for the source
	offset    int64  // of a read; of an append, relative to the end
	damaged   bool   // the checksum is that of other bytes
	delimiter bool
	page      int32
}

// randomStep draws a request. No read starts just behind the last byte: Azurite
// answers 206 with no bytes, Azure 416. Azurite's copies of append blobs share their
// blocks with the source: what was copied is not appended to, so appends and
// copies go to blobs of their own.
func randomStep(random *rand.Rand) probeStep {
	pick := func(choices ...string) string { return choices[random.IntN(len(choices))] }
	s := probeStep{
		operation: []blobsim.Operation{
			blobsim.PutBlob, blobsim.CreateAppend, blobsim.AppendBlock, blobsim.AppendBlock, blobsim.GetBlob,
			blobsim.GetProperties, blobsim.DeleteBlob, blobsim.CopyBlob, blobsim.AbortCopy, blobsim.ListBlobs,
			blobsim.SetMetadata,
		}[random.IntN(11)],
		name:      pick("a", "b", "folder/c"),
		from:      pick("put", "folder/put2"),
		content:   pick("", "abcd", "hello", "hello, world"),
		condition: pick("", "", "absent", "current", "stale"),
		source:    pick("", "current", "stale"),
		offset:    random.Int64N(4),
		damaged:   random.IntN(6) == 0,
		delimiter: random.IntN(2) == 0,
		page:      1 + random.Int32N(3),
	}
	if s.operation == blobsim.PutBlob {
		s.name = pick(s.name, s.from)
	}
	if s.operation == blobsim.CopyBlob {
		s.name = pick("a", "b", "copy")
	}
	switch s.operation {
	case blobsim.PutBlob, blobsim.CreateAppend, blobsim.CopyBlob:
	default: // "absent" makes no sense
		s.condition = pick("", "current", "stale")
	}
	return s
}
