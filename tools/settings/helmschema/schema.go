// Package helmschema writes the values.schema.json of the Helm charts: the part that
// all charts share, and the settings and secrets of the chart's program as the code
// declares them.
package helmschema

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
)

//go:embed *.json
var parts embed.FS

// object is a JSON object.
type object = map[string]any

// Of returns the schema of the chart of a program. Its topics are ensured with
// the settings of tool.
func Of(program, tool config.Settings) (string, error) {
	kind := "worker.json"
	if program.Program().Channel == "" {
		kind = "replayer.json"
	}
	schema, err := read("base.json", kind)
	if err != nil {
		return "", err
	}
	settings := config.SettingsOf(program)
	properties := schema["properties"].(object)
	maps.Copy(properties, values(settings, true))
	topics := properties["topics"].(object)
	own := values(config.SettingsOf(tool), false)
	delete(own, "authorities") // The program's are the job's.
	maps.Copy(topics["properties"].(object), own)
	schema["title"] = "Values of " + program.Program().Name
	schema["allOf"] = append(schema["allOf"].([]any), conditions(settings)...)
	return indented(schema)
}

func indented(schema object) (string, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(schema)
	return b.String(), err
}

// read returns the parts as one schema.
func read(names ...string) (object, error) {
	whole := object{}
	for _, name := range names {
		raw, err := parts.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var part object
		if err := json.Unmarshal(raw, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		merge(whole, part)
	}
	return whole, nil
}

// merge adds from to into: objects key by key, lists at their end.
func merge(into, from object) {
	for key, value := range from {
		switch value := value.(type) {
		case object:
			if inner, ok := into[key].(object); ok {
				merge(inner, value)
				continue
			}
		case []any:
			if list, ok := into[key].([]any); ok {
				into[key] = append(list, value...)
				continue
			}
		}
		into[key] = value
	}
}

// values returns the schemas of the maps "settings", "secrets" and
// "authorities", the files of certificates.
func values(settings []config.Setting, required bool) object {
	plain, secret, authority := fields(), fields(), fields()
	for _, s := range settings {
		switch {
		case s.Secret:
			secret.add(s, object{"$ref": "#/$defs/secretKey"}, required)
		case s.Rule == "pem":
			authority.add(s, object{"$ref": "#/$defs/fileKey"}, required)
		case !decided(s):
			plain.add(s, valueOf(s), required)
		}
	}
	return object{"settings": plain.schema(), "secrets": secret.schema(), "authorities": authority.schema()}
}

// decided reports whether the charts decide on a setting, because it depends on
// the pod's name, mounts or ports.
func decided(s config.Setting) bool {
	return s.Rule == "address" || s.Rule == "folder" || s.Name == "KAFKA_GROUP_INSTANCE_ID"
}

// closed is an object that has no other fields.
type closed struct {
	properties object
	required   []string
}

func fields() *closed { return &closed{properties: object{}, required: []string{}} }

func (c *closed) add(s config.Setting, value object, required bool) {
	c.properties[s.Name] = value
	if required && s.Required && s.When == "" {
		c.required = append(c.required, s.Name)
	}
}

func (c *closed) schema() object {
	return object{"type": "object", "additionalProperties": false, "properties": c.properties, "required": c.required}
}

// conditions returns the settings that are required if a switch among them is on.
func conditions(settings []config.Setting) []any {
	byName := map[string]*[2][]string{}
	for _, s := range settings {
		if !s.Required || s.When == "" {
			continue
		}
		if byName[s.When] == nil {
			byName[s.When] = &[2][]string{{}, {}}
		}
		kind := 0
		if s.Secret {
			kind = 1
		}
		byName[s.When][kind] = append(byName[s.When][kind], s.Name)
	}
	var all []any
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		on := object{"required": []string{name}, "properties": object{name: object{"enum": []any{true, "true"}}}}
		then := object{"settings": object{"required": byName[name][0]}, "secrets": object{"required": byName[name][1]}}
		all = append(all, object{"if": object{"properties": object{"settings": on}}, "then": object{"properties": then}})
	}
	return all
}
