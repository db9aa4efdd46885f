package landing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"
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
