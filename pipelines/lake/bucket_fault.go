package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"strings"

	"gocloud.dev/gcerrors"
)

// answered is what an object store's own error can tell.
type answered interface {
	error
	ErrorCode() string
	ErrorMessage() string
}

// advice says what to do about an object store's answer; it is empty for one
// that says so itself.
func advice(code string) string {
	switch code {
	case "NoSuchBucket", "InvalidBucketName":
		return "create the bucket, or mend its name in lake.url"
	case "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidToken", "Unauthorized":
		return "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, to credentials of this store"
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return "renew the credentials"
	case "AccessDenied", "Forbidden", "AllAccessDisabled":
		return "look whether the credentials are right and may s3:ListBucket the bucket, and s3:GetObject, s3:PutObject and s3:DeleteObject what is in it"
	case "PermanentRedirect", "MovedPermanently", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return "name the bucket's own region in lake.url, as ?region=eu-west-1"
	case "RequestTimeTooSkewed":
		return "set this machine's clock"
	case "NotImplemented", "XAmzContentSHA256Mismatch":
		return "if the store does not know checksums of requests, add request_checksum_calculation=when_required to lake.url"
	}
	return ""
}

// bucketError says what the object store has not done, and what to do.
type bucketError struct {
	object string // s3://bucket/key
	what   string
	advice string // may be empty
	cause  error
}

func (e *bucketError) Error() string {
	if e.advice == "" {
		return e.object + ": " + e.what
	}
	return e.object + ": " + e.what + "; " + e.advice
}

func (e *bucketError) Unwrap() error { return e.cause }

// fault says in short what the client of the object store says at length. Nil stays nil.
func (b *bucket) fault(name string, err error) error {
	if err == nil {
		return nil
	}
	fault := &bucketError{object: b.place + name, what: err.Error(), cause: err}
	var answer answered
	var network net.Error
	switch text := err.Error(); {
	case errors.As(err, &answer):
		code := answer.ErrorCode()
		if gcerrors.Code(err) == gcerrors.NotFound && code != "NoSuchBucket" {
			return fmt.Errorf("%s%s: %w", b.place, name, fs.ErrNotExist)
		}
		fault.what, fault.advice = "the object store says "+code, advice(code)
		if message := strings.TrimSuffix(strings.TrimSpace(answer.ErrorMessage()), "."); message != "" && message != code {
			fault.what += ": " + message
		}
	case gcerrors.Code(err) == gcerrors.NotFound:
		return fmt.Errorf("%s%s: %w", b.place, name, fs.ErrNotExist)
	case strings.Contains(text, "get credentials") || strings.Contains(text, "refresh cached credentials"):
		fault.what, fault.advice = "no credentials for the object store are found", "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
	case strings.Contains(text, "Missing Region") || strings.Contains(text, "Invalid region"):
		fault.what, fault.advice = "the object store's region is not known", "name it in lake.url, as ?region=eu-west-1, or in AWS_REGION"
	case errors.Is(err, context.Canceled):
	case errors.Is(err, context.DeadlineExceeded):
		fault.what, fault.advice = "the object store does not answer in time", "look at its state and at the network"
	case errors.As(err, &network):
		fault.what, fault.advice = "the object store is not reached: "+network.Error(), "look at the endpoint in lake.url and at the network"
	}
	return fault
}

// isConflict says that the store has refused a put only because another was
// under way in the same instant.
func isConflict(err error) bool {
	var answer answered
	return errors.As(err, &answer) && (answer.ErrorCode() == "ConditionalRequestConflict" || answer.ErrorCode() == "OperationAborted")
}
