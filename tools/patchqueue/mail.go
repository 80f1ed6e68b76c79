package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// noBlob is git's object id for "there is no such file".
const noBlob = "0000000000000000000000000000000000000000"

// mail is one patch in the format of git format-patch, made without git so
// that its bytes depend on nothing but the sources.
type mail struct {
	queue   *queue
	patch   *patch
	number  int // counts from 1
	added   []string
	content map[string][]byte
}

// fileName is the patch's name in patches/: 0003-storage-azure.patch.
func (m *mail) fileName() string {
	return fmt.Sprintf("%04d-%s.patch", m.number, m.patch.Name)
}

// bytes returns the whole mail.
func (m *mail) bytes() ([]byte, error) {
	date, err := m.patch.date()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	m.header(&b, date)
	b.WriteString("---\n")
	for _, name := range m.names() {
		if m.removes(name) {
			fmt.Fprintf(&b, " delete mode 100644 %s\n", name)
		}
		if m.adds(name) {
			fmt.Fprintf(&b, " create mode 100644 %s\n", name)
		}
	}
	b.WriteString("\n")
	for _, name := range m.names() {
		if m.removes(name) {
			deletion(&b, name, m.queue.Replaced[name])
		}
		if m.adds(name) {
			addition(&b, name, m.content[name])
		}
	}
	b.WriteString("-- \ndistribution-azure\n\n")
	return b.Bytes(), nil
}

// header writes the mail's header and the commit message, which ends in the
// DEP-3 fields (https://dep-team.pages.debian.net/deps/dep3/).
func (m *mail) header(b *bytes.Buffer, date time.Time) {
	p := m.patch
	fmt.Fprintf(b, "From %s Mon Sep 17 00:00:00 2001\n", noBlob)
	fmt.Fprintf(b, "From: %s\n", m.queue.Author)
	fmt.Fprintf(b, "Date: %s\n", date.Format("Mon, 2 Jan 2006 15:04:05 -0700"))
	fmt.Fprintf(b, "Subject: [PATCH %d/%d] %s\n", m.number, len(m.queue.Patches), p.Subject)
	b.WriteString("MIME-Version: 1.0\nContent-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\n\n")
	if message := strings.TrimSpace(p.Message); message != "" {
		fmt.Fprintf(b, "%s\n\n", message)
	}
	fmt.Fprintf(b, "Description: %s\n", p.Description)
	for _, bug := range p.Bug {
		fmt.Fprintf(b, "Bug: %s\n", bug)
	}
	fmt.Fprintf(b, "Forwarded: %s\nLast-Update: %s\nDrop-When: %s\n", p.Forwarded, p.LastUpdate, p.DropWhen)
}

// names lists the files the patch touches, in the order git uses.
func (m *mail) names() []string {
	names := slices.Concat(m.patch.Removes, m.added)
	slices.Sort(names)
	return slices.Compact(names)
}

func (m *mail) removes(name string) bool { return slices.Contains(m.patch.Removes, name) }

func (m *mail) adds(name string) bool { return slices.Contains(m.added, name) }

// deletion removes a file by its blob id alone. A textual deletion would
// repeat every line of the file; a binary one needs only the id, and git
// applies it only to exactly that file. The hunk that would undo it, which
// holds the whole file again, may be left out. "HcmV?d00001" is an empty
// file, deflated and in git's base 85.
func deletion(b *bytes.Buffer, name, id string) {
	fmt.Fprintf(b, "diff --git a/%[1]s b/%[1]s\ndeleted file mode 100644\nindex %[2]s..%[3]s\n", name, id, noBlob)
	b.WriteString("GIT binary patch\nliteral 0\nHcmV?d00001\n\n")
}

// addition writes a new file as plain added lines.
func addition(b *bytes.Buffer, name string, content []byte) {
	lines := bytes.Count(content, []byte("\n"))
	fmt.Fprintf(b, "diff --git a/%[1]s b/%[1]s\nnew file mode 100644\nindex %[2]s..%[3]s\n", name, noBlob, objectID("blob", content))
	fmt.Fprintf(b, "--- /dev/null\n+++ b/%s\n", name)
	if lines == 1 {
		b.WriteString("@@ -0,0 +1 @@\n")
	} else {
		fmt.Fprintf(b, "@@ -0,0 +1,%d @@\n", lines)
	}
	for line := range bytes.Lines(content) {
		b.WriteByte('+')
		b.Write(line)
	}
}

// objectID is git's SHA-1 name of an object.
func objectID(kind string, content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "%s %d\x00", kind, len(content))
	h.Write(content)
	return hex.EncodeToString(h.Sum(nil))
}
