# bash completion for mlreg. Candidates come from the command itself; nothing that it prints is evaluated.
_mlreg() {
  local line=${COMP_LINE:0:COMP_POINT} word='' quote='' started='' lead='' c i
  local -a words=()
  # The words up to the cursor, without their quotes. COMP_WORDS breaks at @, = and : too. `lead` is what of the last word stands
  # before its last break: bash keeps that, and inserts the rest.
  for ((i = 0; i < ${#line}; i++)); do
    c=${line:i:1}
    if [[ $quote == "'" ]]; then
      if [[ $c == "'" ]]; then quote=''; else word+=$c; fi
    elif [[ $c == \\ ]]; then
      i=$((i + 1))
      word+=${line:i:1}
      started=1
    elif [[ $quote == '"' ]]; then
      if [[ $c == '"' ]]; then quote=''; else word+=$c; fi
    elif [[ $c == "'" || $c == '"' ]]; then
      quote=$c
      started=1
      lead=$word
    elif [[ $c == [[:space:]] ]]; then
      if [[ -n $started ]]; then words+=("$word"); fi
      word=''
      lead=''
      started=''
    else
      # Of the characters that break words, readline takes @ into the word that it begins.
      if [[ $COMP_WORDBREAKS == *"$c"* ]]; then
        if [[ $c == @ ]]; then lead=$word; else lead=$word$c; fi
      fi
      word+=$c
      started=1
    fi
  done

  COMPREPLY=()
  local answer candidate path rest
  while IFS= read -r answer; do
    case $answer in
      :files\ * | :folders\ *)
        rest=${word#"${answer#* }"}
        i=-f
        if [[ $answer == :folders* ]]; then i=-d; fi
        local quotes=''
        compopt -o filenames 2>/dev/null || quotes=1
        while IFS= read -r path; do
          path=${word%"$rest"}$path
          path=${path#"$lead"}
          # Without bash's own quoting of file names (before bash 4) they are quoted here.
          if [[ -n $quotes ]]; then printf -v path %q "$path"; fi
          COMPREPLY+=("$path")
        done < <(compgen "$i" -- "$rest")
        ;;
      *)
        candidate=${answer%%$'\t'*}
        if [[ $candidate == "$lead"* ]]; then
          COMPREPLY+=("${candidate#"$lead"}")
          # A value follows, without a blank.
          if [[ $candidate == *= ]]; then compopt -o nospace 2>/dev/null; fi
        fi
        ;;
    esac
  done < <("$1" __complete -- "${words[@]:1}" "$word" 2>/dev/null)
}
complete -o nosort -F _mlreg mlreg 2>/dev/null || complete -F _mlreg mlreg
