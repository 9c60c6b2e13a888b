package config

import "github.com/kafka-notifications/kafka-notifications/libs/domain"

// Program names the program whose settings a struct holds.
type Program struct {
	// Name is the name of the binary.
	Name string
	// Channel is empty for a program that serves all channels.
	Channel domain.Channel
	// Defaults are the program's values for settings whose default differs by program,
	// by the setting's name. A setting of that kind without a value here is required.
	Defaults map[string]string
}

// Settings is the struct of one program's settings. Program is called on the
// zero value.
type Settings interface{ Program() Program }
