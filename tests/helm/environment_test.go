package helm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"

	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	dlqreplayer "github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
)

func theEmailWorker() config.Settings { return emailworker.EmailWorker{} }

func theReplayer() config.Settings { return dlqreplayer.DLQReplayer{} }

func itoa(n int32) string { return strconv.Itoa(int(n)) }

// environment returns the variables of the program's container in its first pod.
func environment(t testing.TB, all objects, w workload) map[string]string {
	t.Helper()
	env := map[string]string{}
	for _, source := range w.template.Spec.Containers[0].EnvFrom {
		for _, m := range all.configMaps {
			if m.Name == source.ConfigMapRef.Name {
				for name, value := range m.Data {
					env[name] = value
				}
			}
		}
	}
	for name, value := range expand(w.template.Spec.Containers[0].Env, w.name+"-0", "clinic") {
		env[name] = value
	}
	return env
}

// expand does what the kubelet does with a container's variables.
func expand(variables []core.EnvVar, pod, namespace string) map[string]string {
	fields := map[string]string{"metadata.name": pod, "metadata.namespace": namespace}
	env := map[string]string{}
	for _, v := range variables {
		value := v.Value
		if v.ValueFrom != nil {
			value = fields[v.ValueFrom.FieldRef.FieldPath]
		}
		for name, earlier := range env {
			value = strings.ReplaceAll(value, "$("+name+")", earlier)
		}
		env[v.Name] = value
	}
	return env
}

// files lays a pod's volumes out below a folder, and returns where each mount is
// found there. Every secret has some content; an authority is one.
func files(t testing.TB, all objects, pod core.PodTemplateSpec) map[string]string {
	t.Helper()
	volumes := map[string]map[string]string{}
	for _, v := range pod.Spec.Volumes {
		content := map[string]string{}
		switch {
		case v.Projected != nil:
			for _, source := range v.Projected.Sources {
				var items []core.KeyToPath
				if source.Secret != nil {
					items = source.Secret.Items
				} else {
					items = source.ConfigMap.Items
				}
				for _, item := range items {
					content[item.Path] = contentOf(t, item.Path)
				}
			}
		case v.ConfigMap != nil:
			for _, m := range all.configMaps {
				if m.Name == v.ConfigMap.Name {
					content = m.Data
				}
			}
		}
		volumes[v.Name] = content
	}
	mounts := map[string]string{}
	for _, mount := range pod.Spec.Containers[0].VolumeMounts {
		content, ok := volumes[mount.Name]
		if !ok || !mount.ReadOnly {
			t.Errorf("%s is not there, or may be written", mount.Name)
		}
		mounts[mount.MountPath] = t.TempDir()
		for name, text := range content {
			if err := os.WriteFile(filepath.Join(mounts[mount.MountPath], name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	return mounts
}

// contentOf returns something that a setting's file may hold.
func contentOf(t testing.TB, setting string) string {
	t.Helper()
	switch setting {
	case "KAFKA_TLS_CA_FILE", "OTEL_EXPORTER_OTLP_CERTIFICATE":
		return authority(t)
	case "OTEL_EXPORTER_OTLP_HEADERS":
		return "authorization=hunter2"
	}
	return "hunter2"
}

// authority returns a certificate.
func authority(t testing.TB) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}))
}

// inPod returns the variables with the paths of mounted files as they are here.
func inPod(env, mounts map[string]string) config.Env {
	here := config.Env{}
	for name, value := range env {
		for path, folder := range mounts {
			if value == path || strings.HasPrefix(value, path+"/") {
				value = folder + strings.TrimPrefix(value, path)
			}
		}
		here[name] = value
	}
	return here
}
