package doctor

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/service"
)

// cleaning bounds how long the removal of the scratch takes.
const cleaning = 30 * time.Second

// scratch is what doctor writes: blobs below a prefix that nobody else has.
type scratch struct {
	prefix string
	names  map[string]bool // written, or perhaps written
	above  []string        // folders that weren't there before, deepest first
}

// newScratch gives the prefix. It stands beside the registry's folder docker, in which
// alone a registry looks for repositories and blobs.
func (x *examination) newScratch() string {
	if x.scratch == nil {
		x.scratch = &scratch{prefix: x.root() + "doctor-" + strings.ToLower(rand.Text()) + "/", names: map[string]bool{}}
	}
	return x.scratch.prefix
}

// root is what the names of all of the registry's blobs begin with.
func (x *examination) root() string {
	root := ""
	if x.settings.LegacyRootPrefix {
		root = "/"
	}
	if x.settings.RootDirectory != "" {
		root += x.settings.RootDirectory + "/"
	}
	return root
}

// name is that of a scratch blob, which is to be removed from now on.
func (x *examination) name(short string) string {
	name := x.newScratch() + short
	x.scratch.names[name] = true
	return name
}

// removeScratch removes what was written. It looks at each blob by its name, since listing
// may be a right that is lacking; then a listing shows what a lost answer left.
func (x *examination) removeScratch(ctx context.Context) Row {
	if x.scratch == nil || len(x.scratch.names) == 0 {
		return ok("nothing was written")
	}
	ctx, cancel := context.WithTimeout(ctx, cleaning)
	defer cancel()
	written := len(x.scratch.names)
	var left []string
	for name := range x.scratch.names {
		if err := x.remove(ctx, name); err != nil {
			left = append(left, name)
		}
	}
	for item, err := range x.client.List(strings.TrimSuffix(x.scratch.prefix, "/"), 0).Items(ctx) {
		if err != nil {
			break
		}
		if _, err := x.client.Delete(ctx, item.Victim()); err != nil && !x.scratch.names[item.Name] {
			left = append(left, item.Name)
		}
	}
	x.removeAbove(ctx)
	if len(left) > 0 {
		return failed(fmt.Sprintf("%d blobs below %s could not be removed", len(left), x.scratch.prefix), "the right to delete is lacking, or the service failed",
			fmt.Sprintf("az storage blob delete-batch --account-name %s --source %s --pattern '%s*'", x.accountName(), x.settings.Container, x.scratch.prefix))
	}
	return ok(fmt.Sprintf("%d blobs below %s", written, x.scratch.prefix))
}

// remove deletes a blob that may be there.
func (x *examination) remove(ctx context.Context, name string) error {
	p, err := x.client.Properties(ctx, name)
	if service.Judge(err) == service.Absent {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = x.client.Delete(ctx, p.Victim(name))
	return err
}

// noteAbove notes the folders of rootdirectory that aren't there. Only with a hierarchical
// namespace will they be.
func (x *examination) noteAbove(ctx context.Context) {
	for folder := strings.Trim(x.root(), "/"); folder != ""; {
		if _, err := x.client.Properties(ctx, folder); service.Judge(err) == service.Absent {
			x.scratch.above = append(x.scratch.above, folder)
		}
		up := strings.LastIndexByte(folder, '/')
		folder = folder[:max(up, 0)]
	}
}

// removeAbove removes the folders that came with the scratch, as far as they are empty.
func (x *examination) removeAbove(ctx context.Context) {
	for _, folder := range x.scratch.above {
		p, err := x.client.Properties(ctx, folder)
		if err != nil || !p.Directory {
			continue
		}
		if _, err := x.client.Delete(ctx, p.Victim(folder)); err != nil {
			return // somebody has put something there
		}
	}
}
