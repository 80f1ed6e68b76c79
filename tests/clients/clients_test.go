package clients

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// writers are what fills a registry, and how many manifests at least it leaves there. Each
// keeps to repositories below its own name.
var writers = []struct {
	name      string
	fill      func(t *testing.T, r *server)
	manifests int
}{
	{"crane", crane, 8},
	{"regctl", regctl, 9},
	{"oras", oras, 7},
	{"helm", helm, 1},
	{"skopeo", skopeo, 4},
	{"buildah", buildah, 3},
	{"podman", podman, 2},
	{"attestations", attestations, 5},
	{"signatures", signatures, 5},
	{"index-of-indexes", indexOfIndexes, 6},
	{"foreign-layers", foreignLayers, 2},
	{"odd-blobs", oddBlobs, 3},
	{"sha512", sha512Digests, 2},
	{"build-cache", buildCache, 1},
	{"unfinished", unfinished, 1},
}

// allowed lets descriptors name other places.
const allowed = `validation: {manifests: {urls: {allow: ["^https://example\\.com/"]}}}`

func TestWhatClientsMakeIsClean(t *testing.T) {
	for _, writer := range writers {
		t.Run(writer.name, func(t *testing.T) {
			r := start(t, settings{more: allowed})
			writer.fill(t, r)
			r.clean(t, writer.manifests)
			r.run(t, "garbage-collect")
			r.clean(t, writer.manifests)
			r.run(t, "garbage-collect", "--delete-untagged")
			r.clean(t, 1)
			storedTwice(t, r)
		})
	}
}

// TestAllOnAzure is all of them in one registry over Azure's service, or Azurite.
func TestAllOnAzure(t *testing.T) {
	account := os.Getenv("AZURE_STORAGE_ACCOUNT_NAME")
	require.NotEmpty(t, account, "run by withazurite; `make clients` does")
	r := start(t, settings{more: allowed, storage: fmt.Sprintf("azure: {accountname: %q, accountkey: %q, container: %q, serviceurl: %q}",
		account, os.Getenv("AZURE_STORAGE_ACCOUNT_KEY"), os.Getenv("AZURE_STORAGE_CONTAINER"), os.Getenv("AZURE_SERVICE_URL"))})
	manifests := 0
	for _, writer := range writers {
		writer.fill(t, r)
		manifests += writer.manifests
	}
	r.clean(t, manifests)
}

func crane(t *testing.T, r *server) {
	c := tool(t, "crane")
	first, second := r.image("crane/app:1"), r.image("crane/app:2")
	c.run(t, "append", "-f", archive(t, "crane's first"), "-t", first)
	c.run(t, "append", "-b", first, "-f", archive(t, "crane's second"), "-t", second)
	c.run(t, "mutate", second, "--label", "a=b", "-t", r.image("crane/app:labelled"))
	c.run(t, "tag", second, "latest")
	c.run(t, "copy", second, r.image("crane/mounted:2"))
	c.run(t, "index", "append", "-m", first, "-m", second, "-t", r.image("crane/app:index"))
	c.run(t, "push", "--index", onDisk(t, "crane"), r.image("crane/layout:1"))
	c.run(t, "flatten", second, "-t", r.image("crane/app:flat"))
}

func regctl(t *testing.T, r *server) {
	c := tool(t, "regctl")
	c.run(t, "registry", "set", r.address, "--tls", "disabled", "--skip-check")
	layers, empty := r.image("regctl/artifact:1"), r.image("regctl/artifact:empty")
	content := file(t, "content.txt", "regctl's content")
	c.run(t, "artifact", "put", "--artifact-type", "application/vnd.example.a", "-f", content, layers)
	c.run(t, "artifact", "put", "--artifact-type", "application/vnd.example.b", empty)
	c.run(t, "artifact", "put", "--subject", layers, "--artifact-type", "application/vnd.example.c", "-f", content)
	c.run(t, "artifact", "put", "--subject", layers, "--artifact-type", "application/vnd.example.d", "-f", content)
	c.run(t, "index", "create", r.image("regctl/artifact:index"), "--ref", layers, "--ref", empty)
	c.run(t, "image", "copy", "--referrers", "--digest-tags", layers, r.image("regctl/copied:1"))
	c.run(t, "image", "mod", layers, "--create", r.image("regctl/artifact:annotated"), "--annotation", "a=b")
	c.run(t, "tag", "delete", r.image("regctl/artifact:annotated"))
	c.run(t, "image", "copy", "ocidir://"+onDisk(t, "regctl")+":1", r.image("regctl/layout:1"))
}

func oras(t *testing.T, r *server) {
	c := tool(t, "oras")
	subject := r.image("oras/artifact:1")
	push := func(arguments ...string) {
		t.Helper()
		c.run(t, append(arguments, "--plain-http", "--disable-path-validation")...)
	}
	push("push", subject, file(t, "a.txt", "oras's content")+":text/plain", file(t, "b.txt", "other content"))
	push("push", "--artifact-type", "application/vnd.example.a", r.image("oras/artifact:without-layers"))
	push("push", "--image-spec", "v1.0", r.image("oras/artifact:old"), file(t, "c.txt", "for an old client"))
	push("push", r.image("oras/artifact:empty-file"), file(t, "empty.txt", ""))
	push("attach", "--artifact-type", "application/vnd.example.b", subject, file(t, "d.txt", "a referrer"))
	push("attach", "--artifact-type", "application/vnd.example.c", subject, "--annotation", "a=b", file(t, "e.txt", "another"))
	c.run(t, "tag", "--plain-http", subject, "2", "3")
	c.run(t, "manifest", "index", "create", "--plain-http", r.image("oras/artifact:index"), "1", "old")
	c.run(t, "copy", "--from-plain-http", "--to-plain-http", "--recursive", subject, r.image("oras/copied:1"))
}

func helm(t *testing.T, r *server) {
	c := tool(t, "helm")
	folder := t.TempDir()
	c.run(t, "create", folder+"/chart")
	c.run(t, "package", folder+"/chart", "-d", folder)
	chart := folder + "/chart-0.1.0.tgz"
	require.NoError(t, os.WriteFile(chart+".prov", []byte("stands for a signature"), 0o600))
	c.run(t, "push", chart, "oci://"+r.image("helm"), "--plain-http")
	c.run(t, "pull", "oci://"+r.image("helm/chart"), "--version", "0.1.0", "--plain-http", "-d", t.TempDir())
}

func skopeo(t *testing.T, r *server) {
	c := installed(t, "skopeo")
	push := func(title, name string, flags ...string) {
		t.Helper()
		c.run(t, append([]string{"--insecure-policy", "copy", "--dest-tls-verify=false",
			"oci:" + onDisk(t, title) + ":1", "docker://" + r.image(name)}, flags...)...)
	}
	one := []string{"--override-os", "linux", "--override-arch", "amd64"}
	push("skopeo", "skopeo/app:all", "--all")
	push("skopeo", "skopeo/app:one", one...)
	push("skopeo", "skopeo/app:docker", append(one, "--format", "v2s2")...)
	push("in zstd", "skopeo/app:zstd", append(one, "--dest-compress-format", "zstd")...)
	c.run(t, "--insecure-policy", "copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false",
		"docker://"+r.image("skopeo/app:all"), "docker://"+r.image("skopeo/copied:all"))
	c.run(t, "delete", "--tls-verify=false", "docker://"+r.image("skopeo/app:docker"))
}

func buildah(t *testing.T, r *server) {
	c := installed(t, "buildah")
	global := containers(t)
	do := func(arguments ...string) string {
		t.Helper()
		return strings.TrimSpace(c.run(t, append(global, arguments...)...))
	}
	trust := policy(t)
	working := do("from", "--signature-policy", trust, "scratch")
	do("copy", working, file(t, "content.txt", "buildah's content"), "/content.txt")
	for _, format := range []string{"oci", "docker"} {
		do("commit", "--signature-policy", trust, "--format", format, working, "app:"+format)
		do("push", "--signature-policy", trust, "--tls-verify=false", "app:"+format, "docker://"+r.image("buildah/app:"+format))
	}
	do("manifest", "create", "list")
	do("manifest", "add", "list", "app:oci")
	do("manifest", "push", "--signature-policy", trust, "--tls-verify=false", "--all", "list", "docker://"+r.image("buildah/app:list"))
	do("rm", working)
}

func podman(t *testing.T, r *server) {
	c := installed(t, "podman")
	global := append(containers(t), "--cgroup-manager", "cgroupfs", "--events-backend", "none")
	do := func(arguments ...string) {
		t.Helper()
		c.run(t, append(global, arguments...)...)
	}
	trust := policy(t)
	do("import", "--signature-policy", trust, archive(t, "podman's content"), "app:1")
	for _, format := range []string{"oci", "v2s2"} {
		do("push", "--signature-policy", trust, "--tls-verify=false", "--format", format, "app:1", "docker://"+r.image("podman/app:"+format))
	}
}
