package index

// Keep makes the index remember the resolutions of dead letters that it does not hold,
// because retention deleted them or because it is full: those whose ids needed returns,
// and, with letters set, those of all dead letters that are still in the topic.
//
// A job whose process is gone selects and waits for dead letters that the next
// process's index may not hold. Without their resolutions the job would replay
// discarded ones, and never learn of a send:
//
//	a job replays the last dead letter before retention takes it … kill -9 …
//	the worker sends it and says so; the dead letter is deleted
//	the job is resumed: of what the index does not hold, it knows nothing
//
// It is called before the index is used. needed must not call the index.
func (x *Index) Keep(needed func() []string, letters bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.needed, x.keepLetters = needed, letters
}

// needs returns the ids that needed returns. The caller must not hold mu.
func (x *Index) needs() map[id]bool {
	x.mu.RLock()
	needed := x.needed
	x.mu.RUnlock()
	if needed == nil {
		return nil
	}
	ids := make(map[id]bool)
	for _, name := range needed() {
		of, _ := idOf(name)
		ids[of] = true
	}
	return ids
}
