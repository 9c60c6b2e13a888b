package helm

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/fx"
	core "k8s.io/api/core/v1"

	"github.com/kafka-notifications/kafka-notifications/libs/kafka/kafkafx"
	"github.com/kafka-notifications/kafka-notifications/libs/runtime/config"
	dlqreplayer "github.com/kafka-notifications/kafka-notifications/services/dlq-replayer/settings"
	emailworker "github.com/kafka-notifications/kafka-notifications/services/email-worker/settings"
	smsworker "github.com/kafka-notifications/kafka-notifications/services/sms-worker/settings"
	notifyctl "github.com/kafka-notifications/kafka-notifications/tools/notifyctl/settings"
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

// start reads the settings as the program does, and says how long it may drain.
func start(program config.Settings, e config.Env) (drain time.Duration, warnings []string, err error) {
	switch program.(type) {
	case emailworker.EmailWorker:
		var cfg emailworker.EmailWorker
		cfg, warnings, err = config.Load[emailworker.EmailWorker](e)
		drain = cfg.Delivery.DrainTimeout
	case smsworker.SMSWorker:
		var cfg smsworker.SMSWorker
		cfg, warnings, err = config.Load[smsworker.SMSWorker](e)
		drain = cfg.Delivery.DrainTimeout
	case dlqreplayer.DLQReplayer:
		_, warnings, err = config.Load[dlqreplayer.DLQReplayer](e)
	case notifyctl.Notifyctl:
		_, warnings, err = config.Load[notifyctl.Notifyctl](e)
	default:
		err = fmt.Errorf("the settings of %s are not known here", program.Program().Name)
	}
	return drain, warnings, err
}

// checkStart has the program read what the chart gives it, without a fault and
// without a warning, and asks for the time that it then may need to stop.
func checkStart(t testing.TB, program config.Settings, all objects, w workload, env map[string]string) {
	t.Helper()
	drain, warnings, err := start(program, inPod(env, files(t, all, w.template)))
	if err != nil || len(warnings) > 0 {
		t.Errorf("the program says %v %q to %v", err, warnings, env)
	}
	need := fx.New(fx.NopLogger).StopTimeout()
	if drain > 0 {
		need = fx.New(fx.NopLogger, kafkafx.StopTimeout(config.Delivery{DrainTimeout: drain})).StopTimeout()
	}
	if got := time.Duration(*w.template.Spec.TerminationGracePeriodSeconds) * time.Second; got <= need || got > need+30*time.Second {
		t.Errorf("it is killed after %s and may take %s to stop", got, need)
	}
}

// checkSecrets asks that no secret is a variable or stands in a ConfigMap, and
// that the program's group may read the files.
func checkSecrets(t testing.TB, program config.Settings, all objects, w workload) {
	t.Helper()
	given := map[string]bool{}
	for _, m := range all.configMaps {
		for name := range m.Data {
			given[name] = true
		}
	}
	pods := []core.PodTemplateSpec{w.template}
	for _, job := range all.jobs {
		pods = append(pods, job.Spec.Template)
	}
	for _, pod := range pods {
		for _, v := range pod.Spec.Containers[0].Env {
			given[v.Name] = true
			if v.ValueFrom != nil && v.ValueFrom.SecretKeyRef != nil {
				t.Errorf("%s is a secret in a variable", v.Name)
			}
		}
		for _, volume := range pod.Spec.Volumes {
			if p := volume.Projected; p != nil && (*p.DefaultMode != 0o440 || pod.Spec.SecurityContext.FSGroup == nil) {
				t.Errorf("files of secrets have mode %o", *p.DefaultMode)
			}
		}
	}
	for _, s := range config.SettingsOf(program) {
		if s.Secret && given[s.Name] {
			t.Errorf("%s is a secret in a variable", s.Name)
		}
	}
}

// secretsOf returns which Secrets a pod mounts secrets of.
func secretsOf(pod core.PodTemplateSpec) map[string]bool {
	names := map[string]bool{}
	for _, v := range pod.Spec.Volumes {
		if v.Projected == nil {
			continue
		}
		for _, source := range v.Projected.Sources {
			if source.Secret != nil && source.Secret.Items[0].Path != "KAFKA_TLS_CA_FILE" {
				names[source.Secret.Name] = true
			}
		}
	}
	return names
}

// checkJob has notifyctl read what the job gives it, before the release has any
// object that the job could need. It holds no secret of the program.
func checkJob(t testing.TB, program config.Settings, all objects, w workload) {
	t.Helper()
	for _, job := range all.jobs {
		pod := job.Spec.Template
		for name := range secretsOf(pod) {
			if secretsOf(w.template)[name] {
				t.Errorf("the job holds the program's Secret %s", name)
			}
		}
		c := pod.Spec.Containers[0]
		if job.Annotations["helm.sh/hook"] != "pre-install,pre-upgrade" || pod.Spec.ServiceAccountName != "" || len(c.EnvFrom) > 0 {
			t.Error("the job does not come first, or needs what comes after it")
		}
		if len(c.Args) != 2 || c.Args[0] != "topics" || c.Args[1] != "ensure" {
			t.Errorf("the job runs %q", c.Args)
		}
		env := expand(c.Env, "", "")
		_, warnings, err := start(notifyctl.Notifyctl{}, inPod(env, files(t, all, pod)))
		if err != nil || len(warnings) > 0 {
			t.Errorf("notifyctl says %v %q to %v", err, warnings, env)
		}
		if env["KAFKA_SASL_USERNAME"] == program.Program().Name {
			t.Error("the job is the same user as the program")
		}
	}
}
