package inmemory

// release lets other writers in again after a commit.
func (w *writer) release() {
	w.d.mutex.Lock()
	defer w.d.mutex.Unlock()

	if w.f.committer == w {
		w.f.committer = nil
	}
}
