package chart

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// What of KEDA the chart uses, as KEDA documents it (keda.sh/docs/2.22, ScaledObject and the Temporal scaler). KEDA's own
// module would bring its whole operator.

type scaledObject struct {
	metav1.TypeMeta `json:",inline"`

	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		ScaleTargetRef struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Name       string `json:"name"`
		} `json:"scaleTargetRef"`
		MinReplicaCount int32 `json:"minReplicaCount"`
		MaxReplicaCount int32 `json:"maxReplicaCount"`
		PollingInterval int32 `json:"pollingInterval"`
		CooldownPeriod  int32 `json:"cooldownPeriod"`
		Triggers        []struct {
			Type              string            `json:"type"`
			Metadata          map[string]string `json:"metadata"`
			AuthenticationRef *struct {
				Name string `json:"name"`
			} `json:"authenticationRef"`
		} `json:"triggers"`
	} `json:"spec"`
}

type triggerAuthentication struct {
	metav1.TypeMeta `json:",inline"`

	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		SecretTargetRef []struct {
			Parameter string `json:"parameter"`
			Name      string `json:"name"`
			Key       string `json:"key"`
		} `json:"secretTargetRef"`
	} `json:"spec"`
}

// temporalTrigger is what the Temporal scaler reads; true means that it must be there.
var temporalTrigger = map[string]bool{
	"endpoint": true, "namespace": true, "taskQueue": true, "queueTypes": false, "targetQueueSize": true, "activationTargetQueueSize": false,
	"workerDeploymentName": false, "workerDeploymentBuildId": false, "minConnectTimeout": false, "unsafeSsl": false, "tlsServerName": false,
}

var temporalParameters = []string{"apiKey", "ca", "cert", "key", "keyPassword"}

func (r *release) addKEDA(text string) error {
	var kind metav1.TypeMeta
	if err := yaml.Unmarshal([]byte(text), &kind); err != nil {
		return err
	}
	if kind.APIVersion != "keda.sh/v1alpha1" {
		return fmt.Errorf("%s is not KEDA's", kind.APIVersion)
	}
	switch kind.Kind {
	case "ScaledObject":
		var object scaledObject
		err := yaml.UnmarshalStrict([]byte(text), &object)
		r.scalers = append(r.scalers, object)
		return err
	case "TriggerAuthentication":
		var object triggerAuthentication
		err := yaml.UnmarshalStrict([]byte(text), &object)
		r.auths = append(r.auths, object)
		return err
	default:
		return fmt.Errorf("%s is not known", kind.Kind)
	}
}
