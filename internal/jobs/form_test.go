package jobs

import "testing"

// A dossier's key under a name that something on the way understands would be believed: all documents of a dossier would be one
// request that repeats itself, or come from elsewhere.
func TestTakenHeader(t *testing.T) {
	t.Parallel()
	for name, taken := range map[string]bool{
		"idempotency-KEY": true, "X-IDEMPOTENCY-key": true, "idempotency_key": true, "authorization": true, "content-type": true,
		"Content_Length": true, "X-Forwarded-For": true, "Proxy-Authorization": true,
		"X-Cle-Dossier": false, "ApiKey": false, "X-Key": false,
	} {
		if TakenHeader(name) != taken {
			t.Errorf("%s: taken is %t, want %t", name, !taken, taken)
		}
	}
}
