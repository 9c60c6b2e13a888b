package configtest

import (
	"strings"

	"pgregory.net/rapid"
)

// edges are values at the edge of what settings of all kinds accept.
func edges() []string {
	return []string{
		" ", "0", "-1", "1", "10", "90", "1m", "1m0.5s", "62m", "24h", "25h", "168h", "169h", "8760h", "0.01", "300", "301", "100000",
		"mg.clinic.example", "MG.Clinic.Example", "v3.clinic.example", "xn--mnchen-3ya.example", "localhost",
		strings.Repeat("a", 63) + ".example", strings.Repeat("a", 64) + ".example", strings.Repeat("ab.", 84) + "c", "-a.example", "a_b.example",
		"+15550101000", "+10", "+1", "+155501010001234", "+1555010100012345", "AC" + strings.Repeat("0f", 16), "AC" + strings.Repeat("FF", 16),
		"UTC", "Asia/Kathmandu", "US/Pacific", "true", "auto", "events", "logs", "de", "pt-BR", "en-US", "gsw:de,gl:es", "gsw-CH:de-AT", "be:uk", "sv:sv",
		strings.Repeat("Ж", 57), strings.Repeat("歯", 64), strings.Repeat("🦷", 64), strings.Repeat("x", 64), strings.Repeat("x", 65),
		strings.Repeat("-", 63) + "A", "---", "さくら歯科", "Клиника 24", "Dr. Ελένη Παπαδοπούλου", `Praxis "Süd"; Dr. Müller, Hamburg`, "€[]{}",
		"http://localhost", "https://api.example/", "HTTPS://API.Example/v3", "https://api.example/v3/", "https://api.example/v2", "https://api.example/a/v4/",
		"http://127.0.0.1:1", "http://[::1]:8080/", "http://api.example:", "http://api.example:99999", "http://api.example/%2e", "http://a b.example",
		"mara@clinic.example", "Clinic <mara@clinic.example>", `"Clinic; Nord" <mara@clinic.example>`, `Clinic <"a b"@clinic.example>`,
		"=?utf-8?q?Cl=C3=ADnica?= <mara@clinic.example>", "=?utf-8?q?a=0d=0ab?= <mara@clinic.example>", "mara@clinic", "mara@[127.0.0.1]",
		"Clínica <mara@clínica.example>", "(a) mara@clinic.example (b)", "Group: mara@clinic.example;", "<mara@clinic.example>",
	}
}

// anyValue draws a value of any kind.
func anyValue() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom(edges()), rapid.String(),
		rapid.StringMatching(`[A-Za-z0-9 .,;:&'"-]{1,64}`), rapid.StringMatching(`[А-яΑ-ωÀ-ſ一-三 0-9]{1,64}`),
		rapid.StringMatching(`https?://([a-z.]{1,8}|\[::1\])(:[0-9]{0,5})?(/|/v[0-9]|/v3/|/[a-z%]{1,3}){0,2}(\?|#|\?a)?`),
		rapid.StringMatching(`(("[a-zé; ]{0,4}"|[A-Za-zü ]{0,5}) )?<?("[a ;>,]{1,3}"|[a-z.+]{1,4})@[a-zé-]{1,4}(\.[a-z]{1,3}){0,2}>?`),
		rapid.StringMatching(`[0-9]{1,4}(\.[0-9])?[hms]?`),
	)
}
