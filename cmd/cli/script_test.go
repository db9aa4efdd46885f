package cli_test

import (
	"cmp"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"parley/cmd/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"parley": func() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts drives the program as people do, from end to end: each file of
// testdata/scripts is a story, with the files it needs. Every command is a
// process of its own.
//
// The condition [server:NAME] holds where the real server is there that the
// variable NAME names; with CI=true it must be.
func TestScripts(t *testing.T) {
	t.Parallel()
	servers := []string{"PARLEY_TEST_KAFKA", "PARLEY_TEST_POSTGRES", "PARLEY_TEST_S3", "PARLEY_TEST_SPARK"}
	for _, name := range servers {
		if os.Getenv(name) == "" && os.Getenv("CI") == "true" {
			t.Errorf("%s is not set: run the tests by `make test`", name)
		}
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "../../testdata/scripts",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			for _, name := range servers {
				env.Setenv(name, os.Getenv(name))
			}
			// The object store's are known, unless others are given.
			env.Setenv("AWS_ACCESS_KEY_ID", cmp.Or(os.Getenv("AWS_ACCESS_KEY_ID"), "parley"))
			env.Setenv("AWS_SECRET_ACCESS_KEY", cmp.Or(os.Getenv("AWS_SECRET_ACCESS_KEY"), "parley-test"))
			return nil
		},
		Condition: func(condition string) (bool, error) {
			name, ok := strings.CutPrefix(condition, "server:")
			if !ok {
				return false, fmt.Errorf("unknown condition %q", condition)
			}
			return os.Getenv(name) != "", nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitfor": waitFor,
		},
	})
}
