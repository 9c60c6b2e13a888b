package helm

import (
	"fmt"
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
