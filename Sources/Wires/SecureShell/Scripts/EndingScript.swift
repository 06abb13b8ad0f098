/// Ends what runs on a host under a mark, with all of its process group.
///
/// The mark comes on standard input, so that this script does not find itself. SIGTERM first; what is left after two
/// seconds is killed. Groups are found by the wrapper's own arguments, so a process id used again is never hit.
/// (`kill -s`, because the built-in of dash takes no `--` after `-TERM`.)
let endingScript = """
    read -r mark || exit 0
    [ -n "$mark" ] || exit 0
    groups=
    for file in $(grep -alF -e "$mark" /proc/[0-9]*/cmdline 2>/dev/null); do
        stat=$(cat "${file%cmdline}stat" 2>/dev/null) || continue
        set -- ${stat##*) }
        case " $groups " in *" $3 "*) ;; *) groups="$groups $3" ;; esac
    done
    for group in $groups; do kill -s TERM -- "-$group" 2>/dev/null; done
    tries=0
    while [ "$tries" -lt 20 ]; do
        left=
        for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && left="$left $group"; done
        [ -n "$left" ] || exit 0
        sleep 0.1
        tries=$((tries + 1))
    done
    for group in $left; do kill -s KILL -- "-$group" 2>/dev/null; done
    """
