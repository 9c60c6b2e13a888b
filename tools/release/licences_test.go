package main

import (
	"testing"

	"github.com/kafka-notifications/kafka-notifications/tools/release/internal/licences"
)

// What the programs contain may be passed on as the images do.
func TestEverythingInTheProgramsStandsUnderAnAllowedLicence(t *testing.T) {
	reader, err := reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all, err := modules(t.Context(), "../..", reader)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("only %d modules are known", len(all))
	}
	for _, refused := range licences.Refused(all, licences.Allowed()) {
		t.Errorf("%s, which is not on the list of allowed licences", refused)
	}
}

func TestALicenceThatIsNotOnTheListIsRefused(t *testing.T) {
	all := []licences.Module{
		{Path: "free.example/a", Version: "v1.0.0", Licences: []string{"MIT"}},
		{Path: "both.example/b", Version: "v2.0.0", Licences: []string{"AGPL-3.0", "MIT"}},
	}
	if got := licences.Refused(all, licences.Allowed()); len(got) != 1 || got[0] != "both.example/b@v2.0.0 is under AGPL-3.0" {
		t.Errorf("refused: %q", got)
	}
}
