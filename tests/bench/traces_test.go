package bench

import (
	"io"
	"net/http"
	"net/http/httptest"
)

// traceCost compares what a message costs without traces, with one in a hundred, and
// with all of them. The collector takes everything and looks at nothing; it runs beside
// the provider, not in the worker.
func traceCost(l *lab) {
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }))
	defer collector.Close()
	load, windows := loads()[0], map[string][]window{}
	shares := []string{"off", "0.01", "1"}
	for round := range *rounds {
		for i := range shares {
			share := shares[(round+i)%len(shares)]
			settings := map[string]string{}
			if share != "off" {
				settings["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.URL
				settings["OTEL_TRACES_SAMPLER"], settings["OTEL_TRACES_SAMPLER_ARG"] = "parentbased_traceidratio", share
			}
			windows[share] = append(windows[share], l.send(load, settings))
		}
	}
	for _, share := range shares {
		l.report.figure("traces, "+load.String(), map[string]string{"off": "off", "0.01": "one in a hundred", "1": "all"}[share], windows[share])
	}
}
