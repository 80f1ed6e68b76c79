package doctor

import (
	"context"
	"fmt"
	"strings"
)

// registryFolder is where upstream keeps everything.
const registryFolder = "docker/registry/v2/"

// checkData looks for a registry's data under the names that are configured and under those
// of the other style, and below other folders.
func (x *examination) checkData(ctx context.Context) Row {
	own := x.root() + registryFolder
	mine, err := x.look(ctx, own)
	if err != nil {
		return x.refused(err)
	}
	other, err := x.look(ctx, otherStyle(own))
	if err != nil {
		return x.refused(err)
	}
	if text := x.settings.OtherStyle(mine.blobs > 0, other.blobs > 0); text != "" {
		return x.twoStyles(text, mine.blobs > 0)
	}
	if mine.archived > 0 {
		return failed(fmt.Sprintf("%d of the first %d blobs are in the archive tier", mine.archived, mine.blobs), "they can't be read: a lifecycle rule moved them",
			fmt.Sprintf("az storage blob set-tier --tier Hot for them (they lie below %s), and keep lifecycle rules off this container", own))
	}
	if mine.blobs > 0 {
		return ok("a registry, below " + own)
	}
	return x.elsewhere(ctx, own)
}

// twoStyles is the row for data that isn't seen.
func (x *examination) twoStyles(text string, mine bool) Row {
	found, _, _ := strings.Cut(text, ":")
	setting := "legacyrootprefix: true"
	if x.settings.LegacyRootPrefix {
		setting = "legacyrootprefix: false"
	}
	if mine {
		return warning(found, "what is in it can't be pulled, and costs; one of the two is in use",
			"set "+setting+" to use the other one, or delete what is not needed")
	}
	return failed(found, "the registry starts, and looks empty", "set "+setting+" (and remove trimlegacyrootprefix)")
}

// elsewhere looks below the container's top for a registry that rootdirectory misses.
func (x *examination) elsewhere(ctx context.Context, own string) Row {
	const most = 20 // folders to look into
	none := ok("none yet, below " + own)
	if x.settings.LegacyRootPrefix {
		return none // the name of the folder at the top is empty then, and can't be listed
	}
	page, err := x.client.ListDirect("").Page(ctx)
	if err != nil {
		return none // as above, for names that somebody else left
	}
	for i, folder := range page.Prefixes {
		below := folder.Name + "/"
		if folder.Name == "docker" {
			below = ""
		}
		if i >= most || below+registryFolder == own || folder.Name == "" {
			continue
		}
		found, err := x.look(ctx, below+registryFolder)
		if err != nil {
			return x.refused(err)
		}
		if found.blobs > 0 {
			return warning(fmt.Sprintf("none below %s, but a registry below %s%s", own, below, registryFolder), "the registry starts, and looks empty, if that is the one that is meant",
				fmt.Sprintf("set rootdirectory: %q", strings.TrimSuffix(below, "/")))
		}
	}
	return none
}

// holding is what a page of a listing shows.
type holding struct{ blobs, archived int }

func (x *examination) look(ctx context.Context, prefix string) (h holding, err error) {
	page, err := x.client.List(prefix, 0).Page(ctx)
	for _, item := range page.Items {
		if item.Directory {
			continue
		}
		h.blobs++
		if item.Archived {
			h.archived++
		}
	}
	return h, err
}

// otherStyle is the name with a leading slash, or without.
func otherStyle(name string) string {
	if rest, legacy := strings.CutPrefix(name, "/"); legacy {
		return rest
	}
	return "/" + name
}
