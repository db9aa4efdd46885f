package settle

import "context"

// writeIdentified merges the new rows of a table in which, of several reports
// of one id, the earliest stands, whatever their dates. ids are those of the
// new rows; identify gives a row's id and time. A settled row that turns out to
// be a later report leaves the file of its date.
func writeIdentified[H, T any](ctx context.Context, d *dated[H, T], ids *idGather, identify func(*T) (id string, at int64)) error {
	stands := map[idHash]int64{} // of the ids that came with several times
	d.also = map[date]bool{}
	err := d.run.index(ids, func(of reports) {
		if of.first == of.last {
			return
		}
		stands[of.hash] = of.first
		for _, at := range of.settled {
			if at != of.first {
				d.also[dateOf(at)] = true
			}
		}
	})
	if err != nil {
		return err
	}
	if len(stands) > 0 {
		d.drop = func(row *T, _ date) bool {
			id, at := identify(row)
			first, known := stands[hashID(id)]
			return known && at != first
		}
	}
	return d.write(ctx)
}
