package appendlog

import (
	"testing"
	"testing/synctest"
)

// oraclePlans are searched for a schedule that exposes a wrong protocol, the simplest first.
func oraclePlans() []plan {
	var plans []plan
	for faults := range 4 {
		plans = append(plans,
			plan{faults: faults, shape: shape{blocks: threeBlocks, resumed: 1, retries: 2 * faults}, without: []step{refused}},
			plan{faults: faults, shape: shape{blocks: threeBlocks, resumed: 1, retries: 2 * faults, shrinks: true}, without: networkOnly},
			plan{faults: faults, shape: shape{blocks: threeBlocks, resumed: 2, retries: 0}},
			plan{faults: faults, shape: shape{blocks: threeBlocks, resumed: 5, retries: 0}})
	}
	return plans
}

// TestOracleCatchesWrongProtocols shows that the exploration can fail: each of these protocols breaks a promise in some
// schedule.
func TestOracleCatchesWrongProtocols(t *testing.T) {
	for _, f := range []flaw{
		noPosition, takes412ForSuccess, believesSize, comparesFirstByte, believesNoRead, jumpsToSize, sendsWholeBlock,
		ignoresShorter, finishesBlindly, callsItForeign, givesUp, takesDamagedForOK, countsUnsent,
		forgetsLarger, forgetsAttempt,
	} {
		t.Run(string(f), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for _, p := range oraclePlans() {
					schedules, err := explore(t.Context(), wrongProtocol(f), p)
					if err != nil {
						t.Logf("caught with %d faults in schedule %d: %v", p.faults, schedules, err)
						return
					}
				}
				t.Error("nothing that this protocol does was found to be wrong")
			})
		})
	}
}

// TestOraclePassesPlainProtocol shows that the wrong protocols are caught for their flaw: without one the same
// implementation passes.
func TestOraclePassesPlainProtocol(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, p := range oraclePlans() {
			if schedules, err := explore(t.Context(), wrongProtocol(noFlaw), p); err != nil {
				t.Fatalf("schedule %d: %v", schedules, err)
			}
		}
	})
}
