package domain

// The grammars, for the comparison with the schema.
const (
	EmailPattern = emailPattern
	PhonePattern = phonePattern
)

// ZonesLoaded returns how many time zones d keeps.
func (d *Decoder) ZonesLoaded() int {
	d.zones.mu.RLock()
	defer d.zones.mu.RUnlock()
	return len(d.zones.loaded)
}
