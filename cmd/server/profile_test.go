package server_test

import (
	"net/http"
	"strings"
	"testing"
)

// Who may not see the reports may not see people either; the look is no secret.
func TestProfilesAreBehindTheTokensRule(t *testing.T) {
	t.Parallel()
	for listen, anonymous := range map[string]int{"127.0.0.1:0": http.StatusNotFound, "0.0.0.0:0": http.StatusUnauthorized} {
		base := start(t, listen)
		for _, path := range []string{"/people/", "/people/7", "/people/?id=7", "/companies/6"} {
			if status, text, _ := get(t, http.DefaultClient, "GET", base+path, "", nil); status != anonymous {
				t.Errorf("%s on %s without a token: %d %s", path, listen, status, text)
			}
			status, text, _ := get(t, http.DefaultClient, "GET", base+path, "", map[string]string{"Authorization": "Bearer open sesame"})
			if status != http.StatusNotFound || !strings.Contains(text, "No build yet") {
				t.Errorf("%s on %s with the token: %d %s", path, listen, status, text)
			}
		}
		if status, text, header := get(t, http.DefaultClient, "GET", base+"/look/profile.css", "", nil); status != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/css") || !strings.Contains(text, ".happened") {
			t.Errorf("the look on %s: %d", listen, status)
		}
		if status, _, _ := get(t, http.DefaultClient, "GET", base+"/look/nothing.css", "", nil); status != http.StatusNotFound {
			t.Errorf("a look that is not there: %d", status)
		}
	}
}
