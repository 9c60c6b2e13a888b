package rights

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Table returns the declaration as the table of docs/OPERATIONS.md: one row for all
// resources on which a user has the same operations.
func Table(identities []Identity) string {
	var b strings.Builder
	b.WriteString("| user | resources | operations |\n|---|---|---|\n")
	for _, identity := range identities {
		for i, row := range rowsOf(identity) {
			user := ""
			if i == 0 {
				user = "`" + identity.User + "`"
			}
			fmt.Fprintf(&b, "| %s | %s: %s | %s |\n", user, row.kind, strings.Join(row.names, ", "), row.operations)
		}
	}
	return b.String()
}

type row struct {
	kind, operations string
	names            []string
}

func rowsOf(identity Identity) (rows []row) {
	for _, r := range resourcesOf(identity.Grants) {
		kind, operations := kindName(r.kind), r.names()
		i := slices.IndexFunc(rows, func(row row) bool { return row.kind == kind && row.operations == operations })
		if i < 0 {
			rows = append(rows, row{kind: kind, operations: operations})
			i = len(rows) - 1
		}
		rows[i].names = append(rows[i].names, "`"+r.name+"`")
	}
	return rows
}

// resource is something with the operations on it.
type resource struct {
	kind       kmsg.ACLResourceType
	name       string
	operations []kmsg.ACLOperation
}

// resourcesOf puts the grants of each resource together, in their order.
func resourcesOf(all []Grant) (resources []*resource) {
	for _, g := range all {
		i := slices.IndexFunc(resources, func(r *resource) bool { return r.kind == g.Kind && r.name == g.Name })
		if i < 0 {
			resources = append(resources, &resource{kind: g.Kind, name: g.Name})
			i = len(resources) - 1
		}
		resources[i].operations = append(resources[i].operations, g.Operation)
	}
	return resources
}

func (r *resource) names() string {
	var names []string
	for _, operation := range r.operations {
		names = append(names, operationName(operation))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

func kindName(k kmsg.ACLResourceType) string {
	return strings.ToLower(strings.ReplaceAll(k.String(), "_", " "))
}

// operationName returns the name that Kafka's own tools use: DescribeConfigs.
func operationName(o kmsg.ACLOperation) string {
	var b strings.Builder
	for word := range strings.SplitSeq(strings.ToLower(o.String()), "_") {
		b.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return b.String()
}
