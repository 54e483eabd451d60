# fish completion for mlreg. Candidates come from the command itself; nothing that it prints is evaluated.
function __mlreg_complete
    set -l words (commandline -opc)
    set -l token (commandline -ct)
    # What is typed in quotes is completed without them: fish puts them back.
    set -l typed (string unescape -- $token; or string replace -r -- '^["\']' '' $token)
    for answer in (command $words[1] __complete -- $words[2..] "$typed" 2>/dev/null)
        switch $answer
            case ':files *' ':folders *'
                set -l lead (string replace -r '^:\w+ ' '' -- $answer)
                set -l rest (string sub -s (math (string length -- "$lead") + 1) -- "$token")
                # fish offers paths for the arguments of a command that it does not know.
                set -l paths (complete -C "__mlreg_no_such_command $rest")
                if string match -q ':folders *' -- $answer
                    set paths (string match -r -- '.*/$' $paths)
                end
                for path in $paths
                    echo -- $lead$path
                end
            case '*'
                echo -- $answer
        end
    end
end
complete -c mlreg -e
complete -c mlreg -k -f -a '(__mlreg_complete)'
