package chart

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	validatemeta "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	psa "k8s.io/pod-security-admission/api"
	psapolicy "k8s.io/pod-security-admission/policy"

	"dakasync/ops"
)

// findings are the faults of a release, each with where it is.
type findings []string

// found counts what each check has found, by its words: one that never finds anything is none. See control_test.go.
var found = map[string]int{}

func (f *findings) addf(format string, args ...any) {
	found[format]++
	*f = append(*f, fmt.Sprintf(format, args...))
}

// faults is everything that our checks and Kubernetes' find wrong.
func (r *release) faults() []string {
	var f findings
	r.checkNames(&f)
	for _, p := range r.pods() {
		p.checkSecurity(&f)
		p.checkContainer(&f)
		p.checkVolumes(&f)
		if p.job {
			r.checkHook(p, &f)
			continue
		}
		p.checkProbes(&f)
		r.checkReferences(p, &f)
	}
	r.checkSelectors(&f)
	r.checkReplicas(&f)
	r.checkScalers(&f)
	return f
}

// pod is what a workload makes.
type pod struct {
	owner    string
	selector *metav1.LabelSelector
	template corev1.PodTemplateSpec
	job      bool
}

func (r *release) pods() []pod {
	var all []pod
	for _, object := range append(slices.Clone(r.hooks), r.objects...) {
		switch o := object.(type) {
		case *appsv1.Deployment:
			all = append(all, pod{"Deployment " + o.Name, o.Spec.Selector, o.Spec.Template, false})
		case *batchv1.Job:
			all = append(all, pod{"Job " + o.Name, nil, o.Spec.Template, true})
		}
	}
	return all
}

func (r *release) deployments(component string) []*appsv1.Deployment {
	var all []*appsv1.Deployment
	for _, d := range of[*appsv1.Deployment](r) {
		if d.Labels["app.kubernetes.io/component"] == component {
			all = append(all, d)
		}
	}
	// The current build is the first that the chart writes, but Helm sorts by name.
	slices.SortStableFunc(all, func(a, b *appsv1.Deployment) int { return strings.Compare(order(a), order(b)) })
	return all
}

// order puts first what an autoscaler drives or what has most to do.
func order(d *appsv1.Deployment) string {
	if d.Spec.Replicas == nil {
		return "0"
	}
	return "1" + d.Name
}

func of[T runtime.Object](r *release) []T {
	var all []T
	for _, object := range r.objects {
		if o, ok := object.(T); ok {
			all = append(all, o)
		}
	}
	return all
}

func (r *release) has(kind, name string) bool {
	return slices.ContainsFunc(r.objects, func(object runtime.Object) bool {
		accessor, _ := meta.Accessor(object)
		return object.GetObjectKind().GroupVersionKind().Kind == kind && accessor.GetName() == name
	})
}

func (r *release) checkNames(f *findings) {
	seen := map[string]bool{}
	for _, object := range append(slices.Clone(r.hooks), r.objects...) {
		o, err := meta.Accessor(object)
		kind := object.GetObjectKind().GroupVersionKind().Kind
		at := fmt.Sprintf("%s %s", kind, o.GetName())
		if err != nil || seen[at] {
			f.addf("%s: is there twice", at)
		}
		seen[at] = true
		for _, fault := range validation.IsDNS1123Label(o.GetName()) {
			f.addf("%s: name: %s", at, fault)
		}
		for _, fault := range validatemeta.ValidateLabels(o.GetLabels(), field.NewPath("labels")) {
			f.addf("%s: %v", at, fault)
		}
		if o.GetNamespace() != "" {
			f.addf("%s: a namespace is the installer's affair", at)
		}
	}
	for _, p := range r.pods() {
		for _, fault := range validatemeta.ValidateLabels(p.template.Labels, field.NewPath("labels")) {
			f.addf("%s: %v", p.owner, fault)
		}
	}
}

var restricted = func() psapolicy.Evaluator {
	evaluator, err := psapolicy.NewEvaluator(psapolicy.DefaultChecks(), nil)
	if err != nil {
		panic(err)
	}
	return evaluator
}()

// checkSecurity asks Kubernetes' own Pod Security Standard "restricted", and more.
func (p pod) checkSecurity(f *findings) {
	level := psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}
	for _, result := range restricted.EvaluatePod(level, &p.template.ObjectMeta, &p.template.Spec) {
		if !result.Allowed {
			f.addf("%s: restricted: %s: %s", p.owner, result.ForbiddenReason, result.ForbiddenDetail)
		}
	}
	spec := p.template.Spec
	if spec.AutomountServiceAccountToken == nil || *spec.AutomountServiceAccountToken {
		f.addf("%s: a service account's token is mounted", p.owner)
	}
	if spec.EnableServiceLinks == nil || *spec.EnableServiceLinks {
		f.addf("%s: services' addresses are put into the environment", p.owner)
	}
	if user := spec.SecurityContext.RunAsUser; user == nil || *user != imageUser {
		f.addf("%s: runs as another user than the image's", p.owner)
	}
	for _, c := range spec.Containers {
		if c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem {
			f.addf("%s: %s: its root filesystem can be written", p.owner, c.Name)
		}
	}
}

const imageUser = 65532 // TestTheImageIsWhatTheChartExpects

func (p pod) checkContainer(f *findings) {
	if len(p.template.Spec.Containers) != 1 || len(p.template.Spec.InitContainers) != 0 {
		f.addf("%s: one process is one container", p.owner)
		return
	}
	c := p.template.Spec.Containers[0]
	if _, tag, tagged := strings.Cut(c.Image[strings.LastIndex(c.Image, "/")+1:], ":"); !tagged || tag == "latest" || tag == "" {
		f.addf("%s: the image %s has no version", p.owner, c.Image)
	}
	if len(c.Command) == 0 || !slices.Contains(programs, c.Command[0]) {
		f.addf("%s: runs %v, which the image does not have", p.owner, c.Command)
	}
	for _, resource := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if _, asked := c.Resources.Requests[resource]; !asked {
			f.addf("%s: no request for %s", p.owner, resource)
		}
	}
	if c.Resources.Limits.Memory().Cmp(*c.Resources.Requests.Memory()) < 0 || c.Resources.Limits.Memory().IsZero() {
		f.addf("%s: memory has no limit at or over its request", p.owner)
	}
	seen := map[string]bool{}
	for _, variable := range c.Env {
		for _, fault := range validation.IsEnvVarName(variable.Name) {
			f.addf("%s: %s: %s", p.owner, variable.Name, fault)
		}
		if seen[variable.Name] {
			f.addf("%s: %s is given twice", p.owner, variable.Name)
		}
		seen[variable.Name] = true
		if !known(variable.Name) {
			f.addf("%s: %s is not a setting", p.owner, variable.Name)
		}
		if isSecret(variable.Name) && (variable.ValueFrom == nil || variable.ValueFrom.SecretKeyRef == nil) {
			f.addf("%s: %s is not from a Secret", p.owner, variable.Name)
		}
	}
	for _, port := range c.Ports {
		for _, fault := range validation.IsValidPortName(port.Name) {
			f.addf("%s: port %s: %s", p.owner, port.Name, fault)
		}
	}
}

func (p pod) checkVolumes(f *findings) {
	volumes := map[string]bool{}
	for _, volume := range p.template.Spec.Volumes {
		for _, fault := range validation.IsDNS1123Label(volume.Name) {
			f.addf("%s: volume %s: %s", p.owner, volume.Name, fault)
		}
		volumes[volume.Name] = true
		if volume.Secret == nil || volume.Secret.DefaultMode == nil || *volume.Secret.DefaultMode&0o7 != 0 {
			f.addf("%s: volume %s is not a Secret that only the pod's group reads", p.owner, volume.Name)
		}
	}
	for _, mount := range p.template.Spec.Containers[0].VolumeMounts {
		if !volumes[mount.Name] {
			f.addf("%s: mounts %s, which is no volume of it", p.owner, mount.Name)
		}
		if !mount.ReadOnly {
			f.addf("%s: %s can be written", p.owner, mount.MountPath)
		}
		delete(volumes, mount.Name)
	}
	for name := range volumes {
		f.addf("%s: the volume %s is mounted nowhere", p.owner, name)
	}
}

// readyTime is how long /readyz may take to answer.
const readyTime = 2 * time.Second

func (p pod) checkProbes(f *findings) {
	c := p.template.Spec.Containers[0]
	for name, probe := range map[string]*corev1.Probe{"/healthz": c.LivenessProbe, "/readyz": c.ReadinessProbe} {
		if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != name {
			f.addf("%s: nothing looks at %s", p.owner, name)
			continue
		}
		if time.Duration(probe.TimeoutSeconds)*time.Second <= readyTime {
			f.addf("%s: %s is given less time than it takes", p.owner, name)
		}
		port := slices.IndexFunc(c.Ports, func(port corev1.ContainerPort) bool { return port.Name == probe.HTTPGet.Port.StrVal })
		if port < 0 {
			f.addf("%s: %s is looked for on a port that is not there", p.owner, name)
			continue
		}
		address := slices.IndexFunc(c.Env, func(v corev1.EnvVar) bool { return v.Name == "DAKASYNC_HTTP_ADDR" })
		if address < 0 || c.Env[address].Value != ":"+strconv.Itoa(int(c.Ports[port].ContainerPort)) {
			f.addf("%s: %s is looked for where the process does not listen", p.owner, name)
		}
	}
	grace := p.template.Spec.TerminationGracePeriodSeconds
	if grace == nil || time.Duration(*grace)*time.Second <= ops.DrainTime {
		f.addf("%s: is killed while it drains", p.owner)
	}
}

// checkHook: a hook runs when nothing else of the release is there yet.
func (r *release) checkHook(p pod, f *findings) {
	spec := p.template.Spec
	if r.has("ServiceAccount", spec.ServiceAccountName) {
		f.addf("%s: its service account is made after it", p.owner)
	}
	c := spec.Containers[0]
	for _, from := range c.EnvFrom {
		if from.ConfigMapRef != nil && r.has("ConfigMap", from.ConfigMapRef.Name) {
			f.addf("%s: its ConfigMap is made after it", p.owner)
		}
	}
	if !slices.Equal(c.Command, []string{"/bin/dakactl", "migrate"}) {
		f.addf("%s: does not migrate", p.owner)
	}
	if !slices.ContainsFunc(r.hooks, func(o runtime.Object) bool {
		job, ok := o.(*batchv1.Job)
		return ok && job.Annotations["helm.sh/hook"] == "pre-install,pre-upgrade" && job.Spec.ActiveDeadlineSeconds != nil
	}) {
		f.addf("%s: does not run before each release, within a time", p.owner)
	}
}

func (r *release) checkReferences(p pod, f *findings) {
	spec := p.template.Spec
	if name := spec.ServiceAccountName; name != "default" && !r.has("ServiceAccount", name) {
		f.addf("%s: there is no service account %s", p.owner, name)
	}
	for _, from := range spec.Containers[0].EnvFrom {
		if from.ConfigMapRef == nil || !r.has("ConfigMap", from.ConfigMapRef.Name) {
			f.addf("%s: its settings come from something that is not there", p.owner)
		}
	}
	if p.template.Annotations["checksum/settings"] == "" {
		f.addf("%s: goes on with old settings when they change", p.owner)
	}
	migrates := slices.ContainsFunc(spec.Containers[0].Env, func(v corev1.EnvVar) bool { return v.Name == "DAKASYNC_MIGRATE" && v.Value == "true" })
	if migrates == (len(r.hooks) > 0) {
		f.addf("%s: the schema is brought up by nobody, or by two", p.owner)
	}
	for _, constraint := range spec.TopologySpreadConstraints {
		if !selects(constraint.LabelSelector, p.template.Labels) {
			f.addf("%s: is spread by other pods", p.owner)
		}
	}
}
