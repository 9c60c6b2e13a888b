package domain_test

import (
	"strings"
	"testing"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

func TestOnlyWhoIsOnTheListIsAllowed(t *testing.T) {
	list, err := domain.ParseAllowlist(" mara@clinic.example, @Test.Example,+15550100001,, @münchen.example")
	if err != nil || list.Len() != 4 {
		t.Fatalf("%d entries, %v", list.Len(), err)
	}
	for recipient, want := range map[string]bool{
		"mara@clinic.example": true, "mara@CLINIC.example": true, "Mara@clinic.example": false, "joe@clinic.example": false,
		"joe@test.example": true, "joe@TEST.example": true, "joe@sub.test.example": false, "joe@attest.example": false,
		"joe@xn--mnchen-3ya.example": true, "+15550100001": true, "+15550100002": false, "+1555010000": false, "": false, "@test.example": true,
	} {
		if got := list.Allows(recipient); got != want {
			t.Errorf("%q is allowed: %t", recipient, got)
		}
	}
	if _, err := domain.ParseAllowlist(" , "); err == nil {
		t.Error("a list of nothing is taken for none")
	}
	if all, err := domain.ParseAllowlist(" "); err != nil || !all.Allows("anybody@clinic.example") || all.Len() != 0 {
		t.Errorf("without a list not everybody is allowed: %v", err)
	}
}

func TestAnEntryThatIsNoRecipientIsRefusedWithoutQuotingIt(t *testing.T) {
	for _, entry := range []string{"someone", "hospital.example", "@hospital", "Mara <mara@clinic.example>", "15550100001", "+0555", "a@b@clinic.example", "*@clinic.example"} {
		_, err := domain.ParseAllowlist("joe@clinic.example," + entry)
		if err == nil || !strings.Contains(err.Error(), "entry 2") || strings.Contains(err.Error(), entry) {
			t.Errorf("%s: %v", entry, err)
		}
	}
}
