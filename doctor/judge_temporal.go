package doctor

import (
	"strings"
	"time"
)

const (
	checkTemporal   = "temporal"
	checkRetention  = "temporal/retention"
	checkAttributes = "temporal/search-attributes"
	checkSchedules  = "temporal/schedules"
	checkQueues     = "temporal/task-queues"
	checkDeployment = "temporal/deployment"

	day            = 24 * time.Hour
	leastRetention = 7 * day
	goodRetention  = 30 * day
)

// judgeTemporal judges what a deployment must find in Temporal.
func judgeTemporal(f TemporalFacts, err error) []Finding {
	if err != nil {
		return []Finding{{
			checkTemporal, Fault, Textf("Temporal cannot be asked: %s", err), Textf("no run goes on; events are kept in PostgreSQL and relayed later"),
			Textf("check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the TLS or API key settings, and that the server runs"),
		}}
	}
	return []Finding{
		fine(checkTemporal, Textf("namespace %s", f.Namespace)), judgeRetention(f), judgeAttributes(f), judgeTemporalSchedules(f), judgeQueues(f), judgeDeployment(f),
	}
}

func judgeRetention(f TemporalFacts) Finding {
	saw := Textf("closed runs are kept for %d days", f.Retention/day)
	next := command("temporal operator namespace update --namespace " + f.Namespace + " --retention 30d")
	switch {
	case f.Retention < leastRetention:
		return Finding{checkRetention, Warning, saw, Textf("what a run did, and why, is gone before anybody asks; an event told of again starts a second run"), next}
	case f.Retention < goodRetention:
		return Finding{checkRetention, Note, saw, Textf("a month's close is better read with 30 days"), next}
	default:
		return fine(checkRetention, saw)
	}
}

func judgeAttributes(f TemporalFacts) Finding {
	switch {
	case f.AttributesUnknown:
		return skipped(checkAttributes, Textf("this server lets only its administrators look at search attributes"))
	case len(f.MissingAttributes) > 0:
		return Finding{
			checkAttributes, Fault, Textf("missing, or of another type than Keyword: %s", joined(f.MissingAttributes)), Textf("Temporal refuses to start our runs"),
			command("temporal operator search-attribute create --namespace " + f.Namespace + " --type Keyword --name " + strings.Join(f.MissingAttributes, " --name ")),
		}
	default:
		return fine(checkAttributes, Textf("all are there"))
	}
}

func judgeTemporalSchedules(f TemporalFacts) Finding {
	var missing, paused, there []string
	for _, s := range f.Schedules {
		switch {
		case s.Missing:
			missing = append(missing, s.ID)
		case s.Paused:
			paused = append(paused, s.ID)
		default:
			there = append(there, s.ID)
		}
	}
	why := Textf("sweeps, failed pushes and the budget's decisions come from them: what no event told of stays unknown")
	switch {
	case len(missing) > 0:
		return Finding{checkSchedules, Fault, Textf("not there: %s", joined(missing)), why, Textf("start a worker or a starter against this namespace: they create them")}
	case len(paused) > 0:
		return Finding{checkSchedules, Warning, Textf("paused: %s", joined(paused)), why, command("temporal schedule toggle --unpause --schedule-id " + paused[0])}
	default:
		return fine(checkSchedules, joined(there))
	}
}

func judgeQueues(f TemporalFacts) Finding {
	var idle, polled []string
	for _, q := range f.Queues {
		if q.Pollers == 0 {
			idle = append(idle, q.Name+" ("+q.Kind+")")
		} else {
			polled = append(polled, q.Name+" ("+q.Kind+")")
		}
	}
	if len(idle) > 0 {
		return Finding{
			checkQueues, Fault, Textf("nobody polls %s", joined(idle)), Textf("runs are started and stay where they are"),
			Textf("start a worker with this DAKASYNC_TASK_QUEUE and namespace; its /readyz says what it waits for"),
		}
	}
	return fine(checkQueues, Textf("polled: %s", joined(polled)))
}

func judgeDeployment(f TemporalFacts) Finding {
	why := Textf("without a current version no new run is worked on")
	switch {
	case f.Deployment == "":
		return fine(checkDeployment, Textf("workers are not versioned (DAKASYNC_DEPLOYMENT is not set)"))
	case !f.DeploymentFound:
		return Finding{
			checkDeployment, Fault, Textf("the deployment %s is not there", f.Deployment), why,
			Textf("start a worker with this DAKASYNC_DEPLOYMENT and a DAKASYNC_BUILD_ID"),
		}
	case f.CurrentBuild == "":
		return Finding{
			checkDeployment, Fault, Textf("the deployment %s has no current version", f.Deployment), why,
			command("temporal worker deployment set-current-version --deployment-name " + f.Deployment + " --build-id …"),
		}
	default:
		return fine(checkDeployment, Textf("the current version of %s is %s", f.Deployment, f.CurrentBuild))
	}
}

// command is one to be entered, the same in every language.
func command(line string) Message { return Textf("%s", line) }
