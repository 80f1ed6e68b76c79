package verify

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v2"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/layout"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
	"github.com/distribution-azure/distribution/v3/registry/verify/verifytest"
)

// cronJob is what the test looks at in an object of the manifests.
type cronJob struct {
	Kind     string
	Metadata struct{ Name string }
	Spec     struct {
		JobTemplate struct {
			Spec struct {
				BackoffLimit *int `yaml:"backoffLimit"`
				Template     struct {
					Spec struct {
						RestartPolicy string `yaml:"restartPolicy"`
						Containers    []struct {
							Command      []string
							VolumeMounts []struct {
								Name      string
								MountPath string `yaml:"mountPath"`
							} `yaml:"volumeMounts"`
						}
						Volumes []struct {
							Name  string
							Claim struct {
								Name string `yaml:"claimName"`
							} `yaml:"persistentVolumeClaim"`
						}
					}
				}
			}
		} `yaml:"jobTemplate"`
	}
}

// TestCronJobRunsAndTells runs the command of each CronJob in deploy/ over a
// damaged registry, with this machine's folders in the place of its volumes.
func TestCronJobRunsAndTells(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"../../deploy/kubernetes/verify.yaml", "../../deploy/helm/verify.yaml"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			command, folders := readCronJob(t, file)
			r, storage := places[0].make(t)
			layer := r.PushBlob("a", verifytest.Noise(1, 9000), verifytest.Block{Size: 3000, Lost: 1})
			r.PushImage("a", "v1", layer)
			pushes := make(chan []byte, 1)
			gateway := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				pushes <- body
			}))
			defer gateway.Close()

			state := t.TempDir()
			config := configuration(t, storage, "127.0.0.1:0")
			var args []string
			for _, arg := range command[1:] {
				flag, value, _ := strings.Cut(arg, "=")
				switch {
				case arg == "/etc/distribution/config.yml":
					require.Contains(t, folders, filepath.Dir(arg))
					arg = config
				case flag == "--checkpoint":
					require.Contains(t, folders, filepath.Dir(value))
					arg = flag + "=" + filepath.Join(state, "checkpoint")
				case flag == "--metrics-push":
					arg = flag + "=" + gateway.URL
				}
				args = append(args, arg)
			}
			o := registry(t, args...)
			require.Equal(t, 1, o.code, o.stdout+o.stderr)
			found, err := report.ReadJSON(strings.NewReader(o.stdout), "")
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Equal(t, layout.BlobPath(layer.Digest), found[0].Path)
			require.Len(t, pushes, 1)
			pushed := <-pushes
			require.Contains(t, string(pushed), "registry_verify_findings")
			require.Contains(t, string(pushed), string(verify.BlobTooLong))
			checkpoint, err := os.ReadFile(filepath.Join(state, "checkpoint"))
			require.NoError(t, err)
			require.Equal(t, 2, strings.Count(string(checkpoint), "\n"), "everything has been read, and the damage is remembered")
		})
	}
}

// readCronJob returns the command, and the folders that it has volumes for.
func readCronJob(t *testing.T, file string) (command, folders []string) {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	claims := make(map[string]bool)
	for document := range bytes.SplitSeq(content, []byte("\n---\n")) {
		var object cronJob
		require.NoError(t, yaml.Unmarshal(document, &object))
		if object.Kind == "PersistentVolumeClaim" {
			claims[object.Metadata.Name] = true
			continue
		}
		require.Equal(t, "CronJob", object.Kind)
		job := object.Spec.JobTemplate.Spec
		require.Zero(t, *job.BackoffLimit)
		require.Equal(t, "Never", job.Template.Spec.RestartPolicy)
		volumes := make(map[string]bool)
		for _, v := range job.Template.Spec.Volumes {
			require.True(t, v.Claim.Name == "" || claims[v.Claim.Name], v.Name)
			volumes[v.Name] = true
		}
		require.Len(t, job.Template.Spec.Containers, 1)
		for _, mount := range job.Template.Spec.Containers[0].VolumeMounts {
			require.True(t, volumes[mount.Name], mount.Name)
			folders = append(folders, mount.MountPath)
		}
		command = job.Template.Spec.Containers[0].Command
	}
	require.Greater(t, len(command), 1)
	return command, folders
}
