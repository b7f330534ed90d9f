package chart

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"dakasync/config"
)

// secretValue is what the key of a Secret holds here.
func secretValue(name, key string) string {
	if strings.HasSuffix(key, "url") || key == "DATABASE_URL" {
		return "postgres://" + name + ":hidden@db:5432/daka"
	}
	return "value of " + name + "/" + key
}

// environment is what the only container of a Deployment's pods is given.
func (r *release) environment(t *testing.T, d *appsv1.Deployment) map[string]string {
	t.Helper()
	c := d.Spec.Template.Spec.Containers[0]
	all := map[string]string{}
	for _, from := range c.EnvFrom {
		for _, o := range of[*corev1.ConfigMap](r) {
			if o.Name == from.ConfigMapRef.Name {
				maps.Copy(all, o.Data)
			}
		}
	}
	for _, variable := range c.Env {
		all[variable.Name] = variable.Value
		if variable.ValueFrom != nil {
			all[variable.Name] = secretValue(variable.ValueFrom.SecretKeyRef.Name, variable.ValueFrom.SecretKeyRef.Key)
		}
	}
	return all
}

// start has package config read what a pod is given, with its files in a folder of the test's.
func (r *release) start(t *testing.T, d *appsv1.Deployment, use config.Use) (config.Config, error) {
	t.Helper()
	spec := d.Spec.Template.Spec
	given := r.environment(t, d)
	for _, mount := range spec.Containers[0].VolumeMounts {
		dir := t.TempDir()
		volume := spec.Volumes[slices.IndexFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })]
		for _, item := range volume.Secret.Items {
			require.NoError(t, os.WriteFile(filepath.Join(dir, item.Path), content(t, item.Key), 0o600))
		}
		for name, value := range given {
			given[name] = strings.ReplaceAll(value, mount.MountPath+"/", dir+"/")
		}
	}
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "DAKASYNC_") || strings.HasPrefix(name, "DINGTALK_") || strings.HasPrefix(name, "TEMPORAL_") || name == "DATABASE_URL" {
			t.Setenv(name, "")
		}
	}
	t.Setenv("TEMPORAL_CONFIG_FILE", filepath.Join(t.TempDir(), "none.toml"))
	for name, value := range given {
		t.Setenv(name, value)
	}
	return config.Load(use)
}

var pair = certificate()

// content is what a file of a Secret holds.
func content(t *testing.T, key string) []byte {
	t.Helper()
	switch key {
	case "tls.crt", "ca.crt":
		return pair.certificate
	case "tls.key":
		return pair.key
	default:
		return []byte("from the file " + key + "\n")
	}
}

type keyPair struct{ certificate, key []byte }

// certificate makes one that is good for reading.
func certificate() keyPair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	public, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		panic(err)
	}
	return keyPair{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public}),
		pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}),
	}
}

// TestTheProcessesTakeWhatTheyAreGiven: every case's environment is read by the processes' own rules.
func TestTheProcessesTakeWhatTheyAreGiven(t *testing.T) {
	for _, name := range cases(t) {
		made := rendered(t, values(t, name))
		for program, use := range map[string]config.Use{"worker": config.ForWorker, "starter": config.ForStarter} {
			for i, d := range made.deployments(program) {
				t.Run(fmt.Sprintf("%s/%s/%d", name, program, i), func(t *testing.T) {
					c, err := made.start(t, d, use)
					require.NoError(t, err)
					require.EqualValues(t, ":8080", c.Process.HTTPAddr)
					require.NotEqual(t, "localhost:7233", c.Temporal.Options.HostPort)
					require.EqualValues(t, "json", c.Log.Format)
				})
			}
		}
	}
}

func TestTheCloudIsSpokenToInTheCloudsWay(t *testing.T) {
	key := rendered(t, values(t, "cloud-api-key"))
	c, err := key.start(t, key.deployments("worker")[0], config.ForWorker)
	require.NoError(t, err)
	require.Equal(t, "attendance.a1b2c", c.Temporal.Options.Namespace)
	require.NotNil(t, c.Temporal.Options.Credentials, "the API key")
	require.NotNil(t, c.Temporal.Options.ConnectionOptions.TLS, "without being asked for")
	require.Equal(t, "apiKey", key.auths[0].Spec.SecretTargetRef[0].Parameter)

	mtls := rendered(t, values(t, "cloud-mtls"))
	c, err = mtls.start(t, mtls.deployments("starter")[0], config.ForStarter)
	require.NoError(t, err)
	require.Nil(t, c.Temporal.Options.Credentials)
	require.NotNil(t, c.Temporal.Options.ConnectionOptions.TLS)
	require.Len(t, c.Temporal.Options.ConnectionOptions.TLS.Certificates, 1)

	plain := rendered(t, values(t, "least"))
	c, err = plain.start(t, plain.deployments("worker")[0], config.ForWorker)
	require.NoError(t, err)
	require.Nil(t, c.Temporal.Options.ConnectionOptions.TLS, "not unless it is asked for")
}

func TestEverythingIsAsTheValuesSay(t *testing.T) {
	made := rendered(t, values(t, "everything"))
	workers := made.deployments("worker")
	require.Len(t, workers, 3)
	builds := map[string]string{}
	for _, d := range workers {
		c, err := made.start(t, d, config.ForWorker)
		require.NoError(t, err)
		require.Equal(t, "attendance", c.Temporal.Deployment)
		builds[c.Temporal.BuildID] = d.Spec.Template.Spec.Containers[0].Image
		require.Equal(t, "hr-attendance", c.Temporal.TaskQueue)
		require.Equal(t, 5_000_000, c.Sync.Budget().Calls, "not 5e+06")
		require.Empty(t, c.Sync.SettleDelays, "set, and empty")
		require.Equal(t, "from the file secret", c.App.ClientSecret.Reveal())
		require.Equal(t, "frontend.temporal.internal", c.Temporal.Options.ConnectionOptions.TLS.ServerName)
		require.NotNil(t, c.Temporal.Options.ConnectionOptions.TLS.RootCAs)
	}
	require.Equal(t, map[string]string{
		"1.4.0+5":     "registry.example/hr/dakasync:1.4.0",
		"1.4.0":       "registry.example/hr/dakasync:1.4.0",
		"Release/1.3": "registry.example/hr/dakasync@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	}, builds)
	require.Nil(t, workers[0].Spec.Replicas, "the current build is KEDA's")
	require.Equal(t, "hr-attendance", made.scalers[0].Spec.Triggers[0].Metadata["taskQueue"])

	for _, program := range []string{"worker", "starter"} {
		environment := made.deployments(program)[0].Spec.Template.Spec.Containers[0].Env
		require.Contains(t, environment, corev1.EnvVar{Name: "OTEL_EXPORTER_OTLP_ENDPOINT", Value: "http://collector.monitoring:4318"}, "traces")
	}

	job := made.pods()[0]
	require.True(t, job.job)
	require.Equal(t, "attendance-owner", job.template.Spec.Containers[0].Env[0].ValueFrom.SecretKeyRef.Name, "migrations have a role of their own")
	require.Equal(t, "/etc/dakasync/postgres", job.template.Spec.Containers[0].VolumeMounts[0].MountPath)
}

// TestANewSettingStartsNewPods: a pod does not read its environment again.
func TestANewSettingStartsNewPods(t *testing.T) {
	sum := func(pairs ...string) string {
		return rendered(t, values(t, "least", pairs...)).deployments("starter")[0].Spec.Template.Annotations["checksum/settings"]
	}
	before := sum()
	require.Equal(t, before, sum("worker.replicas", "5"), "not a setting")
	require.NotEqual(t, before, sum("settings.DAKASYNC_QPS", "21"))
}
