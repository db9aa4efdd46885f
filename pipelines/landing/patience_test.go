package landing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/segmentio/kafka-go"
)

// TestWhatKafkaAnswers: every error that Kafka documents for the requests that
// landing makes, and what landing makes of it.
func TestWhatKafkaAnswers(t *testing.T) {
	t.Parallel()
	const again, look, end = "asked again", "looked up again where to go on", "the end of it"
	for err, want := range map[error]string{
		// Fetch.
		kafka.OffsetOutOfRange:           look,
		kafka.UnknownTopicID:             look,
		kafka.InconsistentTopicID:        look,
		kafka.NotLeaderForPartition:      again,
		kafka.LeaderNotAvailable:         again,
		kafka.ReplicaNotAvailable:        again,
		kafka.UnknownTopicOrPartition:    again, // deleted to be made anew, or a broker that has not heard of it
		kafka.FencedLeaderEpoch:          again,
		kafka.UnknownLeaderEpoch:         again,
		kafka.OffsetNotAvailable:         again,
		kafka.KafkaStorageError:          again,
		kafka.FetchSessionIDNotFound:     again,
		kafka.InvalidFetchSessionEpoch:   again,
		kafka.FetchSessionTopicIDError:   again,
		kafka.InvalidMessage:             again, // the broker finds its own batch damaged
		kafka.Unknown:                    again,
		kafka.Error(109):                 again, // moved to tiered storage
		kafka.UnsupportedCompressionType: end,
		kafka.TopicAuthorizationFailed:   end,
		kafka.UnsupportedVersion:         end,
		kafka.InvalidRequest:             end,
		// ListOffsets and Metadata.
		kafka.UnsupportedForMessageFormat: end,
		kafka.InvalidTopic:                end,
		kafka.BrokerNotAvailable:          again,
		kafka.RequestTimedOut:             again,
		kafka.NetworkException:            again,
		kafka.ThrottlingQuotaExceeded:     again,
		kafka.ListenerNotFound:            again,
		// Groups.
		kafka.GroupCoordinatorNotAvailable: again,
		kafka.GroupLoadInProgress:          again,
		kafka.NotCoordinatorForGroup:       again,
		kafka.RebalanceInProgress:          again,
		kafka.UnknownMemberId:              again,
		kafka.IllegalGeneration:            again,
		kafka.GroupMaxSizeReached:          again,
		kafka.FencedInstanceID:             again,
		kafka.GroupAuthorizationFailed:     end,
		kafka.InvalidGroupId:               end,
		kafka.InconsistentGroupProtocol:    end,
		kafka.InvalidSessionTimeout:        end,
		// Any.
		kafka.ClusterAuthorizationFailed: end,
		kafka.SASLAuthenticationFailed:   end,
		kafka.UnsupportedSASLMechanism:   end,
		io.ErrUnexpectedEOF:              again,
		context.DeadlineExceeded:         again,
		errNothing:                       again,
		errDamaged:                       again,
		&MissingTopicsError{}:            end,
	} {
		t.Run(fmt.Sprint(err), func(t *testing.T) {
			t.Parallel()
			asked := 0
			p := patience{limit: time.Hour, logger: slog.New(slog.DiscardHandler)}
			fault := p.ask(t.Context(), "ask", func() error {
				if asked++; asked > 1 {
					return nil
				}
				return fmt.Errorf("kafka-go: %w", err)
			})
			got := end
			switch {
			case fault == nil && asked == 2:
				got = again
			case errors.Is(fault, errMoved):
				got = look
			}
			if got != want {
				t.Errorf("it is %s, want %s: %v", got, want, fault)
			}
		})
	}
}

// TestAnOutageIsSaidOnce, though Kafka is asked again and again.
func TestAnOutageIsSaidOnce(t *testing.T) {
	t.Parallel()
	for limit, want := range map[time.Duration]int{time.Second: 0, 30 * time.Second: 1, 150 * time.Second: 3} {
		synctest.Test(t, func(t *testing.T) {
			var log strings.Builder
			asked := 0
			p := patience{limit: limit, logger: slog.New(slog.NewTextHandler(&log, nil))}
			err := p.ask(t.Context(), "ask", func() error { asked++; return io.EOF })
			var silent *silentError
			if !errors.As(err, &silent) || asked < 6 {
				t.Errorf("within %s: asked %d times, %v", limit, asked, err)
			}
			if got := strings.Count(log.String(), "does not answer"); got != want {
				t.Errorf("within %s it was said %d times, want %d:\n%s", limit, got, want, log.String())
			}
		})
	}
}
