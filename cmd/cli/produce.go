package cli

import (
	"context"
	"time"

	"parley/cmd/workspace"
	"parley/pipelines/broker"
	"parley/pipelines/record"
)

// produce puts one record on Kafka, which may be restarting.
func (a *app) produce(ctx context.Context, ws *workspace.Workspace, kind record.Kind, value []byte) error {
	config, err := a.brokerConfig(ws)
	if err != nil {
		return err
	}
	config.Patience = 30 * time.Second
	return broker.Do(ctx, config, func(ctx context.Context, b *broker.Broker) error {
		if err := a.ensureTopics(ctx, b); err != nil {
			return err
		}
		return b.Produce(ctx, []broker.Message{{Kind: kind, Key: record.KeyOf(kind, value), Value: value, At: ws.Now()}})
	})
}
