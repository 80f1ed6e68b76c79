package syntax

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"
)

// Each folder of testdata/edits holds before.txt, edits.yaml, after.txt, and
// what the edits load.
func TestEdits(t *testing.T) {
	cases, err := filepath.Glob("testdata/edits/*.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, cases)
	for _, file := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yaml"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			require.NoError(t, err)
			var c struct {
				Name   string
				Before string
				Edits  []Edit
				Files  map[string]string
				After  string
				Fails  string
			}
			require.NoError(t, yaml.UnmarshalStrict(raw, &c))
			got, err := edit(c.Before, c.Edits, c.Files)
			if c.Fails != "" {
				require.ErrorContains(t, err, c.Fails)
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.After, got)
		})
	}
}

func edit(before string, edits []Edit, files map[string]string) (string, error) {
	text := []byte(before)
	for _, e := range edits {
		if e.File == "" {
			e.File = "a.go"
		}
		var err error
		text, err = Apply(text, e, func(name string) ([]byte, error) {
			if content, ok := files[name]; ok {
				return []byte(content), nil
			}
			return nil, errors.New("no " + name)
		})
		if err != nil {
			return "", err
		}
		if !strings.HasSuffix(e.File, ".go") {
			return string(text), nil
		}
	}
	text, err := Finish("a.go", []byte(before), text)
	return string(text), err
}

func TestTextHasTheDocComment(t *testing.T) {
	source := []byte("package p\n\n// T is one.\ntype T struct{}\n\nfunc (t *T) M() {} // behind\n")
	text, ok, err := Text("a.go", source, "T")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "// T is one.\ntype T struct{}", text)
	for _, name := range []string{"T.M", "(*T).M", "(T).M"} {
		text, ok, err = Text("a.go", source, name)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, "func (t *T) M() {}", text)
	}
	_, ok, err = Text("a.go", source, "M")
	require.NoError(t, err)
	require.False(t, ok)
}
