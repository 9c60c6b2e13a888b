package twilio

import (
	"strings"
	"testing"
)

func TestSegmentsAtEveryBoundary(t *testing.T) {
	const long, free = "+15550100000", "+18005550100"
	for _, c := range []struct {
		name string
		text string
		from string
		want int
	}{
		{"empty", "", long, 1},
		{"160 GSM-7", strings.Repeat("a", 160), long, 1},
		{"161 GSM-7", strings.Repeat("a", 161), long, 2},
		{"306 GSM-7", strings.Repeat("a", 306), long, 2},
		{"307 GSM-7", strings.Repeat("a", 307), long, 3},
		{"80 euro signs cost two septets each", strings.Repeat("€", 80), long, 1},
		{"81 euro signs", strings.Repeat("€", 81), long, 2},
		{"a pair is not split over two parts", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), long, 3},
		{"all of the basic set", "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà", long, 1},
		{"152 toll-free", strings.Repeat("a", 152), free, 1},
		{"153 toll-free", strings.Repeat("a", 153), free, 2},
		{"70 UCS-2", strings.Repeat("–", 70), long, 1},
		{"71 UCS-2", strings.Repeat("–", 71), long, 2},
		{"134 UCS-2", strings.Repeat("–", 134), long, 2},
		{"135 UCS-2", strings.Repeat("–", 135), long, 3},
		{"66 UCS-2 toll-free", strings.Repeat("–", 66), free, 1},
		{"67 UCS-2 toll-free", strings.Repeat("–", 67), free, 2},
		{"a grave accent is not GSM-7", "`" + strings.Repeat("a", 70), long, 2},
		{"35 emoji are two units each", strings.Repeat("😀", 35), long, 1},
		{"36 emoji", strings.Repeat("😀", 36), long, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := segments(c.text, c.from); got != c.want {
				t.Errorf("%d segments, want %d", got, c.want)
			}
		})
	}
}
