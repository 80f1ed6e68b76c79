//go:build unix

package azurite

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts the process into a process group of its own, so that an interrupt typed at
// the terminal reaches only this program, which then stops Azurite when it is done with it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// killGroup ends the process and whatever it started, at once. A process that has ended
// already is no error.
func killGroup(p *os.Process) {
	_ = syscall.Kill(-p.Pid, syscall.SIGKILL)
}
