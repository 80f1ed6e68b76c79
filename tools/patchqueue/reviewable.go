package main

import (
	"context"
	"fmt"
	"strings"
)

// reviewable is how many lines a patch may add and take away, tests left out,
// for upstream's reviewers to read it in one sitting.
const reviewable = 250

// staysReviewable fails if the last commit changes more than that.
func (c *checker) staysReviewable(ctx context.Context) error {
	listed, err := c.scratch.git(ctx, "diff", "--numstat", "--no-renames", "HEAD~1", "HEAD")
	if err != nil {
		return err
	}
	changed := 0
	for line := range strings.Lines(listed) {
		var added, removed int
		var name string
		if _, err := fmt.Sscan(line, &added, &removed, &name); err != nil {
			return fmt.Errorf("git's count of changed lines, %q: %w", line, err)
		}
		if !isTest(name) {
			changed += added + removed
		}
	}
	if changed > reviewable {
		return fmt.Errorf("it changes %d lines without tests, more than %d: split it", changed, reviewable)
	}
	return nil
}
