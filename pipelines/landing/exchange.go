package landing

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/fetch"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// exchange is one request and its answer in kmsg's forms, over a connection of
// kafka-go's, which sees to brokers, TLS and passwords. kafka-go's own forms do
// not tell where a batch without records ends, nor a topic's id.
type exchange struct {
	request kmsg.Request
	// version chooses the request's version, given the newest that the broker knows.
	version func(newest int16) (int16, error)
	// leader is of which partition the leader is asked. Nil: any broker is.
	leader *leader
	// memory is for the answer, which refers to it. It grows as needed.
	memory []byte
	// known are the versions that the brokers know.
	known *brokerVersions

	answer kmsg.Response
	broker protocol.Broker
}

type leader struct {
	topic     string
	partition int32
}

// brokerVersions are the newest versions of requests that brokers know, for
// each broker by the request's key.
type brokerVersions struct{ sync.Map }

// ApiKey says to kafka-go which request it is.
func (e *exchange) ApiKey() protocol.ApiKey { return protocol.ApiKey(e.request.Key()) }

// Broker says to kafka-go which broker is asked.
func (e *exchange) Broker(cluster protocol.Cluster) (broker protocol.Broker, err error) {
	e.broker.ID = -1 // any
	if e.leader != nil {
		partition := []fetch.RequestPartition{{Partition: e.leader.partition}}
		e.broker, err = (&fetch.Request{Topics: []fetch.RequestTopic{{Topic: e.leader.topic, Partitions: partition}}}).Broker(cluster)
	}
	return e.broker, err
}

// Required says to kafka-go that RawExchange is to be called.
func (e *exchange) Required(map[protocol.ApiKey]int16) bool { return true }

// RawExchange sends the request and reads the answer.
func (e *exchange) RawExchange(connection io.ReadWriter) (protocol.Message, error) {
	err := e.converse(connection)
	if err != nil {
		e.known.Delete(e.broker) // another version of Kafka may be there when it is back
		return nil, err
	}
	return e, nil
}

func (e *exchange) converse(connection io.ReadWriter) error {
	versions, known := e.known.Load(e.broker)
	if e.broker.ID < 0 || !known {
		asked, err := askVersions(connection)
		if err != nil {
			return err
		}
		versions = asked
		if e.broker.ID >= 0 {
			e.known.Store(e.broker, versions)
		}
	}
	newest, _ := versions.(map[int16]int16)
	version, err := e.version(newest[e.request.Key()])
	if err != nil {
		return err
	}
	e.request.SetVersion(version)
	e.answer, e.memory, err = converse(connection, e.request, e.memory)
	return err
}

// askVersions asks the broker for the newest version of each request.
func askVersions(connection io.ReadWriter) (map[int16]int16, error) {
	// Of version 0, which every broker knows.
	answer, _, err := converse(connection, kmsg.NewPtrApiVersionsRequest(), nil)
	if err != nil {
		return nil, err
	}
	newest := map[int16]int16{}
	if versions, ok := answer.(*kmsg.ApiVersionsResponse); ok {
		for _, each := range versions.ApiKeys {
			newest[each.ApiKey] = each.MaxVersion
		}
	}
	return newest, nil
}

var formatter = kmsg.NewRequestFormatter(kmsg.FormatterClientID(clientID))

// converse sends one request and reads its answer into memory, or into other
// memory where that does not suffice: used is the one that it refers to.
func converse(connection io.ReadWriter, request kmsg.Request, memory []byte) (answer kmsg.Response, used []byte, err error) {
	const correlation = 0x7061726c // one answer for one request: any number does
	if _, err := connection.Write(formatter.AppendRequest(nil, request, correlation)); err != nil {
		return nil, nil, err
	}
	var head [8]byte
	if _, err := io.ReadFull(connection, head[:]); err != nil {
		return nil, nil, err
	}
	size := int(int32(binary.BigEndian.Uint32(head[:]))) - 4
	if size < 0 || binary.BigEndian.Uint32(head[4:]) != correlation {
		return nil, nil, errors.New("what was answered belongs to no request")
	}
	if cap(memory) < size {
		memory = make([]byte, size)
	}
	body := memory[:size]
	if _, err := io.ReadFull(connection, body); err != nil {
		return nil, nil, err
	}
	answer = request.ResponseKind()
	if answer.IsFlexible() {
		if body, err = skipTags(body); err != nil {
			return nil, nil, err
		}
	}
	if err := answer.ReadFrom(body); err != nil {
		return nil, nil, fmt.Errorf("read an answer of %d bytes: %w", size, err)
	}
	return answer, memory, nil
}

// skipTags skips the optional fields at the beginning of an answer's header.
func skipTags(body []byte) ([]byte, error) {
	read := func() uint64 {
		value, n := binary.Uvarint(body)
		body = body[max(n, 0):]
		return value
	}
	for range read() {
		read()
		size := read()
		if size >= uint64(len(body)) {
			return nil, errors.New("an answer's header does not end")
		}
		body = body[size:]
	}
	return body, nil
}
