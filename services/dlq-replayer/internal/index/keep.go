package index

// Keep names what an index remembers of dead letters that it does not hold, because
// retention took them or because it is full: what became of those whose ids needed
// returns, and, with letters set, of all that the topic still has.
//
// A job whose process is gone selects and waits for dead letters that the next one's
// index need not hold. Without what became of them it would replay what was discarded,
// and never learn of a send:
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

// needs are the ids that needed returns. The caller does not hold mu.
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
