package syntax

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// applyToText makes an edit in a file that isn't Go.
func applyToText(text []byte, e Edit) ([]byte, error) {
	if e.Line == "" {
		return nil, errors.New("not a Go file: name a line")
	}
	changes, err := lineChanges(text, span{0, len(text)}, e)
	if err != nil {
		return nil, err
	}
	return splice(text, changes)
}

// lineChanges changes the line that holds a string, in a part of a text.
func lineChanges(text []byte, part span, e Edit) ([]change, error) {
	var found []span
	at := part.start
	for line := range bytes.Lines(text[part.start:part.end]) {
		if bytes.Contains(line, []byte(e.Line)) {
			found = append(found, span{at, at + len(bytes.TrimSuffix(line, []byte("\n")))})
		}
		at += len(line)
	}
	switch {
	case e.Number > 0 && e.Number <= len(found):
		found = found[e.Number-1 : e.Number]
	case len(found) != 1 || e.Number > 0:
		return nil, fmt.Errorf("%d lines hold %q%s", len(found), e.Line, quote(text, found))
	}
	s := found[0]
	var changes []change
	if e.Before != "" {
		changes = append(changes, change{span{s.start, s.start}, clip(e.Before) + "\n"})
	}
	switch {
	case e.Replace != "":
		old := string(text[s.start:s.end])
		changes = append(changes, change{s, strings.ReplaceAll(clip(e.Replace), it, old)})
	case e.Remove:
		changes = append(changes, change{lines(text, s), ""})
	}
	if e.After != "" {
		changes = append(changes, change{span{s.end, s.end}, "\n" + clip(e.After)})
	}
	return changes, nil
}

func quote(text []byte, found []span) string {
	var b strings.Builder
	for _, s := range found {
		fmt.Fprintf(&b, "\n\t%s", text[s.start:s.end])
	}
	return b.String()
}
