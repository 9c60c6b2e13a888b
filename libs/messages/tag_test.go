package messages_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
	"github.com/kafka-notifications/kafka-notifications/libs/messages/messagestest"
)

func TestTheLanguageIsTheOneThatIsAskedForOrTheDefault(t *testing.T) {
	texts := messagestest.Texts().With("fr", map[string]string{"gsw": "de", "gl": "es", "nds-NL": "nl", "zh": "en"})
	for locale, want := range map[string]string{
		"": "fr", "de": "de", "de-AT": "de-AT", "de_AT": "de-AT", "DE-at": "de-AT", "de-CH": "de", "de-1996": "de", "de-u-rg-atzzzz": "de", "de-XX": "de",
		"en": "en", "en-US": "en-US", "en-GB": "en-GB", "en-AU": "en", "pt": "pt", "pt-BR": "pt-BR", "pt-AO": "pt", "es-MX": "es", "ar-EG": "ar",
		// an alias, and its regions
		"gsw": "de", "gsw-CH": "de", "gl": "es", "nds-NL": "nl", "nds": "fr", "zh": "en", "zh_CN": "en", "zh_TW": "en", "zh-Hant-HK": "en",
		// what the matcher of x/text takes for another language
		"ru": "fr", "be": "fr", "sr": "fr", "bg": "fr", "kk": "fr", "fa": "fr", "ur": "fr", "eu": "fr", "af": "fr",
		// in another script
		"uk-Latn": "fr", "tlh": "fr", "nonsense": "fr", "english": "fr", "-": "fr", "de-": "fr", "\x00": "fr", "x-foo": "fr", "Deutsch": "fr",
	} {
		if got := texts.For(locale).Tag(); got != want {
			t.Errorf("%q is written in %s, want %s", locale, got, want)
		}
	}
}

func TestOnlyALanguageWithoutTextsIsDoubted(t *testing.T) {
	texts := messagestest.Texts()
	for locale, want := range map[string]bool{"": false, "de_AT": false, "uk": false, "ru": true, "tlh": true, "nonsense": true, domain.MalformedLocale: true} {
		code, detail := texts.Doubt(&domain.Event{Locale: locale})
		if (code == "record.locale") != want || (detail != "") != want {
			t.Errorf("%q: %q, %q", locale, code, detail)
		}
	}
}

func TestNoLocaleBreaksTheChoice(t *testing.T) {
	texts := messagestest.Texts()
	rapid.Check(t, func(t *rapid.T) {
		locale := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z0-9_-]{0,64}`)).Draw(t, "locale")
		if texts.For(locale) == nil {
			t.Fatal("no language")
		}
	})
}
