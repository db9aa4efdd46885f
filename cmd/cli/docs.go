package cli

import "github.com/spf13/cobra"

func (a *app) docsCommand() *cobra.Command { return &cobra.Command{Use: "docs"} }
