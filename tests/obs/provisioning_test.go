package obs

import (
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// datasources is what Grafana documents of provisioning/datasources, as far as we
// use it.
type datasources struct {
	APIVersion  int `yaml:"apiVersion"`
	Datasources []struct {
		Name, UID, Type, Access, URL string
		IsDefault                    bool `yaml:"isDefault"`
		Editable                     bool
		JSONData                     struct {
			HTTPMethod   string `yaml:"httpMethod"`
			TimeInterval string `yaml:"timeInterval"`
		} `yaml:"jsonData"`
	}
}

// providers is what Grafana documents of provisioning/dashboards.
type providers struct {
	APIVersion int `yaml:"apiVersion"`
	Providers  []struct {
		Name, Type            string
		DisableDeletion       bool `yaml:"disableDeletion"`
		AllowUIUpdates        bool `yaml:"allowUiUpdates"`
		UpdateIntervalSeconds int  `yaml:"updateIntervalSeconds"`
		Options               struct{ Path string }
	}
}

// scraping is what we use of Prometheus' configuration, which promtool checks.
type scraping struct {
	Global struct {
		ScrapeInterval string `yaml:"scrape_interval"`
	}
	ScrapeConfigs []struct {
		DNSSDConfigs []struct {
			Names []string
			Port  string
		} `yaml:"dns_sd_configs"`
	} `yaml:"scrape_configs"`
}

// composed is what we look at in docker-compose.yml.
type composed struct{ Services map[string]container }

type container struct {
	Image       string
	Volumes     []string
	Command     any
	Environment map[string]string
}

// port returns where a container has its metrics; empty where it has none. Those
// of Django are started by a script.
func (c container) port(t *testing.T) string {
	t.Helper()
	if words, ok := c.Command.([]any); ok && strings.Contains(c.Image, "/django-example:") {
		line := regexp.MustCompile(`(?m)^  ` + words[0].(string) + `\) exec .* --health-addr 0\.0\.0\.0:(\d+)`)
		if found := line.FindSubmatch(read(t, "clients/django/example/run")); found != nil {
			return string(found[1])
		}
		return ""
	}
	_, port, _ := strings.Cut(c.Environment["HEALTH_ADDR"], ":")
	return port
}

// decode decodes YAML; strictly, where the whole form of the file is known here.
func decode[T any](t *testing.T, path string, strictly bool) (into T) {
	t.Helper()
	decoder := yaml.NewDecoder(bytes.NewReader(read(t, path)))
	decoder.KnownFields(strictly)
	if err := decoder.Decode(&into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return into
}

func TestGrafanaFindsItsDataAndItsDashboard(t *testing.T) {
	services := decode[composed](t, "docker-compose.yml", false).Services
	sources := decode[datasources](t, "deploy/grafana/provisioning/datasources/prometheus.yml", true)
	source := sources.Datasources[0]
	at, err := url.Parse(source.URL)
	if err != nil || services[at.Hostname()].Image == "" || at.Port() != "9090" {
		t.Errorf("the data source is at %s: %v", source.URL, err)
	}
	interval := decode[scraping](t, "deploy/prometheus/prometheus.yml", false).Global.ScrapeInterval
	if source.Type != "prometheus" || source.Access != "proxy" || !source.IsDefault || source.JSONData.TimeInterval != interval {
		t.Errorf("the data source is %+v, scraped every %s", source, interval)
	}
	provider := decode[providers](t, "deploy/grafana/provisioning/dashboards/notifications.yml", true).Providers[0]
	grafana := services["grafana"]
	for _, mount := range []string{
		"./deploy/grafana/provisioning:/etc/grafana/provisioning:ro",
		"./deploy/grafana/notifications.json:" + provider.Options.Path + "/notifications.json:ro",
	} {
		if !slices.Contains(grafana.Volumes, mount) {
			t.Errorf("grafana lacks %s", mount)
		}
	}
	if home := grafana.Environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]; home != provider.Options.Path+"/notifications.json" {
		t.Errorf("Grafana begins with %s", home)
	}
	if provider.Type != "file" || sources.APIVersion != 1 {
		t.Errorf("provisioning of the type %s, version %d", provider.Type, sources.APIVersion)
	}
}

// A program that is not scraped has no alerts.
func TestPrometheusKnowsEveryProgram(t *testing.T) {
	scraped := map[string]string{}
	for _, job := range decode[scraping](t, "deploy/prometheus/prometheus.yml", false).ScrapeConfigs {
		for _, found := range job.DNSSDConfigs {
			for _, name := range found.Names {
				scraped[name] = found.Port
			}
		}
	}
	services := decode[composed](t, "docker-compose.yml", false).Services
	for name, service := range services {
		if port := service.port(t); scraped[name] != port {
			t.Errorf("%s has its metrics on port %q, Prometheus asks %q", name, port, scraped[name])
		}
	}
	for name := range scraped {
		if services[name].Image == "" {
			t.Errorf("there is no %s", name)
		}
	}
	if len(scraped) != 5 {
		t.Errorf("%v are scraped", scraped)
	}
}

// The tests of rules and dashboard run on the Prometheus that an operator gets.
func TestPrometheusIsTheOneOfTheImage(t *testing.T) {
	image := decode[composed](t, "docker-compose.yml", false).Services["prometheus"].Image
	_, version, _ := strings.Cut(image, ":v3.")
	minor, patch, ok := strings.Cut(version, ".")
	if module := "prometheus_version := v0.3" + minor + "." + patch + "\n"; !ok || !strings.Contains(string(read(t, "Makefile")), module) {
		t.Errorf("%s is not the image of the Makefile's module", image)
	}
}
