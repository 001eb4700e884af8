/** What `godwit completion --help` says. */

export const completionHelp = `Prints a script by which a shell finishes what is typed: commands, flags, names of waves, addresses, organisations.

  bash:  eval "$(godwit completion bash)"             in ~/.bashrc
  zsh:   eval "$(godwit completion zsh)"              in ~/.zshrc, behind compinit
  fish:  godwit completion fish | source              in ~/.config/fish/config.fish

Names are asked of the server (--server, GODWIT_SERVER) or of the database that godwit.yaml names, for 300 ms at most; what
cannot be had in that time is not proposed, and nothing is said. docs/completion.md`;
