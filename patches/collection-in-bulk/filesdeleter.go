package driver

import "context"

// FilesDeleter is implemented by storage drivers which can delete many files at
// less cost than one by one.
type FilesDeleter interface {
	// DeleteFiles deletes the files stored at "paths", however many there are,
	// and the directories that are empty then. Each file is tried; the error at
	// its index is nil if it was deleted, and a PathNotFoundError if there was
	// none.
	DeleteFiles(ctx context.Context, paths []string) []error
}
