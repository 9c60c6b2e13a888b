package domain

import (
	"bytes"
	"strconv"
)

// readInteger reads a JSON number that is an integer as JSON Schema defines it, by its
// value: 1.0 and 1e2 are integers. It works on the digits, so that an exponent of a
// million costs nothing. ok is false for all other values and for integers of more than
// 64 bits.
func readInteger(value []byte) (n int64, ok bool) {
	if len(value) == 0 || value[0] != '-' && (value[0] < '0' || value[0] > '9') {
		return 0, false
	}
	if !bytes.ContainsAny(value, ".eE") {
		n, err := strconv.ParseInt(string(value), 10, 64)
		return n, err == nil
	}
	digits, exponent := decompose(value)
	const mostDigits = 19 // of a 64-bit integer
	switch {
	case len(digits) == 0:
		return 0, true
	case exponent < 0 || len(digits)+exponent > mostDigits:
		return 0, false
	}
	text := append(digits, bytes.Repeat([]byte("0"), exponent)...)
	if value[0] == '-' {
		text = append([]byte("-"), text...)
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	return n, err == nil
}

// decompose writes a number's absolute value as digits × 10^exponent, without zeros at
// either end of the digits; zero has no digits.
func decompose(value []byte) (digits []byte, exponent int) {
	const bound = 1 << 30 // far above MaxEventBytes, so that nothing can overflow
	mantissa := bytes.TrimPrefix(value, []byte("-"))
	if i := bytes.IndexAny(mantissa, "eE"); i >= 0 {
		e, _ := strconv.ParseInt(string(mantissa[i+1:]), 10, 64) // saturates
		exponent = int(max(-bound, min(bound, e)))
		mantissa = mantissa[:i]
	}
	whole, fraction, _ := bytes.Cut(mantissa, []byte("."))
	digits = append(append([]byte{}, whole...), fraction...)
	exponent -= len(fraction)
	significant := bytes.TrimRight(digits, "0")
	exponent += len(digits) - len(significant)
	return bytes.TrimLeft(significant, "0"), exponent
}
