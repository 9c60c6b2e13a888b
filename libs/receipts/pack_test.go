package receipts

import (
	"testing"

	"pgregory.net/rapid"
)

func TestWhatIsPackedIsUnpacked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Message{
			ProviderID: rapid.OneOf(rapid.StringMatching(`[0-9a-f]{0,65}(@mg\.clinic\.example)?`), rapid.String()).Draw(t, "id"),
			Ref:        rapid.String().Draw(t, "ref"),
		}
		if id, ref := unpack(pack(m)); id != m.ProviderID || ref != m.Ref {
			t.Fatalf("%q %q, want %+v", id, ref, m)
		}
	})
}
