package message

import _ "embed" // for the templates below

//go:embed confirmation.txt.tmpl
var textSource string

//go:embed confirmation.html.tmpl
var htmlSource string
