package appendlog

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
)

// FuzzAppend runs uploads of any shape under schedules of any length. The first bytes give the shape, the others are
// what the script chooses; 0 is always the choice without a fault. A failing input is printed with the steps it led
// to, and kept under testdata/fuzz, from where every later run of the tests replays it.
//
// Fuzz with -fuzzminimizetime=20x: virtual time makes coverage differ a little from run to run, and without it the
// fuzzer spends its time on shrinking inputs for coverage that doesn't repeat.
func FuzzAppend(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("an upload of printable choices"))
	for seed := range uint64(300) {
		f.Add(randomChoices(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		synctest.Test(t, func(t *testing.T) {
			choices := &byteChoices{rest: input}
			sh := shape{retries: choices.choose(4), resumed: 1 + choices.choose(6)}
			piece := 1 + choices.choose(6)
			for range 1 + choices.choose(4) {
				sh.blocks = append(sh.blocks, 1+choices.choose(6))
			}
			sh.shrinks = choices.choose(2) == 1
			u := newUpload(rightProtocol(piece), &faultScript{chooser: choices, faults: len(input)}, sh)
			if err := u.run(t.Context()); err != nil {
				t.Fatalf("input %#v: %v\n%s", input, err, u.steps())
			}
		})
	})
}

// randomChoices returns an input of up to 64 bytes, most of which choose that nothing goes wrong.
func randomChoices(seed uint64) []byte {
	r := rand.New(rand.NewPCG(seed, 0))
	input := make([]byte, 8+r.IntN(57))
	for i := range input {
		if i < 8 || r.IntN(3) == 0 {
			input[i] = byte(r.Uint32())
		}
	}
	return input
}

// TestFuzzingFindsWrongProtocols shows that the seeds of FuzzAppend are worth something: they expose wrong protocols.
func TestFuzzingFindsWrongProtocols(t *testing.T) {
	for _, f := range []flaw{noPosition, takes412ForSuccess, believesSize, jumpsToSize, sendsWholeBlock, ignoresShorter} {
		t.Run(string(f), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := firstFailure(t, f); err == nil {
					t.Error("no seed exposes it")
				}
			})
		})
	}
}

func firstFailure(t *testing.T, f flaw) error {
	for seed := range uint64(300) {
		script := &faultScript{chooser: &byteChoices{rest: randomChoices(seed)}, faults: 64}
		u := newUpload(wrongProtocol(f), script, shape{blocks: threeBlocks, resumed: 2, retries: 2})
		if err := u.run(t.Context()); err != nil {
			return fmt.Errorf("seed %d: %w", seed, err)
		}
	}
	return nil
}
