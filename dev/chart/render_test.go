package chart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"github.com/stretchr/testify/require"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/releaseutil"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/yaml"
)

const (
	root      = "../.."
	chartPath = root + "/deploy/helm/dakasync"
	suffix    = "-values.yaml"
)

// cases are the files of values that the chart is shown with.
func cases(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(chartPath, "ci", "*"+suffix))
	require.NoError(t, err)
	require.Len(t, files, 5)
	for i, file := range files {
		files[i] = strings.TrimSuffix(filepath.Base(file), suffix)
	}
	return files
}

// values reads one case; pairs of a path and YAML change it.
func values(t *testing.T, name string, pairs ...string) map[string]any {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(chartPath, "ci", name+suffix))
	require.NoError(t, err)
	var all map[string]any
	require.NoError(t, yaml.UnmarshalStrict(text, &all))
	for i := 0; i < len(pairs); i += 2 {
		keys := strings.Split(pairs[i], ".")
		at := all
		for _, key := range keys[:len(keys)-1] {
			next, ok := at[key].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[key] = next
			}
			at = next
		}
		var value any
		require.NoError(t, yaml.Unmarshal([]byte(pairs[i+1]), &value))
		at[keys[len(keys)-1]] = value
	}
	return all
}

// render is `helm template`: the values are held against the schema, and hooks are told from the rest by Helm's rules.
func render(given map[string]any) (hooks, manifests []string, notes string, err error) {
	chart, err := loader.Load(chartPath)
	if err != nil {
		return nil, nil, "", err
	}
	options := chartutil.ReleaseOptions{Name: "hr", Namespace: "attendance", Revision: 1, IsInstall: true}
	ready, err := chartutil.ToRenderValues(chart, given, options, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, nil, "", err
	}
	files, err := engine.Render(chart, ready)
	if err != nil {
		return nil, nil, "", err
	}
	for name, text := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			notes = text
			delete(files, name)
		}
	}
	hooked, rest, err := releaseutil.SortManifests(files, nil, releaseutil.InstallOrder)
	for _, hook := range hooked {
		hooks = append(hooks, hook.Manifest)
	}
	for _, manifest := range rest {
		manifests = append(manifests, manifest.Content)
	}
	return hooks, manifests, notes, err
}

// release is what the chart makes.
type release struct {
	hooks   []runtime.Object
	objects []runtime.Object
	scalers []scaledObject
	auths   []triggerAuthentication
}

// decode refuses unknown fields, unknown kinds and fields given twice.
func decode(hooks, manifests []string) (*release, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme,
		networkingv1.AddToScheme, policyv1.AddToScheme, monitoringv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	strict := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	made := &release{}
	for _, text := range hooks {
		object, _, err := strict.Decode([]byte(text), nil, nil)
		if err != nil {
			return nil, err
		}
		made.hooks = append(made.hooks, object)
	}
	for _, text := range manifests {
		if strings.Contains(text, "apiVersion: keda.sh/") {
			if err := made.addKEDA(text); err != nil {
				return nil, err
			}
			continue
		}
		object, _, err := strict.Decode([]byte(text), nil, nil)
		if err != nil {
			return nil, err
		}
		made.objects = append(made.objects, object)
	}
	return made, nil
}

func rendered(t *testing.T, given map[string]any) *release {
	t.Helper()
	hooks, manifests, _, err := render(given)
	require.NoError(t, err)
	made, err := decode(hooks, manifests)
	require.NoError(t, err)
	return made
}

func TestHelmLintsTheChart(t *testing.T) {
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			result := lint.All(chartPath, values(t, name), "attendance", true)
			for _, message := range result.Messages {
				if !strings.Contains(message.Err.Error(), "icon is recommended") {
					require.Less(t, message.Severity, support.WarningSev, message.Error())
				}
			}
		})
	}
}

func TestEveryObjectIsSound(t *testing.T) {
	for _, name := range cases(t) {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, rendered(t, values(t, name)).faults())
		})
	}
}

// refusal is why values are not taken.
func refusal(given map[string]any) error {
	_, _, _, err := render(given) //nolint:dogsled // Only whether it can be.
	return err
}

func TestWhatIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		pairs []string
		says  string
	}{
		"no client id":              {[]string{"settings.DINGTALK_CLIENT_ID", "null"}, "settings.DINGTALK_CLIENT_ID is not set"},
		"no corp id":                {[]string{"settings.DINGTALK_CORP_ID", `""`}, "settings.DINGTALK_CORP_ID is not set"},
		"no Temporal":               {[]string{"temporal.address", `""`}, "address"},
		"Temporal by URL":           {[]string{"temporal.address", "http://temporal:7233"}, "address"},
		"no database":               {[]string{"secrets.DATABASE_URL", "null"}, "secrets.DATABASE_URL is not set"},
		"no secret":                 {[]string{"secrets.DINGTALK_CLIENT_SECRET", "null"}, "set one of secrets.DINGTALK_CLIENT_SECRET"},
		"two secrets":               {[]string{"secretFiles.DINGTALK_CLIENT_SECRET_FILE", "{name: a, key: b}"}, "set one of secrets.DINGTALK_CLIENT_SECRET"},
		"a misspelt setting":        {[]string{"settings.DAKASYNC_QSP", "20"}, "DAKASYNC_QSP"},
		"a secret in plain":         {[]string{"settings.DATABASE_URL", "postgres://u:p@db/daka"}, "DATABASE_URL"},
		"the chart's own setting":   {[]string{"settings.DAKASYNC_HTTP_ADDR", `"0.0.0.0:1"`}, "DAKASYNC_HTTP_ADDR"},
		"an unknown value":          {[]string{"workers.replicas", "3"}, "workers"},
		"an unknown nested value":   {[]string{"worker.replica", "3"}, "replica"},
		"a fraction":                {[]string{"settings.DAKASYNC_QPS", "1.5"}, "DAKASYNC_QPS"},
		"build without deployment":  {[]string{"versioning.buildId", `"1"`}, "versioning.deployment"},
		"builds without deployment": {[]string{"versioning.keep", `[{buildId: "1", tag: "1"}]`}, "versioning.deployment"},
		"the current build kept":    {[]string{"versioning.deployment", "a", "versioning.buildId", `"2"`, "versioning.keep", `[{buildId: "2", tag: "1"}]`}, "is the current one"},
		"a build without an image":  {[]string{"versioning.deployment", "a", "versioning.keep", `[{buildId: "2"}]`}, "keep"},
		"a dotted deployment":       {[]string{"versioning.deployment", "a.b"}, "deployment"},
		"KEDA and bare TLS":         {[]string{"temporal.tls.enabled", "true", "worker.autoscaling.kind", "keda"}, "KEDA's Temporal scaler"},
		"a hasty end":               {[]string{"terminationGracePeriodSeconds", "5"}, "terminationGracePeriodSeconds"},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorContains(t, refusal(values(t, "least", test.pairs...)), test.says)
		})
	}
	require.Error(t, refusal(map[string]any{}), "nothing is said")
}

func TestNotesNameWhatIsThere(t *testing.T) {
	for _, name := range cases(t) {
		_, _, notes, err := render(values(t, name))
		require.NoError(t, err)
		made := rendered(t, values(t, name))
		require.Contains(t, notes, "exec deploy/"+made.deployments("worker")[0].Name+" -- /bin/dakactl status", name)
	}
	_, _, notes, err := render(values(t, "everything"))
	require.NoError(t, err)
	require.Contains(t, notes, "--deployment-name attendance --build-id 1.4.0+5")
}

// The NetworkPolicy lets nobody in by default, and the pods say all the same that they may be scraped.
func TestNotesSayThatNobodyMayScrape(t *testing.T) {
	for name, test := range map[string]struct {
		pairs []string
		says  bool
	}{
		"by default":         {nil, true},
		"a PodMonitor":       {[]string{"metrics.annotations", "false", "metrics.podMonitor.enabled", "true"}, true},
		"no metrics wanted":  {[]string{"metrics.annotations", "false"}, false},
		"no policy":          {[]string{"networkPolicy.enabled", "false"}, false},
		"somebody is let in": {[]string{"networkPolicy.from", "[{podSelector: {}}]"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, notes, err := render(values(t, "least", test.pairs...))
			require.NoError(t, err)
			require.Equal(t, test.says, strings.Contains(notes, "Prometheus cannot reach /metrics"), notes)
		})
	}
}
