package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"dakasync/attendance"
	"dakasync/dingtalk"
	"dakasync/workflows"
)

// SearchLedger knows which approvals there are, and how far they were searched for.
type SearchLedger interface {
	// ApprovalCodes are the process codes of approvals of every kind that attendance knows.
	ApprovalCodes(ctx context.Context) ([]string, error)
	// UnlistedApprovals are agreed ones of these templates, started in an interval,
	// that are not among those listed, at most limit.
	UnlistedApprovals(ctx context.Context, codes []string, started attendance.TimeRange, listed []string, limit int) ([]attendance.OpenApproval, error)
	// ApprovalSearches are what is known of every template; the finished ones that
	// were started since a time are counted.
	ApprovalSearches(ctx context.Context, since time.Time) ([]attendance.TemplateSearch, error)
	// ListApprovals takes in that DingTalk lists approvals of a template. Those that
	// are not read to their end are returned, and remembered until they are.
	ListApprovals(ctx context.Context, code string, ids []string) (unended []string, err error)
	// EndedApprovals are those of a template, at most limit, that were seen before
	// they were over, and that are not running any more.
	EndedApprovals(ctx context.Context, code string, running []string, started attendance.TimeRange, limit int) ([]string, error)
}

const (
	// instancePage is how many ids one call lists.
	instancePage = 20
	// listLag is how long a list may lag behind what was started, and times that are
	// known to the minute only behind themselves.
	listLag = time.Hour
	// maxMissing is how many approvals that are not listed one search asks for: each
	// costs a call, which tells whether it was deleted.
	maxMissing = 20
	// maxUnended is how many approvals a search of a night returns: more than a sweep
	// reads, and what fits its history. The rest has its turn in the nights to come.
	maxUnended = 2000
)

// FindMakeUps lists make-up approvals that were started in an interval.
func (s *DingTalkSteps) FindMakeUps(ctx context.Context, in workflows.FindMakeUpsInput) (workflows.Found, error) {
	defer beat(ctx)()
	found, err := asking(ctx, s, func(ctx context.Context) (workflows.Found, error) {
		f := &finder{steps: s, in: in}
		codes, err := s.DingTalk.MakeUpCodes(ctx)
		for i := 0; err == nil && i < len(codes); i++ {
			var ids []string
			if ids, err = f.ask(ctx, codes[i], attendance.StatusCompleted, in.Started); err == nil {
				f.add(codes[i], ids)
			}
		}
		return f.found, err // It is translated.
	})
	if err != nil {
		return found, err
	}
	return found, fits(found)
}

// FindApprovals lists approvals of every kind that attendance knows: of the
// make-up and leave templates, and of those that approvals in the ledger have.
// A template that only the ledger knows may not be there any more.
//
// A night's search (its input has a mode) returns only what is not read to its end.
// It is right whatever DingTalk makes of the status that is asked for: where that
// is refused everything is listed, and an answer that is not filtered is taken for
// a list of everything.
func (s *DingTalkSteps) FindApprovals(ctx context.Context, in workflows.FindMakeUpsInput) (workflows.Found, error) {
	defer beat(ctx)()
	found, err := asking(ctx, s, func(ctx context.Context) (workflows.Found, error) {
		f := &finder{steps: s, in: in}
		err := f.all(ctx)
		return f.found, err
	})
	if err != nil {
		return found, err
	}
	return found, fits(found)
}

// finder makes one search.
type finder struct {
	steps *DingTalkSteps
	in    workflows.FindMakeUpsInput
	found workflows.Found
}

func (f *finder) all(ctx context.Context) error {
	there, known, err := f.codes(ctx)
	if err != nil {
		return err
	}
	searches := map[string]attendance.TemplateSearch{}
	if f.in.Mode != attendance.SearchPlain {
		list, err := f.steps.Ledger.ApprovalSearches(ctx, f.steps.NowFunc().Add(-attendance.SearchSpan))
		if err != nil {
			return fmt.Errorf("look how far approvals were searched for: %w", err)
		}
		for _, t := range list {
			searches[t.Code] = t
		}
	}
	for _, code := range distinct(there, known) {
		err := f.template(ctx, code, searches[code])
		if gone(err) && !slices.Contains(there, code) {
			activity.GetLogger(ctx).Warn("a template that approvals were of is not known any more", "code", code, "error", err)
			f.found.Calls++
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// codes are the templates that DingTalk names, and those that only the ledger does.
func (f *finder) codes(ctx context.Context) (there, known []string, err error) {
	makeUps, err := f.steps.DingTalk.MakeUpCodes(ctx)
	if err != nil {
		return nil, nil, err // The caller translates it.
	}
	leaves, err := f.steps.DingTalk.LeaveCodes(ctx)
	if err != nil {
		return nil, nil, err
	}
	if known, err = f.steps.Ledger.ApprovalCodes(ctx); err != nil {
		return nil, nil, fmt.Errorf("list the templates of known approvals: %w", err)
	}
	return distinct(makeUps, leaves), known, nil
}

func (f *finder) template(ctx context.Context, code string, t attendance.TemplateSearch) error {
	switch {
	case f.in.Mode == attendance.SearchPlain:
		ids, err := f.ask(ctx, code, attendance.StatusCompleted, f.in.Started)
		if err != nil {
			return err
		}
		f.add(code, ids)
		return f.missing(ctx, code, ids, f.in.Started)
	case f.in.Mode == attendance.SearchParts && t.InParts(f.in.Started.From, f.steps.NowFunc()):
		return f.parts(ctx, code, t)
	default:
		return f.whole(ctx, code, t)
	}
}

// whole lists all that has finished. Of a template that will be searched in parts
// it lists before what is running: what ends in between is in the other list.
func (f *finder) whole(ctx context.Context, code string, t attendance.TemplateSearch) error {
	searched := attendance.SearchedTemplate{Code: code, Whole: true, From: f.in.Started.From}
	if !t.Few() {
		running, err := f.ask(ctx, code, attendance.StatusRunning, f.in.Started)
		switch {
		case statusRefused(err):
			f.found.Calls++
		case err != nil:
			return err
		default:
			searched.Running = true
			if _, err := f.take(ctx, code, running); err != nil {
				return err
			}
		}
	}
	return f.finished(ctx, searched)
}

// finished lists all that has finished, for a search of a night.
func (f *finder) finished(ctx context.Context, searched attendance.SearchedTemplate) error {
	ids, err := f.ask(ctx, searched.Code, attendance.StatusCompleted, f.in.Started)
	if err != nil {
		return err
	}
	unended, err := f.take(ctx, searched.Code, ids)
	if err != nil {
		return err
	}
	f.add(searched.Code, unended)
	f.found.Searched = append(f.found.Searched, searched)
	return f.missing(ctx, searched.Code, ids, f.in.Started)
}

// parts lists what is running, and then what was started since the last search and
// has finished. What was seen before it was over, and is in neither list nor in the
// ledger, is over.
func (f *finder) parts(ctx context.Context, code string, t attendance.TemplateSearch) error {
	searched := attendance.SearchedTemplate{Code: code, Running: true}
	running, err := f.ask(ctx, code, attendance.StatusRunning, f.in.Started)
	if statusRefused(err) {
		f.found.Calls++
		return f.finished(ctx, attendance.SearchedTemplate{Code: code, Whole: true, From: f.in.Started.From})
	}
	if err != nil {
		return err
	}
	unended, err := f.take(ctx, code, running)
	if err != nil {
		return err
	}
	if t.Unfiltered(len(running), len(unended)) {
		activity.GetLogger(ctx).Warn("DingTalk lists finished approvals among the running ones: what it lists is taken for everything", "code", code)
		searched.Whole, searched.From = true, f.in.Started.From
		f.add(code, unended)
		f.found.Searched = append(f.found.Searched, searched)
		return f.missing(ctx, code, running, f.in.Started)
	}
	lately := t.Lately(f.in.Started)
	finished, err := f.ask(ctx, code, attendance.StatusCompleted, lately)
	if err != nil {
		return err
	}
	fresh, err := f.take(ctx, code, finished)
	if err != nil {
		return err
	}
	seen := attendance.TimeRange{From: f.in.Started.From.Add(listLag), To: f.in.Started.To.Add(-listLag)}
	ended, err := f.steps.Ledger.EndedApprovals(ctx, code, running, seen, maxUnended+1)
	if err != nil {
		return fmt.Errorf("list the approvals of %s that are over: %w", code, err)
	}
	f.add(code, slices.DeleteFunc(distinct(fresh, ended), func(id string) bool { return slices.Contains(unended, id) }))
	f.found.Searched = append(f.found.Searched, searched)
	return f.missing(ctx, code, finished, lately)
}

// ask lists the approvals of one template and status that were started in an
// interval; all of them where DingTalk refuses to tell statuses apart.
func (f *finder) ask(ctx context.Context, code, status string, started attendance.TimeRange) ([]string, error) {
	list := f.steps.DingTalk.InstanceIDs
	ids, err := list(ctx, code, status, f.in.UserIDs, started.From, started.To)
	if status == attendance.StatusCompleted && statusRefused(err) {
		f.found.Calls++
		ids, err = list(ctx, code, "", f.in.UserIDs, started.From, started.To)
	}
	if err != nil {
		return nil, err // The caller translates it.
	}
	f.found.Calls += max(1, (len(ids)+instancePage-1)/instancePage)
	return ids, nil
}

// take takes in what is listed, and returns what is not read to its end.
func (f *finder) take(ctx context.Context, code string, ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	unended, err := f.steps.Ledger.ListApprovals(ctx, code, ids)
	if err != nil {
		return nil, fmt.Errorf("take in the approvals that are listed of %s: %w", code, err)
	}
	return unended, nil
}

func (f *finder) add(code string, ids []string) {
	if f.in.Mode != attendance.SearchPlain {
		if room := max(0, maxUnended-len(f.found.Instances)); len(ids) > room {
			ids, f.found.More = attendance.NewestInstances(ids, room), true
		}
	}
	for _, id := range ids {
		f.found.Instances = append(f.found.Instances, workflows.InstanceRef{ID: id, Code: code})
	}
}

// missing adds the agreed approvals of everybody that the ledger knows and DingTalk
// does not list any more.
func (f *finder) missing(ctx context.Context, code string, listed []string, started attendance.TimeRange) error {
	started = attendance.TimeRange{From: started.From.Add(listLag), To: started.To.Add(-listLag)}
	room := maxMissing - len(f.found.Missing)
	if len(f.in.UserIDs) > 0 || room <= 0 || !started.From.Before(started.To) {
		return nil
	}
	missing, err := f.steps.Ledger.UnlistedApprovals(ctx, []string{code}, started, listed, room)
	if err != nil {
		return fmt.Errorf("look for approvals that are not listed: %w", err)
	}
	for _, m := range missing {
		f.found.Missing = append(f.found.Missing, workflows.InstanceRef{ID: m.ID, Code: m.Code})
	}
	return nil
}

// gone reports whether DingTalk says that there is nothing to list.
func gone(err error) bool {
	refusal, ok := errors.AsType[*dingtalk.Error](err)
	return ok && (refusal.Kind == dingtalk.KindInvalidRequest || refusal.Kind == dingtalk.KindNotFound)
}

// statusRefused reports whether DingTalk may have refused the status that was asked
// for: it refused the question, and names nothing else in it
// (obtain-an-approval-list-of-instance-ids).
func statusRefused(err error) bool {
	refusal, ok := errors.AsType[*dingtalk.Error](err)
	if !ok || refusal.Kind != dingtalk.KindInvalidRequest {
		return false
	}
	switch refusal.Code {
	case "invalidProcessCode", "invalidInstanceListIdsStartTime", "invalidEndTime", "invalidNextToken", "invalidMaxResults", "invalidUserIds":
		return false
	default:
		return true
	}
}

// distinct are the entries of both lists, each once, in order.
func distinct(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(code string) bool { return code == "" })
}
