package rules

import (
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// imports reports whether a source file imports the package.
func imports(t *testing.T, file, path string) bool {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	require.NoError(t, err)
	for _, spec := range source.Imports {
		if spec.Path.Value == strconv.Quote(path) {
			return true
		}
	}
	return false
}
