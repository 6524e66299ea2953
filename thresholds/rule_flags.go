package thresholds

import "github.com/etcdoc/etcdoc/probe"

// defaultQuota is etcd's quota where none is set, in bytes: DefaultQuotaBytes in server/storage/quota.go, the same in
// every version from 3.3 on.
const defaultQuota = 2 << 30

// flagQuota is a member's quota by its flags, as files on etcdoc's own host set them; negative where the quota is
// switched off, and absent where the flags are not known, or etcd would refuse the value.
func flagQuota(m *probe.Member) probe.Value {
	if m.Flags == nil {
		return probe.Value{}
	}
	written, set := m.Flags.All["quota-backend-bytes"]
	switch quota := m.Flags.QuotaBackendBytes; {
	case quota != 0:
		return probe.Known(float64(quota))
	case !set, written == "0":
		return probe.Known(defaultQuota)
	default:
		return probe.Value{}
	}
}
