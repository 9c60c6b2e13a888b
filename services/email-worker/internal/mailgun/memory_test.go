package mailgun

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kafka-notifications/kafka-notifications/libs/domain"
)

// scriptedPaths are two paths that answer as they are told, and who was asked.
type scriptedPaths struct {
	answers [2]answer
	asked   []string
}

func (s *scriptedPaths) sender() *Sender {
	search := func(i int, name string) *path {
		return &path{search: func(context.Context, question) answer {
			s.asked = append(s.asked, name)
			return s.answers[i]
		}}
	}
	return &Sender{paths: paths{search(0, "events"), search(1, "logs")}}
}

// expect asks once and checks who was asked, in order.
func (s *scriptedPaths) expect(t *testing.T, sender *Sender, what string, want ...string) {
	t.Helper()
	s.asked = nil
	_ = sender.ask(t.Context(), question{})
	if !slices.Equal(s.asked, want) {
		t.Errorf("%s: asked %q, want %q", what, s.asked, want)
	}
}

func TestAPathThatRefusedIsAskedLastForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := answer{failure: lookUpFailure(domain.ClassUnknownOutcome, "410", "gone")}
		trouble := answer{failure: lookUpFailure(domain.ClassTransient, "503", "away")}
		s := &scriptedPaths{answers: [2]answer{refused, {}}}
		sender := s.sender()
		s.expect(t, sender, "at first", "events", "logs")
		s.expect(t, sender, "after a refusal", "logs")
		s.answers[1] = trouble
		s.expect(t, sender, "while logs are away", "logs", "events")
		<-time.After(refusedFor - time.Second)
		s.expect(t, sender, "it has refused again since", "logs", "events")
		s.answers = [2]answer{{}, {}}
		<-time.After(refusedFor - time.Second)
		s.expect(t, sender, "just before the time", "logs")
		<-time.After(time.Second)
		s.expect(t, sender, "after it", "events")
		s.expect(t, sender, "it has answered", "events")
		s.answers = [2]answer{trouble, {}}
		s.expect(t, sender, "trouble is no refusal", "events", "logs")
		s.expect(t, sender, "and is not remembered", "events", "logs")
		s.answers = [2]answer{refused, refused}
		s.expect(t, sender, "both refuse", "events", "logs")
		s.expect(t, sender, "both are asked all the same", "events", "logs")
	})
}

// One that hangs must leave the other time to answer.
func TestAPathThatHangsLeavesTimeForTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := &path{search: func(ctx context.Context, _ question) answer {
			<-ctx.Done()
			return answer{failure: lookUpFailure(domain.ClassTransient, "timeout", "no answer")}
		}}
		answers := &path{search: func(ctx context.Context, _ question) answer { return answer{accepted: ctx.Err() == nil} }}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		begin := time.Now()
		a := (&Sender{paths: paths{hangs, answers}}).ask(ctx, question{})
		if took := time.Since(begin); !a.accepted || took != 5*time.Second {
			t.Errorf("accepted %t after %s, want it after half of the time", a.accepted, took)
		}
	})
}
