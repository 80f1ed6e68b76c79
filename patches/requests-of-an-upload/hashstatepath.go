package storage

// hashStatePath is where the state of the digester at an offset is stored.
func (bw *blobWriter) hashStatePath(offset int64) (string, error) {
	return pathFor(uploadHashStatePathSpec{
		offset: offset,
		alg:    bw.digester.Digest().Algorithm(),
		name:   bw.blobStore.repository.Named().String(),
		id:     bw.id,
	})
}
