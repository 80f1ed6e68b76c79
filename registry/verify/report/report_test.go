package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"

	"github.com/distribution-azure/distribution/v3/registry/verify"
	"github.com/distribution-azure/distribution/v3/registry/verify/repair"
	"github.com/distribution-azure/distribution/v3/registry/verify/report"
)

func findings() []verify.Finding {
	return []verify.Finding{{
		Kind: verify.LinkWrong, Path: "/docker/registry/v2/repositories/a/_manifests/tags/v1/current/link", Stored: 142, Expected: 71,
		Mend: verify.Mend{Chance: verify.Yes, How: "write it"}, Content: digest.FromString("x"),
		Reach: verify.Reach{Repositories: []string{"a"}, Tags: []string{"a:v1"}},
	}, {
		Kind: verify.BlobTooLong, Path: "/docker/registry/v2/blobs/sha256/00/00/data", Digest: "sha256:00", Stored: 20, Expected: 10,
		Mend:  verify.Mend{Chance: verify.Maybe, How: "try"},
		Reach: verify.Reach{Tags: []string{"a:1", "a:2", "a:3", "a:4"}, Indexes: []digest.Digest{"sha256:11"}},
	}}
}

func summary() verify.Summary {
	return verify.Summary{
		Mode: "full", Repositories: 1, Tags: 4, Manifests: 2, Blobs: 5, Bytes: 3 << 20, Hashed: 3, HashedBytes: 2 << 20,
		Findings: 2, Mendable: 2, ByKind: map[verify.Kind]int{verify.LinkWrong: 1, verify.BlobTooLong: 1}, Finished: true,
	}
}

func TestJSONReportReadsBack(t *testing.T) {
	var b bytes.Buffer
	out := report.NewJSON(&b, "here")
	for _, f := range findings() {
		require.NoError(t, out.Finding(f))
	}
	broken := b.String()
	require.NoError(t, out.Summary(summary()))
	require.Equal(t, 3, strings.Count(b.String(), "\n"))
	read, err := report.ReadJSON(&b, "here")
	require.NoError(t, err)
	require.Equal(t, findings(), read)

	for _, text := range []string{
		"", broken, broken[:50], "[]", `{"type":"other"}`, `{"type":"summary","schema_version":3}`, `{"type":"finding","schema_version":3}`,
	} {
		_, err := report.ReadJSON(strings.NewReader(text), "")
		require.Error(t, err, text)
	}
}

func TestReportOfAnotherRegistryIsRefused(t *testing.T) {
	for _, storage := range []string{"", "here", "there"} {
		var b bytes.Buffer
		require.NoError(t, report.NewJSON(&b, "here").Summary(summary()))
		_, err := report.ReadJSON(&b, storage)
		require.Equal(t, storage == "there", err != nil, "%v", err)
	}
}

func TestTable(t *testing.T) {
	var b bytes.Buffer
	out := report.NewTable(&b)
	for _, f := range findings() {
		require.NoError(t, out.Finding(f))
	}
	require.NoError(t, out.Summary(summary()))
	require.Equal(t, ""+
		"FINDING        WHAT                               SIZE       REACHES                              MENDABLE\n"+
		"blob-too-long  sha256:00                          20 (+10)   a:1 a:2 a:3 and 1 more, 1 index(es)  maybe: try\n"+
		"link-wrong     a/_manifests/tags/v1/current/link  142 (+71)  a:v1                                 yes: write it\n"+
		"\n"+
		"Checked 1 repositories, 4 tags, 2 manifests, 5 blobs of 3MiB; hashed 3 blobs of 2MiB.\n"+
		"Found 2, of which 2 can or may be mended: 1 blob-too-long, 1 link-wrong.\n",
		b.String())
}

func TestTableSaysWhatKeepsARunFromVouching(t *testing.T) {
	for _, c := range []struct {
		summary verify.Summary
		says    string
	}{
		{verify.Summary{Finished: true, Blobs: 1}, "Nothing found."},
		{verify.Summary{Finished: true, Litter: 3}, "3 that are no damage"},
		{verify.Summary{Blobs: 1}, "could not finish"},
		{verify.Summary{}, "could not finish"},
		{verify.Summary{Blobs: 1, Left: 7}, "Left 7 blobs unread"},
	} {
		var b bytes.Buffer
		require.NoError(t, report.NewTable(&b).Summary(c.summary))
		require.Contains(t, b.String(), c.says)
		if !c.summary.Finished {
			require.NotContains(t, b.String(), "Nothing found")
			require.NotContains(t, b.String(), "no registry here")
		}
	}
}

func TestRepairTable(t *testing.T) {
	var b bytes.Buffer
	out := report.NewRepairTable(&b, false)
	for _, r := range []repair.Result{
		{Action: repair.WouldMend, Finding: findings()[0], Detail: "write it"},
		{Action: repair.Left, Finding: findings()[1], Detail: "no", Push: []string{"a:2", "a:1"}},
		{Action: repair.Failed, Finding: findings()[1], Error: "broken", Push: []string{"a:1"}},
	} {
		require.NoError(t, out.Result(r))
	}
	require.NoError(t, out.Summary(repair.Summary{ByAction: map[repair.Action]int{repair.WouldMend: 1, repair.Left: 1, repair.Failed: 1}}))
	require.Contains(t, b.String(), "To be pushed again:\n  a:1\n  a:2\n\n1 failed, 1 left, 1 would-mend.\nThis was a dry run")
	require.Contains(t, b.String(), "broken")
	b.Reset()
	require.NoError(t, report.NewRepairTable(&b, true).Summary(repair.Summary{}))
	require.Equal(t, "Nothing to repair.\n", b.String())
}
