package parity

import (
	"fmt"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/internal/faultproxy"
	"github.com/distribution-azure/distribution/v3/tests/registrytest"
)

var appendCases = []reported{
	{name: "an append that times out though it was stored", source: "distribution#3488, REST Append Block", run: lostAppend(faultproxy.OperationTimedOutAfter)},
	{name: "an append whose answer is cut off", source: "distribution#3488", run: lostAppend(faultproxy.ResetAfter)},
	{name: "an append answered 502 by a gateway though it was stored", source: "WALinuxAgent#409", run: lostAppend(faultproxy.BadGatewayAfter)},
	{name: "an append that is stored twice on its way", source: "distribution#3488", run: lostAppend(faultproxy.Twice)},
	{name: "an append cut off half-way", source: "distribution#3488", run: lostAppend(faultproxy.ResetMidBody)},
	{name: "a read-back whose answer ignores Range", source: "adlfs#494", run: ignoredRange},
}

// lostAppend has one append after the other suffer the fault.
func lostAppend(kind faultproxy.Kind) func(*lab) {
	return func(l *lab) {
		r := l.serve(registrytest.Section{"chunksize": 4 * mebibyte})
		for skip := range 3 {
			content := registrytest.Random(fmt.Sprint(l.Name(), skip), 9*mebibyte)
			l.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: kind, Skip: min(skip, 1)})
			require.NoError(l, l.pushLayer(r, "append/app", content, 3))
			l.MustHaveStruck(l.T)
			l.Disarm()
			require.NoError(l, l.pullLayer(r, "append/app", content))
		}
	}
}

func ignoredRange(l *lab) {
	r := l.serve(nil)
	content := registrytest.Random(l.Name(), 6*mebibyte)
	l.Arm(faultproxy.Fault{Op: faultproxy.Append, Kind: faultproxy.OperationTimedOutAfter, Skip: 1})
	l.Arm(faultproxy.Fault{Op: faultproxy.Get, Kind: faultproxy.IgnoreRange, Times: -1})
	require.NoError(l, l.pushLayer(r, "append/range", content, 3))
	l.Disarm()
	require.NoError(l, l.pullLayer(r, "append/range", content))
}
