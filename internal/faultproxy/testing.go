package faultproxy

import "testing"

// dumpLines is how much of the log a failing test shows.
const dumpLines = 100

// ForTest starts a proxy for one test. When the test ends, the proxy closes, the test fails
// if an armed fault never struck, and a failed test shows the last requests.
func ForTest(t testing.TB, target string, options ...Option) *Proxy {
	t.Helper()
	p, err := Start(target, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.MustHaveStruck(t)
		if err := p.Close(); err != nil {
			t.Errorf("faultproxy: closing: %v", err)
		}
		if t.Failed() {
			t.Logf("the last requests through the fault proxy:\n%s", p.dump(dumpLines))
		}
	})
	return p
}

// MustHaveStruck fails the test for every fault that is armed and has not struck: such a
// test has not tested what it says.
func (p *Proxy) MustHaveStruck(t testing.TB) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range p.armed {
		if a.struck == 0 {
			t.Errorf("faultproxy: armed, but never struck: %v", a)
		}
	}
}
