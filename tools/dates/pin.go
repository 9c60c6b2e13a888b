package main

// The package that libs/messages/dates/table.go is made from. To take a newer
// one, change both lines to what `make drift` prints, then run `make dates`.
const (
	pinnedPackage = "48.2.0"
	pinnedHash    = "sha512-zMrKvjMO414HDftLr6vKH1fNQHakFNe+F1h4S0eg+zmL4WRi9pI41fxB3UrTJDY42MEM87jCuAw/qlqCgYKcAQ=="
)
