package azurite

import (
	"os"
	"os/exec"
	"syscall"
)

// ownGroup puts the process into a process group of its own, so that an interrupt typed at
// the terminal reaches only this program, which then stops Azurite when it is done with it.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// killGroup ends the process at once. Azurite starts no others.
func killGroup(p *os.Process) {
	_ = p.Kill()
}
