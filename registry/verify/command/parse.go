package command

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/opencontainers/go-digest"
)

// parseSize reads a size like 50MiB, in bytes; 0 if there is none.
func parseSize(s string) (int64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := units.RAMInBytes(s)
	if err == nil && n <= 0 {
		err = fmt.Errorf("%q is no size", s)
	}
	return n, err
}

// parsePercent reads a percentage like 5% or 0.5; 0 if there is none.
func parsePercent(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(percent > 0 && percent <= 100) {
		return 0, fmt.Errorf("%q is not more than 0 and at most 100 percent", s)
	}
	return percent, nil
}

// parseSince reads a day, a time, or how long ago; the zero time if there is none.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	ago, err := time.ParseDuration(s)
	if err != nil || ago <= 0 {
		return time.Time{}, fmt.Errorf("%q is neither a day like 2025-01-31, nor a time like 2025-01-31T08:00:00Z, nor a duration like 72h", s)
	}
	return now.Add(-ago), nil
}

func parseDigests(list []string) ([]digest.Digest, error) {
	var digests []digest.Digest
	for _, s := range list {
		d, err := digest.Parse(s)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", s, err)
		}
		digests = append(digests, d)
	}
	return digests, nil
}
