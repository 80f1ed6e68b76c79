package faultproxy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
)

// statuses sends requests one after the other and returns what came back.
func statuses(t *testing.T, p *Proxy, ops ...Op) []int {
	t.Helper()
	var got []int
	for _, op := range ops {
		a := send(t.Context(), p, op)
		if a.err != nil {
			t.Fatal(a.err)
		}
		got = append(got, a.status)
	}
	return got
}

func TestWhichRequestsAreStruck(t *testing.T) {
	ops := []Op{Append, Delete, Append, Append, Delete, Append}
	for _, test := range []struct {
		name  string
		fault Fault
		want  []int
	}{
		{"the first by default", Fault{Op: Append}, []int{503, 201, 201, 201, 201, 201}},
		{"the first of any operation", Fault{Op: Any}, []int{503, 201, 201, 201, 201, 201}},
		{"skipped ones count by operation", Fault{Op: Append, Skip: 2}, []int{201, 201, 201, 503, 201, 201}},
		{"several in a row", Fault{Op: Append, Skip: 1, Times: 2}, []int{201, 201, 503, 503, 201, 201}},
		{"without end", Fault{Op: Append, Skip: 1, Times: -1}, []int{201, 201, 503, 503, 201, 503}},
		{"only matching names", Fault{Op: Delete, Match: "b"}, []int{201, 503, 201, 201, 201, 201}},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := proxyFor(t, newBackend(t))
			test.fault.Kind = ServerBusyBefore
			armed := p.Arm(test.fault)
			got := statuses(t, p, ops...)
			if !slices.Equal(got, test.want) {
				t.Errorf("%v: got %v, want %v", ops, got, test.want)
			}
			struck := 0
			for _, status := range test.want {
				if status == 503 {
					struck++
				}
			}
			if armed.Struck() != struck {
				t.Errorf("struck %d times, want %d", armed.Struck(), struck)
			}
		})
	}
}

func TestOtherNamesAreLeftAlone(t *testing.T) {
	p, err := Start(newBackend(t).account())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close() //nolint:errcheck // closing is tested elsewhere
	armed := p.Arm(Fault{Op: Delete, Kind: ServerBusyBefore, Match: "c/b", Times: -1})
	if got := statuses(t, p, Delete); got[0] != 201 || armed.Struck() != 0 {
		t.Errorf("a blob of another name was struck: %v", got)
	}
}

func TestFaultsStrikeInTheOrderOfArming(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	p.Arm(Fault{Op: Append, Kind: ServerBusyBefore, Times: 2})
	p.Arm(Fault{Op: Append, Kind: TooManyRequestsBefore})
	got := statuses(t, p, Append, Append, Append, Append)
	if want := []int{503, 503, 429, 201}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestDisarm(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	p.Arm(Fault{Op: Append, Kind: ServerBusyBefore})
	p.Random(1, 1, ServerBusyBefore)
	p.Disarm()
	if got := statuses(t, p, Append); got[0] != 201 {
		t.Errorf("a fault struck after Disarm: %v", got)
	}
}

func TestArmRefusesWhatCanNeverStrike(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	for _, fault := range []Fault{
		{Op: Get},
		{Op: Get, Kind: FlipRequest},
		{Op: Append, Kind: CutResponse},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%v on %v was armed", fault.Kind, fault.Op)
				}
			}()
			p.Arm(fault)
		}()
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	armed := p.Arm(Fault{Op: Append, Kind: ServerBusyBefore})
	p.Disarm()
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("waited long enough")
	cancel(enough)
	if err := armed.Wait(ctx); !errors.Is(err, enough) {
		t.Errorf("got %v", err)
	}
}

// verdict is a test that notes its failures.
type verdict struct {
	testing.TB
	failures []string
}

func (v *verdict) Helper() {}

func (v *verdict) Errorf(format string, args ...any) {
	v.failures = append(v.failures, fmt.Sprintf(format, args...))
}

func TestMustHaveStruck(t *testing.T) {
	p := proxyFor(t, newBackend(t))
	p.Arm(Fault{Op: Append, Kind: ServerBusyBefore})
	p.Arm(Fault{Op: Delete, Kind: ResetAfter, Match: "b"})
	statuses(t, p, Append)

	var v verdict
	p.MustHaveStruck(&v)
	want := []string{`faultproxy: armed, but never struck: ResetAfter on Delete of a blob like "b"`}
	if !slices.Equal(v.failures, want) {
		t.Errorf("failures: %q, want %q", v.failures, want)
	}
	p.Disarm()
}

func TestNothingToSpoilIsNoStrike(t *testing.T) {
	b := newBackend(t)
	b.content = nil
	p := proxyFor(t, b)
	cut := p.Arm(Fault{Op: Get, Kind: CutResponse})
	flip := p.Arm(Fault{Op: Get, Kind: FlipResponse, Skip: 1})
	if got := statuses(t, p, Get, Get); !slices.Equal(got, []int{200, 200}) {
		t.Errorf("got %v", got)
	}
	if cut.Struck() != 0 || flip.Struck() != 0 {
		t.Errorf("an empty body was cut %d times and flipped %d times", cut.Struck(), flip.Struck())
	}
	p.Disarm()
}
