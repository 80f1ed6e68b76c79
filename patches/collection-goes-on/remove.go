package storage

import "github.com/distribution/distribution/v3/registry/storage/driver"

// remove deletes what is stored at and below a path. It is no error if there is
// nothing: an earlier collection may have come that far.
func (v Vacuum) remove(path string) error {
	err := v.driver.Delete(v.ctx, path)
	if _, ok := err.(driver.PathNotFoundError); ok {
		return nil
	}
	return err
}
