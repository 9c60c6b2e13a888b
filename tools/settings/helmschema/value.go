package helmschema

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

// maxName is the most that Kafka takes as the name of a topic. A length in the
// pattern itself would cost Helm milliseconds.
const maxName = 249

// valueOf returns the schema of a setting's value in a chart. The program accepts every
// such value or names its fault; where the program accepts several notations, the chart
// accepts one.
func valueOf(s config.Setting) object {
	kind, arg, _ := strings.Cut(s.Rule, " ")
	value := object{"type": "string"}
	switch kind {
	case "bool":
		value = object{"enum": []any{true, false, "true", "false"}}
	case "oneof":
		value = object{"enum": strings.Split(arg, "|")}
	case "int":
		value = within("integer", arg)
	case "number", "seconds":
		value = within("number", arg)
	case "duration":
		value = duration(s.Name)
	case "text":
		limit, _ := strconv.Atoi(arg)
		value["maxLength"] = limit
	case "pattern":
		value["pattern"] = arg
	case "name", "template":
		value["pattern"], value["maxLength"] = patternOf(kind), maxName
	default:
		if pattern := patternOf(kind); pattern != "" {
			value["pattern"] = pattern
		}
	}
	value["description"] = s.About + " Value: " + s.Want + "."
	return value
}

// within returns a number between "least..most".
func within(kind, limits string) object {
	least, most, _ := strings.Cut(limits, "..")
	return object{"type": kind, "minimum": json.Number(least), "maximum": json.Number(most)}
}

// duration returns durations as text or as seconds. Of the drain timeout the
// grace period is computed, which templates can do for minutes and seconds.
func duration(name string) object {
	if name == "DRAIN_TIMEOUT" {
		return object{"type": []string{"string", "integer"}, "pattern": `^(10m|([0-9]m)?([0-9]{1,3}s)?)$`, "minLength": 2, "minimum": 1, "maximum": 600}
	}
	return object{"type": []string{"string", "number"}, "pattern": `^([0-9]+(\.[0-9]+)?(h|m|s|ms))+$`, "minimum": 0}
}

// patternOf returns the form of values of a kind; empty is any text.
func patternOf(kind string) string {
	switch kind {
	case "name":
		return `^[a-zA-Z0-9._-]+$`
	case "template":
		return `^([a-zA-Z0-9._-]|\{channel\})+$`
	case "servers":
		const server = `(\[[0-9a-fA-F:.]+\]|[^][:/@, ]+):[0-9]{1,5}`
		return `^` + server + `(, *` + server + `)*$`
	case "url":
		return `^https?://[^/?#@ ]+(/[^?#@ ]*)?$`
	case "domain":
		return `^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$`
	case "mailbox":
		return `@`
	case "phone":
		return `^\+[1-9][0-9]{1,14}$`
	}
	return ""
}
