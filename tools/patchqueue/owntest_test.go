package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// checkerIn looks at patches of a module that needs nothing.
func checkerIn(t *testing.T, up *upstream) *checker {
	t.Helper()
	up.files["go.mod"] = []byte("module example.org/up\n\ngo 1.26\n")
	s, err := newScratch(t.Context(), "scratch", up.files)
	require.NoError(t, err)
	return &checker{up: up, scratch: s, out: t.Output()}
}

func TestAPatchIsCheckedWithAndWithoutIt(t *testing.T) {
	up := smallQueue(t)
	fork, err := readSeries(forkSeries)
	require.NoError(t, err)
	require.NoError(t, errors.Join(checkerIn(t, up).series(t.Context(), forkSeries, fork, true)...))
}

func TestATestThatProvesNothingIsRefused(t *testing.T) {
	const head = "package lib\n\nimport \"testing\"\n\n"
	for name, c := range map[string]struct{ test, want string }{
		"passes anyway": {head + "func TestGrow(t *testing.T) {}\n", "none of its tests fails without it"},
		"is not built":  {head + "func TestGrow(t *testing.T) { absent() }\n", "can't be built without it"},
		"there is none": {"package lib\n", "it has no test"},
	} {
		t.Run(name, func(t *testing.T) {
			up := smallQueue(t)
			writeFile(t, "patches/grow-more/more_test.go", c.test)
			fork, err := readSeries(forkSeries)
			require.NoError(t, err)
			require.ErrorContains(t, checkerIn(t, up).failsWithout(t.Context(), fork[0], up.files), c.want)
		})
	}
}

func TestAPatchThatNobodyReadsInOneSittingIsRefused(t *testing.T) {
	up := smallQueue(t)
	const many = "package lib\n\nvar (\n"
	writeFile(t, "patches/grow-more/more_test.go", many+strings.Repeat("\t_ = 0\n", 2*reviewable)+")\n")
	fork, err := readSeries(forkSeries)
	require.NoError(t, err)
	c := checkerIn(t, up)
	files := up.files.clone()
	require.NoError(t, fork[0].apply(files, up, nil))
	require.NoError(t, c.scratch.commit(t.Context(), fork[0], files, "tests don't count"))
	require.NoError(t, c.staysReviewable(t.Context()))

	files["lib/many.go"] = files["lib/more_test.go"]
	require.NoError(t, c.scratch.commit(t.Context(), fork[0], files, "code does"))
	require.ErrorContains(t, c.staysReviewable(t.Context()), "it changes 504 lines")
}

func TestTestsThatAPatchRemovesAreNoneOfIts(t *testing.T) {
	before := tree{"lib/old_test.go": []byte("package lib\n\nfunc TestOld() {}\n")}
	after := tree{"lib/new_test.go": []byte("package lib\n\nfunc TestNew() {}\n")}
	tests, folders, err := changedTests(before, after)
	require.NoError(t, err)
	require.Equal(t, []string{"TestNew"}, tests)
	require.Equal(t, []string{"./lib"}, folders)
}
