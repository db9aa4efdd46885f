package record

// DeadLetter is a record that could not be read, kept as it came so that it
// can be looked at and replayed.
type DeadLetter struct {
	Landed
	Topic   string `parquet:"topic,dict"`
	Key     []byte `parquet:"key,optional"`
	Value   []byte `parquet:"value,optional"`
	Headers string `parquet:"headers,optional"` // JSON array of {key, value}, value in base64
	Class   string `parquet:"class,dict"`
	Reason  string `parquet:"reason"`
	Decoder int32  `parquet:"decoder"` // version of the decoder that refused it
}
