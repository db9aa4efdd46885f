package landing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/segmentio/kafka-go"

	"parley/pipelines/broker/security"
)

// patience asks Kafka again when it does not answer: a broker may be starting,
// a partition's leader changing, a network down for a while.
type patience struct {
	limit   time.Duration // 0: for ever
	logger  *slog.Logger
	metrics *Metrics
}

// errMoved says that Kafka's offsets have changed under the reader: retention
// has overtaken it, or the topic was made anew. Where to go on is to be looked
// up again.
var errMoved = errors.New("no such offset on Kafka")

// moved says whether Kafka's answer means errMoved.
func moved(err error) bool {
	return errors.Is(err, kafka.OffsetOutOfRange) || errors.Is(err, kafka.UnknownTopicID) || errors.Is(err, kafka.InconsistentTopicID)
}

// silentError says that Kafka has failed to answer for longer than Patience.
type silentError struct {
	For   time.Duration
	Fault error
}

func (e *silentError) Error() string {
	return fmt.Sprintf("Kafka has not answered for %s: %v", e.For, e.Fault)
}

func (e *silentError) Unwrap() error { return e.Fault }

// ask asks until there is an answer, or a no, with growing pauses. what says
// in an error and to the logger what was asked for.
func (p patience) ask(ctx context.Context, what string, ask func() error) error {
	const longest = 5 * time.Second
	const sayEvery = time.Minute
	var since, said time.Time
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, longest) {
		err := ask()
		switch {
		case err == nil:
			if !said.IsZero() {
				p.logger.Info(what + ": Kafka answers again")
			}
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case moved(err):
			return errMoved
		case lasting(err):
			return fmt.Errorf("%s: %w", what, security.Explain(err))
		}
		p.metrics.kafkaFault()
		if since.IsZero() {
			since = time.Now()
		}
		if p.limit > 0 && time.Since(since) > p.limit {
			return &silentError{For: p.limit, Fault: fmt.Errorf("%s: %w", what, err)}
		}
		if pause > time.Second && time.Since(said) >= sayEvery { // a shorter fault is nobody's concern
			said = time.Now()
			p.logger.Warn(what+": Kafka does not answer; trying again", "error", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
	}
}

// lasting says whether asking again would not help: Kafka has said no, has not
// got what is to be landed, or is of a version that we cannot talk to. Whatever
// else it says passes, as far as anybody can know: leaders change, disks are
// replaced, quotas throttle, a topic that was deleted is made anew.
func lasting(err error) bool {
	for _, no := range []kafka.Error{
		kafka.TopicAuthorizationFailed, kafka.GroupAuthorizationFailed, kafka.ClusterAuthorizationFailed,
		kafka.InvalidTopic, kafka.InvalidGroupId, kafka.InconsistentGroupProtocol, kafka.InvalidSessionTimeout,
		kafka.InvalidRequest, kafka.UnsupportedVersion, kafka.UnsupportedForMessageFormat, kafka.UnsupportedCompressionType,
	} {
		if errors.Is(err, no) {
			return true
		}
	}
	var missing *MissingTopicsError
	return security.Refused(err) || errors.As(err, &missing)
}
