package faultproxy

import (
	"net/http"
	"slices"
	"testing"
)

// drawn lists the kinds that n requests for op draw from a lottery.
func drawn(t *testing.T, l *Armed, op Op, n int) []string {
	t.Helper()
	r, err := http.NewRequest(http.MethodPut, "http://localhost/account/c/b", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for range n {
		kind, _ := l.random.draw(op, r)
		names = append(names, kind.String())
	}
	return names
}

func lotteryFor(t *testing.T, rate float64, seed uint64, kinds ...Kind) *Armed {
	t.Helper()
	p, err := Start("http://localhost/account")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p.Random(rate, seed, kinds...)
}

func TestRandomFaultsRepeatWithTheirSeed(t *testing.T) {
	first := drawn(t, lotteryFor(t, 0.5, 42, Transient()...), Append, 100)
	again := drawn(t, lotteryFor(t, 0.5, 42, Transient()...), Append, 100)
	other := drawn(t, lotteryFor(t, 0.5, 43, Transient()...), Append, 100)
	if !slices.Equal(first, again) {
		t.Error("the same seed gave other faults")
	}
	if slices.Equal(first, other) {
		t.Error("another seed gave the same faults")
	}
}

func TestRandomFaultsStrikeTheirShare(t *testing.T) {
	const n = 10_000
	struck := 0
	for _, name := range drawn(t, lotteryFor(t, 0.2, 1, ServerBusyAfter), Append, n) {
		if name != "" {
			struck++
		}
	}
	if struck < n*18/100 || struck > n*22/100 {
		t.Errorf("%d of %d were struck, want a fifth", struck, n)
	}
}

func TestRandomFaultsStrikeOnlyWhatTheyApplyTo(t *testing.T) {
	l := lotteryFor(t, 1, 1, FlipRequest, CutResponse, Twice)
	for op, want := range map[Op]string{Get: "CutResponse", Delete: "Twice", Head: ""} {
		for _, name := range drawn(t, l, op, 100) {
			if name != want {
				t.Errorf("%v was struck by %q, want %q", op, name, want)
			}
		}
	}
}

func TestRandomFaultsThroughTheProxy(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	armed := p.Random(1, 1, ServerBusyBefore, ServerBusyAfter)
	if got := statuses(t, p, Append, Get); !slices.Equal(got, []int{503, 503}) {
		t.Errorf("got %v", got)
	}
	if err := armed.Wait(t.Context()); err != nil || armed.Struck() != 2 {
		t.Errorf("struck %d times, %v", armed.Struck(), err)
	}
	sum := 0
	for _, n := range armed.StruckByKind() {
		sum += n
	}
	if sum != 2 {
		t.Errorf("by kind: %v", armed.StruckByKind())
	}
}
