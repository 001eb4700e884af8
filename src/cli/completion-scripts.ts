/** What a shell is told once, so that it asks `godwit completion words` from then on. */

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export const completionScripts: Readonly<Record<Shell, string>> = {
  // readline takes @, : and = for ends of words, and replaces what bash gives as $2 and no more: of an address that is from the @ on.
  bash: `_godwit() {
  local line="\${COMP_LINE:0:COMP_POINT}" words word
  read -ra words <<< "$line"
  [[ "$line" == *' ' ]] && words+=('')
  word="\${words[-1]}"
  mapfile -t COMPREPLY < <(godwit completion words -- "\${words[@]:1}" 2>/dev/null)
  COMPREPLY=("\${COMPREPLY[@]#"\${word%"$2"}"}")
}
complete -o default -F _godwit godwit
`,
  // Read by eval it registers itself; out of a folder of completions ($fpath) it is its own function when it is first wanted.
  zsh: `#compdef godwit
_godwit() {
  local -a found
  found=("\${(@f)$(godwit completion words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=(\${found:#})
  (( \${#found} )) && compadd -- "\${found[@]}" || _files
}
if [[ "\${funcstack[1]}" = _godwit ]]; then _godwit "$@"; else compdef _godwit godwit; fi
`,
  // fish would show files among the words, so it is told of files only where there are no words.
  fish: `function __godwit_words
  set -l words (godwit completion words -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)
  set -q words[1]; and printf '%s\\n' $words; or __fish_complete_path (commandline -ct)
end
complete -c godwit -f -a '(__godwit_words)'
`,
};
