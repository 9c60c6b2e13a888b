package config

import "strings"

// Fault is one setting that is missing or wrong. Its text never holds a value.
type Fault struct {
	// Name is the name of the environment variable.
	Name string
	// Problem continues the sentence after the name: "is required: …", "must be …".
	Problem string
}

// String returns the fault as one line.
func (f Fault) String() string { return f.Name + " " + f.Problem }

// Faults is the error of Load: all faults, in the order in which the settings are
// declared.
type Faults []Fault

// Error returns one line for each fault.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Checker is a group with rules that involve several settings. Check is called after
// all values are set; a setting for which Faulty returns true holds no value.
type Checker interface{ Check(r *Report) }

// Report collects the faults of a program's settings. Its texts must not hold values
// that could be secret.
type Report struct {
	faults   Faults
	warnings []string
}

// Fault reports that a setting keeps the program from starting.
func (r *Report) Fault(name, problem string) {
	r.faults = append(r.faults, Fault{Name: name, Problem: problem})
}

// Warn reports a problem that does not keep the program from starting.
func (r *Report) Warn(text string) { r.warnings = append(r.warnings, text) }

// Faulty reports whether a fault of the named setting has been reported.
func (r *Report) Faulty(name string) bool {
	for _, fault := range r.faults {
		if fault.Name == name {
			return true
		}
	}
	return false
}
