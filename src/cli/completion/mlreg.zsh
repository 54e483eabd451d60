#compdef mlreg
# zsh completion for mlreg. Candidates come from the command itself; nothing that it prints is evaluated.
_mlreg() {
  local answer lead
  local -a answers described begun
  answers=("${(@f)$("${(Q)words[1]}" __complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
  for answer in "${answers[@]}"; do
    case $answer in
      '') ;;
      (:files|:folders)' '*)
        lead=${answer#* }
        compset -P "${(b)lead}"
        if [[ $answer == :folders* ]]; then _files -/; else _files; fi
        return
        ;;
      *)
        # What stands before a colon is the word, after it the description.
        answer=${answer//\\/\\\\}
        answer=${answer//:/\\:}
        # After = a value follows, without a blank.
        if [[ $answer == *= ]]; then begun+=("$answer"); else described+=("${answer/$'\t'/:}"); fi
        ;;
    esac
  done
  (($#described + $#begun)) && _describe -V -t mlreg 'mlreg' described -- begun -S ''
}
if [[ $funcstack[1] == _mlreg ]]; then
  _mlreg "$@"
else
  compdef _mlreg mlreg
fi
