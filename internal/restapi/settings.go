package restapi

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// settings are the options that decide what the API makes of a call, with the key and the shape that complete them. Those
// that only say how often and how long it is asked are no part of it, nor is our own name: a new program is no other client.
type settings struct {
	Options Options
	Shape   Shape
	Key     string
}

// Settings implements jobs.API.
func (d *dossier) Settings() string {
	o := d.connection.options
	o.MaxInFlight, o.Runs, o.RatePerSecond, o.TechnicalTries, o.ResendAmbiguous, o.UserAgent = 0, 0, 0, 0, false, ""
	o.RequestTimeout, o.ConnectTimeout, o.RetryFor, o.RetryAfterCap = 0, 0, 0, 0
	text, err := json.Marshal(settings{o, d.form().shape, d.key})
	if err != nil {
		panic("restapi: options that are no JSON: " + err.Error()) // they are texts and numbers
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
