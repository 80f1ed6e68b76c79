package azure

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// onModelAndAccount runs a test on the model and on the account of the environment.
func onModelAndAccount(t *testing.T, test func(*testing.T, *driver)) {
	t.Run("model", func(t *testing.T) {
		test(t, newReplica(t, transporter{blobsim.NewDirect(blobsim.NewService(simContainer))}))
	})
	t.Run("account", func(t *testing.T) {
		d := driverAt(t, account(t))
		t.Cleanup(func() { _ = d.Delete(context.Background(), "/blocks") })
		test(t, d)
	})
}

// Blocks that aren't committed belong to the name: whoever commits takes those of
// the names in his list, whoever stored them.
func TestBlocksOfTwoWritersAreNotMixed(t *testing.T) {
	onModelAndAccount(t, func(t *testing.T, d *driver) {
		ctx, name := t.Context(), d.names.blobName("/blocks/file")
		first, second := d.service.Blocks(name), d.service.Blocks(name)
		for i := range 3 {
			for upload, content := range map[*service.Blocks]string{first: "first", second: "other"} {
				if err := upload.Stage(ctx, fmt.Appendf(nil, "%s %d,", content, i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		etag, err := first.Commit(ctx, service.IfAbsent())
		if err != nil {
			t.Fatal(err)
		}
		const whole = "first 0,first 1,first 2,"
		if got, err := d.GetContent(ctx, "/blocks/file"); err != nil || string(got) != whole {
			t.Errorf("stored is %q, %v", got, err)
		}
		if _, err := second.Commit(ctx, service.IfMatch(etag)); service.Judge(err) != service.Changed {
			t.Errorf("blocks that were dropped were committed: %v", err)
		}
		if got, err := d.GetContent(ctx, "/blocks/file"); err != nil || string(got) != whole {
			t.Errorf("stored is %q, %v", got, err)
		}
	})
}

// Two uploads are moved onto one block blob at the same time, whose type neither can
// change: the bytes of both are stored as blocks of one name.
func TestTwoMovesOntoABlockBlob(t *testing.T) {
	quiet(t)
	contents := [][]byte{bytes.Repeat([]byte("first, "), 20), bytes.Repeat([]byte("another"), 20)}
	for _, fault := range []blobsim.Fault{blobsim.NoFault, blobsim.AnswerLost, blobsim.AppliedLate, blobsim.RequestLost, blobsim.Damaged} {
		for _, struck := range []blobsim.Operation{blobsim.PutBlock, blobsim.PutBlockList} {
			for delay := range 12 {
				synctest.Test(t, func(t *testing.T) {
					model := blobsim.NewService(simContainer)
					network := blobsim.NewNetwork(model, func(r blobsim.Request) (p blobsim.Plan) {
						if r.Operation == struck && r.Caller == "0" && r.Count == 0 {
							p = blobsim.Plan{Fault: fault, Told: blobsim.Reset, Late: 2, At: 30}
						}
						return p
					})
					model.Put(time.Now(), simContainer, "blob/data", blobsim.BlockBlob, []byte("before"))
					for i, content := range contents {
						model.Put(time.Now(), simContainer, fmt.Sprintf("upload/%d", i), blobsim.AppendBlob, content)
					}
					d := newReplica(t, transporter{network})
					var group sync.WaitGroup
					for i := range contents {
						group.Go(func() {
							time.Sleep(time.Duration(i*delay) * blobsim.Slot)
							ctx := blobsim.WithCaller(t.Context(), fmt.Sprint(i))
							if err := d.Move(ctx, fmt.Sprintf("/upload/%d", i), "/blob/data"); err != nil {
								t.Errorf("%s of %s, delay %d: move %d: %v", fault, struck, delay, i, err)
							}
						})
					}
					group.Wait()
					time.Sleep(simQuiet)
					network.Drain()
					got, err := d.GetContent(t.Context(), "/blob/data")
					if err != nil || !slices.ContainsFunc(contents, func(c []byte) bool { return bytes.Equal(c, got) }) {
						t.Errorf("%s of %s, delay %d: %q is stored, %v", fault, struck, delay, got, err)
					}
				})
			}
		}
	}
}

// broken is a stream that breaks off, with an error that tells of the end of
// something else.
type broken struct{ io.Reader }

func (b broken) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if err == io.EOF {
		err = fmt.Errorf("body broke off: %w", io.ErrUnexpectedEOF)
	}
	return n, err
}

func TestStreamThatBreaksOffIsNotItsEnd(t *testing.T) {
	for size := range 9 {
		r := broken{bytes.NewReader([]byte("eight by")[:size])}
		if err := eachBlock(r, 4, func([]byte) error { return nil }); err == nil {
			t.Errorf("after %d bytes it is taken for the end", size)
		}
	}
}
