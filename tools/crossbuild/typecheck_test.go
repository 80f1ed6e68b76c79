package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// listed is what go list says of a package.
type listed struct {
	Dir, ImportPath string
	GoFiles         []string
	ImportMap       map[string]string
}

// packagesFor lists the registry's packages on a platform, each behind those
// that it imports.
func packagesFor(t *testing.T, p target) []listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,ImportPath,GoFiles,ImportMap", "./cmd/registry")
	cmd.Env = append(os.Environ(), p.environment()...)
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var packages []listed
	for decoder := json.NewDecoder(output); ; {
		var one listed
		if err := decoder.Decode(&one); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, one)
	}
	require.NoError(t, cmd.Wait())
	return packages
}

// source parses files, each once for all platforms.
type source struct {
	set    *token.FileSet
	parsed map[string]*ast.File
}

func (s source) files(p listed) ([]*ast.File, error) {
	var files []*ast.File
	for _, name := range p.GoFiles {
		name = filepath.Join(p.Dir, name)
		if s.parsed[name] == nil {
			file, err := parser.ParseFile(s.set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			s.parsed[name] = file
		}
		files = append(files, s.parsed[name])
	}
	return files, nil
}

// imports finds the packages that one package imports among those checked.
type imports struct {
	checked map[string]*types.Package
	renamed map[string]string // a package of the standard library's own vendor folder
}

func (i imports) Import(name string) (*types.Package, error) {
	if vendored := i.renamed[name]; vendored != "" {
		name = vendored
	}
	if found := i.checked[name]; found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("%s is not among the registry's packages", name)
}

// TestEveryPlatformTypeChecks finds what can't be compiled for one of the
// platforms of the images, such as a constant that is too large for 32 bits or
// a file that is missing there, in a fraction of the time that seven builds
// take; those are `make cross`. The bodies of others' functions are left out.
func TestEveryPlatformTypeChecks(t *testing.T) {
	t.Chdir("../..")
	platforms, err := bakePlatforms("docker-bake.hcl")
	require.NoError(t, err)
	require.Len(t, platforms, 7)
	all := source{token.NewFileSet(), map[string]*ast.File{}}
	for _, platform := range platforms {
		t.Run(strings.ReplaceAll(platform, "/", "_"), func(t *testing.T) {
			p, err := parsePlatform(platform)
			require.NoError(t, err)
			checked := map[string]*types.Package{"unsafe": types.Unsafe}
			for _, one := range packagesFor(t, p) {
				if one.ImportPath == "unsafe" {
					continue
				}
				files, err := all.files(one)
				require.NoError(t, err)
				config := types.Config{
					Importer:         imports{checked, one.ImportMap},
					Sizes:            types.SizesFor("gc", p.arch),
					IgnoreFuncBodies: !strings.HasPrefix(one.ImportPath, mainPackage+"/"),
				}
				checked[one.ImportPath], err = config.Check(one.ImportPath, all.set, files, nil)
				require.NoError(t, err)
			}
			require.Contains(t, checked, mainPackage+"/registry/storage/driver/azure")
		})
	}
}
