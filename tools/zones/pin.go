package main

// The package that libs/localtime/zones.zip is made from. To take a newer one,
// change both lines to what `make drift` prints, then run `make zones`.
const (
	pinnedPackage = "2026.6"
	pinnedHash    = "0a10eec6e13ef16b627fabed9a5f2ba61a62b1c67f327305f4e7e412a70b4aec"
)
