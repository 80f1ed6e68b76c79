package verify

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

func kinds(found map[string]verify.Finding) map[string]verify.Kind {
	m := make(map[string]verify.Kind)
	for p, f := range found {
		m[p] = f.Kind
	}
	return m
}

// mendable counts what a scenario broke and repair should mend: not what is lost,
// and not the upload, which is no damage.
func mendable(d verifytest.Damage) int { return len(d.Found) - len(d.Lost) - 1 }

func TestTwoHundredDamagedImages(t *testing.T) {
	everywhere(t, func(t *testing.T, r *verifytest.Registry, storage string) {
		damage := r.PushDamaged(200, 1)
		require.Greater(t, mendable(damage), 150)
		config := configuration(t, storage, "127.0.0.1:0")
		require.Equal(t, damage.Found, kinds(findings(t, config, 1, "--quick")))
		full := findings(t, config, 1, "--full")
		require.Equal(t, damage.Found, kinds(full))
		for p, f := range full {
			chance := verify.Yes
			if damage.Lost[p] || f.Kind == verify.UploadAbandoned {
				chance = verify.No
			}
			require.Equal(t, chance, f.Mend.Chance, "%+v", f)
		}

		for _, result := range results(t, config, 1) {
			require.Contains(t, []repair.Action{repair.WouldMend, repair.Left}, result.Action)
		}

		mended := 0
		for p, result := range results(t, config, 1, "--apply") {
			if damage.Lost[p] || result.Finding.Kind == verify.UploadAbandoned {
				require.Equal(t, repair.Left, result.Action, "%+v", result)
				continue
			}
			require.Equal(t, repair.Mended, result.Action, "%+v", result)
			mended++
		}
		require.Equal(t, mendable(damage), mended)
		require.Len(t, r.Wrong(), len(damage.Lost))

		for p, result := range results(t, config, 1, "--apply", "--quarantine") {
			if damage.Lost[p] {
				require.Equal(t, repair.Quarantined, result.Action)
				require.NotEmpty(t, result.Push)
				r.Replace(p, r.Right[p]) // what the next push stores
			}
		}
		require.Len(t, findings(t, config, 0), 1, "only the upload is left")
	})
}
