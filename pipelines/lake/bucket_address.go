package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/logging"
	gcaws "gocloud.dev/aws"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"parley/pipelines/yamlfile"
)

// parameters are what may stand behind the ? of an object store's URL, with
// the values that a parameter may have if these are few.
var parameters = map[string][]string{
	"region": nil, "endpoint": nil, "profile": nil, "role": nil, "kmskeyid": nil, "rate_limiter_capacity": nil,
	"use_path_style": yesOrNo, "s3ForcePathStyle": yesOrNo, "disable_https": yesOrNo, "hostname_immutable": yesOrNo,
	"accelerate": yesOrNo, "dualstack": yesOrNo, "fips": yesOrNo, "anonymous": yesOrNo,
	"request_checksum_calculation": whenever, "response_checksum_validation": whenever,
	"ssetype": {"AES256", "aws:kms", "aws:kms:dsse", "aws:fsx", "aws:backup"},
}

var (
	yesOrNo  = []string{"true", "false"}
	whenever = []string{"when_supported", "when_required"}
)

// CheckAddress says what is wrong with the address of a lake in an object
// store, as Open would, without looking at anything but the address. Other
// addresses are Open's alone.
func CheckAddress(address string) error {
	if !strings.EqualFold(scheme.FindString(address), "s3:") {
		return nil
	}
	location, err := url.Parse(address)
	if err != nil { // whose text may hold a part of a password
		return errors.New("what is given is no URL; write s3://bucket/prefix?region=eu-west-1")
	}
	_, err = parametersOf(location)
	return err
}

// parametersOf are the parameters of the URL, all of them good.
func parametersOf(address *url.URL) (url.Values, error) {
	if address.User != nil {
		return nil, errors.New("a URL is no place for credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE")
	}
	if address.Host == "" {
		return nil, errors.New("names no bucket; write s3://bucket/prefix?region=eu-west-1")
	}
	given, err := url.ParseQuery(address.RawQuery)
	if err != nil {
		return nil, errors.New("what stands behind the ? cannot be read; write name=value&name=value, with %26 for & and %25 for % in a value")
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		values, known := parameters[name]
		if !known {
			names := slices.Sorted(maps.Keys(parameters))
			if near := yamlfile.DidYouMean(name, names); near != "" {
				return nil, fmt.Errorf("unknown parameter %q%s", name, near)
			}
			return nil, fmt.Errorf("unknown parameter %q; there are %s", name, strings.Join(names, ", "))
		}
		for _, value := range given[name] {
			_, noBool := strconv.ParseBool(value) // which also knows 1 and T
			isBool := noBool == nil && slices.Equal(values, yesOrNo)
			if values != nil && !isBool && !slices.ContainsFunc(values, func(may string) bool { return strings.EqualFold(may, value) }) {
				return nil, fmt.Errorf("%s is %q; write one of %s", name, value, strings.Join(values, ", "))
			}
		}
	}
	return given, nil
}

// openObjects opens the bucket. The client of the object store writes nothing
// of its own to the terminal: what matters is in the errors.
func openObjects(name string, given url.Values) (*blob.Bucket, error) {
	query := maps.Clone(given)
	take := func(name string) string {
		value := query.Get(name)
		delete(query, name)
		return value
	}
	isTrue := func(value string) bool {
		is, _ := strconv.ParseBool(value) // parametersOf has looked at it
		return is
	}
	options := s3blob.Options{KMSEncryptionID: take("kmskeyid")}
	encryption := take("ssetype")
	for _, may := range parameters["ssetype"] {
		if strings.EqualFold(may, encryption) {
			options.EncryptionType = types.ServerSideEncryption(may)
		}
	}
	accelerate, withoutTLS, byPath := isTrue(take("accelerate")), isTrue(take("disable_https")), isTrue(take("use_path_style"))
	if query.Has("s3ForcePathStyle") { // its name of old
		byPath = isTrue(take("s3ForcePathStyle"))
	}

	ctx := context.Background()
	settings, err := gcaws.V2ConfigFromURLParams(ctx, query)
	if err != nil {
		return nil, err
	}
	settings.Logger = logging.Nop{}
	if !query.Has("role") && !isTrue(query.Get("anonymous")) {
		// What looks for credentials has a logger of its own.
		search := []func(*config.LoadOptions) error{
			config.WithLogger(logging.Nop{}), config.WithRegion(settings.Region), config.WithSharedConfigProfile(query.Get("profile")),
			config.WithEC2IMDSClientEnableState(machinesOwn(query.Get("endpoint"))),
		}
		if isTrue(query.Get("fips")) {
			search = append(search, config.WithUseFIPSEndpoint(aws.FIPSEndpointStateEnabled))
		}
		if isTrue(query.Get("dualstack")) {
			search = append(search, config.WithUseDualStackEndpoint(aws.DualStackEndpointStateEnabled))
		}
		found, err := config.LoadDefaultConfig(ctx, search...)
		if err != nil {
			return nil, err
		}
		settings.Credentials = found.Credentials
	}
	options.RequestChecksumCalculation = settings.RequestChecksumCalculation
	client := s3.NewFromConfig(settings, func(o *s3.Options) {
		o.UseAccelerate, o.EndpointOptions.DisableHTTPS, o.UsePathStyle = accelerate, withoutTLS, byPath
	})
	return s3blob.OpenBucket(ctx, client, name, &options)
}

// machinesOwn says whether credentials may be those that Amazon gives to its
// own machines. They open no other store, and elsewhere it takes seconds to
// find that there are none. AWS_EC2_METADATA_DISABLED=false has them looked for
// all the same.
func machinesOwn(endpoint string) imds.ClientEnableState {
	location, err := url.Parse(endpoint)
	if os.Getenv("AWS_EC2_METADATA_DISABLED") != "" || err != nil || endpoint == "" {
		return imds.ClientDefaultEnableState
	}
	if strings.Contains(location.Hostname(), ".amazonaws.") {
		return imds.ClientDefaultEnableState
	}
	return imds.ClientDisabled
}
