package temporal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"go.temporal.io/api/serviceerror"

	"dakasync/workflows"
)

// ensureAttributes adds the search attributes that are missing. A server that
// lets only its administrators look or add (Temporal Cloud does) is believed to
// have them; if it has not, the start of the standing run says so.
func (s Setup) ensureAttributes(ctx context.Context, operator operatorservice.OperatorServiceClient) error {
	known, err := operator.ListSearchAttributes(ctx, &operatorservice.ListSearchAttributesRequest{Namespace: s.Namespace})
	if forbidden(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("list the search attributes of the Temporal namespace %s: %w", s.Namespace, err)
	}
	missing := map[string]enumspb.IndexedValueType{}
	for _, name := range workflows.SearchAttributes() {
		switch kind, there := known.GetCustomAttributes()[name]; {
		case !there:
			missing[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD
		case kind != enumspb.INDEXED_VALUE_TYPE_KEYWORD:
			return fmt.Errorf("search attribute %s of the Temporal namespace %s has type %s and must be Keyword: remove it, dakasync adds it again", name, s.Namespace, kind)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	_, err = operator.AddSearchAttributes(ctx, &operatorservice.AddSearchAttributesRequest{Namespace: s.Namespace, SearchAttributes: missing})
	var already *serviceerror.AlreadyExists // another process was faster
	if err != nil && !errors.As(err, &already) && !forbidden(err) {
		return fmt.Errorf("add search attributes to the Temporal namespace %s: %w", s.Namespace, err)
	}
	return nil
}

func forbidden(err error) bool {
	var denied *serviceerror.PermissionDenied
	var unknown *serviceerror.Unimplemented
	return errors.As(err, &denied) || errors.As(err, &unknown)
}

// ErrAttributes says that the server does not know our search attributes (yet).
var ErrAttributes = errors.New("search attributes are not in force yet")

// attributesError explains a start that was refused for a search attribute. A
// server goes on refusing for some seconds after it was told of a new one.
func attributesError(namespace string, err error) error {
	return fmt.Errorf("%w in the Temporal namespace %s; if this lasts for more than a minute, have its administrator run: temporal operator search-attribute create --namespace %s --type Keyword --name %s: %w",
		ErrAttributes, namespace, namespace, strings.Join(workflows.SearchAttributes(), " --name "), err)
}

func refusesAttributes(err error) bool {
	var invalid *serviceerror.InvalidArgument
	return errors.As(err, &invalid) && (strings.Contains(err.Error(), "search attribute") || strings.Contains(err.Error(), "no mapping defined"))
}
