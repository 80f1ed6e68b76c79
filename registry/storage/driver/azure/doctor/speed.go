package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// pace is how fast the storage was seen to be.
type pace struct {
	put, list, head time.Duration
	up, down        float64 // bytes a second
}

const (
	// firstBlock tells how large one may be that is measured within measuring.
	firstBlock = 256 << 10
	measuring  = 2 * time.Second
)

// measure appends, puts, reads and lists with the settings in force.
func (x *examination) measure(ctx context.Context) Row {
	if err := x.measurePut(ctx); err != nil {
		return x.refused(err)
	}
	block, err := x.measureAppend(ctx)
	if err != nil {
		return x.refused(err)
	}
	return x.judgePace(block)
}

func (x *examination) measurePut(ctx context.Context) (err error) {
	began := time.Now()
	if _, _, err = x.client.Put(ctx, x.name("timed"), sample, service.IfAbsent()); err != nil {
		return err
	}
	x.pace.put = time.Since(began)
	began = time.Now()
	if _, err = x.client.Properties(ctx, x.name("timed")); err != nil {
		return err
	}
	x.pace.head = time.Since(began)
	began = time.Now()
	_, err = x.client.List(x.newScratch(), 0).Page(ctx)
	x.pace.list = time.Since(began)
	return err
}

// measureAppend appends a small block, and one as large as chunksize if that is likely to
// be carried in a moment, and reads both. It returns the larger one's size.
func (x *examination) measureAppend(ctx context.Context) (int, error) {
	name := x.name("appended-fast")
	if _, _, err := x.client.CreateAppend(ctx, name, service.IfAbsent()); err != nil {
		return 0, err
	}
	to, length, written := x.client.Appender(name), firstBlock, 0
	for range 2 {
		block := make([]byte, length)
		_, _ = rand.Read(block) // so that nothing in between can compress it
		began := time.Now()
		if err := to.Append(ctx, int64(written), block, x.settings.RetryBudget); err != nil {
			return 0, err
		}
		x.pace.up = float64(length) / time.Since(began).Seconds()
		written += length
		if next := min(x.settings.ChunkSize, int(x.pace.up*measuring.Seconds())); next > length {
			length = next
		} else {
			break
		}
	}
	began := time.Now()
	content, err := x.read(ctx, name)
	x.pace.down = float64(len(content)) / time.Since(began).Seconds()
	return length, err
}

// judgePace compares what was seen with what the settings expect.
func (x *examination) judgePace(block int) Row {
	s, p := x.settings, x.pace
	found := fmt.Sprintf("append %s/s (blocks of %s), get %s/s; put %s, head %s, list %s", size(p.up), size(float64(block)), size(p.down), brief(p.put), brief(p.head), brief(p.list))
	whole := time.Duration(float64(s.ChunkSize) / p.up * float64(time.Second))
	if needed := 2 * (s.TryTimeout + whole); needed > s.RetryBudget {
		return warning(found, fmt.Sprintf("a block of chunksize takes %s here: two tries do not fit into retry_budget, %s", brief(whole), s.RetryBudget),
			fmt.Sprintf("set retry_budget: %s", (needed+time.Minute).Round(time.Minute)))
	}
	return ok(fmt.Sprintf("%s; a block of chunksize takes %s, of retry_budget %s: leave both", found, brief(whole), s.RetryBudget))
}

func size(bytes float64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%.1f MiB", bytes/(1<<20))
	case bytes >= 1<<10:
		return fmt.Sprintf("%.0f KiB", bytes/(1<<10))
	}
	return fmt.Sprintf("%.0f B", bytes)
}
