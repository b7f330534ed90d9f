package chart

import (
	"os"
	"regexp"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// spoiling is one thing made wrong, and the check that must find it.
type spoiling struct {
	makeWrong func(*release)
	says      string
}

func starterOf(r *release) *corev1.PodSpec { return &r.deployments("starter")[0].Spec.Template.Spec }
func onlyOf(r *release) *corev1.Container  { return &starterOf(r).Containers[0] }
func jobOf(r *release) *batchv1.Job        { return r.hooks[0].(*batchv1.Job) }

func drop[T runtime.Object](r *release) {
	var kept []runtime.Object
	for _, object := range r.objects {
		if _, ok := object.(T); !ok {
			kept = append(kept, object)
		}
	}
	r.objects = kept
}

var podSpoilings = map[string]spoiling{
	"root":            {func(r *release) { starterOf(r).SecurityContext.RunAsNonRoot = nil }, "restricted: runAsNonRoot"},
	"no seccomp":      {func(r *release) { starterOf(r).SecurityContext.SeccompProfile = nil }, "restricted: seccompProfile"},
	"a capability":    {func(r *release) { onlyOf(r).SecurityContext.Capabilities.Drop = nil }, "restricted: unrestricted capabilities"},
	"escalation":      {func(r *release) { onlyOf(r).SecurityContext.AllowPrivilegeEscalation = nil }, "restricted: allowPrivilegeEscalation"},
	"the host's":      {func(r *release) { starterOf(r).HostNetwork = true }, "restricted: host namespaces"},
	"a token":         {func(r *release) { starterOf(r).AutomountServiceAccountToken = nil }, "token is mounted"},
	"links":           {func(r *release) { starterOf(r).EnableServiceLinks = nil }, "services' addresses"},
	"a user":          {func(r *release) { *starterOf(r).SecurityContext.RunAsUser = 1000 }, "another user"},
	"a writable root": {func(r *release) { onlyOf(r).SecurityContext.ReadOnlyRootFilesystem = nil }, "can be written"},
	"a second container": {func(r *release) {
		starterOf(r).Containers = append(starterOf(r).Containers, *onlyOf(r).DeepCopy())
	}, "one process is one container"},
	"latest":            {func(r *release) { onlyOf(r).Image = "registry.example:5000/dakasync" }, "has no version"},
	"another program":   {func(r *release) { onlyOf(r).Command = []string{"/bin/sh"} }, "which the image does not have"},
	"no request":        {func(r *release) { delete(onlyOf(r).Resources.Requests, "cpu") }, "no request for cpu"},
	"no limit":          {func(r *release) { onlyOf(r).Resources.Limits = nil }, "memory has no limit"},
	"a limit too small": {func(r *release) { onlyOf(r).Resources.Limits["memory"] = resource.MustParse("1Mi") }, "memory has no limit"},
	"an impossible variable": {func(r *release) {
		onlyOf(r).Env = append(onlyOf(r).Env, corev1.EnvVar{Name: "A=B"})
	}, "A=B: "},
	"a variable twice":   {func(r *release) { onlyOf(r).Env = append(onlyOf(r).Env, onlyOf(r).Env[0]) }, "is given twice"},
	"a misspelt setting": {func(r *release) { onlyOf(r).Env[0].Name = "DAKASYNC_HTTP_ADDRESS" }, "is not a setting"},
	"a misspelt Temporal": {func(r *release) {
		onlyOf(r).Env = append(onlyOf(r).Env, corev1.EnvVar{Name: "TEMPORAL_TLS_CA"})
	}, "TEMPORAL_TLS_CA is not a setting"},
	"a plain secret": {func(r *release) {
		for i, v := range onlyOf(r).Env {
			if v.Name == "DATABASE_URL" {
				onlyOf(r).Env[i] = corev1.EnvVar{Name: v.Name, Value: "postgres://u:p@db/daka"}
			}
		}
	}, "is not from a Secret"},
	"a port's name":     {func(r *release) { onlyOf(r).Ports[0].Name = "http_" }, "port http_: "},
	"a volume's name":   {func(r *release) { starterOf(r).Volumes[0].Name = "a.b" }, "volume a.b: "},
	"a volume for all":  {func(r *release) { *starterOf(r).Volumes[0].Secret.DefaultMode = 0o444 }, "is not a Secret that only"},
	"a lost mount":      {func(r *release) { onlyOf(r).VolumeMounts = onlyOf(r).VolumeMounts[1:] }, "is mounted nowhere"},
	"a lost volume":     {func(r *release) { starterOf(r).Volumes = starterOf(r).Volumes[1:] }, "which is no volume"},
	"a writable mount":  {func(r *release) { onlyOf(r).VolumeMounts[0].ReadOnly = false }, "/etc/dakasync/temporal-client can be written"},
	"no liveness":       {func(r *release) { onlyOf(r).LivenessProbe = nil }, "nothing looks at /healthz"},
	"readiness by life": {func(r *release) { onlyOf(r).ReadinessProbe.HTTPGet.Path = "/healthz" }, "nothing looks at /readyz"},
	"a hasty probe":     {func(r *release) { onlyOf(r).ReadinessProbe.TimeoutSeconds = 1 }, "less time than it takes"},
	"a probe's port":    {func(r *release) { onlyOf(r).ReadinessProbe.HTTPGet.Port = intstr.FromString("web") }, "port that is not there"},
	"another port":      {func(r *release) { onlyOf(r).Ports[0].ContainerPort = 8081 }, "where the process does not listen"},
	"a hasty end":       {func(r *release) { *starterOf(r).TerminationGracePeriodSeconds = 10 }, "killed while it drains"},
}

var releaseSpoilings = map[string]spoiling{
	"a name":  {func(r *release) { r.deployments("starter")[0].Name = "Starter" }, "Deployment Starter: name: "},
	"a label": {func(r *release) { r.deployments("starter")[0].Labels["dakasync/x"] = "a b" }, "labels: "},
	"a pod's label": {func(r *release) {
		r.deployments("starter")[0].Spec.Template.Labels["team"] = "a b"
	}, "Deployment attendance-starter: labels: "},
	"a namespace": {func(r *release) { r.deployments("starter")[0].Namespace = "default" }, "the installer's affair"},
	"the same twice": {func(r *release) {
		r.objects = append(r.objects, r.deployments("starter")[0].DeepCopy())
	}, "Deployment attendance-starter: is there twice"},
	"a hook with the release's account": {func(r *release) { jobOf(r).Spec.Template.Spec.ServiceAccountName = "attendance" }, "service account is made after it"},
	"a hook with the release's settings": {func(r *release) {
		jobOf(r).Spec.Template.Spec.Containers[0].EnvFrom = onlyOf(r).EnvFrom
	}, "ConfigMap is made after it"},
	"a hook that does else": {func(r *release) { jobOf(r).Spec.Template.Spec.Containers[0].Command[1] = "status" }, "does not migrate"},
	"a hook afterwards":     {func(r *release) { jobOf(r).Annotations["helm.sh/hook"] = "post-install" }, "does not run before each release"},
	"no account":            {drop[*corev1.ServiceAccount], "there is no service account attendance"},
	"no settings":           {drop[*corev1.ConfigMap], "come from something that is not there"},
	"no checksum": {func(r *release) {
		delete(r.deployments("starter")[0].Spec.Template.Annotations, "checksum/settings")
	}, "goes on with old settings"},
	"no migration": {func(r *release) { r.hooks = nil }, "brought up by nobody"},
	"a spread": {func(r *release) {
		starterOf(r).TopologySpreadConstraints[0].LabelSelector.MatchLabels["app.kubernetes.io/component"] = "worker"
	}, "is spread by other pods"},
	"one selector for two": {func(r *release) {
		delete(r.deployments("worker")[1].Spec.Selector.MatchLabels, "dakasync/build")
	}, "its selector and the pods of"},
	"a budget of none": {func(r *release) {
		none := intstr.FromInt32(0)
		of[*policyv1.PodDisruptionBudget](r)[0].Spec.MaxUnavailable = &none
	}, "could never be drained"},
	"a budget for nobody": {func(r *release) {
		of[*policyv1.PodDisruptionBudget](r)[0].Spec.Selector.MatchLabels["x"] = "y"
	}, "0 disruption budgets"},
	"a budget for the job": {func(r *release) {
		of[*policyv1.PodDisruptionBudget](r)[0].Spec.Selector.MatchLabels = map[string]string{"app.kubernetes.io/name": "dakasync"}
	}, "counts what ends"},
	"a policy for some": {func(r *release) {
		of[*networkingv1.NetworkPolicy](r)[0].Spec.PodSelector.MatchLabels["app.kubernetes.io/component"] = "worker"
	}, "does not hold for it"},
	"a policy of one direction": {func(r *release) {
		of[*networkingv1.NetworkPolicy](r)[0].Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
	}, "one direction is open"},
	"a policy for everything": {func(r *release) {
		policy := of[*networkingv1.NetworkPolicy](r)[0]
		policy.Spec.Egress = append(policy.Spec.Egress, networkingv1.NetworkPolicyEgressRule{})
	}, "a rule allows everything"},
	"a monitor elsewhere": {func(r *release) {
		web := "web"
		of[*monitoringv1.PodMonitor](r)[0].Spec.PodMetricsEndpoints[0].Port = &web
	}, "the PodMonitor does not find it"},
	"replicas beside KEDA": {func(r *release) {
		two := int32(2)
		r.deployments("worker")[0].Spec.Replicas = &two
	}, "by nobody, or by two"},
	"no replicas":       {func(r *release) { r.deployments("starter")[0].Spec.Replicas = nil }, "by nobody, or by two"},
	"a scaler to none":  {func(r *release) { r.scalers[0].Spec.MinReplicaCount = 0 }, "its least is none"},
	"a scaler's target": {func(r *release) { r.scalers[0].Spec.ScaleTargetRef.Name = "attendance-worker" }, "drives attendance-worker, which is not there"},
	"a trigger":         {func(r *release) { r.scalers[0].Spec.Triggers[0].Type = "cpu" }, "trigger cpu"},
	"a trigger's word":  {func(r *release) { r.scalers[0].Spec.Triggers[0].Metadata["queueName"] = "x" }, "does not read queueName"},
	"a trigger's lack":  {func(r *release) { delete(r.scalers[0].Spec.Triggers[0].Metadata, "taskQueue") }, "taskQueue is missing"},
	"another build":     {func(r *release) { r.scalers[0].Spec.Triggers[0].Metadata["workerDeploymentBuildId"] = "1.4.0" }, `watches workerDeploymentBuildId "1.4.0"`},
	"no authentication": {func(r *release) { r.auths = nil }, "there is no TriggerAuthentication attendance"},
	"a parameter":       {func(r *release) { r.auths[0].Spec.SecretTargetRef[0].Parameter = "tls" }, "parameter tls"},
}

// TestEveryCheckCanFail makes one thing wrong at a time. Afterwards every fault that the checks can name was named.
func TestEveryCheckCanFail(t *testing.T) {
	clear(found)
	for _, spoilings := range []map[string]spoiling{podSpoilings, releaseSpoilings} {
		for name, spoiling := range spoilings {
			t.Run(name, func(t *testing.T) {
				made := rendered(t, values(t, "everything"))
				spoiling.makeWrong(made)
				require.Contains(t, join(made.faults()), spoiling.says)
			})
		}
	}
	t.Run("an autoscaler upside down", func(t *testing.T) {
		made := rendered(t, values(t, "plain"))
		of[*autoscalingv2.HorizontalPodAutoscaler](made)[0].Spec.MaxReplicas = 1
		require.Contains(t, join(made.faults()), "its least is over its most")
	})

	var source []byte
	for _, name := range []string{"check_test.go", "check_release_test.go"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		source = append(source, text...)
	}
	all := regexp.MustCompile(`f\.addf\("([^"]+)"`).FindAllSubmatch(source, -1)
	require.Greater(t, len(all), 40)
	for _, format := range all {
		require.Positive(t, found[string(format[1])], "nothing has made this check fail: %s", format[1])
	}
}

// TestStrictnessCanFail: what Kubernetes would drop in silence is refused here.
func TestStrictnessCanFail(t *testing.T) {
	const head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n"
	for name, text := range map[string]string{
		"an unknown field":    head + "spec: {replica: 2}\n",
		"a field in another":  head + "replicas: 2\n",
		"a field given twice": head + "spec: {replicas: 2, replicas: 3}\n",
		"another type":        head + "spec: {replicas: \"2\"}\n",
		"an unknown kind":     "apiVersion: apps/v1\nkind: Deploy\nmetadata: {name: a}\n",
		"an old version":      "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n",
		"KEDA's, unknown":     "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec: {maxReplicas: 2}\n",
		"KEDA's, other":       "apiVersion: keda.sh/v1alpha1\nkind: ScaledJob\nmetadata: {name: a}\n",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := decode(nil, []string{text})
			require.Error(t, err)
		})
	}
	_, err := decode(nil, []string{head + "spec: {replicas: 2}\n"})
	require.NoError(t, err)
	var d appsv1.Deployment
	require.Nil(t, d.Spec.Replicas)
}

func join(faults []string) string {
	var all string
	for _, fault := range faults {
		all += fault + "\n"
	}
	return all
}
