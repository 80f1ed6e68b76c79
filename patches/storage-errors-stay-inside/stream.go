package base

import (
	"context"
	"io"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"
)

// fileReader names the driver in the errors of a reader.
type fileReader struct {
	io.ReadCloser
	base *Base
}

func (fr fileReader) Read(p []byte) (int, error) {
	n, err := fr.ReadCloser.Read(p)
	if err != io.EOF {
		err = fr.base.setDriverName(err)
	}
	return n, err
}

// fileWriter names the driver in the errors of a writer.
type fileWriter struct {
	storagedriver.FileWriter
	base *Base
}

func (fw fileWriter) Write(p []byte) (int, error) {
	n, err := fw.FileWriter.Write(p)
	return n, fw.base.setDriverName(err)
}

func (fw fileWriter) Close() error {
	return fw.base.setDriverName(fw.FileWriter.Close())
}

func (fw fileWriter) Cancel(ctx context.Context) error {
	return fw.base.setDriverName(fw.FileWriter.Cancel(ctx))
}

func (fw fileWriter) Commit(ctx context.Context) error {
	return fw.base.setDriverName(fw.FileWriter.Commit(ctx))
}
