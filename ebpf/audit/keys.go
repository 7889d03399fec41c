package audit

import (
	"encoding/binary"

	"github.com/goperf/goperf/ebpf/audit/policy"
)

// entry is a rule as one of the maps of audit.bpf.c holds it.
type entry struct {
	table      string
	key, value []byte
}

// entries are the rules of a policy under a slot; the first one has number first.
func entries(p *policy.Policy, slot uint8, first uint32) []entry {
	all := make([]entry, len(p.Rules))
	for i, r := range p.Rules {
		value := make([]byte, 8)
		binary.NativeEndian.PutUint32(value, first+uint32(i))
		value[4], value[5] = byte(r.Verdict), byte(max(0, r.Net.Bits()))
		switch {
		case r.Path == "":
			all[i] = entry{"networks", networkKey(r, slot), value}
		case r.Below:
			all[i] = entry{"beginnings", beginningKey(r, slot), value}
		default:
			all[i] = entry{"paths", pathKey(r, slot), value}
		}
	}
	return all
}

// pathKey is struct path from slot on.
func pathKey(r policy.Rule, slot uint8) []byte {
	key := make([]byte, 2+pathBytes)
	key[0], key[1] = slot, byte(r.Kind)
	copy(key[2:], r.Path)
	return key
}

// beginningKey is struct path.
func beginningKey(r policy.Rule, slot uint8) []byte {
	bits := binary.NativeEndian.AppendUint32(nil, uint32(8*(2+len(r.Path))))
	return append(bits, pathKey(r, slot)...)
}

// networkKey is struct network.
func networkKey(r policy.Rule, slot uint8) []byte {
	key := binary.NativeEndian.AppendUint32(nil, uint32(32+r.Net.Bits()))
	key = binary.NativeEndian.AppendUint16(key, uint16(slot))
	key = binary.BigEndian.AppendUint16(key, r.Port)
	addr := r.Net.Addr().As16()
	return append(key, addr[:]...)
}

// inForce is struct in_force.
func inForce(p *policy.Policy, slot uint8) []byte {
	value := binary.NativeEndian.AppendUint32(nil, uint32(slot))
	for _, v := range p.Fallback {
		value = append(value, byte(v))
	}
	return append(value, 0)
}
