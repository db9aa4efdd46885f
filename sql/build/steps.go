package build

// The steps of a build, as its record names their seconds.
const (
	stepSettle   = "settle"
	stepInputs   = "inputs"
	stepModels   = "models"
	stepChecks   = "checks"
	stepSegments = "segments"
	stepPublish  = "publish"
)

// timed does the work of a step, and adds the seconds it took to the record.
func (b *building) timed(step string, work func() error) error {
	began := b.cfg.Now()
	defer func() { b.record.Steps[step] += b.cfg.Now().Sub(began).Seconds() }()
	return work()
}
