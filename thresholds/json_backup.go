package thresholds

import (
	"time"

	"github.com/etcdoc/etcdoc/probe"
)

type backupsJSON struct {
	Directory string            `json:"directory"`
	Level     Level             `json:"level"`
	Headline  string            `json:"headline"`
	Newest    string            `json:"newest,omitempty"`
	Taken     time.Time         `json:"taken,omitzero"`
	ByName    bool              `json:"taken_by_name"`
	State     probe.BackupState `json:"state,omitempty"`
	Age       probe.Value       `json:"age_seconds,omitzero"`
}

func (b *Backups) json() *backupsJSON {
	if b == nil {
		return nil
	}
	out := &backupsJSON{Directory: b.Dir, Level: b.FaultLevel(), Headline: b.Headline, Age: b.Age}
	if n := b.Newest; n != nil {
		out.Newest, out.Taken, out.ByName, out.State = n.Name, n.Taken.UTC(), n.ByName, n.State
	}
	return out
}
