package importer

import (
	"encoding/json"
	"maps"
)

// splitBytes is the length of parts that go into one record of a conversation
// that is too long for one.
const splitBytes = maxValue / 2

// splitConversation makes several records of a whole conversation that is
// longer than a message may be: the first with the source, each with some of
// the parts. No part is forgotten when a conversation comes again with fewer.
func splitConversation(members object) [][]byte {
	rest := maps.Clone(members)
	var parts []json.RawMessage
	for _, name := range []string{"conversation_parts", "parts"} {
		parts = append(parts, elementsOf(rest[name])...)
		delete(rest, name)
	}
	var pieces [][]byte
	for len(parts) > 0 || len(pieces) == 0 {
		count, length := 0, 0
		for count < len(parts) && (count == 0 || length+len(parts[count]) <= splitBytes) {
			length += len(parts[count])
			count++
		}
		piece := maps.Clone(rest)
		piece["parts"], _ = json.Marshal(parts[:count])
		text, err := json.Marshal(piece)
		if err != nil {
			return nil
		}
		pieces = append(pieces, text)
		parts = parts[count:]
		delete(rest, "source")
		delete(rest, "conversation_message")
	}
	return pieces
}

// elementsOf is the elements of an array, or of the one in an object.
func elementsOf(raw json.RawMessage) []json.RawMessage {
	var elements []json.RawMessage
	if json.Unmarshal(raw, &elements) == nil {
		return elements
	}
	var members object
	if json.Unmarshal(raw, &members) == nil {
		for _, member := range members {
			if json.Unmarshal(member, &elements) == nil && elements != nil {
				return elements
			}
		}
	}
	return nil
}
