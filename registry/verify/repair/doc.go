// Package repair mends what package verify finds, over any storage driver.
//
// Nothing is ever lost, and nothing is worse for an interruption. For each file:
//
//  1. The original is copied into a folder of its own under layout.Quarantine,
//     and read back.
//  2. The mended file is written beside it, and read back: it must have the
//     digest that its path promises.
//  3. A record is written there that says what is about to be done.
//  4. If the file is still what the finding saw, the mended file is moved over it.
//     What can't be mended is deleted instead, if that is asked for, so that the
//     next push stores it again. Where the driver is a verify.Conditional, the
//     storage judges that together with the write; elsewhere repair looks once
//     more, and what is pushed between that look and the write may be lost.
//  5. The result is read back, and the record says that it is done.
//
// Until step 4 the registry doesn't see any of it. The name of the folder follows
// from the file and its content, so that a run which takes up the work of one
// that was killed writes over what that one left. A driver whose Move isn't
// atomic may leave the destination missing if it is killed in step 4; the next
// run finds the record, and finishes it from the copy if a finding misses the
// file. What nobody misses was deleted on purpose and isn't brought back.
//
// Where to look:
//
//	repair.go      Run: what is done about each finding; place.go: whether it may be
//	mend.go        mending a blob or link; missing.go: writing one
//	quarantine.go  taking away what can't be mended; litter.go: what nobody needs
//	files.go       copying, reading back, moving into place
//	record.go      records; resume.go: finishing them; undo.go: undoing them
package repair
