package lake

import (
	"context"
	"io"
	"os"
	"time"
)

// store is the place where a lake's files lie. Names are relative, with
// slashes. What a method has done when it returns nil survives a loss of power.
//
// A folder and an object store can both be one: create is then an upload,
// putExclusive a put on the condition that nothing has the name.
type store interface {
	// create begins a file that nobody sees before it is published.
	create(hint string) (staged, error)
	// putExclusive writes a whole small file; fs.ErrExist if the name is taken.
	putExclusive(name string, content []byte) error
	// read is the content of a small file; fs.ErrNotExist if there is none.
	read(name string) ([]byte, error)
	// list is what lies directly in the folder, sorted; a missing folder is empty.
	list(folder string) ([]string, error)
	// settle makes what list shows in the folder durable: another process may
	// have put it there an instant ago.
	settle(folder string) error
	// remove removes the files, durably; one that is not there is as well.
	remove(names ...string) error
	// stat is what is known of the file without reading it; fs.ErrNotExist if there is none.
	stat(name string) (stored, error)
	// walk calls visit for every file below the folder, in no order, until visit
	// returns an error, which is then its own. A missing folder is empty.
	walk(ctx context.Context, folder string, visit func(stored) error) error
	// local is the path of a local file with the content of the file, which must
	// be one that never changes; fs.ErrNotExist if there is none.
	local(ctx context.Context, name string) (string, error)
	// open opens the file's content as it is stored at this moment, past any copy
	// that local keeps, so that damage shows. Closing the file is all that has to
	// be done afterwards; fs.ErrNotExist if there is none.
	open(ctx context.Context, name string) (*os.File, error)
}

// stored is what is known of a file without reading it.
type stored struct {
	name    string // relative to the lake, with slashes
	bytes   int64
	changed time.Time
}

// staged is a file that is being written.
type staged interface {
	io.Writer
	// publish gives the whole file its name.
	publish(name string) error
	// discard removes what was written; after publish it does nothing.
	discard()
}
