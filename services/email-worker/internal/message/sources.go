package message

import _ "embed" // for the templates below

//go:embed appointment.txt.tmpl
var textSource string

//go:embed appointment.html.tmpl
var htmlSource string
