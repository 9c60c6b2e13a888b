package rights

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Ensurer brings the rights on a cluster in line with the declaration.
type Ensurer struct {
	// Client must be logged in as a user that may describe and alter the cluster.
	Client *kgo.Client
	// DryRun changes nothing; the diff tells what would be done.
	DryRun bool
	// Prune revokes undeclared rights of declared users. Without it, the diff only
	// names them. Rights of other users are never touched.
	Prune bool
}

// Ensure grants the missing rights. It may be repeated at any time. The diff shows what
// was done, even if there is an error.
func (e Ensurer) Ensure(ctx context.Context, identities []Identity) (Diff, error) {
	var diff Diff
	for _, identity := range identities {
		have, err := e.describe(ctx, identity.User)
		if err != nil {
			return diff, fmt.Errorf("list the rights of %s: %w", identity.User, err)
		}
		missing, extra := without(identity.Grants, have), without(have, identity.Grants)
		if !e.DryRun {
			err = e.create(ctx, identity.User, missing)
			if e.Prune {
				err = errors.Join(err, e.remove(ctx, identity.User, extra))
			}
		}
		diff = append(diff, changes(identity, missing, extra, e.Prune, err != nil)...)
		if err != nil {
			return diff, fmt.Errorf("change the rights of %s: %w", identity.User, err)
		}
	}
	return diff, nil
}

func without(all, these []Grant) (rest []Grant) {
	for _, g := range all {
		if !slices.Contains(these, g) {
			rest = append(rest, g)
		}
	}
	return rest
}

// principal is Kafka's name for a SASL user.
func principal(user string) string { return "User:" + user }

// describe lists the user's rights on literally named resources, from any host. Other
// rules, such as those on prefixes, belong to the administrator and are left alone.
func (e Ensurer) describe(ctx context.Context, user string) (have []Grant, err error) {
	request := kmsg.NewPtrDescribeACLsRequest()
	request.ResourceType = kmsg.ACLResourceTypeAny
	request.ResourcePatternType = kmsg.ACLResourcePatternTypeLiteral
	request.Principal = kmsg.StringPtr(principal(user))
	request.Host = kmsg.StringPtr("*")
	request.Operation = kmsg.ACLOperationAny
	request.PermissionType = kmsg.ACLPermissionTypeAllow
	response, err := request.RequestWith(ctx, e.Client)
	if err != nil {
		return nil, err
	}
	if err := failure(response.ErrorCode, response.ErrorMessage); err != nil {
		return nil, err
	}
	for _, r := range response.Resources {
		for _, acl := range r.ACLs {
			have = append(have, Grant{r.ResourceType, r.ResourceName, acl.Operation})
		}
	}
	return have, nil
}

func (e Ensurer) create(ctx context.Context, user string, missing []Grant) error {
	if len(missing) == 0 {
		return nil
	}
	request := kmsg.NewPtrCreateACLsRequest()
	for _, g := range missing {
		c := kmsg.NewCreateACLsRequestCreation()
		c.ResourceType, c.ResourceName, c.ResourcePatternType = g.Kind, g.Name, kmsg.ACLResourcePatternTypeLiteral
		c.Principal, c.Host, c.Operation, c.PermissionType = principal(user), "*", g.Operation, kmsg.ACLPermissionTypeAllow
		request.Creations = append(request.Creations, c)
	}
	response, err := request.RequestWith(ctx, e.Client)
	if err != nil {
		return err
	}
	for _, result := range response.Results {
		err = errors.Join(err, failure(result.ErrorCode, result.ErrorMessage))
	}
	return err
}

func (e Ensurer) remove(ctx context.Context, user string, extra []Grant) error {
	if len(extra) == 0 {
		return nil
	}
	request := kmsg.NewPtrDeleteACLsRequest()
	for _, g := range extra {
		f := kmsg.NewDeleteACLsRequestFilter()
		f.ResourceType, f.ResourceName, f.ResourcePatternType = g.Kind, kmsg.StringPtr(g.Name), kmsg.ACLResourcePatternTypeLiteral
		f.Principal, f.Host = kmsg.StringPtr(principal(user)), kmsg.StringPtr("*")
		f.Operation, f.PermissionType = g.Operation, kmsg.ACLPermissionTypeAllow
		request.Filters = append(request.Filters, f)
	}
	response, err := request.RequestWith(ctx, e.Client)
	if err != nil {
		return err
	}
	for _, result := range response.Results {
		err = errors.Join(err, failure(result.ErrorCode, result.ErrorMessage))
	}
	return err
}

// failure is the error of a code, with the broker's message if there is one.
func failure(code int16, words *string) error {
	err := kerr.ErrorForCode(code)
	if err == nil || words == nil || *words == "" {
		return err
	}
	return fmt.Errorf("%w (%s)", err, *words)
}
