package doctor

import (
	"fmt"
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
			checkTemporal, Fault, err.Error(), "no run goes on; events are kept in PostgreSQL and relayed later",
			"check TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the TLS or API key settings, and that the server runs",
		}}
	}
	return []Finding{
		fine(checkTemporal, "namespace "+f.Namespace), judgeRetention(f), judgeAttributes(f), judgeTemporalSchedules(f), judgeQueues(f), judgeDeployment(f),
	}
}

func judgeRetention(f TemporalFacts) Finding {
	saw := fmt.Sprintf("closed runs are kept for %d days", f.Retention/day)
	next := "temporal operator namespace update --namespace " + f.Namespace + " --retention 30d"
	switch {
	case f.Retention < leastRetention:
		return Finding{checkRetention, Warning, saw, "what a run did, and why, is gone before anybody asks; an event told of again starts a second run", next}
	case f.Retention < goodRetention:
		return Finding{checkRetention, Note, saw, "a month's close is better read with 30 days", next}
	default:
		return fine(checkRetention, saw)
	}
}

func judgeAttributes(f TemporalFacts) Finding {
	switch {
	case f.AttributesUnknown:
		return skipped(checkAttributes, "this server lets only its administrators look at search attributes")
	case len(f.MissingAttributes) > 0:
		return Finding{
			checkAttributes, Fault, "missing, or of another type than Keyword: " + strings.Join(f.MissingAttributes, ", "), "Temporal refuses to start our runs",
			"temporal operator search-attribute create --namespace " + f.Namespace + " --type Keyword --name " + strings.Join(f.MissingAttributes, " --name "),
		}
	default:
		return fine(checkAttributes, "all are there")
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
	const why = "sweeps, failed pushes and the budget's decisions come from them: what no event told of stays unknown"
	switch {
	case len(missing) > 0:
		return Finding{checkSchedules, Fault, "not there: " + strings.Join(missing, ", "), why, "start a worker or a starter against this namespace: they create them"}
	case len(paused) > 0:
		return Finding{checkSchedules, Warning, "paused: " + strings.Join(paused, ", "), why, "temporal schedule toggle --unpause --schedule-id " + paused[0]}
	default:
		return fine(checkSchedules, strings.Join(there, ", "))
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
			checkQueues, Fault, "nobody polls " + strings.Join(idle, ", "), "runs are started and stay where they are",
			"start a worker with this DAKASYNC_TASK_QUEUE and namespace; its /readyz says what it waits for",
		}
	}
	return fine(checkQueues, "polled: "+strings.Join(polled, ", "))
}

func judgeDeployment(f TemporalFacts) Finding {
	const why = "without a current version no new run is worked on"
	switch {
	case f.Deployment == "":
		return fine(checkDeployment, "workers are not versioned (DAKASYNC_DEPLOYMENT is not set)")
	case !f.DeploymentFound:
		return Finding{checkDeployment, Fault, "the deployment " + f.Deployment + " is not there", why, "start a worker with this DAKASYNC_DEPLOYMENT and a DAKASYNC_BUILD_ID"}
	case f.CurrentBuild == "":
		return Finding{
			checkDeployment, Fault, "the deployment " + f.Deployment + " has no current version", why,
			"temporal worker deployment set-current-version --deployment-name " + f.Deployment + " --build-id …",
		}
	default:
		return fine(checkDeployment, "the current version of "+f.Deployment+" is "+f.CurrentBuild)
	}
}
