package observability

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

func TestMain(m *testing.M) { registrytest.Main(m) }

// The names of the tracers, as the exporter prints them.
const (
	requestTracer = "github.com/distribution/distribution/v3/registry/storage/driver/azure"
	callTracer    = "github.com/distribution/distribution/v3/registry/storage/driver/base"
)

// span is the part of an exported span that the test looks at.
type span struct {
	Name        string
	SpanContext struct{ TraceID, SpanID string }
	Parent      struct{ SpanID string }

	InstrumentationScope struct{ Name string }
}

// Each request to the Blob service is a span below that of the call which upstream made of the
// driver.
func TestRequestsAreSpansBelowTheDriversCalls(t *testing.T) {
	storage := registrytest.NewStorage(t)
	r := registrytest.Start(t, registrytest.Options{
		Azure: storage.Azure(nil),
		Env:   []string{"OTEL_TRACES_EXPORTER=console", "OTEL_BSP_SCHEDULE_DELAY=100"}, // milliseconds
	})
	image, err := registrytest.Image("traced", registrytest.Layer(registrytest.Random("traced", 9<<20)))
	require.NoError(t, err)
	require.NoError(t, registrytest.Push(t.Context(), r.Address+"/traced:latest", image))
	_, _, err = registrytest.Get(t.Context(), r.URL()+"/v2/traced/manifests/latest")
	require.NoError(t, err)

	var below map[string]bool
	require.Eventually(t, func() bool {
		below = requestsBelowCalls(t, exportedSpans(t, r.Stdout.String()))
		return !slices.ContainsFunc(wanted, func(pair string) bool { return !below[pair] })
	}, time.Minute, 200*time.Millisecond, "spans that a push and a pull make")
	t.Logf("%d pairs of request and call", len(below))
}

// wanted are requests that a push and a pull make, and the calls they are made for.
var wanted = []string{
	"azure: put append blob < Writer",
	"azure: append block < Writer",
	"azure: copy blob < Move",
	"azure: put block blob < PutContent",
	"azure: get blob < GetContent",
	"azure: get blob properties < Stat",
	"azure: delete blob < Move",
}

// requestsBelowCalls are the pairs of a request and the call that it is below. It fails if there
// is a request below anything else. A span ends, and is exported, before the one above it; a writer's
// requests go on when the call that opened it has ended.
func requestsBelowCalls(t *testing.T, spans map[string]span) map[string]bool {
	t.Helper()
	pairs := map[string]bool{}
	for _, s := range spans {
		call, exported := spans[s.Parent.SpanID]
		if s.InstrumentationScope.Name != requestTracer || !exported {
			continue
		}
		require.Equal(t, callTracer, call.InstrumentationScope.Name, "%s is below %s", s.Name, call.Name)
		require.Equal(t, call.SpanContext.TraceID, s.SpanContext.TraceID)
		pairs[s.Name+" < "+call.Name] = true
	}
	return pairs
}

// exportedSpans are the spans in the output by their ids, but for one that is just being written.
func exportedSpans(t *testing.T, output string) map[string]span {
	t.Helper()
	spans := map[string]span{}
	for decoder := json.NewDecoder(bytes.NewBufferString(output)); ; {
		var s span
		err := decoder.Decode(&s)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return spans
		}
		require.NoError(t, err)
		spans[s.SpanContext.SpanID] = s
	}
}
