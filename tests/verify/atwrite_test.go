package verify

import (
	"fmt"
	"os/exec"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kill says at which write request of a process it is killed, counted from 1 on;
// at 0 it isn't, and the requests are counted.
type kill struct {
	at       int
	answered bool // after the request was carried out, not before
	writes   int  // that there were
}

// atEveryWrite runs a test without a kill, which tells how many write requests there
// are, and then with one at each of them. There must be more than least.
func atEveryWrite(t *testing.T, least int, test func(t *testing.T, k *kill)) {
	var whole kill
	test(t, &whole)
	require.Greater(t, whole.writes, least, "write requests")
	for at := range whole.writes {
		for _, answered := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d of %d, answered %t", at+1, whole.writes, answered), func(t *testing.T) {
				t.Parallel()
				test(t, &kill{at: at + 1, answered: answered})
			})
		}
	}
}

// run runs a command, and kills it. That it isn't killed fails the test.
func (k *kill) run(t *testing.T, p *proxy, cmd *exec.Cmd) {
	t.Helper()
	var hit atomic.Bool
	started := make(chan struct{}) // closed once there is a process to kill
	before := p.written()
	if k.at > 0 {
		p.watch(func(request int, after bool) bool {
			request -= before
			if request == k.at && after == k.answered {
				hit.Store(true) // before the process can be seen to have ended
				<-started
				assert.NoError(t, cmd.Process.Kill())
			}
			return request < k.at || request == k.at && !after && k.answered
		})
	}
	require.NoError(t, cmd.Start())
	close(started)
	_ = cmd.Wait() // killed, or done
	p.watch(nil)
	k.writes = p.written() - before
	require.Equal(t, k.at > 0, hit.Load(), "killed")
}
