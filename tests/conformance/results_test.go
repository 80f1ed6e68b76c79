package conformance

import (
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
)

// tally counts how often a test passed, failed and was skipped. The suite repeats some for each blob and manifest
// of an image under one name, in no order.
type tally struct{ passed, failed, skipped int }

func (c tally) all() int { return c.passed + c.failed + c.skipped }

// results are the tallies by the name of the test.
type results map[string]tally

// readReport reads a report as JUnit writes it.
func readReport(path string) (results, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var report struct {
		Tests []struct {
			Name   string `xml:"name,attr"`
			Status string `xml:"status,attr"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(report.Tests) == 0 {
		return nil, errors.New(path + " reports no test")
	}
	found := results{}
	for _, test := range report.Tests {
		count := found[test.Name]
		switch test.Status {
		case "passed":
			count.passed++
		case "skipped":
			count.skipped++
		default: // failure, error
			count.failed++
		}
		found[test.Name] = count
	}
	return found, nil
}

// failures are lines as "2 of 3 fail: a test's name", sorted by the name.
func (r results) failures() []string {
	var lines []string
	for _, name := range slices.Sorted(maps.Keys(r)) {
		if count := r[name]; count.failed > 0 {
			lines = append(lines, fmt.Sprintf("%d of %d fail: %s", count.failed, count.all(), name))
		}
	}
	return lines
}

// worseThan are the names of the tests that pass less often or fail more often than in the other, sorted.
func (r results) worseThan(other results) []string {
	var worse []string
	for _, name := range slices.Sorted(maps.Keys(other)) {
		if r[name].passed < other[name].passed || r[name].failed > other[name].failed {
			worse = append(worse, name)
		}
	}
	return worse
}

// String tells how many of the tests passed.
func (r results) String() string {
	var sum tally
	for _, count := range r {
		sum.passed += count.passed
		sum.failed += count.failed
		sum.skipped += count.skipped
	}
	return fmt.Sprintf("%d of %d passed, %d failed, %d skipped", sum.passed, sum.all(), sum.failed, sum.skipped)
}
