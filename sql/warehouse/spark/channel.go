package spark

import (
	"context"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/types/known/emptypb"
)

// user is whom sessions belong to; Spark Connect tells them apart by it and their id.
const user = "parley"

// closeWithin is how long Spark may take to end a session.
const closeWithin = 5 * time.Second

// channel makes the connection of one session. The client keeps the session's
// id to itself and ends no session: the id is read from what it sends.
type channel struct {
	target string
	conn   *grpc.ClientConn

	mu      sync.Mutex
	session string
}

// Build is asked for once, by the session's builder.
func (c *channel) Build(context.Context) (*grpc.ClientConn, error) {
	conn, err := grpc.NewClient(c.target, grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			c.note(req)
			return invoke(ctx, method, req, reply, cc, opts...)
		}),
		grpc.WithChainStreamInterceptor(func(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
			stream, err := open(ctx, desc, cc, method, opts...)
			if err != nil {
				return nil, err
			}
			return &noted{ClientStream: stream, channel: c}, nil
		}))
	c.conn = conn
	return conn, err
}

// User, Headers, SessionId and UserAgent are what the session's builder wants to know.
func (c *channel) User() string               { return user }
func (c *channel) Headers() map[string]string { return nil }
func (c *channel) SessionId() string          { return "" }
func (c *channel) UserAgent() string          { return "parley" }

type noted struct {
	grpc.ClientStream
	channel *channel
}

func (n *noted) SendMsg(m any) error {
	n.channel.note(m)
	return n.ClientStream.SendMsg(m)
}

func (c *channel) note(request any) {
	if named, ok := request.(interface{ GetSessionId() string }); ok {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.session = named.GetSessionId()
	}
}

// close asks Spark to end the session, and closes the connection. A Spark that
// is gone has no session to end, and one that knows no such request forgets the
// session when it has been idle for long: no error of whoever closes.
func (c *channel) close() error {
	_ = c.release()
	return c.conn.Close()
}

// release asks Spark to end the session. The client has no such request: it is
// spark.connect.ReleaseSessionRequest, written by hand, with the session's id
// (field 1) and its user (field 2, whose field 1 is the user's id).
func (c *channel) release() error {
	c.mu.Lock()
	session := c.session
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	var owner, request []byte
	owner = protowire.AppendString(protowire.AppendTag(owner, 1, protowire.BytesType), user)
	request = protowire.AppendString(protowire.AppendTag(request, 1, protowire.BytesType), session)
	request = protowire.AppendBytes(protowire.AppendTag(request, 2, protowire.BytesType), owner)
	message := &emptypb.Empty{}
	message.ProtoReflect().SetUnknown(request)
	return c.conn.Invoke(ctx, "/spark.connect.SparkConnectService/ReleaseSession", message, &emptypb.Empty{})
}
