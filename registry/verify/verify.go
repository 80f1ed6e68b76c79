package verify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// ErrNoRegistry says that there is nothing of a registry in the storage: it is
// another one, or another folder of it, or nothing was ever pushed.
var ErrNoRegistry = errors.New("there is no registry here, or an empty one: check the storage section, rootdirectory above all")

// Run checks the registry in driver and calls emit for each finding, one at a
// time. It only ever reads. An error means that the run could not finish: what
// has been found until then has been handed over. ctx ends the run early.
func Run(ctx context.Context, driver storagedriver.StorageDriver, o Options, emit func(Finding) error) (Summary, error) {
	c := &checker{
		driver: driver, emit: emit,
		unread: make(map[string]Finding), folders: make(map[string]struct{}), reported: make(map[blobID]struct{}),
	}
	c.summary = Summary{Mode: "quick", ByKind: make(map[Kind]int)}
	var err error
	if c.o, err = o.withDefaults(); err != nil {
		return c.summary, err
	}
	if c.o.Full {
		c.summary.Mode = "full"
	}
	if c.s, err = walk(ctx, driver, c.o); err != nil {
		return c.summary, err
	}
	if err := c.reportElsewhere(); err != nil {
		return c.summary, err
	}
	if c.s.files == 0 && len(c.s.unlisted) == 0 {
		return c.summary, ErrNoRegistry
	}
	for _, folder := range slices.Sorted(maps.Keys(c.s.unlisted)) {
		if err := c.couldNotLook(ctx, folder, "", c.s.unlisted[folder]); err != nil {
			return c.summary, err
		}
	}
	c.tally()
	if err = c.run(ctx); err == nil {
		err = c.reportUnread()
	} else {
		err = errors.Join(err, c.reportUnread())
	}
	c.summary.Finished = err == nil
	return c.summary, err
}

func (c *checker) run(ctx context.Context) error {
	if err := c.readManifests(ctx); err != nil {
		return err
	}
	if err := c.found(); err != nil {
		return err
	}
	if err := c.checkLinks(ctx); err != nil {
		return err
	}
	if err := c.checkAliases(ctx); err != nil {
		return err
	}
	if err := c.checkTags(ctx); err != nil {
		return err
	}
	if err := c.checkUploads(ctx); err != nil {
		return err
	}
	c.graph = c.s.newGraph()
	c.checkRevisions()
	disputes := c.checkBlobs()
	c.checkLayerLinks()
	c.checkMembers()
	if !c.o.Full {
		disputes = c.settleBySize(disputes)
	}
	if err := c.settle(ctx); err != nil {
		return err
	}
	return errors.Join(c.hashBlobs(ctx, disputes), c.named())
}

// found returns an error if the run was narrowed to what isn't there: a repository
// whose name was mistyped is not clean.
func (c *checker) found() error {
	for _, pattern := range c.o.Repositories {
		if !slices.ContainsFunc(c.s.repos, Options{Repositories: []string{pattern}}.wantsRepository) {
			return fmt.Errorf("no repository matches %s", pattern)
		}
	}
	return nil
}

// named is the same for a digest that nothing has or names.
func (c *checker) named() error {
	for _, d := range c.o.Digests {
		if _, known := c.s.ids[d]; !known {
			return fmt.Errorf("nothing is stored under %s, and nothing names it", d)
		}
	}
	return nil
}

func (c *checker) tally() {
	c.summary.Repositories = len(c.s.repos)
	c.summary.Foreign = c.s.foreign
	for _, b := range c.s.blobs {
		if b.size >= 0 {
			c.summary.Blobs++
			c.summary.Bytes += b.size
		}
	}
}
