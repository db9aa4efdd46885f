package lake

import (
	"fmt"
	"strconv"
	"strings"
)

// landed is what the name of a landed file says.
type landed struct {
	kind       string
	schema     int
	day        string // on which it landed, as 2006-01-02
	log        logID
	start, end int64
}

const landedFolder = "landed"

func (f landed) name(attempt string) string {
	return fmt.Sprintf("%s/%s/v=%d/dt=%s/%s-%d-%d-%020d-%020d-%s.parquet",
		landedFolder, f.kind, f.schema, f.day, f.log.topic, f.log.epoch, f.log.partition, f.start, f.end, attempt)
}

// parseLanded reads the name of a landed file back; anything else under landed/
// is none of ours. A topic may hold dashes and dots, so it is read from the end.
func parseLanded(name string) (f landed, ok bool) {
	folders := strings.Split(name, "/")
	if len(folders) != 5 || folders[0] != landedFolder {
		return landed{}, false
	}
	f.kind = folders[1]
	schema, hasSchema := strings.CutPrefix(folders[2], "v=")
	day, hasDay := strings.CutPrefix(folders[3], "dt=")
	base, isParquet := strings.CutSuffix(folders[4], ".parquet")
	parts := strings.Split(base, "-")
	if !hasSchema || !hasDay || !isParquet || len(parts) < 6 {
		return landed{}, false
	}
	f.day = day
	ends := len(parts) - 5 // epoch, partition, start, end, attempt
	f.log.topic = strings.Join(parts[:ends], "-")
	var numbers [5]int64
	for i, text := range []string{schema, parts[ends], parts[ends+1], parts[ends+2], parts[ends+3]} {
		bits := 64
		if i < 3 {
			bits = 32
		}
		n, err := strconv.ParseUint(text, 10, bits-1)
		if err != nil {
			return landed{}, false
		}
		numbers[i] = int64(n)
	}
	f.schema, f.log.epoch, f.log.partition = int(numbers[0]), int32(numbers[1]), int32(numbers[2])
	f.start, f.end = numbers[3], numbers[4]
	// Another spelling of the same is not a name that Create gives.
	return f, f.log.topic != "" && f.name(parts[len(parts)-1]) == name
}
