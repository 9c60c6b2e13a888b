// Package config is the one description of every setting: its name, default,
// legal values, meaning, and the programs that read it. The settings table of
// docs and .env.example are made from it (tools/settings).
//
// A program's settings are a struct of groups (Kafka, Delivery, Mailgun, …),
// declared by the program itself. Load fills it from an environment and reports every
// fault at once, by name and never with a value:
//
//	cfg, warnings, err := config.Load[settings.EmailWorker](config.Process())
//	var faults config.Faults
//	if errors.As(err, &faults) {
//		for _, fault := range faults {
//			fmt.Fprintln(os.Stderr, fault)
//		}
//	}
//
// The fields carry these tags:
//
//	env         the variable's name, with ",required" when it has no default
//	envDefault  the default; {channel} and {source} stand for the program's
//	            channel and the source topic
//	default     "per program" where programs differ: see Program.Defaults
//	is          the legal values, see rules
//	want        what a legal value is, for people; where the rule does not say it
//	about       the meaning, one sentence
//	when        a boolean setting that must be true for this one to matter
//	example     the value in .env.example, where it is not the default
//	shown       the default as documentation shows it, where it is computed
//
// White space around a value is ignored, and an empty value counts as not set.
// A setting whose rule is "secret" may be given as NAME_FILE instead: the name
// of a file that holds the value; a line break at its end is dropped.
package config
