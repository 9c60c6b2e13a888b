package domain

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// What is recognised without the expression is what the expression recognises.
func TestAPlainAddressIsInTheGrammar(t *testing.T) {
	grammar := regexp.MustCompile(emailPattern)
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.SliceOfN(rapid.StringMatching(`[a-zB0-9]{0,3}[a-z]|[a-z_-]`), 0, 2).Draw(t, "local")
		labels := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9]{1,3}|[a-z0-9]{2}|-[a-z]|[a-z]-|[a-z]-[a-z]|[a-zé_@]{0,3}|[a-z]{62,64}`), 0, 3).Draw(t, "labels")
		address := strings.Join(local, ".") + rapid.SampledFrom([]string{"@", "@", "@", ""}).Draw(t, "at") + strings.Join(labels, ".")
		if !plainEmail(address) {
			return
		}
		plain++
		if !grammar.MatchString(address) {
			t.Errorf("%q is not in the grammar", address)
		}
	})
	if plain == 0 {
		t.Error("no address was plain")
	}
}
