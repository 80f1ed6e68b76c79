package azurite

import (
	"bufio"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// asParent makes this test binary the program that starts a server and is then killed.
const asParent = "AZURITE_TEST_AS_PARENT"

func TestMain(m *testing.M) {
	if os.Getenv(asParent) != "" {
		startAndHang()
	}
	os.Exit(m.Run())
}

func startAndHang() {
	s, err := startShared()
	if err != nil {
		panic(err)
	}
	_, _ = os.Stdout.WriteString(s.URL + "\n")
	_, _ = io.Copy(io.Discard, os.Stdin) // it is killed before, or the test is
	os.Exit(1)
}

// TestServerEndsWithAKilledParent covers what no Cleanup can: a test binary that times
// out or is killed must not leave a server behind.
func TestServerEndsWithAKilledParent(t *testing.T) {
	if err := Install(t.Context()); err != nil {
		t.Fatal(err)
	}
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), asParent+"=1")
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parent.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, readErr := bufio.NewReader(stdout).ReadString('\n')
	killErr := parent.Process.Kill()
	_ = parent.Wait() // it was killed: always an error
	if readErr != nil || killErr != nil {
		t.Fatalf("reading the address: %v; killing: %v", readErr, killErr)
	}

	u, err := url.Parse(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	for t.Context().Err() == nil { // bounded by the test binary's own time-out
		conn, err := net.Dial("tcp", u.Host)
		if err != nil {
			return // nobody listens any more
		}
		_ = conn.Close()
	}
}
