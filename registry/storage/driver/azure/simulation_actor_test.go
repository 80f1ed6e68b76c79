package azure

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/history"
)

// actor is a client of the registry. Each of its calls goes to one of the
// replicas and is recorded.
type actor struct {
	*world
	name    string
	random  *rand.Rand
	calls   int
	patient bool // never gives up before the driver does
}

func (w *world) actor(name string, number uint64) *actor {
	return &actor{world: w, name: name, random: rand.New(rand.NewPCG(w.seed, number))}
}

func (a *actor) replica() *driver {
	return a.replicas[a.random.IntN(len(a.replicas))]
}

// context is that of one request to the registry. Some clients hang up.
func (a *actor) context() (context.Context, context.CancelFunc) {
	a.calls++
	ctx := blobsim.WithCaller(context.Background(), fmt.Sprintf("%s.%d", a.name, a.calls))
	if a.patient || a.random.IntN(8) > 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(a.random.IntN(12))*blobsim.Slot+blobsim.Slot/2)
}

// do records one call.
func (a *actor) do(o history.Operation, call func(context.Context, *history.Operation) error) history.Operation {
	ctx, cancel := a.context()
	defer cancel()
	return a.record(ctx, o, func(o *history.Operation) error { return call(ctx, o) })
}

func (a *actor) record(ctx context.Context, o history.Operation, call func(*history.Operation) error) history.Operation {
	o.Client, o.Caller = a.name, blobsim.CallerOf(ctx)
	return a.recorder.Do(o, func(o *history.Operation) {
		err := call(o)
		o.Outcome = history.OK
		o.HungUp = ctx.Err() != nil
		if err == nil {
			return
		}
		o.Outcome, o.Err = history.Failed, err.Error()
		if _, ok := errors.AsType[storagedriver.PathNotFoundError](err); ok {
			o.Outcome = history.NotFound
		}
	})
}

func (a *actor) put(path string, content []byte) bool {
	o := a.do(history.Operation{Kind: history.Put, Path: path, Data: content}, func(ctx context.Context, _ *history.Operation) error {
		return a.replica().PutContent(ctx, path, content)
	})
	return o.Outcome == history.OK
}

func (a *actor) get(path string) {
	a.do(history.Operation{Kind: history.Get, Path: path}, func(ctx context.Context, o *history.Operation) (err error) {
		o.Data, err = a.replica().GetContent(ctx, path)
		return err
	})
}

// read streams a blob, a few bytes at a time.
func (a *actor) read(path string, offset int64) {
	a.do(history.Operation{Kind: history.Get, Path: path, Offset: offset}, func(ctx context.Context, o *history.Operation) error {
		r, err := a.replica().Reader(ctx, path, offset)
		if err != nil {
			return err
		}
		defer r.Close()
		piece := make([]byte, 5)
		for {
			n, err := r.Read(piece)
			o.Data = append(o.Data, piece[:n]...)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
		}
	})
}

func (a *actor) stat(path string) history.Outcome {
	o := a.do(history.Operation{Kind: history.Stat, Path: path}, func(ctx context.Context, o *history.Operation) error {
		info, err := a.replica().Stat(ctx, path)
		if err == nil {
			o.Size, o.Folder = info.Size(), info.IsDir()
		}
		return err
	})
	return o.Outcome
}

func (a *actor) list(path string) {
	a.do(history.Operation{Kind: history.List, Path: path}, func(ctx context.Context, o *history.Operation) (err error) {
		o.Names, err = a.replica().List(ctx, path)
		return err
	})
}

func (a *actor) delete(path string) {
	a.do(history.Operation{Kind: history.Delete, Path: path}, func(ctx context.Context, _ *history.Operation) error {
		return a.replica().Delete(ctx, path)
	})
}

// move moves a blob that holds content.
func (a *actor) move(from, to string, content []byte) bool {
	o := a.do(history.Operation{Kind: history.Move, Path: from, To: to, Data: content}, func(ctx context.Context, _ *history.Operation) error {
		return a.replica().Move(ctx, from, to)
	})
	return o.Outcome == history.OK
}
