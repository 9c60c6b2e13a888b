// Package settings describes what notifyctl reads from its environment for work
// on topics.
package settings

import "github.com/kafka-notifications/kafka-notifications/libs/runtime/config"

// Notifyctl holds all settings of tools/notifyctl.
type Notifyctl struct {
	Connection    config.Connection
	Topics        config.Topics
	TopicCreation config.TopicCreation
}

// Program returns the operator's tool.
func (Notifyctl) Program() config.Program { return config.Program{Name: "notifyctl"} }

// Check warns about topics that channels would share.
func (c *Notifyctl) Check(r *config.Report) { c.Topics.WarnShared(r) }
