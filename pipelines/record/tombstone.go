package record

// Tombstone says that an entity is deleted: a message whose key is the
// entity's id and whose value is null.
type Tombstone struct {
	Landed
	Kind Kind   `parquet:"kind,dict"` // of what: users, companies, conversations, …
	Key  string `parquet:"key"`
}
