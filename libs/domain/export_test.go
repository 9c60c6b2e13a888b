package domain

// The grammars, for the comparison with the schema.
const (
	EmailPattern = emailPattern
	PhonePattern = phonePattern
)
