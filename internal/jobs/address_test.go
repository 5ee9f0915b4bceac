package jobs

import "testing"

func TestNormalAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://www.isidoor.org/Api2":               "https://www.isidoor.org/api2",
		"HTTPS://WWW.Isidoor.ORG./api2/":             "https://www.isidoor.org/api2",
		"https://www.isidoor.org:443//Api2/./":       "https://www.isidoor.org/api2",
		"https://www.isidoor.org/x/../%41pi%32":      "https://www.isidoor.org/api2",
		"https://www.isidoor.org:8443/Api2":          "https://www.isidoor.org:8443/api2",
		"https://www.isidoor.org":                    "https://www.isidoor.org",
		"https://www.isidoor.org/a%2Fb":              "https://www.isidoor.org/a%2fb",
		"http://localhost:8080/Api2":                 "http://127.0.0.1:8080/api2",
		"http://LOCALHOST.:8080/Api2":                "http://127.0.0.1:8080/api2",
		"http://127.0.0.1:8080/Api2":                 "http://127.0.0.1:8080/api2",
		"http://127.0.0.2:8080/Api2":                 "http://127.0.0.2:8080/api2",
		"http://[::1]:8080/Api2/":                    "http://127.0.0.1:8080/api2",
		"http://[0:0:0:0:0:0:0:1]:80/Api2/":          "http://127.0.0.1/api2",
		"https://[2001:DB8::1]/Api2":                 "https://[2001:db8::1]/api2",
		"test":                                       "test",
		"https://www.isidoor.org/%c3%a9/../Api2/":    "https://www.isidoor.org/api2",
		"https://www.isidoor.org/deux%20mots/x/../y": "https://www.isidoor.org/deux%20mots/y",
	} {
		got := NormalAddress(address)
		if got != want {
			t.Errorf("%s is %s, want %s", address, got, want)
		}
		if again := NormalAddress(got); again != got {
			t.Errorf("%s is %s at the second time", got, again)
		}
	}
}
