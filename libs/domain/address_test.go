package domain

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The fast path accepts only addresses that the expression accepts.
func TestAPlainAddressIsInTheGrammar(t *testing.T) {
	for _, address := range []string{"mara.lind@patients.example", "a@b.example"} {
		if !plainEmail(address) {
			t.Errorf("%q is not plain, so that nothing is tested", address)
		}
	}
	grammar := regexp.MustCompile(emailPattern)
	rapid.Check(t, func(t *rapid.T) {
		local := rapid.SliceOfN(rapid.StringMatching(`[a-zB0-9]{0,3}[a-z]|[a-z_-]`), 0, 2).Draw(t, "local")
		labels := rapid.SliceOfN(rapid.StringMatching(`[a-z0-9]{1,3}|[a-z0-9]{2}|-[a-z]|[a-z]-|[a-z]-[a-z]|[a-zé_@]{0,3}|[a-z]{62,64}`), 0, 3).Draw(t, "labels")
		address := strings.Join(local, ".") + rapid.SampledFrom([]string{"@", "@", "@", ""}).Draw(t, "at") + strings.Join(labels, ".")
		if plainEmail(address) && !grammar.MatchString(address) {
			t.Errorf("%q is not in the grammar", address)
		}
	})
}
