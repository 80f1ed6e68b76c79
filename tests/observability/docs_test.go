package observability

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const driverFolder = "../../registry/storage/driver/azure"

// All three both ways: nothing without an explanation, and no explanation of what is gone.

func TestEveryAlertIsExplained(t *testing.T) {
	var alerts []string
	for _, r := range rules(t) {
		if r.Alert != "" {
			alerts = append(alerts, r.Alert)
		}
	}
	requireExplained(t, alerts, "(?m)^### `([^`]+)`$")
}

func TestEveryMetricIsExplained(t *testing.T) {
	requireExplained(t, slices.Collect(maps.Keys(exported(t))), "(?m)^\\| `("+prefix+"[^`]+)` \\|")
}

func TestEveryLogLineIsExplained(t *testing.T) {
	messages := logMessages(t)
	require.Greater(t, len(messages), 10)
	requireExplained(t, messages, "(?m)^\\| `([^`]+)` \\| (?:info|warning|error) \\|")
}

// requireExplained demands that the first groups of the pattern's matches in the documentation are these names.
func requireExplained(t *testing.T, names []string, pattern string) {
	t.Helper()
	var explained []string
	for _, match := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(read(t, docsFile)), -1) {
		explained = append(explained, match[1])
	}
	slices.Sort(explained)
	slices.Sort(names)
	require.Equal(t, names, explained)
}

var levels = []string{"Debug", "Info", "Warn", "Error", "Debugf", "Infof", "Warnf", "Errorf"}

// verb stands for a value in a format; the documentation writes an ellipsis.
var verb = regexp.MustCompile(`%[a-z]`)

// logMessages are the texts of the driver's log lines.
func logMessages(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(driverFolder, "*.go"))
	require.NoError(t, err)
	asked, err := filepath.Glob(filepath.Join(driverFolder, "internal/service/*.go"))
	require.NoError(t, err)
	files = append(files, asked...)
	var messages []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		source, err := parser.ParseFile(token.NewFileSet(), file, content, 0)
		require.NoError(t, err)
		ast.Inspect(source, func(n ast.Node) bool {
			if text, ok := loggedText(n); ok {
				messages = append(messages, verb.ReplaceAllString(text, "…"))
			}
			return true
		})
	}
	return append(messages, styleWarnings(t)...)
}

// styleWarnings are the texts about data under names of another style, which are logged as they are returned.
func styleWarnings(t *testing.T) (texts []string) {
	t.Helper()
	source, err := parser.ParseFile(token.NewFileSet(), filepath.Join(driverFolder, "internal/config/names.go"), nil, 0)
	require.NoError(t, err)
	for _, declared := range source.Decls {
		function, ok := declared.(*ast.FuncDecl)
		if !ok || function.Name.Name != "OtherStyle" {
			continue
		}
		ast.Inspect(function, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING && literal.Value != `""` {
				text, err := strconv.Unquote(literal.Value)
				require.NoError(t, err)
				texts = append(texts, text)
			}
			return true
		})
	}
	require.NotEmpty(t, texts)
	return texts
}

// loggedText is the constant text of a call like entry.Warn("text") or logger(ctx).Errorf("text").
func loggedText(n ast.Node) (string, bool) {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) == 0 {
		return "", false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains(levels, method.Sel.Name) {
		return "", false
	}
	if receiver, ok := method.X.(*ast.Ident); ok && receiver.Name == "fmt" {
		return "", false
	}
	literal, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	text, err := strconv.Unquote(literal.Value)
	return text, err == nil
}
