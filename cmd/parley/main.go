// Command parley puts a company's customer communication into its own warehouse.
package main

import (
	"os"

	"parley/cmd/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
