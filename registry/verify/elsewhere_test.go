package verify_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

func TestRegistryUnderTheOtherRootPrefix(t *testing.T) {
	here, there := newRegistry(t), newRegistry(t)
	there.PushImage("a", "v1", there.PushBlob("a", verifytest.Noise(1, 100)))
	there.BeginUpload("a", time.Now())
	o := verify.Options{Elsewhere: verify.Elsewhere{Driver: there.Driver, Setting: "legacyrootprefix: true"}}

	o.Settle = time.Millisecond
	var kinds []verify.Kind
	_, err := verify.Run(t.Context(), here.Driver, o, func(f verify.Finding) error {
		kinds = append(kinds, f.Kind)
		return nil
	})
	require.ErrorIs(t, err, verify.ErrNoRegistry)
	require.Equal(t, []verify.Kind{verify.RootPrefix}, kinds)

	here.PushImage("b", "v1")
	found, summary := run(t, here, o)
	f := requireOne(t, found, layout.Root)
	require.Equal(t, verify.RootPrefix, f.Kind)
	require.Contains(t, f.Detail, "look at it with legacyrootprefix: true")
	require.Equal(t, 1, summary.Findings)

	for p, content := range there.Right { // brought here
		if layout.Parse(p).Kind != layout.Upload {
			require.NoError(t, here.Driver.PutContent(t.Context(), p, content))
		}
	}
	found, _ = run(t, here, o)
	require.Empty(t, found)
}
