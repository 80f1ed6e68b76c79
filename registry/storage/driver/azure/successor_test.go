package azure

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	storagedriver "github.com/distribution/distribution/v3/registry/storage/driver"

	"github.com/distribution-azure/distribution/v3/registry/storage/driver/azure/internal/blobsim"
)

const (
	replacedFolder = "/replaced"
	replacedPath   = replacedFolder + "/file"
	oldContent     = "old content"
)

// onFiles runs a test on a file that was stored in each way, on the model and on the
// account of the environment.
func onFiles(t *testing.T, test func(*testing.T, *driver)) {
	quiet(t)
	for how, store := range map[string]func(*testing.T, *driver){
		"put":      func(t *testing.T, d *driver) { put(t, d, replacedPath, oldContent) },
		"uploaded": func(t *testing.T, d *driver) { commit(t, begin(t, d, oldContent)) },
	} {
		t.Run(how, func(t *testing.T) {
			onModelAndAccount(t, func(t *testing.T, d *driver) {
				t.Cleanup(func() { _ = d.Delete(context.Background(), replacedFolder) })
				store(t, d)
				test(t, d)
				_ = d.Delete(t.Context(), replacedFolder)
				if left := stored(t, d); len(left) > 0 {
					t.Errorf("deleted, and still stored: %q", left)
				}
			})
		})
	}
}

// begin opens a writer that is to replace the file, and gives it content.
func begin(t *testing.T, d *driver, content string) storagedriver.FileWriter {
	t.Helper()
	w, err := d.Writer(t.Context(), replacedPath, false)
	if err != nil {
		t.Fatal(err)
	}
	give(t, w, content)
	return w
}

func give(t *testing.T, w storagedriver.FileWriter, content string) {
	t.Helper()
	if n, err := w.Write([]byte(content)); err != nil || n != len(content) {
		t.Fatalf("wrote %d bytes, %v", n, err)
	}
}

func commit(t *testing.T, w storagedriver.FileWriter) {
	t.Helper()
	if err := w.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// stored are the names of all blobs in the file's folder.
func stored(t *testing.T, d *driver) (names []string) {
	t.Helper()
	for item, err := range d.service.List(d.names.blobName(replacedFolder), 0).Items(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, item.Name)
	}
	return names
}

// requireFile checks that the file is there, whole, and nothing else, for everybody
// who looks.
func requireFile(t *testing.T, d *driver, content string) {
	t.Helper()
	ctx := t.Context()
	if got, err := d.GetContent(ctx, replacedPath); err != nil || string(got) != content {
		t.Errorf("GetContent: %q, %v", got, err)
	}
	if info, err := d.Stat(ctx, replacedPath); err != nil || info.Size() != int64(len(content)) || info.IsDir() {
		t.Errorf("Stat: %v, %v", info, err)
	}
	if children, err := d.List(ctx, replacedFolder); err != nil || !slices.Equal(children, []string{replacedPath}) {
		t.Errorf("List: %q, %v", children, err)
	}
	var visited []string
	err := d.Walk(ctx, replacedFolder, func(info storagedriver.FileInfo) error {
		visited = append(visited, fmt.Sprint(info.Path(), info.Size()))
		return nil
	})
	if err != nil || !slices.Equal(visited, []string{fmt.Sprint(replacedPath, len(content))}) {
		t.Errorf("Walk: %q, %v", visited, err)
	}
}

func TestReadersSeeTheOldFileUntilCommit(t *testing.T) {
	onFiles(t, func(t *testing.T, d *driver) {
		w := begin(t, d, "new")
		requireFile(t, d, oldContent)
		for range 3 { // more than a block of the model's driver
			give(t, w, " content, longer than before")
			requireFile(t, d, oldContent)
		}
		commit(t, w)
		requireFile(t, d, "new content, longer than before content, longer than before content, longer than before")
		if names := stored(t, d); len(names) != 1 {
			t.Errorf("left over: %q", names)
		}
	})
}

func TestTwoWritersReplaceOneFile(t *testing.T) {
	onFiles(t, func(t *testing.T, d *driver) {
		first, second := begin(t, d, "the first of the two"), begin(t, d, "the second")
		give(t, first, ", whole")
		give(t, second, ", whole as well")
		commit(t, first)
		requireFile(t, d, "the first of the two, whole")
		commit(t, second)
		requireFile(t, d, "the second, whole as well")
		if names := stored(t, d); len(names) != 1 {
			t.Errorf("left over: %q", names)
		}
	})
}

func TestCancelKeepsTheOldFile(t *testing.T) {
	onFiles(t, func(t *testing.T, d *driver) {
		w := begin(t, d, "new content, longer than before")
		if err := w.Cancel(t.Context()); err != nil {
			t.Fatal(err)
		}
		requireFile(t, d, oldContent)
		if names := stored(t, d); len(names) != 1 {
			t.Errorf("left over: %q", names)
		}
	})
}

// A writer that was closed before Commit is gone on with by another, wherever.
func TestReplacingGoesOnAfterClose(t *testing.T) {
	onFiles(t, func(t *testing.T, d *driver) {
		resume := func() storagedriver.FileWriter {
			t.Helper()
			w, err := d.Writer(t.Context(), replacedPath, true)
			if err != nil || w.Size() != int64(len("first part")) {
				t.Fatalf("resumed: %v, %v", w, err)
			}
			return w
		}
		if err := begin(t, d, "first part").Close(); err != nil {
			t.Fatal(err)
		}
		requireFile(t, d, oldContent)
		if err := resume().Close(); err != nil {
			t.Fatal(err)
		}
		w := resume()
		give(t, w, ", second part")
		requireFile(t, d, oldContent)
		commit(t, w)
		requireFile(t, d, "first part, second part")
	})
}

func TestDeleteTakesTheUploadThatReplaces(t *testing.T) {
	for _, path := range []string{replacedPath, replacedFolder} {
		onFiles(t, func(t *testing.T, d *driver) {
			w := begin(t, d, "new")
			if err := d.Delete(t.Context(), path); err != nil {
				t.Fatal(err)
			}
			if names := stored(t, d); len(names) > 0 {
				t.Errorf("left over: %q", names)
			}
			_ = w.Cancel(t.Context())
		})
	}
}

func TestUploadThatReplacesIsNotThereAlone(t *testing.T) {
	onFiles(t, func(t *testing.T, d *driver) {
		ctx := t.Context()
		w := begin(t, d, "new")
		if errs := d.deleteFiles(ctx, []string{replacedPath}); errs[0] != nil {
			t.Fatal(errs)
		}
		for _, path := range []string{replacedPath, replacedFolder} {
			if _, err := d.Stat(ctx, path); !notThere(err) {
				t.Errorf("Stat of %s: %v", path, err)
			}
		}
		if children, err := d.List(ctx, replacedFolder); !notThere(err) {
			t.Errorf("List: %q, %v", children, err)
		}
		commit(t, w)
		requireFile(t, d, "new")
	})
}

// Whatever is lost while a file is replaced, readers see it as it was or as it is to
// be, and never again as it was after that.
func TestReplacingIsAtomicWhateverIsLost(t *testing.T) {
	quiet(t)
	operations := []blobsim.Operation{
		blobsim.CreateAppend, blobsim.AppendBlock, blobsim.CopyBlob, blobsim.PutBlock, blobsim.PutBlockList, blobsim.DeleteBlob,
	}
	for name, account := range kindsToTry() {
		for _, operation := range operations {
			for _, plan := range conditionalPlans() {
				if plan.CopyFor > 0 && operation != blobsim.CopyBlob {
					continue
				}
				for _, kind := range []blobsim.Type{blobsim.BlockBlob, blobsim.AppendBlob} {
					t.Run(fmt.Sprintf("%s/%s/%s/%s/%d/%t/%s", name, operation, plan.Fault, plan.Told, plan.CopyFor, plan.CopyFails, kind), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) { replaceWhileReading(t, newLossy(account, first(operation), plan), kind) })
					})
				}
			}
		}
	}
}

// replaceWhileReading replaces a file, and looks at it before each request for that.
func replaceWhileReading(t *testing.T, l *lossy, kind blobsim.Type) {
	const newContent = "new content of three blocks, and some"
	l.model.Put(time.Now(), simContainer, replacedPath[1:], kind, []byte(oldContent))
	d, reader := l.driver(t).inner(), l.driver(t).inner()
	want := oldContent
	l.each = func() {
		got, err := reader.GetContent(t.Context(), replacedPath)
		if err == nil && string(got) == newContent {
			want = newContent
		}
		if err != nil || string(got) != want {
			t.Errorf("before request %d readers find %q, %v instead of %q", l.sent, got, err, want)
		}
		info, err := reader.Stat(t.Context(), replacedPath)
		if err == nil && info.Size() == int64(len(newContent)) {
			want = newContent
		}
		if err != nil || info.Size() != int64(len(want)) {
			t.Errorf("before request %d: %v, %v", l.sent, info, err)
		}
	}
	ctx := blobsim.WithCaller(t.Context(), "repair")
	w, err := d.Writer(ctx, replacedPath, false)
	if err != nil {
		t.Fatal(err)
	}
	give(t, w, newContent)
	synctest.Wait()
	if err := w.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	requireFile(t, reader, newContent)
	time.Sleep(simQuiet)
	l.Drain()
	requireFile(t, reader, newContent)
}
