package domain_test

import (
	"encoding/json"
	"strings"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// The generators draw events as text, because much of the contract is about
// text: repeated names, spellings of numbers, escapes, broken bytes. About a
// third of the events keep the contract; the others miss it narrowly.

// eventTexts draws record values.
func eventTexts() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		names := rapid.Permutation([]string{
			"appointment_id", "user_id", "time", "timezone", "email", "phone_e164", "notify", "revision", "status", "locale",
		}).Draw(t, "order")
		members := make([]string, 0, len(names)+1)
		for _, name := range names {
			if seldom(t, "leave out "+name) {
				continue
			}
			members = append(members, memberText(t, name))
			if seldom(t, "repeat "+name) {
				members = append(members, memberText(t, name))
			}
		}
		text := []byte(space(t) + "{" + strings.Join(members, ",") + "}" + space(t))
		if seldom(t, "break") {
			text = broken(t, text)
		}
		return text
	})
}

func memberText(t *rapid.T, name string) string {
	value := rightValue(t, name)
	switch {
	case seldom(t, "near miss in "+name):
		value = nearMiss(t, name)
	case seldom(t, "type of "+name):
		value = anyValue().Draw(t, "any value")
	case seldom(t, "alter "+name):
		value = altered(t, value)
	case seldom(t, "case of "+name):
		name = strings.ToUpper(name[:1]) + name[1:]
	}
	return space(t) + spelled(t, quote(name)) + space(t) + ":" + space(t) + spelled(t, value) + space(t)
}

// rightValue draws a value that the field may have.
func rightValue(t *rapid.T, name string) string {
	switch name {
	case "appointment_id", "user_id":
		return rapid.OneOf(matching(`0|-?[1-9][0-9]{0,17}`), quoted(matching(`[a-zäЖ漢 ]{0,5}[a-z0-9]`))).Draw(t, name)
	case "time":
		return quoted(matching(`[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]`+
			`(\.[0-9]{1,12})?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])`)).Draw(t, name)
	case "timezone":
		return quoted(rapid.SampledFrom([]string{
			"Europe/Berlin", "UTC", "America/Port-au-Prince", "UTC+02:00", "W. Europe Standard Time", "Local",
		})).Draw(t, name)
	case "locale":
		return quoted(rapid.SampledFrom([]string{"de", "de-AT", "pt_BR", "tlh", "zh-Hant-TW"})).Draw(t, name)
	case "email":
		return quoted(matching(`[a-z!+'][a-z0-9]{0,5}(\.[a-z]{1,2})?@[a-zé例]([a-z-]{0,61}[a-z])?(\.[a-z]{1,3}){1,2}`)).Draw(t, name)
	case "phone_e164":
		return quoted(matching(`\+[1-9][0-9]{1,14}`)).Draw(t, name)
	case "notify":
		return flagsText(t, []string{"true", "false"})
	case "status":
		return quoted(rapid.Map(rapid.SampledFrom(domain.AppointmentStatuses()), toText)).Draw(t, name)
	default:
		return matching(`0|-?[1-9][0-9]{0,17}`).Draw(t, name)
	}
}

// nearMiss draws a value at the edge of what the field may have.
func nearMiss(t *rapid.T, name string) string {
	switch name {
	case "appointment_id", "user_id":
		return rapid.OneOf(integers(), quoted(rapid.StringN(0, 4, -1)), quoted(rapid.StringN(255, 258, -1))).Draw(t, name)
	case "time":
		return quoted(matching(`[0-9]{4}-[01][0-9]-[0-3][0-9][Tt ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]`+
			`([.,][0-9]{0,3})?([Zz]|[+-][0-2][0-9]:?[0-6][0-9])?`)).Draw(t, name)
	case "timezone":
		return quoted(rapid.SampledFrom([]string{
			strings.Repeat("a", 256), strings.Repeat("é", 256), strings.Repeat("é", 257), strings.Repeat("\U0001f4c5", 257), "", "\x00",
		})).Draw(t, name)
	case "locale":
		return rapid.SampledFrom([]string{`""`, `" "`, `"\u0000"`, "null", "5", "true", `["de"]`, `{"de": 1}`, `"` + strings.Repeat("a", 300) + `"`}).Draw(t, name)
	case "email":
		return quoted(matching(`[a-z.]{0,66}@[a-z.-]{1,66}`)).Draw(t, name)
	case "phone_e164":
		return quoted(matching(`\+?[0-9]{0,17}`)).Draw(t, name)
	case "notify":
		return flagsText(t, []string{"true", "false", "null", "1", `"true"`, "{}"})
	case "status":
		return rapid.SampledFrom([]string{`""`, `"Cancelled"`, `"canceled"`, `"cancelled "`, `"moved"`, "null", "false", `["cancelled"]`}).Draw(t, name)
	default:
		return integers().Draw(t, name)
	}
}

func flagsText(t *rapid.T, flags []string) string {
	var members []string
	for _, ch := range append(domain.Channels(), "fax") {
		if rapid.Bool().Draw(t, "flag given") {
			flag := rapid.SampledFrom(flags).Draw(t, string(ch))
			members = append(members, spelled(t, quote(string(ch)))+":"+space(t)+flag)
		}
	}
	return "{" + space(t) + strings.Join(members, ","+space(t)) + "}"
}

// integers draws spellings of integers, and of numbers that look like one.
func integers() *rapid.Generator[string] {
	return rapid.OneOf(
		matching(`-?(0|[1-9][0-9]{0,18})`),
		matching(`-?(0|[1-9][0-9]{0,3})(\.[0-9]{0,2}0{1,3})?([eE][+-]?[0-9]{1,2})?`),
		rapid.SampledFrom([]string{
			"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
			"9.223372036854775807e18", "9.223372036854775808e18", "-0", "0e999999999999", "1e999999999999",
			"1e-1", "10e-1", "100000000000000000000e-2", "0.00000000000000000001e20", "-0.0",
		}),
	)
}

// anyValue draws a value of any type.
func anyValue() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.SampledFrom([]string{"null", "true", "false", "{}", "[]", `""`, `" "`, `[[{"a":[1,"]}"]}]]`, `{"email":true}`}),
		integers(),
		quoted(rapid.String()),
	)
}

// altered puts a character that is likely to matter somewhere into a text.
func altered(t *rapid.T, value string) string {
	var text string
	if json.Unmarshal([]byte(value), &text) != nil {
		return value
	}
	runes := []rune(text)
	at := rapid.IntRange(0, len(runes)).Draw(t, "at")
	insert := rapid.SampledFrom([]rune("\n\r\t\x00\u0085\u00a0\u3000\u202e\ud7ff\uffff ,;.@<>\"'()-_/+0٣éΩ\U0001f4c5")).Draw(t, "insert")
	return quote(string(runes[:at]) + string(insert) + string(runes[at:]))
}

// broken changes one byte of a text, or cuts it off.
func broken(t *rapid.T, text []byte) []byte {
	at := rapid.IntRange(0, len(text)-1).Draw(t, "break at")
	switch rapid.IntRange(0, 3).Draw(t, "how") {
	case 0:
		return text[:at]
	case 1:
		return append(text[:at:at], text[at+1:]...)
	case 2:
		text[at] = rapid.Byte().Draw(t, "byte")
		return text
	default:
		return append(text, rapid.SampledFrom([]string{"{}", ",", "]", "null", "\x00", "\n"}).Draw(t, "after")...)
	}
}

// spelled writes one character of a text as an escape now and then.
func spelled(t *rapid.T, value string) string {
	if len(value) < 3 || value[0] != '"' || value[1] == '\\' || value[1] >= utf8.RuneSelf || !seldom(t, "escape") {
		return value
	}
	const hex = "0123456789abcdef"
	return `"\u00` + string(hex[value[1]>>4]) + string(hex[value[1]&15]) + value[2:]
}

func matching(expression string) *rapid.Generator[string] { return rapid.StringMatching(expression) }

func quoted(texts *rapid.Generator[string]) *rapid.Generator[string] {
	return rapid.Map(texts, quote)
}

func toText(s domain.AppointmentStatus) string { return string(s) }

func quote(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(b)
}

func space(t *rapid.T) string {
	return rapid.SampledFrom([]string{"", "", "", " ", "\n\t", "\r\n"}).Draw(t, "space")
}

// seldom is true once in 32 times.
func seldom(t *rapid.T, what string) bool {
	for range 5 {
		if !rapid.Bool().Draw(t, what) {
			return false
		}
	}
	return true
}
