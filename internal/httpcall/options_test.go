package httpcall

import (
	"os"
	"path/filepath"
	"testing"
)

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*toyOptions){
		"base_url is plain http to another machine (192.0.2.1): pay would travel unencrypted\nhint: use https":          func(o *toyOptions) { o.BaseURL = "http://192.0.2.1/Api" },
		"token_url is plain http to another machine (localhost.example): pay would travel unencrypted\nhint: use https": func(o *toyOptions) { o.TokenURL = "http://localhost.example/token" },
		"base_url is not a web address\nhint: write it as https://host/path":                                            func(o *toyOptions) { o.BaseURL = "www.isidoor.org/Api" },
		"token_url is not a web address\nhint: write it as https://host/path":                                           func(o *toyOptions) { o.TokenURL = "" },
		"base_url holds a user name, a query or a fragment\nhint: keep scheme, host and path only":                      func(o *toyOptions) { o.BaseURL = "https://me:secret@example.test/" },
		"reading root certificates: open /nowhere/ca.pem: no such file or directory\nhint: check ca_file of [partner]":  func(o *toyOptions) { o.CAFile = "/nowhere/ca.pem" },
		notPEM + " holds no certificate\nhint: ca_file wants certificates in PEM form":                                  func(o *toyOptions) { o.CAFile = notPEM },
		"the header \"X-Api-Key\" cannot be sent\nhint: correct headers of [partner]":                                   func(o *toyOptions) { o.Headers = []Fixed{{Name: "X-Api-Key", Value: "a\nb"}} },
	} {
		o := testOptions()
		change(&o)
		if _, err := openToy(o); err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestOpenAllowsPlainHTTPToLoopback(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://localhost:8080/Api2", "http://127.0.0.1/Api2/", "http://[::1]:9/Api2"} {
		o := testOptions()
		o.BaseURL, o.TokenURL = address, address
		c, err := openToy(o)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		c.Close()
	}
}
