/** What a shell is told once, so that it asks `godwit completion words` from then on. */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export const completionScripts: Readonly<Record<Shell, string>> = {
  // readline takes @, : and = for ends of words, and replaces what stands behind the last of them only.
  bash: `_godwit() {
  local line="\${COMP_LINE:0:COMP_POINT}" current="\${COMP_WORDS[COMP_CWORD]}" words word
  read -ra words <<< "$line"
  [[ "$line" == *' ' ]] && words+=('')
  word="\${words[-1]}"
  [[ "$current" == [@:=] ]] && current=''
  mapfile -t COMPREPLY < <(godwit completion words -- "\${words[@]:1}" 2>/dev/null)
  COMPREPLY=("\${COMPREPLY[@]#"\${word%"$current"}"}")
}
complete -o default -F _godwit godwit
`,
  zsh: `#compdef godwit
_godwit() {
  local -a found
  found=("\${(@f)$(godwit completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  (( \${#found} )) && compadd -- "\${found[@]}" || _files
}
compdef _godwit godwit
`,
  fish: `complete -c godwit -a '(godwit completion words -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`,
};
