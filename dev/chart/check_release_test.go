package chart

import (
	"slices"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

func selects(selector *metav1.LabelSelector, of map[string]string) bool {
	s, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(of))
}

func (r *release) checkSelectors(f *findings) {
	pods := r.pods()
	for _, p := range pods {
		for _, other := range pods {
			if p.selector != nil && selects(p.selector, other.template.Labels) != (p.owner == other.owner) {
				f.addf("%s: its selector and the pods of %s disagree", p.owner, other.owner)
			}
		}
	}
	guarded := map[string]int{}
	for _, budget := range of[*policyv1.PodDisruptionBudget](r) {
		if budget.Spec.MaxUnavailable == nil || budget.Spec.MaxUnavailable.String() == "0" || budget.Spec.MinAvailable != nil {
			f.addf("PodDisruptionBudget %s: a node could never be drained", budget.Name)
		}
		for _, p := range pods {
			if selects(budget.Spec.Selector, p.template.Labels) {
				guarded[p.owner]++
			}
		}
	}
	for _, p := range pods {
		if len(guarded) > 0 && !p.job && guarded[p.owner] != 1 {
			f.addf("%s: %d disruption budgets", p.owner, guarded[p.owner])
		}
		if p.job && guarded[p.owner] > 0 {
			f.addf("%s: a budget counts what ends", p.owner)
		}
		for _, policy := range of[*networkingv1.NetworkPolicy](r) {
			if !selects(&policy.Spec.PodSelector, p.template.Labels) {
				f.addf("%s: the network policy does not hold for it", p.owner)
			}
		}
		for _, monitor := range of[*monitoringv1.PodMonitor](r) {
			if !p.job && (!selects(&monitor.Spec.Selector, p.template.Labels) || *monitor.Spec.PodMetricsEndpoints[0].Port != p.template.Spec.Containers[0].Ports[0].Name) {
				f.addf("%s: the PodMonitor does not find it", p.owner)
			}
		}
	}
	for _, policy := range of[*networkingv1.NetworkPolicy](r) {
		if len(policy.Spec.PolicyTypes) != 2 {
			f.addf("NetworkPolicy %s: one direction is open", policy.Name)
		}
		for _, rule := range policy.Spec.Egress {
			if len(rule.Ports) == 0 && len(rule.To) == 0 {
				f.addf("NetworkPolicy %s: a rule allows everything", policy.Name)
			}
		}
	}
}

// checkReplicas: a number beside an autoscaler would be set back at every upgrade.
func (r *release) checkReplicas(f *findings) {
	driven := map[string]bool{}
	for _, o := range of[*autoscalingv2.HorizontalPodAutoscaler](r) {
		driven[o.Spec.ScaleTargetRef.Name] = true
		if o.Spec.MinReplicas == nil || *o.Spec.MinReplicas > o.Spec.MaxReplicas {
			f.addf("HorizontalPodAutoscaler %s: its least is over its most", o.Name)
		}
	}
	for _, o := range r.scalers {
		driven[o.Spec.ScaleTargetRef.Name] = true
		if o.Spec.MinReplicaCount < 1 || o.Spec.MinReplicaCount > o.Spec.MaxReplicaCount {
			f.addf("ScaledObject %s: its least is none, or over its most", o.Metadata.Name)
		}
	}
	for _, d := range of[*appsv1.Deployment](r) {
		if driven[d.Name] == (d.Spec.Replicas != nil) {
			f.addf("Deployment %s: its replicas are set by nobody, or by two", d.Name)
		}
		delete(driven, d.Name)
	}
	for name := range driven {
		f.addf("an autoscaler drives %s, which is not there", name)
	}
}

func (r *release) checkScalers(f *findings) {
	for _, o := range r.scalers {
		trigger := o.Spec.Triggers[0]
		if trigger.Type != "temporal" {
			f.addf("ScaledObject %s: trigger %s", o.Metadata.Name, trigger.Type)
		}
		for name := range trigger.Metadata {
			if _, ok := temporalTrigger[name]; !ok {
				f.addf("ScaledObject %s: the Temporal scaler does not read %s", o.Metadata.Name, name)
			}
		}
		for name, must := range temporalTrigger {
			if must && trigger.Metadata[name] == "" {
				f.addf("ScaledObject %s: %s is missing", o.Metadata.Name, name)
			}
		}
		if ref := trigger.AuthenticationRef; ref != nil && !slices.ContainsFunc(r.auths, func(a triggerAuthentication) bool { return a.Metadata.Name == ref.Name }) {
			f.addf("ScaledObject %s: there is no TriggerAuthentication %s", o.Metadata.Name, ref.Name)
		}
		for _, d := range of[*appsv1.Deployment](r) {
			if d.Name == o.Spec.ScaleTargetRef.Name {
				checkWatched(d, trigger.Metadata, f)
			}
		}
	}
	for _, auth := range r.auths {
		for _, ref := range auth.Spec.SecretTargetRef {
			if !slices.Contains(temporalParameters, ref.Parameter) || ref.Name == "" || ref.Key == "" {
				f.addf("TriggerAuthentication %s: parameter %s", auth.Metadata.Name, ref.Parameter)
			}
		}
	}
}

// checkWatched: KEDA looks where the workers poll.
func checkWatched(d *appsv1.Deployment, watched map[string]string, f *findings) {
	for name, variable := range map[string]string{
		"endpoint": "TEMPORAL_ADDRESS", "namespace": "TEMPORAL_NAMESPACE", "workerDeploymentName": "DAKASYNC_DEPLOYMENT",
		"workerDeploymentBuildId": "DAKASYNC_BUILD_ID", "tlsServerName": "TEMPORAL_TLS_SERVER_NAME",
	} {
		var polls string
		for _, v := range d.Spec.Template.Spec.Containers[0].Env {
			if v.Name == variable {
				polls = v.Value
			}
		}
		if watched[name] != polls {
			f.addf("ScaledObject: watches %s %q, and the worker has %q", name, watched[name], polls)
		}
	}
}
