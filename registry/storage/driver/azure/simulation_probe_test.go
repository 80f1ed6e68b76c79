package azure

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/appendblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

// probe makes requests to one side.
type probe struct {
	container *container.Client
	prefix    string
	current   map[string]azcore.ETag
	stale     map[string]azcore.ETag
	lengths   map[string]int64
}

func modelContainer(t *testing.T) *container.Client {
	t.Helper()
	options := &container.ClientOptions{}
	options.Transport = transporter{blobsim.NewDirect(blobsim.NewService(simContainer))}
	options.Retry = policy.RetryOptions{MaxRetries: -1}
	client, err := container.NewClientWithNoCredential("https://"+simContainer, options)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// take makes a request and puts the answer into words.
func (p *probe) take(t *testing.T, s probeStep) string {
	t.Helper()
	if p.current == nil {
		p.current, p.stale, p.lengths = map[string]azcore.ETag{}, map[string]azcore.ETag{}, map[string]int64{}
	}
	var said string
	var err error
	switch s.operation {
	case blobsim.GetBlob:
		said, err = p.get(t, s)
	case blobsim.GetProperties:
		said, err = p.head(t, s)
	case blobsim.ListBlobs:
		said, err = p.list(t, s)
	default:
		said, err = p.write(t, s)
	}
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return fmt.Sprintf("%d %s", answer.StatusCode, answer.ErrorCode)
	}
	if err != nil {
		t.Fatalf("%+v: %v", s, err)
	}
	return said
}

func (p *probe) conditions(name, what string) *blob.AccessConditions {
	modified := &blob.ModifiedAccessConditions{}
	switch what {
	case "absent":
		modified.IfNoneMatch = to.Ptr(azcore.ETagAny)
	case "current":
		modified.IfMatch = to.Ptr(p.etag(p.current, name))
	case "stale":
		modified.IfMatch = to.Ptr(p.etag(p.stale, name))
	}
	return &blob.AccessConditions{ModifiedAccessConditions: modified}
}

func (p *probe) etag(of map[string]azcore.ETag, name string) azcore.ETag {
	if etag, ok := of[name]; ok {
		return etag
	}
	return `"0x8D0000000000000"`
}

// wrote keeps the ETag that an answer gave.
func (p *probe) wrote(name string, etag *azcore.ETag) {
	if old, ok := p.current[name]; ok {
		p.stale[name] = old
	}
	p.current[name] = *etag
}

func (p *probe) get(t *testing.T, s probeStep) (string, error) {
	resp, err := p.container.NewBlobClient(p.prefix+s.name).DownloadStream(t.Context(), &blob.DownloadStreamOptions{
		Range: blob.HTTPRange{Offset: s.offset}, AccessConditions: p.conditions(s.name, s.condition),
	})
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	sum := resp.ContentMD5
	if *resp.BlobType == blob.BlobTypeAppendBlob {
		sum = nil // Azurite gives one if the blob is empty
	}
	return fmt.Sprintf("%q %s %s %x", body, *resp.BlobType, value(resp.ContentRange), sum), err
}

func (p *probe) head(t *testing.T, s probeStep) (string, error) {
	resp, err := p.container.NewBlobClient(p.prefix+s.name).GetProperties(t.Context(), &blob.GetPropertiesOptions{
		AccessConditions: p.conditions(s.name, s.condition),
	})
	if err != nil {
		return "", err
	}
	var metadata []string
	for name, content := range resp.Metadata {
		metadata = append(metadata, strings.ToLower(name)+"="+*content)
	}
	return fmt.Sprintf("%d %s copy %q blocks %d %x %q", *resp.ContentLength, *resp.BlobType,
		value(resp.CopyStatus), value(resp.BlobCommittedBlockCount), resp.ContentMD5, metadata), nil
}

func (p *probe) write(t *testing.T, s probeStep) (string, error) {
	name, conditions := p.prefix+s.name, p.conditions(s.name, s.condition)
	body := streaming.NopCloser(strings.NewReader(s.content))
	sum := md5.Sum([]byte(s.content))
	if s.damaged {
		sum[0] ^= 1
	}
	switch s.operation {
	case blobsim.PutBlob:
		resp, err := p.container.NewBlockBlobClient(name).Upload(t.Context(), body, &blockblob.UploadOptions{
			AccessConditions: conditions, TransactionalValidation: blob.TransferValidationTypeMD5(sum[:]),
		})
		if err != nil {
			return "", err
		}
		p.wrote(s.name, resp.ETag)
		return "201 ", nil
	case blobsim.CreateAppend:
		resp, err := p.container.NewAppendBlobClient(name).Create(t.Context(), &appendblob.CreateOptions{AccessConditions: conditions})
		if err != nil {
			return "", err
		}
		p.wrote(s.name, resp.ETag)
		p.lengths[s.name] = 0
		return "201 ", nil
	case blobsim.AppendBlock:
		return p.append(t, s, conditions, sum[:])
	case blobsim.SetMetadata:
		resp, err := p.container.NewBlobClient(name).SetMetadata(t.Context(),
			map[string]*string{"Content": to.Ptr(s.content + ".")}, &blob.SetMetadataOptions{AccessConditions: conditions})
		if err != nil {
			return "", err
		}
		p.wrote(s.name, resp.ETag)
		return "200 ", nil
	case blobsim.DeleteBlob:
		_, err := p.container.NewBlobClient(name).Delete(t.Context(), &blob.DeleteOptions{AccessConditions: conditions})
		return "202 ", err
	case blobsim.CopyBlob:
		resp, err := p.container.NewBlobClient(name).StartCopyFromURL(t.Context(),
			p.container.NewBlobClient(p.prefix+s.from).URL(), &blob.StartCopyFromURLOptions{
				AccessConditions:               conditions,
				SourceModifiedAccessConditions: p.sourceConditions(s),
			})
		if err != nil {
			return "", err
		}
		p.wrote(s.name, resp.ETag)
		return "202 ", nil
	default:
		_, err := p.container.NewBlobClient(name).AbortCopyFromURL(t.Context(), "00000000-0000-0000-0000-000000000000", nil)
		return "204 ", err
	}
}

func (p *probe) append(t *testing.T, s probeStep, conditions *blob.AccessConditions, sum []byte) (string, error) {
	options := &appendblob.AppendBlockOptions{
		AccessConditions: conditions, TransactionalValidation: blob.TransferValidationTypeMD5(sum),
	}
	if s.offset > 0 {
		options.AppendPositionAccessConditions = &appendblob.AppendPositionAccessConditions{
			AppendPosition: to.Ptr(p.lengths[s.name] + s.offset - 1),
		}
	}
	body := streaming.NopCloser(bytes.NewReader([]byte(s.content)))
	resp, err := p.container.NewAppendBlobClient(p.prefix+s.name).AppendBlock(t.Context(), body, options)
	if err != nil {
		return "", err
	}
	p.wrote(s.name, resp.ETag)
	p.lengths[s.name] += int64(len(s.content))
	return fmt.Sprintf("201 at %s, %d blocks", *resp.BlobAppendOffset, *resp.BlobCommittedBlockCount), nil
}

func (p *probe) sourceConditions(s probeStep) *blob.SourceModifiedAccessConditions {
	switch s.source {
	case "current":
		return &blob.SourceModifiedAccessConditions{SourceIfMatch: to.Ptr(p.etag(p.current, s.from))}
	case "stale":
		return &blob.SourceModifiedAccessConditions{SourceIfMatch: to.Ptr(p.etag(p.stale, s.from))}
	}
	return nil
}

// remove deletes a blob if there is one.
func (p *probe) remove(t *testing.T, name string) {
	t.Helper()
	p.take(t, probeStep{operation: blobsim.DeleteBlob, name: name})
	delete(p.current, name)
	delete(p.stale, name)
	delete(p.lengths, name)
}

// clear deletes everything.
func (p *probe) clear(t *testing.T) {
	t.Helper()
	for _, name := range []string{"a", "b", "folder/c", "put", "folder/put2", "copy"} {
		p.remove(t, name)
	}
}

// value is what p points to, or the zero value.
func value[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
